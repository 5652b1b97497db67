# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Distinguishes proofs in sidecars that were made with the encryption key from mere claims.

Anybody who can write to a store can write into its sidecars. So records of verifications and drills of an
``aes256`` archive get a MAC with a key that is derived from the encryption key. It covers the backup's id, the
archive's SHA-256 and the proof.

Deriving a key from a passphrase with scrypt takes time, so all proofs of a store share one salt: a run uses
that of the newest valid proof, or a random one if there is none. A salt chosen by an attacker would allow
precomputed guesses. The number of salts that a run tries is limited, since each costs a derivation.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from .._errors import Notice, listed
from . import naming
from .listing import Backup, Listing
from .sidecar import PROVABLE, Proof, Sidecar, proof_to_json

#: The encryption whose key proves who made an archive.
ENCRYPTION = "aes256"
#: Maximum number of salts for which a run derives keys: one for each key that is or was in use, about 80 ms
#: each.
MOST_SALTS = 8

_MAC = re.compile(r"([0-9a-f]{32})\.([0-9a-f]{64})")


class MacKey(Protocol):
    """The part of the encryption key's interface that is needed here: :class:`.._archive.keys.Key`."""

    demands: bool

    @property
    def makes_macs(self) -> bool:
        """Whether it can authenticate anything."""

    def new_salt(self) -> bytes:
        """Return a salt of 16 bytes."""

    def mac_key(self, salt: bytes) -> bytes:
        """Return the key for a salt. The first call for a salt is slow."""


class Authenticator:
    """Makes and checks MACs of proofs with one key."""

    def __init__(self, key: MacKey) -> None:
        self._key = key
        self._tried: set[bytes] = set()
        #: salt of the first valid proof
        self._salt: bytes | None = None

    def is_own(self, found: Sidecar, kind: str) -> bool:
        """Return whether a proof was made with the key."""
        proof = found.proofs.get(kind)
        parts = _MAC.fullmatch(proof.mac or "") if proof else None
        if proof is None or parts is None:
            return False
        salt, tag = bytes.fromhex(parts[1]), parts[2]
        if salt not in self._tried and len(self._tried) >= MOST_SALTS:
            return False
        self._tried.add(salt)
        own = hmac.compare_digest(self._tag(salt, found, kind, proof), tag)
        if own and self._salt is None:
            self._salt = salt
        return own

    def knows(self, found: Sidecar) -> bool:
        """Return whether any proof made with the key covers this SHA-256 of the archive."""
        return any(self.is_own(found, kind) for kind in PROVABLE)

    def sign(self, found: Sidecar, kind: str, proof: Proof, others: Iterable[Sidecar]) -> Proof:
        """Return a proof with its MAC.

        :param found: the sidecar for it.
        :param others: sidecars of the same store, newest first, from whose proofs the salt is taken.
        """
        for each in (found, *others):
            if self._salt is not None or self.knows(each):
                break
        salt = self._salt = self._salt or self._key.new_salt()
        return replace(proof, mac=f"{salt.hex()}.{self._tag(salt, found, kind, proof)}")

    def _tag(self, salt: bytes, found: Sidecar, kind: str, proof: Proof) -> str:
        return hmac.new(self._key.mac_key(salt), _message(found, kind, proof), "sha256").hexdigest()


def _message(found: Sidecar, kind: str, proof: Proof) -> bytes:
    """Return the data that a MAC covers, in their only serialization."""
    # A number without a fraction must be serialized as it will be read from JSON: as a float.
    plain = {
        name: float(value) if name in ("duration", "rto") else value
        for name, value in proof_to_json(replace(proof, mac=None)).items()
    }
    said = {"backup": found.id, "sha256": found.sha256, "kind": kind, "proof": plain}
    return json.dumps(said, sort_keys=True, separators=(",", ":")).encode("ascii")


def authenticator(key: MacKey | None, encryption: str) -> Authenticator | None:
    """Return the signer for proofs of an archive, or None if no key can sign them."""
    return Authenticator(key) if key and key.makes_macs and encryption == ENCRYPTION else None


@dataclass(frozen=True)
class Authenticated:
    """A store's contents, with proofs checked by the key.

    :param shown: the listing with valid proofs marked and forged ones removed.
    :param counted: the listing with only the proofs that count for health.
    :param notices: warnings about forged proofs.
    """

    shown: Listing
    counted: Listing
    notices: tuple[Notice, ...] = ()


def authenticate(found: Listing, key: MacKey | None) -> Authenticated:
    """Determine which proofs count: without a key all claims, with a key those made with it.

    For ``age``, where no key can prove anything, claims count. A key demands encryption, so proofs of plain
    archives don't count, as a restore would refuse them.
    """
    if key is None or not key.makes_macs:
        return Authenticated(found, found)
    macs = Authenticator(key)
    shown, counted, forged = [], [], []
    for backup in found.backups:
        own = _own(backup, macs)
        false = _signed(backup) - own
        marked = replace(_without(backup, false), proved=own)
        shown.append(marked)
        counted.append(_without(marked, set(PROVABLE) - own) if _must_be_proved(backup, key) else marked)
        if false:
            forged.append(backup.id)
    notices = (Notice("proofs_not_own", ids=listed(forged)),) if forged else ()
    return Authenticated(
        replace(found, backups=tuple(shown)), replace(found, backups=tuple(counted)), notices
    )


def _must_be_proved(backup: Backup, key: MacKey) -> bool:
    if backup.sidecar is None:
        return False
    name = naming.parse(backup.file)
    # The sidecar alone must not determine it: anybody who can change its claims can change this field, too.
    encryptions = {backup.sidecar.encryption} | ({name.encryption} if name else set())
    return ENCRYPTION in encryptions or ("none" in encryptions and key.demands)


def _signed(backup: Backup) -> frozenset[str]:
    """Return the proofs that have a MAC, whatever it is."""
    proofs = backup.sidecar.proofs if backup.sidecar else {}
    return frozenset(kind for kind in PROVABLE if kind in proofs and proofs[kind].mac is not None)


def _own(backup: Backup, macs: Authenticator) -> frozenset[str]:
    known = backup.sidecar
    if known is None or known.encryption != ENCRYPTION:
        return frozenset()
    return frozenset(kind for kind in PROVABLE if macs.is_own(known, kind))


def _without(backup: Backup, kinds: Iterable[str]) -> Backup:
    """Return a backup without some of its proofs."""
    known = backup.sidecar
    if known is None or not set(kinds) & set(known.proofs):
        return backup
    proofs = {kind: proof for kind, proof in known.proofs.items() if kind not in kinds}
    return replace(backup, sidecar=replace(known, proofs=proofs))
