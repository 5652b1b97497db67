# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores in a few lines for a person: whole ones, single tables and paths, and undoings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._store.units import human_size
from .phrases import number, say, seconds
from .report_lines import directory_lines

_INDENT = "  "
#: Tables that are listed.
_LISTED = 10
#: What may have become of a table's rows.
_CHANGES = ("inserted", "updated", "removed", "relinked")

Results = Mapping[str, Any]


def restore_lines(results: Results, changed: bool, check: bool, language: str) -> list[str]:
    """Return what a restore has done, or would do."""
    backup_id = results["backup"]["id"]
    if results["state"] == "undone":
        head, empty, lines = "undone", "undo_nothing", _undone(results, language)
    elif _is_selection(results):
        head, empty, lines = "restored_selection", "restore_nothing", _selection(results, language)
    else:
        head, empty, lines = "restored", "restore_nothing", _whole(results, check, language)
    if not changed:
        return [say(empty, language, id=backup_id)]
    if check:
        return [say(f"{head}_would", language, id=backup_id), *(_INDENT + line for line in lines)]
    lines += _outage(results["application"], language)
    lines += _previous(results["previous"], language)
    lines.append(say("took", language, duration=seconds(results["duration"])))
    return [
        say(head, language, id=backup_id),
        *(_INDENT + line for line in lines),
        *_following(results, language),
    ]


def _is_selection(results: Results) -> bool:
    """Return whether single tables or paths were asked for."""
    database, directories = results["database"], results["directories"]
    return bool(
        (database and "changes" in database) or any("created" in found for found in directories.values())
    )


def _whole(results: Results, check: bool, language: str) -> list[str]:
    lines = []
    database = results["database"]
    if database:
        lines.append(
            say(
                "would_database" if check else "restored_database",
                language,
                name=database["name"],
                tables=number(len(database["tables"]), language),
                rows=number(sum(database["tables"].values()), language),
            )
        )
        lines += [
            say("adapted", language, object=item["object"], detail=item["detail"] or item["kind"])
            for item in database["adaptations"]
        ]
    lines += directory_lines(results["directories"], language)
    aside = results["config_previous"]
    lines += [
        say("config_replaced" if path in aside else "config_file", language, path=path, aside=aside.get(path))
        for path in results["config"]
    ]
    lines += _redis(results["redis"], language)
    lines += _sequences(results, language)
    return lines


def _selection(results: Results, language: str) -> list[str]:
    lines = []
    database = results["database"]
    if database:
        changes = {table: found for table, found in database["changes"].items() if any(found.values())}
        total = {name: sum(found[name] for found in database["changes"].values()) for name in _CHANGES}
        lines.append(say("selected_rows", language, name=database["name"], **_numbers(total, language)))
        lines += [
            _INDENT + say("selected_table", language, table=table, **_numbers(found, language))
            for table, found in list(changes.items())[:_LISTED]
        ]
        if len(changes) > _LISTED:
            more = number(len(changes) - _LISTED, language)
            lines.append(_INDENT + say("more_tables", language, count=more))
    for name, found in results["directories"].items():
        counts = {each: found[each] for each in ("created", "replaced", "kept", "unchanged")}
        size = human_size(found["bytes"])
        facts = {"name": name, "path": found["path"], "size": size}
        lines.append(say("selected_paths", language, **facts, **_numbers(counts, language)))
    lines += _sequences(results, language)
    return lines


def _undone(results: Results, language: str) -> list[str]:
    database = results["database"]
    lines = [say("undone_database", language, name=database["name"])] if database else []
    lines += [
        say("undone_directory", language, name=name, path=found["path"])
        for name, found in results["directories"].items()
    ]
    return [*lines, *_redis(results["redis"], language)]


def _redis(found: Results | None, language: str) -> list[str]:
    if not found:
        return []
    counts = {name: found[name] for name in ("restored", "replaced", "kept", "unchanged")}
    lines = [say("redis_keys", language, server=found["server"], **_numbers(counts, language))]
    if found["expired"]:
        lines.append(say("redis_expired", language, count=number(found["expired"], language)))
    return lines


def _sequences(results: Results, language: str) -> list[str]:
    """Return what was done about numbers and sessions."""
    lines = []
    moved = sum(1 for item in results["sequences"] if item["changed"])
    if moved:
        lines.append(say("sequences_set", language, count=number(moved, language)))
    cleared = results["whatsapp_sessions"]
    if cleared:
        count = number(cleared.get("Whatsapps", 0), language)
        lines.append(say("sessions_cleared", language, count=count))
    return lines


def _outage(found: Results | None, language: str) -> list[str]:
    if not found or not found["containers"]:
        return []
    names = ", ".join(found["containers"])
    return [say("outage", language, containers=names, duration=seconds(found["stopped_seconds"]))]


def _previous(found: Results | None, language: str) -> list[str]:
    """Return where what was replaced is now."""
    if not found:
        return []
    safety = found.get("safety_backup")
    places = previous_places(found, language)
    lines = [say("previous_kept", language, places=", ".join(places))] if places else []
    return [*lines, *([say("previous_backup", language, path=safety["path"])] if safety else [])]


def previous_places(found: Results, language: str) -> list[str]:
    """Return a database and directories that were taken out of service, by their names."""
    database = found.get("database")
    places = [say("place_database", language, name=database)] if database else []
    return [
        *places,
        *(say("place_directory", language, path=path) for path in found.get("directories", {}).values()),
    ]


def _following(results: Results, language: str) -> list[str]:
    """Return what is left to do for a person."""
    outage, cleared = results["application"], results["whatsapp_sessions"]
    # Nobody knows of an application outside Docker whether it runs; single rows come into one that does.
    runs = bool(outage and outage["containers"]) or _is_selection(results)
    if runs:
        return [say("next_connect_only", language)] if cleared else []
    stopped = outage is not None
    if cleared:
        return [say("next_connect" if stopped else "next_connect_unknown", language)]
    return [say("next_start" if stopped else "next_start_unknown", language)]


def _numbers(counts: Mapping[str, int], language: str) -> dict[str, str]:
    return {name: number(value, language) for name, value in counts.items()}
