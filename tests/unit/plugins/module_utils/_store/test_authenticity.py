# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.info import InfoRequest, info
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import (
    authenticity,
    fields,
    listing,
    naming,
    proofs,
    sidecar,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.health import Limits
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.sidecar import DRILLED, VERIFIED, Proof
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import (
    NOW,
    SOURCE,
    id_before,
    sidecar_for,
)

PASSPHRASE, HEX = Key.from_text("correct horse battery"), Key.from_text("a1" * 32)
QUICK = Proof("2026-06-14T00:00:00Z", "verify", "quick")
FULL = Proof("2026-06-14T01:00:00Z", "verify", "full")
DRILL = Proof(
    "2026-06-14T02:00:00Z",
    "verify",
    "drill",
    duration=3,
    rto=1.25,
    covers=("database",),
    server_version="16.14",
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    tmp_path.chmod(0o700)
    store = Store.open(tmp_path)
    store.claim(SOURCE)
    return store


@pytest.fixture
def derived(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The salts of all calls of scrypt, which is slow and therefore replaced here."""
    salts: list[bytes] = []
    scrypt = hashlib.scrypt

    def counted(password: bytes, *, salt: bytes, n: int, **options: Any) -> bytes:
        salts.append(salt)
        return scrypt(password, salt=salt, n=2, **options)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    return salts


def add(store: Store, id: str, **changes: Any) -> str:
    """Add an encrypted backup without proofs; return its file."""
    given = {"encryption": "aes256", "proofs": {}, **changes}
    file = naming.archive_file(id, "gzip", given["encryption"])
    record = store.record()
    assert record
    found = sidecar_for(id, id.encode(), file=file, origin=record.origin, **given)
    (store.path / file).write_bytes(id.encode())
    (store.path / file).chmod(0o600)
    (store.path / f"{file}.json").write_bytes(sidecar.serialize(found))
    return file


def look(store: Store, key: Key | None) -> authenticity.Authenticated:
    return authenticity.authenticate(listing.scan(store.path), key)


def told(store: Store, key: Key | None) -> tuple[set[str], set[str], list[str]]:
    """Return the proofs of the newest backup that are shown, those that count, and the codes of the warnings."""
    found = look(store, key)
    shown, counted = found.shown.backups[0].sidecar, found.counted.backups[0].sidecar
    assert shown and counted
    return set(shown.proofs), set(counted.proofs), [notice.code for notice in found.notices]


@pytest.mark.parametrize("key", [PASSPHRASE, HEX], ids=["passphrase", "hex"])
def test_proofs_made_with_the_key_are_proved_by_it_alone(store: Store, key: Key) -> None:
    file = add(store, id_before(days=1))
    for kind, proof in ((VERIFIED, FULL), (DRILLED, DRILL)):
        proofs.record_proof(store, file, kind, proof, key=key, by_key=True)
    assert look(store, key).shown.backups[0].proved == {VERIFIED, DRILLED}
    assert told(store, key) == ({VERIFIED, DRILLED}, {VERIFIED, DRILLED}, [])
    # Without a key, or with a key that can't verify them, all recorded proofs count.
    identity = Key.from_text("AGE-SECRET-KEY-1" + "Q" * 58)
    for other in (None, identity):
        assert look(store, other).shown.backups[0].proved == frozenset()
        assert told(store, other) == ({VERIFIED, DRILLED}, {VERIFIED, DRILLED}, [])
    for other in (Key.from_text("b2" * 32), Key.from_text("another passphrase")):
        assert told(store, other) == (set(), set(), ["proofs_not_own"])
    shown = look(store, key).shown.backups[0].describe()["proofs"]
    assert shown["verified"] == {"when": FULL.when, "by": "verify", "level": "full", "proved": True}
    assert look(store, None).shown.backups[0].describe()["proofs"]["drilled"]["proved"] is False


def _later(data: dict[str, Any]) -> None:
    data["proofs"]["verified"]["when"] = "2026-06-15T00:00:00Z"


def _deeper(data: dict[str, Any]) -> None:
    data["proofs"]["verified"]["level"] = "drill"


def _as_a_drill(data: dict[str, Any]) -> None:
    data["proofs"] = {"drilled": data["proofs"]["verified"]}


def _of_another_archive(data: dict[str, Any]) -> None:
    data["sha256"] = "0" * 64


def _another_salt(data: dict[str, Any]) -> None:
    mac = data["proofs"]["verified"]["mac"]
    data["proofs"]["verified"]["mac"] = "5" * 32 + mac[32:]


def _no_mac_at_all(data: dict[str, Any]) -> None:
    data["proofs"]["verified"]["mac"] = "trust me"


def _plain(data: dict[str, Any]) -> None:
    data["encryption"] = "none"


@pytest.mark.parametrize(
    "forge", [_later, _deeper, _as_a_drill, _of_another_archive, _another_salt, _no_mac_at_all, _plain]
)
def test_what_is_changed_afterwards_counts_for_nothing(
    store: Store, forge: Callable[[dict[str, Any]], None], derived: list[bytes]
) -> None:
    file = add(store, id_before(days=1))
    proofs.record_proof(store, file, VERIFIED, QUICK, key=PASSPHRASE, by_key=True)
    path = store.path / f"{file}.json"
    data = json.loads(path.read_bytes())
    forge(data)
    path.write_text(json.dumps(data))
    assert told(store, PASSPHRASE) == (set(), set(), ["proofs_not_own"])
    notice = look(store, PASSPHRASE).notices[0]
    assert id_before(days=1) in notice.text()
    assert id_before(days=1) in notice.text("pt")


def test_a_proof_of_one_backup_says_nothing_of_another(store: Store) -> None:
    """This includes the same archive with another id: otherwise an older backup could be presented as a newer one."""
    file = add(store, id_before(days=2))
    known = proofs.record_proof(store, file, VERIFIED, FULL, key=HEX, by_key=True)
    add(store, id_before(days=1), proofs=known.proofs)
    path = store.path / f"{naming.archive_file(id_before(days=1), 'gzip', 'aes256')}.json"
    path.write_bytes(sidecar.serialize(replace(sidecar.load(path), sha256=known.sha256)))
    assert told(store, HEX) == (set(), set(), ["proofs_not_own"])


@pytest.mark.parametrize(("encryption", "counts"), [("aes256", False), ("none", False), ("age", True)])
def test_what_is_only_claimed_is_shown_and_counts_where_no_key_could_prove_it(
    store: Store, encryption: str, counts: bool
) -> None:
    add(store, id_before(days=1), encryption=encryption, proofs={VERIFIED: FULL, DRILLED: DRILL})
    both = {VERIFIED, DRILLED}
    assert told(store, PASSPHRASE) == (both, both if counts else set(), [])
    assert told(store, None) == (both, both, [])


def test_a_key_for_older_backups_leaves_plain_ones_alone(store: Store) -> None:
    """With ``BACKUP_ENCRYPTION=none``, this host's backups are not encrypted, and their recorded proofs count."""
    key = Key.from_text("correct horse battery")
    key.demands = False
    add(store, id_before(days=1), encryption="none", proofs={VERIFIED: FULL})
    assert told(store, key) == ({VERIFIED}, {VERIFIED}, [])


def test_health_counts_what_is_proved(store: Store) -> None:
    file = add(store, id_before(hours=1), proofs={VERIFIED: FULL, DRILLED: DRILL})
    limits = Limits(min_size=0, disk_warning=101, disk_critical=101)

    def codes(key: Key | None) -> set[str]:
        request = InfoRequest(store.path, limits, NOW, max_drill_age=7 * 86_400, key=key)
        return {problem.code for problem in info(request).problems}

    assert codes(None) == set()
    assert codes(HEX) == {"not_verified", "drill_missing"}
    proofs.record_proof(store, file, VERIFIED, FULL, key=HEX, by_key=True)
    proofs.record_proof(store, file, DRILLED, DRILL, key=HEX, by_key=True)
    assert codes(HEX) == set()
    assert codes(PASSPHRASE) == {"not_verified", "drill_missing", "proofs_not_own"}


def test_the_holder_of_the_key_signs_nothing_that_somebody_else_put_there(store: Store) -> None:
    """Comparing the SHA-256 is no proof, because anybody can write a SHA-256 to the sidecar."""
    file = add(store, id_before(days=1), proofs={VERIFIED: replace(FULL, mac="00" * 16 + "." + "00" * 32)})
    assert proofs.record_proof(store, file, VERIFIED, QUICK, key=HEX).proofs[VERIFIED].mac != ""
    assert told(store, HEX)[1] == set()
    proofs.record_proof(store, file, VERIFIED, FULL, key=HEX, by_key=True)
    later = replace(QUICK, when="2026-06-14T05:00:00Z")
    assert proofs.record_proof(store, file, DRILLED, later, key=HEX).proofs[DRILLED].mac
    assert told(store, HEX) == ({VERIFIED, DRILLED}, {VERIFIED, DRILLED}, [])


def test_a_claim_takes_the_place_of_no_proof(store: Store) -> None:
    file = add(store, id_before(days=1), proofs={VERIFIED: FULL})
    signed = proofs.record_proof(store, file, VERIFIED, QUICK, key=HEX, by_key=True).proofs[VERIFIED]
    assert (signed.level, bool(signed.mac)) == ("quick", True)
    assert proofs.record_proof(store, file, VERIFIED, FULL).proofs[VERIFIED] == signed
    # A record of damage always counts, and removes earlier proofs.
    assert set(proofs.record_proof(store, file, "damaged", QUICK).proofs) == {"damaged"}


def test_a_passphrase_is_derived_once_for_a_store(store: Store, derived: list[bytes]) -> None:
    for days in range(4):
        key = Key.from_text("correct horse battery")
        file = add(store, id_before(days=days + 1))
        proofs.record_proof(store, file, VERIFIED, FULL, key=key, by_key=True)
    # each run derives the key once, all of them with the salt of the first run
    assert (len(derived), len(set(derived))) == (4, 1)
    derived.clear()
    assert all(backup.proved for backup in look(store, Key.from_text("correct horse battery")).shown.backups)
    assert len(derived) == 1


def test_salts_that_somebody_else_chose_are_not_taken_and_cost_little(
    store: Store, derived: list[bytes]
) -> None:
    for number in range(6):
        chosen = hashlib.sha256(bytes([number])).hexdigest()
        verified = replace(FULL, mac=f"{chosen[:32]}.{chosen}")
        drilled = replace(DRILL, mac=f"{chosen[32:]}.{chosen}")
        add(store, id_before(hours=number + 1), proofs={VERIFIED: verified, DRILLED: drilled})
    key = Key.from_text("correct horse battery")
    found = look(store, key)
    assert len(derived) == authenticity.MOST_SALTS
    assert not any(backup.proved for backup in found.shown.backups)
    derived.clear()
    file = add(store, id_before(minutes=5))
    given = Key.from_text("correct horse battery")
    mac = proofs.record_proof(store, file, VERIFIED, FULL, key=given, by_key=True).proofs[VERIFIED].mac
    assert mac
    assert len(derived) == authenticity.MOST_SALTS + 1
    assert bytes.fromhex(mac[:32]) == derived[-1]
    assert look(store, given).shown.backups[0].proved == {VERIFIED}


def test_the_form_of_a_mac_stays(store: Store) -> None:
    """Proofs of earlier versions must remain valid. docs/archive-format.md describes their format."""
    known = sidecar_for("backup_20260131_020000", encryption="aes256", proofs={})
    key = Key.from_text("00" * 32)
    macs = authenticity.authenticator(key, "aes256")
    assert macs
    assert macs.sign(known, DRILLED, DRILL, ()).mac == (
        "00000000000000000000000000000000.82f1c8e997c3bed88f0e4052797b82d61559c9ad8a7b409d758f6032b662a6bf"
    )
    signed = replace(known, proofs={DRILLED: macs.sign(known, DRILLED, DRILL, ())})
    again = sidecar.from_json(fields.parse(sidecar.serialize(signed)))
    assert macs.is_own(again, DRILLED)
