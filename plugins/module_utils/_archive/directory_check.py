# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verifying a directory in an archive: its indexes, and each file's content."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from typing import Callable

from .check import Lists, Proof
from .contents import Contents, check_totals
from .directory_entry import DirectoryEntry
from .entries import DIRECTORY, Entry


def prove_directory(proof: Proof, directory: DirectoryEntry) -> None:
    """Read and verify everything that the indexes list. Raise ArchiveError."""
    contents = Contents(
        proof.reader, directory, proof.pool, proof.ahead, _Nowhere(), proof.seen, proof.report
    )
    contents.read()
    proof.files += contents.files


def parse_indexes(lists: Lists, directory: DirectoryEntry) -> None:
    """Parse the indexes as a restore does. Raise ArchiveError."""
    listed = _Listed()
    Contents(lists.reader, directory, lists.pool, 1, listed, lists.seen).read()
    check_totals(lists.reader, directory, listed.files, listed.bytes)


class _Nowhere:
    """Takes contents that only have to be verified."""

    def wants(self, entry: Entry, components: tuple[bytes, ...]) -> bool:
        """Select everything."""
        return True

    def other(self, entry: Entry, components: tuple[bytes, ...], member: int) -> None:
        """Nothing is done with it."""

    def file(self, entry: Entry, content: memoryview) -> None:
        """Nothing is done with it."""

    def large(self, entry: Entry) -> AbstractContextManager[Callable[[memoryview], None]]:
        """Nothing is done with it."""
        return contextlib.nullcontext(lambda content: None)

    def link(self, entry: Entry, target: bytes, settle: Callable[[], None]) -> None:
        """Nothing is done with it."""


class _Listed(_Nowhere):
    """Counts entries, and selects none of them."""

    def __init__(self) -> None:
        self.files = 0
        self.bytes = 0

    def wants(self, entry: Entry, components: tuple[bytes, ...]) -> bool:
        """Select nothing."""
        self.files += entry.type != DIRECTORY
        self.bytes += entry.size
        return False
