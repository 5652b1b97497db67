# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._version import VERSION
from ansible_collections.ticketz.sidekick.tools import build_runner


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_runner.build(tmp_path_factory.mktemp("dist") / "ticketz-sidekick.pyz")


def run(runner: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", str(runner), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(runner.parent)},
    )


def test_the_same_sources_give_the_same_bytes(runner: Path, tmp_path: Path) -> None:
    again = build_runner.build(tmp_path / "again.pyz")
    assert again.read_bytes() == runner.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["again.pyz"]
    assert again.stat().st_mode & 0o777 == 0o755


def test_all_of_the_engine_is_in_it_and_nothing_of_ansible(runner: Path) -> None:
    with zipfile.ZipFile(runner) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names == sorted(names)
        sources = {
            name[len("ticketz_sidekick/") :]: archive.read(name)
            for name in names
            if name.startswith("ticketz_sidekick/")
        }
        assert "LICENSE" in names
    expected = {
        path.relative_to(build_runner.SOURCES).as_posix() for path in build_runner.SOURCES.rglob("*.py")
    }
    assert set(sources) - {"__init__.py"} == expected - {"_module.py", "__init__.py"}
    for name, data in sources.items():
        for line in data.decode().splitlines():
            assert not line.strip().startswith(("from ansible", "import ansible")), name


def test_it_runs_by_itself_without_the_collection(runner: Path) -> None:
    done = run(runner, "--version")
    assert (done.returncode, done.stdout) == (0, f"ticketz-sidekick {VERSION}\n")


def test_it_runs_as_a_program(runner: Path) -> None:
    done = subprocess.run([str(runner), "--version"], capture_output=True, text=True, check=False)
    assert done.stdout == f"ticketz-sidekick {VERSION}\n"


@pytest.mark.parametrize("verb", ["restore", "backup", "verify", "backup-info", "prune", "fix-sequences"])
@pytest.mark.variants
def test_each_verb_loads_in_it(verb: str, runner: Path) -> None:
    done = run(runner, verb, "--options", "-", "--json", stdin='{"no_such_option": 1}')
    assert done.returncode == 2, done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "option_unknown"


def test_it_does_a_verb(runner: Path, tmp_path: Path) -> None:
    done = run(
        runner, "backup-info", "--options", "-", "--json", stdin=json.dumps({"backup_dir": str(tmp_path)})
    )
    found = json.loads(done.stdout)
    assert (done.returncode, found["healthy"], found["backups"]) == (3, False, [])


def test_it_shows_jobs(runner: Path) -> None:
    done = run(runner, "jobs", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert isinstance(json.loads(done.stdout)["jobs"], list)
