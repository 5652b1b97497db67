# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules' results, from real runs, have the documented keys and types."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.tests.support import verb_runs
from ansible_collections.ticketz.sidekick.tests.support.verb_runs import run


@pytest.fixture
def login(database: Any) -> dict[str, Any]:
    """The login options for a database that is not empty."""
    database.execute(
        """
        CREATE TABLE "Users" (id serial PRIMARY KEY, name text);
        INSERT INTO "Users" (id, name) VALUES (1, 'Ana'), (7, 'João');
        CREATE TABLE "Whatsapps" (id serial PRIMARY KEY, session text, status text, qrcode text);
        INSERT INTO "Whatsapps" (session, status) VALUES ('key', 'CONNECTED');
        """
    )
    return verb_runs.login(database)


@pytest.fixture
def store(tmp_path: Path) -> str:
    path = tmp_path / "store"
    path.mkdir(mode=0o700)
    return str(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "public"
    path.mkdir()
    (path / "photo.jpg").write_bytes(b"picture")
    return path


@pytest.mark.parametrize("encryption", ["none", pytest.param("aes256", marks=pytest.mark.long)])
def test_results_are_as_documented(
    encryption: str, login: dict[str, Any], store: str, folder: Path, tmp_path: Path, database: Any
) -> None:
    key = {"encryption_key": "correct horse battery"} if encryption == "aes256" else {}
    wanted: dict[str, Any] = {
        **login,
        **key,
        "backup_dir": store,
        "directories": {"public": str(folder)},
        "encryption": encryption,
    }
    assert run("backup", check=True, **wanted).changed
    assert run("backup_info", backup_dir=store).results["latest"] is None
    made = run("backup", **wanted)
    assert made.changed
    assert made.results["backup"]["encryption"] == encryption
    assert not run("backup", **wanted, if_older_than="1h").changed
    assert not run("backup", check=True, **wanted, if_older_than="1h").changed
    run("backup", **wanted)

    assert run("backup_info", backup_dir=store, min_size="1").results["healthy"]
    for level in ("open", "quick", "full"):
        assert run("verify", backup_dir=store, level=level, **key).results["level"] == level

    assert run("fix_sequences", check=True, **login).changed
    assert run("fix_sequences", **login).changed
    assert not run("fix_sequences", **login).changed

    assert not run("prune", check=True, backup_dir=store, keep_last=1).changed
    rules = {"backup_dir": store, "keep_last": 1, "min_keep": 1, "keep_within": "0"}
    assert run("prune", check=True, **rules).changed
    assert run("prune", **rules).changed
    assert not run("prune", **rules).changed

    target = {**login, "login_db": f"{database.name}_restored"}
    directories = {"public": str(tmp_path / "restored")}
    try:
        assert run("restore", check=True, **target, **key, backup_dir=store, directories=directories).changed
        restored = run("restore", **target, **key, backup_dir=store, directories=directories)
        assert restored.changed
        assert restored.results["database"]["tables"] == {"public.Users": 2, "public.Whatsapps": 1}
        again = run(
            "restore", **target, **key, backup_dir=store, directories=directories, if_not_empty="skip"
        )
        assert not again.changed and not again.notices
    finally:
        database.execute(f'DROP DATABASE IF EXISTS "{database.name}_restored" WITH (FORCE)')
    recorded(Path(store))


def recorded(store: Path) -> None:
    """Check that the audit log contains all runs, and that the remaining backup refers to the line of its run."""
    text = (store / "audit.jsonl").read_text()
    assert "correct horse" not in text and "João" not in text
    lines = [json.loads(line) for line in text.splitlines()]
    ended = [(line["verb"], line["result"]) for line in lines if line["event"] == "end"]
    begun = [line["job"] for line in lines if line["event"] == "begin"]
    assert begun == [line["job"] for line in lines if line["event"] == "end"]
    assert (
        ended.count(("verify", "done")) == len([line for line in lines if line["verb"] == "verify"]) / 2 > 1
    )
    assert [each for each in ended if each[0] != "verify"] == [
        ("backup", "done"),
        ("backup", "unchanged"),
        ("backup", "done"),
        ("prune", "done"),
        ("prune", "unchanged"),
        ("restore", "done"),
        ("restore", "unchanged"),
    ]
    ends = {(line["verb"], line["result"]): line for line in lines if line["event"] == "end"}
    newest = ends["backup", "done"]
    assert newest["outcome"]["components"] == ["database", "directories:public"]
    assert ends["restore", "done"]["outcome"]["backup"]["id"] == newest["outcome"]["id"]
    first = next(line for line in lines if line["event"] == "end")
    assert ends["prune", "done"]["outcome"]["removed"] == [first["outcome"]["id"]]
    shown = run("backup_info", backup_dir=str(store), min_size="1").results
    assert (shown["audit"]["intact"], shown["audit"]["lines"], shown["problems"]) == (
        True,
        len(lines),
        [],
    )
    sidecar = json.loads(next(store.glob("backup_*.json")).read_text())
    begin = lines[sidecar["audit"]["sequence"] - 1]
    assert (begin["event"], begin["job"]) == ("begin", newest["job"])


def test_exports_and_imports_are_as_documented(
    login: dict[str, Any], store: str, folder: Path, tmp_path: Path, database: Any
) -> None:
    source = {"backup_dir": store, "directories": {"public": str(folder)}}
    run("backup", **login, **source)
    run("export", check=True, backup="latest", backup_dir=store, format="sidekick", dest=str(tmp_path))
    made = run("export", backup="latest", backup_dir=store, format="sidekick", dest=str(tmp_path / "a.tgz"))
    assert made.results["tables"] == {"public.Users": 2, "public.Whatsapps": 1}
    live = {**login, "directories": {"public": str(folder)}, "format": "retrieved", "dest": str(tmp_path)}
    run("export", check=True, **live)
    written = run("export", **live).results
    database.execute('TRUNCATE "Users", "Whatsapps"')
    home = {"public": str(tmp_path / "home")}
    wanted = {"archive": written["path"], "public_archive": written["public_path"], "directories": home}
    assert run("import", check=True, **login, **wanted).changed
    assert run("import", **login, **wanted).changed
    assert not run("import", **login, **wanted, if_not_empty="skip").changed
    assert database.execute('SELECT id FROM "Users" ORDER BY 1') == [(1,), (7,)]
