# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors that tests can't cause with real systems: wrong answers of a server, a disk that loses files, a lost host.

Each test calls the function that detects the error, with simulated input.
"""

from __future__ import annotations

import inspect
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace as Fake
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils import _module
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.rediskeys import RedisKey
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.rehearsal import (
    DirectoriesRehearsal,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.point_in_time import PointInTime
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.redis.keys import RedisRestore
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine import (
    drill,
    import_tables,
    outage,
    restore,
    restore_request,
    undo,
    verify,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.selective_paths import PathRestore
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    DatabaseError,
    HostError,
    Notice,
    SidekickError,
    StoreError,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._offsite import (
    child,
    record,
    remote,
    rsync,
    target,
    transfer,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres import (
    embedded,
    embedded_packages,
    scratch_database,
    sequence_probe,
    session,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres import target as target_server
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.load import Loader
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.merge import TableMerge
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.schema_sql import Entry
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner import (
    exporter,
    metrics,
    monitoring_commands,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack import directories, quiesce
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.container import Mount
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import proofs
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap import recover, switch
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.journal import Journal
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.record import (
    DONE,
    PREPARED,
    RESTORE,
    DatabaseSwap,
    DirectorySwap,
    Record,
)
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.in_place import execute

#: Replaces any object of which a function reads only a few attributes.
fake: Any = Fake
_PLACE: Any = Fake(place="here:5432", database="ticketz")
_SERVER = Server("127.0.0.1", 1, "ana", database="ticketz", connect_timeout=1)
_TARGET = target.Target("far.example.org", 22, "copies", Path("/id"), Path("/known"))


def _nothing(*_arguments: Any, **_more: Any) -> None:
    """Accept any arguments, and do nothing."""


def _raising(error: SidekickError) -> Callable[..., Any]:
    def refuse(*_arguments: Any, **_more: Any) -> None:
        raise error

    return refuse


def caught(work: Callable[[], object]) -> SidekickError:
    """Return the error that a function raises."""
    with pytest.raises(SidekickError) as found:
        work()
    return found.value


def says(found: SidekickError | Notice, code: str, *names: str) -> None:
    """Assert that an error or notice has a code, and that its text contains names, in both languages."""
    assert found.code == code, found
    for text in (found.text("en"), found.text("pt")):
        assert all(name in text for name in names), text


def _record(tmp_path: Path, state: str, **more: Any) -> Record:
    """Return the record of a restore of one directory, written to the test's journal."""
    live, spare = tmp_path / "live", tmp_path / "spare"
    live.mkdir()
    spare.mkdir()
    found = Record(
        "20260131_020000-000000-00000000",
        RESTORE,
        "2026-01-31T02:00:00Z",
        "backup_20260131_020000",
        keep=True,
        state=state,
        pairs=0,
        directories=(DirectorySwap("public", str(live), str(spare), inside=False, full=True),),
        **more,
    )
    journal = Journal(tmp_path / "journal")
    journal.path.mkdir(mode=0o700)
    journal.write(found)
    journal.write_pairs(found.id, [])
    return found


def test_a_server_that_does_not_let_this_address_in() -> None:
    """Simulated, because the tests' servers accept every user with a password."""
    text = 'FATAL:  no pg_hba.conf entry for host "10.0.0.9", user "ana", database "ticketz", SSL off'
    says(session._connection_error(_SERVER, text), "login_not_allowed", "ana", "ticketz", "10.0.0.9")


@pytest.mark.parametrize(
    ("state", "code"), [("53100", "server_disk_full"), ("53200", "server_out_of_memory")]
)
def test_a_server_without_space_or_memory(database: Any, state: str, code: str) -> None:
    raised = f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}', MESSAGE = 'no more'; END $$"
    with session.Session.open(runs.reach(database)) as one:
        says(caught(lambda: one.execute(raised, context="loading")), code, "no more", "loading")


