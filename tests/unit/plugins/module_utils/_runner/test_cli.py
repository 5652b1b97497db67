# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils import _environment
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    CancelledError,
    HostError,
    Notice,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._outcome import Outcome
from ansible_collections.ticketz.sidekick.plugins.module_utils._run import job
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner import cli, report
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.verbs import VERBS, Verb
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.lock import Lock
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.state_dir import VARIABLE
from ansible_collections.ticketz.sidekick.tests.support.waiting import catches, wait_until

INFO = {
    "backups": [],
    "latest": None,
    "last_drill": None,
    "last_copied": None,
    "previous": [],
    "disk": {"percent": 1.0, "free": 1},
    "healthy": True,
    "problems": [],
}


class Done(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def state_dir(host_state: Path) -> Path:
    return host_state / "jobs"


@pytest.fixture
def run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Done]:
    """``run("prune", "--json", keep_last=1)``: run the command with these options; return its result."""

    def command(name: str, *arguments: str, **options: Any) -> Done:
        path = tmp_path / "options.json"
        path.write_text(json.dumps(options))
        path.chmod(0o600)
        status = cli.main([name, "--options", str(path), *arguments])
        return Done(status, *capsys.readouterr())

    return command


def ends(
    monkeypatch: pytest.MonkeyPatch, what: Outcome | BaseException, name: str = "backup_info"
) -> list[Any]:
    """Replace a verb by a function with a given result; return the arguments of its calls."""
    calls: list[Any] = []

    def verb(params: Any, check: bool) -> Outcome:
        calls.append((params, check))
        if isinstance(what, BaseException):
            raise what
        return what

    monkeypatch.setattr(
        cli, "load", lambda _: Verb(name, {"language": {"type": "str", "default": "en"}}, verb)
    )
    return calls


# --- verbs --------------------------------------------------------------------


def test_a_real_verb(run: Callable[..., Done], tmp_path: Path) -> None:
    done = run("backup-info", backup_dir=str(tmp_path))
    assert done.status == cli.INCOMPLETE
    assert done.out.startswith("The backups need attention.\n  critical: ")
    assert done.err == "" or done.err.startswith("Warning: ")


def test_json_is_one_document(run: Callable[..., Done], tmp_path: Path) -> None:
    done = run("backup_info", "--json", backup_dir=str(tmp_path))
    found = json.loads(done.out)
    assert done.err == ""
    assert (found["command"], found["failed"], found["changed"]) == ("backup_info", False, False)
    assert found["problems"][0]["code"] == "no_backup"


def test_the_language_is_an_option(run: Callable[..., Done], tmp_path: Path) -> None:
    assert run("backup-info", backup_dir=str(tmp_path), language="pt").out.startswith("Os backups precisam")
    missing = run("backup-info", backup_dir=str(tmp_path / "missing"), language="pt")
    assert missing.err.startswith("Erro: O diretório de backups ")
    wrong = run("backup-info", no_such="x", language="pt")
    assert wrong.err.startswith("Erro: Não existe a opção no_such")


def test_a_failure_is_one_sentence(run: Callable[..., Done], tmp_path: Path) -> None:
    done = run("prune", backup_dir=str(tmp_path / "missing"))
    assert (done.status, done.out) == (cli.FAILED, "")
    assert done.err == (
        f"Error: The backup directory {tmp_path}/missing does not exist. "
        "Create it, or correct the option backup_dir.\n"
    )


def test_a_failure_as_json(run: Callable[..., Done], tmp_path: Path) -> None:
    done = run("prune", "--json", backup_dir=str(tmp_path / "missing"))
    found = json.loads(done.out)
    assert (done.status, done.err, found["failed"], found["changed"]) == (cli.FAILED, "", True, False)
    assert found["error"] == {"code": "store_missing", "path": f"{tmp_path}/missing"}
    assert "does not exist" in found["msg"]


def test_wrong_options_are_a_matter_of_usage(run: Callable[..., Done], tmp_path: Path) -> None:
    done = run("prune", backup_dir=str(tmp_path), keep_lats=1)
    assert (done.status, done.out) == (cli.USAGE, "")
    assert "keep_last" in done.err


def test_a_readable_file_with_a_secret_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "options.json"
    path.write_text(json.dumps({"encryption_key": "hunter2 hunter2", "backup_dir": "/b", "no_such": 1}))
    path.chmod(0o640)
    assert cli.main(["verify", "--options", str(path)]) == cli.USAGE
    said = capsys.readouterr().err
    assert "encryption_key" in said
    assert "hunter2" not in said


