# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import Notice
from ansible_collections.ticketz.sidekick.plugins.module_utils._outcome import Outcome
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner import cli, plan, scheduled
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.verbs import Verb
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import state_dir
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.lock import Lock
from ansible_collections.ticketz.sidekick.tests.support.verb_runs import login
from ansible_collections.ticketz.sidekick.tests.support.waiting import catches, wait_until

PROGRAM = """
import sys
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner import cli
sys.exit(cli.main())
"""


class Done(NamedTuple):
    status: int
    out: str
    err: str


class Place:
    """A directory with a plan, and the files that its runs write."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.store = base / "store"
        self.store.mkdir(mode=0o700)
        self.path = base / "plan.json"
        self.log, self.status, self.mail = base / "log", base / "status.json", base / "mail"
        self.sendmail = base / "sendmail"
        self.sendmail.write_text(f"#!/bin/sh\ncat >> {self.mail}\n")
        self.sendmail.chmod(0o755)

    def write(self, *steps: dict[str, Any], **more: Any) -> None:
        document = {
            "name": "daily",
            "steps": list(steps),
            "lock_file": str(self.base / "lock"),
            "lock_timeout": 0,
            "log_file": str(self.log),
            "status_file": str(self.status),
            "mail_to": ["root"],
            "sendmail": str(self.sendmail),
            **more,
        }
        self.path.write_text(json.dumps(document))
        self.path.chmod(0o600)

    def run(self, *arguments: str, **environment: str) -> Done:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, "run", "--plan", str(self.path), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env=self.environment(**environment),
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def environment(self, **more: str) -> dict[str, str]:
        # The same minimal environment as in cron.
        known = {
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "PATH": "/usr/bin:/bin",
            "SHELL": "/bin/sh",
            state_dir.VARIABLE: os.environ[state_dir.VARIABLE],
        }
        return {**known, "HOME": str(self.base), "LOGNAME": "root", **more}

    @property
    def mailed(self) -> str:
        """Return the mails, with folded lines joined."""
        return self.mail.read_text().replace("=\n", "")

    @property
    def told(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.status.read_text())
        return found


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def info(place: Place) -> dict[str, Any]:
    return {"backup_info": {"backup_dir": str(place.store)}}


@pytest.fixture
def prune(place: Place) -> dict[str, Any]:
    return {"prune": {"backup_dir": str(place.store), "keep_last": 1}}


def test_a_run_says_nothing_where_cron_would_mail_it_and_all_in_its_log(
    place: Place, prune: dict[str, Any]
) -> None:
    place.write(prune)
    assert place.run() == (0, "", "")
    lines = place.log.read_text().splitlines()
    assert [line.split("]", 1)[1] for line in lines] == [
        " INFO: Begin of daily: prune",
        " INFO: Nothing to remove; backups kept: 0.",
        " INFO: End of daily, status 0",
    ]
    assert lines[0].split(" ")[1].startswith("daily[")
    assert stat.S_IMODE(place.log.stat().st_mode) == stat.S_IMODE(place.status.stat().st_mode) == 0o600
    assert not place.mail.exists()
    told = place.told
    assert (told["state"], told["exit_status"], told["name"], told["error"]) == ("finished", 0, "daily", None)
    assert told["last_success"] == told["finished"] >= told["started"]
    assert [(step["verb"], step["changed"], step["exit_status"]) for step in told["steps"]] == [
        ("prune", False, 0)
    ]


def test_under_systemd_the_journal_gets_the_lines(place: Place, prune: dict[str, Any]) -> None:
    place.write(prune)
    done = place.run(JOURNAL_STREAM="8:1234")
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines()[0] == "Begin of daily: prune"


def test_a_failure_ends_the_plan_and_is_told(
    place: Place, prune: dict[str, Any], info: dict[str, Any]
) -> None:
    place.write({"verify": {"backup_dir": str(place.store)}}, prune, info, language="pt")
    assert place.run() == (1, "", "")
    told = place.told
    assert (told["state"], told["exit_status"], told["error"]["code"]) == ("failed", 1, "backup_none")
    assert [step["verb"] for step in told["steps"]] == ["verify"]
    assert told["last_success"] is None
    assert told["notified"] == {"mail": True}
    mail = place.mailed
    assert "To: root" in mail
    assert "ERROR: N" in place.log.read_text() + mail
    place.write(prune)
    assert place.run().status == 0
    assert place.told["last_success"]
    place.write({"verify": {"backup_dir": str(place.store)}})
    last = place.told["last_success"]
    assert place.run().status == 1
    assert place.told["last_success"] == last


@pytest.fixture
def hook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the URL of a webhook, and the messages that it has received."""
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", got
    server.shutdown()
    server.server_close()


