# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives can be restored completely with only tar, gzip or zstd, and psql."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyrage
import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.age import Recipients
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.verify import VerifyRequest, verify
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import EncryptionError
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.ticketz_data.load import build
from ansible_collections.ticketz.sidekick.tests.support.ticketz_data.media import generate


def psql(database: Any, *arguments: str) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PGHOST": database.host,
        "PGPORT": str(database.port),
        "PGUSER": database.user,
        "PGPASSWORD": database.password,
        "PGDATABASE": database.name,
    }
    command = [
        f"{database.server.bindir}/psql",
        "--no-psqlrc",
        "--quiet",
        "--set=ON_ERROR_STOP=1",
        *arguments,
    ]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize(
    ("compression", "test", "unpack"),
    [
        ("gzip", ["gzip", "-t"], ["tar", "-xzf"]),
        ("zstd", ["zstd", "-qt"], ["tar", "--zstd", "-xf"]),
        ("none", ["tar", "-tf"], ["tar", "-xf"]),
    ],
)
@pytest.mark.long
def test_by_hand(
    compression: str,
    test: list[str],
    unpack: list[str],
    make_database: Callable[..., Any],
    tmp_path: Path,
) -> None:
    source = make_database()
    build(
        runs.libpq(source),
        messages=300,
        seed=9,
    )
    media = generate(tmp_path / "volumes", 400_000, seed=2, odd_names=True)
    folders = {"public": media.public, "private": media.private}
    made = runs.make_backup(
        runs.reach(source), tmp_path / "store", compression=compression, directories=folders
    )
    archive = made.backup["path"]
    subprocess.run([*test, archive], check=True, stdout=subprocess.DEVNULL)
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run([*unpack, archive, "-C", str(out)], check=True)

    assert json.loads((out / "backup.json").read_text())["id"] == made.backup["id"]
    assert json.loads((out / "manifest.json").read_text())["id"] == made.backup["id"]
    for name, original in folders.items():
        found, expected = runs.tree(out / "files" / name), runs.tree(original)

        def seconds(tree: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
            # Only the index has nanoseconds, and tar ignores it.
            return {path: (*entry[:3], entry[3] // 10**9, entry[4]) for path, entry in tree.items()}

        assert seconds(found) == seconds(expected)

    goal = make_database()
    # The schema's functions use unqualified names, which need a search path instead of the dump's empty one.
    post_data = out / "database" / "post-data.sql"
    path = "SELECT pg_catalog.set_config('search_path', 'public', false);"
    post_data.write_text(
        re.sub(r"SELECT pg_catalog\.set_config\('search_path'.*", path, post_data.read_text())
    )
    psql(goal, "--file", str(out / "database" / "pre-data.sql"))
    parts = sorted((out / "database" / "data").glob("*/*.csv"))
    assert parts
    for part in parts:
        schema, table = (unquote(word) for word in part.parent.name.split("."))
        with part.open(encoding="utf-8") as file:
            columns = file.readline().rstrip("\n")
        psql(goal, "--command", f'\\copy "{schema}"."{table}" ({columns}) FROM \'{part}\' WITH CSV HEADER')
    psql(goal, "--file", str(post_data))
    assert runs.contents(goal.connect()) == runs.contents(source.connect())


@pytest.mark.long
def test_a_host_without_the_key_makes_backups_that_its_owner_restores(
    make_database: Callable[..., Any], tmp_path: Path
) -> None:
    identity = pyrage.x25519.Identity.generate()
    source = make_database()
    build(runs.libpq(source), messages=100, seed=3)
    store = tmp_path / "store"
    recipients = Recipients.parse([str(identity.to_public())])
    made = runs.make_backup(runs.reach(source), store, compression="zstd", key=recipients)
    assert made.backup["encryption"] == "age" and made.backup["path"].endswith(".tar.zst.age")
    assert str(identity) not in (store / (Path(made.backup["path"]).name + ".json")).read_text()

    def verified(level: str, key: Key | None) -> str:
        return verify(VerifyRequest("latest", store, level, key, 2), Run()).level

    assert verified("quick", None) == "quick"
    with pytest.raises(EncryptionError) as caught:
        verified("full", None)
    assert caught.value.code == "identity_missing"
    key = Key.from_text(str(identity))
    assert verified("full", key) == "full"
    goal = make_database()
    runs.make_restore(runs.reach(goal), store, key=key)
    assert runs.contents(goal.connect()) == runs.contents(source.connect())
    assert sorted(path.suffix for path in store.iterdir() if ".tar" in path.name) == [".age", ".json"]
