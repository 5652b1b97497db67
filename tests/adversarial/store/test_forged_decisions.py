# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actor: who can write to a directory of backups or of copies. Claim: by what he writes of backups that they were proved,
retention removes a good one, or none is copied to another host.

Neither has a key, so neither may base a decision on what a key would have to prove.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.prune import PruneRequest, prune
from ansible_collections.ticketz.sidekick.plugins.module_utils._offsite import incoming, inventory
from ansible_collections.ticketz.sidekick.plugins.module_utils._offsite.plan import Plan, plan
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import sidecar
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.retention import Policy
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.adversarial.frame import STORE_WRITER, attack
from ansible_collections.ticketz.sidekick.tests.support.store_samples import (
    NOW,
    SOURCE,
    add_backup,
    id_before,
)

#: Newest first.
IDS = [id_before(days=days) for days in range(8)]
FILES = [f"{id}.tar.gz" for id in IDS]
POLICY = Policy(keep_last=2, keep_weekly=1, min_keep=1, keep_within=0)

SAYS = {"when": "2026-06-15T11:00:00Z", "by": "verify", "level": "drill", "mac": "0" * 32 + "." + "0" * 64}
DRILL = {**SAYS, "duration": 1.0, "rto": 1.0, "covers": ["database", "directories:public"]}
FAILED = {**SAYS, "error": "sql_refused"}
#: One that health and rechecks would take for newer than all that is to come.
LATER = {**SAYS, "when": "2099-01-01T00:00:00Z"}

Forgery = Callable[[int, dict[str, Any]], None]


def _only(*kept: int) -> Forgery:
    """Some pass for drilled, and all others for such as nothing was ever proved of."""

    def forge(number: int, proofs: dict[str, Any]) -> None:
        proofs.clear()
        if number in kept:
            proofs.update(verified=SAYS, drilled=DRILL)

    return forge


FORGERIES: dict[str, Forgery] = {
    "old ones were drilled, new ones never verified": _only(5, 6, 7),
    "nothing was ever verified": _only(),
    "the drills of the new ones failed": lambda number, proofs: proofs.update(
        {"drill_failed": FAILED} if number < 4 else {"drilled": DRILL}
    ),
    "all have a copy elsewhere": lambda _number, proofs: proofs.update(synced=SAYS),
    "all was proved in a time to come": lambda _number, proofs: proofs.update(
        verified=LATER, drilled={**DRILL, "when": LATER["when"]}, synced=LATER
    ),
}


class Victim:
    """A directory with eight good backups."""

    def __init__(self, path: Path) -> None:
        path.mkdir(mode=0o700)
        self.store = Store.open(path)
        self.store.claim(SOURCE)
        for id in IDS:
            add_backup(self.store, id)

    def forge(self, forgery: Forgery) -> None:
        for number, file in enumerate(FILES):
            path = sidecar.sidecar_path(self.store.path / file)
            data = json.loads(path.read_bytes())
            forgery(number, data["proofs"])
            path.write_text(json.dumps(data))

    def prune(self) -> set[str]:
        """Remove what no rule keeps; return what is left."""
        prune(PruneRequest(self.store.path, POLICY, now=NOW))
        return {path.name.split(".")[0] for path in self.store.path.glob("*.tar.gz")}


@pytest.fixture
def victim(tmp_path: Path) -> Victim:
    return Victim(tmp_path / "store")


@pytest.fixture
def copies(tmp_path: Path) -> Store:
    path = tmp_path / "copies"
    path.mkdir(mode=0o700)
    incoming.directory(path)
    return Store.open(path)


def planned(source: Store, destination: Store, **options: Any) -> Plan:
    """What a run would copy, and what it would say."""
    given = {"newest": None, "recheck_after": 7 * 86_400, **options}
    return plan(inventory.take(source), inventory.take(destination), now=NOW, where="vault", **given)


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
@attack(STORE_WRITER, "has retention remove the good backups and keep the others")
def test_retention_counts_no_proof(victim: Victim, forgery: Forgery) -> None:
    victim.forge(forgery)
    assert victim.prune() == {*IDS[:2]}


@pytest.mark.parametrize("marked", [{0}, {0, 1}, set(range(7)), {3, 7}])
@attack(STORE_WRITER, "has retention remove a good backup that he says is damaged, or others for it")
def test_what_is_said_to_be_damaged_stays(victim: Victim, marked: set[int]) -> None:
    victim.forge(lambda number, proofs: proofs.update({"damaged": SAYS} if number in marked else {}))
    left = victim.prune()
    assert left >= {*IDS[:2]} | {IDS[number] for number in marked}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
@attack(STORE_WRITER, "has a good backup pass for one that needs no copy")
def test_copies_are_made_whatever_was_proved(victim: Victim, copies: Store, forgery: Forgery) -> None:
    victim.forge(forgery)
    assert [copy.file for copy in planned(victim.store, copies).missing] == FILES
    newest = planned(victim.store, copies, newest=2)
    assert ([copy.file for copy in newest.missing], newest.notices) == (FILES[:2], ())


@pytest.mark.parametrize("newest", [None, 2])
@attack(STORE_WRITER, "keeps backups from being copied, without a word, by saying that they are damaged")
def test_what_is_not_copied_is_told(victim: Victim, copies: Store, newest: int | None) -> None:
    victim.forge(lambda number, proofs: proofs.update({"damaged": SAYS} if number in (0, 2, 6) else {}))
    found = planned(victim.store, copies, newest=newest)
    passed_over = [0, 2, 6] if newest is None else [0, 2]
    assert [copy.file for copy in found.missing] == [FILES[n] for n in (1, 3, 4, 5, 7)][:newest]
    (told,) = found.notices
    assert told.code == "offsite_not_copied"
    assert all((FILES[n] in str(told.facts["files"])) == (n in passed_over) for n in range(8))


@pytest.mark.parametrize("hide", ["sidecar", "cut", "nonsense"])
@attack(STORE_WRITER, "keeps a backup from being copied by what he does to its files")
def test_other_ways_to_hide_a_backup_are_told(victim: Victim, copies: Store, hide: str) -> None:
    archive = victim.store.path / FILES[0]
    if hide == "sidecar":
        sidecar.sidecar_path(archive).unlink()
    elif hide == "cut":
        archive.chmod(0o600)
        archive.write_bytes(b"")
    else:
        sidecar.sidecar_path(archive).write_text("{}")
    assert [
        (told.code, FILES[0] in str(told.facts["files"])) for told in planned(victim.store, copies).notices
    ] == [("offsite_not_copied", True)]


@attack(STORE_WRITER, "says that a copy was compared in a time to come, so that it never is again")
def test_a_comparison_in_a_time_to_come(victim: Victim, copies: Store) -> None:
    victim.forge(lambda number, proofs: proofs.update(synced=LATER if number == 3 else SAYS))
    assert [copy.file for copy in planned(copies, victim.store).recheck] == [FILES[3]]
