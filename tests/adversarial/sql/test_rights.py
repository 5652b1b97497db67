# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rights that docs/security.md names are enough, so that nobody needs a superuser."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.sequences import (
    SequencesRequest,
    fix_sequences,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.verify import VerifyRequest, verify
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.tests.adversarial.frame import DATABASE_OWNER, attack
from ansible_collections.ticketz.sidekick.tests.adversarial.sql import plants
from ansible_collections.ticketz.sidekick.tests.adversarial.sql.victims import Victim, victim
from ansible_collections.ticketz.sidekick.tests.support import in_place, runs
from ansible_collections.ticketz.sidekick.tests.support.servers import administer


@pytest.fixture
def owned(database: Any) -> Iterator[Victim]:
    with victim(database, plants.TABLES["predicate"], plants.TABLES["generated"]) as given:
        yield given


@pytest.fixture
def reader(owned: Victim) -> Iterator[Server]:
    """A role that may read everything, and nothing else."""
    name, password = f"backup_{secrets.token_hex(4)}", secrets.token_hex(8)
    administer(
        owned.database,
        f"CREATE ROLE {name} LOGIN PASSWORD '{password}'",
        f"GRANT pg_read_all_data TO {name}",
        f'GRANT CONNECT ON DATABASE "{owned.database.name}" TO {name}',
    )
    yield runs.reach(owned.database, user=name, password=password)
    owned.database.execute(f"DROP OWNED BY {name}")
    administer(owned.database, f"DROP ROLE {name}")


@attack(DATABASE_OWNER, "runs code with the rights of the role that backs up")
def test_a_role_that_only_reads_can_back_up_and_look(owned: Victim, reader: Server, tmp_path: Path) -> None:
    with owned.unharmed():
        made = runs.make_backup(reader, tmp_path / "store")
        found = fix_sequences(SequencesRequest(reader, dry_run=True))
    assert made.backup["database"]["tables"] == {"public.generated": 1, "public.predicate": 500}
    assert {change.changed for change in found.sequences} == {False}
    verify(VerifyRequest("latest", tmp_path / "store", "full", None, 2), runs.Run())


@pytest.mark.long
def test_the_owner_restores_in_place_and_by_a_new_database(
    owned: Victim, reader: Server, tmp_path: Path
) -> None:
    archive = runs.make_backup(reader, tmp_path / "store").backup["path"]
    owned.execute("DELETE FROM predicate")
    in_place.replace(owned.own, archive)
    assert owned.database.execute("SELECT count(*) FROM predicate") == [(500,)]
    owned.execute("DELETE FROM predicate")
    runs.make_restore(owned.own, tmp_path / "store", if_not_empty="replace", strategy="swap")
    assert owned.database.execute("SELECT count(*) FROM predicate") == [(500,)]
