# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import StoreError
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.mounts import missing_mount
from ansible_collections.ticketz.sidekick.tests.support.store_samples import MOUNTED, on_own_mount


def _answer(tmp_path: Path, path: str, wanted: list[str], mounted: list[str]) -> str | None:
    fstab, mountinfo = tmp_path / "fstab", tmp_path / "mountinfo"
    fstab.write_text(
        "".join(f"UUID={number} {point} ext4 defaults 0 2\n" for number, point in enumerate(wanted))
    )
    lines = (f"{number} 1 0:1 / {point} rw - ext4 dev rw\n" for number, point in enumerate(mounted))
    mountinfo.write_text("".join(lines))
    found = missing_mount(Path(path), fstab, mountinfo)
    return str(found) if found else None


@pytest.mark.parametrize(
    ("path", "wanted", "mounted", "missing"),
    [
        ("/mnt-x/b/store", ["/", "/mnt-x/b"], ["/"], "/mnt-x/b"),
        ("/mnt-x/b", ["/mnt-x/b"], ["/"], "/mnt-x/b"),
        ("/mnt-x/b/store", ["/", "/mnt-x/b"], ["/", "/mnt-x/b"], None),
        ("/mnt-x/bb/store", ["/mnt-x/b"], ["/"], None),
        ("/mnt-x/b/store", ["/mnt-x", "/mnt-x/b"], ["/", "/mnt-x"], "/mnt-x/b"),
        ("/mnt-x/b/store", ["/mnt-x"], ["/", "/mnt-x/b"], None),  # mounted by hand, further below
        ("/mnt-x/b/store", ["/mnt-x/b"], ["/", "/mnt-x"], "/mnt-x/b"),
        ("/mnt-x/b/store", ["none", "swap", "/"], ["/"], None),
        ("/mnt-x/b/store", [], ["/"], None),
        ("/mnt-x/b/store", ["/mnt-x/b"], [], None),  # can't be determined
        ("/mnt-x/b c/store", ["/mnt-x/b\\040c"], ["/"], "/mnt-x/b c"),
        ("/mnt-x/b c/store", ["/mnt-x/b\\040c"], ["/", "/mnt-x/b\\040c"], None),
    ],
)
def test_what_fstab_has_around_a_path(
    tmp_path: Path, path: str, wanted: list[str], mounted: list[str], missing: str | None
) -> None:
    assert _answer(tmp_path, path, wanted, mounted) == missing


def test_lists_that_are_not_there_say_nothing(tmp_path: Path) -> None:
    assert missing_mount(tmp_path, tmp_path / "nowhere", tmp_path / "nowhere") is None
    (tmp_path / "fstab").write_bytes(b"\xff\xfe\0 \x80 ext4\n\n#\n one\n")
    assert missing_mount(tmp_path, tmp_path / "fstab") is None


def test_a_real_mount_is_seen(tmp_path: Path) -> None:
    disk, fstab = tmp_path / "disk", tmp_path / "fstab"
    disk.mkdir()
    fstab.write_text(f"none {disk} tmpfs\n")
    assert missing_mount(disk / "store", fstab) == disk

    def say() -> None:
        if missing_mount(disk / "store", fstab) is None:
            raise StoreError("store_missing", path=disk)

    assert on_own_mount(disk, "size=1m", say) in {"store_missing", *MOUNTED}
