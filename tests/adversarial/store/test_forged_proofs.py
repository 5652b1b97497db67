# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actor: who can write to the directory of backups, without the key. Claim: what he writes of a backup that it was verified
and drilled is believed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.info import (
    InfoRequest,
    InfoResult,
    info,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.verify import VerifyRequest, verify
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import sidecar, times
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.digest import digest
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.health import Limits
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.adversarial.frame import STORE_WRITER, attack
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import ID, build
from ansible_collections.ticketz.sidekick.tests.support.store_samples import SOURCE, sidecar_for

KEY = Key.from_text("7f" * 32)
LATER = times.from_text("2026-08-02T00:00:00Z")
FORGED = {"when": "2026-08-01T12:00:00Z", "by": "verify", "level": "full"}
DRILL = {**FORGED, "level": "drill", "duration": 12.5, "rto": 11.0, "covers": ["database"]}


class Victim:
    """A store with one encrypted backup that was verified with its key."""

    def __init__(self, path: Path) -> None:
        path.mkdir(mode=0o700)
        self.store = Store.open(path)
        self.store.claim(SOURCE)
        self.archive = path / f"{ID}.tar.gz.enc"
        build(self.archive, key=KEY)
        size, sha256 = digest(self.archive)
        origin = self.store.record().origin  # type: ignore[union-attr]
        facts = {"size": size, "sha256": sha256, "encryption": "aes256", "proofs": {}, "origin": origin}
        self.sidecar = sidecar.sidecar_path(self.archive)
        self.sidecar.write_bytes(sidecar.serialize(sidecar_for(ID, file=self.archive.name, **facts)))

    def verify(self, level: str) -> list[str]:
        """Verify it with the key, as a schedule does; return the codes of the warnings."""
        return [
            notice.code for notice in verify(VerifyRequest(ID, self.store.path, level, KEY, 2), Run()).notices
        ]

    def rewrite(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change the sidecar as somebody without the key can."""
        data = json.loads(self.sidecar.read_bytes())
        change(data)
        self.sidecar.write_text(json.dumps(data))

    def put_another_archive(self) -> None:
        """Replace the archive by one that another key made, and its SHA-256 in the sidecar."""
        self.archive.unlink()
        build(self.archive, key=Key.from_text("11" * 32))
        size, sha256 = digest(self.archive)
        self.rewrite(lambda data: data.update(size=size, sha256=sha256))

    def look(self) -> InfoResult:
        """What the status shows to the holder of the key."""
        limits = Limits(min_size=0, disk_warning=101, disk_critical=101)
        return info(InfoRequest(self.store.path, limits, LATER, max_drill_age=7 * 86_400, key=KEY))

    def proved(self) -> set[str]:
        """Which proofs of the backup are believed."""
        return set(self.look().backups[0].proved)

    def problems(self) -> set[str]:
        """What is said not to be well."""
        return {problem.code for problem in self.look().problems}


@pytest.fixture
def victim(tmp_path: Path) -> Victim:
    return Victim(tmp_path / "store")


@attack(STORE_WRITER, "has a backup that was never tried pass for one that was drilled")
def test_a_drill_without_a_mac(victim: Victim) -> None:
    victim.verify("full")
    victim.rewrite(lambda data: data["proofs"].update(drilled=DRILL))
    assert victim.proved() == {"verified"}
    assert "drill_missing" in victim.problems()
    assert victim.look().last_drill is None


@attack(STORE_WRITER, "has a backup pass for drilled as one of an encryption whose key proves nothing")
@pytest.mark.parametrize("encryption", ["none", "age", "", "AES256", "aes512"])
def test_another_encryption_in_the_sidecar(victim: Victim, encryption: str) -> None:
    victim.verify("full")
    victim.rewrite(lambda data: data.update(encryption=encryption))
    victim.rewrite(lambda data: data["proofs"].update(drilled=DRILL))
    assert victim.proved() == set()
    assert "drill_missing" in victim.problems()
    assert {"not_verified", "sidecar_damaged"} & victim.problems()
    assert victim.look().last_drill is None


@attack(STORE_WRITER, "has a backup pass for drilled by the MAC of another proof of it")
def test_a_drill_with_the_mac_of_a_verification(victim: Victim) -> None:
    victim.verify("full")
    victim.rewrite(
        lambda data: data["proofs"].update(drilled={**DRILL, "mac": data["proofs"]["verified"]["mac"]})
    )
    assert victim.proved() == {"verified"}
    assert {"drill_missing", "proofs_not_own"} <= victim.problems()


@attack(
    STORE_WRITER, "puts another archive in the place of a verified one, which goes on passing for verified"
)
def test_the_proof_of_the_archive_that_was_there_before(victim: Victim) -> None:
    victim.verify("full")
    assert victim.proved() == {"verified"}
    victim.put_another_archive()
    assert victim.proved() == set()
    assert {"not_verified", "proofs_not_own"} <= victim.problems()


@attack(STORE_WRITER, "has the owner of the key sign what he has put there")
def test_a_quick_verification_of_another_archive(victim: Victim) -> None:
    victim.verify("full")
    victim.put_another_archive()
    assert victim.verify("quick") == ["proof_only_claimed"]
    assert victim.proved() == set()
    assert "not_verified" in victim.problems()
    with pytest.raises(SidekickError) as caught:
        victim.verify("full")
    assert caught.value.code == "key_wrong"
    assert victim.proved() == set()


@attack(STORE_WRITER, "keeps real proofs from being written down by a deeper one that he claims")
def test_a_claim_that_is_deeper_than_what_is_proved(victim: Victim) -> None:
    victim.rewrite(lambda data: data["proofs"].update(verified=FORGED, drilled=DRILL))
    assert victim.proved() == set()
    victim.verify("full")
    victim.rewrite(lambda data: data["proofs"]["verified"].update(level="drill"))
    assert victim.proved() == set()
    victim.verify("full")
    assert victim.verify("quick") == []
    assert victim.proved() == {"verified"}


@attack(STORE_WRITER, "brings a proof back that damage has ended, and has the damage forgotten")
def test_a_proof_from_before_the_damage(victim: Victim) -> None:
    """Nobody can keep him from writing the old sidecar again; what he can't is keep the next check from finding it."""
    victim.verify("full")
    before = victim.sidecar.read_bytes()
    with open(victim.archive, "r+b") as file:
        file.seek(-20, 2)
        file.write(b"\0" * 8)
    with pytest.raises(SidekickError):
        victim.verify("full")
    assert victim.proved() == set()
    victim.sidecar.write_bytes(before)
    with pytest.raises(SidekickError):
        victim.verify("quick")
    assert victim.proved() == set()
    assert "no_backup" in victim.problems()
