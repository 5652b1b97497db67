# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application's outage while its data are exchanged: stopped as late and started as early as possible."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from .._components.component import Used
from .._errors import CancelledError, HostError, Notice, listed
from .._run.run import Run
from .._stack.guardian import STOP
from .._stack.health import Health, wait_until_healthy
from .._stack.quiesce import Application, Quiesce

#: Seconds after which the application is started in any case. An exchange takes a few.
_BOUND = 900


@dataclass(frozen=True)
class OutagePlan:
    """The application that uses the live data, and how to check its health afterwards.

    :param application: its containers.
    :param used: the exchangeable things that it uses.
    :param health_url: URL of a page that must answer.
    :param health_timeout: seconds to wait until it is healthy.
    """

    application: Application
    used: frozenset[Used]
    health_url: str | None = None
    health_timeout: float = 120

    def concerns(self, used: frozenset[Used]) -> bool:
        """Return whether the application uses any of these."""
        return not self.used.isdisjoint(used)


class Outage:
    """An outage according to its plan. Without a plan, or if the application is not affected, nothing is stopped."""

    def __init__(self, plan: OutagePlan | None, notices: list[Notice], run: Run) -> None:
        self._plan = plan
        self._notices = notices
        self._run = run
        self._quiesce: Quiesce | None = None
        self._health: Health | None = None

    @contextmanager
    def around(self, used: frozenset[Used]) -> Iterator[None]:
        """Stop the application during the block, which exchanges its data.

        Raise HostError: ``quiesce_failed`` before the block, with nothing changed; ``quiesce_stuck`` after it.
        """
        plan = self._plan
        if plan is None or not plan.concerns(used):
            yield
            return
        self._run.phase("stopping the application")
        quiesce = Quiesce(plan.application, STOP, _BOUND, self._run.check, self._run.job_id)
        with quiesce as self._quiesce:
            yield
        if quiesce.expired:
            names = listed(quiesce.containers)
            self._notices.append(Notice("application_started_early", containers=names, seconds=_BOUND))

    def wait(self) -> None:
        """Wait until the stopped containers are healthy again. Raise HostError (``application_unhealthy``)."""
        plan, stopped = self._plan, self._quiesce
        if plan is None or stopped is None or not stopped.containers:
            return
        self._run.phase("waiting for the application")
        ids = [id for id, name in plan.application.containers.items() if name in stopped.containers]
        try:
            self._health = wait_until_healthy(
                plan.application.docker_host,
                ids,
                url=plan.health_url,
                timeout=plan.health_timeout,
                check=self._run.check,
            )
        except CancelledError:
            # The exchange is done, and is not reverted for that. The application's health is unknown.
            return
        if not self._health.healthy:
            raise HostError(
                "application_unhealthy",
                problem="undo",
                containers=listed(stopped.containers),
                seconds=f"{self._health.seconds:g}",
                cause=self._health.trouble,
                command=f"docker logs --tail 50 {stopped.containers[0]}",
            )

    def predict(self, used: frozenset[Used]) -> dict[str, Any] | None:
        """Return what a run that exchanges this would stop, for the result. Raise HostError (``quiesce_failed``)."""
        if self._plan is None or not self._plan.concerns(used):
            return None
        return _described(self._plan.application.running(), None, None)

    def describe(self) -> dict[str, Any] | None:
        """Return what was stopped, and its health, for the result."""
        if self._quiesce is None:
            return None
        return _described(self._quiesce.containers, self._quiesce.seconds, self._health)


def _described(containers: list[str], seconds: float | None, health: Health | None) -> dict[str, Any]:
    return {
        "containers": containers,
        "stopped_seconds": seconds,
        "healthy": health.healthy if health else None,
        "healthy_after": health.seconds if health else None,
        "checked_by": list(health.checked_by) if health else [],
    }
