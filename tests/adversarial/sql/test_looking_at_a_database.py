# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The owner of a database plants functions where the planner or a name leads to them; somebody with more rights looks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.entry import DatabaseEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.options import (
    DatabaseOptions,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.up_to_date import (
    database_matches,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.sequences import (
    SequencesRequest,
    fix_sequences,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import DatabaseError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres import relations
from ansible_collections.ticketz.sidekick.tests.adversarial.frame import DATABASE_OWNER, attack
from ansible_collections.ticketz.sidekick.tests.adversarial.sql import plants
from ansible_collections.ticketz.sidekick.tests.adversarial.sql.victims import Victim, victim
from ansible_collections.ticketz.sidekick.tests.support import runs, selected
from ansible_collections.ticketz.sidekick.tests.support.in_place import refused
from ansible_collections.ticketz.sidekick.tests.support.servers import administer

CLAIM = "runs code with more rights than his own"


@pytest.fixture
def planted(database: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Victim]:
    """A database with code of its owner's in every place."""
    # Slices of a few pages, as a large table has them.
    monkeypatch.setattr(relations, "_SLICE_BYTES", 1 << 14)
    with victim(database, *plants.TABLES.values(), *plants.NAMES) as given:
        given.execute(
            plants.misled(database.name),
            f'ALTER DATABASE "{database.name}" SET constraint_exclusion = on',
            f'ALTER DATABASE "{database.name}" SET row_security = on',
        )
        yield given


@attack(DATABASE_OWNER, CLAIM)
def test_the_traps_work(planted: Victim) -> None:
    """Without this, nothing that follows would show anything."""
    start = len(planted._log.read_text(encoding="utf-8", errors="replace"))
    planted.database.execute("SELECT count(*) FROM predicate; SELECT * FROM operated WHERE id > 3")
    assert {line.split(" ")[0] for line in planted.sprung(start)} >= {"predicate", "operator", "count"}


@attack(DATABASE_OWNER, CLAIM)
def test_a_backup_with_digests(planted: Victim, tmp_path: Path) -> None:
    with planted.unharmed():
        made = runs.make_backup(planted.superuser, tmp_path / "store")
    assert made.backup["database"]["tables"]["public.predicate"] == 500


@attack(DATABASE_OWNER, CLAIM)
def test_a_backup_without_digests(planted: Victim, tmp_path: Path) -> None:
    options = DatabaseOptions(jobs=2, row_digests=False)
    with planted.unharmed():
        runs.make_backup(planted.superuser, tmp_path / "store", database=options)


@attack(DATABASE_OWNER, CLAIM)
def test_sequences_are_looked_at(planted: Victim) -> None:
    with planted.unharmed():
        found = fix_sequences(SequencesRequest(planted.superuser, dry_run=True))
    places = {change.table for change in found.sequences}
    assert {"public.predicate", "public.parts", "public.above", "public.domain"} <= places
    assert not any(change.changed for change in found.sequences if change.table == "public.predicate")


@attack(DATABASE_OWNER, CLAIM)
def test_sequences_are_moved(planted: Victim) -> None:
    planted.execute(
        "SELECT pg_catalog.setval('predicate_id_seq', 3)", "SELECT pg_catalog.setval('above_id_seq', 1)"
    )
    planted.execute("INSERT INTO below (id, n) VALUES (77, 2)")
    with planted.unharmed():
        found = fix_sequences(SequencesRequest(planted.superuser))
    assert {change.table: change.new for change in found.sequences if change.changed} == {
        "public.predicate": 501,
        "public.above": 78,
        "public.domain": 2,
    }


@attack(DATABASE_OWNER, CLAIM)
@pytest.mark.variants
@pytest.mark.parametrize("dry_run", [True, False], ids=["check mode", "refused"])
def test_a_restore_looks_whether_there_is_anything(planted: Victim, tmp_path: Path, dry_run: bool) -> None:
    runs.make_backup(planted.superuser, tmp_path / "store")
    with planted.unharmed():
        with pytest.raises(DatabaseError) as caught:
            runs.make_restore(planted.superuser, tmp_path / "store", dry_run=dry_run)
        assert caught.value.code == "target_not_empty"
        assert "public.generated (1 rows)" in str(caught.value.facts["tables"])
        runs.make_restore(planted.superuser, tmp_path / "store", dry_run=True, if_not_empty="replace")


@attack(DATABASE_OWNER, CLAIM)
def test_whether_all_is_as_in_the_backup(planted: Victim, tmp_path: Path) -> None:
    name, archives = planted.database.name, []
    # One of the owner's, with digests that the server has computed, and one of the superuser's.
    for number, server in enumerate((planted.own, planted.superuser)):
        archives.append(runs.make_backup(server, tmp_path / f"store{number}").backup["path"])
    # The mark of a restore, as a superuser's leaves it.
    administer(planted.database, f"ALTER DATABASE \"{name}\" SET ticketz_sidekick.restored = 'id@store'")

    def held() -> list[bool]:
        found = []
        for archive in archives:
            with ArchiveReader.open(archive, None, KINDS) as reader, planted.unharmed():
                entry = DatabaseEntry.of(reader.manifest)
                assert entry is not None
                found.append(database_matches(planted.superuser, reader, entry, "id@store", 2, runs.Run()))
        return found

    assert held() == [True, True]
    planted.execute("UPDATE predicate SET body = 'x' WHERE id OPERATOR(pg_catalog.=) 7")
    assert held() == [False, False]


@attack(DATABASE_OWNER, CLAIM)
@pytest.mark.variants
@pytest.mark.parametrize("table", ["predicate", "generated", "domain", "below", "sessions"])
def test_single_tables_come_back(planted: Victim, tmp_path: Path, table: str) -> None:
    name = "Whatsapps" if table == "sessions" else table
    archive = runs.make_backup(planted.superuser, tmp_path / "store").backup["path"]
    planted.execute(f'DELETE FROM "{name}"')
    with planted.unharmed(), pytest.raises(DatabaseError) as caught:
        selected.restore(archive, planted.superuser, tables=[f"public.{name}"])
    assert (caught.value.code, caught.value.facts["roles"]) == ("foreign_code", planted.owner)
    # He himself may, where he does not mislead himself.
    planted.execute(f'ALTER DATABASE "{planted.database.name}" RESET search_path')
    assert selected.restore(archive, planted.own, tables=[f"public.{name}"]).result.changed


@attack(DATABASE_OWNER, CLAIM)
@pytest.mark.parametrize(("restored", "trapped"), [("child", "parent"), ("parent", "child")])
def test_a_table_comes_back_whose_neighbour_has_a_trap(
    database: Any, tmp_path: Path, restored: str, trapped: str
) -> None:
    """The foreign keys of a restored table lead to the tables on their other side."""
    tables = (
        "CREATE TABLE parent (id int PRIMARY KEY, n int)",
        "CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent ON DELETE SET NULL)",
        "INSERT INTO parent VALUES (1, 1), (2, 2); INSERT INTO child VALUES (1, 1), (2, 2)",
    )
    with victim(database, *tables) as given:
        archive = runs.make_backup(given.superuser, tmp_path / "store").backup["path"]
        given.execute(
            "UPDATE parent SET n = 3; DELETE FROM child WHERE id = 2",
            f"CREATE INDEX ON {trapped} (id) WHERE public.trap('{trapped}')",
        )
        options = {"tables": [f"public.{restored}"], "if_not_empty": "replace"}
        for dry_run in (True, False):
            with given.unharmed(), pytest.raises(DatabaseError) as caught:
                selected.restore(archive, given.superuser, dry_run=dry_run, **options)
            assert (caught.value.code, caught.value.facts["problem"]) == ("foreign_code", "query")
            assert f"public.{trapped} " in str(caught.value)
        # He himself may.
        assert selected.restore(archive, given.own, **options).result.changed


@attack(DATABASE_OWNER, CLAIM)
@pytest.mark.parametrize("trap", ["index", "view"])
def test_a_ticket_comes_back_whose_contacts_have_a_trap(database: Any, tmp_path: Path, trap: str) -> None:
    tables = (
        'CREATE TABLE "Contacts" (id int PRIMARY KEY, "companyId" int)',
        'CREATE TABLE "Tickets" (id int PRIMARY KEY, "contactId" int, "companyId" int)',
        'INSERT INTO "Contacts" VALUES (1, 1); INSERT INTO "Tickets" VALUES (1, 1, 1), (2, 1, 1)',
    )
    with victim(database, *tables) as given:
        archive = runs.make_backup(given.superuser, tmp_path / "store").backup["path"]
        given.execute('DELETE FROM "Tickets" WHERE id = 1')
        if trap == "index":
            given.execute("CREATE INDEX ON \"Contacts\" (id) WHERE public.trap('contacts')")
        else:
            given.execute(
                'ALTER TABLE "Contacts" RENAME TO hidden',
                "CREATE VIEW \"Contacts\" AS SELECT * FROM hidden WHERE public.trap('contacts')",
            )
        with given.unharmed(), pytest.raises(DatabaseError) as caught:
            selected.restore(archive, given.superuser, tickets=(1,))
        assert caught.value.code == {"index": "foreign_code", "view": "undelete_contact_gone"}[trap]


@attack(DATABASE_OWNER, CLAIM)
def test_a_restore_in_place_looks_at_what_is_there(planted: Victim, tmp_path: Path) -> None:
    archive = runs.make_backup(planted.superuser, tmp_path / "store").backup["path"]
    with planted.unharmed():
        refused("target_not_empty", planted.superuser, archive, replace=False)
