# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from ansible_collections.ticketz.sidekick.plugins.module_utils._runner import cli, metrics, monitoring
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.options import validate
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.verbs import load
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import audit, proofs, times
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.sidecar import Proof
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import backup_info
from ansible_collections.ticketz.sidekick.tests.support.ports import free_port
from ansible_collections.ticketz.sidekick.tests.support.store_samples import FULL, SOURCE, add_backup, id_at

ROOT = Path(__file__).resolve().parents[5]
RULES = ROOT / "roles" / "monitoring" / "files" / "ticketz.rules.yml"
PROGRAM = """
import sys
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner import cli
sys.exit(cli.main())
"""
NOW = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
MADE = NOW - datetime.timedelta(hours=2)


class Place:
    """A store with a good backup, plans that have run, and the settings of the monitoring."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.store = Store.open(base / "store", create=True)
        self.store.claim(SOURCE)
        audit.append(self.store.path, {"verb": "backup"})
        self.id = id_at(MADE)
        proofs = {
            "verified": Proof(times.to_text(NOW), "backup", "quick"),
            "drilled": Proof(times.to_text(NOW), "verify", "drill", 44.9, 42.5, FULL, "16.14"),
        }
        self.archive = add_backup(self.store, self.id, b"x" * 2_000_000, proofs=proofs, duration=12.5)
        self.status = base / "status"
        self.status.mkdir()
        self.run("ticketz-daily", "finished", 0)
        self.run("ticketz-weekly", "finished", 0)
        self.run("other-daily", "finished", 0)
        self.log = base / "ticketz.log"
        self.path = base / "settings.json"
        self.textfile = base / "ticketz.prom"
        self.write()

    def run(self, name: str, state: str, status: int, **more: Any) -> None:
        moment = times.to_text(MADE)
        facts = {"name": name, "state": state, "started": moment, "finished": moment, "exit_status": status}
        (self.status / f"{name}.json").write_text(json.dumps({**facts, "last_success": moment, **more}))

    def fail(self, name: str) -> None:
        self.run(name, "failed", 1, error={"code": "disk_filled", "message": "The disk is full."})

    def write(self, **more: Any) -> None:
        settings = {
            "backup_dir": str(self.store.path),
            "schedule_dir": str(self.status),
            "log_file": str(self.log),
            "textfile": str(self.textfile),
            "disk_warning": 101,
            "disk_critical": 101,
            **more,
        }
        self.path.write_text(json.dumps(settings))
        self.path.chmod(0o600)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments, "--settings", str(self.path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def _values(text: str) -> dict[tuple[str, ...], float]:
    """Return name and labels → value of each sample."""
    return {
        (sample.name, *(f"{label}={value}" for label, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _scrape(place: Place) -> dict[tuple[str, ...], float]:
    return _values(metrics.text(monitoring.read_settings(str(place.path), sys.stdin.buffer)).decode())


def test_what_is_seen_of_a_healthy_store(place: Place) -> None:
    before = time.time()
    name = "name=ticketz"
    assert _scrape(place)["ticketz_healthy", name] == 1
    place.fail("ticketz-weekly")
    found = _scrape(place)
    assert found["ticketz_healthy", name] == 0
    assert found["ticketz_problems", "code=plan_failed", name, "severity=critical"] == 1
    assert found["ticketz_store_readable", name] == 1
    assert [found[f"ticketz_previous_data{each}", name] for each in ("", "_size_bytes")] == [0, 0]
    assert found["ticketz_backup_last_success_timestamp_seconds", name] == MADE.timestamp()
    assert found["ticketz_backup_last_success_size_bytes", name] == 2_000_000
    assert found["ticketz_backup_last_success_duration_seconds", name] == 12.5
    assert found["ticketz_backup_last_success_rows", name] == 12
    assert found["ticketz_backups", "format=1", name, "state=good"] == 1
    assert found["ticketz_backups_size_bytes", name] == 2_000_000
    assert (
        found["ticketz_proof_last_timestamp_seconds", "level=drill", name, "proof=drilled"] == NOW.timestamp()
    )
    assert (
        found["ticketz_proof_last_timestamp_seconds", "level=quick", name, "proof=verified"]
        == NOW.timestamp()
    )
    assert found["ticketz_drill_last_rto_seconds", name] == 42.5
    assert (found["ticketz_audit_intact", name], found["ticketz_audit_lines", name]) == (1, 1)
    usage = shutil.disk_usage(place.base)
    assert found["ticketz_disk_size_bytes", name] == usage.total
    assert 0 < found["ticketz_disk_used_ratio", name] <= 1
    assert found["ticketz_backup_max_age_seconds", name] == 86400
    assert found["ticketz_backup_min_size_bytes", name] == 1_000_000
    assert before - 1 <= found["ticketz_seen_timestamp_seconds", name] <= time.time() + 1
    for plan, status, failed in (("daily", 0, 0), ("weekly", 1, 1)):
        assert found["ticketz_plan_last_exit_status", name, f"plan={plan}"] == status
        assert found["ticketz_plan_last_failed", name, f"plan={plan}"] == failed
        assert found["ticketz_plan_last_success_timestamp_seconds", name, f"plan={plan}"] == MADE.timestamp()
    assert not [key for key in found if "other" in str(key)]


def test_what_is_wrong_is_there_by_its_code(place: Place) -> None:
    log = place.store.path / audit.LOG_FILE
    audit.append(place.store.path, {})
    log.write_bytes(log.read_bytes().replace(b"backup", b"backuP"))
    place.archive.write_bytes(b"cut")
    place.write(disk_warning=0)
    found = _scrape(place)
    assert found["ticketz_healthy", "name=ticketz"] == found["ticketz_audit_intact", "name=ticketz"] == 0
    for code, severity in (
        ("audit_altered", "critical"),
        ("backup_damaged", "critical"),
        ("no_backup", "critical"),
        ("disk_nearly_full", "warning"),
    ):
        assert found["ticketz_problems", f"code={code}", "name=ticketz", f"severity={severity}"] == 1
    assert found["ticketz_backups", "format=1", "name=ticketz", "state=good"] == 0
    assert found["ticketz_backup_last_success_timestamp_seconds", "name=ticketz"] == 0


def test_a_store_that_is_gone_is_a_value_and_no_failure(place: Place) -> None:
    place.store.path.rename(place.base / "elsewhere")
    found = _scrape(place)
    assert found["ticketz_healthy", "name=ticketz"] == found["ticketz_store_readable", "name=ticketz"] == 0
    # The host remembers that the store contained backups.
    assert found["ticketz_problems", "code=store_lost", "name=ticketz", "severity=critical"] == 1


def test_each_metric_is_used_and_has_a_fitting_unit(place: Place) -> None:
    place.write(max_drill_age="1s")
    text = metrics.text(monitoring.read_settings(str(place.path), sys.stdin.buffer)).decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    missing = {f"ticketz_{metric}" for metric in metrics.METRICS} - set(families)
    # This sample only exists if there is a problem.
    assert missing <= {"ticketz_problems"}
    for family in families.values():
        assert family.documentation.endswith(".")
        assert family.type == "gauge"
        assert not re.search("(_ms|_mb|_percent|_days|_hours|_total)$", family.name)


# --- metrics over HTTP and in a file ------------------------------------------


def test_prometheus_reads_it_over_http(place: Place) -> None:
    port = free_port()
    place.write(port=port)
    process = place.start("serve-metrics")
    try:
        assert process.stdout
        assert process.stdout.readline() == f"Metrics are served on http://127.0.0.1:{port}/metrics.\n"
        url = f"http://127.0.0.1:{port}/metrics"
        healthy = []
        while 0 not in healthy:
            with urllib.request.urlopen(url, timeout=300) as answer:
                assert answer.headers["Content-Type"].startswith("text/plain; version=")
                found = _values(answer.read().decode())
            if not healthy:
                assert found["ticketz_backup_last_success_size_bytes", "name=ticketz"] == 2_000_000
                place.archive.write_bytes(b"cut")
            # Served values are at most some seconds old.
            healthy.append(found["ticketz_healthy", "name=ticketz"])
            time.sleep(0.2)
        assert found["ticketz_backup_last_success_size_bytes", "name=ticketz"] == 0
        second = place.start("serve-metrics")
        _out, said = second.communicate(timeout=300)
        assert second.returncode == cli.FAILED
        assert said.startswith(f"Error: Metrics can't be served on 127.0.0.1, port {port}: ")
        process.send_signal(signal.SIGTERM)
        assert process.wait(300) == 0
        assert process.stderr
        assert process.stderr.read() == ""
    finally:
        process.kill()
        process.communicate()


def test_node_exporter_reads_it_from_a_file(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    for _turn in range(2):
        assert cli.main(["metrics", "--write", "--settings", str(place.path)]) == cli.OK
        assert capsys.readouterr().out == ""
        assert _values(place.textfile.read_text())["ticketz_healthy", "name=ticketz"] == 1
        assert stat.S_IMODE(place.textfile.stat().st_mode) == 0o644
    assert not list(place.base.glob(".*"))
    assert cli.main(["metrics", "--settings", str(place.path)]) == cli.OK
    assert _values(capsys.readouterr().out)["ticketz_healthy", "name=ticketz"] == 1
    place.write(textfile=str(place.base / "missing" / "x.prom"))
    assert cli.main(["metrics", "--write", "--settings", str(place.path)]) == cli.FAILED
    assert "missing/x.prom" in capsys.readouterr().err


def test_a_plan_writes_the_file_when_it_ends(place: Place) -> None:
    plan = place.base / "plan.json"
    status = place.status / "ticketz-daily.json"
    document = {
        "name": "ticketz-daily",
        "steps": [{"backup_info": {"backup_dir": str(place.store.path), "disk_critical": 101}}],
        "status_file": str(status),
        "log_file": str(place.log),
        "metrics": str(place.path),
    }
    plan.write_text(json.dumps(document))
    plan.chmod(0o600)
    assert cli.main(["run", "--plan", str(plan)]) == cli.OK
    found = _values(place.textfile.read_text())
    assert (
        found["ticketz_plan_last_success_timestamp_seconds", "name=ticketz", "plan=daily"] > MADE.timestamp()
    )
    # Problems with the text file do not fail the run. Without settings, there is no monitoring.
    place.write(textfile=str(place.base / "missing" / "x.prom"))
    assert cli.main(["run", "--plan", str(plan)]) == cli.OK
    assert "WARNING: " in place.log.read_text()
    place.path.unlink()
    assert cli.main(["run", "--plan", str(plan)]) == cli.OK
    assert place.log.read_text().count("WARNING: ") == 1


@pytest.mark.parametrize(
    ("settings", "named"),
    [({"port": 0}, "port"), ({"max_age": "soon"}, "max_age"), ({"no_such": 1}, "no_such")],
)
def test_wrong_settings_are_refused(
    settings: dict[str, Any], named: str, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.write(**settings)
    assert cli.main(["metrics", "--settings", str(place.path)]) in (cli.FAILED, cli.USAGE)
    assert named in capsys.readouterr().err


# --- overview -----------------------------------------------------------------


def test_the_overview_says_what_the_guides_script_says(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.log.write_text(
        "2026-01-31T02:00:00Z ticketz-daily[1] INFO: Begin\n"
        + "".join(f"2026-01-31T02:00:0{n}Z ticketz-daily[1] ERROR: number {n}\n" for n in range(5))
    )
    assert cli.main(["overview", "--settings", str(place.path)]) == cli.OK
    assert "All is well with the backups." in capsys.readouterr().out
    place.fail("ticketz-weekly")
    assert cli.main(["overview", "--settings", str(place.path)]) == cli.INCOMPLETE
    said = capsys.readouterr().out
    assert "well" not in said
    assert f"Backups of ticketz in {place.store.path}" in said
    assert re.search(f"{place.id}.*2 h.*2.00? MB", said), said
    assert re.search("disk.* %", said)
    assert "audit log: 1 lines" in said
    assert re.search("ticketz-weekly +failed .*The disk is full.", said)
    assert f"Errors in {place.log}: 5. The last ones:" in said
    assert [f"number {n}" in said for n in range(5)] == [False, False, True, True, True]
    place.log.unlink()
    place.archive.unlink()
    place.write(language="pt")
    assert cli.main(["overview", "--settings", str(place.path)]) == cli.INCOMPLETE
    assert "Não há nenhum backup bom." in capsys.readouterr().out


def _plan_failed(place: Place) -> None:
    place.fail("ticketz-weekly")


def _plan_died(place: Place) -> None:
    place.run(
        "ticketz-daily", "running", 0, pid=1, start_ticks=1, boot_id="another", host=socket.gethostname()
    )


def _drill_failed(place: Place) -> None:
    proof = Proof(times.to_text(NOW), "verify", "drill", error="extension_missing")
    proofs.record_proof(place.store, place.archive.name, "drill_failed", proof)


def _disk_full(place: Place) -> None:
    place.write(disk_critical=0)


def _copies_stale(place: Place) -> None:
    proofs.record_proof(place.store, place.archive.name, "synced", Proof(times.to_text(NOW), "offsite"))
    place.write(max_copy_age="1h")


def _never_copied(place: Place) -> None:
    place.write(max_copy_age="2d")


def _plan_warned(place: Place) -> None:
    place.run("ticketz-daily", "finished", 3, steps=[{"problems": ["offsite_damaged"], "warnings": []}])


VERDICTS = {
    "plan_failed": (_plan_failed, "critical"),
    "plan_died": (_plan_died, "critical"),
    "drill_failed": (_drill_failed, "critical"),
    "disk_nearly_full": (_disk_full, "critical"),
    "copy_too_old": (_copies_stale, "warning"),
    "copy_missing": (_never_copied, "warning"),
    "plan_warned": (_plan_warned, "warning"),
}


@pytest.mark.parametrize("code", VERDICTS)
def test_there_is_one_verdict(code: str, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Overview, exit status, metrics and module report the same problem."""
    spoil, severity = VERDICTS[code]
    spoil(place)
    status = cli.main(["overview", "--settings", str(place.path)])
    said = capsys.readouterr().out
    assert f"  {severity}: " in said and "All is well" not in said
    assert ("need attention" in said) == (status == cli.INCOMPLETE) == (severity == "critical")
    found = _scrape(place)
    assert found["ticketz_problems", f"code={code}", "name=ticketz", f"severity={severity}"] == 1
    assert found["ticketz_healthy", "name=ticketz"] == (severity != "critical")
    given = json.loads(place.path.read_text())
    options = {name: given[name] for name in given.keys() & backup_info.spec().keys()}
    verb = load("backup_info")
    result = verb.run(validate(verb.spec, options, verb="backup_info", source="test"), False).results
    assert [item["code"] for item in result["problems"]] == [code]
    assert result["healthy"] == (severity != "critical")


