# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actor: who can write to the directory of backups, where they are not encrypted. Claim: a restore sets up a program that
runs as root.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.age import Recipients
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.locate import Located
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.restore_source import open_source
from ansible_collections.ticketz.sidekick.plugins.module_utils._libraries import require
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import ID, PASSPHRASE, build

FILES = {"suid": 0o4755, "sgid": 0o2711, "both": 0o6700, "ordinary": 0o640}


@pytest.mark.parametrize("encryption", ["none", "aes256", "age"])
@pytest.mark.parametrize("force", [False, True])
def test_setuid_bits(tmp_path: Path, encryption: str, force: bool) -> None:
    public = tmp_path / "public"
    public.mkdir()
    for name, mode in FILES.items():
        (public / name).write_bytes(b"#!")
        (public / name).chmod(mode)
    public.chmod(0o2755)
    identity = Key.from_text(str(require("pyrage").x25519.Identity.generate()))
    key = {"none": None, "aes256": Key.from_text(PASSPHRASE), "age": identity}[encryption]
    archive = tmp_path / f"{ID}.tar.gz"
    build(
        archive, key=Recipients.of(identity) if encryption == "age" else key, directories={"public": public}
    )
    archive = archive.rename(
        archive.with_name(archive.name + {"none": "", "aes256": ".enc", "age": ".age"}[encryption])
    )
    staged = tmp_path / "staged"
    staged.mkdir(mode=0o700)
    given = {"force": force, "allow_plain": False, "format": None}
    with open_source(Located(archive), key, Run(), **given) as source:  # type: ignore[arg-type]
        notices = source.unpack({source.manifest.directories[0]: staged}, 2, force, Run())
    kept = force or encryption == "aes256"
    for name, mode in FILES.items():
        assert stat.S_IMODE(os.stat(staged / name).st_mode) == (mode if kept else mode & 0o777), name
    # Directories of volumes have it, so that files get the group of the application.
    assert stat.S_IMODE(os.stat(staged).st_mode) == 0o2755
    assert [notice.code for notice in notices] == ([] if kept else ["special_bits_dropped"])