def test_a_table_that_is_not_counted_as_it_is_read(
    database: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For example, because of a corrupt index."""
    from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres import copy_out

    execute(runs.reach(database), "CREATE TABLE t (id int); INSERT INTO t VALUES (1)")
    monkeypatch.setattr(copy_out, "row_digest_sql", lambda *_parts: "SELECT 7, '0'")
    found = caught(lambda: runs.make_backup(runs.reach(database), tmp_path / "store"))
    says(found, "rows_differ", "public.t", "7")


def test_a_comment_that_only_another_may_set(database: Any) -> None:
    reach = runs.reach(database)
    role = f"plain_{database.name}"[-60:]
    execute(reach, f"CREATE ROLE {role} LOGIN PASSWORD 'word'")
    loader = fake(_administer=None, _functions_of=lambda _entry: (), _notices=[], adaptations=[])
    entry = Entry("EXTENSION plpgsql", "COMMENT", None, None, "COMMENT ON EXTENSION plpgsql IS 'ours';")
    try:
        with session.Session.open(runs.reach(database, user=role, password="word")) as one:
            one.execute("BEGIN")
            Loader._execute(loader, one, entry)
    finally:
        execute(reach, f"DROP ROLE {role}")
    says(loader._notices[0], "comment_not_restored", "EXTENSION plpgsql")


def test_drills_on_a_server_that_others_use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(scratch_database, "_TERMINATE_TIMEOUT", -1)
    busy = fake(_home=_PLACE, _maintenance=fake(query=lambda *_sql: [(7, "eve", "psql")]))
    found = caught(lambda: scratch_database.ScratchDatabase._disconnect_others(busy, "scratch", []))
    says(found, "drill_not_alone", "scratch", "eve (psql)")

    @contextmanager
    def attach(*_parts: Any) -> Iterator[Any]:
        yield fake(leftover="scratch_7")

    monkeypatch.setattr(scratch_database.ScratchDatabase, "attach", attach)
    one = fake(jobs=1, plan=_PLACE, notices=[], _restore=_nothing, _report=_nothing)
    drill._Drill.run_on(one, _SERVER)
    says(one.notices.pop(), "drill_leftover", "scratch_7", "here:5432")
    proof = fake(proof=sequence_probe.UNPROVED, table="t", sequence="public.t_id_seq", detail="a trigger")
    drill._Drill._report(one, fake(sequences=[proof]))
    says(one.notices.pop(), "drill_sequences_unproved", "public.t_id_seq (a trigger)")
    files = fake(_places=[tmp_path], files=3)
    found = caught(lambda: DirectoriesRehearsal.count(files))
    says(found, "drill_files_lost", "3", "0")


def test_a_host_that_can_not_start_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_packages, "installations", list)
    says(caught(lambda: embedded_packages.choose(16, ())), "embedded_missing", sys.executable)
    monkeypatch.setattr(embedded, "_ACCOUNTS", ("nobody-of-that-name",))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    says(caught(embedded._Account.find), "embedded_account", "nobody-of-that-name")
    broken = """print('{"failed": "no such locale: secret"}')"""
    monkeypatch.setattr(inspect, "getsource", lambda _module: broken)

    def start() -> None:
        with embedded._guarded(_PLACE, {}, 0, _nothing, "secret"):
            raise AssertionError("it has not failed")

    says(caught(start), "embedded_failed", "no such locale: ***")


def test_transactions_whose_end_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = DatabaseError("connection_lost", server="here:5432", context="commit", cause="it broke")
    gone = DatabaseError("server_unreachable", server="here:5432", seconds=1, cause="refused")
    monkeypatch.setattr(session.Session, "open", _raising(gone))
    found = caught(lambda: import_tables._committed(_SERVER, "77", lost))
    says(found, "import_undecided", "127.0.0.1:1", "ticketz")
    database = DatabaseSwap("here:5432", "1", "ticketz", "new", 1, "old", 2)
    away = fake(
        exchange=_raising(lost),
        is_lost=lambda: True,
        reopened=_raising(gone),
    )
    found = caught(lambda: switch.exchange_database(fake(database=database), away, evict=True))
    says(found, "swap_undecided", "here:5432", "ticketz")
    monkeypatch.setattr(target_server, "_TERMINATE_TIMEOUT", -1)
    stays = fake(_session=fake(value=lambda *_sql: 1), place="here:5432")
    found = caught(lambda: target_server.TargetServer.wait_for_backend_exit(stays, 4711))
    says(found, "backend_stays", "4711", "here:5432")


def test_what_was_put_back_and_is_not_there(tmp_path: Path) -> None:
    found = TableMerge.differs(fake(session=fake(server=_PLACE), key="public.Users"))
    says(found, "selected_rows_differ", "public.Users", "ticketz")
    key = RedisKey(b"TICKETZ_JWT_SECRET", "string", b"secret", None)
    keys = fake(_put=_nothing, _new=lambda _key: b"new", server=_PLACE)
    client = fake(type=lambda _name: b"list")
    found = caught(lambda: RedisRestore._stage(keys, client, [key]))
    says(found, "redis_differs", "TICKETZ_JWT_SECRET", "here:5432")
    staging = tmp_path / ".restore.1"
    staging.mkdir()
    stuck = fake(take_back=_fail_to_write)
    places = fake(_installers=[(stuck, fake(staging=staging, place=fake(live=tmp_path / "public")))])
    found = caught(lambda: PathRestore._take_back(places, 1))
    says(found, "paths_not_taken_back", str(tmp_path / "public"), str(tmp_path / ".kept.1"))


def _fail_to_write() -> None:
    raise HostError("write_failed", path="/srv/public", cause="Input/output error")


def test_interrupted_exchanges(tmp_path: Path) -> None:
    done = _record(tmp_path, PREPARED)
    journal = Journal(tmp_path / "journal")
    (pending,) = recover.recover(journal, None, {}, dry_run=True)
    says(pending, "swap_pending", done.backup)
    (settled,) = recover.recover(journal, None, {"public": tmp_path / "live"}, dry_run=False)
    says(settled, "swap_settled", done.backup)
    assert settled.facts["problem"] == "completed"


def test_undoings(tmp_path: Path) -> None:
    database = DatabaseSwap("here", "1", "ticketz", None, None, None, None, "77", "/b/backup_1.tar.gz")
    found = caught(lambda: undo._check(fake(database=database), fake()))
    says(found, "undo_in_place", "ticketz", "/b/backup_1.tar.gz")
    _record(tmp_path, DONE, config=("/srv/ticketz/.env",))
    (tmp_path / "spare" / "photo.jpg").write_bytes(b"picture")
    here = restore_request.Installation(_SERVER, {"public": tmp_path / "live"}, journal=tmp_path / "journal")
    undone = undo.undo(here, Run())
    assert (tmp_path / "live" / "photo.jpg").read_bytes() == b"picture"
    says(undone.notices[-1], "config_stays", "/srv/ticketz/.env")


def test_an_application_that_is_not_well(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = {"containers": "backend", "seconds": "120", "cause": "it restarts", "command": "docker logs"}
    error = HostError("application_unhealthy", problem="undo", **facts)
    wanted = fake(if_unhealthy=restore_request.UNDO, installation=None)
    found = restore._unhealthy(wanted, fake(previous=None), error, Run())
    says(found, "application_unhealthy", "backend", "docker logs")
    assert found.facts["problem"] == "for_good"
    gone = DatabaseError("server_unreachable", server="here:5432", seconds=1, cause="off")
    monkeypatch.setattr(undo, "undo", _raising(gone))
    found = restore._unhealthy(wanted, fake(previous={"database": "old"}), error, Run())
    says(found, "application_unhealthy_twice", "it restarts", "off")


def test_containers_that_do_not_hold_still_long_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    expired = fake(expired=True, containers=["backend"], seconds=30.0, end=_nothing)
    notices: list[Notice] = []
    moment = PointInTime(fake(bound=30), [], notices, Run())
    moment._taken(expired)
    says(notices.pop(), "quiesce_expired", "backend", "30")
    monkeypatch.setattr(outage, "Quiesce", lambda *_parts: _Quiesced())
    stopped = outage.Outage(fake(concerns=lambda _used: True, application=None), notices, Run())
    with stopped.around(frozenset()):
        pass
    says(notices.pop(), "application_started_early", "backend")
    stuck = quiesce._stuck(quiesce.PAUSE, [{"name": "backend", "cause": "no answer"}])
    says(stuck, "quiesce_stuck", "backend", "no answer", "docker unpause backend")
    volume = {
        "Driver": "local",
        "Options": {"device": "nas:/media", "o": "addr=nas"},
        "Mountpoint": "/nowhere",
    }
    mount = Mount("volume", "", "/backend/public", "media", "local", True)
    found = caught(lambda: directories._path(fake(volume=lambda _name: volume), mount))
    says(found, "stack_volume_elsewhere", "media", "nas:/media")


class _Quiesced:
    """Containers that a guardian has resumed too early."""

    expired, containers = True, ("backend",)

    def __enter__(self) -> _Quiesced:
        return self

    def __exit__(self, *_how: object) -> None:
        """Nothing must be resumed."""


def test_copies_that_do_not_arrive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for code, status, said in (
        ("offsite_interrupted", 12, "connection unexpectedly closed"),
        ("offsite_transfer_failed", 23, "some files could not be transferred"),
        ("offsite_disk_full", 11, "write failed: No space left on device (28)"),
    ):
        failed = rsync.failure(_TARGET, child.Ended(status, b"", (f"rsync: {said}",)), "b.tar", "far")
        assert failed
        says(failed, code, "b.tar")
    asked = remote.Remote(_TARGET, 1, _nothing)
    for output, code in (
        (b"Welcome!", "offsite_no_gate"),
        (b'{"error": {"code": "store_missing", "message": "no directory"}}', "offsite_answer"),
    ):
        monkeypatch.setattr(child, "run", lambda *_parts, _said=output, **_more: child.Ended(0, _said, ()))
        says(caught(lambda: asked.ask("list")), code, "far.example.org")
    sides, there = fake(where="far"), fake(staged={}, free=5)
    plan = fake(missing=[fake(file="b.tar", size=10**9)])
    found = caught(lambda: transfer._require_space(sides, plan, there))
    says(found, "offsite_no_space", "b.tar", "far")
    found = caught(lambda: record.append(tmp_path, "audit.jsonl", record.Extent(5, "0" * 64), b"line\n"))
    says(found, "offsite_log_differs", str(tmp_path / "audit.jsonl"))


def test_programs_that_do_not_start_or_do_not_end() -> None:
    found = caught(lambda: child.run(["/nowhere/rsync"], limit=1, check=_nothing))
    says(found, "offsite_program_missing", "/nowhere/rsync")
    found = caught(lambda: child.run([sys.executable, "-c", "input()"], limit=-1, check=_nothing))
    says(found, "offsite_timeout", sys.executable)


def test_metrics_that_nobody_can_get(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "registry", lambda _settings: None)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        wanted = fake(address="127.0.0.1", port=port)
        says(caught(lambda: exporter.serve(wanted, _nothing, _nothing)), "exporter_address", str(port))
    found = caught(lambda: monitoring_commands._no_textfile("/etc/monitoring.json"))
    says(found, "textfile_missing", "/etc/monitoring.json")


def test_a_proof_that_can_not_be_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = StoreError("store_read_only", path="/backups")
    monkeypatch.setattr(proofs, "record_proof", _raising(refused))
    notices: list[Notice] = []
    wanted, located = fake(dry_run=False, key=None), fake(store=fake(), path=Path("/backups/b.tar"))
    verify._record(wanted, located, "verified", verify._proof(verify.FULL), notices)
    says(notices.pop(), "proof_not_recorded", "/backups/b.tar", "/backups")


def test_a_secret_that_is_an_ordinary_word() -> None:
    module = fake(argument_spec={"login_password": {"no_log": True}}, params={"login_password": "done"})
    (notice,) = _module._masked(module, {"state": "done"})
    says(notice, "secret_masks_results", "login_password")
    assert _module._masked(module, {"state": "kept"}) == []
