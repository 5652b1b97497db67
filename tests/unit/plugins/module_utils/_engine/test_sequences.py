# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.sequences import (
    SequencesRequest,
    fix_sequences,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import DatabaseError
from ansible_collections.ticketz.sidekick.tests.support import hard_cases
from ansible_collections.ticketz.sidekick.tests.support.schema_samples import engine


def broken(database: Any) -> None:
    connection = database.connect()
    hard_cases.add_broken_sequences(connection)
    connection.commit()
    connection.close()


def test_after_a_careless_import_every_insert_works_again(pg_version: int, make_database: Any) -> None:
    database = make_database(pg_version)
    broken(database)
    result = fix_sequences(SequencesRequest(engine(database)))
    assert result.changed
    assert {one.sequence: one.new for one in result.sequences if one.changed} == {
        "broken_sequences.behind_by_one_id_seq": 2,
        "broken_sequences.behind_down_id_seq": -51,
        "broken_sequences.behind_id_seq": 101,
        "broken_sequences.behind_step_id_seq": 45,
        "broken_sequences.shared": 78,
    }
    for table in ("behind", "behind_by_one", "behind_down", "behind_step", "empty_but_called", "shared_low"):
        database.execute(f"INSERT INTO broken_sequences.{table} DEFAULT VALUES")
    assert [notice.code for notice in result.notices] == ["sequence_range"]


def test_a_second_run_changes_nothing(database: Any) -> None:
    broken(database)
    first = fix_sequences(SequencesRequest(engine(database)))
    second = fix_sequences(SequencesRequest(engine(database)))
    assert (first.changed, second.changed) == (True, False)
    assert second.before == second.after == first.after


def test_a_dry_run_says_what_would_happen_and_does_nothing(database: Any) -> None:
    broken(database)
    dry = fix_sequences(SequencesRequest(engine(database), dry_run=True))
    real = fix_sequences(SequencesRequest(engine(database)))
    assert (dry.changed, dry.sequences) == (real.changed, real.sequences)
    assert [str(notice) for notice in dry.notices] == [str(notice) for notice in real.notices]
    assert dry.before["broken_sequences.behind_id_seq"] == 1
    assert dry.after["broken_sequences.behind_id_seq"] == 101


def test_only_some_schemas_or_sequences(database: Any) -> None:
    broken(database)
    database.execute("CREATE TABLE t (id serial)")
    one = fix_sequences(SequencesRequest(engine(database), schemas=("public",)))
    assert [change.sequence for change in one.sequences] == ["public.t_id_seq"]
    two = fix_sequences(SequencesRequest(engine(database), sequences=("behind_id_seq",)))
    assert [change.sequence for change in two.sequences] == ["broken_sequences.behind_id_seq"]
    for request, code in (
        (SequencesRequest(engine(database), schemas=("nowhere",)), "sequence_unknown"),
        (SequencesRequest(engine(database), sequences=("nothing",)), "sequence_unknown"),
    ):
        with pytest.raises(DatabaseError) as caught:
            fix_sequences(request)
        assert caught.value.code == code
