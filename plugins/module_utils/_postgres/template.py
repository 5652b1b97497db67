# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adjusts objects that a new database gets from ``template0``, and that the source does not have or has changed.

pg_dump assumes that these objects exist, and dumps only few changes of them. It does not dump that they were dropped,
their comments, or privileges on languages of the system.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from .._errors import DatabaseError
from .catalog import schemas, system_privileges
from .catalog.mapping import map_object
from .catalog.model import Catalog, CatalogObject
from .catalog.source import Source
from .catalog.tolerances import Adaptation
from .session import Session, literal

#: Kinds of objects in ``template0`` → SQL keyword. Extensions come before the schemas that contain them.
_WORDS = {"extension": "EXTENSION", "schema": "SCHEMA"}
#: A privilege in the catalog, where the word OWNER stands for the owner, which is another role on each server.
_PRIVILEGE = re.compile(r'(PUBLIC|OWNER|".*") ([A-Z ]+?)(\*?) (OWNER|".*")', re.DOTALL)

_CONSTRUCTORS = """
SELECT pg_catalog.format('ALTER ROUTINE %s OWNER TO %I', made.name, pg_catalog.pg_get_userbyid(made.owner)), made.name
  FROM (SELECT p.oid::pg_catalog.regprocedure::pg_catalog.text, p.proowner, coalesce(of_multirange.typowner, t.typowner)
          FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_proc p ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND p.oid = d.objid
          JOIN pg_catalog.pg_type t ON d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND t.oid = d.refobjid
          -- Not every minor version gives the multirange to its range's owner.
          LEFT JOIN pg_catalog.pg_range r ON r.rngmultitypid = t.oid
          LEFT JOIN pg_catalog.pg_type of_multirange ON of_multirange.oid = r.rngtypid
         WHERE d.deptype = 'i') AS made (name, present, owner)
 WHERE made.present <> made.owner
 ORDER BY 2
"""


def take_from_template(session: Session, wanted: Catalog) -> list[Adaptation]:
    """Drop objects of a new database that the source does not have. Return those that the account may not drop.

    Raise DatabaseError.
    """
    found = {obj.key: obj for obj in schemas.read(Source(session)) if obj.kind in _WORDS}
    return [
        Adaptation("template_kept", obj.name)
        for kind, words in _WORDS.items()
        for obj in found.values()
        if obj.kind == kind
        and wanted.find(*obj.key) is None
        and not _try(session, f"DROP {words} {obj.name}", f"{kind} {obj.name}")
    ]


def settle_template(session: Session, wanted: Catalog, roles: Mapping[str, str]) -> list[Adaptation]:
    """Give objects that a new database has from its template the comments and privileges of the source's objects.

    :param wanted: the source's catalog.
    :param roles: role in the backup → role on the target.
    :returns: objects that the account may not change.

    Raise DatabaseError.
    """
    session.execute("SET search_path = ''")
    source = Source(session)
    adaptations = []
    for obj in schemas.read(source):
        original = wanted.find(*obj.key)
        if obj.kind in _WORDS and original and original.comment != obj.comment:
            comment = "NULL" if original.comment is None else literal(original.comment)
            statement = f"COMMENT ON {_WORDS[obj.kind]} {obj.name} IS {comment}"
            if not _try(session, statement, f"{obj.kind} {obj.name}"):
                kind = "extension_comment" if obj.kind == "extension" else "schema_kept"
                adaptations.append(Adaptation(kind, obj.name))
        if obj.kind == "schema" and original and wanted.find("schema", "public") is None:
            # It may be the schema public with another name, whose initial privileges pg_dump does not dump.
            for item in sorted(set(map_object(original, roles).acl or ()) - set(obj.acl or ())):
                match = _PRIVILEGE.fullmatch(item)
                if match:
                    option = " WITH GRANT OPTION" if match[3] else ""
                    grant = f"GRANT {match[2]} ON SCHEMA {obj.name} TO {match[1]}{option}"
                    _try(session, grant, f"schema {obj.name}")
    privileges = [map_object(obj, roles) for obj in wanted.of("privileges")]
    missing = list(_missing(privileges, source)) if privileges else []
    for obj, statements in missing:
        for statement in statements:
            if not _try(session, statement, obj.name):
                break
    # Read again, since the server only warns if the account has a privilege without the grant option.
    kept = _missing(privileges, source) if missing else ()
    return [*adaptations, *(Adaptation("template_kept", obj.name) for obj, _statements in kept)]


def settle_constructors(session: Session) -> None:
    """Make the owner of each range type the owner of its constructor functions, as far as the account may.

    The server creates these functions, but ``ALTER TYPE … OWNER TO`` does not change their owner.

    Raise DatabaseError.
    """
    session.use_no_search_path()
    for statement, name in session.query(_CONSTRUCTORS):
        _try(session, statement, name)


def _missing(wanted: Sequence[CatalogObject], source: Source) -> Iterator[tuple[CatalogObject, list[str]]]:
    """Yield the objects that lack wanted changes of privileges, with the statements for them."""
    present = {obj.name: obj for obj in system_privileges.read(source)}
    for obj in wanted:
        statements = list(_grants(obj, present.get(obj.name)))
        if statements:
            yield obj, statements


def _grants(wanted: CatalogObject, present: CatalogObject | None) -> Iterator[str]:
    """Yield the statements that are missing for the privileges granted and revoked on an object of the system or an extension."""
    done = present.definition if present else {}
    for word, keyword in (("revoked", "REVOKE"), ("granted", "GRANT")):
        listed, there = wanted.definition.get(word), done.get(word) or []
        for item in listed if isinstance(listed, list) else []:
            match = _PRIVILEGE.fullmatch(str(item))
            if match is None or match[1] == "OWNER" or (isinstance(there, list) and item in there):
                continue
            grantee = match[1]
            place = f"{match[2]} ON {_place(wanted.name)}"
            if keyword == "REVOKE":
                yield f"REVOKE {place} FROM {grantee}"
            else:
                yield f"GRANT {place} TO {grantee}{' WITH GRANT OPTION' if match[3] else ''}"


def _place(name: str) -> str:
    # The catalog uses FUNCTION for all routines.
    return name.replace("FUNCTION ", "ROUTINE ", 1) if name.startswith("FUNCTION ") else name


def _try(session: Session, statement: str, context: str) -> bool:
    """Execute a statement; return False if the account may not do that. Raise DatabaseError."""
    try:
        with session.savepoint():
            session.execute(statement, context=context)
    except DatabaseError as error:
        if error.code != "permission_denied":
            raise
        return False
    return True
