# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request for a restore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .._archive.keys import Key
from .._components.component import FAIL, Part, Policy
from .._postgres.server import Server
from .._stack.redis_server import RedisServer
from .._store.state_dir import state_dir
from .outage import OutagePlan
from .selective_request import SelectedRequest

UNDO = "undo"


@dataclass(frozen=True)
class ArchiveChoice:
    """The backup to restore, and what is accepted as one.

    :param backup: path, id or ``latest``.
    :param backup_dir: the store; None for a path.
    :param allow_plain: accept an unencrypted archive although a key, its name or its sidecar demands
        encryption.
    :param format: the only accepted format; None to detect it from name and content.
    """

    backup: str
    backup_dir: Path | None
    key: Key | None = None
    allow_plain: bool = False
    format: str | None = None


@dataclass(frozen=True)
class Installation:
    """The target installation: the data that an interrupted exchange, or an undo, may affect.

    :param directories: name in a backup → directory.
    :param redis: None if not known.
    :param journal: directory of the journal of exchanges.
    :param outage: the application that uses what is replaced; None stops nothing.
    """

    server: Server
    directories: Mapping[str, Path] = field(default_factory=dict)
    redis: RedisServer | None = None
    journal: Path = field(default_factory=lambda: state_dir("switches"))
    outage: OutagePlan | None = None


@dataclass(frozen=True)
class RestoreRequest:
    """What to restore, from which backup, to where.

    :param parts: the components' requests, in the order in which they are checked.
    :param selected: single tables, rows and paths, instead of whole components.
    :param if_unhealthy: ``fail`` or ``undo``: what to do if the application is not healthy afterwards.
    """

    archive: ArchiveChoice
    installation: Installation
    parts: tuple[Part, ...]
    policy: Policy = field(default_factory=Policy)
    selected: SelectedRequest | None = None
    if_unhealthy: str = FAIL
