# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verb returns to its caller: Ansible module or runner."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ._errors import Notice


@dataclass(frozen=True)
class Outcome:
    """The result of one run.

    :param changed: whether anything was changed (in check mode: would be).
    :param results: return values as the module documents them.
    :param notices: warnings.
    :param diff: ``before`` and ``after``, where a comparison is worth showing.
    """

    changed: bool
    results: Mapping[str, Any]
    notices: tuple[Notice, ...] = ()
    diff: Mapping[str, Any] | None = field(default=None)
