# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a restore of single tables, rows and paths is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._components.component import FAIL
from .._components.database.options import AUTO
from .._components.database.safety import SafetyBackup
from .._postgres.server import Server

#: Which rows of which tables: table → column → values.
RowFilter = Mapping[str, Mapping[str, Sequence[Any]]]


@dataclass(frozen=True)
class SelectedRequest:
    """Which tables, rows and paths to restore, or which deleted tickets and contacts.

    :param directories: name in the backup → directory to restore to.
    :param components: of ``database`` and ``directories``; None for those that something is asked for of.
    :param tables: ``schema.Table``, or ``Table`` where that is unambiguous.
    :param paths: files and directories, ``name/path`` within a named directory.
    :param rows: with ``merge``, only these rows of these tables.
    :param merge: add what is missing of the tables or paths, and leave what is there.
    :param tickets: numbers of deleted tickets to bring back with all that belonged to them, and nothing else.
    :param contacts: likewise of deleted contacts.
    :param strategy: ``auto`` or ``in_place``.
    :param if_not_empty: ``fail``, ``skip`` or ``replace``: what to do where the target holds data.
    :param safety: how the tables are backed up before rows of them are updated or removed.
    :param force: restore symbolic links that lead out of their directory.
    """

    server: Server
    jobs: int
    directories: Mapping[str, Path] = field(default_factory=dict)
    components: tuple[str, ...] | None = None
    tables: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    rows: RowFilter = field(default_factory=dict)
    merge: bool = False
    tickets: tuple[int, ...] = ()
    contacts: tuple[int, ...] = ()
    strategy: str = AUTO
    if_not_empty: str = FAIL
    clear_sessions: bool = True
    fix_sequences: bool = True
    safety: SafetyBackup | None = None
    force: bool = False
    dry_run: bool = False
