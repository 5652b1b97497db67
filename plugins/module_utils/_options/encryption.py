# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The key of encrypted backups, from the options and the env file."""

from __future__ import annotations

from collections.abc import Mapping

from .._archive.keys import Key
from .environment import secret, secret_text
from .specs import Params


def key(params: Params, env: Mapping[str, str]) -> Key | None:
    """Return the key of encrypted backups, or None if none is given.

    Raise EncryptionError if it is malformed.
    """
    if params.get("encryption_key") is None and params.get("encryption_key_file"):
        return Key.from_file(secret_text(params["encryption_key_file"]))
    text = secret(params.get("encryption_key"), None)
    if text is not None:
        return Key.from_text(text)
    text = env.get("BACKUP_ENCRYPTION_KEY") or None
    found = Key.from_text(text) if text is not None else None
    if found and env.get("BACKUP_ENCRYPTION") == "none":
        # The same file disables encryption, so plain archives are accepted; the key is for archives that are encrypted.
        found.demands = False
    return found
