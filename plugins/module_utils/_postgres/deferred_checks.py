# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CHECK constraints that depend on more than the row: dropped before rows are loaded, added again afterwards.

A function in a constraint may depend on other tables or on its own table, which may be loaded only in part, and on the
time, a setting, or the search path. PostgreSQL assumes that existing rows satisfy the constraint because they once did.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .._errors import DatabaseError
from .names import on_table, qualified, quoted
from .session import Session, literal

#: Expression nodes whose result depends only on the row, if the results of the functions that they call do.
_HARMLESS = (
    "ARRAY ARRAYEXPR BOOLEANTEST BOOLEXPR CASE CASEEXPR CASETESTEXPR CASEWHEN COALESCE COALESCEEXPR COERCETODOMAINVALUE"
    " COLLATEEXPR CONST DISTINCTEXPR FUNCEXPR NULLIFEXPR NULLTEST OPEXPR RELABELTYPE SCALARARRAYOPEXPR VAR WHEN"
)
_DEPENDS = f"""(
    EXISTS (SELECT FROM regexp_matches(k.conbin::text, '[{{]([A-Z]+)', 'g') AS part (word)
             WHERE word[1] <> ALL (string_to_array('{_HARMLESS}', ' ')))
    OR EXISTS (SELECT FROM regexp_matches(k.conbin::text, ':(?:op)?funcid ([0-9]+)', 'g') AS called (id)
                 JOIN pg_proc p ON p.oid = id[1]::oid WHERE p.oid >= 16384 OR p.provolatile <> 'i')
    OR EXISTS (SELECT FROM regexp_matches(k.conbin::text, ':opno ([0-9]+)', 'g') AS used (id)
                WHERE id[1]::bigint >= 16384))"""
_ENFORCED_SINCE = 180000

_OWN = "NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = '{}'::regclass AND d.objid = {} AND d.deptype = 'e')"
_USER = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
# A table's distance from its topmost ancestor, from which it inherits constraints.
_DEPTH = """
WITH RECURSIVE depth (oid, level) AS (
    SELECT c.oid, 0 FROM pg_class c WHERE c.relkind IN ('r', 'p')
    UNION ALL SELECT i.inhrelid, depth.level + 1 FROM pg_inherits i JOIN depth ON depth.oid = i.inhparent
)
"""
_CHECKS = f"""
{_DEPTH}
SELECT n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint'),
       k.conislocal, (SELECT max(level) FROM depth WHERE depth.oid = c.oid), false
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE k.contype = 'c' AND k.convalidated AND c.relkind IN ('r', 'p') AND {_USER} ENFORCED
   AND {_OWN.format("pg_class", "c.oid")} AND (EVERYTHING OR {_DEPENDS})
UNION ALL
SELECT n.nspname, t.typname, k.conname, pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint'),
       true, -1, true
  FROM pg_constraint k JOIN pg_type t ON t.oid = k.contypid JOIN pg_namespace n ON n.oid = t.typnamespace
 WHERE k.contype = 'c' AND k.convalidated AND {_USER}
   AND {_OWN.format("pg_type", "t.oid")} AND (EVERYTHING OR {_DEPENDS})
 ORDER BY 7, 1, 2, 3
"""
_UNVALIDATED = """
SELECT n.nspname, c.relname, k.conname
  FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE k.contype = 'c' AND NOT k.convalidated
"""


@dataclass(frozen=True)
class Check:
    """A CHECK constraint of a table or a domain.

    :param place: schema and name of the table or domain.
    :param local: whether it is defined on the table itself, not only inherited.
    :param of_domain: whether it belongs to a domain.
    """

    place: tuple[str, str]
    name: str
    definition: str
    comment: str | None
    local: bool
    of_domain: bool

    @property
    def catalog_name(self) -> str:
        """The constraint's name in the catalog."""
        if self.of_domain:
            return f"{quoted(self.name)} ON DOMAIN {qualified(*self.place)}"
        return on_table(*self.place, self.name)

    @property
    def head(self) -> str:
        """The beginning of a statement that changes the constraint."""
        return f"ALTER {'DOMAIN' if self.of_domain else 'TABLE'} {qualified(*self.place)}"

    def add(self, *, valid: bool) -> str:
        """Return the statement that adds the constraint, as NOT VALID unless ``valid``."""
        option = "" if valid else " NOT VALID"
        return f"{self.head} ADD CONSTRAINT {quoted(self.name)} {self.definition}{option}"


def take_away(session: Session, *, everything: bool) -> list[Check]:
    """Drop the constraints that depend on more than the row. Return them, those of ancestors first.

    :param everything: also drop those that depend only on the row.

    Raise DatabaseError.
    """
    enforced = "AND k.conenforced" if session.version >= _ENFORCED_SINCE else ""
    query = _CHECKS.replace("EVERYTHING", str(everything)).replace("ENFORCED", enforced)
    found = [
        Check((schema, table), name, definition, comment, local, of_domain)
        for schema, table, name, definition, comment, local, _level, of_domain in session.query(query)
    ]
    for check in found:
        if check.local:
            name = quoted(check.name)
            session.execute(
                f"{check.head} DROP CONSTRAINT {name}", context=f"CONSTRAINT {check.catalog_name}"
            )
    return found


def put_back(session: Session, check: Check, *, valid: bool) -> DatabaseError | None:
    """Add a constraint again, as NOT VALID if rows violate it or it can't be evaluated.

    :param valid: if False, add it as NOT VALID without checking the rows.
    :returns: the error because of which it is NOT VALID, or None.

    Raise DatabaseError.
    """
    context = f"CONSTRAINT {check.catalog_name}"
    cause = None
    try:
        with session.savepoint():
            session.execute(check.add(valid=valid), context=context)
    except DatabaseError as error:
        if not valid or error.code not in ("statement_failed", "permission_denied"):
            raise
        cause = error
        session.execute(check.add(valid=False), context=context)
    if check.comment is not None:
        of = "DOMAIN " if check.of_domain else ""
        session.execute(
            f"COMMENT ON CONSTRAINT {quoted(check.name)} ON {of}{qualified(*check.place)}"
            f" IS {literal(check.comment)}",
            context=context,
        )
    return cause


def not_validated(session: Session, checks: list[Check]) -> Iterator[str]:
    """Yield the catalog names of those table constraints that are NOT VALID, inherited ones included."""
    unvalidated = {on_table(*row) for row in session.query(_UNVALIDATED)}
    for check in checks:
        if not check.of_domain and check.catalog_name in unvalidated:
            yield check.catalog_name
