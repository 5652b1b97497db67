# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Common parts of all catalog readers: the session, comments, extension membership, SQL fragments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..names import qualified
from ..session import Session
from .model import CatalogObject, Json

#: SQL condition for schemas that don't belong to the system.
USER_SCHEMA = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
#: The first OID that PostgreSQL assigns to objects created after initdb (FirstNormalObjectId).
FIRST_USER_OID = 16384


def role(oid: str) -> str:
    """Return SQL for a role's name in double quotes, or PUBLIC."""
    return f"CASE {oid} WHEN 0 THEN 'PUBLIC' ELSE '\"' || replace(pg_get_userbyid({oid}), '\"', '\"\"') || '\"' END"


def privileges(acl: str) -> str:
    """Return SQL for an array of privileges in the form of :class:`.model.CatalogObject`."""
    return (
        f"ARRAY(SELECT {role('x.grantee')} || ' ' || x.privilege_type"
        f" || CASE WHEN x.is_grantable THEN '* ' ELSE ' ' END || {role('x.grantor')} FROM aclexplode({acl}) x)"
    )


def effective(kind: str, acl: str, owner: str) -> str:
    """Return SQL for the privileges of an object, or the default privileges if the ACL is NULL.

    :param kind: letter of the object's kind for acldefault().
    """
    return privileges(f"coalesce({acl}, acldefault('{kind}', {owner}))")


def changed_privileges(current: Iterable[str], initial: Iterable[str]) -> dict[str, Json]:
    """Return the privileges that were ``granted`` and ``revoked``, without empty lists."""
    changes: dict[str, Json] = {
        "granted": [*sorted(set(current) - set(initial))],
        "revoked": [*sorted(set(initial) - set(current))],
    }
    return {word: listed for word, listed in changes.items() if listed}


def definition(**parts: str) -> str:
    """Return SQL for a JSON object without null members."""
    pairs = ", ".join(f"'{key}', {sql}" for key, sql in parts.items())
    return f"json_strip_nulls(json_build_object({pairs}))"


def flag(sql: str) -> str:
    """Return SQL for a flag that a definition only includes if it is true."""
    return f"nullif({sql}, false)"


def sorted_array(value: str, rest: str) -> str:
    """Return SQL for an array of texts, sorted independently of the locale, or null if it is empty.

    :param rest: the query after ``SELECT value``, beginning with FROM.
    """
    return f'(SELECT array_agg(s ORDER BY s COLLATE "C") FROM (SELECT ({value})::text AS s {rest}) q)'


def option_names(options: str) -> str:
    """Return SQL for the names of a foreign object's options, without the values, which may be secrets."""
    return sorted_array("split_part(o, '=', 1)", f"FROM unnest({options}) o")


class Source:
    """The database whose catalog is read, in the session's current transaction."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.version = session.version
        self._comments: dict[tuple[str, int, int], str] = {
            (cls, oid, sub): text
            for cls, oid, sub, text in session.query(
                "SELECT classoid::regclass::text, objoid::bigint, objsubid, description FROM pg_description"
                f" WHERE objoid >= {FIRST_USER_OID}"
                " OR classoid IN ('pg_namespace'::regclass, 'pg_extension'::regclass)"
            )
        }
        members = session.query(
            "SELECT classid::regclass::text, objid::bigint FROM pg_depend WHERE deptype = 'e'"
        )
        self._members = {(str(cls), int(oid)) for cls, oid in members}

    def comment(self, cls: str, oid: int, sub: int = 0) -> str | None:
        """Return the comment on an object of a system table, or on its column ``sub``."""
        return self._comments.get((cls, oid, sub))

    def is_member(self, cls: str, oid: int) -> bool:
        """Return whether an object is a member of an extension, whose restore creates it."""
        return (cls, oid) in self._members

    def own(self, cls: str, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query, without those for members of extensions.

        :param cls: system table of the objects.
        :param sql: a query whose first column is the object's OID.
        """
        return [row for row in self.session.query(sql, context=cls) if not self.is_member(cls, int(row[0]))]

    def objects(self, kind: str, cls: str, sql: str) -> Iterator[CatalogObject]:
        """Yield the objects of one kind.

        :param sql: a query for OID, schema (or null), name, owner (or null), privileges (or null) and
            definition (JSON).
        """
        for oid, schema, name, owner, acl, parts in self.own(cls, sql):
            yield CatalogObject(
                kind=kind,
                name=qualified(schema, name),
                definition=parts,
                owner=owner,
                acl=None if acl is None else tuple(sorted(acl)),
                comment=self.comment(cls, int(oid)),
            )
