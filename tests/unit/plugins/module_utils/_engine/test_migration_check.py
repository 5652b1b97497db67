# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backup that was made during a migration has a warning."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.entry import DatabaseEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.migration_check import (
    MigrationCheck,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.tests.support import runs

DONE = "INSERT INTO \"SequelizeMeta\" VALUES ('20260102-next.js')"


@pytest.fixture
def database(database: Any) -> Any:
    """A database after one migration."""
    database.execute(
        'CREATE TABLE "SequelizeMeta" (name varchar(255) PRIMARY KEY);'
        "INSERT INTO \"SequelizeMeta\" VALUES ('20260101-first.js');"
        'CREATE TABLE "Tickets" (id serial PRIMARY KEY, uuid text); INSERT INTO "Tickets" VALUES (1)'
    )
    return database


def at_each_snapshot(database: Any, statements: list[str]) -> Run:
    """Return a run that executes one statement after each snapshot."""
    left = list(statements)

    def progress(*, phase: str, **_expected: Any) -> None:
        if phase == "database" and left:
            database.execute(left.pop(0))

    return Run(progress=progress)


def catalog_and_migrations(archive: str) -> tuple[str, Any]:
    with ArchiveReader.open(archive, None, KINDS) as reader:
        assert DatabaseEntry.of(reader.manifest)
        member = next(each for each in reader.manifest.members if each.name.endswith("catalog.jsonl"))
        return bytes(reader.member(member)).decode(), DatabaseEntry.of(reader.manifest).application[
            "migration_names"
        ]


@pytest.mark.parametrize(
    ("before", "at_snapshot", "word"),
    [
        ('CREATE INDEX tickets_uuid ON "Tickets" (uuid)', DONE, "tickets_uuid"),
        ('ALTER TABLE "Tickets" ADD COLUMN "isGroup" boolean', DONE, "isGroup"),
        (
            'CREATE TABLE "Wavoips" (id int)',
            "DELETE FROM \"SequelizeMeta\" WHERE name = '20260101-first.js';" + DONE,
            "Wavoips",
        ),
    ],
)
@pytest.mark.variants
def test_another_snapshot_is_taken(
    database: Any, tmp_path: Path, before: str, at_snapshot: str, word: str
) -> None:
    database.execute(before)
    done = runs.make_backup(
        runs.reach(database), tmp_path / "store", run=at_each_snapshot(database, [at_snapshot])
    )
    catalog, migrations = catalog_and_migrations(done.backup["path"])
    assert word in catalog
    assert "20260102-next.js" in migrations
    assert [notice.code for notice in done.notices] == []


@pytest.mark.long
def test_migrations_without_an_end_are_said(database: Any, tmp_path: Path) -> None:
    statements = [f"INSERT INTO \"SequelizeMeta\" VALUES ('2026020{number}-x.js')" for number in range(9)]
    done = runs.make_backup(
        runs.reach(database), tmp_path / "store", run=at_each_snapshot(database, statements)
    )
    assert [notice.code for notice in done.notices] == ["migration_running"]
    assert "20260203-x.js" in str(done.notices[0])
    assert "20260202-x.js" not in str(done.notices[0])
    with ArchiveReader.open(done.backup["path"], None, KINDS) as reader:
        assert [each["code"] for each in reader.manifest.notices] == ["migration_running"]


def test_one_that_ends_while_rows_are_read_is_said(
    database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = MigrationCheck.signs

    def signs(self: MigrationCheck, known: Any) -> str:
        found = real(self, known)
        # At this point no other snapshot can be taken.
        database.execute(DONE + " ON CONFLICT DO NOTHING")
        return found

    monkeypatch.setattr(MigrationCheck, "signs", signs)
    done = runs.make_backup(runs.reach(database), tmp_path / "store")
    assert [notice.code for notice in done.notices] == ["migration_running"]
    assert "20260102-next.js" in str(done.notices[0])


@pytest.mark.long
def test_who_waits_for_the_table_does_not_keep_the_backup_waiting(database: Any, tmp_path: Path) -> None:
    change = threading.Thread(
        target=lambda: database.execute('ALTER TABLE "SequelizeMeta" ADD COLUMN "since" int')
    )

    def progress(*, phase: str, **_expected: Any) -> None:
        if phase == "database" and change.ident is None:
            change.start()
            while not database.execute("SELECT 1 FROM pg_locks WHERE NOT granted"):
                time.sleep(0.01)

    done = runs.make_backup(runs.reach(database), tmp_path / "store", run=Run(progress=progress))
    change.join()
    catalog, _migrations = catalog_and_migrations(done.backup["path"])
    assert "since" in catalog
    assert done.notices == ()


def test_a_database_without_migrations_has_none(make_database: Any, tmp_path: Path) -> None:
    database = make_database()
    database.execute("CREATE TABLE t (id int)")
    assert runs.make_backup(runs.reach(database), tmp_path / "store").notices == ()