def test_options_from_stdin(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(json.dumps({"backup_dir": str(tmp_path)}).encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert cli.main(["backup-info", "--options", "-"]) == cli.INCOMPLETE


def test_check_is_handed_over(run: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    calls = ends(monkeypatch, Outcome(False, INFO))
    assert run("backup-info", "--check").status == cli.OK
    assert run("backup-info").status == cli.OK
    assert [check for params, check in calls] == [True, False]


def test_libpq_variables_are_forgotten(run: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    ends(monkeypatch, Outcome(False, INFO))
    monkeypatch.setenv("PGOPTIONS", "-c search_path=evil")
    monkeypatch.setenv("PGHOST", "elsewhere")
    monkeypatch.setenv("PGN_OTHER", "stays")
    run("backup-info")
    assert "PGOPTIONS" not in os.environ
    assert "PGHOST" not in os.environ
    assert os.environ["PGN_OTHER"] == "stays"


def test_forgetting_twice_does_no_harm() -> None:
    _environment.forget_libpq_environment()
    _environment.forget_libpq_environment()


def test_every_verb_has_something_to_say() -> None:
    assert set(report._REPORTS) == set(VERBS)


@pytest.mark.parametrize(
    ("code", "facts", "status"),
    [
        ("file_vanished", {"path": "/a"}, cli.INCOMPLETE),
        ("directories_left", {"names": "private", "id": "b"}, cli.INCOMPLETE),
        ("redis_not_kept", {"cause": "-"}, cli.INCOMPLETE),
        ("config_unencrypted", {}, cli.OK),
    ],
)
def test_warnings_that_something_is_missing_have_a_status_of_their_own(
    run: Callable[..., Done],
    monkeypatch: pytest.MonkeyPatch,
    code: str,
    facts: dict[str, object],
    status: int,
) -> None:
    ends(monkeypatch, Outcome(True, INFO, (Notice(code, **facts),)))
    done = run("backup-info")
    assert done.status == status
    assert done.err.startswith("Warning: ")
    assert json.loads(run("backup-info", "--json").out)["warning_codes"] == [code]


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_being_stopped_has_the_status_of_the_signal(
    run: Callable[..., Done], monkeypatch: pytest.MonkeyPatch, name: str, status: int
) -> None:
    ends(monkeypatch, CancelledError("cancelled", signal=name))
    done = run("backup-info")
    assert done.status == status
    assert name in done.err
    ends(monkeypatch, KeyboardInterrupt())
    assert run("backup-info").status == 130


def test_a_defect_is_said_as_one(run: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    ends(monkeypatch, ZeroDivisionError("oops"))
    done = run("backup-info")
    assert done.status == cli.FAILED
    assert done.err.startswith(
        "Error: Something happened that this program does not expect (ZeroDivisionError: oops)"
    )
    assert "Traceback" not in done.err
    assert "Traceback" in run("backup-info", "-vvv").err


def test_names_that_no_terminal_can_show(run: Callable[..., Done], monkeypatch: pytest.MonkeyPatch) -> None:
    ends(monkeypatch, HostError("file_unreadable", path="/a\udcff", cause="ç"))
    assert "\\udcff" in run("backup-info").err
    assert json.loads(run("backup-info", "--json").out)["error"]["path"] == "/a\udcff"


# --- command line -------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["frobnicate"],
        ["backup"],
        ["backup", "--options"],
        ["backup", "--opt", "x"],
        ["backup", "--options", "x", "--login_password=x"],
        ["jobs", "--language", "fr"],
    ],
)
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == cli.USAGE
    assert capsys.readouterr().err.startswith("usage: ")


def test_help_tells_the_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    for status in (cli.OK, cli.FAILED, cli.USAGE, cli.INCOMPLETE):
        assert f"\n  {status}    " in said


# --- jobs ---------------------------------------------------------------------


@pytest.fixture
def running(state_dir: Path) -> Iterator[job.Job]:
    with job.Job.start("backup", state_dir) as one:
        one.progress(phase="database", bytes_expected=4_000_000, rows_expected=2000)
        one.progress.add(bytes=1_000_000, rows=1500)
        yield one


def test_no_jobs(capsys: pytest.CaptureFixture[str], state_dir: Path) -> None:
    assert cli.main(["jobs"]) == cli.OK
    assert capsys.readouterr().out == ""
    assert cli.main(["status"]) == cli.USAGE
    assert str(state_dir) in capsys.readouterr().err


def test_a_running_job(running: job.Job, capsys: pytest.CaptureFixture[str], state_dir: Path) -> None:
    wait_until(lambda: job.list_jobs(state_dir)[0].position.rows_done == 1500)
    assert cli.main(["jobs"]) == cli.OK
    line = capsys.readouterr().out
    assert line.startswith(f"{running.id}  running  ")
    assert line.endswith("  database\n")
    assert cli.main(["status"]) == cli.OK
    said = capsys.readouterr().out
    assert said.startswith(f"{running.id}: running\n")
    for part in (
        "phase: database",
        "bytes: 1.0 MB of 4.0 MB",
        "rows: 1,500 of 2,000",
        f"process {os.getpid()} on",
    ):
        assert part in said
    assert cli.main(["status", running.id, "--language", "pt"]) == cli.OK
    assert "linhas: 1.500 de 2.000" in capsys.readouterr().out


def test_ended_jobs(state_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with job.Job.start("prune", state_dir):
        pass
    with pytest.raises(HostError), job.Job.start("backup", state_dir) as failed:
        raise HostError("file_unreadable", path="/a", cause="no")
    with pytest.raises(CancelledError), job.Job.start("verify", state_dir):
        raise CancelledError("cancelled", signal="SIGTERM")
    assert cli.main(["jobs"]) == cli.OK
    said = capsys.readouterr().out
    for word in ("finished", "failed", "file_unreadable", "cancelled"):
        assert word in said
    assert cli.main(["status", failed.id]) == cli.OK
    assert "Error: /a can't be read" in capsys.readouterr().out
    assert cli.main(["jobs", "--json"]) == cli.OK
    found = json.loads(capsys.readouterr().out)["jobs"]
    assert {one["outcome"] for one in found} == {"finished", "failed", "cancelled"}
    assert cli.main(["status", "--json", failed.id]) == cli.OK
    assert json.loads(capsys.readouterr().out)["job"]["error"]["code"] == "file_unreadable"


def test_a_job_that_is_not_there(running: job.Job, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["status", "20260101T000000Z-backup-00000000", "--json"]) == cli.USAGE
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], error["known"]) == ("job_unknown", running.id)


# --- as a child process -------------------------------------------------------

PROGRAM = """
import sys
import threading
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner import cli
sys.exit(cli.main())
"""


def start(*arguments: str, **settings: Any) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        stdin=subprocess.PIPE,
        text=True,
        **{"env": environment, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **settings},
    )


def test_a_reader_that_goes_away_is_no_disaster(tmp_path: Path) -> None:
    process = start("backup-info", "--options", "-", "--json")
    assert process.stdin and process.stdout and process.stderr
    process.stdout.close()
    process.stdin.write(json.dumps({"backup_dir": str(tmp_path)}))
    process.stdin.close()
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
    assert process.wait(300) == cli.FAILED


def test_without_a_locale_names_can_still_be_shown(tmp_path: Path) -> None:
    path = tmp_path / "missing"
    kept = {VARIABLE: os.environ[VARIABLE]}
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PATH": os.defpath, **kept}
    process = start(
        *("backup-info", "--options", "-"),
        env={**environment, "LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    )
    out, err = process.communicate(json.dumps({"backup_dir": str(path), "language": "pt"}), timeout=300)
    assert (process.returncode, out) == (cli.FAILED, "")
    assert err.startswith("Erro: O diret\\xf3rio de backups ")


def test_a_signal_stops_a_waiting_run(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir(mode=0o700)
    holder = start("prune", "--options", "-", "--json")
    holder.communicate(json.dumps({"backup_dir": str(store)}), timeout=300)
    assert holder.returncode == cli.OK
    from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store

    with Store.open(store).lock("backup").acquire(0):
        process = start("prune", "--options", "-", "--json")
        assert process.stdin and process.stdout and process.stderr
        process.stdin.write(json.dumps({"backup_dir": str(store), "lock_timeout": 60}))
        process.stdin.close()
        wait_until(lambda: catches(process.pid, signal.SIGTERM))
        process.send_signal(signal.SIGTERM)
        out = process.stdout.read()
        process.stdout.close()
        process.stderr.close()
        assert process.wait(300) == 143
        assert json.loads(out)["error"]["code"] == "cancelled"


# --- waiting and cancelling -----------------------------------------------------


def test_waiting_for_a_job(running: job.Job, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["wait", running.id, "--timeout", "0.2"]) == cli.STILL_RUNNING
    assert capsys.readouterr().out.startswith(f"{running.id}: running\n")
    threading.Timer(0.5, running.finish, [{"id": "b"}]).start()
    assert cli.main(["wait", running.id, "--json"]) == cli.OK
    found = json.loads(capsys.readouterr().out)
    assert (found["command"], found["job"]["outcome"], found["job"]["result"]) == (
        "wait",
        "finished",
        {"id": "b"},
    )
    assert cli.main(["wait", "20260101T000000Z-backup-00000000"]) == cli.USAGE


def test_cancelling_a_job(state_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = tmp_path / "store"
    store.mkdir(mode=0o700)
    with Lock(store / ".lock", verb="backup").acquire():
        process = start("prune", "--options", "-", stdout=None, stderr=subprocess.DEVNULL)
        assert process.stdin
        process.stdin.write(json.dumps({"backup_dir": str(store), "lock_timeout": 60}))
        process.stdin.close()
        wait_until(lambda: bool(job.list_jobs(state_dir)))
        (found,) = job.list_jobs(state_dir)
        assert found.about == {"backup_dir": str(store)}
        wait_until(lambda: catches(process.pid, signal.SIGTERM))
        assert cli.main(["cancel", found.id, "--json"]) == cli.OK
    assert json.loads(capsys.readouterr().out)["job"]["outcome"] == "cancelled"
    assert process.wait(300) == 143
    assert cli.main(["cancel", found.id]) == cli.OK
    assert f"backup_dir: {store}" in capsys.readouterr().out
