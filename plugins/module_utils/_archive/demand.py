# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What encryption an archive must have: the one place that decides it.

An archive's own bytes can't say so: who writes to the directory of backups can put a plain one in the place of an
encrypted one. A key that is given, the file's name and its sidecar each demand encryption; none of them takes back
what another one demands.
"""

from __future__ import annotations

from dataclasses import dataclass

from .._errors import EncryptionError, listed

#: An archive without encryption, as in the manifest.
PLAIN = "none"
#: The one that only the holder of the key can have made.
_BY_KEY = "aes256"


def is_proved(encryption: str) -> bool:
    """Return whether an archive's encryption proves who made it.

    What is encrypted for recipients proves nothing: their keys are public.
    """
    return encryption == _BY_KEY


@dataclass(frozen=True)
class Demand:
    """What is demanded of one archive's encryption.

    :param key: whether a key was given.
    :param name: the encryption that the file's name tells, with the ending that tells it; None for any other name.
    :param sidecar: the encryption that the sidecar tells, with the sidecar's name; None without one.
    :param allow_plain: take a plain archive anyway: somebody has said so.
    """

    key: bool = False
    name: tuple[str, str] | None = None
    sidecar: tuple[str, str] | None = None
    allow_plain: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """What demands encryption, in words for messages; empty if nothing does."""
        found = ("encryption_key",) if self.key else ()
        told = (said for said in (self.name, self.sidecar) if said and said[0] != PLAIN)
        return (*found, *(where for _encryption, where in told))

    @property
    def takes_plain(self) -> bool:
        """Whether an archive without encryption is taken."""
        return self.allow_plain or not self.reasons

    def check(self, found: str, path: str) -> None:
        """Refuse an archive that is not encrypted as is demanded.

        :param found: ``none``, ``aes256`` or ``age``: what it is by its own bytes.

        Raise EncryptionError ``archive_plain`` or ``encryption_differs``.
        """
        if found == PLAIN:
            if not self.takes_plain:
                raise EncryptionError("archive_plain", path=path, demanded=listed(self.reasons))
            return
        for said in (self.name, self.sidecar):
            if said and said[0] not in (PLAIN, found):
                raise EncryptionError(
                    "encryption_differs", path=path, found=found, expected=said[0], told=said[1]
                )


#: Nothing is demanded: for archives that this run has written itself.
NOTHING = Demand()
