# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A first backup to a small disk: it is refused before any work if it can't fit, and only then."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.store_samples import MOUNTED, on_own_mount


@pytest.fixture
def media(tmp_path: Path) -> dict[str, Path]:
    """Directories, one of which is too large for the disk, with and without compression."""
    found = {name: tmp_path / name for name in ("photos", "text", "rubbish", "few")}
    for path in found.values():
        path.mkdir()
    for number in range(60):
        (found["photos"] / f"{number}.jpg").write_bytes(os.urandom(100_000))
        (found["text"] / f"{number}.csv").write_bytes(b"5511999990000;bom dia\n" * 9_000)
    (found["rubbish"] / "cache.tmp").write_bytes(os.urandom(9_000_000))
    (found["few"] / "1.jpg").write_bytes(os.urandom(300_000))
    return found


@pytest.mark.long
def test_a_first_backup_on_a_small_disk(shop: Any, media: dict[str, Path], tmp_path: Path) -> None:
    # Random rows, because only these are large in the archive.
    shop.execute(
        "CREATE TABLE digits AS SELECT md5(random()::text) || md5(random()::text) FROM generate_series(1, 50000)"
    )
    names = {name: {name: path} for name, path in media.items()}
    cases: dict[str, tuple[str, dict[str, Any]]] = {
        "photos": ("disk_full", {"directories": names["photos"]}),
        "photos, zstd": ("disk_full", {"directories": names["photos"], "compression": "zstd"}),
        "text as it is": ("disk_full", {"directories": names["text"], "compression": "none"}),
        "rows as they are": ("disk_full", {"compression": "none"}),
        "all of it together": ("disk_full", {"directories": media}),
        "text": ("", {"directories": names["text"]}),
        "rubbish that is left out": ("", {"directories": names["rubbish"], "exclude_paths": ("*.tmp",)}),
        "a few photos": ("", {"directories": names["few"]}),
    }

    def back_up(store: Path, dry_run: bool, options: dict[str, Any]) -> None:
        store.chmod(0o700)
        try:
            runs.make_backup(runs.reach(shop), store, dry_run=dry_run, **options)
        except SidekickError:
            assert not list(store.glob(".backup*")) + list(store.glob("backup*"))
            raise

    for number, (name, (code, options)) in enumerate(cases.items()):
        # Another store each time, because the host remembers its stores.
        store = tmp_path / f"store{number}"
        store.mkdir()
        for dry_run in (True, False):
            work = partial(back_up, store, dry_run, options)
            assert on_own_mount(store, "size=4m,mode=0700", work) in {code, *MOUNTED}, (name, dry_run)
