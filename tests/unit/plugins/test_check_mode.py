# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode is as strict as the run: both refuse the same, with the same messages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError
from ansible_collections.ticketz.sidekick.plugins.module_utils._run import job
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import state_dir
from ansible_collections.ticketz.sidekick.tests.support.redis_servers import redis_running
from ansible_collections.ticketz.sidekick.tests.support.refusal_world import World
from ansible_collections.ticketz.sidekick.tests.support.refusals import REFUSALS, Refusal
from ansible_collections.ticketz.sidekick.tests.support.verb_runs import run

#: Facts that can change at any time.
PASSING = {"free"}


@pytest.fixture
def world(pg_servers: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(job, "default_state_dir", lambda *_: tmp_path / "jobs")
    monkeypatch.setattr(state_dir, "_ROOT", tmp_path / "state")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with redis_running(tmp_path / "redis") as redis:
        found = World(pg_servers(16), pg_servers(18), tmp_path, redis)
        yield found
        found.close()


def refused(case: Refusal, world: World, *, check: bool) -> tuple[str, dict[str, str]]:
    """Run a refused verb; return the error's code and facts."""
    try:
        outcome = run(case.verb, check=check, **case.options(world))
    except SidekickError as error:
        facts = {name: str(value) for name, value in error.facts.items() if name not in PASSING}
        return error.code, facts
    return f"nothing, but warned of {[notice.code for notice in outcome.notices]}", {}


@pytest.mark.long
def test_each_refusal(world: World) -> None:
    """Each refusal is tested first in check mode, then in a run; check mode must not change anything."""
    wrong = []
    for name, case in REFUSALS.items():
        with case.around(world):
            predicted, done = (refused(case, world, check=check) for check in (True, False))
        if not predicted[0] == done[0] == case.code or predicted != done:
            wrong.append(f"{name}: expected {case.code}\n  check: {predicted}\n  run:   {done}")
            world.drop("goal")
    assert not wrong, "\n".join(wrong)