def test_the_page_shows_the_same(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["page", "--settings", str(place.path)]) == 0
    printed = capsys.readouterr().out
    assert "All is well" in printed and place.id in printed and "ticketz-weekly" in printed
    place.fail("ticketz-daily")
    place.write(language="pt")
    file = place.base / "page.html"
    assert cli.main(["page", "--settings", str(place.path), "--output", str(file)]) == 3
    assert capsys.readouterr().out == "" and "Aja agora" in file.read_text(encoding="utf-8")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    # Stores that can't be read are shown, too.
    shutil.rmtree(place.store.path)
    assert cli.main(["page", "--settings", str(place.path)]) == 3
    assert "Não pôde ser examinado" in capsys.readouterr().out
    nowhere = place.base / "none" / "page.html"
    assert cli.main(["page", "--settings", str(place.path), "--output", str(nowhere)]) == 1
    assert str(nowhere.parent) in capsys.readouterr().err


def test_a_plan_of_another_store_says_nothing_of_this_one(place: Place) -> None:
    for name, directory in (
        ("ticketz-daily", place.base / "elsewhere"),
        ("ticketz-weekly", place.store.path),
    ):
        place.run(name, "failed", 1, backup_dirs=[str(directory)])
    seen = monitoring.look(monitoring.read_settings(str(place.path), sys.stdin.buffer))
    assert seen.info
    assert [problem.notice.facts["name"] for problem in seen.info.problems] == ["ticketz-weekly"]


# --- alerts -------------------------------------------------------------------


def test_the_alerts_speak_of_metrics_that_there_are() -> None:
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    assert {rule["labels"]["severity"] for rule in rules} == {"warning", "critical"}
    for rule in rules:
        used = set(re.findall(r"ticketz_\w+", rule["expr"]))
        assert used and used <= {f"ticketz_{metric}" for metric in metrics.METRICS}, rule["alert"]
        labels = set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"]))
        known = {label for metric in used for label in metrics.METRICS[metric[len("ticketz_") :]][1]}
        assert labels <= known | {"name", "instance"}, rule["alert"]
