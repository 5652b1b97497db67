# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans which objects of a database to drop or to keep, checks the privileges, and drops them in a transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .catalog.model import Catalog
from .catalog.schemas import DEFAULT_OBJECTS
from .exclusive import EVERYBODY, ConcurrentDDLError, lock_tables
from .names import quoted, split_name
from .sequence_states import batches
from .session import Session
from .user_objects import Extension, UserObject, extensions, user_objects

#: Kind of object → keywords of its DROP statement, and whether one statement can drop several; in the order of dropping.
#: Event triggers come first, since they would fire for later statements. Views come before tables, since a session
#: that reads a view locks it before it waits for its tables.
_DROPS: dict[str, tuple[str, bool]] = {
    "event trigger": ("EVENT TRIGGER", True),
    "publication": ("PUBLICATION", True),
    "view": ("VIEW", True),
    "materialized view": ("MATERIALIZED VIEW", True),
    "table": ("TABLE", True),
    "foreign table": ("FOREIGN TABLE", True),
    "sequence": ("SEQUENCE", True),
    "statistics object": ("STATISTICS", True),
    "transform": ("TRANSFORM", False),
    "cast": ("CAST", False),
    "operator class": ("OPERATOR CLASS", False),
    "operator family": ("OPERATOR FAMILY", False),
    "operator": ("OPERATOR", True),
    "function": ("ROUTINE", True),
    "procedure": ("ROUTINE", True),
    "aggregate": ("ROUTINE", True),
    "type": ("TYPE", True),
    "text search configuration": ("TEXT SEARCH CONFIGURATION", True),
    "text search dictionary": ("TEXT SEARCH DICTIONARY", True),
    "text search parser": ("TEXT SEARCH PARSER", True),
    "text search template": ("TEXT SEARCH TEMPLATE", True),
    "collation": ("COLLATION", True),
    "conversion": ("CONVERSION", True),
    "server": ("SERVER", True),
    "foreign-data wrapper": ("FOREIGN DATA WRAPPER", True),
    "language": ("LANGUAGE", True),
    "access method": ("ACCESS METHOD", True),
}
#: Maximum number of objects in one statement: for each of them, the server searches the whole list.
_BATCH = 100

# Default privileges apply to all objects that are created. Those for the whole database replace the privileges
# that the server grants by default; those for a schema are granted in addition.
_DEFAULT_PRIVILEGES = """
SELECT pg_get_userbyid(d.defaclrole), n.nspname, d.defaclobjtype::text, pg_has_role(d.defaclrole, 'USAGE'),
       ARRAY(SELECT DISTINCT CASE x.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(x.grantee)::text END
               FROM aclexplode(d.defaclacl) x),
       (SELECT json_agg(json_build_array(CASE x.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(x.grantee) END,
                                         x.privilege_type))
          FROM aclexplode(acldefault(CASE d.defaclobjtype WHEN 'S' THEN 's' ELSE d.defaclobjtype END, d.defaclrole)) x)
  FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
"""


@dataclass(frozen=True)
class DefaultPrivileges:
    """Default privileges, and the statements that revoke them."""

    name: str
    droppable: bool
    statements: tuple[str, ...]


@dataclass(frozen=True)
class DropPlan:
    """What a restore drops, and what it keeps.

    :param objects: the objects to drop.
    :param extensions: the extensions to drop, since the backup has them in another schema.
    :param kept: the extensions to keep, including those that the backup does not have.
    :param extra: those of ``kept`` that the backup does not have.
    :param schemas: names of the schemas to keep.
    :param refused: objects that this account may not drop, with their owners.
    """

    objects: tuple[UserObject, ...]
    extensions: tuple[Extension, ...]
    kept: tuple[Extension, ...]
    extra: tuple[Extension, ...]
    schemas: tuple[str, ...]
    refused: tuple[str, ...]

    @property
    def tables(self) -> list[UserObject]:
        """The tables among the objects to drop."""
        return [item for item in self.objects if item.kind == "table"]


