# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of earlier versions are verified and restored identically, with each compression and encryption."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.verify import VerifyRequest, verify
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.tests.support import golden, runs
from ansible_collections.ticketz.sidekick.tests.support.redis_servers import redis_running


def test_there_is_one_of_each() -> None:
    for directory in golden.formats():
        names = {path.name for path in directory.iterdir() if path.is_dir()}
        assert names >= {f"{each}-{other}" for each in golden.COMPRESSIONS for other in golden.ENCRYPTIONS}


@pytest.mark.variants(2)
@pytest.mark.parametrize("archive", golden.archives(), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_it_is_restored_identically(archive: Path, goal: Any, tmp_path: Path) -> None:
    # Use a copy, because a verification writes its proof to the store.
    store = tmp_path / "store"
    shutil.copytree(archive, store)
    store.chmod(0o700)
    key = golden.key_for(archive.name.partition("-")[2], archive.parent)
    expected = json.loads((archive.parent / golden.EXPECTED).read_text(encoding="ascii"))
    was = expected.pop("config_directory")
    directories = {name: tmp_path / name for name in golden.DIRECTORIES}
    checked = verify(VerifyRequest("latest", store, "full", key, jobs=2), Run())
    assert checked.notices == ()
    with redis_running(tmp_path / "redis") as redis:
        done = runs.make_restore(
            goal,
            store,
            components=("database", "directories", "config", "redis"),
            directories=directories,
            config_mapping={was: str(tmp_path / "config")},
            redis=redis,
            key=key,
            fix_sequences=False,
        )
        found = golden.contents(goal, directories, tmp_path / "config", redis)
    assert done.changed
    for part, content in expected.items():
        assert found[part] == content, part
