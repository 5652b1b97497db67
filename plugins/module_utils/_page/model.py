# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is shown of one host: the results of ``backup_info`` and of the schedule, as modules and the runner return them."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .._store import listing
from .._store.health import CRITICAL, WARNING
from .._store.sidecar import DRILLED, SYNCED, VERIFIED
from .words import parse

GOOD = "good"
#: Proofs that are shown; the others say that something failed.
PROOFS = (VERIFIED, DRILLED, SYNCED)


@dataclass(frozen=True)
class HostState:
    """One host.

    :param name: of the host, or of its schedule.
    :param info: a result of ``backup_info``; None where there is none.
    :param error: why there is none, as a sentence.
    :param plans: the status files of its scheduled jobs.
    """

    name: str
    info: Mapping[str, Any] | None
    error: str = ""
    plans: Sequence[Mapping[str, Any]] = ()

    @property
    def verdict(self) -> str:
        """``good``, ``warning`` or ``critical``."""
        if self.info is None or not self.info.get("healthy"):
            return CRITICAL
        return WARNING if self.problems else GOOD

    @property
    def problems(self) -> Sequence[Mapping[str, Any]]:
        """What is not well, critical first."""
        return list((self.info or {}).get("problems") or ())

    @property
    def backups(self) -> Sequence[Backup]:
        """The backups with a known time, newest first."""
        found = []
        for each in (self.info or {}).get("backups") or ():
            made = parse(each.get("created"))
            if made:
                found.append(Backup(made, each))
        return found

    @property
    def latest(self) -> Backup | None:
        """The newest good one."""
        given = (self.info or {}).get("latest")
        made = parse(given.get("created")) if given else None
        return Backup(made, given) if given and made else None


@dataclass(frozen=True)
class Backup:
    """One backup.

    :param made: when.
    :param facts: as ``backup_info`` returns it.
    """

    made: datetime.datetime
    facts: Mapping[str, Any]

    @property
    def good(self) -> bool:
        """Whether it can be restored, as far as its file and sidecar tell."""
        return self.facts.get("state") == listing.GOOD

    @property
    def size(self) -> int:
        """Bytes of its archive."""
        return int(self.facts.get("size") or 0)

    def proof(self, kind: str) -> tuple[datetime.datetime, Mapping[str, Any]] | None:
        """Return when something was proved of it, and how; None if it was not."""
        proof = (self.facts.get("proofs") or {}).get(kind)
        when = parse(proof.get("when")) if proof else None
        return (when, proof) if when and proof else None