def plan_removal(session: Session, catalog: Catalog) -> DropPlan:
    """Plan what to drop and what to keep. Changes nothing.

    :param catalog: the catalog of the backup.
    """
    wanted: Mapping[str, object] = {
        split_name(item.name)[0]: item.definition.get("schema") for item in catalog.of("extension")
    }
    found = extensions(session)
    moved = [item for item in found if item.name in wanted and item.schema != wanted[item.name]]
    kept = [item for item in found if item not in moved]
    extra = [item for item in kept if item.name not in wanted]
    staying = {schema for item in kept for schema in (item.schema, *item.schemas)}
    if catalog.find("schema", "public"):
        staying.add("public")
    objects, schemas = [], []
    for item in user_objects(session):
        if _schema(item) in staying:
            schemas.append(_schema(item))
        else:
            objects.append(item)
    refused = [f"{item} ({item.owner})" for item in objects if not (item.droppable and _known(item))]
    refused += [f"extension {quoted(item.name)} ({item.owner})" for item in moved if not item.droppable]
    refused += [
        f"default privileges {item.name}" for item in default_privileges(session) if not item.droppable
    ]
    return DropPlan(
        tuple(objects), tuple(moved), tuple(kept), tuple(extra), tuple(sorted(schemas)), tuple(refused)
    )


def _schema(item: UserObject) -> str:
    """Return a schema's name without quotes, since servers differ in which names they quote; '' for other objects."""
    return split_name(item.name)[0] if item.kind == "schema" else ""


def _known(item: UserObject) -> bool:
    return item.kind in _DROPS or item.kind == "schema"


def default_privileges(session: Session) -> list[DefaultPrivileges]:
    """Return all default privileges of the session's database."""
    found = []
    for role, schema, letter, droppable, grantees, usual in session.query(_DEFAULT_PRIVILEGES):
        objects = DEFAULT_OBJECTS.get(letter, letter)
        place = "" if schema is None else f" IN SCHEMA {quoted(schema)}"
        head = f"ALTER DEFAULT PRIVILEGES FOR ROLE {quoted(role)}{place}"
        statements = [f"{head} REVOKE ALL ON {objects} FROM {_grantee(name)}" for name in grantees]
        if schema is None:
            statements += [
                f"{head} GRANT {word} ON {objects} TO {_grantee(name)}" for name, word in usual or ()
            ]
        found.append(
            DefaultPrivileges(f"FOR ROLE {quoted(role)}{place} ON {objects}", droppable, tuple(statements))
        )
    return found


def _grantee(role: str) -> str:
    return quoted(role) if role else "PUBLIC"


def remove(session: Session, removal: DropPlan, budget: float) -> None:
    """Drop the planned objects in the session's transaction.

    :param budget: seconds to wait for locks of other sessions.

    Raise ConcurrentDDLError if objects were created or dropped since the plan was made, and DatabaseError.
    """
    session.execute("SET LOCAL client_min_messages = warning")
    first = [item for item in removal.objects if item.kind in ("event trigger", "publication", "view")]
    _drop(session, first, budget)
    # One by one, so that an error names the table that is locked by another session.
    lock_tables(session, removal.tables, EVERYBODY, budget)
    _drop(session, removal.objects, budget)
    for name in (quoted(item.name) for item in removal.extensions):
        session.execute(f"DROP EXTENSION {name} CASCADE", context=f"extension {name}")
    for item in removal.objects:
        if item.kind == "schema":
            # Without CASCADE, so that no object is dropped that was not in the plan.
            session.execute(f"DROP SCHEMA {item.name}", context=str(item))
    for granted in default_privileges(session):
        for statement in granted.statements:
            session.execute(statement, context=f"default privileges {granted.name}")
    _check_empty(session, removal)


def _drop(session: Session, objects: Sequence[UserObject], budget: float) -> None:
    session.execute(f"SET LOCAL lock_timeout = {int(budget * 1000)}")
    for statement in _statements(objects):
        session.execute(statement, context="DROP")


def _statements(objects: Iterable[UserObject]) -> Iterator[str]:
    """Yield the statements that drop objects. Their dependent objects are in the list too, or are part of them."""
    by_words: dict[tuple[str, bool], list[str]] = {drop: [] for drop in _DROPS.values()}
    for item in objects:
        if item.kind in _DROPS:
            by_words[_DROPS[item.kind]].append(item.name)
    for (words, several), names in by_words.items():
        for batch in batches(names, _BATCH if several else 1):
            yield f"DROP {words} IF EXISTS {', '.join(batch)} CASCADE"


def _check_empty(session: Session, removal: DropPlan) -> None:
    left = [item for item in user_objects(session) if _schema(item) not in removal.schemas]
    if left:
        raise ConcurrentDDLError(f"{left[0]} was created meanwhile")
    missing = {item.name for item in removal.kept} - {item.name for item in extensions(session)}
    if missing:
        raise ConcurrentDDLError(f"extension {sorted(missing)[0]} was dropped meanwhile")
