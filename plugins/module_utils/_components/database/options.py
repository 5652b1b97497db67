# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options for backing up a database."""

from __future__ import annotations

from dataclasses import dataclass

AUTO, SWAP, IN_PLACE = "auto", "swap", "in_place"


@dataclass(frozen=True)
class DatabaseOptions:
    """How a database is read.

    :param jobs: number of connections that read tables.
    :param connections: number of connections that the server allows, at most ``jobs``; None if unknown.
    :param row_digests: whether the server computes a digest of each table's rows.
    :param exclude_table_data: patterns of ``schema.Table`` or ``Table`` whose rows are left out.
    """

    jobs: int
    row_digests: bool = True
    exclude_table_data: tuple[str, ...] = ()
    connections: int | None = None
