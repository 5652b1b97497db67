# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actor: who can write to the directory of backups, without the key. Claim: an archive that the key did not make is restored.

Each attack puts a plain archive, or one of an earlier tool, in the place of an encrypted one.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.age import Recipients
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.locate import locate
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.restore_source import open_source
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.verify import VerifyRequest, verify
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError
from ansible_collections.ticketz.sidekick.plugins.module_utils._libraries import require
from ansible_collections.ticketz.sidekick.plugins.module_utils._options import encryption
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import listing, sidecar
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.digest import digest
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import ID, PASSPHRASE, build
from ansible_collections.ticketz.sidekick.tests.support.legacy_samples import sidekick
from ansible_collections.ticketz.sidekick.tests.support.store_samples import SOURCE, sidecar_for

KEY = Key.from_text(PASSPHRASE)
HEX_KEY = Key.from_text("7f" * 32)


def identity() -> Key:
    return Key.from_text(str(require("pyrage").x25519.Identity.generate()))


def store_with(path: Path, archive: Path, encryption: str) -> Store:
    """A store in which an archive lies, with a sidecar that tells the truth but for the encryption."""
    store = Store.open(path)
    store.claim(SOURCE)
    size, sha256 = digest(archive)
    origin = store.record().origin  # type: ignore[union-attr]
    id = archive.name.split(".")[0]
    found = sidecar_for(
        id, file=archive.name, size=size, sha256=sha256, encryption=encryption, proofs={}, origin=origin
    )
    sidecar.save(sidecar.sidecar_path(archive), found)
    return store


def refused(path: Path, backup: str, key: Key | None, level: str = "full", allow_plain: bool = False) -> str:
    """The code by which both a verification and the opening of a restore refuse, the same one."""
    codes = []
    # A verification writes down what is damaged, and then there is no newest one.
    for attempt in (_restore, _verify):
        with pytest.raises(SidekickError) as caught:
            attempt(path, backup, key, level, allow_plain)
        codes.append(caught.value.code)
    assert codes[0] == codes[1]
    return codes[0]


def _verify(path: Path, backup: str, key: Key | None, level: str, allow_plain: bool) -> None:
    verify(VerifyRequest(backup, path, level, key, 2, allow_plain=allow_plain), Run())


def _restore(
    path: Path,
    backup: str,
    key: Key | None,
    _level: str = "",
    allow_plain: bool = False,
    format: str | None = None,
) -> str:
    found = locate(backup, path)
    with open_source(found, key, Run(), force=False, allow_plain=allow_plain, format=format) as source:
        return source.format


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "store"
    found.mkdir(mode=0o700)
    return found


@pytest.mark.parametrize("level", ["open", "quick", "full"])
@pytest.mark.parametrize(
    ("ending", "told"), [(".enc", "aes256"), (".age", "age"), ("", "aes256"), ("", "none"), (".enc", "none")]
)
def test_a_plain_archive_in_the_place_of_an_encrypted_one(
    path: Path, ending: str, told: str, level: str
) -> None:
    key = identity() if "age" in (told, ending[1:]) else KEY
    archive = path / f"{ID}.tar.gz{ending}"
    build(archive)
    store_with(path, archive, told)
    assert refused(path, "latest", key, level) == "archive_plain"
    assert refused(path, str(archive), HEX_KEY, level) == "archive_plain"
    if ending or told != "none":
        assert refused(path, ID, None, level) == "archive_plain"


def test_what_was_published_encrypted_and_is_plain_counts_as_damaged(path: Path) -> None:
    archive = path / f"{ID}.tar.gz.enc"
    build(archive)
    store_with(path, archive, "aes256")
    refused(path, ID, KEY)
    assert listing.list_backups(path)[0].state == listing.DAMAGED


def test_a_plain_archive_that_only_lacks_the_demand_of_a_key_is_not_called_damaged(path: Path) -> None:
    archive = path / f"{ID}.tar.gz"
    build(archive)
    store_with(path, archive, "none")
    refused(path, ID, KEY)
    assert listing.list_backups(path)[0].good


