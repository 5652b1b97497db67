# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the functions that the server runs to build an index, a materialized view or statistics.

Only functions with a body count: those in C, and those of extensions, need no search path.
"""

from __future__ import annotations

from collections.abc import Iterable

from .routines import TYPES, signature
from .source import USER_SCHEMA, Source

#: Dependencies on functions, directly or through operators.
_CALLS = """
SELECT DISTINCT d.classid::regclass::text, d.objid::bigint, coalesce(o.oprcode::oid, d.refobjid)::bigint
  FROM pg_depend d LEFT JOIN pg_operator o ON d.refclassid = 'pg_operator'::regclass AND o.oid = d.refobjid
 WHERE d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass) AND d.deptype IN ('n', 'a')
   AND d.classid IN ('pg_class'::regclass, 'pg_attrdef'::regclass, 'pg_constraint'::regclass,
                     'pg_rewrite'::regclass, 'pg_statistic_ext'::regclass, 'pg_type'::regclass)
"""

_FUNCTIONS = f"""
SELECT p.oid::bigint, n.nspname, p.proname, {TYPES}
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
 WHERE {USER_SCHEMA} AND l.lanname NOT IN ('c', 'internal') AND p.prokind <> 'a'
"""

#: View → each relation that it reads.
_READS = """
SELECT r.ev_class::bigint, d.refobjid::bigint
  FROM pg_rewrite r JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
   AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
 WHERE r.rulename = '_RETURN'
"""


def read(source: Source) -> dict[tuple[str, int], tuple[str, ...]]:
    """Return (system table, OID) → functions that the server runs to build the object, as in ALTER FUNCTION.

    An index, a column or statistics may call a function directly or through an operator. A view also calls the
    functions of the views that it reads. Functions of a domain's check or an operator class are not included.
    """
    names = {int(row[0]): signature(*row[1:]) for row in source.own("pg_proc", _FUNCTIONS)}
    calls: dict[tuple[str, int], set[str]] = {}
    for cls, oid, function in source.session.query(_CALLS):
        if function in names:
            calls.setdefault((cls, oid), set()).add(names[function])
    if not calls:
        return {}
    _through_parts(source, calls)
    _through_views(source, calls)
    return {key: tuple(sorted(functions)) for key, functions in calls.items()}


def _through_parts(source: Source, calls: dict[tuple[str, int], set[str]]) -> None:
    """Add the functions of columns, constraints and rules to their tables, indexes and views."""
    owners = source.session.query(
        """SELECT 'pg_attrdef', d.oid::bigint, d.adrelid::bigint FROM pg_attrdef d JOIN pg_attribute a
               ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated <> ''
           UNION ALL SELECT 'pg_rewrite', oid::bigint, ev_class::bigint FROM pg_rewrite WHERE rulename = '_RETURN'
           UNION ALL SELECT 'pg_constraint', oid::bigint, conindid::bigint FROM pg_constraint WHERE contype = 'x'"""
    )
    for cls, part, relation in owners:
        for function in calls.get((cls, part), ()):
            calls.setdefault(("pg_class", relation), set()).add(function)
    # The index of an exclusion constraint is built together with the constraint.
    for cls, part, relation in owners:
        if cls == "pg_constraint" and ("pg_class", relation) in calls:
            calls.setdefault((cls, part), set()).update(calls["pg_class", relation])


def _through_views(source: Source, calls: dict[tuple[str, int], set[str]]) -> None:
    """Add to each view the functions of the views that it reads, recursively."""
    readers: dict[int, list[int]] = {}
    for reader, relation in source.session.query(_READS):
        readers.setdefault(relation, []).append(reader)
    waiting: Iterable[int] = [oid for cls, oid in calls if cls == "pg_class" and oid in readers]
    queue = list(waiting)
    while queue:
        relation = queue.pop()
        for reader in readers.get(relation, ()):
            known = calls.setdefault(("pg_class", reader), set())
            added = calls["pg_class", relation] - known
            if added:
                known |= added
                queue.append(reader)
