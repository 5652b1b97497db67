# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page says of one host, card by card."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from .._store.health import CRITICAL, WARNING
from . import drawings
from .markup import Content, Markup, element
from .model import GOOD, PROOFS, Backup, HostState
from .words import Words, parse

#: Backups that are drawn, and those that are listed one by one.
_DRAWN, _LISTED = 120, 40
_SIGNS = {GOOD: "✓", WARNING: "!", CRITICAL: "✕"}


def cards(host: HostState, words: Words) -> list[Markup]:
    """Return everything about a host, its verdict first."""
    found = [verdict(host, words)]
    if host.info is None:
        return [*found, _jobs(host, words)] if host.plans else found
    found += [_problems(host, words), _tiles(host, words)]
    if host.backups:
        found.append(_timeline(host.backups[:_DRAWN], words))
    good = [each for each in host.backups if each.good][:_DRAWN]
    if good:
        found.append(_sizes(list(reversed(good)), words))
    if host.plans:
        found.append(_jobs(host, words))
    if host.backups:
        found.append(_backups(host, words))
    if host.info.get("audit"):
        found.append(_audit(host.info["audit"], words))
    return found


def verdict(host: HostState, words: Words) -> Markup:
    """Return the one line that matters."""
    sign = element("span", _SIGNS[host.verdict], class_="sign", aria_hidden="true")
    text = [element("b", words.say("unseen" if host.info is None else host.verdict)), summary(host, words)]
    return element("section", sign, element("div", *text), class_=f"verdict {host.verdict}")


def summary(host: HostState, words: Words) -> str:
    """Return why the verdict is what it is, in one sentence."""
    if host.info is None:
        return host.error
    if not host.problems:
        return words.say("no_problems")
    counts = {kind: sum(each["severity"] == kind for each in host.problems) for kind in (CRITICAL, WARNING)}
    return ", ".join(words.say(f"count_{kind}", count=count) for kind, count in counts.items() if count)


def _card(title: str, *content: Content, class_: str | None = None) -> Markup:
    return element("section", element("h2", title), *content, class_=class_)


def _problems(host: HostState, words: Words) -> Markup:
    if not host.problems:
        return Markup("")
    items = [element("li", each["message"], class_=each["severity"]) for each in host.problems]
    return _card(words.say("problems"), element("ul", *items, class_="problems"))


# -- tiles -----------------------------------------------------------------------


def _tiles(host: HostState, words: Words) -> Markup:
    info = host.info or {}
    tiles = [_newest(host.latest, words), _verified(host.latest, words), _drilled(info, words)]
    if info.get("last_copied"):
        tiles.append(_copied(host, str(info["last_copied"]), words))
    tiles.append(_disk(host, words))
    if info.get("previous"):
        tiles.append(_previous(info["previous"], words))
    return element("div", *tiles, class_="tiles")


def _tile(title: str, value: str, *more: str, drawing: Markup | None = None) -> Markup:
    lines = [element("p", each, class_="muted") for each in more if each]
    return _card(title, element("b", value), drawing or "", *lines)


def _newest(latest: Backup | None, words: Words) -> Markup:
    title = words.say("newest")
    if latest is None:
        return _tile(title, words.say("none"))
    return _tile(title, words.age(latest.made), words.moment(latest.made), words.size(latest.size))


def _verified(latest: Backup | None, words: Words) -> Markup:
    proof = latest.proof("verified") if latest else None
    if proof is None:
        return _tile(words.say("verified"), words.say("never"))
    when, facts = proof
    level = f"level_{facts.get('level')}"
    return _tile(
        words.say("verified"),
        words.age(when),
        words.say(level) if words.knows(level) else "",
        "" if facts.get("proved") else words.say("claimed"),
    )


def _drilled(info: Any, words: Words) -> Markup:
    drill = info.get("last_drill")
    when = parse(drill["when"]) if drill else None
    if not drill or when is None:
        return _tile(words.say("drilled"), words.say("never"))
    if drill.get("complete") and drill.get("rto") is not None:
        detail = words.say("drill_whole", duration=words.duration(drill["rto"]))
    else:
        detail = words.say("drill_part", covers=_components(drill.get("covers") or (), words))
    return _tile(words.say("drilled"), words.age(when), detail)


def _components(names: Iterable[str], words: Words) -> str:
    return ", ".join(
        words.say("database") if name == "database" else name.replace("directories:", "") for name in names
    )


def _copied(host: HostState, copied: str, words: Words) -> Markup:
    made = next((each.made for each in host.backups if each.facts.get("id") == copied), None)
    return _tile(words.say("copied"), words.age(made) if made else copied, copied if made else "")


