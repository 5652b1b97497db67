# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists all objects in a database that users have created, by the names for DROP statements."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .foreign_code import count_rows, use_own_search_path
from .names import split_name
from .session import Session

_SCHEMAS = "SELECT oid, nspname, nspowner FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"

#: System tables of the objects that are in a schema.
_IN_SCHEMA = """
    pg_class pg_collation pg_conversion pg_opclass pg_operator pg_opfamily pg_proc pg_statistic_ext pg_ts_config
    pg_ts_dict pg_ts_parser pg_ts_template pg_type
"""
#: System tables of the objects that are in no schema. Those with small OIDs were created by initdb.
_IN_NONE = """
    pg_am pg_cast pg_event_trigger pg_foreign_data_wrapper pg_foreign_server pg_language pg_publication pg_transform
"""
_FIRST_USER_OID = 16384

# Objects in a schema depend on it, and objects with an owner depend on that role (except for the bootstrap superuser,
# 10, for whom no dependencies are recorded). Objects that depend internally on another object, such as a range's
# functions and an identity column's sequence, can only be dropped together with it.
_FOUND = f"""
found (classid, objid, namespace) AS (
    SELECT d.classid, d.objid, min(d.refobjid) FROM pg_depend d JOIN ({_SCHEMAS}) s ON d.refobjid = s.oid
     WHERE d.refclassid = 'pg_namespace'::regclass AND d.deptype = 'n'
       AND d.classid IN ({", ".join(f"'{name}'::regclass" for name in _IN_SCHEMA.split())})
     GROUP BY 1, 2
    UNION ALL SELECT 'pg_namespace'::regclass, oid, NULL FROM ({_SCHEMAS}) s
    {
    " ".join(
        f"UNION ALL SELECT '{name}'::regclass, oid, NULL FROM {name} WHERE oid >= {_FIRST_USER_OID}"
        for name in _IN_NONE.split()
    )
}
), own (classid, objid, namespace) AS (
    SELECT f.classid, f.objid, f.namespace FROM found f
     WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = f.classid AND d.objid = f.objid
                          AND d.objsubid = 0 AND d.deptype IN ('e', 'i'))
)
"""

# The owner of an object, or of its schema, may drop it. A cast belongs to the owners of its types, a transform to
# the owner of its type.
_OBJECTS = f"""
WITH {_FOUND}
SELECT i.type, i.identity, o.objid::bigint, pg_get_userbyid(coalesce(r.refobjid, 10)),
       EXISTS (SELECT FROM unnest(ARRAY[n.nspowner, t.typowner, u.typowner, x.typowner,
                                        CASE WHEN c.oid IS NULL AND x.oid IS NULL THEN coalesce(r.refobjid, 10) END])
                           AS q (role) WHERE pg_has_role(q.role, 'USAGE'))
  FROM own o CROSS JOIN LATERAL pg_identify_object(o.classid, o.objid, 0) i
  LEFT JOIN pg_shdepend r ON r.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND r.classid = o.classid AND r.objid = o.objid AND r.objsubid = 0 AND r.deptype = 'o'
  LEFT JOIN pg_namespace n ON n.oid = o.namespace
  LEFT JOIN pg_cast c ON o.classid = 'pg_cast'::regclass AND c.oid = o.objid
  LEFT JOIN pg_type t ON t.oid = c.castsource LEFT JOIN pg_type u ON u.oid = c.casttarget
  LEFT JOIN pg_transform m ON o.classid = 'pg_transform'::regclass AND m.oid = o.objid
  LEFT JOIN pg_type x ON x.oid = m.trftype
 WHERE i.identity IS NOT NULL
 ORDER BY i.type, i.identity
"""

# DROP locks each of these objects.
_DEPENDENT = f"""
WITH RECURSIVE {_FOUND}, doomed (classid, objid) AS (
    SELECT classid, objid FROM own WHERE classid <> 'pg_namespace'::regclass
    UNION
    SELECT d.classid, d.objid FROM doomed p JOIN pg_depend d ON d.refclassid = p.classid AND d.refobjid = p.objid
)
SELECT (SELECT count(*) FROM doomed) + (SELECT count(*) FROM own WHERE classid = 'pg_namespace'::regclass)
"""

_EXTENSIONS = f"""
SELECT e.extname, n.nspname, pg_has_role(e.extowner, 'USAGE'), pg_get_userbyid(e.extowner),
       ARRAY(SELECT DISTINCT s.nspname::text
               FROM pg_depend m JOIN pg_depend p ON p.classid = m.classid AND p.objid = m.objid
               JOIN ({_SCHEMAS}) s ON s.oid = p.refobjid
              WHERE m.refclassid = 'pg_extension'::regclass AND m.refobjid = e.oid AND m.deptype = 'e'
                AND p.refclassid = 'pg_namespace'::regclass)
  FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
 ORDER BY 1
"""


@dataclass(frozen=True)
class UserObject:
    """An object that a user has created.

    :param kind: the kind as in ``pg_identify_object``: ``table``, ``function``, ``event trigger``, …
    :param name: the qualified name, quoted for SQL; for a function with its types.
    :param oid: its OID in the system table of its kind.
    :param droppable: whether the account may drop it.
    """

    kind: str
    name: str
    oid: int
    owner: str
    droppable: bool

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True)
class Extension:
    """An extension.

    :param schema: the schema in which it was created.
    :param droppable: whether the account may drop it.
    :param schemas: the user's schemas that contain objects of it.
    """

    name: str
    schema: str
    droppable: bool
    owner: str
    schemas: tuple[str, ...]


def user_objects(session: Session) -> list[UserObject]:
    """Return all objects of users, without members of extensions and without parts of other objects."""
    # The server only qualifies names that are not in the search path.
    session.execute("SET search_path = ''")
    return [UserObject(*row) for row in session.query(_OBJECTS, context="objects")]


def at_stake(objects: Iterable[UserObject]) -> list[UserObject]:
    """Return the objects without schemas, whose loss is no loss of data."""
    return [item for item in objects if item.kind != "schema"]


def dependents(session: Session) -> int:
    """Return how many objects, including dependent ones, would be locked to drop all objects of users."""
    return int(session.value(_DEPENDENT, context="objects"))


def extensions(session: Session) -> list[Extension]:
    """Return all extensions."""
    return [
        Extension(name, schema, droppable, owner, tuple(schemas))
        for name, schema, droppable, owner, schemas in session.query(_EXTENSIONS, context="extensions")
    ]


def described(session: Session, objects: Collection[UserObject]) -> list[str]:
    """Return descriptions of objects for messages: first the tables, with their numbers of rows."""
    code = use_own_search_path(session)
    shown = []
    for item in objects:
        if item.kind == "table":
            parts = split_name(item.name)
            shown.append(
                f"{'.'.join(parts)} ({count_rows(session, code, parts[0], parts[-1], only=False)} rows)"
            )
    return shown + [str(item) for item in objects if item.kind != "table"]
