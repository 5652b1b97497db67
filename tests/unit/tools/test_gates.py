# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Failed gates are reported at the end, and do not prevent other gates from running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until
from ansible_collections.ticketz.sidekick.tools import gates

timings = gates.timings
TOOLS = Path(gates.__file__).resolve().parent
TIERS = {"everyday": (("good", "bad", "after"), ("other",))}
MAKEFILE = """
good other after:
\t@echo output of $@ in $(notdir $(BUILD)); touch $@
bad:
\t@echo output of $@; exit 3
slow:
\t@touch begun; sleep 600; touch ended
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Makefile").write_text(MAKEFILE, encoding="utf-8")
    monkeypatch.setattr(gates, "ROOT", tmp_path)
    monkeypatch.setattr(gates, "TIERS", TIERS)
    monkeypatch.setattr(timings, "DIRECTORY", tmp_path / "timings")
    return tmp_path


def run(project: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["gates.py", *arguments, "--build", str(project / "build")])
    return gates.main()


def test_the_others_go_on_after_a_failure(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(project, monkeypatch, "everyday") == 1
    assert {path.name for path in project.iterdir()} >= {"good", "after", "other"}
    lines = capsys.readouterr().out.splitlines()
    for gate in ("good", "bad", "after", "other"):
        assert any(line.startswith(f"output of {gate}") for line in lines)
    table = lines[lines.index("make everyday") + 1 :]
    assert [line.split()[0] for line in table] == ["good", "bad", "after", "other", "together"]
    assert [line.split()[-1] for line in table[:4]] == ["passed", "FAILED", "passed", "passed"]
    assert table[-1].endswith("FAILED: bad.")
    assert set(timings.read("gates")) == {"good", "after", "other"}


def test_some_of_them_can_be_chosen(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(project, monkeypatch, "everyday", "good", "other") == 0
    assert not (project / "after").exists()


def git(project: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=project, check=True, capture_output=True)


def test_a_run_goes_on_where_another_one_of_the_same_commit_ended(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / ".gitignore").write_text("build\ntimings\ngood\nafter\nother\n", encoding="utf-8")
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=one")
    assert run(project, monkeypatch, "everyday") == 1
    (project / "Makefile").write_text(MAKEFILE.replace("exit 3", "true"), encoding="utf-8")
    # With uncommitted changes, no gate counts as passed.
    assert run(project, monkeypatch, "everyday", "--resume") == 0
    assert "passed earlier" not in capsys.readouterr().out
    git(project, "checkout", "--quiet", "Makefile")
    assert run(project, monkeypatch, "everyday", "--resume") == 1
    table = capsys.readouterr().out.rpartition("make everyday\n")[2].splitlines()
    assert [line.partition(" min  ")[2] for line in table[:4]] == [
        "passed earlier",
        "FAILED",
        "passed earlier",
        "passed earlier",
    ]
    git(project, "commit", "--quiet", "--allow-empty", "--message=two")
    assert run(project, monkeypatch, "everyday", "--resume") == 1
    assert "passed earlier" not in capsys.readouterr().out


def test_what_does_not_exist_is_refused(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        run(project, monkeypatch, "everyday", "goods")
    assert not (project / "good").exists()


def test_a_stop_reaches_what_is_running(project: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, {str(TOOLS)!r}); import gates; from pathlib import Path\n"
        f"gates.ROOT = Path({str(project)!r}); gates.TIERS = {{'everyday': (('slow', 'good'),)}}\n"
        f"sys.argv[1:] = ['everyday', '--build', {str(project / 'build')!r}]; sys.exit(gates.main())"
    )
    with subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: (project / "begun").exists() or process.poll() is not None)
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=300) != 0
    assert not (project / "ended").exists()
    assert not (project / "good").exists()


def test_every_gate_is_a_target_of_make() -> None:
    for tier, lanes in gates.TIERS.items():
        for gate in (gate for lane in lanes for gate in lane):
            done = subprocess.run(
                ["make", "--no-print-directory", "--dry-run", "--question", gate],
                cwd=gates.ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            assert "No rule" not in done.stderr, f"{tier}: {done.stderr}"


def test_sanity_tests_are_timed_by_their_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([10.0, 12.0, 12.0, 17.5])
    monkeypatch.setattr(timings.time, "monotonic", lambda: next(now))
    clock = timings.SanityClock("2.21")
    clock.line('Running sanity test "import" on Python 3.9\n')
    clock.line("WARNING: something\n")
    clock.line('Running sanity test "pylint"\n')
    clock.end()
    assert clock.seconds == {"2.21 import Python 3.9": 2.0, "2.21 pylint": 5.5}


def test_times_are_written_between_the_marks(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = project / "PAGE.md"
    monkeypatch.setattr(timings, "PAGE", page)
    timings.record("gates", {"lint": 90.0})
    timings.record("gates", {"units": 600.0})
    (project / "timings" / "units.xml").write_text(
        '<testsuites><testcase classname="tests.unit.tools.test_a" name="test_x[a|b]" time="2.5"/></testsuites>',
        encoding="utf-8",
    )
    page.write_text(f"before\n{timings.BEGIN}\nold\n{timings.END}\nafter\n", encoding="utf-8")
    assert timings.main() == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith(f"before\n{timings.BEGIN}\n")
    assert text.endswith(f"{timings.END}\nafter\n")
    assert "| `units` | 10.0 |\n| `lint` | 1.5 |" in text
    assert "| `tools.test_a::test_x[a\\|b]` | 2.5 |" in text
    assert "old" not in text
    page.write_text("without marks", encoding="utf-8")
    assert timings.main() == 1
    assert "has no lines" in capsys.readouterr().err
