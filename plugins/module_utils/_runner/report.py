# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A verb's outcome in a few lines for a person."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._errors import listed
from .._outcome import Outcome
from .._store import times
from .._store.sidecar import FOREVER
from .._store.units import human_duration, human_size
from .drill_report import drill_lines, last_drill_lines, proof_word
from .find_report import find_lines
from .legacy_report import export_lines, import_lines
from .offsite_report import offsite_lines
from .phrases import number, say, seconds
from .report_lines import directory_lines
from .restore_report import previous_places, restore_lines
from .stack_report import stack_lines

_INDENT = "  "
#: Backups that are listed.
_LISTED = 10

Results = Mapping[str, Any]


def report(verb: str, outcome: Outcome, *, check: bool, language: str) -> list[str]:
    """Return what a verb has done, or would do, line by line."""
    return _REPORTS[verb](outcome.results, outcome.changed, check, language)


def _backup(results: Results, changed: bool, check: bool, language: str) -> list[str]:
    found = results["backup"]
    if not changed:
        lines = [say("backup_recent", language, id=found["id"], created=found["created"])]
        return [*lines, _INDENT + _archive(found, language)]
    if check:
        return [say("backup_would", language, path=found["path"], components=", ".join(found["components"]))]
    lines = [_archive(found, language)]
    database = found.get("database")
    if database:
        tables = database["tables"] or {}
        lines.append(_database(database, len(tables), sum(tables.values()), language))
    lines += directory_lines(found["directories"], language)
    lines += [say("config_file", language, path=path) for path in found["config"]]
    redis = found.get("redis")
    if redis:
        count = number(redis["count"], language)
        lines.append(say("redis_kept", language, count=count, patterns=listed(redis["patterns"])))
    quiesced = results["quiesced"]
    if quiesced and quiesced["containers"]:
        facts = {"containers": ", ".join(quiesced["containers"]), "mode": quiesced["mode"]}
        lines.append(say("quiesced_for", language, duration=seconds(quiesced["seconds"]), **facts))
    lines += [say("read_back", language), say("took", language, duration=seconds(found["duration"]))]
    lines += _marks(found, language)
    return [
        say("backup_made", language, id=found["id"]),
        *(_INDENT + line for line in lines),
        say("next_verify", language),
    ]


def _archive(found: Results, language: str) -> str:
    return say(
        "archive",
        language,
        path=found["path"],
        size=human_size(found["size"]),
        compression=found["compression"],
        encryption=found["encryption"],
    )


def _database(database: Results, tables: int, rows: int, language: str) -> str:
    return say(
        "database",
        language,
        name=database["name"],
        version=database["server_version"],
        tables=number(tables, language),
        rows=number(rows, language),
        size=human_size(database["size"]),
    )


def _verify(results: Results, changed: bool, check: bool, language: str) -> list[str]:
    if results["level"] == "open":
        return _opened(results["backup"]["id"], results["contents"], language)
    checked = dict(results["checked"])
    size = human_size(checked.pop("bytes"))
    counts = {name: number(value, language) for name, value in checked.items()}
    detail = "checked_full" if counts else "checked_quick"
    return [
        say("verified", language, id=results["backup"]["id"], level=results["level"]),
        _INDENT + say(detail, language, size=size, **counts),
        *(_INDENT + line for line in drill_lines(results["drill"], check, language)),
    ]


def _opened(backup_id: str, found: Results, language: str) -> list[str]:
    """Return what is in a backup that was only opened."""
    database = found["database"]
    lines = [_database(database, database["tables"], database["rows"], language)] if database else []
    lines += directory_lines(found["directories"], language)
    lines += [say("config_file", language, path=path) for path in found["config"]]
    head = say("opened", language, id=backup_id, created=found["created"])
    return [head, *(_INDENT + line for line in lines), say("next_verify", language)]


def _backup_info(results: Results, changed: bool, check: bool, language: str) -> list[str]:
    problems = results["problems"]
    head = "not_well" if not results["healthy"] else "not_serious" if problems else "all_well"
    lines = [say(f"problem_{item['severity']}", language, text=item["message"]) for item in problems]
    latest = results["latest"]
    if latest:
        age = (times.utc_now() - times.from_text(latest["created"])).total_seconds()
        size = human_size(latest["size"])
        lines.append(say("newest", language, id=latest["id"], age=human_duration(age), size=size))
        verified = latest.get("proofs", {}).get("verified")
        if verified:
            lines.append(_verified(verified, language))
    lines += last_drill_lines(results["last_drill"], language)
    if results["last_copied"]:
        lines.append(say("last_copied", language, id=results["last_copied"]))
    lines += _previous_data(results["previous"], language)
    disk = results["disk"]
    lines.append(say("disk", language, percent=f"{disk['percent']:g}", free=human_size(disk["free"])))
    backups = results["backups"]
    lines.append(say("count", language, count=number(len(backups), language)))
    lines += [_INDENT + _listed(item, language) for item in backups[:_LISTED]]
    if len(backups) > _LISTED:
        lines.append(_INDENT + say("more", language, count=number(len(backups) - _LISTED, language)))
    return [say(head, language), *(_INDENT + line for line in lines)]


