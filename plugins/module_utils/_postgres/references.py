# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds in advance the rows that would violate foreign keys after a restore, and the references that can be set again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .._archive.names import printable
from .foreign_keys import CASCADE, SET_NULL, ForeignKey, ForeignKeys, Holder
from .merge import Relink, TableMerge
from .names import qualified, quoted
from .session import Session, identifier


@dataclass(frozen=True)
class Broken:
    """Rows that would violate a foreign key.

    :param constraint: the foreign key's name.
    :param table: the referencing table, quoted for SQL.
    :param columns: the referencing columns.
    :param parent: the referenced table and columns.
    :param rows: number of the rows.
    :param example: one of the rows: its primary key and referencing columns.
    """

    constraint: str
    table: str
    columns: tuple[str, ...]
    parent: str
    rows: int
    example: str

    def __str__(self) -> str:
        listed = ", ".join(map(quoted, self.columns))
        return f"{quoted(self.constraint)}: {self.table} ({listed}) → {self.parent}: {self.rows} [{self.example}]"


class References:
    """The foreign keys of and to the tables that a restore changes.

    :param merges: these tables, by OID. Other tables are not changed.
    """

    def __init__(self, session: Session, keys: ForeignKeys, merges: Mapping[int, TableMerge]) -> None:
        self._session = session
        self._keys = keys
        self._merges = merges

    def neighbours(self) -> list[tuple[str, str]]:
        """Return the other tables that are queried: those that reference these tables or are referenced by them."""
        others = set(self._keys.holders) - set(self._merges)
        return sorted((self._keys.holders[oid].schema, self._keys.holders[oid].name) for oid in others)

    def parents_missing(self) -> list[Broken]:
        """Return the backup's rows whose referenced rows neither exist nor are restored."""
        found: list[Broken] = []
        for oid, merge in self._merges.items():
            for key in self._keys.of.get(oid, []):
                rows = merge.backup if merge.replace else merge.new
                parents = [source for leaf in key.parent_leaves for source in self._after(leaf)]
                holder = Holder(*merge.live.name, merge.live.key)
                found += self._broken(key, holder, f"{rows} c", _absent(key, parents))
        return found

    def empty_lost(self) -> list[str]:
        """Set references to deleted rows to NULL in the rows to insert, as ON DELETE SET NULL would have done.

        Return table, columns and number of rows of each, as text.
        """
        found = []
        for oid, merge in self._merges.items():
            for key in self._keys.of.get(oid, []):
                if key.on_delete != SET_NULL or not merge.counts.inserted:
                    continue
                parents = [source for leaf in key.parent_leaves for source in self._after(leaf)]
                refers = " AND ".join(f"c.{identifier(column)} IS NOT NULL" for column in key.child_columns)
                emptied = ", ".join(f"{identifier(column)} = NULL" for column in key.set_columns)
                count = self._session.execute(
                    f"UPDATE {merge.new} c SET {emptied} WHERE {refers} AND {_absent(key, parents)}",
                    context=merge.key,
                )
                if count:
                    found.append(f"{merge.key} ({', '.join(key.set_columns)}): {count}")
        return found

    def children_left(self) -> list[Broken]:
        """Return the rows of other tables whose referenced rows would be deleted, or get other key values.

        Rows of tables that are replaced themselves are checked by :meth:`parents_missing`, in their new state.
        """
        found: list[Broken] = []
        for oid, merge in self._merges.items():
            if not (merge.replace and merge.counts.existing):
                continue
            for key in self._keys.to.get(oid, []):
                gone = f"EXISTS (SELECT FROM ONLY {merge.name} l WHERE {_refers(key, 'l')} AND {_lost(merge, key)})"
                for leaf in key.child_leaves:
                    if leaf not in self._merges:
                        holder = self._keys.holders[leaf]
                        found += self._broken(key, holder, f"ONLY {holder.quoted} c", gone)
        return found

    def others_that_refer(self) -> dict[int, Holder]:
        """Return, by OID, the other tables that reference tables to replace: they must be locked against changes."""
        leaves = {
            leaf
            for oid, merge in self._merges.items()
            if merge.replace
            for key in self._keys.to.get(oid, [])
            for leaf in key.child_leaves
        }
        return {leaf: self._keys.holders[leaf] for leaf in sorted(leaves - set(self._merges))}

    def is_referred_to(self, oid: int) -> bool:
        """Return whether any foreign key references a table."""
        return bool(self._keys.to.get(oid))

    def not_named(self) -> list[Holder]:
        """Return the other tables that may have lost rows or references when the rows to restore were deleted."""
        leaves = {
            leaf
            for oid, merge in self._merges.items()
            if merge.counts.inserted
            for key in self._keys.to.get(oid, [])
            if key.on_delete in (CASCADE, SET_NULL)
            for leaf in key.child_leaves
        }
        return [self._keys.holders[leaf] for leaf in sorted(leaves - set(self._merges))]

    def relink(self) -> None:
        """Choose the references to set again, which became NULL when the rows to restore were deleted."""
        for oid, merge in self._merges.items():
            merge.relinks = [] if merge.replace or not merge.live.key else list(self._relinks(oid))
            known = {column for relink in merge.relinks for column in relink.columns}
            more = [each for each in merge.overwritten if each in merge.entry.columns and each not in known]
            if merge.relinks and more:
                merge.relinks.append(Relink(tuple(more), merge.linked_again()))
            merge.counts.relinked = merge.count_relinks()

    def _relinks(self, oid: int) -> Iterator[Relink]:
        for key in self._keys.of.get(oid, []):
            if key.on_delete != SET_NULL:
                continue
            sources = [
                self._merges[leaf].new
                for leaf in key.parent_leaves
                if leaf in self._merges and self._merges[leaf].counts.inserted
            ]
            if not sources:
                continue
            tests = [f"l.{identifier(column)} IS NULL" for column in key.set_columns]
            tests += [f"t.{identifier(column)} IS NOT NULL" for column in key.child_columns]
            rest = [column for column in key.child_columns if column not in key.set_columns]
            tests += [f"l.{identifier(column)} = t.{identifier(column)}" for column in rest]
            comes = " OR ".join(
                f"EXISTS (SELECT FROM {source} p WHERE {_refers(key, 'p', 't')})" for source in sources
            )
            yield Relink(key.set_columns, f"{' AND '.join(tests)} AND ({comes})")

    def _after(self, oid: int) -> list[str]:
        """Return FROM items that together have the rows of a table after the restore."""
        merge = self._merges.get(oid)
        if merge is None:
            return [f"ONLY {self._keys.holders[oid].quoted}"]
        return [merge.backup] if merge.replace else [f"ONLY {merge.name}", merge.new]

    def _broken(self, key: ForeignKey, holder: Holder, rows: str, test: str) -> Iterator[Broken]:
        refers = " AND ".join(f"c.{identifier(column)} IS NOT NULL" for column in key.child_columns)
        shown = list(dict.fromkeys((*holder.primary_key, *key.child_columns)))
        columns = ", ".join(f"c.{identifier(column)}" for column in shown)
        count, example = self._session.query(
            f"WITH broken AS (SELECT {columns} FROM {rows} WHERE {refers} AND {test})"
            " SELECT count(*), (SELECT ROW(broken.*)::text FROM broken LIMIT 1) FROM broken",
            context=holder.quoted,
        )[0]
        if count:
            named = f"({', '.join(map(quoted, shown))}) = {printable(str(example))}"
            parent = f"{qualified(*key.parent)} ({', '.join(map(quoted, key.parent_columns))})"
            yield Broken(key.name, holder.quoted, key.child_columns, parent, int(count), named)


def _refers(key: ForeignKey, parent: str, child: str = "c") -> str:
    """Return the SQL condition that a row of the alias ``child`` references a row of the alias ``parent``."""
    pairs = zip(key.parent_columns, key.child_columns)
    return " AND ".join(f"{parent}.{identifier(one)} = {child}.{identifier(other)}" for one, other in pairs)


def _absent(key: ForeignKey, parents: Sequence[str]) -> str:
    return " AND ".join(
        f"NOT EXISTS (SELECT FROM {source} p WHERE {_refers(key, 'p')})" for source in parents
    )


def _lost(merge: TableMerge, key: ForeignKey) -> str:
    """Return the SQL condition that a live row ``l`` is deleted, or that the key by which others reference it changes."""
    same = [merge.same("t", "l")] if merge.live.key else ["false"]
    if set(key.parent_columns) != set(merge.live.key):
        # If the values of another unique key move to another row, the referencing rows would reference that row.
        same += [f"t.{identifier(column)} = l.{identifier(column)}" for column in key.parent_columns]
    return f"NOT EXISTS (SELECT FROM {merge.backup} t WHERE {' AND '.join(same)})"
