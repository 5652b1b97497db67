# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError, DatabaseError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.sequences import (
    SequenceState,
    read_sequences,
    states_from_json,
    states_to_json,
    write_sequences,
)
from ansible_collections.ticketz.sidekick.tests.support import hard_cases
from ansible_collections.ticketz.sidekick.tests.support.schema_samples import opened


def test_every_state_comes_back(pg_version: int, make_database: Any) -> None:
    source, target = make_database(pg_version), make_database(pg_version)
    for database in (source, target):
        connection = database.connect()
        hard_cases.build(connection, rows=10, portable=True)
        connection.close()
    source.execute("SELECT setval('sequences.not_called', 17, false)")
    target.execute("SELECT setval('sequences.standalone', 999999); SELECT nextval('sequences.untouched')")
    with opened(source) as session:
        states = read_sequences(session)
    assert states_from_json(states_to_json(states)) == states
    with opened(target) as session:
        assert read_sequences(session) != states
        write_sequences(session, states)
        assert read_sequences(session) == states
    by_name = {state.name: state for state in states}
    assert by_name["not_called"] == SequenceState("sequences", "not_called", 17, False)
    assert by_name["huge"] == SequenceState("sequences", "huge", 2**63 - 1, True)


@pytest.mark.long
def test_thousands_of_sequences(database: Any) -> None:
    database.execute("DO $$ BEGIN FOR n IN 1..3000 LOOP EXECUTE 'CREATE SEQUENCE s' || n; END LOOP; END $$")
    with opened(database) as session:
        states = read_sequences(session)
        write_sequences(session, [SequenceState(one.schema, one.name, 7, True) for one in states])
        again = read_sequences(session)
    assert len(again) == 3000
    assert {(one.last_value, one.is_called) for one in again} == {(7, True)}


def test_a_sequence_that_is_not_there_is_named(database: Any) -> None:
    with opened(database) as session, pytest.raises(DatabaseError) as caught:
        write_sequences(session, [SequenceState("public", "No such one", 1, True)])
    assert "No such one" in str(caught.value)


_GOOD = {"schema": "public", "name": "s", "last_value": 1, "is_called": True}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[1]",
        b"\xff",
        b"[" * 100_000,
        json.dumps([{**_GOOD, "more": 1}]).encode(),
        json.dumps([{"schema": "public"}]).encode(),
        json.dumps([{**_GOOD, "last_value": "1"}]).encode(),
        json.dumps([{**_GOOD, "last_value": True}]).encode(),
        json.dumps([{**_GOOD, "last_value": 1.5}]).encode(),
        json.dumps([{**_GOOD, "last_value": 2**63}]).encode(),
        json.dumps([{**_GOOD, "is_called": 1}]).encode(),
        json.dumps([{**_GOOD, "name": None}]).encode(),
        json.dumps([{**_GOOD, "name": "\ud800"}]).encode(),
        json.dumps([_GOOD, _GOOD]).encode(),
        b'[{"schema":"public","name":"s","is_called":true,"last_value":' + b"9" * 5000 + b"}]",
    ],
)
def test_a_hostile_list_is_refused(data: bytes) -> None:
    with pytest.raises(ArchiveError) as caught:
        states_from_json(data)
    assert caught.value.code == "json_invalid"
