# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds in advance the foreign keys that restoring rows would break, and the references that can be set again."""

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
    """Rows that would refer to nothing.

    :param constraint: the foreign key's name.
    :param table: the table that refers, as SQL writes it.
    :param parent: the table that is referred to.
    :param rows: how many there are.
    :param example: one of them: its key and what it refers to by.
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
    """The foreign keys of and to the tables that rows are brought into.

    :param merges: by OID, these tables; all others stay as they are.
    """

    def __init__(self, session: Session, keys: ForeignKeys, merges: Mapping[int, TableMerge]) -> None:
        self._session = session
        self._keys = keys
        self._merges = merges

    def neighbours(self) -> list[tuple[str, str]]:
        """Return the other tables that are queried: those that the foreign keys lead to, from either side."""
        others = set(self._keys.holders) - set(self._merges)
        return sorted((self._keys.holders[oid].schema, self._keys.holders[oid].name) for oid in others)

    def parents_missing(self) -> list[Broken]:
        """Return the rows of the backup that would refer to rows which are neither there nor come back."""
        found: list[Broken] = []
        for oid, merge in self._merges.items():
            for key in self._keys.of.get(oid, []):
                rows = merge.backup if merge.replace else merge.new
                parents = [source for leaf in key.parent_leaves for source in self._after(leaf)]
                holder = Holder(*merge.live.name, merge.live.key)
                found += self._broken(key, holder, f"{rows} c", _absent(key, parents))
        return found

    def empty_lost(self) -> list[str]:
        """Empty the references of rows to be inserted that are to rows which were deleted, as the server would have done.

        Return them: table, columns and number of rows.
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
        """Return the rows of other tables that refer to rows which would not exist any more, or not as they were.

        Rows of tables that are replaced themselves are looked at by :meth:`parents_missing`, as they will be.
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
        """Return, by OID, the other tables whose rows refer to tables that are replaced: they must not change."""
        leaves = {
            leaf
            for oid, merge in self._merges.items()
            if merge.replace
            for key in self._keys.to.get(oid, [])
            for leaf in key.child_leaves
        }
        return {leaf: self._keys.holders[leaf] for leaf in sorted(leaves - set(self._merges))}

    def is_referred_to(self, oid: int) -> bool:
        """Return whether any foreign key is to a table."""
        return bool(self._keys.to.get(oid))

    def not_named(self) -> list[Holder]:
        """Return the other tables that lose rows, or references, with rows such as those that come back."""
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
        """Return what the rows of a table will be, as items of a FROM clause."""
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
    """Return the condition that a row of one alias refers to one of another."""
    pairs = zip(key.parent_columns, key.child_columns)
    return " AND ".join(f"{parent}.{identifier(one)} = {child}.{identifier(other)}" for one, other in pairs)


def _absent(key: ForeignKey, parents: Sequence[str]) -> str:
    return " AND ".join(
        f"NOT EXISTS (SELECT FROM {source} p WHERE {_refers(key, 'p')})" for source in parents
    )


def _lost(merge: TableMerge, key: ForeignKey) -> str:
    """Return the condition that a row ``l`` is removed, or that others can't refer to it any more as they do."""
    same = [merge.same("t", "l")] if merge.live.key else ["false"]
    if set(key.parent_columns) != set(merge.live.key):
        # Another unique key: where it moves to another row, the server would take the rows that refer to it along.
        same += [f"t.{identifier(column)} = l.{identifier(column)}" for column in key.parent_columns]
    return f"NOT EXISTS (SELECT FROM {merge.backup} t WHERE {' AND '.join(same)})"
