# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner's reports for all kinds of runs, from real results: they can be rendered, and are correct."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.report import report
from ansible_collections.ticketz.sidekick.tests.support.redis_servers import PASSWORD, client, redis_running
from ansible_collections.ticketz.sidekick.tests.support.servers import administer
from ansible_collections.ticketz.sidekick.tests.support.verb_runs import run

#: Runs a verb, and returns its report in English.
Say = Callable[..., str]


@pytest.fixture
def say() -> Say:
    """Run a verb, and return the runner's report."""

    def say(verb: str, *, check: bool = False, **options: Any) -> str:
        return "\n".join(report(verb, run(verb, check=check, **options), check=check, language="en"))

    return say


@pytest.fixture
def desk(database: Any, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The options for a live database, a live folder, and a configuration file."""
    database.execute(
        """
        CREATE TABLE "Tickets" (id serial PRIMARY KEY, subject text);
        INSERT INTO "Tickets" (subject) SELECT 'pedido ' || g FROM generate_series(1, 300) g;
        CREATE TABLE "Messages" (id serial PRIMARY KEY, "ticketId" int REFERENCES "Tickets" ON DELETE CASCADE);
        INSERT INTO "Messages" ("ticketId") SELECT 1 + g % 300 FROM generate_series(1, 1500) g;
        """
    )
    public, store = tmp_path / "public", tmp_path / "store"
    public.mkdir()
    store.mkdir(mode=0o700)
    (public / "photo.jpg").write_bytes(b"picture" * 1000)
    (public / "voice.ogg").write_bytes(b"voice" * 1000)
    yield {
        "login_host": database.host,
        "login_port": database.port,
        "login_user": database.user,
        "login_password": database.password,
        "login_db": database.name,
        "backup_dir": str(store),
        "directories": {"public": str(public)},
    }
    for (name,) in administer(
        database, "SELECT datname FROM pg_database WHERE datname LIKE 'ticketz_sidekick_%'"
    ):
        administer(database, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.parametrize("parts", ["both", "database", "directories"])
@pytest.mark.variants
def test_an_undo_says_what_came_back(say: Say, desk: dict[str, Any], parts: str, tmp_path: Path) -> None:
    say("backup", **desk)
    (tmp_path / "public" / "later.txt").write_text("later")
    wanted = {"if_not_empty": "replace", **desk}
    if parts != "both":
        wanted["components"] = [parts]
    say("restore", **wanted)
    undo = {**wanted, "state": "undone"}
    would = say("restore", check=True, **undo)
    assert would.startswith("Would undo the restore of backup_")
    done = say("restore", **undo)
    assert done.startswith("Undone: the restore of backup_")
    for said in (would, done):
        assert "0 tables" not in said and "0 rows" not in said and "the same as in the backup" not in said
        assert (desk["login_db"] in said) == (parts != "directories")
        assert (str(tmp_path / "public") in said) == (parts != "database")
    again = say("restore", **undo)
    assert again.startswith("Nothing to undo")


@pytest.mark.parametrize("strategy", ["swap", "in_place"])
@pytest.mark.variants
def test_a_whole_restore_says_what_came_and_where_the_former_data_are(
    say: Say, desk: dict[str, Any], strategy: str, database: Any, tmp_path: Path
) -> None:
    say("backup", **desk)
    database.execute('DELETE FROM "Tickets" WHERE id > 250')
    wanted = {**desk, "if_not_empty": "replace", "strategy": strategy}
    would = say("restore", check=True, **wanted)
    assert would.startswith("Would restore: backup_") and "2 tables, 1,800 rows" in would
    done = say("restore", **wanted)
    assert "2 tables, 1,800 rows, the same as in the backup" in done and "2 files, 12 kB" in done
    kept = "ticketz_sidekick_previous_" if strategy == "swap" else "before-restore"
    assert kept in done and "start Ticketz if it doesn't run" in done
    assert say("restore", **wanted).startswith("Nothing was restored from backup_")


def test_configuration_files_and_keys_of_redis_are_named(
    say: Say, desk: dict[str, Any], tmp_path: Path
) -> None:
    compose = tmp_path / "docker-compose.yaml"
    compose.write_text("services: {}\n")
    with redis_running(tmp_path / "redis") as server:
        redis = client(server)
        redis.set("TICKETZ_JWT_SECRET", "um")
        secret = {"encryption_key": secrets.token_hex(32)}
        place = {"redis_url": f"unix://:{quote(PASSWORD, safe='')}@{server.unix_socket}"}
        kept = {**desk, **secret, **place, "config_files": [str(compose)]}
        would = say("backup", check=True, **kept)
        assert "config" in would and "redis" in would
        made = say("backup", **kept)
        assert f"file {compose}" in made and "keys of Redis: 1 (TICKETZ_JWT_*)" in made
        redis.set("TICKETZ_JWT_SECRET", "dois")
        compose.write_text("services: {other: {}}\n")
        (tmp_path / "public" / "later.txt").write_text("later")
        wanted = {**desk, **secret, **place, "components": ["config", "directories", "redis"]}
        would = say("restore", check=True, if_not_empty="replace", **wanted)
        done = say("restore", if_not_empty="replace", **wanted)
        for said in (would, done):
            assert f"file {compose}; what was there is now {compose}.before-backup_" in said
            assert "0 keys created, 1 replaced" in said
        undone = say("restore", **wanted, state="undone")
        assert "0 keys created, 1 replaced" in undone and str(compose) not in undone
        assert redis.get("TICKETZ_JWT_SECRET") == b"dois"


def lose(database: Any) -> None:
    database.execute('DELETE FROM "Tickets" WHERE id = 7')


SELECTIONS: dict[str, tuple[dict[str, Any], str, str]] = {
    "rows": (
        {
            "tables": ["Tickets", "Messages"],
            "merge": True,
            "rows": {"Tickets": {"id": [7]}, "Messages": {"ticketId": [7]}},
        },
        "6 rows inserted, 0 updated, 0 removed, 0 linked again",
        "public.Tickets: 1 inserted",
    ),
    "table": (
        {"tables": ["Messages", "Tickets"], "if_not_empty": "replace"},
        "6 rows inserted",
        "public.Messages: 5 inserted",
    ),
    "file": ({"paths": ["public/photo.jpg"]}, "1 files created, 0 replaced, 7.0 kB", "0 there already"),
    "both": (
        {"tables": ["Tickets"], "merge": True, "paths": ["public/photo.jpg"]},
        "1 rows inserted",
        "1 files created",
    ),
}


@pytest.mark.parametrize("kind", SELECTIONS)
@pytest.mark.variants
def test_a_selective_restore_says_what_came_back(
    say: Say, desk: dict[str, Any], kind: str, database: Any, tmp_path: Path
) -> None:
    options, total, detail = SELECTIONS[kind]
    say("backup", **desk)
    lose(database)
    (tmp_path / "public" / "photo.jpg").unlink()
    for check, head in ((True, "Would restore what"), (False, "Restored what")):
        said = say("restore", check=check, **desk, **options)
        assert said.startswith(head)
        assert total in said and detail in said
        assert "1,500" not in said and "1,800" not in said and "the same as in the backup" not in said
        assert "tart Ticketz" not in said
    assert say("restore", **desk, **options).startswith("Nothing was restored")


def test_retention_names_what_goes(say: Say, desk: dict[str, Any], tmp_path: Path) -> None:
    say("backup", **desk)
    say("backup", **desk)
    (tmp_path / "public" / "later.txt").write_text("later")
    say("restore", **desk, if_not_empty="replace")
    (tmp_path / "store" / ".backup_20200101_000000.tar.gz.0a1b2c3d4e5f6071.partial").write_bytes(
        b"left" * 1000
    )
    wanted = {**desk, "keep_last": 1, "keep_within": "0s", "min_keep": 1, "keep_previous_days": 0}
    wanted = {name: value for name, value in wanted.items() if name != "directories"}
    listed = say("backup_info", backup_dir=desk["backup_dir"])
    assert "kept for undoing restores: 1," in listed and "database ticketz_sidekick_previous_" in listed
    would = say("prune", check=True, **wanted)
    done = say("prune", **wanted)
    assert would.startswith("Backups to remove: 1, to keep: 1;") and "would become free" in would
    assert done.startswith("Backups removed: 1, kept: 1;") and "are free again" in done
    for said in (would, done):
        assert "database ticketz_sidekick_previous_" in said and ".ticketz-sidekick-swap.public." in said
        assert "left by killed runs" in said and ", ?" not in said
    assert "removed:" not in would and "to remove:" in would
    assert say("prune", **wanted).startswith("Nothing to remove; backups kept: 1.")


def test_each_level_of_a_verification_says_what_it_looked_at(say: Say, desk: dict[str, Any]) -> None:
    say("backup", **desk)
    for check in (True, False):
        opened = say("verify", check=check, **desk_of(desk), level="open")
        assert "2 tables, 1,800 rows" in opened and "2 files, 12 kB" in opened
        assert "the same as when it was published" in say(
            "verify", check=check, **desk_of(desk), level="quick"
        )
        assert "1,800 rows, 2 files" in say("verify", check=check, **desk_of(desk), level="full")


def desk_of(desk: dict[str, Any]) -> dict[str, Any]:
    """Return the options for a verb without the option ``directories``."""
    return {name: value for name, value in desk.items() if name != "directories"}
