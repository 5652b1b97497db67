#!/usr/bin/python
# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module ``ticketz_verify``: documentation, and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticketz_verify
short_description: Prove that a backup is whole
version_added: 0.1.0
description:
  - Reads a backup and compares it with what it was when it was made. It fails as soon as anything differs, and names
    what does.
  - "V(quick) proves that the archive is the file that was published: its size and its SHA-256. That finds every kind of
    damage, needs no key, and goes as fast as the disk reads."
  - V(full) also opens the archive, decrypts and decompresses everything in it, and compares every part of every table
    and every file with the list that is kept in the archive. It needs no database. If the file beside the archive in
    which its size and SHA-256 are kept was lost, it is made anew.
  - The result is recorded beside the archive, for M(ticketz.sidekick.ticketz_backup_info). A backup that was found
    damaged no longer counts for retention or as the latest one, until it is verified with success.
options:
  backup:
    description:
      - "The backup to verify: the path of an archive (anything with a slash), the id of a backup in O(backup_dir), or
        V(latest), which is the newest good backup in O(backup_dir)."
    type: str
    default: latest
  backup_dir:
    description:
      - Directory of the backups. Needed unless O(backup) is a path.
    type: path
  level:
    description:
      - How deep to look.
      - "V(quick): The archive's size and SHA-256."
      - "V(full): All contents as well. Encrypted backups need O(encryption_key) or O(encryption_key_file)."
      - "V(drill): A restore into a database that is thrown away. Refused in this version; restore into another
        database with M(ticketz.sidekick.ticketz_restore) instead."
    type: str
    choices: [quick, full, drill]
    default: quick
  jobs:
    description:
      - Number of threads that read and check. If not given, it is the number of CPUs.
    type: int
extends_documentation_fragment:
  - ticketz.sidekick.attributes
  - ticketz.sidekick.database
  - ticketz.sidekick.key
  - ticketz.sidekick.messages
attributes:
  check_mode:
    support: full
    details:
      - Everything is verified as without it, but the result is not recorded.
  diff_mode:
    support: none
    details:
      - There is nothing to compare.
requirements:
  - Python package C(cryptography) (42.0 or newer) for O(level=full) of encrypted backups
  - Python package C(backports.zstd) for O(level=full) of backups that are compressed by zstd, before Python 3.14
notes:
  - The options that say where the database is are only for V(drill). At the other levels nothing connects to it.
    O(env_file) may give the key.
  - Recording the result does not count as a change. Making a lost file beside the archive anew does.
seealso:
  - module: ticketz.sidekick.ticketz_backup
  - module: ticketz.sidekick.ticketz_backup_info
author:
  - Ticketz Sidekick contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Verify the newest backup
  ticketz.sidekick.ticketz_verify:
    backup_dir: /backups/ticketz

- name: Prove all contents of a copy on another disk
  ticketz.sidekick.ticketz_verify:
    backup: /mnt/offsite/backup_20260131_020000.tar.zst.enc
    level: full
    encryption_key_file: /etc/ticketz-sidekick/backup.key
"""

RETURN = r"""
backup:
  description: The backup that was verified.
  returned: success
  type: dict
  contains:
    id:
      description: Its id.
      returned: always
      type: str
      sample: backup_20260131_020000
    path:
      description: The archive.
      returned: always
      type: str
      sample: /backups/ticketz/backup_20260131_020000.tar.zst.enc
level:
  description: How deep it was verified.
  returned: success
  type: str
  sample: full
checked:
  description: How much was proved.
  returned: success
  type: dict
  contains:
    bytes:
      description: Bytes of the archive.
      returned: always
      type: int
      sample: 402653184
    frames:
      description: Pieces that are compressed independently of each other.
      returned: O(level=full)
      type: int
      sample: 141
    parts:
      description: Parts of tables.
      returned: O(level=full)
      type: int
      sample: 97
    files:
      description: Files and links of directories.
      returned: O(level=full)
      type: int
      sample: 12000
    rows:
      description: Rows of tables.
      returned: O(level=full)
      type: int
      sample: 643210
drill:
  description: Result of a drill. Always null in this version.
  returned: success
  type: dict
  sample: null
warning_codes:
  description: Codes of the warnings, in their order. They stay the same between versions and languages.
  returned: success
  type: list
  elements: str
  sample: []
error:
  description: What went wrong, for programs. C(msg) says the same as a sentence.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the error. It stays the same between versions and languages.
      returned: always
      type: str
      sample: sha256_differs
  sample: {"code": "sha256_differs", "path": "/backups/ticketz/backup_20260131_020000.tar.zst"}
"""

from ansible_collections.ticketz.sidekick.plugins.module_utils._module import run_module
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import verify


def main() -> None:
    """Verify a backup."""
    run_module(verify.spec(), verify.run)


if __name__ == "__main__":
    main()
