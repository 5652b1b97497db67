# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actors: who has stolen the key that sends copies, and a hostile host that copies are fetched from.

Claims: the copies can be spoiled, so that no later run adds to them; claimed proofs are believed; memory is filled.
"""

from __future__ import annotations

import copy
import io
import json
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError, SidekickError
from ansible_collections.ticketz.sidekick.plugins.module_utils._offsite import (
    child,
    forced_command,
    incoming,
    record,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._offsite.target import PUSH
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import fields, sidecar
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.naming import RECORD_FILE
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.sidecar import Proof
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import SOURCE, add_backup, sidecar_for

ID = "backup_20260110_020000"


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    found = tmp_path / "copies"
    found.mkdir(mode=0o700)
    incoming.directory(found)
    return found


@pytest.fixture
def honest(tmp_path: Path) -> dict[str, Any]:
    """The record of the store that is copied."""
    path = tmp_path / "store"
    path.mkdir(mode=0o700)
    Store.open(path).claim(SOURCE)
    return fields.parse((path / RECORD_FILE).read_bytes())


def ask(directory: Path, command: str, document: Any) -> dict[str, Any]:
    """What the host answers to somebody with the key that sends."""
    data = document if isinstance(document, bytes) else fields.serialize(document)
    said: list[str] = []
    asked = {"SSH_ORIGINAL_COMMAND": f"ticketz-offsite-1 {command}", "SSH_CLIENT": "192.0.2.1 1 22"}
    forced_command.serve(directory, PUSH, asked, io.BytesIO(data), said.append)
    answer: dict[str, Any] = json.loads(said[0])
    return answer


def code(answer: dict[str, Any]) -> str:
    return str(answer.get("error", {}).get("code"))


def _with(**changes: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda honest: {**honest, **changes}


PAST = {"system_identifier": "7", "database": "x", "until": "2026-01-01T00:00:00Z", "reason": "adopted"}


@pytest.mark.parametrize(
    "forge",
    [
        _with(format=99),
        _with(format=None),
        _with(former="x"),
        _with(former=[{**PAST, "more": 1}]),
        _with(former=[{**PAST, "database": "x" * 300}]),
        _with(former=[PAST] * 1_001),
        _with(uuid="../../etc"),
        _with(source={"system_identifier": "7", "database": ["x"]}),
        _with(source={"system_identifier": "7", "database": "x", "more": 1}),
        _with(created="yesterday"),
        _with(more="x"),
        lambda _honest: b"[]",
        lambda _honest: b'{"former": ' + b"[" * 5_000,
        lambda honest: {**honest, "created": "x" * 20 * 1024 * 1024},
    ],
)
def test_a_record_that_no_store_writes(
    copies: Path, honest: dict[str, Any], forge: Callable[[Any], Any]
) -> None:
    assert ask(copies, "put-record", honest) == {"changed": True}
    before = (copies / RECORD_FILE).read_bytes()
    assert code(ask(copies, "put-record", forge(copy.deepcopy(honest)))) == "offsite_refused"
    assert (copies / RECORD_FILE).read_bytes() == before
    assert ask(copies, "put-record", honest) == {"changed": False}


@pytest.mark.parametrize("times", [1, 25])
def test_a_record_with_a_past_that_the_store_never_had(
    copies: Path, honest: dict[str, Any], times: int
) -> None:
    """It keeps no later run out, and what it replaced is there still."""
    ask(copies, "put-record", honest)
    for number in range(times):
        forged = {**honest, "former": [{**PAST, "database": f"x{number}"}]}
        assert ask(copies, "put-record", forged) == {"changed": True}
    assert ask(copies, "put-record", honest) == {"changed": True}
    assert fields.parse((copies / RECORD_FILE).read_bytes()) == honest
    assert fields.parse((copies / record.kept_name(1)).read_bytes()) == honest
    assert len(list(copies.glob(f"{RECORD_FILE}.*"))) <= record.MOST_KEPT


def test_a_record_of_another_store(copies: Path, honest: dict[str, Any]) -> None:
    forged = {**honest, "uuid": "00000000-0000-4000-8000-000000000000"}
    store = Store.open(copies)
    store.claim(SOURCE)
    assert code(ask(copies, "put-record", forged)) == "offsite_other_store"
    add_backup(store, ID)
    (copies / RECORD_FILE).unlink()
    assert code(ask(copies, "put-record", forged)) == "offsite_other_store"


@pytest.mark.parametrize("kind", ["verified", "drilled", "synced"])
def test_proofs_that_the_other_side_claims(copies: Path, kind: str) -> None:
    content = b"whatever somebody with the key has sent"
    file = f"{ID}.tar.gz"
    forged = sidecar_for(
        ID, content, proofs={kind: Proof("2030-01-01T00:00:00Z", "verify", "drill", duration=1.0)}
    )
    (incoming.directory(copies) / file).write_bytes(content)
    assert ask(copies, f"publish {file}", sidecar.to_json(forged)) == {}
    found = sidecar.load(sidecar.sidecar_path(copies / file)).proofs
    assert set(found) == {"verified", "synced"}
    assert {proof.by for proof in found.values()} == {"offsite"}


@pytest.mark.parametrize(
    "change", [{"format": 2}, {"size": -1}, {"file": "../x"}, {"proofs": {"x" * 17_000_000: {}}}]
)
def test_a_sidecar_that_no_store_writes(copies: Path, change: dict[str, Any]) -> None:
    content, file = b"x", f"{ID}.tar.gz"
    (incoming.directory(copies) / file).write_bytes(content)
    forged = {**sidecar.to_json(sidecar_for(ID, content)), **change}
    assert code(ask(copies, f"publish {file}", forged)) == "offsite_refused"
    assert not (copies / file).exists()


FLOODS = {
    "its answer has no end": "import sys\nwhile True: sys.stdout.write('x' * 65536)",
    "it complains without end, too": "import sys\nfor n in range(10**9): sys.stderr.write('e' * 65536); "
    "sys.stdout.write('x' * 65536)",
    "it takes no question": "import sys, os\nos.close(0)\nwhile True: sys.stdout.write('x' * 65536)",
}


@pytest.mark.parametrize("program", FLOODS.values(), ids=FLOODS)
def test_a_hostile_host_that_answers_without_end(program: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(HostError) as caught:
        child.run([sys.executable, "-c", program], limit=120, check=lambda: None, data=b"q" * 1_000_000)
    assert caught.value.code == "offsite_flood"
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 3 * child.LARGEST_OUTPUT


def test_a_program_whose_last_words_are_long(tmp_path: Path) -> None:
    """Held: what it says last is kept, what it was given has arrived, and its status is told."""
    program = (
        "import sys\ngiven = sys.stdin.read()\nsys.stderr.write('e' * 3_000_000 + '\\nthe end\\n')\n"
        "print(len(given))\nsys.exit(7)"
    )
    ended = child.run([sys.executable, "-c", program], limit=120, check=lambda: None, data=b"q" * 1_000_000)
    assert (ended.status, ended.output, ended.errors[-1]) == (7, b"1000000\n", "the end")


def test_more_of_a_log_than_one_run_sends(copies: Path) -> None:
    at = record.NOTHING
    answer = ask(copies, f"append audit.jsonl {at.size} {at.sha256}", b"x" * (record.MOST + 1))
    assert code(answer) == "offsite_refused"
    assert not (copies / "audit.jsonl").exists()
    assert issubclass(HostError, SidekickError)
