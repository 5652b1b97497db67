# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Complete restores of the old sidekick's archives, with the same switch, refusals and undo as others."""

from __future__ import annotations

import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.tests.support import kills, runs
from ansible_collections.ticketz.sidekick.tests.support.legacy_samples import old_backup, ticketz
from ansible_collections.ticketz.sidekick.tests.support.servers import administer, databases, query


@pytest.fixture
def old(database: Any, tmp_path: Path) -> Path:
    """An archive of a Ticketz and its two folders, made with the old sidekick's commands."""
    ticketz(database, 200)
    for name, files in (("public", 30), ("private", 5)):
        for number in range(files):
            path = tmp_path / "old" / f"backend-{name}" / f"company{number % 3}" / f"ação {number}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(secrets.token_bytes(3000))
    return old_backup(database, tmp_path / "old", ["backend-public", "backend-private"])


@pytest.fixture
def goal(old: Path, database: Any) -> Iterator[Any]:
    server = runs.reach(database, f"goal_{secrets.token_hex(4)}")
    yield server
    administer(database, f'DROP DATABASE IF EXISTS "{server.database}" WITH (FORCE)')


def restored(server: Any, old: Path, places: Path, **options: Any) -> Any:
    given = {"directories": {name: places / name for name in ("public", "private")}, **options}
    return runs.make_restore(server, places, backup=str(old), backup_dir=None, **given)


@pytest.mark.long
def test_over_a_ticketz_in_use_and_back_again(old: Path, database: Any, goal: Any, tmp_path: Path) -> None:
    places = tmp_path / "places"
    places.mkdir()
    dry = restored(goal, old, places, dry_run=True)
    assert dry.changed and goal.database not in databases(database) and not list(places.iterdir())
    done = restored(goal, old, places, clear_sessions=True)
    assert done.backup == {"id": "ticketz-backup-20260131020000", "path": str(old), "format": "sidekick"}
    assert done.changed and dry.database["tables"] == done.database["tables"]
    assert {name: found["files"] for name, found in done.directories.items()} == {"public": 30, "private": 5}
    assert done.whatsapp_sessions["Whatsapps"] > 0
    source = runs.contents(database.connect())
    there = runs.contents(database.connect(dbname=goal.database))
    assert {name for name in source if source[name] != there[name]} <= {
        "public.Whatsapps",
        "public.BaileysKeys",
        "public.Baileys",
        "public.BaileysContacts",
    }
    assert sorted(runs.tree(places / "public")) == sorted(runs.tree(old.parents[1] / "backend-public"))

    # Existing data are named and kept. They can't be compared, because the archive has no checksums.
    with pytest.raises(SidekickError) as caught:
        restored(goal, old, places, directories={})
    assert caught.value.code in ("target_not_empty", "target_written")
    assert re.search(r"public\.\w+ \([0-9]+ rows\)", str(caught.value))
    with pytest.raises(SidekickError) as caught:
        restored(goal, old, places, components=("directories",))
    assert caught.value.code == "restore_target_full"
    skipped = restored(goal, old, places, if_not_empty="skip")
    assert not skipped.changed and [notice.code for notice in skipped.notices] == ["restore_skipped"]

    # With replace, the restore succeeds and can be undone.
    query(goal, """UPDATE "Messages" SET body = 'depois'; COMMIT; SELECT 1""")
    (places / "public" / "later.txt").write_text("later")
    later, files = runs.contents(database.connect(dbname=goal.database)), runs.tree(places / "public")
    assert restored(goal, old, places, if_not_empty="replace").changed
    assert runs.contents(database.connect(dbname=goal.database)) == source
    assert not (places / "public" / "later.txt").exists()
    back = runs.undo(goal, places, directories={name: places / name for name in ("public", "private")})
    assert back.changed
    assert runs.contents(database.connect(dbname=goal.database)) == later
    assert runs.tree(places / "public") == files


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"tables": ("Messages",)}, "format_1_needed"),
        ({"paths": ("public/company1",)}, "format_1_needed"),
        ({"strategy": "in_place", "if_not_empty": "replace"}, "format_1_needed"),
    ],
)
@pytest.mark.variants
def test_what_needs_an_archive_of_our_own(
    options: dict[str, Any], code: str, old: Path, database: Any, goal: Any, tmp_path: Path
) -> None:
    administer(database, f'CREATE DATABASE "{goal.database}"')
    there = databases(database)
    with pytest.raises(SidekickError) as caught:
        restored(goal, old, tmp_path, **options)
    assert caught.value.code == code
    assert databases(database) == there and not (tmp_path / "public").exists()


_RESTORE = """
import sys
from pathlib import Path
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.tests.support import kills, runs
host, port, user, password, name, old, places, deadly = sys.argv[1:]
server = Server(host=host, port=int(port), user=user, password=password or None, database=name)
directories = {name: Path(places) / name for name in ("public", "private")}
run = kills.Reports(int(deadly)).run
runs.make_restore(server, Path(places), run, backup=old, backup_dir=None, directories=directories)
"""


@pytest.mark.long
def test_killed_at_any_time_the_next_run_brings_it_to_an_end(
    old: Path, database: Any, goal: Any, tmp_path: Path
) -> None:
    places = tmp_path / "places"
    places.mkdir()
    others = databases(database)
    words = [goal.host, str(goal.port), goal.user, goal.password or "", goal.database, str(old), str(places)]
    reports = kills.Reports()
    assert restored(goal, old, places, run=reports.run).changed
    administer(database, f'DROP DATABASE "{goal.database}" WITH (FORCE)')
    for name in ("public", "private"):
        (places / name).rename(tmp_path / name)
    for deadly in reports.spread(8):
        done = subprocess.run([sys.executable, "-c", _RESTORE, *words, str(deadly)], check=False)
        assert done.returncode == -signal.SIGKILL
        # The database gets its name last, so it never exists without its folders.
        assert goal.database not in databases(database) or (places / "public").exists()
        if goal.database in databases(database):
            break
    done = restored(goal, old, places, if_not_empty="replace", keep_previous=False)
    assert done.changed
    assert databases(database) == others | {goal.database}
    assert sorted(runs.tree(places / "public")) == sorted(runs.tree(old.parents[1] / "backend-public"))
    assert runs.contents(database.connect(dbname=goal.database)) == runs.contents(database.connect())
    kept = {path.name for path in places.iterdir()} - {"public", "private"}
    assert not [name for name in kept if name.startswith((".public", ".private"))]


@pytest.mark.long
def test_asked_to_stop_when_everything_is_ready(old: Path, database: Any, goal: Any, tmp_path: Path) -> None:
    there = databases(database)

    def stop(**position: Any) -> None:
        if position.get("phase") == "switching":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restored(goal, old, tmp_path, run=Run(progress=stop))
    assert databases(database) == there
    assert not (tmp_path / "public").exists()
