# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only code that decides which encryption an archive must have.

The archive itself can't tell: anybody who can write to the backup directory can replace an encrypted archive by
a plain one. A given key, the file's name and its sidecar can each demand encryption, and none of them overrides
another.
"""

from __future__ import annotations

from dataclasses import dataclass

from .._errors import EncryptionError, listed

#: An archive without encryption, as in the manifest.
PLAIN = "none"
#: The encryption that proves that somebody with the key made the archive.
_BY_KEY = "aes256"


def is_proved(encryption: str) -> bool:
    """Return whether an archive's encryption proves who made it.

    Encryption for recipients proves nothing: their keys are public.
    """
    return encryption == _BY_KEY


@dataclass(frozen=True)
class Demand:
    """The demands on the encryption of one archive.

    :param key: whether a key was given.
    :param name: the encryption according to the file's extension, and the extension; None for any other name.
    :param sidecar: the encryption according to the sidecar, and the sidecar's name; None without one.
    :param allow_plain: accept a plain archive anyway, because the user said so.
    """

    key: bool = False
    name: tuple[str, str] | None = None
    sidecar: tuple[str, str] | None = None
    allow_plain: bool = False

    @property
    def reasons(self) -> tuple[str, ...]:
        """What demands encryption, as words for messages; empty if nothing does."""
        found = ("encryption_key",) if self.key else ()
        told = (said for said in (self.name, self.sidecar) if said and said[0] != PLAIN)
        return (*found, *(where for _encryption, where in told))

    @property
    def takes_plain(self) -> bool:
        """Whether an unencrypted archive is accepted."""
        return self.allow_plain or not self.reasons

    def check(self, found: str, path: str) -> None:
        """Refuse an archive whose encryption does not meet the demands.

        :param found: ``none``, ``aes256`` or ``age``, according to its content.

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


#: No demands, for archives that this run has written itself.
NOTHING = Demand()
