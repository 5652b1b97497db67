# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backup has the files that existed when the snapshot was taken, even if they change afterwards."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path
from typing import Any

from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.tests.support import runs


def test_what_is_deleted_after_the_snapshot_is_named(shop: Any, tmp_path: Path) -> None:
    media = tmp_path / "media"
    (media / "company1").mkdir(parents=True)
    for name in ("kept.jpg", "deleted.jpg"):
        (media / "company1" / name).write_bytes(b"picture")
    seen: list[str] = []

    def use(phase: str, **_expected: Any) -> None:
        """Delete and write files after the snapshot was taken, while the database is read."""
        seen.append(phase)
        if phase == "database":
            (media / "company1" / "deleted.jpg").unlink()
            (media / "company1" / "later.jpg").write_bytes(b"of a message that is not in the snapshot")

    made = runs.make_backup(
        runs.reach(shop), tmp_path / "store", Run(progress=use), directories={"public": media}
    )
    assert "database" in seen
    (notice,) = made.notices
    assert notice.code == "file_vanished" and "company1/deleted.jpg" in str(notice)
    with tarfile.open(made.backup["path"]) as archive:
        files = [name for name in archive.getnames() if name.endswith(".jpg")]
    assert files == ["files/public/company1/kept.jpg"]
    assert not [name for name in os.listdir(tmp_path / "store") if name.startswith("tmp")]
