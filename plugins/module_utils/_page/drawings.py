# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drawings, as SVG within the page: when backups were made and proved, how large they are, how full a disk is."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from .markup import Markup, element
from .model import PROOFS, Backup
from .words import Words

_WIDTH, _LEFT, _RIGHT = 720, 104, 16
_LANE, _TOP, _AXIS = 28, 14, 24
_DAY = datetime.timedelta(days=1)
#: Days between two marks of an axis: the first that leaves room for the words.
_STEPS = (1, 2, 7, 14, 30, 90, 365)
_MOST_MARKS = 9


class _Axis:
    """Moments, from left to right."""

    def __init__(self, first: datetime.datetime, last: datetime.datetime) -> None:
        self.first = first
        self.days = max(1, -(-(last - first) // _DAY))
        self._span = self.days * _DAY

    def x(self, moment: datetime.datetime) -> float:
        """Return where a moment is."""
        share = (moment - self.first) / self._span
        return round(_LEFT + min(1.0, max(0.0, share)) * (_WIDTH - _LEFT - _RIGHT), 1)

    def marks(self) -> list[datetime.datetime]:
        """Return days that are written below."""
        step = next((step for step in _STEPS if self.days / step <= _MOST_MARKS), _STEPS[-1])
        return [self.first + number * step * _DAY for number in range(self.days // step + 1)]


def timeline(backups: Sequence[Backup], words: Words) -> tuple[Markup, int]:
    """Return a drawing with a lane for what was made and for each kind of proof, and how many days it shows.

    :param backups: at least one.
    """
    lanes = ("backup", *PROOFS)
    axis = _Axis(min(each.made for each in backups), words.now)
    bottom = _TOP + len(lanes) * _LANE
    drawn = _frame(axis, bottom, words)
    for number, lane in enumerate(lanes):
        y = _TOP + number * _LANE + _LANE // 2
        drawn.append(element("text", words.say(f"lane_{lane}"), x=0, y=y + 4))
        drawn.append(element("line", class_="grid", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y))
        for backup in backups:
            if lane == "backup":
                drawn.append(_made(backup, axis.x(backup.made), y, words))
                continue
            proof = backup.proof(lane)
            if proof:
                title = f"{backup.facts['id']}: {words.say(f'lane_{lane}')}, {words.moment(proof[0])}"
                drawn.append(_dot("dot proof", axis.x(proof[0]), y, title))
    return _drawing(drawn, bottom + _AXIS, words.say("timeline")), axis.days


def _made(backup: Backup, x: float, y: float, words: Words) -> Markup:
    title = f"{backup.facts['id']}: {words.moment(backup.made)}, {words.size(backup.size)}"
    if backup.good:
        return _dot("dot", x, y, title)
    path = f"M{x - 4} {y - 4}l8 8m0 -8l-8 8"
    title = f"{title}, {backup.facts.get('state')}"
    return element("path", element("title", title), class_="cross", d=path)


def _dot(kind: str, x: float, y: float, title: str) -> Markup:
    return element("circle", element("title", title), class_=kind, cx=x, cy=y, r=4.5)


def sizes(backups: Sequence[Backup], words: Words) -> Markup:
    """Return a drawing with a bar for each backup's size.

    :param backups: oldest first, at least one.
    """
    height = 120
    bottom = _TOP + height
    largest = max(each.size for each in backups) or 1
    room = (_WIDTH - _LEFT - _RIGHT) / len(backups)
    drawn = [
        element("text", words.size(largest), x=0, y=_TOP + 8),
        element("text", words.size(0), x=0, y=bottom),
        element("line", class_="grid", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=bottom, y2=bottom),
    ]
    for number, backup in enumerate(backups):
        tall = max(1.0, round(height * backup.size / largest, 1))
        title = f"{backup.facts['id']}: {words.size(backup.size)}"
        last = number == len(backups) - 1
        drawn.append(
            element(
                "rect",
                element("title", title),
                class_="bar last" if last else "bar",
                x=round(_LEFT + number * room, 1),
                y=round(bottom - tall, 1),
                width=round(max(1.0, min(room * 0.8, 24)), 1),
                height=tall,
            )
        )
    drawn.append(element("text", words.day(backups[0].made), x=_LEFT, y=bottom + 18))
    if len(backups) > 1:
        end = element(
            "text", words.day(backups[-1].made), x=_WIDTH - _RIGHT, y=bottom + 18, text_anchor="end"
        )
        drawn.append(end)
    return _drawing(drawn, bottom + _AXIS, words.say("sizes"))


def meter(percent: float, kind: str) -> Markup:
    """Return a bar that is filled to a percentage."""
    filled = round(min(100.0, max(0.0, percent)), 1)
    bars = [
        element("rect", class_="track", width=100, height=6, rx=3),
        element("rect", class_=f"fill {kind}", width=filled, height=6, rx=3),
    ]
    return element(
        "svg",
        *bars,
        viewBox="0 0 100 6",
        preserveAspectRatio="none",
        style="min-width:0;height:.5rem",
        aria_hidden="true",
    )


def _frame(axis: _Axis, bottom: int, words: Words) -> list[Markup]:
    drawn = []
    for mark in axis.marks():
        x = axis.x(mark)
        drawn.append(element("line", class_="grid", x1=x, x2=x, y1=_TOP, y2=bottom))
        drawn.append(element("text", words.day(mark), x=x, y=bottom + 16, text_anchor="middle"))
    return drawn


def _drawing(drawn: Sequence[Markup], height: int, label: str) -> Markup:
    shown = element("svg", *drawn, viewBox=f"0 0 {_WIDTH} {height}", role="img", aria_label=label)
    return element("div", shown, class_="wide")
