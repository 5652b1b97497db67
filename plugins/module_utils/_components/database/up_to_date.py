# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks whether a database is equal to a backup, so that a restore would change nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..._archive.reader import ArchiveReader
from ..._archive.tables import TableEntry
from ..._errors import DatabaseError
from ..._postgres.digest import ROWS, digest_method, row_digest_sql
from ..._postgres.foreign_code import count_rows, path_for_copy, use_own_search_path
from ..._postgres.load import Loader
from ..._postgres.properties import MARK, settings
from ..._postgres.relations import relations
from ..._postgres.row_hash import table_hash
from ..._postgres.server import Server
from ..._postgres.session import Session
from ..._run.run import Run
from .entry import DatabaseEntry

#: Database settings in which a restore records the backup's id, and digests of the tables that the restore changed.
RESTORED, CLEARED = "restored", "cleared"


def digests_for_mark(session: Session, tables: Iterable[TableEntry]) -> str:
    """Return row counts and digests of some tables, in the mark's JSON format. Uses the session's own search path."""
    wanted = {f"{table.schema}.{table.name}": table for table in tables}
    found = {}
    code = use_own_search_path(session)
    method = digest_method(session.version)
    for relation in relations(session, code) if wanted else ():
        table = wanted.get(relation.key)
        if table is None:
            continue
        if relation.plain:
            with path_for_copy(session, code):
                rows, total = table_hash(session, relation.schema, relation.name, table.columns)
            found[relation.key] = [rows, f"{ROWS}:{total}"]
            continue
        sql = row_digest_sql(relation.schema, relation.name, relation.digest_columns, method=method)
        rows, digest = session.query(sql, context=relation.key)[0]
        found[relation.key] = [rows, f"{method}:{digest}"]
    return json.dumps(found, separators=(",", ":"))


def database_exists(server: Server) -> bool:
    """Return whether the database exists, without connecting to another one. Raise DatabaseError."""
    try:
        Session.open(server).close()
    except DatabaseError as error:
        if error.code != "database_missing":
            raise
        return False
    return True


def read_mark(server: Server) -> str | None:
    """Return the recorded origin of a database, ``<backup id>@<store uuid>``; None if there is none."""
    with Session.open(server) as session:
        return settings(session, marks=True).get("", {}).get(MARK + RESTORED)


def database_matches(
    server: Server, reader: ArchiveReader, entry: DatabaseEntry, mark: str, jobs: int, run: Run
) -> bool:
    """Return whether a database has a backup's mark, and all its rows are equal to the backup.

    Rows are compared with the manifest's digests; those of tables that the restore itself changed (WhatsApp sessions)
    with the digests in the mark. If the manifest has no digests, the result is False.
    """
    with Session.open(server) as session:
        marks = settings(session, marks=True).get("", {})
        if marks.get(MARK + RESTORED) != mark:
            return False
        code = use_own_search_path(session)
        present = {relation.key: relation for relation in relations(session, code)}
        tables = _expected(entry.tables, marks.get(MARK + CLEARED, "{}"))
        if tables is None or not all(f"{table.schema}.{table.name}" in present for table in tables):
            return False
        for key in set(present) - {f"{table.schema}.{table.name}" for table in tables}:
            if count_rows(session, code, present[key].schema, present[key].name):
                return False
    loader = Loader(
        server,
        reader,
        search_path=entry.search_path,
        jobs=jobs,
        functions_of=lambda entry: (),
        notices=[],
        progress=run.count,
        check=run.check,
    )
    try:
        loader.check_rows(tables)
    except DatabaseError as error:
        if error.code != "digest_differs":
            raise
        return False
    return True


def _expected(tables: Iterable[TableEntry], cleared: str) -> list[TableEntry] | None:
    """Return the tables with their row counts and digests at the end of the restore; None if unknown."""
    try:
        changed: Mapping[str, tuple[int, str]] = json.loads(cleared)
        found = []
        for table in tables:
            rows, digest = changed.get(f"{table.schema}.{table.name}", (table.rows, table.digest))
            if digest is None:
                return None
            found.append(replace(table, rows=int(rows), digest=digest))
    except (ValueError, TypeError, AttributeError):
        return None
    return found
