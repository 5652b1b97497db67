# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The result of a restore or of an undo."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._errors import Notice


@dataclass(frozen=True)
class RestoreResult:
    """The result (in a dry run: the plan).

    :param config: configuration files that were written.
    :param config_previous: configuration file → new path of the existing file that it replaced.
    :param redis: the result for Redis keys; None if they were not requested.
    :param stack: the backup's description of its stack.
    :param previous: replaced data that are kept; None if there are none.
    :param duration: seconds.
    :param application: the containers that were stopped, and their health; None if nothing was stopped.
    :param undeleted: restored tickets and contacts; None if none were requested.
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
    """Collects the components' reports of what was restored, or would be. Components that were not requested
    report nothing."""

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
