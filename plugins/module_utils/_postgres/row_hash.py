# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Computes row counts and digests on the client, from the output of COPY.

For tables that can't be queried without running functions of other roles (see :mod:`.foreign_code`). The digest is the
sum of the first 64 bits of the SHA-256 of each row as CSV, with the columns in the manifest's order, without generated
columns.
"""

from __future__ import annotations

import hashlib

from .foreign_code import copy_rows
from .session import Session, Writable


class RowHash:
    """A target of COPY that counts and hashes rows, and passes them on to another target.

    :ivar rows: number of rows so far.
    :ivar total: digest of the rows so far.
    """

    def __init__(self, target: Writable | None = None) -> None:
        self.rows = 0
        self.total = 0
        self._target = target

    def write(self, row: bytes, /) -> None:
        """Add one row."""
        self.rows += 1
        self.total += int.from_bytes(hashlib.sha256(row).digest()[:8], "big")
        if self._target is not None:
            self._target.write(row)


def table_hash(session: Session, schema: str, table: str, columns: tuple[str, ...]) -> tuple[int, int]:
    """Return the number of a table's rows, and their digest. Raise DatabaseError."""
    found = RowHash()
    session.copy_out(copy_rows(schema, table, columns), found, context=f"{schema}.{table}")
    return found.rows, found.total


def csv_hash(content: memoryview) -> tuple[int, int]:
    """Return the number and digest of the rows in a part, which begins with a header line."""
    found = RowHash()
    begun: list[bytes] = []
    is_open, is_header = 0, True
    for line in bytes(content).split(b"\n")[:-1]:
        begun.append(line + b"\n")
        # A line break within quotes does not end the row.
        is_open ^= line.count(b'"') & 1
        if not is_open:
            if not is_header:
                found.write(b"".join(begun))
            begun, is_header = [], False
    return found.rows, found.total
