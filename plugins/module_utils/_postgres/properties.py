# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of a database as a whole: encoding, locale, owner, privileges, settings, and its origin."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from .._errors import ArchiveError, DatabaseError
from .session import Session, identifier, literal

#: Prefix of the settings with which the product marks a database. They don't belong to the user, and are
#: neither backed up nor compared.
MARK = "ticketz_sidekick."

#: Escape sequences of COPY's text format.
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}

_DATABASE = """
SELECT pg_encoding_to_char(d.encoding), d.datcollate, d.datctype, d.datconnlimit, r.rolname,
       CASE WHEN d.datacl IS NOT NULL THEN
           (SELECT coalesce(json_agg(json_build_array(coalesce(g.rolname, ''), x.privilege_type, x.is_grantable)
                                     ORDER BY g.rolname NULLS FIRST, x.privilege_type), '[]')
              FROM aclexplode(d.datacl) x LEFT JOIN pg_roles g ON g.oid = x.grantee) END,
       shobj_description(d.oid, 'pg_database'), {provider}, {locale}, {rules}, pg_database_size(d.oid)
  FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba
 WHERE d.datname = current_database()
"""

#: A role whose only member is the owner of the database, which is the account if it creates the database.
_DATABASE_OWNER = "pg_database_owner"

_SETTINGS = """
SELECT coalesce(r.rolname, ''), s.setconfig
  FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
  LEFT JOIN pg_roles r ON r.oid = s.setrole
 WHERE d.datname = current_database()
 ORDER BY 1
"""


# pg_table_size waits for sessions that hold an ACCESS EXCLUSIVE lock or wait for one.
_DATA_SIZE = """
SELECT coalesce(sum(
           CASE WHEN EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                              WHERE d.datname = current_database() AND l.mode = 'AccessExclusiveLock'
                                AND l.relation IN (c.oid, c.reltoastrelid))
                THEN (c.relpages + coalesce(t.relpages, 0)) * current_setting('block_size')::bigint
                ELSE pg_table_size(c.oid) END), 0)::bigint
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
 WHERE c.relkind IN ('r', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""


@dataclass(frozen=True)
class Identity:
    """Identifies a database independently of the address of its server.

    :param system_identifier: identifier of the server's data directory (pg_control_system), or an empty string
        if the account may not read it.
    :param restored_from: the mark that a restore has set: ``<backup id>@<store uuid>``.
    """

    system_identifier: str
    database: str
    restored_from: str | None


def system_identifier(session: Session) -> str:
    """Return the identifier of the server's data directory, or an empty string if the account may not read it."""
    allowed = session.value("SELECT has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')")
    return str(session.value("SELECT system_identifier FROM pg_control_system()")) if allowed else ""


def identity(session: Session) -> Identity:
    """Return the identity of the session's database."""
    system = system_identifier(session)
    marked = settings(session, marks=True).get("", {}).get(MARK + "restored")
    return Identity(system, session.server.database, marked)


def settings(session: Session, *, marks: bool = False) -> dict[str, dict[str, str]]:
    """Return the settings of ``ALTER DATABASE … SET`` and ``ALTER ROLE … IN DATABASE … SET``.

    :param marks: return the product's marks instead of the user's settings.
    :returns: role name (empty for the database itself) → setting → value.
    """
    found: dict[str, dict[str, str]] = {}
    for role, lines in session.query(_SETTINGS):
        pairs = dict(line.split("=", 1) for line in lines)
        kept = {name: value for name, value in pairs.items() if name.startswith(MARK) == marks}
        if kept:
            found[role] = kept
    return found


def properties(session: Session) -> dict[str, Any]:
    """Return the properties that CREATE DATABASE and ALTER DATABASE need to create an equal, empty database."""
    # Columns of the locale provider were added for ICU in 15, for its rules in 16, and renamed in 17 with "builtin".
    provider = "d.datlocprovider::text" if session.version >= 150000 else "'c'"
    locale = "NULL::text"
    if session.version >= 170000:
        locale = "d.datlocale"
    elif session.version >= 150000:
        locale = "d.daticulocale"
    rules = "d.daticurules" if session.version >= 160000 else "NULL::text"
    row = session.query(_DATABASE.format(provider=provider, locale=locale, rules=rules))[0]
    return {
        "encoding": row[0],
        "lc_collate": row[1],
        "lc_ctype": row[2],
        "connection_limit": row[3],
        "owner": row[4],
        # None for the server's default privileges, else [role or '' for PUBLIC, privilege, grantable]
        "acl": row[5],
        "comment": row[6],
        "locale_provider": row[7],
        "locale": row[8],
        "icu_rules": row[9],
        "size": int(row[10]),
        "settings": settings(session),
    }


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_acl(value: object) -> bool:
    """Return whether a value is None or a list of [grantee, privilege, grantable]."""
    items = value if isinstance(value, list) else [None]
    return value is None or all(
        isinstance(item, list) and [type(part) for part in item] == [str, str, bool] for item in items
    )


