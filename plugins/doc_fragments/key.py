# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option group ``key``: the key of encrypted backups."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in ``_options.specs.key_options``."""

    DOCUMENTATION = r"""
options:
  encryption_key:
    description:
      - "Key of encrypted backups: exactly 64 hexadecimal digits are a 256-bit key, anything else is a passphrase of at
        least 8 characters."
      - For backups with O(ticketz.sidekick.ticketz_backup#module:encryption=age) it is the identity that opens
        them, which is a secret key from C(age-keygen) (C(AGE-SECRET-KEY-1...)), or a private SSH key (ed25519
        or RSA) without a passphrase.
      - If neither this nor O(encryption_key_file) is given, C(BACKUP_ENCRYPTION_KEY) in Ticketz's env file is
        used, if that file is given.
      - B(Keep a copy of it in another place than the backups.) Nobody can open an encrypted backup without it.
    type: str
  encryption_key_file:
    description:
      - File on the managed host whose first line is the key. A file made by C(age-keygen) or C(ssh-keygen) is
        read completely.
      - Ignored if O(encryption_key) is given.
    type: path
"""
