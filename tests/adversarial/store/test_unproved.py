# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actor: who can write to the directory of backups, where they are not encrypted; and who could once write to the media.
Claim: a restore sets up a program that runs as root.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.age import Recipients
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.walk import Excludes
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.entry import (
    directories_of,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.locate import Located
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.restore_source import open_source
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import MOST_NAMED, Notice
from ansible_collections.ticketz.sidekick.plugins.module_utils._libraries import require
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.tests.adversarial.frame import STORE_WRITER, attack
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import ID, PASSPHRASE, build

FILES = {"suid": 0o4755, "sgid": 0o2711, "both": 0o6700, "sticky": 0o1644, "ordinary": 0o640}
SPECIAL = ["suid", "sgid", "both"]


@pytest.fixture
def public(tmp_path: Path) -> Path:
    found = tmp_path / "public"
    found.mkdir()
    for name, mode in FILES.items():
        (found / name).write_bytes(b"#!")
        (found / name).chmod(mode)
    # Directories of volumes have it, so that files get the group of the application.
    found.chmod(0o2755)
    return found


def _restored(archive: Path, key: Key | None, staged: Path, *, force: bool) -> list[Notice]:
    """Unpack as a restore does, and make sure that no file could run as somebody else."""
    staged.mkdir(mode=0o700)
    given = {"force": force, "allow_plain": False, "format": None}
    with open_source(Located(archive), key, Run(), **given) as source:  # type: ignore[arg-type]
        notices = source.unpack({directories_of(source.manifest)[0]: staged}, Excludes(()), 2, force, Run())
    for name, mode in FILES.items():
        assert stat.S_IMODE(os.stat(staged / name).st_mode) == mode & 0o1777, name
    assert stat.S_IMODE(os.stat(staged).st_mode) == 0o2755
    return list(notices)


@pytest.mark.parametrize("encryption", ["none", "aes256", "age"])
@pytest.mark.parametrize("force", [False, True])
@attack(STORE_WRITER, "has a restore set up a program that runs as its owner")
def test_setuid_bits(tmp_path: Path, public: Path, encryption: str, force: bool) -> None:
    """One rule for all: media need none, and of a file in a proved backup it is only proved that the host had it."""
    identity = Key.from_text(str(require("pyrage").x25519.Identity.generate()))
    key = {"none": None, "aes256": Key.from_text(PASSPHRASE), "age": identity}[encryption]
    archive = tmp_path / f"{ID}.tar.gz"
    build(
        archive, key=Recipients.of(identity) if encryption == "age" else key, directories={"public": public}
    )
    archive = archive.rename(
        archive.with_name(archive.name + {"none": "", "aes256": ".enc", "age": ".age"}[encryption])
    )
    (told,) = _restored(archive, key, tmp_path / "staged", force=force)
    assert (told.code, told.facts["count"]) == ("special_bits_dropped", len(SPECIAL))
    assert sorted(str(told.facts["names"]).split(", ")) == sorted(SPECIAL)


@attack(STORE_WRITER, "hides one such program among many")
def test_more_setuid_bits_than_are_named(tmp_path: Path, public: Path) -> None:
    for number in range(40):
        (public / f"x{number}").write_bytes(b"#!")
        (public / f"x{number}").chmod(0o4711)
    build(tmp_path / f"{ID}.tar.gz", directories={"public": public})
    (told,) = _restored(tmp_path / f"{ID}.tar.gz", None, tmp_path / "staged", force=True)
    assert told.facts["count"] == 40 + len(SPECIAL)
    assert f"(+{40 + len(SPECIAL) - MOST_NAMED})" in told.text("en")
    assert not [path for path in (tmp_path / "staged").iterdir() if os.stat(path).st_mode & 0o6000]
