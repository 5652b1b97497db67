#!/usr/bin/python
# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module ``ticketz_export``: documentation, and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticketz_export
short_description: Write a backup or a live Ticketz in the formats of the old tools
version_added: 0.1.0
description:
  - "V(sidekick): One archive that the old sidekick restores with its own commands (C(tar) and C(psql)): the database as a
    plain dump, and the folders."
  - "V(retrieved): Archives that Ticketz's installer and M(ticketz.sidekick.ticketz_import) can import into a new Ticketz:
    18 tables as CSV, and the public folder."
  - The source is a backup, for which no server is needed, or a live database with its directories.
  - Everything is streamed. The file is written under a temporary name and read back as a restore or import
    would read it. It gets its final name only after its rows and files have been compared with the source. An
    interrupted run leaves no file with that name.
  - The plain dump sets the source's search path instead of an empty one, so that the old tool does not lose the
    index whose function refers to another function without its schema.
  - The archives are not encrypted, even if the backup is. They contain everything in the database, including
    keys of WhatsApp sessions.
options:
  format:
    description:
      - Format of the export.
      - "V(sidekick): C(ticketz-backup-YYYYmmddHHMMSS.tar.gz)."
      - "V(retrieved): C(retrieved_data.tar.gz) and C(public_data.tar.gz)."
    type: str
    choices: [sidekick, retrieved]
    required: true
  dest:
    description:
      - Where to write the export on the managed host. In an existing directory, the files get the names that
        the old tools expect. Otherwise this is the path of the archive, and with V(retrieved)
        C(public_data.tar.gz) is written next to it.
    type: path
    required: true
  backup:
    description:
      - "The backup to export: the path of an archive (anything with a slash), the id of a backup in O(backup_dir), or
        V(latest), which is the newest good backup in O(backup_dir)."
      - V(latest) skips backups with a time in the future, as a wrong clock makes them, and damaged ones. Skipped backups that
        are newer are named in a warning, and can be chosen by their ids.
      - If not given, the live database is exported from one snapshot.
    type: str
  backup_dir:
    description:
      - Directory of the backups. Required if O(backup) is not a path; ignored without O(backup).
    type: path
  directories:
    description:
      - "The directories of the live system: a dictionary with V(public) and V(private) and their paths on the
        managed host. With O(backup), the directories in the backup are exported instead."
      - If not given, and Ticketz's containers are found, the directories of the backend's container are used.
    type: dict
  components:
    description:
      - What to export. V(sidekick) requires the database.
    type: list
    elements: str
    choices: [database, directories]
    default: [database, directories]
  columns:
    description:
      - Columns to export with V(retrieved).
      - "V(all): All columns that can be imported. Columns that refer to a table which is imported later, or not
        at all, are left out with a warning."
      - "V(common): The columns that all systems derived from Whaticket have in common, as exported by the old
        sidekick. Use this for other systems than Ticketz, or for an older Ticketz."
    type: str
    choices: [all, common]
    default: all
  force:
    description:
      - Replace existing files. With V(false) an existing file is an error.
    type: bool
    default: false
  jobs:
    description:
      - Number of compression threads. If not given, the number of CPUs.
    type: int
  pg_dump:
    description:
      - Path of the program C(pg_dump) to use for a live database. If not given, one that is new enough is
        searched for in the database's container and on the managed host.
    type: path
extends_documentation_fragment:
  - ticketz.sidekick.attributes
  - ticketz.sidekick.database
  - ticketz.sidekick.file
  - ticketz.sidekick.key
  - ticketz.sidekick.plain
  - ticketz.sidekick.messages
  - ticketz.sidekick.audit
  - ticketz.sidekick.stack
attributes:
  check_mode:
    support: full
    details:
      - The backup is opened, or the schema of the database is read, and the destination is checked.
  diff_mode:
    support: full
requirements:
  - Python package C(psycopg2) (2.9.6 or newer) and the program C(pg_dump) for a live database
  - Python package C(cryptography) (42.0 or newer) for encrypted backups
  - Python package C(backports.zstd) for backups that are compressed with zstd, before Python 3.14
notes:
  - Run it as root, so that all files can be read.
  - A large object in the database is an error. Configuration files of a backup are left out, with a warning.
seealso:
  - module: ticketz.sidekick.ticketz_backup
  - module: ticketz.sidekick.ticketz_import
  - module: ticketz.sidekick.ticketz_restore
author:
  - Ticketz Sidekick contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Export the newest backup for the old sidekick
  ticketz.sidekick.ticketz_export:
    backup: latest
    backup_dir: /backups/ticketz
    encryption_key_file: /etc/ticketz-sidekick/backup.key
    format: sidekick
    dest: /srv/handover

- name: Export the data of the live Ticketz for a new installation
  ticketz.sidekick.ticketz_export:
    env_file: /opt/ticketz/.env-backend
    login_host: 172.18.0.2
    directories:
      public: /srv/ticketz/public
    format: retrieved
    dest: /srv/move
"""

RETURN = r"""
path:
  description: The archive; with V(retrieved) the archive of the tables, null if there is none.
  returned: success
  type: str
  sample: /srv/handover/ticketz-backup-20260131020000.tar.gz
public_path:
  description: With V(retrieved), the archive of the public folder; null if there is none.
  returned: success
  type: str
  sample: /srv/move/public_data.tar.gz
format:
  description: The format.
  returned: success
  type: str
  sample: sidekick
source:
  description: "What was exported: C(id) and C(path) of a backup, or C(database) and C(server). Empty if only
    directories of the live system were exported."
  returned: success
  type: dict
  sample: {"id": "backup_20260131_020000", "path": "/backups/ticketz/backup_20260131_020000.tar.zst.enc"}
size:
  description: Size of RV(path) in bytes. Null in check mode.
  returned: success
  type: int
  sample: 93291007
tables:
  description: Number of rows of each table. In check mode, null for a live database.
  returned: success
  type: dict
  sample: {"public.Companies": 2, "public.Messages": 600000, "public.Tickets": 20000}
directories:
  description: The exported directories, with their numbers of files and bytes. In check mode, both numbers are
    null for a live system.
  returned: success
  type: dict
  sample: {"public": {"files": 12000, "bytes": 556000000}}
duration:
  description: Duration in seconds.
  returned: success
  type: float
  sample: 11.62
warning_codes:
  description: Codes of the warnings, in order. They are stable across versions and languages.
  returned: success
  type: list
  elements: str
  sample: [export_unencrypted]
error:
  description: The error, for programs. C(msg) has it as a sentence.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the error. It is stable across versions and languages.
      returned: always
      type: str
      sample: export_exists
  sample: {"code": "export_exists", "path": "/srv/move/retrieved_data.tar.gz"}
"""

from ansible_collections.ticketz.sidekick.plugins.module_utils._module import run_module
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import export


def main() -> None:
    """Export a backup or a database."""
    run_module(export.spec(), export.run)


if __name__ == "__main__":
    main()
