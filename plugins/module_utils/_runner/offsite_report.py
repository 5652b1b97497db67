# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies on other hosts, in a few lines for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._store.units import human_size
from .phrases import number, say

_INDENT = "  "
#: direction → whether it is only checked → what was done, or would be
_HEADS = {
    "push": {False: "offsite_pushed", True: "offsite_push_would"},
    "pull": {False: "offsite_pulled", True: "offsite_pull_would"},
}


def offsite_lines(results: Mapping[str, Any], changed: bool, check: bool, language: str) -> list[str]:
    """Return what was copied, or would be, and how many copies there are."""
    copied, direction = results["copied"], results["direction"]
    head = _HEADS[direction][check]
    lines = [
        _INDENT + say("offsite_copy", language, file=item["file"], size=human_size(item["size"]))
        for item in copied
    ]
    if results["checked"]:
        phrase = "offsite_check_would" if check else "offsite_checked"
        lines.append(_INDENT + say(phrase, language, count=number(len(results["checked"]), language)))
    count = number(len(copied), language)
    known = number(results["known"], language)
    return [
        say(head if copied else "offsite_nothing", language, host=results["host"], count=count, known=known),
        *lines,
    ]
