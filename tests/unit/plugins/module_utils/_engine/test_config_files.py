# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration files in backups and restores."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.config_entry import ConfigEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.config import pack as config_source
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.config.pack import ConfigSources
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.config.places import ConfigPlaces
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError, SidekickError
from ansible_collections.ticketz.sidekick.tests.support import runs

KEY = Key.from_text("a long passphrase")
WHEN = 1_700_000_000_123_456_789
OWNER = (1234, 4321) if os.geteuid() == 0 else (os.geteuid(), os.getegid())


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """The directory of a Compose project."""
    directory = tmp_path / "srv" / "Atendimento São João"
    directory.mkdir(parents=True)
    for name, text, mode in (
        (".env-backend", "DB_PASS=segredo\n", 0o640),
        ("docker-compose.yml", "services: {}\n", 0o644),
        ("nginx.conf", "", 0o600),
    ):
        path = directory / name
        path.write_text(text)
        os.chown(path, *OWNER)
        path.chmod(mode)
        os.utime(path, ns=(WHEN, WHEN))
    return directory


def of(directory: Path) -> ConfigSources:
    """Return all files of a project, as if they were found for a stack."""
    return ConfigSources(found=tuple(sorted(directory.iterdir())))


def looks(directory: Path) -> dict[str, tuple[bytes, int, int, int, int]]:
    """Return the contents and attributes of the files below a directory."""
    return {
        str(path.relative_to(directory)): (
            path.read_bytes(),
            path.stat().st_mode,
            path.stat().st_uid,
            path.stat().st_gid,
            path.stat().st_mtime_ns,
        )
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def put(goal: Any, tmp_path: Path) -> Callable[..., Any]:
    """``put(...)``: restore the configuration files of the newest backup."""

    def put(**options: Any) -> Any:
        given = {"components": ("config",), "key": KEY, **options}
        return runs.make_restore(goal, tmp_path / "store", **given)

    return put


def keep(shop: Any, tmp_path: Path, sources: ConfigSources, **options: Any) -> Any:
    """Back up configuration files, by default encrypted."""
    return runs.make_backup(
        runs.reach(shop), tmp_path / "store", config=sources, **{"key": KEY, "compression": "none", **options}
    )


def test_all_of_a_file_comes_back_and_a_second_run_changes_nothing(
    shop: Any, app: Path, put: Callable[..., Any], tmp_path: Path
) -> None:
    before = looks(app)
    stack = {"project": "ticketz", "images": [{"name": "a", "digests": ["a@sha256:1"]}]}
    made = keep(shop, tmp_path, of(app), stack=stack)
    assert "config" in made.backup["components"] and made.notices == ()
    assert made.backup["config"] == [str(path) for path in sorted(app.iterdir())]
    assert made.backup["images"] == stack["images"]
    assert not put().changed
    for path in [*app.iterdir()]:
        path.unlink()
    app.rmdir()
    app.parent.rmdir()
    predicted = put(dry_run=True)
    assert predicted.changed and not app.parent.exists()
    done = put()
    assert done.changed and done.config == predicted.config == made.backup["config"]
    assert done.stack == stack and done.config_previous == {}
    assert looks(app) == before
    again = put()
    assert not again.changed and again.config == []


def test_tar_brings_back_what_a_file_had(shop: Any, app: Path, tmp_path: Path) -> None:
    before = looks(app)
    made = keep(shop, tmp_path, of(app), key=None, plain_secrets=True)
    assert [notice.code for notice in made.notices] == ["config_unencrypted"]
    out = tmp_path / "out"
    out.mkdir()
    command = ["tar", "-xpf", made.backup["path"], "--numeric-owner", "-C", str(out), "config"]
    subprocess.run(command, check=True)
    found = looks(out / "config" / str(app).lstrip("/"))
    whole = 10**9
    assert {name: (*each[:4], each[4] // whole) for name, each in found.items()} == {
        name: (*each[:4], each[4] // whole) for name, each in before.items()
    }


def test_what_differs_stays_or_is_put_aside(
    shop: Any, app: Path, put: Callable[..., Any], tmp_path: Path
) -> None:
    made = keep(shop, tmp_path, of(app))
    settings = app / ".env-backend"
    settings.write_text("DB_PASS=novo\n")
    (app / "nginx.conf").unlink()
    (app / "nginx.conf").mkdir()  # Docker creates a directory if a file to mount is missing
    (app / "docker-compose.yml").unlink()
    for dry_run in (True, False):
        with pytest.raises(HostError) as caught:
            put(dry_run=dry_run)
        assert caught.value.code == "config_in_the_way"
        assert str(settings) in str(caught.value) and str(app / "nginx.conf") in str(caught.value)
        assert not (app / "docker-compose.yml").exists()
    kept = put(if_not_empty="skip")
    assert kept.config == [str(app / "docker-compose.yml")]
    assert [notice.code for notice in kept.notices] == ["content_kept"]
    assert settings.read_text() == "DB_PASS=novo\n" and (app / "nginx.conf").is_dir()
    assert not put(if_not_empty="skip").changed
    done = put(if_not_empty="replace")
    aside = app / f".env-backend.before-{made.backup['id']}"
    assert done.config_previous[str(settings)] == str(aside)
    assert settings.read_text() == "DB_PASS=segredo\n" and aside.read_text() == "DB_PASS=novo\n"
    assert (app / "nginx.conf").is_file() and Path(done.config_previous[str(app / "nginx.conf")]).is_dir()
    assert not put(if_not_empty="replace").changed
    settings.write_text("DB_PASS=outra vez\n")
    put(if_not_empty="replace")
    assert aside.read_text() == "DB_PASS=novo\n"
    assert aside.with_name(f"{aside.name}-2").read_text() == "DB_PASS=outra vez\n"


def test_a_restore_that_fails_leaves_no_file_and_no_directory(
    shop: Any, app: Path, put: Callable[..., Any], tmp_path: Path
) -> None:
    keep(shop, tmp_path, of(app))
    (app / ".env-backend").write_text("DB_PASS=novo\n")
    for name in ("docker-compose.yml", "nginx.conf"):
        (app / name).unlink()
    before = looks(app)
    target = tmp_path / "gone" / "deep"
    mapping = {str(app / "nginx.conf"): str(target / "nginx.conf")}
    # Writing the journal fails, which is the last step before the exchange.
    (tmp_path / "blocked").write_text("")
    with pytest.raises(HostError) as caught:
        put(if_not_empty="replace", config_mapping=mapping, journal=tmp_path / "blocked")
    assert caught.value.code in ("journal_unusable", "write_failed")
    assert looks(app) == before and not target.parent.exists()


def test_files_can_go_to_another_place(shop: Any, app: Path, put: Callable[..., Any], tmp_path: Path) -> None:
    stack = {
        "project": "ticketz",
        "images": [],
        "compose": {"working_dir": str(app), "files": [str(app / "docker-compose.yml")]},
        "directories": {"public": {"path": str(app / "public")}},
    }
    keep(shop, tmp_path, of(app), stack=stack)
    before = looks(app)
    new = tmp_path / "opt" / "ticketz"
    mapping = {str(app): f"{new}/", str(app / "nginx.conf"): str(tmp_path / "proxy.conf")}
    done = put(config_mapping=mapping)
    assert sorted(done.config) == sorted(
        [str(new / ".env-backend"), str(new / "docker-compose.yml"), str(tmp_path / "proxy.conf")]
    )
    assert looks(new) == {name: found for name, found in before.items() if name != "nginx.conf"}
    shown = ConfigPlaces(mapping).stack(done.stack)
    assert shown is not None
    assert shown["compose"] == {"working_dir": str(new), "files": [str(new / "docker-compose.yml")]}
    assert shown["directories"] == stack["directories"]


# --- backups -------------------------------------------------------------------------


def test_without_encryption_they_are_left_out_and_the_backup_goes_on(
    shop: Any, app: Path, tmp_path: Path
) -> None:
    named = ConfigSources(named=(app / "nginx.conf",), found=of(app).found)
    for sources, codes in (
        (of(app), ["config_left_out"]),
        (named, ["config_unencrypted", "config_left_out"]),
    ):
        for dry_run in (True, False):
            made = keep(shop, tmp_path, sources, key=None, dry_run=dry_run)
            assert made.changed and [notice.code for notice in made.notices] == codes
            assert ("config" in made.backup["components"]) == bool(sources.named)
            assert str(app / ".env-backend") in str(made.notices[-1])
        assert made.backup["config"] == [str(path) for path in sources.named]
    assert not keep(shop, tmp_path, named, key=None, if_older_than=3600).changed


def test_what_the_stack_has_and_nobody_can_keep_is_a_warning(
    shop: Any, app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(app / "pipe")
    (app / "large").write_bytes(b"x" * 2000)
    os.symlink("nginx.conf", app / "linked")
    monkeypatch.setattr(config_source, "LARGEST", 1000)
    sources = ConfigSources(found=(*of(app).found, app / "gone", app))
    made = keep(shop, tmp_path, sources)
    assert {Path(str(notice.facts["path"])).name for notice in made.notices} == {
        "pipe", "large", "gone", app.name,
    }  # fmt: skip
    assert {notice.code for notice in made.notices} == {"config_not_kept"}
    assert [Path(path).name for path in made.backup["config"]] == [
        ".env-backend", "docker-compose.yml", "linked", "nginx.conf",
    ]  # fmt: skip
    monkeypatch.setattr(config_source, "MOST_FILES", 2)
    made = keep(shop, tmp_path, of(app))
    assert len(made.backup["config"]) == 2


@pytest.mark.parametrize(
    ("name", "code"), [("large", "config_too_large"), ("gone", "file_unreadable"), (".", "file_unreadable")]
)
def test_a_file_that_is_named_must_be_kept(
    shop: Any, app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: str
) -> None:
    (app / "large").write_bytes(b"x" * 2000)
    monkeypatch.setattr(config_source, "LARGEST", 1000)
    with pytest.raises(HostError) as caught:
        keep(shop, tmp_path, ConfigSources(named=(app / name,)))
    assert caught.value.code == code and str(app / name) in str(caught.value)
    assert not [path for path in (tmp_path / "store").iterdir() if path.name.startswith("backup_")]


# --- targets of restores -------------------------------------------------------------


def resolved(path: str, encryption: str = "aes256", **mapping: str) -> str:
    """Return the target of a file in a backup."""
    entry = ConfigEntry(f"config{path}", 0, 512, 0, "")
    places = ConfigPlaces({source.replace("_", "/"): target for source, target in mapping.items()})
    return str(places.resolve([entry], encryption)[0][1])


@pytest.mark.parametrize(
    "path",
    [
        "/etc/cron.d/x", "/etc/nginx/nginx.conf", "/usr/local/bin/x", "/lib64/x", "/boot/x", "/run/x",
        "/var/spool/cron/crontabs/root", "/root/.bashrc", "/home/ana/.ssh/authorized_keys",
        "/home/ana/.profile", "/srv/git/.ssh/config", "/proc/x", "/etc", "/var/lib/systemd/x",
    ],
)  # fmt: skip
def test_the_systems_directories_must_be_named(path: str) -> None:
    with pytest.raises(HostError) as caught:
        resolved(path)
    assert caught.value.code == "config_of_the_system" and path in str(caught.value)
    assert caught.value.text("pt") != str(caught.value)


def test_places_of_applications_need_not_be_named() -> None:
    for path in ("/opt/ticketz/.env-backend", "/root/ticketz/.env", "/home/ana/x/y", "/srv/x", "/etcetera/x"):
        assert resolved(path) == path
    assert resolved("/etc/nginx/nginx.conf", _etc_nginx="/etc/nginx") == "/etc/nginx/nginx.conf"
    assert resolved("/etc/nginx/a/b", _etc="/opt/etc") == "/opt/etc/nginx/a/b"
    assert resolved("/opt/a", _opt_a="/srv/b") == "/srv/b"
    assert resolved("/optional/a", _opt="/srv") == "/optional/a"


def test_an_archive_that_anybody_can_have_made_needs_a_name_for_each_place(
    shop: Any, app: Path, put: Callable[..., Any], tmp_path: Path
) -> None:
    keep(shop, tmp_path, of(app), key=None, plain_secrets=True)
    (app / ".env-backend").unlink()
    with pytest.raises(HostError) as caught:
        put(key=None)
    assert caught.value.code == "config_untrusted" and str(app / ".env-backend") in str(caught.value)
    assert not (app / ".env-backend").exists()
    put(key=None, config_mapping={str(app): str(app)})
    assert (app / ".env-backend").read_text() == "DB_PASS=segredo\n"
    for encryption in ("none", "age"):
        with pytest.raises(HostError, match="config_mapping"):
            resolved("/opt/x", encryption)


def test_nothing_goes_through_a_link_that_nobody_named(
    shop: Any, app: Path, put: Callable[..., Any], tmp_path: Path
) -> None:
    keep(shop, tmp_path, of(app))
    (tmp_path / "elsewhere").mkdir()
    for path in app.iterdir():
        path.unlink()
    app.rmdir()
    app.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HostError) as caught:
        put()
    assert caught.value.code == "config_through_link" and str(app) in str(caught.value)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    put(config_mapping={str(app): str(app)})
    assert len(list((tmp_path / "elsewhere").iterdir())) == 3


def test_two_files_for_one_place_are_refused() -> None:
    entries = [ConfigEntry(f"config/{name}/env", 0, 512, 0, "") for name in ("a", "b")]
    with pytest.raises(SidekickError) as caught:
        ConfigPlaces({"/a": "/opt", "/b": "/opt"}).resolve(entries, "aes256")
    assert caught.value.facts.get("problem") == "same_place"
