# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands in the recovery kit's instructions work with the files in the kit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tools import make_kit


def run(kit: Path, verb: str, options: str, *arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-I", str(kit / "ticketz-sidekick.pyz"), verb, "--options", str(kit / options)]
    done = subprocess.run([*command, "--json", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.long
def test_a_backup_is_opened_with_nothing_but_the_kit(database: Any, tmp_path: Path) -> None:
    database.execute('CREATE TABLE "Messages" (id int PRIMARY KEY)')
    key = tmp_path / "backup.key"
    key.write_text("a passphrase of the right length\n", encoding="utf-8")
    key.chmod(0o600)
    made = runs.make_backup(
        runs.reach(database), tmp_path / "store", key=Key.from_text("a passphrase of the right length")
    )
    kit = make_kit.make(tmp_path / "kit")
    make_kit.make(kit)
    for name in make_kit.OPTIONS:
        assert f"--options {name}" in (kit / "README.md").read_text(encoding="utf-8")
        text = (kit / name).read_text(encoding="utf-8").replace("@BACKUP@", str(made.backup["path"]))
        (kit / name).write_text(text.replace(make_kit.KEY_FILE, str(key)), encoding="utf-8")
    found = run(kit, "verify", "open.json")
    assert found["contents"]["database"]["rows"] == 0
    assert found["contents"]["database"]["tables"] == 1
