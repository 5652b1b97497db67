# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clears WhatsApp sessions, because two servers with the same keys disconnect each other."""

from __future__ import annotations

from collections.abc import Iterable

from ..._postgres.foreign_code import ForeignCode, read_foreign_code
from ..._postgres.session import Session, identifier

#: Column → SQL value: those that the old guide's restore sets, and the QR code.
_CLEARED = {"session": "''", "status": "'DISCONNECTED'", "qrcode": "''"}
#: Tables in which Baileys stores session keys.
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
    """Return whether a table contains only session keys."""
    return schema == _SCHEMA and table in _KEY_STORES


def cleared_columns(schema: str, table: str, columns: Iterable[str]) -> dict[str, str]:
    """Return the columns of a table that are cleared, and the SQL values they are set to."""
    if (schema, table) != (_SCHEMA, "Whatsapps"):
        return {}
    return {column: _CLEARED[column] for column in columns if column in _CLEARED}


def clear_whatsapp_sessions(session: Session, *, trusting: bool = True) -> dict[str, int]:
    """Disconnect all WhatsApp connections and delete their keys, in one transaction.

    Missing tables and columns are skipped: not every fork and version has them all.

    :param trusting: also clear tables if changing them runs other roles' functions.
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
