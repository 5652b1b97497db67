# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the tables that can't be queried, or written to, without running other roles' functions.

A query on a table runs functions before it reads a row: the planner simplifies the predicates and expressions of the
table's indexes, statistics and constraints by calling their functions, as the account that queries. The owner of a table
could thus make a superuser who only counts its rows execute the owner's code. ``COPY table TO`` is not planned, and calls
only the output functions of types, which only superusers can define.

The search path is another way: with a path that the owner has chosen, ``count`` may be the owner's function. So sessions
have an empty search path, and use the account's own only if all functions belong to superusers or the account itself:
then no name can refer to another role's function. Only this file decides that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .._errors import DatabaseError, listed
from .session import Session, identifier

#: Schema and name of a table.
Name = tuple[str, str]

#: Functions that initdb has created have smaller OIDs.
_FIRST_USER_OID = 16384

# Only superusers can create internal functions and those in C. If any other role owns a function with a body, no function
# with a body is trusted: those of superusers may use unqualified names, and so call that role's function.
_FOREIGN = f"""
WITH RECURSIVE bodies (oid, owner, trusted) AS (
    SELECT p.oid, r.rolname, r.rolsuper OR r.rolname = session_user
      FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
      JOIN pg_roles r ON r.oid = p.proowner
     WHERE p.oid >= {_FIRST_USER_OID} AND l.lanname::text NOT IN ('c', 'internal')
), roles (names) AS (
    SELECT array_agg(DISTINCT owner::text) FROM bodies WHERE NOT trusted
), reached (classid, objid) AS (
    SELECT 'pg_proc'::regclass::oid, b.oid FROM bodies b, roles WHERE roles.names IS NOT NULL
    UNION
    SELECT found.classid, found.objid FROM reached r CROSS JOIN LATERAL (
        SELECT d.classid, d.objid FROM pg_depend d
         WHERE d.refclassid = r.classid AND d.refobjid = r.objid
           AND d.deptype <> 'e'
        UNION ALL
        SELECT 'pg_type'::regclass::oid, k.contypid FROM pg_constraint k
         WHERE r.classid = 'pg_constraint'::regclass
           AND k.oid = r.objid AND k.contypid <> 0
    ) AS found (classid, objid)
), tables (oid, written) AS (
    SELECT objid, false FROM reached WHERE classid = 'pg_class'::regclass
    UNION SELECT i.indrelid, false FROM reached r JOIN pg_index i ON i.indexrelid = r.objid
           WHERE r.classid = 'pg_class'::regclass
    UNION SELECT d.adrelid, a.attgenerated = '' FROM reached r JOIN pg_attrdef d ON d.oid = r.objid
            JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
           WHERE r.classid = 'pg_attrdef'::regclass
    UNION SELECT k.conrelid, false FROM reached r JOIN pg_constraint k ON k.oid = r.objid AND k.contype = 'c'
           WHERE r.classid = 'pg_constraint'::regclass
    UNION SELECT w.ev_class, false FROM reached r JOIN pg_rewrite w ON w.oid = r.objid
           WHERE r.classid = 'pg_rewrite'::regclass
    UNION SELECT p.polrelid, false FROM reached r JOIN pg_policy p ON p.oid = r.objid
           WHERE r.classid = 'pg_policy'::regclass
    UNION SELECT s.stxrelid, false FROM reached r JOIN pg_statistic_ext s ON s.oid = r.objid
           WHERE r.classid = 'pg_statistic_ext'::regclass
    UNION SELECT t.tgrelid, true FROM reached r JOIN pg_trigger t ON t.oid = r.objid
           WHERE r.classid = 'pg_trigger'::regclass
    UNION SELECT a.attrelid, false FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid, roles
           WHERE roles.names IS NOT NULL AND a.attrelid >= {_FIRST_USER_OID} AND NOT a.attisdropped
             AND coalesce(nullif(t.typelem, 0), t.oid) = ANY ('{{
                 regclass,regproc,regprocedure,regoper,regoperator,regtype,regconfig,regdictionary,regcollation
             }}'::regtype[])
)
SELECT roles.names, n.nspname, c.relname, bool_and(t.written)
  FROM roles LEFT JOIN tables t ON true
  LEFT JOIN pg_class c ON c.oid = t.oid AND c.relkind IN ('r', 'p')
  LEFT JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE roles.names IS NOT NULL GROUP BY 1, 2, 3
"""
_DESCENDANTS = """
WITH RECURSIVE below (relation) AS (
    SELECT %s::pg_catalog.regclass::pg_catalog.oid
    UNION SELECT i.inhrelid FROM below b JOIN pg_catalog.pg_inherits i ON i.inhparent = b.relation
)
SELECT n.nspname, c.relname, c.relkind::text FROM below b JOIN pg_catalog.pg_class c ON c.oid = b.relation
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ORDER BY 1, 2
"""


