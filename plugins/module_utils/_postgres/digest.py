# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A digest of a table's rows that depends on neither their order nor the columns' physical order."""

from __future__ import annotations

from collections.abc import Iterable

from .session import identifier


def row_digest_sql(schema: str, table: str, columns: Iterable[str], condition: str = "") -> str:
    """Return a query for the number of rows and their digest (an integer, as text).

    :param columns: names of all columns, generated ones included, in any order.
    :param condition: SQL that chooses rows, such as a ctid range; empty for all of them. Digests of
        disjoint slices add up to the table's digest.

    The digest is the sum of a 64-bit hash of each row's text. Equal rows count as often as they occur.
    Columns are taken by name, because a restored child table can have them in another order.
    The session must have the pinned settings: the text of many types depends on them. It also depends
    on the database's encoding, which a restored database shares with its source.
    """
    # A record's text tells NULL from an empty string and quotes what separates values. Everything is
    # qualified by the alias, and a qualified name is never taken for a column of the alias's name.
    fields = ", ".join(f"r.{identifier(column)}" for column in sorted(columns))
    where = f" WHERE {condition}" if condition else ""
    return (
        f"SELECT count(*), coalesce(sum(hashtextextended(ROW({fields})::text COLLATE \"C\", 0)), 0)::text"
        f" FROM ONLY {identifier(schema, table)} AS r{where}"
    )