INFO = {
    "backups": [],
    "latest": None,
    "last_drill": None,
    "last_copied": None,
    "previous": [],
    "disk": {"percent": 1.0, "free": 1},
}
TOLD: dict[str, tuple[str, str, str]] = {
    "failed": ("verify", "FAILED", "There is no good backup in "),
    "problems": ("backup_info", "with warnings", "There is no good backup."),
    "Portuguese": ("verify", "FALHOU", "Não há backup bom em "),
    "many": ("many", "with warnings", "and 2 more, in the log"),
}


@pytest.mark.parametrize("kind", TOLD)
def test_messages_carry_the_cause_where_people_see_it(
    kind: str,
    place: Place,
    hook: tuple[str, list[dict[str, Any]]],
) -> None:
    """Slack shows only the text, and many people read only the first line of a mail."""
    verb, subject, cause = TOLD[kind]
    language = "pt" if kind == "Portuguese" else "en"
    url, got = hook
    if verb == "many":
        notices = [Notice("not_verified", id=f"backup_{number}") for number in range(11)]
        problem = {"severity": "critical", "code": "no_backup", "message": "There is no good backup."}
        outcome = Outcome(False, {**INFO, "healthy": False, "problems": [problem]}, tuple(notices))
        plan_step = {"backup_info": {"backup_dir": str(place.store)}}
        place.write(plan_step, webhook_url=url)
        found = plan.read_plan(str(place.path), sys.stdin.buffer)
        step = plan.Step(
            Verb("backup_info", found.steps[0].verb.spec, lambda *_: outcome), found.steps[0].params
        )
        found = replace(found, steps=(step,))
        scheduled.run_plan(found, check=False, environment={}, out=io.StringIO(), err=io.StringIO())
    else:
        place.write({verb: {"backup_dir": str(place.store)}}, webhook_url=url, language=language)
        place.run()
    (sent,) = got
    head, *causes = sent["text"].splitlines()
    assert subject in head and "daily" in head
    assert any(line.startswith(cause) for line in causes), sent["text"]
    assert not any("status" in line for line in causes)
    assert len(causes) <= 11 and len(set(causes)) == len(causes)
    body = BytesParser(policy=default).parsebytes(place.mail.read_bytes()).get_content()
    assert body.splitlines()[: len(causes)] == causes
    assert "daily" in body.splitlines()[-1]


def test_without_anybody_to_tell_the_error_goes_where_cron_mails_it_from(place: Place) -> None:
    place.write({"verify": {"backup_dir": str(place.store)}}, mail_to=[])
    done = place.run()
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("Error: There is no good backup")
    place.write({"verify": {"backup_dir": str(place.store)}}, sendmail=str(place.base / "none"))
    done = place.run()
    assert done.err.startswith("Error: There is no good backup")
    assert "there is no" in place.told["notified"]["mail"]
    assert "could not be sent by mail" in place.log.read_text()


def test_what_is_not_well_is_a_warning_and_the_next_step_runs(
    place: Place, prune: dict[str, Any], info: dict[str, Any]
) -> None:
    place.write(info, prune)
    assert place.run() == (3, "", "")
    told = place.told
    assert (told["state"], told["exit_status"], len(told["steps"])) == ("finished", 3, 2)
    assert "no_backup" in told["steps"][0]["problems"]
    assert "with warnings" in place.mailed
    place.mail.unlink()
    place.write(info, prune, notify="failure")
    assert place.run().status == 3
    assert not place.mail.exists()
    place.write(prune, notify="always")
    assert place.run().status == 0
    assert "daily is done" in place.mailed


def test_check_writes_nothing(place: Place, prune: dict[str, Any]) -> None:
    before = sorted(path.name for path in place.base.iterdir())
    place.write(prune, delay=3600)
    done = place.run("--check")
    assert (done.status, done.out) == (0, "Nothing to remove; backups kept: 0.\n")
    assert sorted(path.name for path in place.base.iterdir()) == sorted([*before, "plan.json"])


def test_two_runs_do_not_overlap(place: Place, prune: dict[str, Any]) -> None:
    place.write(prune)
    assert place.run().status == 0
    status = place.status.read_text()
    with Lock(place.base / "lock", verb="run weekly").acquire():
        assert place.run().status == 1
    # The status belongs to the other run, and is not changed.
    assert place.status.read_text() == status
    assert "run weekly (process" in place.mailed
    assert "lock" in place.log.read_text()


