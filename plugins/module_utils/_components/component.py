# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a restore asks of each component: plan → stage → fill → prepare → decide → settle.

A component's request is a :class:`Part`. It chooses what of an opened backup the component takes, a :class:`Change`. The
change plans and stages, and a :class:`Staged` is the new content that waits next to what is in use. The engine runs
these steps for all components in the same order and knows none of them by name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

from .._errors import Notice
from .._postgres.target import TargetServer
from .._run.run import Run
from .._swap.pairs import Pair
from .._swap.record import Record
from .._swap.switch import Renaming
from .source import Source

FAIL, SKIP, REPLACE = "fail", "skip", "replace"

#: What is in use: the kind of a thing and its name. An application that uses it is stopped for the exchange.
Used = tuple[str, str]
#: A path on a file system, and the bytes that are about to be written there.
Need = tuple[Path, int]


@dataclass(frozen=True)
class Policy:
    """What may become of what is there already.

    :param if_not_empty: ``fail``, ``skip`` or ``replace``, where the target holds data.
    :param keep_previous: keep what is taken out of service, for an undo.
    :param dry_run: check everything that can be checked, change nothing.
    :param force: restore symbolic links that lead out of their directory, and data of a newer application.
    """

    if_not_empty: str = FAIL
    keep_previous: bool = True
    dry_run: bool = False
    force: bool = False

    @property
    def replaces(self) -> bool:
        """Whether what is there may be replaced."""
        return self.if_not_empty == REPLACE

    @property
    def skips(self) -> bool:
        """Whether what is there is left alone without an error."""
        return self.if_not_empty == SKIP


@dataclass(frozen=True)
class Context:
    """What the components of one restore share.

    :param store: UUID of the store that the backup lies in; empty if it lies in none.
    :param notices: gets what the user should know.
    """

    policy: Policy
    store: str = ""
    notices: list[Notice] = field(default_factory=list)


class Staged:
    """A component's new content, next to what is in use; the context that made it removes what is not in place.

    ``server`` is the database server whose transaction decides the switch, for the one component that has one.
    """

    server: TargetServer | None = None

    def fill(self, run: Run) -> None:
        """Bring the content there and prove it: what takes long. Raise SidekickError."""

    def prepare(self, record: Record) -> Record:
        """Return the switch's record with the component's part in it; the journal's lock is held. Raise HostError."""
        return record

    def pairs(self) -> Iterable[Pair]:
        """Return the names that are exchanged; called after :meth:`prepare`."""
        return ()

    def renamings(self) -> Sequence[Renaming]:
        """Return the private directories that get their names in the journal; called after :meth:`prepare`."""
        return ()

    def decide(self) -> None:
        """Make the transaction happen that decides the switch, once everything else is in place. Raise SidekickError."""

    def settle(self, record: Record, others: Sequence[str]) -> None:
        """Do what can only be done after the switch.

        :param others: the components that are in place by now.

        Raise SidekickError; what is in place stays.
        """


_Change = TypeVar("_Change", bound="Change")


class Change(ABC):
    """What a restore does to one component, for use with ``with``, which ends what :meth:`plan` has opened.

    ``component`` is its name, as options and results have it. What is ``late`` is staged in a moment, right before the
    switch; the others are filled at the same time before. ``decides`` is true for the one whose transaction decides.
    """

    component = ""
    late = False
    decides = False

    def __init__(self) -> None:
        self._open = ExitStack()

    def __enter__(self: _Change) -> _Change:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    @abstractmethod
    def plan(self, run: Run, needs: list[Need]) -> None:
        """Find out what is there and what would happen. Nothing in use is changed.

        :param needs: gets what will be written outside of the database.

        Raise SidekickError where it can't be done.
        """

    @property
    @abstractmethod
    def pending(self) -> bool:
        """Whether what is there is not what the backup holds yet; known after :meth:`plan`."""

    @property
    def full(self) -> bool:
        """Whether what goes holds anything that an undo would want."""
        return False

    @property
    def used(self) -> frozenset[Used]:
        """What of the things in use is exchanged."""
        return frozenset()

    @abstractmethod
    def stage(self) -> AbstractContextManager[Staged]:
        """Make room for the new content; remove at the end what is not in place. Raise SidekickError."""

    def report(self) -> dict[str, Any]:
        """Return the members of the result that are the component's."""
        return {}

    def previous(self) -> dict[str, str]:
        """Return where what was replaced can be had, other than from what an undo brings back."""
        return {}


class Part(Protocol):
    """The part of a restore's request that is one component's."""

    def choose(self, source: Source, context: Context) -> Change | None:
        """Choose what of a backup to restore; None if it holds nothing of the component.

        Raise HostError: ``component_absent``, and what else can be told without looking at the target.
        """
