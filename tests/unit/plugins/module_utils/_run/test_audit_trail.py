# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import pwd
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    CancelledError,
    Notice,
    StoreError,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._run import audit_trail
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run_job import run_job
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.options import validate
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.verbs import VERBS, load
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import audit, audit_check
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import (
    MOUNTED,
    SOURCE,
    add_backup,
    forked,
    id_before,
    on_own_mount,
)


@pytest.fixture
def elsewhere(host_state: Path) -> Path:
    """The directory of the host's log."""
    return host_state / "audit"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store.open(tmp_path / "store", create=True)
    store.claim(SOURCE)
    return store


def _lines(directory: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in (directory / audit.LOG_FILE).read_text().splitlines()]
    except FileNotFoundError:
        return []


def _params(verb: str, **options: Any) -> dict[str, Any]:
    return dict(validate(load(verb).spec, options, verb=verb, source="test"))


def test_who_has_done_what(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ana")
    params = _params("prune", backup_dir=str(store.path), keep_last=1, requested_by="bruno (AWX)")
    notices: list[Notice] = []
    with run_job("prune", notices, False, params) as job:
        job.note(removed=["backup_20260101_000000"])
    assert notices == []
    begin, end = _lines(store.path)
    for line in (begin, end):
        assert line["user"] == pwd.getpwuid(os.geteuid()).pw_name
        assert (line["uid"], line["sudo_user"], line["requested_by"]) == (os.geteuid(), "ana", "bruno (AWX)")
        assert (line["verb"], line["host"]) == ("prune", os.uname().nodename)
        assert line["asked"] == {"backup_dir": str(store.path)}
        assert line["producer"].startswith("ticketz.sidekick ")
    assert (begin["event"], end["event"], begin["job"]) == ("begin", "end", end["job"])
    assert (end["result"], end["outcome"]) == ("done", {"removed": ["backup_20260101_000000"]})


@pytest.mark.parametrize(
    ("error", "result", "code"),
    [
        (StoreError("store_missing", path="/x"), "failed", "store_missing"),
        (CancelledError("cancelled", signal="SIGTERM"), "cancelled", "cancelled"),
        (RuntimeError("secret"), "failed", "internal_error"),
        (KeyboardInterrupt(), "failed", "internal_error"),
    ],
)
def test_a_run_that_fails_is_recorded_with_its_code(
    error: BaseException, result: str, code: str, store: Store
) -> None:
    with pytest.raises(type(error)), run_job("prune", [], False, {"backup_dir": str(store.path)}) as job:
        job.note(removed=["backup_20260101_000000"])
        raise error
    end = _lines(store.path)[-1]
    # The log includes what was done before the failure.
    assert (end["result"], end["code"]) == (result, code)
    assert end["outcome"] == {"removed": ["backup_20260101_000000"]}
    assert "secret" not in (store.path / audit.LOG_FILE).read_text()


def test_a_killed_run_has_begun_and_not_ended(store: Store) -> None:
    params = _params("restore", backup_dir=str(store.path))

    def run() -> None:
        with run_job("restore", [], False, params):
            time.sleep(60)

    with forked(run) as pid:
        while not _lines(store.path):
            time.sleep(0.01)
        os.kill(pid, signal.SIGKILL)
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    with run_job("restore", [], False, params):
        pass
    assert [line["event"] for line in _lines(store.path)] == ["begin", "begin", "end"]
    assert audit_check.check(store.path, []).problems == ()


def test_check_mode_records_nothing(store: Store, elsewhere: Path) -> None:
    with run_job("prune", [], True, {"backup_dir": str(store.path)}):
        pass
    assert _lines(store.path) == _lines(elsewhere) == []


def test_every_verb_that_touches_something_is_recorded() -> None:
    """All verbs that change something use run_job; verbs that only read do not."""
    recorded = {verb for verb in VERBS if "requested_by" in load(verb).spec}
    assert recorded == set(VERBS) - {"backup_info", "stack_info"}


def test_neither_secrets_nor_contents_are_asked(store: Store) -> None:
    params = _params(
        "restore",
        backup_dir=str(store.path),
        encryption_key="hidden",
        login_password="hidden",
        tables=["Contacts"],
        paths=["public:company1/photo of somebody.jpg"],
        directories={"public": "/srv/public"},
    )
    # The runner can't set an option within an option.
    params["rows"] = {"Contacts": {"number": ["5511999999999"]}}
    assert audit_trail.asked(params) == {
        "backup": "latest",
        "backup_dir": str(store.path),
        "tables": ["Contacts"],
        "rows": {"Contacts": ["number"]},
        "paths": 1,
        "directories": ["public"],
        "strategy": "auto",
        "if_not_empty": "fail",
    }


def test_runs_without_a_store_are_in_the_hosts_own_log(store: Store, elsewhere: Path, tmp_path: Path) -> None:
    archive = add_backup(store, id_before(hours=1))
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    for verb, options, place in (
        ("restore", {"backup": str(archive)}, store.path),
        ("restore", {"backup": "latest", "backup_dir": str(store.path)}, store.path),
        ("restore", {"backup": str(foreign / "ticketz-backup-20260101000000.tar.gz")}, elsewhere),
        ("restore", {"backup_dir": str(foreign)}, elsewhere),
        ("import", {"archive": str(foreign / "retrieved_data.tar.gz")}, elsewhere),
        ("fix_sequences", {}, elsewhere),
        ("backup", {"backup_dir": str(foreign)}, foreign),
    ):
        assert audit_trail.place(verb, options) == place
    notices: list[Notice] = []
    with run_job("fix_sequences", notices, False, {}):
        pass
    assert notices == []
    assert [line["verb"] for line in _lines(elsewhere)] == ["fix_sequences"] * 2
    assert elsewhere.stat().st_mode & 0o777 == 0o700


def test_a_missing_directory_is_told_by_the_verb_alone(tmp_path: Path, elsewhere: Path) -> None:
    notices: list[Notice] = []
    missing = {"backup_dir": str(tmp_path / "missing")}
    with pytest.raises(StoreError), run_job("backup", notices, False, missing):
        Store.open(tmp_path / "missing")
    assert notices == []
    assert _lines(elsewhere)[-1]["code"] == "store_missing"
    assert not (tmp_path / "missing").exists()


def test_a_store_that_cannot_be_written_stops_no_restore(store: Store, elsewhere: Path) -> None:
    record = (store.path / "store.json").read_bytes()

    def restore() -> None:
        (store.path / "store.json").write_bytes(record)
        os.chmod(store.path, 0o500)
        with open(store.path / "filler", "wb", buffering=0) as file, pytest.raises(OSError):
            while True:
                file.write(b"x" * 4096)
        notices: list[Notice] = []
        with run_job("restore", notices, False, {"backup_dir": str(store.path)}):
            pass
        assert [notice.code for notice in notices] == ["audit_elsewhere"]
        assert str(elsewhere) in notices[0].text("pt")

    assert on_own_mount(store.path, "size=64k", restore) in {"", *MOUNTED}
    assert [line["event"] for line in _lines(elsewhere)] == ["begin", "end"]


def test_not_even_when_there_is_no_place_at_all(store: Store, elsewhere: Path) -> None:
    for path in (store.path / audit.LOG_FILE, elsewhere):
        os.symlink("/nowhere/at/all", path)
    notices: list[Notice] = []
    done = False
    with run_job("restore", notices, False, {"backup_dir": str(store.path)}):
        done = True
    assert done
    assert [notice.code for notice in notices] == ["audit_unwritable"]
