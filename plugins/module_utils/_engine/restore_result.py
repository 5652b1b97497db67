# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a restore, or its undoing, has done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._errors import Notice


@dataclass(frozen=True)
class RestoreResult:
    """What was restored (in a dry run: what would be).

    :param config: configuration files that were written.
    :param config_previous: those of them that something was in the place of → what that is called now.
    :param redis: what became of Redis's keys; None if they were not asked for.
    :param stack: what the backup keeps of the stack that it was made of.
    :param previous: what was taken out of service and is kept; None if nothing is.
    :param duration: seconds.
    :param application: what was stopped meanwhile, and how it is now; None if nothing was.
    :param undeleted: deleted tickets and contacts that are back; None if none was asked for.
    """

    changed: bool
    backup: dict[str, Any]
    database: dict[str, Any] | None
    directories: dict[str, Any]
    config: list[str]
    config_previous: dict[str, str]
    stack: dict[str, Any] | None
    redis: dict[str, Any] | None
    sequences: list[dict[str, Any]]
    whatsapp_sessions: dict[str, int]
    previous: dict[str, Any] | None
    duration: float
    notices: tuple[Notice, ...]
    application: dict[str, Any] | None = None
    undeleted: dict[str, list[int]] | None = None


@dataclass
class Restored:
    """What has been restored, or would be, as the components report it. Those that were not asked for report nothing."""

    changed: bool = True
    database: dict[str, Any] | None = None
    directories: dict[str, Any] = field(default_factory=dict)
    config: list[str] = field(default_factory=list)
    config_previous: dict[str, str] = field(default_factory=dict)
    redis: dict[str, Any] | None = None
    sequences: list[dict[str, Any]] = field(default_factory=list)
    whatsapp_sessions: dict[str, int] = field(default_factory=dict)
    previous: dict[str, Any] | None = None
    application: dict[str, Any] | None = None
    undeleted: dict[str, list[int]] | None = None
