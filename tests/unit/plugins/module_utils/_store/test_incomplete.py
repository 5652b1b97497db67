# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import TEXTS
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.incomplete import CODES, incomplete

ALL = ("database", "directories:private", "directories:public", "config", "redis")


def _path(**facts: str) -> dict[str, Any]:
    return {"code": "path_left_out", "facts": {"path": "/srv/x", **facts}}


@pytest.mark.parametrize(
    ("notices", "found"),
    [
        ([], {}),
        ([{"code": "large_objects_left", "facts": {"count": "3"}}], {"database": ("large_objects_left",)}),
        ([_path(directory="public")] * 3, {"directories:public": ("path_left_out",)}),
        (
            [_path(directory="private"), {"code": "large_objects_left", "facts": {}}],
            {"database": ("large_objects_left",), "directories:private": ("path_left_out",)},
        ),
        (
            [{"code": "config_not_kept"}, {"code": "redis_not_kept"}],
            {"config": ("config_not_kept",), "redis": ("redis_not_kept",)},
        ),
        # Notices of earlier versions do not name the directory.
        ([_path()], {"directories:private": ("path_left_out",), "directories:public": ("path_left_out",)}),
    ],
)
def test_what_is_not_whole(notices: list[dict[str, Any]], found: dict[str, tuple[str, ...]]) -> None:
    assert incomplete(notices, ALL) == found


@pytest.mark.parametrize(
    "notice",
    [
        {"code": "file_vanished", "facts": {"directory": "public"}},
        {"code": "private_left_out", "facts": {"directory": "public"}},
        _path(directory="elsewhere"),
        {"code": "of_a_later_version", "facts": {}},
        {"facts": {}},
        {},
    ],
)
def test_what_leaves_everything_whole(notice: dict[str, Any]) -> None:
    assert incomplete([notice], ALL) == {}


def test_a_component_that_is_not_there_is_not_incomplete() -> None:
    assert incomplete([{"code": "redis_not_kept", "facts": {}}], ("database",)) == {}


def test_each_code_has_its_texts() -> None:
    assert set(TEXTS) >= CODES
