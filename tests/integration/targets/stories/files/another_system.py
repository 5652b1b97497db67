# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another Whaticket system's data, by the old sidekick's own commands, and a Ticketz that has only been migrated.

``another_system.py SOURCE TARGET PUBLIC DIRECTORY``: the databases to take from and to make, the folder to take, and
where the archives go. Prints the rows of each table that was taken. The server is where libpq's PG* variables say.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import psycopg2

sys.path += os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep)

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.export_tables import (
    COMMON,
)
from ansible_collections.ticketz.sidekick.tests.support.legacy_samples import (
    old_retrieve,
    run,
)

_EMPTY = """
DO $$ BEGIN EXECUTE (SELECT 'TRUNCATE ' || string_agg(quote_ident(tablename), ', ') || ' RESTART IDENTITY' FROM pg_tables
 WHERE schemaname = 'public' AND tablename NOT IN ('SequelizeMeta', 'SequelizeData')); END $$
"""


def main() -> None:
    source, target, public, directory = sys.argv[1:]
    # Before the source gets what only other systems have.
    with closing(psycopg2.connect(dbname="postgres")) as connection:
        connection.autocommit = True
        connection.cursor().execute(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')
    with closing(psycopg2.connect(dbname=target)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute(_EMPTY + '; DROP TABLE IF EXISTS "SequelizeData"')
    with closing(psycopg2.connect(dbname=source)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute('ALTER TABLE "Users" ADD online boolean')
        cursor.execute("SELECT " + ", ".join(f'(SELECT count(*) FROM "{table}")' for table in COMMON))
        rows = cursor.fetchone() or ()
    reached = SimpleNamespace(
        name=source,
        host=os.environ["PGHOST"],
        port=os.environ["PGPORT"],
        user=os.environ["PGUSER"],
        password=os.environ["PGPASSWORD"],
        server=SimpleNamespace(bindir=Path(shutil.which("psql") or "psql").parent),
    )
    archive = old_retrieve(reached, Path(directory), COMMON)
    run(["tar", "-czf", archive.with_name("public_data.tar.gz"), "-C", public, "."])
    print(json.dumps({f"public.{table}": count for table, count in zip(COMMON, rows)}))


if __name__ == "__main__":
    main()