def _are_settings(value: object) -> bool:
    return isinstance(value, dict) and all(
        isinstance(pairs, dict) and all(map(_is_text, pairs.values())) for pairs in value.values()
    )


_PROPERTIES: dict[str, Callable[[object], bool]] = {
    "encoding": _is_text,
    "lc_collate": _is_text,
    "lc_ctype": _is_text,
    "owner": _is_text,
    "connection_limit": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "comment": lambda value: value is None or isinstance(value, str),
    "acl": _is_acl,
    "settings": _are_settings,
}


def check_properties(described: Mapping[str, Any]) -> None:
    """Check that a manifest's properties have the types that :func:`properties` returns.

    Raise ArchiveError (``json_invalid``).
    """
    for name, is_one in _PROPERTIES.items():
        if not is_one(described.get(name)):
            raise ArchiveError(
                "json_invalid", source="manifest.json", where=f"the database's property {name} is none"
            )


def data_size(session: Session) -> int:
    """Return the size in bytes of the database's tables, without indexes and system tables.

    Does not wait for locks: for a table that is locked against readers, the size is estimated from ``pg_class.relpages``.
    """
    return int(session.value(_DATA_SIZE))


def search_path(session: Session) -> str:
    """Return the default search path of the session's account in this database."""
    path = session.value("SELECT reset_val FROM pg_settings WHERE name = 'search_path'")
    return str(path)


def application(session: Session) -> dict[str, Any]:
    """Return the version of the application's schema: its Sequelize migrations; empty if it has none."""
    if session.value("SELECT to_regclass('public.\"SequelizeMeta\"') IS NULL"):
        return {}
    names = migrations(session)
    return {
        "migrations": len(names),
        "last_migration": names[-1] if names else None,
        "migration_names": names,
    }


def migrations(session: Session) -> list[str]:
    """Return the applied Sequelize migrations of a database, which must have their table."""
    rows = io.BytesIO()
    # COPY instead of a query, which might run functions of the table's owner: see foreign_code.
    session.copy_out('COPY public."SequelizeMeta" (name) TO STDOUT', rows, context="SequelizeMeta")
    names = rows.getvalue().decode("utf-8", "replace").splitlines()
    return sorted(_ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), name) for name in names)


def create_database(name: str, wanted: dict[str, Any], *, version: int, own_locale: bool) -> str:
    """Return the CREATE DATABASE statement for a database with the given properties.

    :param version: version of the target server.
    :param own_locale: whether to use the source's locale instead of the target's default.
    """
    words = [f"CREATE DATABASE {identifier(name)} TEMPLATE template0"]
    words.append(f"ENCODING {literal(wanted['encoding'])}")
    if own_locale:
        words.append(f"LC_COLLATE {literal(wanted['lc_collate'])} LC_CTYPE {literal(wanted['lc_ctype'])}")
        provider = wanted.get("locale_provider") or "c"
        if provider == "i" and version >= 150000:
            words.append(f"LOCALE_PROVIDER icu ICU_LOCALE {literal(wanted['locale'] or 'und')}")
            if wanted.get("icu_rules") and version >= 160000:
                words.append(f"ICU_RULES {literal(wanted['icu_rules'])}")
        elif provider == "b" and version >= 170000:
            words.append(f"LOCALE_PROVIDER builtin BUILTIN_LOCALE {literal(wanted['locale'] or 'C')}")
        elif version >= 150000:
            words.append("LOCALE_PROVIDER libc")
    return " ".join(words)


#: Settings whose stored value is a list of quoted names (GUC_LIST_QUOTE in PostgreSQL's guc_tables.c).
_LISTS = {
    "local_preload_libraries",
    "search_path",
    "session_preload_libraries",
    "shared_preload_libraries",
    "temp_tablespaces",
    "unix_socket_directories",
}
_ELEMENT = re.compile(r'\s*("(?:[^"]|"")*"|[^\s",]+)\s*(,|$)')


def name_list(text: str) -> str:
    """Return a stored list of names, such as a search path, with each name quoted for SQL.

    All text is quoted, so that it can't contain other SQL. An empty list becomes ''.
    """
    names, position = [], 0
    while position < len(text):
        match = _ELEMENT.match(text, position)
        if match is None:
            raise ArchiveError("json_invalid", source="manifest.json", where=f"{text!r} is no list of names")
        word = match.group(1)
        names.append(word[1:-1].replace('""', '"') if word.startswith('"') else word)
        position = match.end()
    return ", ".join(identifier(name) for name in names) or "''"


