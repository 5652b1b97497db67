# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The next run drops databases of interrupted restores, but not those of running restores."""

from __future__ import annotations

import time
from contextlib import closing
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres import target
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.session import Session
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.target import Target
from ansible_collections.ticketz.sidekick.tests.support import runs

_NAME = "ticketz_sidekick_new_00112233aabb"


@pytest.mark.parametrize("ends", [True, False])
def test_a_leftover_whose_restore_is_just_ending(
    database: Any, monkeypatch: pytest.MonkeyPatch, ends: bool
) -> None:
    """The session of a killed restore releases the lock of its new database shortly after the lock of the target."""
    server = runs.reach(database)
    maintenance = server.on(server.maintenance_database)
    with closing(Session.open(maintenance)) as restore, Target.open(server) as next_run:
        restore.execute(f"CREATE DATABASE {_NAME}")
        try:
            restore.execute(
                "SELECT pg_catalog.pg_advisory_lock(pg_catalog.hashtextextended(%s, 0))",
                [f"ticketz.sidekick restore {_NAME}"],
            )
            waits: list[float] = []

            def wait(seconds: float) -> None:
                waits.append(seconds)
                if ends:
                    restore.close()

            monkeypatch.setattr(time, "sleep", wait)
            monkeypatch.setattr(target, "_DISCONNECT_GRACE", 0 if not ends else 30)
            assert (_NAME in next_run.drop_leftovers()) == ends
            assert bool(waits) == ends
        finally:
            next_run.drop(_NAME)
