# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Queries and changes the tests' servers, independently of the engine."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import psycopg2


def administer(database: Any, *statements: str) -> list[tuple[Any, ...]]:
    """Run statements one by one in the maintenance database."""
    with closing(database.connect(dbname="postgres")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def databases(database: Any) -> set[str]:
    return {str(row[0]) for row in administer(database, "SELECT datname FROM pg_database")}


def connect(server: Any) -> Any:
    """Connect to the database of an engine's ``Server``."""
    return psycopg2.connect(
        host=server.host,
        port=server.port,
        user=server.user,
        password=server.password,
        dbname=server.database,
    )


def query(goal: Any, sql: str) -> list[tuple[Any, ...]]:
    with closing(connect(goal)) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())
