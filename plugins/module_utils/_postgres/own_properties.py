# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sets the properties of the source database on the session's database, which is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .._errors import DatabaseError, Notice, listed
from .properties import MARK, is_refused, properties, set_to, setting_name, settings
from .session import Session, identifier, literal

#: Properties that can't be altered: name in messages → keys.
_FIXED = {
    "encoding": ("encoding",),
    "locale": ("lc_collate", "lc_ctype", "locale_provider", "locale", "icu_rules"),
}


def carry_over(
    session: Session, wanted: Mapping[str, Any], roles: Mapping[str, str], notices: list[Notice]
) -> None:
    """Set privileges, settings, comment and connection limit of the database, as far as the account may.

    :param wanted: the source's properties.
    :param roles: role of the source → role on the target.
    :param notices: receives a warning about properties that could not be set.
    """
    found = properties(session)
    kept = [name for name, keys in _FIXED.items() if any(found[key] != wanted.get(key) for key in keys)]
    if found["owner"] != roles.get(wanted["owner"], wanted["owner"]):
        kept.append("owner")
    for name, statements in _changes(session.server.database, found, wanted, roles):
        try:
            with session.savepoint():
                for statement in statements:
                    session.execute(statement, context=name)
        except DatabaseError as error:
            if not is_refused(error, name):
                raise
            kept.append(name)
    if kept:
        facts = {"database": session.server.database, "user": session.server.user}
        notices.append(Notice("database_properties_refused", properties=listed(kept), **facts))


def _changes(
    database: str, found: Mapping[str, Any], wanted: Mapping[str, Any], roles: Mapping[str, str]
) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each property that differs, and the statements that set it."""
    name = f"DATABASE {identifier(database)}"
    own = _mapped(wanted["acl"], roles)
    if _as_set(own, found["owner"]) != _as_set(found["acl"], found["owner"]):
        given = sorted({grantee for grantee, _right, _option in _as_set(found["acl"], found["owner"])})
        revoked = [f"REVOKE ALL ON {name} FROM {_role(grantee)} CASCADE" for grantee in given]
        granted = [
            f"GRANT {right} ON {name} TO {_role(grantee)}{' WITH GRANT OPTION' if option else ''}"
            for grantee, right, option in sorted(_as_set(own, found["owner"]))
        ]
        yield "privileges", revoked + granted
    if found["comment"] != wanted["comment"]:
        text = wanted["comment"]
        yield "comment", [f"COMMENT ON {name} IS {'NULL' if text is None else literal(text)}"]
    if found["connection_limit"] != wanted["connection_limit"]:
        yield "connection limit", [f"ALTER {name} CONNECTION LIMIT {int(wanted['connection_limit'])}"]
    pairs = {roles.get(role, role): settings for role, settings in wanted["settings"].items()}
    for role in sorted(pairs.keys() | found["settings"].keys()):
        before, after = found["settings"].get(role, {}), pairs.get(role, {})
        subject = f"ROLE {identifier(role)} IN {name}" if role else name
        for setting in sorted(before.keys() | after.keys()):
            if setting not in after:
                yield setting_name(setting), [f"ALTER {subject} RESET {identifier(*setting.split('.'))}"]
            elif before.get(setting) != after[setting]:
                yield setting_name(setting), [f"ALTER {subject} {set_to(setting, after[setting])}"]


def _mapped(acl: Any, roles: Mapping[str, str]) -> Any:
    if acl is None:
        return None
    return [[roles.get(grantee, grantee), right, option] for grantee, right, option in acl]


def _as_set(acl: Any, owner: str) -> set[tuple[str, str, bool]]:
    """Return privileges as a set. NULL stands for the server's default privileges."""
    if acl is None:
        acl = [["", "CONNECT", False], ["", "TEMPORARY", False]]
        acl += [[owner, right, False] for right in ("CONNECT", "CREATE", "TEMPORARY")]
    return {(grantee, right, bool(option)) for grantee, right, option in acl}


def _role(name: str) -> str:
    return identifier(name) if name else "PUBLIC"


def set_mark(session: Session, mark: str, notices: list[Notice], **more: str) -> None:
    """Store in the database's settings which backup it was restored from.

    :param mark: the value that identifies the backup.
    :param notices: receives a warning if the account may not do that.
    :param more: further marks, by name.
    """
    name = f"DATABASE {identifier(session.server.database)}"
    wanted = {MARK + "restored": mark, **{MARK + word: text for word, text in more.items()}}
    try:
        with session.savepoint():
            for setting in settings(session, marks=True).get("", {}).keys() - wanted.keys():
                session.execute(f"ALTER {name} RESET {identifier(*setting.split('.'))}")
            for setting, text in wanted.items():
                session.execute(f"ALTER {name} SET {identifier(*setting.split('.'))} = {literal(text)}")
    except DatabaseError as error:
        if error.code != "permission_denied":
            raise
        notices.append(Notice("mark_not_set", user=session.server.user, database=session.server.database))