@dataclass(frozen=True)
class ForeignCode:
    """Functions in a database that belong to other roles than superusers and the account, and the tables that call them.

    :param roles: owners of the functions; empty if there are no such functions.
    :param read: tables where a query would run such a function, or where the text of values depends on the search path.
    :param written: tables where only a change of rows would run such a function.
    """

    roles: tuple[str, ...] = ()
    read: frozenset[Name] = frozenset()
    written: frozenset[Name] = frozenset()

    def check_writable(self, session: Session, tables: list[Name]) -> None:
        """Check that tables can be written to. Raise DatabaseError (``foreign_code``)."""
        self._check(session, "write", set(tables) & (self.read | self.written))

    def check_queryable(self, session: Session, tables: list[Name]) -> None:
        """Check that tables can be queried. Raise DatabaseError (``foreign_code``)."""
        self._check(session, "query", set(tables) & self.read)

    def _check(self, session: Session, problem: str, found: set[Name]) -> None:
        if found:
            raise DatabaseError(
                "foreign_code",
                problem=problem,
                tables=listed(".".join(name) for name in sorted(found)),
                roles=listed(self.roles),
                database=session.server.database,
                server=session.server.place,
                user=session.server.user,
            )


def read_foreign_code(session: Session) -> ForeignCode:
    """Find the functions of other roles, with one query. Raise DatabaseError."""
    rows = session.query(_FOREIGN, context="functions")
    named = [
        (str(schema), str(name), bool(written)) for _roles, schema, name, written in rows if name is not None
    ]
    return ForeignCode(
        tuple(sorted(rows[0][0])) if rows else (),
        frozenset((schema, name) for schema, name, written in named if not written),
        frozenset((schema, name) for schema, name, written in named if written),
    )


def use_own_search_path(session: Session, code: ForeignCode | None = None, path: str = "") -> ForeignCode:
    """Set the account's default search path for this database, unless the database has functions of other roles.

    Queries on user tables need it: the planner evaluates the expressions of their indexes, and a function there whose
    body uses unqualified names makes any query on the table fail under an empty path. The text of values of types such
    as regclass depends on the path too; the manifest contains it, so that source and target use the same one.

    :param code: the result of :func:`read_foreign_code`, if it was called already.
    :param path: search path as SQL; empty for the account's default.
    """
    session.use_no_search_path()
    found = code or read_foreign_code(session)
    if not found.roles:
        _set_path(session, path)
    return found


def _set_path(session: Session, path: str) -> None:
    session.execute(f"SET search_path = {path}" if path else "RESET search_path")


@contextmanager
def path_for_copy(session: Session, code: ForeignCode, path: str = "") -> Iterator[None]:
    """Set a search path in the block for ``COPY table TO``, which resolves no names with it, only shortens those it writes.

    :param path: search path as SQL; empty for the account's default.
    """
    if not code.roles:
        yield
        return
    _set_path(session, path)
    try:
        yield
    finally:
        if not session.is_broken:
            session.use_no_search_path()


class _Counter:
    """A target of COPY that discards the rows; the session counts them."""

    def write(self, _row: bytes, /) -> None:
        """Discard one row."""


def copy_rows(schema: str, table: str, columns: tuple[str, ...]) -> str:
    """Return the COPY statement that sends rows as CSV. It is not planned, so it calls only output functions of types."""
    named = ", ".join(identifier(column) for column in columns)
    return f"COPY {identifier(schema, table)}{f' ({named})' if named else ''} TO STDOUT (FORMAT csv)"


def plain_tables(session: Session, code: ForeignCode, schema: str, table: str) -> list[Name] | None:
    """Return the tables that contain a table's rows: itself, partitions and children. None if the table can be queried."""
    if not code.read:
        return None
    with session.no_search_path():
        rows = session.query(_DESCENDANTS, [identifier(schema, table)], context=f"{schema}.{table}")
    if not any((above, name) in code.read for above, name, _kind in rows):
        return None
    return [(above, name) for above, name, kind in rows if kind == "r"]


def count_rows(session: Session, code: ForeignCode, schema: str, table: str, *, only: bool = True) -> int:
    """Return a table's number of rows.

    :param only: don't count the rows of its partitions and children.
    """
    key = f"{schema}.{table}"
    plain = plain_tables(session, code, schema, table)
    if plain is not None:
        wanted = [name for name in plain if not only or name == (schema, table)]
        return sum(session.copy_out(copy_rows(*name, ()), _Counter(), context=key) for name in wanted)
    word = "ONLY " if only else ""
    return int(
        session.value(f"SELECT pg_catalog.count(*) FROM {word}{identifier(schema, table)}", context=key)
    )
