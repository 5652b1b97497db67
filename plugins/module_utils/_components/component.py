# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface of a component for restores: plan → stage → fill → prepare → decide → settle.

A component's request is a :class:`Part`. From an opened backup it chooses what to restore, as a
:class:`Change`. The change plans and stages; a :class:`Staged` is the new content next to the live data. The
engine runs these steps for all components in the same order and does not depend on any of them by name.
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

#: Kind and name of a resource (database, directory, Redis keys). If the application uses it, it is stopped for the exchange.
Used = tuple[str, str]
#: A path on a file system, and the bytes that are about to be written there.
Need = tuple[Path, int]


@dataclass(frozen=True)
class Policy:
    """What a restore may do with existing data.

    :param if_not_empty: ``fail``, ``skip`` or ``replace``, for targets that contain data.
    :param keep_previous: keep replaced data for an undo.
    :param dry_run: check everything that can be checked, change nothing.
    :param force: restore symbolic links that point outside their directory, and data of a newer application.
    """

    if_not_empty: str = FAIL
    keep_previous: bool = True
    dry_run: bool = False
    force: bool = False

    @property
    def replaces(self) -> bool:
        """Whether existing data may be replaced."""
        return self.if_not_empty == REPLACE

    @property
    def skips(self) -> bool:
        """Whether existing data are kept without an error."""
        return self.if_not_empty == SKIP


@dataclass(frozen=True)
class Context:
    """The context that the components of one restore share.

    :param store: UUID of the store that contains the backup; empty if it is in no store.
    :param notices: receives warnings for the user.
    """

    policy: Policy
    store: str = ""
    notices: list[Notice] = field(default_factory=list)


class Staged:
    """A component's new content, next to the live data. Its context manager removes it, unless it has been exchanged.

    ``server`` is the database server whose transaction decides the exchange; only one component has it.
    """

    server: TargetServer | None = None

    def fill(self, run: Run) -> None:
        """Load and verify the content, which may take long. Raise SidekickError."""

    def prepare(self, record: Record) -> Record:
        """Return the exchange's journal record with the component's part added. The caller has the journal's
        lock. Raise HostError."""
        return record

    def pairs(self) -> Iterable[Pair]:
        """Return the pairs of names to exchange; called after :meth:`prepare`."""
        return ()

    def renamings(self) -> Sequence[Renaming]:
        """Return the private directories that the journal names; called after :meth:`prepare`."""
        return ()

    def decide(self) -> None:
        """Commit the transaction that decides the exchange, after everything else is in place. Raise SidekickError."""

    def settle(self, record: Record, others: Sequence[str]) -> None:
        """Do what can only be done after the exchange.

        :param others: the components that have been exchanged.

        Raise SidekickError; the exchanged components stay restored.
        """


_Change = TypeVar("_Change", bound="Change")


class Change(ABC):
    """A restore of one component. A context manager, which closes what :meth:`plan` has opened.

    ``component`` is its name in options and results. A ``late`` component is small, and staged right before the
    exchange; the others are filled concurrently before that. ``decides`` is true for the component whose
    transaction decides the exchange.
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

    def clean(self) -> list[Notice]:
        """Remove leftovers of killed restores of this component; never raise an error.

        :returns: warnings about what can't be removed.
        """
        return []

    @abstractmethod
    def plan(self, run: Run, needs: list[Need]) -> None:
        """Read the current state and determine what to change, without changing live data.

        :param needs: receives the bytes to be written outside the database.

        Raise SidekickError if the restore is not possible.
        """

    @property
    @abstractmethod
    def pending(self) -> bool:
        """Whether the target differs from the backup; known after :meth:`plan`."""

    @property
    def full(self) -> bool:
        """Whether the replaced data are not empty, so that an undo is useful."""
        return False

    @property
    def used(self) -> frozenset[Used]:
        """The resources that the exchange replaces."""
        return frozenset()

    @abstractmethod
    def stage(self) -> AbstractContextManager[Staged]:
        """Create a place for the new content; at the end, remove it unless it was exchanged. Raise SidekickError."""

    def report(self) -> dict[str, Any]:
        """Return the component's keys of the result."""
        return {}

    def previous(self) -> dict[str, str]:
        """Return where the replaced data are available other than by an undo."""
        return {}


class Part(Protocol):
    """The part of a restore request for one component."""

    def choose(self, source: Source, context: Context) -> Change | None:
        """Choose what to restore from a backup; return None if it does not contain the component.

        Raise HostError: ``component_absent``, and other errors that don't depend on the target.
        """
