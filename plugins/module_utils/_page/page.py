# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page: how it stands with the backups of one host or of many, in one file that needs nothing else."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from .._store.health import CRITICAL, WARNING
from .cards import cards, summary, table
from .markup import Markup, element, group
from .markup import document as html_document
from .model import GOOD, HostState
from .style import STYLE
from .words import Words

_ORDER = (CRITICAL, WARNING, GOOD)


def page(hosts: Sequence[HostState], language: str, now: datetime.datetime) -> str:
    """Return a page in HTML.

    :param hosts: at least one.
    :param language: ``en`` or ``pt``.
    :param now: when that was seen.
    """
    words = Words(language, now)
    seen = element("p", words.say("seen", moment=words.moment(now)), class_="muted")
    if len(hosts) == 1:
        title = words.say("title", name=hosts[0].name)
        body = group(*cards(hosts[0], words))
    else:
        title = words.say("fleet", count=len(hosts))
        body = _fleet(sorted(hosts, key=lambda host: (_ORDER.index(host.verdict), host.name)), words)
    shown = element("main", element("h1", title), seen, body)
    return html_document(words.tag, title, STYLE, shown)


def _fleet(hosts: Sequence[HostState], words: Words) -> Markup:
    heads = [words.say(each) for each in ("host", "state", "newest", "size", "reason")]
    rows = []
    for host in hosts:
        latest = host.latest
        rows.append(
            [
                element("a", host.name, href=f"#{_anchor(host)}"),
                words.say("unseen" if host.info is None else host.verdict),
                words.age(latest.made) if latest else words.say("none"),
                words.size(latest.size) if latest else "–",
                summary(host, words),
            ]
        )
    overview = element("section", table(heads, rows, numbers=(3,)))
    details = [
        element("details", element("summary", host.name), *cards(host, words), id=_anchor(host))
        for host in hosts
    ]
    return group(overview, *details)


def _anchor(host: HostState) -> str:
    return f"host-{host.name.encode('utf-8', 'replace').hex()}"
