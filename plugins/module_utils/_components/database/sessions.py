# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clearing WhatsApp sessions: two servers with the same keys knock each other off the number."""

from __future__ import annotations

from collections.abc import Iterable

from ..._postgres.foreign_code import ForeignCode, read_foreign_code
from ..._postgres.session import Session, identifier

#: What the guide's own restore sets, and the QR code that goes with a session.
_CLEARED = {"session": "''", "status": "'DISCONNECTED'", "qrcode": "''"}
#: Where Baileys keeps the keys of its sessions.
_KEY_STORES = ("Baileys", "BaileysKeys", "BaileysContacts")
_SCHEMA = "public"

_COLUMNS = """
SELECT c.relname::text, array_agg(a.attname::text)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND c.relname = ANY (%s)
 GROUP BY 1
"""


def is_key_store(schema: str, table: str) -> bool:
    """Return whether a table holds nothing but keys of sessions."""
    return schema == _SCHEMA and table in _KEY_STORES


def cleared_columns(schema: str, table: str, columns: Iterable[str]) -> dict[str, str]:
    """Return what those of a table's columns that make a session are set to when it is cleared, as SQL."""
    if (schema, table) != (_SCHEMA, "Whatsapps"):
        return {}
    return {column: _CLEARED[column] for column in columns if column in _CLEARED}


def clear_whatsapp_sessions(session: Session, *, trusting: bool = True) -> dict[str, int]:
    """Disconnect all WhatsApp connections and forget their keys, in one transaction.

    Tables and columns that are not there are passed over: not every fork and version has them all.

    :param trusting: also tables of which a change runs functions of others.
    :returns: table → number of rows that were cleared (``Whatsapps``) or removed (key stores).
    """
    with session.no_search_path():
        code = ForeignCode() if trusting else read_foreign_code(session)
        tables = {
            name: columns
            for name, columns in session.query(_COLUMNS, [_SCHEMA, ["Whatsapps", *_KEY_STORES]])
            if (_SCHEMA, name) not in code.read | code.written
        }
    cleared = {}
    with session.transaction():
        columns = [column for column in _CLEARED if column in tables.get("Whatsapps", [])]
        if columns:
            changes = ", ".join(f"{identifier(column)} = {_CLEARED[column]}" for column in columns)
            name = identifier(_SCHEMA, "Whatsapps")
            cleared["Whatsapps"] = session.execute(f"UPDATE {name} SET {changes}", context="Whatsapps")
        for table in _KEY_STORES:
            if table in tables:
                cleared[table] = session.execute(f"DELETE FROM {identifier(_SCHEMA, table)}", context=table)
    return cleared
