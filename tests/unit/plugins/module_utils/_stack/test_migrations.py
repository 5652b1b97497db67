# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an image's migrations are is read from its container, whether that runs or not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.engine import DEFAULT_HOST
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.migrations import (
    known_migrations,
    unknown_migrations,
)


def test_the_migrations_of_an_image_are_found(
    containers: Any, docker: Callable[..., str], tmp_path: Path
) -> None:
    folder = tmp_path / "dist" / "database" / "migrations"
    folder.mkdir(parents=True)
    for name in ("20200101-first.js", "20200101-first.js.map", "20200102-second.js", "20200102-second.d.ts"):
        (folder / name).write_text("x" * 100_000)
    container = containers.create("backend", "redis")
    assert known_migrations(DEFAULT_HOST, container) == frozenset()
    # docker cp makes no directories above, so all of them are in what is copied.
    above = tmp_path / "image" / "src" / "app"
    above.mkdir(parents=True)
    (tmp_path / "dist").rename(above / "dist")
    docker("cp", f"{tmp_path}/image/.", f"{container}:/usr")
    assert known_migrations(DEFAULT_HOST, container) == {"20200101-first", "20200102-second"}
    assert known_migrations(DEFAULT_HOST, "no-such-container") == frozenset()
    assert known_migrations(f"unix://{tmp_path}/none.sock", container) == frozenset()


@pytest.mark.parametrize(
    ("names", "known", "unknown"),
    [
        (["a.js", "b.js"], {"a", "b", "c"}, []),
        (["a.js", "c.js", "b.js"], {"a"}, ["c", "b"]),
        (["a.ts"], {"a"}, []),
        (["a.js"], set(), []),
        (["a.js"], {"z"}, []),
        ([], {"a"}, []),
    ],
)
def test_what_an_image_does_not_know(names: list[str], known: set[str], unknown: list[str]) -> None:
    assert unknown_migrations(names, frozenset(known)) == unknown