def test_another_encryption_than_the_one_that_was_published(path: Path) -> None:
    """Recipients are public: anybody can make an archive that an identity opens."""
    key = identity()
    archive = path / f"{ID}.tar.gz.enc"
    build(archive, key=Recipients.of(key))
    store_with(path, archive, "aes256")
    assert refused(path, ID, key) == refused(path, ID, key, allow_plain=True) == "encryption_differs"


@pytest.mark.parametrize("name", [f"{ID}.tar.gz", f"{ID}.tar.gz.enc"])
@pytest.mark.parametrize("key", [None, KEY, HEX_KEY])
def test_an_archive_of_the_old_tool_under_the_name_of_a_backup(
    path: Path, name: str, key: Key | None
) -> None:
    archive = sidekick().write(path / name)
    store_with(path, archive, "none")
    for backup in ("latest", ID, str(archive)):
        with pytest.raises(SidekickError) as caught:
            _restore(path, backup, key, allow_plain=key is None)
        assert caught.value.code in ("archive_plain", "format_needed")


def test_an_archive_of_the_old_tool_with_a_key_takes_both_words(path: Path) -> None:
    archive = str(sidekick().write(path / "ticketz-backup-20260101020000.tar.gz"))
    for allow_plain, format, code in (
        (False, None, "archive_plain"),
        (False, "sidekick", "archive_plain"),
        (True, None, "format_needed"),
    ):
        with pytest.raises(SidekickError) as caught:
            _restore(path, archive, KEY, "", allow_plain, format)
        assert caught.value.code == code
    assert _restore(path, archive, KEY, "", True, "sidekick") == "sidekick"


def test_what_is_plain_and_asked_for_is_taken(path: Path) -> None:
    """Playbooks of hosts without encryption go on working, and a plain archive can be chosen."""
    archive = path / f"{ID}.tar.gz"
    build(archive)
    store_with(path, archive, "none")
    old = str(sidekick().write(path / "ticketz-backup-20260101020000.tar.gz"))
    assert _restore(path, "latest", None) == _restore(path, ID, KEY, "", True) == "1"
    assert _restore(path, old, None) == "sidekick"
    _verify(path, ID, KEY, "full", True)
    assert listing.list_backups(path)[0].good


def test_a_host_whose_env_file_says_that_nothing_is_encrypted(path: Path, tmp_path: Path) -> None:
    """It goes on as ever with its key for older backups; names and sidecars still demand what they say."""
    env = {"BACKUP_ENCRYPTION": "none", "BACKUP_ENCRYPTION_KEY": PASSPHRASE}
    key = encryption.key({}, env)
    assert key
    archive = path / f"{ID}.tar.gz"
    build(archive)
    store_with(path, archive, "none")
    assert _restore(path, "latest", key) == "1"
    archive.rename(tmp_path / f"{ID}.tar.gz.enc")
    assert refused(path, str(tmp_path / f"{ID}.tar.gz.enc"), key) == "archive_plain"
    for other in ({**env, "BACKUP_ENCRYPTION": "aes256"}, {"BACKUP_ENCRYPTION_KEY": PASSPHRASE}):
        assert encryption.key({}, other).demands  # type: ignore[union-attr]
    assert encryption.key({"encryption_key": PASSPHRASE}, env).demands  # type: ignore[union-attr]


@pytest.mark.parametrize("ending", ["", ".enc"])
def test_an_older_backup_under_the_name_of_a_newer_one(path: Path, ending: str) -> None:
    """Claim: what was lost since comes back as if it were the newest state."""
    newer = ID.replace("20260801", "20260901")
    archive = path / f"{newer}.tar.gz{ending}"
    build(archive, key=KEY if ending else None)
    store_with(path, archive, "aes256" if ending else "none")
    assert refused(path, "latest", KEY if ending else None) == "backup_renamed"