def _verified(proof: Results, language: str) -> str:
    """Return when the newest backup was verified, and whether that is verified."""
    age = human_duration((times.utc_now() - times.from_text(proof["when"])).total_seconds())
    word = proof_word(proof, language)
    return _INDENT + say("newest_verified", language, age=age, level=proof["level"], word=word)


def _previous_data(previous: Sequence[Results], language: str) -> list[str]:
    """Return how much is kept for undoing restores, and each of it."""
    if not previous:
        return []
    total = human_size(sum(item["size"] or 0 for item in previous))
    oldest = human_duration(max(item["age"] for item in previous))
    count = number(len(previous), language)
    return [
        say("previous_data", language, count=count, size=total, age=oldest),
        *(
            _INDENT
            + say(
                "previous_item",
                language,
                created=item["created"],
                places=", ".join(previous_places(item, language)) or "-",
                size=_size(item["size"]),
            )
            for item in previous[-_LISTED:]
        ),
    ]


def _listed(item: Results, language: str) -> str:
    """Return a line of a list of backups."""
    components = ", ".join(item.get("components", []))
    facts = {"id": item["id"], "state": item["state"], "size": human_size(item["size"])}
    return "  ".join(
        [say("listed", language, components=components, **facts).rstrip(), *_marks(item, language)]
    )


def _marks(item: Results, language: str) -> list[str]:
    """Return what a person has said of a backup: its label and its pin."""
    label, pin = item.get("label"), item.get("pin")
    marks = [say("labelled", language, label=label)] if label else []
    if pin == FOREVER:
        marks.append(say("pinned", language))
    elif pin and times.from_text(pin) > times.utc_now():
        marks.append(say("pinned_until", language, until=pin))
    return marks


def _prune(results: Results, changed: bool, check: bool, language: str) -> list[str]:
    kept = number(len(results["kept"]), language)
    if not changed:
        return [say("prune_nothing", language, kept=kept)]
    counts = {
        "removed": number(len(results["removed"]), language),
        "kept": kept,
        "freed": human_size(results["freed"]),
    }
    lines = [say("unpin_would" if check else "unpinned", language, id=id) for id in results["unpinned"]]
    if results["accepted"]:
        lines.append(say("accept_would" if check else "accepted", language, id=results["accepted"]))
    lines += [
        say("would_remove" if check else "removed", language, id=item["id"]) for item in results["removed"]
    ]
    for item in results["previous"]:
        places = ", ".join(previous_places(item, language)) or "-"
        facts = {"places": places, "created": item["created"], "size": _size(item["size"])}
        lines.append(say("would_remove_previous" if check else "removed_previous", language, **facts))
    if results["leftovers"]:
        phrase = "would_remove_leftovers" if check else "leftovers"
        lines.append(say(phrase, language, count=number(len(results["leftovers"]), language)))
    return [
        say("prune_would" if check else "pruned", language, **counts),
        *(_INDENT + line for line in lines),
    ]


def _size(size: int | None) -> str:
    return "?" if size is None else human_size(size)


def _fix_sequences(results: Results, changed: bool, check: bool, language: str) -> list[str]:
    sequences = results["sequences"]
    count = number(len(sequences), language)
    moved = [item for item in sequences if item["changed"]]
    if not moved:
        return [say("sequences_right", language, count=count)]
    head = "sequences_would" if check else "sequences_changed"
    shown = [{name: "-" if value is None else value for name, value in item.items()} for item in moved]
    return [
        say(head, language, changed=number(len(moved), language), count=count),
        *(_INDENT + say("sequence", language, **item) for item in shown),
    ]


_REPORTS: dict[str, Callable[[Results, bool, bool, str], list[str]]] = {
    "backup": _backup,
    "restore": restore_lines,
    "verify": _verify,
    "backup_info": _backup_info,
    "find": find_lines,
    "prune": _prune,
    "fix_sequences": _fix_sequences,
    "import": import_lines,
    "export": export_lines,
    "offsite": offsite_lines,
    "stack_info": stack_lines,
}
