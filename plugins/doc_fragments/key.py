# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option group ``key``: the key of encrypted backups."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options that ``_options.specs.key_options`` has."""

    DOCUMENTATION = r"""
options:
  encryption_key:
    description:
      - "Key of encrypted backups: exactly 64 hexadecimal digits are a 256-bit key, anything else is a passphrase of at
        least 8 characters."
      - For backups with O(ticketz.sidekick.ticketz_backup#module:encryption=age) it is an identity, which opens them. That is a
        secret key of C(age-keygen) (C(AGE-SECRET-KEY-1...)), or a private SSH key (ed25519 or RSA) without a passphrase.
      - If neither this nor O(encryption_key_file) is given, C(BACKUP_ENCRYPTION_KEY) of the Ticketz env file is used, if
        one is named.
      - B(Keep a copy of it where the backups are not.) Nobody can open an encrypted backup without it.
    type: str
  encryption_key_file:
    description:
      - File on the managed host whose first line is the key. Of a file that C(age-keygen) or C(ssh-keygen) made, all is read.
      - Ignored where O(encryption_key) is given.
    type: path
"""
