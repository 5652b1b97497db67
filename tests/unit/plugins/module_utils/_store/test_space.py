# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import space


def test_space_is_what_df_says(tmp_path: Path) -> None:
    found = space.disk(tmp_path)
    status = os.statvfs(tmp_path)
    assert found.total == status.f_blocks * status.f_frsize
    assert found.free <= found.total - found.used
    assert 0 <= found.percent <= 100


def test_space_is_that_of_the_disk_a_path_will_be_on(tmp_path: Path) -> None:
    assert space.disk(tmp_path / "not" / "there" / "yet").total == space.disk(tmp_path).total


def test_too_little_space_is_refused_in_words(tmp_path: Path) -> None:
    space.require_space(tmp_path, 0)
    space.require_space(tmp_path, 1000)
    with pytest.raises(HostError, match="5000 PB") as caught:
        space.require_space(tmp_path, 5 * 10**18)
    assert caught.value.code == "disk_full"
    assert str(tmp_path) in str(caught.value)
