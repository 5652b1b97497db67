# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the contents of the demo's database and folders, independently of the collection's code."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

#: Tables that a restore changes intentionally, because it disconnects WhatsApp.
SESSIONS = {"Whatsapps", "Baileys", "BaileysKeys", "BaileysContacts"}

_TABLES = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1
"""
_SERIALS = """
SELECT c.relname, a.attname, s.oid::regclass::text
  FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
  JOIN pg_class c ON c.oid = d.refobjid
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
 WHERE d.deptype IN ('a', 'i') AND c.relnamespace = 'public'::regnamespace ORDER BY 1
"""
_PLAIN_COLUMNS = """
SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
 WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' AND attname <> %s
"""


@dataclass(frozen=True)
class Fingerprint:
    """The contents that must be equal before the loss and after the restore.

    :param tables: table → (rows, MD5 over the sorted MD5s of all rows).
    :param files: folder name/relative path → (size, SHA-256 or link target, mode, owner, group, mtime in ns except for links).
    """

    tables: dict[str, tuple[int, str]]
    files: dict[str, tuple[Any, ...]]


def of_database(settings: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """Return rows and checksum of every table."""
    found = {}
    connection = psycopg2.connect(**settings)
    with connection.cursor() as cursor:
        cursor.execute("SET timezone = 'UTC'")
        cursor.execute(_TABLES)
        for (table,) in cursor.fetchall():
            cursor.execute(
                "SELECT count(*), md5(coalesce(string_agg(h, '' ORDER BY h), ''))"
                f' FROM (SELECT md5(t::text) AS h FROM public."{table}" t) AS hashes'
            )
            rows, checksum = cursor.fetchone()
            found[table] = (int(rows), str(checksum))
    connection.close()
    return found


def of_folders(folders: dict[str, str]) -> dict[str, tuple[Any, ...]]:
    """Return the contents and attributes of all entries in the folders."""
    found: dict[str, tuple[Any, ...]] = {}
    for name, root in folders.items():
        for path in [Path(root), *sorted(Path(root).rglob("*"))]:
            status = path.lstat()
            content = ""
            if stat.S_ISREG(status.st_mode):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            elif stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            size = status.st_size if stat.S_ISREG(status.st_mode) else 0
            attributes = (status.st_mode, status.st_uid, status.st_gid)
            times = () if stat.S_ISLNK(status.st_mode) else (status.st_mtime_ns,)
            found[f"{name}/{path.relative_to(root)}"] = (size, content, *attributes, *times)
    return found


def insert_everywhere(settings: dict[str, Any]) -> int:
    """Insert a row into every table with a sequence, to check the sequences; return the number of such tables.

    Each row is a copy of an existing row with the next number of the sequence, and is rolled back afterwards.

    Raise RuntimeError if a sequence is behind its table.
    """
    connection = psycopg2.connect(**settings)
    with connection.cursor() as cursor:
        cursor.execute(_SERIALS)
        serials = cursor.fetchall()
        for table, column, sequence in serials:
            name = f'public."{table}"'
            cursor.execute(f'SELECT max("{column}") FROM {name}')
            highest = cursor.fetchone()[0]
            number = _copy_a_row(cursor, name, column) if highest is not None else _draw(cursor, sequence)
            if highest is not None and number <= highest:
                raise RuntimeError(f"{table}.{column}: the next number {number} is not above {highest}")
            connection.rollback()
    connection.close()
    return len(serials)


def _copy_a_row(cursor: Any, name: str, column: str) -> int:
    """Insert a copy of one row of the table; return the copy's number."""
    cursor.execute(_PLAIN_COLUMNS, (name, column))
    columns = cursor.fetchone()[0]
    # Delete the original first, because other columns may have unique values, too.
    cursor.execute("SET LOCAL session_replication_role = replica")
    cursor.execute(f"CREATE TEMP TABLE original ON COMMIT DROP AS SELECT * FROM {name} LIMIT 1")
    cursor.execute(f'DELETE FROM {name} WHERE "{column}" = (SELECT "{column}" FROM original)')
    cursor.execute(f'INSERT INTO {name} ({columns}) SELECT {columns} FROM original RETURNING "{column}"')
    return int(cursor.fetchone()[0])


def _draw(cursor: Any, sequence: str) -> int:
    """Return the next number for an empty table (the keys of the WhatsApp sessions)."""
    cursor.execute("SELECT nextval(%s::regclass)", (sequence,))
    return int(cursor.fetchone()[0])
