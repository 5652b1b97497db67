# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Dumps a database's definitions, splits them into entries, executes these in another database, and compares both."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg2

from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.catalog.model import Catalog
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.catalog.read import read_catalog
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.schema_roles import map_roles
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.schema_sql import Entry, split
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.session import Session

#: PostgreSQL's default search path.
SEARCH_PATH = '"$user", public'


def engine(database: Any) -> Server:
    """Return the engine's ``Server`` for a database of the fixtures."""
    return Server(
        host=database.host,
        port=database.port,
        user=database.user,
        password=database.password,
        database=database.name,
    )


@contextlib.contextmanager
def opened(database: Any) -> Iterator[Session]:
    """Open a session of the engine."""
    with Session.open(engine(database)) as session:
        yield session


def catalog_of(database: Any) -> Catalog:
    """Return the current catalog of a database."""
    with opened(database) as session:
        return read_catalog(session)


def pg_dump(database: Any, section: str, bindir: str | None = None) -> bytes:
    """Return the output of the server's pg_dump, or of the one in ``bindir``."""
    done = subprocess.run(
        [str(Path(bindir or database.server.bindir) / "pg_dump"), f"--section={section}", "--no-tablespaces"],
        env={
            **os.environ,
            "PGHOST": database.host,
            "PGPORT": str(database.port),
            "PGUSER": database.user,
            "PGPASSWORD": database.password,
            "PGDATABASE": database.name,
        },
        capture_output=True,
        check=True,
    )
    return done.stdout


def entries_of(database: Any, section: str) -> list[Entry]:
    """Return the entries of a database's pg_dump."""
    return split(pg_dump(database, section))


def execute(
    database: Any,
    entries: Sequence[Entry],
    *,
    role_map: Mapping[str, str] | None = None,
    functions_of: Callable[[Entry], Sequence[str]] | None = None,
) -> list[str]:
    """Execute entries one after the other; return the functions for which a search path had to be set.

    :param functions_of: returns the functions that an entry calls; without it, the first failure is raised.
    """
    adapted: list[str] = []
    with contextlib.closing(database.connect(client_encoding="UTF8")) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path = {SEARCH_PATH}; SET check_function_bodies = off")
            for entry in entries:
                mapped = map_roles(entry, role_map or {})
                sql = "\n".join([*mapped.settings, mapped.sql])
                try:
                    cursor.execute(sql)
                except psycopg2.errors.UndefinedFunction:
                    functions = [name for name in (functions_of or _none)(entry) if name not in adapted]
                    if not functions:
                        raise
                    for name in functions:
                        cursor.execute(f"ALTER FUNCTION {name} SET search_path = {SEARCH_PATH}")
                    adapted += functions
                    cursor.execute(sql)
    return adapted


def _none(entry: Entry) -> Sequence[str]:
    return ()


def functions_of(catalog: Catalog) -> Callable[[Entry], Sequence[str]]:
    """Return a function that returns the functions that the server calls to build an entry's object."""

    def found(entry: Entry) -> Sequence[str]:
        built = entry.built
        obj = catalog.find(*built) if built else None
        return obj.depends if obj else ()

    return found