def setting_value(name: str, value: str) -> str:
    """Return a setting's stored value as SQL for ``SET``."""
    return name_list(value) if name in _LISTS else literal(value)


def alter_database(name: str, wanted: Mapping[str, Any], roles: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the statements that give a new database the owner, privileges and settings of the source.

    :param roles: role of the source → role on the target. Other roles keep their names.
    :returns: pairs of a property's name in messages, and a statement.
    """
    database = identifier(name)

    def role(source: str) -> str:
        return identifier(roles.get(source, source))

    statements = [("owner", f"ALTER DATABASE {database} OWNER TO {role(wanted['owner'])}")]
    if wanted["acl"] is not None:
        revoked = f"REVOKE ALL ON DATABASE {database} FROM PUBLIC, {role(wanted['owner'])}"
        statements.append(("privileges", revoked))
        for grantee, right, grantable in wanted["acl"]:
            if right not in ("CREATE", "CONNECT", "TEMPORARY"):
                raise ArchiveError(
                    "json_invalid", source="manifest.json", where=f"{right!r} is no right on a database"
                )
            to = role(grantee) if grantee else "PUBLIC"
            option = " WITH GRANT OPTION" if grantable else ""
            statements.append(("privileges", f"GRANT {right} ON DATABASE {database} TO {to}{option}"))
    if wanted["comment"] is not None:
        statements.append(("comment", f"COMMENT ON DATABASE {database} IS {literal(wanted['comment'])}"))
    if wanted["connection_limit"] != -1:
        limit = f"ALTER DATABASE {database} CONNECTION LIMIT {int(wanted['connection_limit'])}"
        statements.append(("connection limit", limit))
    for source, pairs in wanted["settings"].items():
        subject = f"ROLE {role(source)} IN DATABASE {database}" if source else f"DATABASE {database}"
        for setting, value in pairs.items():
            statements.append((setting_name(setting), f"ALTER {subject} {set_to(setting, value)}"))
    return statements


def setting_name(setting: str) -> str:
    """Return the name of a setting among a database's properties, for messages."""
    return f"setting {setting}"


def set_to(setting: str, value: str) -> str:
    """Return the ``SET`` clause of ``ALTER ROLE`` or ``ALTER DATABASE`` for a setting's stored value."""
    return f"SET {identifier(*setting.split('.'))} = {setting_value(setting, value)}"


def apply_properties(
    session: Session, name: str, wanted: Mapping[str, Any], roles: Mapping[str, str]
) -> list[str]:
    """Give a new database the source's properties. Return the names of those that the account may not set.

    Raise DatabaseError for other errors.
    """
    refused: dict[str, None] = {}
    for what, statement in alter_database(name, wanted, roles):
        try:
            session.execute(statement, context=what)
        except DatabaseError as error:
            if not is_refused(error, what):
                raise
            refused[what] = None
    return list(refused)


def is_refused(error: DatabaseError, what: str) -> bool:
    """Return whether an error means that the account may not set a property, or that the server lacks a setting or value.

    Another major version may have removed a setting. No data is lost by that.
    """
    if error.code == "permission_denied":
        return True
    # undefined_object, invalid_parameter_value, cant_change_runtime_param
    return what.startswith(setting_name("")) and error.facts.get("sqlstate") in ("42704", "22023", "55P02")


def predict_refused(session: Session, wanted: Mapping[str, Any], roles: Mapping[str, str]) -> list[str]:
    """Return what :func:`apply_properties` would return for a new database of the account. Raise DatabaseError.

    Whether the account may set a setting for a database is tried by setting it for a role, in a transaction that is
    rolled back.
    """
    refused: dict[str, None] = {}
    owner = roles.get(wanted["owner"], wanted["owner"])
    if cannot_become(session, [owner]):
        refused["owner"] = None
    with session.trial():
        for source, pairs in wanted["settings"].items():
            subject = identifier(roles.get(source, source)) if source else "CURRENT_USER"
            for setting, value in pairs.items():
                what = setting_name(setting)
                try:
                    with session.savepoint():
                        session.execute(f"ALTER ROLE {subject} {set_to(setting, value)}", context=what)
                except DatabaseError as error:
                    if not is_refused(error, what):
                        raise
                    refused[what] = None
    return list(refused)


def cannot_become(session: Session, roles: Collection[str]) -> list[str]:
    """Return those of the roles that the account can't make owners of objects, since it is not a member of them."""
    right = "SET" if session.version >= 160000 else "MEMBER"
    found = session.query(
        f"SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) AND NOT pg_has_role(rolname, '{right}') ORDER BY 1",
        [[role for role in roles if role != _DATABASE_OWNER]],
    )
    return [str(name) for (name,) in found]
