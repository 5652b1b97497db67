# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the foreign keys of tables and to tables in a live database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .names import qualified, quoted
from .session import Session

CASCADE, SET_NULL = "c", "n"

_SET_NULL_COLUMNS_SINCE = 150000
_ENFORCED_SINCE = 180000

_KEYS = """
SELECT k.oid::bigint, k.conname, cn.nspname, cc.relname, k.conrelid::bigint,
       pn.nspname, pc.relname, k.confrelid::bigint,
       ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u (number, place)
               JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number ORDER BY u.place),
       ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u (number, place)
               JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number ORDER BY u.place),
       k.confdeltype::text,
       ARRAY(SELECT a.attname::text FROM pg_attribute a
              WHERE a.attrelid = k.conrelid AND a.attnum = ANY ({set_columns})),
       coalesce(up.conrelid, 0)::bigint, coalesce(up.confrelid, 0)::bigint,
       ARRAY(SELECT t.relid::oid::bigint FROM pg_partition_tree(k.conrelid) t WHERE t.isleaf),
       ARRAY(SELECT t.relid::oid::bigint FROM pg_partition_tree(k.confrelid) t WHERE t.isleaf)
  FROM pg_constraint k
  JOIN pg_class cc ON cc.oid = k.conrelid JOIN pg_namespace cn ON cn.oid = cc.relnamespace
  JOIN pg_class pc ON pc.oid = k.confrelid JOIN pg_namespace pn ON pn.oid = pc.relnamespace
  LEFT JOIN pg_constraint up ON up.oid = k.conparentid
 WHERE k.contype = 'f' {enforced} AND (k.conrelid = ANY (%(oids)s) OR k.confrelid = ANY (%(oids)s))
 ORDER BY cn.nspname, cc.relname, k.conname
"""

_HOLDERS = """
SELECT c.oid::bigint, n.nspname, c.relname,
       ARRAY(SELECT a.attname::text FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
              WHERE i.indrelid = c.oid AND i.indisprimary ORDER BY a.attnum)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.oid = ANY (%s)
"""


@dataclass(frozen=True)
class ForeignKey:
    """A foreign key.

    :param child: schema and name of the referencing table.
    :param parent: schema and name of the referenced table.
    :param child_leaves: OIDs of the tables that contain the child's rows: the table itself, or its partitions.
    :param parent_leaves: the same for the parent.
    :param on_delete: the action as ``pg_constraint.confdeltype`` has it, such as :data:`CASCADE`.
    :param set_columns: columns that ON DELETE SET NULL sets.
    """

    oid: int
    name: str
    child: tuple[str, str]
    child_oid: int
    parent: tuple[str, str]
    parent_oid: int
    child_columns: tuple[str, ...]
    parent_columns: tuple[str, ...]
    on_delete: str
    set_columns: tuple[str, ...]
    child_leaves: tuple[int, ...]
    parent_leaves: tuple[int, ...]

    def __str__(self) -> str:
        columns = ", ".join(map(quoted, self.child_columns))
        return f"{quoted(self.name)} ({qualified(*self.child)} {columns} → {qualified(*self.parent)})"


@dataclass(frozen=True)
class Holder:
    """A table that contains rows itself, and the columns of its primary key, if any."""

    schema: str
    name: str
    primary_key: tuple[str, ...]

    @property
    def quoted(self) -> str:
        """The qualified name, quoted for SQL."""
        return qualified(self.schema, self.name)


@dataclass(frozen=True)
class ForeignKeys:
    """All foreign keys of and to a set of tables.

    :param of: table's OID → foreign keys in which it is the child.
    :param to: table's OID → foreign keys in which it is the parent.
    :param holders: OID → table, for all tables that contain rows of a child or parent.
    """

    of: dict[int, list[ForeignKey]]
    to: dict[int, list[ForeignKey]]
    holders: dict[int, Holder]


def read_foreign_keys(session: Session, oids: Sequence[int]) -> ForeignKeys:
    """Return the foreign keys of and to tables that contain rows themselves.

    Foreign keys that are not enforced are left out, and those with PERIOD, which compare ranges for overlap.
    """
    columns = "k.conkey"
    if session.version >= _SET_NULL_COLUMNS_SINCE:
        columns = "coalesce(nullif(k.confdelsetcols, '{}'), k.conkey)"
    enforced = "AND k.conenforced AND NOT k.conperiod" if session.version >= _ENFORCED_SINCE else ""
    sql = _KEYS.format(set_columns=columns, enforced=enforced)
    wanted = set(oids)
    found = ForeignKeys({}, {}, {})
    holders = set(wanted)
    for *facts, up_child, up_parent, child_leaves, parent_leaves in session.query(
        sql, {"oids": list(wanted)}
    ):
        key = _key(facts, child_leaves, parent_leaves)
        holders |= {*key.child_leaves, *key.parent_leaves}
        # The server has a copy of a key for each partition of child and parent. Only those copies count that apply
        # to this table in the same way as the original applies to the partitioned table.
        if key.child_oid in wanted and up_child != key.child_oid and up_parent in (0, key.parent_oid):
            found.of.setdefault(key.child_oid, []).append(key)
        if key.parent_oid in wanted and up_parent != key.parent_oid and up_child in (0, key.child_oid):
            found.to.setdefault(key.parent_oid, []).append(key)
    for oid, schema, name, primary_key in session.query(_HOLDERS, [list(holders)]):
        found.holders[int(oid)] = Holder(schema, name, tuple(primary_key))
    return found


def _key(facts: Sequence[object], child_leaves: Sequence[int], parent_leaves: Sequence[int]) -> ForeignKey:
    oid, name, child_schema, child, child_oid, parent_schema, parent, parent_oid, *rest = facts
    child_columns, parent_columns, on_delete, set_columns = rest
    return ForeignKey(
        int(str(oid)),
        str(name),
        (str(child_schema), str(child)),
        int(str(child_oid)),
        (str(parent_schema), str(parent)),
        int(str(parent_oid)),
        tuple(child_columns),  # type: ignore[arg-type]
        tuple(parent_columns),  # type: ignore[arg-type]
        str(on_delete),
        tuple(set_columns),  # type: ignore[arg-type]
        tuple(child_leaves) or (int(str(child_oid)),),
        tuple(parent_leaves) or (int(str(parent_oid)),),
    )
