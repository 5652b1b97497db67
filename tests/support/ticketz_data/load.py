# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the demo database: tables, rows by COPY, then keys, indexes and sequences."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2 import extensions

from . import messages as message_rows
from . import schema, world
from .copytext import copy_chunks, copy_rows
from .media import MediaPlan, MediaTree, generate
from .setup_tables import SetupTables
from .work_tables import WorkTables


@dataclass(frozen=True)
class BuildResult:
    """The result: rows per table, seconds per phase, the database's size, and the media."""

    rows: dict[str, int]
    seconds: dict[str, float]
    database_bytes: int
    media: MediaTree | None


class _Clock:
    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, name: str) -> None:
        now = time.monotonic()
        self.seconds[name] = round(now - self._last, 3)
        self._last = now


def build(
    connection_kwargs: Mapping[str, Any],
    messages: int = 2000,
    seed: int = 7,
    media: MediaPlan | None = None,
) -> BuildResult:
    """Fill an empty database with a demo Ticketz, and the directories of `media` with files.

    The same arguments result in the same rows. Without `media`, messages refer to files that do not exist.
    """
    clock = _Clock()
    rng = random.Random(seed)
    people = world.create(rng, messages)
    tree = None
    if media is not None:
        tree = generate(
            media.directory,
            media.total_bytes,
            seed,
            mean_bytes=media.mean_bytes,
            companies=len(people.companies),
            odd_names=media.odd_names,
        )
        people.media = tree.by_company
        clock.lap("media")
    connection = psycopg2.connect(**connection_kwargs)
    try:
        with connection, connection.cursor() as cur:
            cur.execute("SET client_encoding = 'UTF8'; SET search_path = public; SET timezone = 'UTC'")
            cur.execute("SET synchronous_commit = off; SET maintenance_work_mem = '256MB'")
            _run(cur, _before_load(cur, connection.server_version))
            rows = _load(cur, rng, people)
            clock.lap("load")
            _run(
                cur, [*schema.key_statements(), *schema.index_statements(), *schema.foreign_key_statements()]
            )
            clock.lap("indexes")
            _set_sequences(cur)
        with connection, connection.cursor() as cur:
            cur.execute("ANALYZE")
            cur.execute("SELECT pg_database_size(current_database())")
            size = int((cur.fetchone() or (0,))[0])
        clock.lap("analyze")
    finally:
        connection.close()
    return BuildResult(rows=rows, seconds=clock.seconds, database_bytes=size, media=tree)


def _run(cur: extensions.cursor, statements: list[str]) -> None:
    for statement in statements:
        cur.execute(statement)


def _before_load(cur: extensions.cursor, server_version: int) -> list[str]:
    cur.execute("SELECT name FROM pg_available_extensions")
    available = [row[0] for row in cur.fetchall()]
    return [
        *schema.extension_statements(available),
        *schema.function_statements(server_version),
        *schema.table_statements(server_version),
    ]


def _load(cur: extensions.cursor, rng: random.Random, people: world.World) -> dict[str, int]:
    maker = message_rows.MessageMaker(rng, people)
    copy_chunks(cur, "Messages", message_rows.COLUMNS, maker.chunks())
    rows = {"Messages": sum(ticket.messages for ticket in people.tickets)}
    for group in (SetupTables(rng, people), WorkTables(rng, people, maker.deleted)):
        for table in group.tables():
            rows[table.name] = copy_rows(cur, table.name, table.columns, table.rows)
    return rows


def _set_sequences(cur: extensions.cursor) -> None:
    """Set sequences to the highest id, or slightly above it, as if rows had been deleted."""
    for number, (table, column) in enumerate(schema.serials()):
        cur.execute(
            f'SELECT setval(pg_get_serial_sequence(%s, %s), max("{column}") + %s) FROM "{table}" '
            f'HAVING max("{column}") IS NOT NULL',
            ('"%s"' % table, column, 3 if number % 5 == 0 else 0),
        )