@pytest.fixture
def busy(place: Place) -> subprocess.Popen[bytes]:
    """Start a run that waits for another run's lock of the store."""
    place.write({"prune": {"backup_dir": str(place.store), "keep_last": 1, "lock_timeout": 60}})
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "run", "--plan", str(place.path)], env=place.environment()
    )


def test_a_run_that_is_killed_is_noticed_by_the_next(place: Place, request: pytest.FixtureRequest) -> None:
    with Lock(place.store / ".lock", verb="backup").acquire():
        process = request.getfixturevalue("busy")
        wait_until(lambda: place.status.exists() and place.told["pid"] == process.pid)
        process.kill()
        process.wait()
    assert (place.told["state"], place.told["steps"]) == ("running", [])
    assert place.run().status == 0
    assert "was cut off before its end" in place.log.read_text()


def test_a_run_that_is_stopped_cleans_up_and_says_so(place: Place, request: pytest.FixtureRequest) -> None:
    with Lock(place.store / ".lock", verb="backup").acquire():
        process = request.getfixturevalue("busy")
        wait_until(lambda: place.status.exists() and place.told["pid"] == process.pid)
        wait_until(lambda: catches(process.pid, signal.SIGTERM))
        process.send_signal(signal.SIGTERM)
        assert process.wait(300) == 143
    told = place.told
    assert (told["state"], told["exit_status"], told["error"]["code"]) == ("failed", 143, "cancelled")
    assert "SIGTERM" in place.mailed


def test_a_delay_can_be_cut_short(place: Place, prune: dict[str, Any]) -> None:
    place.write(prune, delay=300)
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "run", "--plan", str(place.path)], env=place.environment()
    )
    wait_until(lambda: place.log.exists() and "Waiting 300 s" in place.log.read_text())
    wait_until(lambda: catches(process.pid, signal.SIGTERM))
    process.send_signal(signal.SIGTERM)
    assert process.wait(300) == 143


@pytest.mark.parametrize("name", ["log_file", "status_file"])
def test_where_nothing_can_be_written_the_work_is_done_all_the_same(
    place: Place, prune: dict[str, Any], name: str
) -> None:
    place.write(prune, **{name: "/proc/nowhere/file"})
    done = place.run()
    assert done.status == 0
    assert not done.err


def test_a_defect_in_a_step_is_told_like_a_failure(
    place: Place, monkeypatch: pytest.MonkeyPatch, info: dict[str, Any]
) -> None:
    def broken(params: Any, check: bool) -> Any:
        raise ZeroDivisionError("oops")

    place.write(info)
    real = plan.load
    monkeypatch.setattr(plan, "load", lambda name: Verb(name, real(name).spec, broken))
    found = plan.read_plan(str(place.path), io.BytesIO())
    out, err = io.StringIO(), io.StringIO()
    assert scheduled.run_plan(found, check=False, environment={}, out=out, err=err) == 1
    assert place.told["error"]["code"] == "internal_error"
    assert "ZeroDivisionError" in place.mailed


def test_a_backup_is_pruned_after_and_named(place: Place, database: Any) -> None:
    database.execute("CREATE TABLE a (id int); INSERT INTO a SELECT generate_series(1, 100)")
    store = {"backup_dir": str(place.store)}
    place.write(
        {"backup": {**store, **login(database)}},
        {"verify": {**store, "level": "full"}},
        {"prune": {**store, "keep_last": 1}},
    )
    assert place.run() == (0, "", "")
    told = place.told
    assert [step["verb"] for step in told["steps"]] == ["backup", "verify", "prune"]
    assert (place.store / f"{told['steps'][0]['backup']}.tar.gz").exists()
    assert told["steps"][1]["backup"] == told["steps"][0]["backup"]
    assert database.password not in place.log.read_text() + place.status.read_text()


def test_trying_the_messages(place: Place, prune: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    place.write(prune)
    assert cli.main(["notify", "--plan", str(place.path)]) == 0
    assert capsys.readouterr().out == "Sent: mail\n"
    assert "a test of its messages" in place.mailed
    place.write(prune, mail_to=[])
    assert cli.main(["notify", "--plan", str(place.path)]) == 1
    place.write(prune, sendmail="/nowhere")
    assert cli.main(["notify", "--plan", str(place.path)]) == 1
    assert "there is no /nowhere" in capsys.readouterr().err


def test_a_plan_that_cannot_be_understood(place: Place) -> None:
    place.write()
    done = place.run()
    assert done.status == cli.USAGE
    assert done.err.startswith("Error: The plan ")