def _disk(host: HostState, words: Words) -> Markup:
    disk = (host.info or {})["disk"]
    codes = {each["severity"] for each in host.problems if each.get("code") == "disk_nearly_full"}
    kind = CRITICAL if CRITICAL in codes else WARNING if WARNING in codes else ""
    free = words.say("disk_free", free=words.size(disk["free"]), total=words.size(disk["total"]))
    room = ""
    if host.latest and host.latest.size:
        room = words.say("disk_room", count=words.count(disk["free"] // host.latest.size))
    meter = drawings.meter(disk["percent"], kind)
    return _tile(words.say("disk"), words.percent(disk["percent"]), free, room, drawing=meter)


def _previous(previous: Sequence[Any], words: Words) -> Markup:
    moments = [moment for moment in (parse(each.get("created")) for each in previous) if moment]
    since = words.say("previous_since", moment=words.moment(min(moments))) if moments else ""
    return _tile(words.say("previous"), words.size(sum(each.get("size") or 0 for each in previous)), since)


# -- drawings --------------------------------------------------------------------


def _figure(title: str, drawing: Markup, caption: str) -> Markup:
    return _card(title, element("figure", drawing, element("figcaption", caption)))


def _timeline(backups: Sequence[Backup], words: Words) -> Markup:
    drawing, days = drawings.timeline(backups, words)
    return _figure(words.say("timeline"), drawing, words.say("timeline_caption", days=words.count(days)))


def _sizes(backups: Sequence[Backup], words: Words) -> Markup:
    """Return the sizes as a drawing.

    :param backups: good ones, oldest first.
    """
    grown = backups[-1].size - backups[0].size
    sign = "+" if grown > 0 else "−"
    change = f"{sign}{words.size(abs(grown))}" if grown else words.say("sizes_same")
    days = max(1, round((backups[-1].made - backups[0].made).total_seconds() / 86_400))
    caption = words.say(
        "sizes_caption", count=words.count(len(backups)), change=change, days=words.count(days)
    )
    return _figure(words.say("sizes"), drawings.sizes(backups, words), caption)


# -- tables ----------------------------------------------------------------------


def table(heads: Sequence[str], rows: Sequence[Sequence[Content]], numbers: Sequence[int] = ()) -> Markup:
    """Return a table.

    :param numbers: columns that are aligned to the right.
    """
    head = element("tr", *(element("th", each, scope="col") for each in heads))
    body = [
        element(
            "tr",
            *(
                element("td", cell, class_="number" if column in numbers else None)
                for column, cell in enumerate(row)
            ),
        )
        for row in rows
    ]
    shown = element("table", element("thead", head), element("tbody", *body))
    return element("div", shown, class_="wide")


def _jobs(host: HostState, words: Words) -> Markup:
    heads = [words.say(each) for each in ("job", "state", "ended", "last_success", "reason")]
    rows = []
    for plan in host.plans:
        state = str(plan.get("state"))
        rows.append(
            [
                str(plan.get("name", "?")),
                words.say(state) if state in ("running", "finished", "failed", "died") else "?",
                _moment(plan.get("finished"), words),
                _moment(plan.get("last_success"), words),
                str((plan.get("error") or {}).get("message", "")),
            ]
        )
    return _card(words.say("jobs"), table(heads, rows))


def _moment(text: object, words: Words) -> str:
    moment = parse(text)
    return words.moment(moment) if moment else "–"


def _backups(host: HostState, words: Words) -> Markup:
    heads = [words.say(each) for each in ("backup", "made", "size", "state", "proofs", "holds", "encryption")]
    rows: list[list[Content]] = []
    for backup in host.backups[:_LISTED]:
        facts = backup.facts
        proofs = [words.say(f"lane_{kind}") for kind in PROOFS if backup.proof(kind)]
        name: list[Content] = [element("code", str(facts.get("id")))]
        if facts.get("label"):
            name.append(f" {facts['label']}")
        rows.append(
            [
                name,
                words.moment(backup.made),
                words.size(backup.size),
                words.say("whole") if backup.good else str(facts.get("state")),
                ", ".join(proofs) or "–",
                _components(facts.get("components") or (), words),
                str(facts.get("encryption") or "–"),
            ]
        )
    rest = len(host.backups) - _LISTED
    more = element("p", words.say("more", count=words.count(rest)), class_="muted") if rest > 0 else ""
    return _card(words.say("backups"), table(heads, rows, numbers=(2,)), more)


def _audit(audit: Any, words: Words) -> Markup:
    intact = words.say("audit_intact" if audit.get("intact") else "audit_changed")
    head = str((audit.get("head") or {}).get("sha256") or "–")
    lines = words.say("audit_lines", lines=words.count(int(audit.get("lines") or 0)), head=head)
    return _card(words.say("audit"), element("p", intact), element("p", lines, class_="muted"))
