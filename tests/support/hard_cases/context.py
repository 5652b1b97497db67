# SPDX-License-Identifier: GPL-3.0-or-later
"""The context of the functions that create the hard cases: cursor, server's features, and seeded random generator."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from psycopg2 import extensions as pg


@dataclass(frozen=True)
class Roles:
    """Roles of the cluster for grants and policies."""

    reader: str
    writer: str
    group: str

    @property
    def names(self) -> list[str]:
        return [self.reader, self.writer, self.group]


@dataclass
class Context:
    """The argument of all ``build`` functions."""

    conn: pg.connection
    cur: pg.cursor
    version: int
    rows: int
    rng: random.Random
    superuser: bool
    big_values: bool
    forced_rls: bool
    portable: bool
    roles: Roles | None
    available: frozenset[str]
    extensions: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Commit the current transaction, and start a new one with the settings for building."""
        self.conn.commit()
        self.run(
            "SET LOCAL client_encoding = 'UTF8'",
            "SET LOCAL search_path = public, pg_catalog",
            "SET LOCAL check_function_bodies = off",
            "SET LOCAL timezone = 'UTC'",
            "SET LOCAL standard_conforming_strings = on",
        )

    def run(self, *statements: str) -> None:
        """Run SQL statements one by one."""
        for statement in statements:
            self.cur.execute(statement)

    def since(self, version: int, *statements: str) -> None:
        """Run SQL statements if the server's major version is at least `version`."""
        if self.version >= version * 10_000:
            self.run(*statements)

    def can(self, statement: str) -> bool:
        """Try a statement and return whether it succeeded; if not, roll it back."""
        self.cur.execute("SAVEPOINT attempt")
        try:
            self.cur.execute(statement)
        except Exception:  # any error means that the server does not support it
            self.cur.execute("ROLLBACK TO SAVEPOINT attempt")
            return False
        self.cur.execute("RELEASE SAVEPOINT attempt")
        return True

    def value(self, query: str, arguments: Sequence[Any] | None = None) -> Any:
        """Return the first column of a query's first row."""
        self.cur.execute(query, arguments)
        row = self.cur.fetchone()
        return row[0] if row else None


def quote(name: str) -> str:
    """Given a name, return it as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | None) -> str:
    """Given a text or None, return it as an SQL literal that does not depend on standard_conforming_strings."""
    if text is None:
        return "NULL"
    quoted = "'" + text.replace("'", "''").replace("\\", "\\\\") + "'"
    return " E" + quoted if "\\" in text else quoted
