# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request for a backup."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._archive.age import Recipients
from .._archive.keys import Key
from .._components.database.options import DatabaseOptions
from .._components.packing import BackupPart
from .._components.point_in_time import QuiesceOptions
from .._postgres.server import Server
from .._stack.migrations import Migrators
from .._stack.model import DatabaseContainer
from .._store.ownership import PRIVATE, Ownership
from .._store.state_dir import state_dir


@dataclass(frozen=True)
class BackupRequest:
    """What to back up, and how.

    :param backup_dir: the store.
    :param directories: name → directory in which a restore may have been interrupted.
    :param parts: the requests of the components next to the database, in the order in which they are packed.
    :param stack: the description of the stack from :func:`.._stack.describe.kept`.
    :param compression: ``gzip``, ``zstd`` or ``none``.
    :param compression_level: the compression's own scale; None for its default here.
    :param key: the key for aes256, or the recipients for age; None for no encryption.
    :param if_older_than: seconds; no backup is made if the newest good one with the same components is younger.
    :param lock_timeout: seconds to wait for another run on the same store.
    :param adopt_store: take over a store that belongs to another source.
    :param init: start a new store even if this host should already have one.
    :param pg_dump: path of the program; None to search for it.
    :param container: the database's container, whose pg_dump is used; None if the database is in none.
    :param migrators: containers that may run migrations of the application; None if none is known.
    :param dry_run: check everything that can be checked, write nothing.
    :param journal: directory of the journal of restores.
    :param label: description by the user; None for none.
    :param pin: how long retention keeps it: a duration, or ``forever``; None for no pin.
    :param quiesce_options: how the application is quiesced; None if it is not.
    """

    server: Server
    backup_dir: Path
    database: DatabaseOptions
    directories: Mapping[str, Path] = field(default_factory=dict)
    parts: tuple[BackupPart, ...] = ()
    stack: dict[str, Any] | None = None
    compression: str = "gzip"
    compression_level: int | None = None
    key: Key | Recipients | None = None
    if_older_than: float | None = None
    lock_timeout: float = 0
    ownership: Ownership = PRIVATE
    adopt_store: bool = False
    init: bool = False
    pg_dump: str | None = None
    container: DatabaseContainer | None = None
    migrators: Migrators | None = None
    dry_run: bool = False
    journal: Path = field(default_factory=lambda: state_dir("switches"))
    quiesce_options: QuiesceOptions | None = None
    label: str | None = None
    pin: str | None = None

    @property
    def encryption(self) -> str:
        """The encryption's name in file names and results."""
        return "age" if isinstance(self.key, Recipients) else "aes256" if self.key else "none"

    @property
    def components(self) -> frozenset[str]:
        """The names of the components in the backup, as in sidecars."""
        return frozenset(["database"]).union(*(part.names() for part in self.parts))
