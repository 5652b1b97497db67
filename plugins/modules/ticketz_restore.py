#!/usr/bin/python
# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module ``ticketz_restore``: documentation, and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticketz_restore
short_description: Restore a Ticketz database and its files, and prove what came back
version_added: 0.1.0
description:
  - Brings the database and the directories of a backup of M(ticketz.sidekick.ticketz_backup) back, on the server it was
    made on or on another one.
  - "The database is loaded into a new one beside its target and proved there: every definition is compared with the
    backup's, and every table's rows by number and digest. Sequences are set, WhatsApp sessions are cleared, statistics
    are collected. Only then it gets the target's name. Directories are restored beside their targets, checked file by
    file, and renamed together with the database."
  - "It is all or nothing. Until that moment nothing that is in use has been touched; if anything fails, or the run is
    cancelled, everything is as it was, and so it is after a kill, unless that came between the renaming of the
    directories and of the database, a moment at the very end: then the directories are there and the database is not.
    What a killed run leaves behind is removed by the next restore."
  - Every damaged, truncated or altered archive is refused.
  - In this version the target must be missing or empty. A database with tables, a directory with files, and a database
    that something is connected to are refused, and the error names what is there. Stop Ticketz before you restore, and
    rename or drop the old database.
  - No client programs of PostgreSQL are needed.
options:
  backup:
    description:
      - "The backup to restore: the path of an archive (anything with a slash), the id of a backup in O(backup_dir), or
        V(latest), which is the newest good backup in O(backup_dir)."
    type: str
    default: latest
  backup_dir:
    description:
      - Directory of the backups. Needed unless O(backup) is a path.
    type: path
  components:
    description:
      - What to restore. If not given, the database and those directories that O(directories) gives a place.
      - V(config) writes the configuration files of the backup to the absolute paths they came from, where nothing is; a
        file with another content there is an error. Only ask for it with backups that you trust.
      - V(redis) is refused in this version.
    type: list
    elements: str
    choices: [database, directories, config, redis]
  directories:
    description:
      - "Where the directories of the backup are to be: their name in the backup, and the path on the managed host."
      - The directory above each path must exist, and the path itself must be missing or an empty directory. A mount
        point, such as a volume of Docker, is refused in this version.
      - Directories of the backup that are not named here are left, with a warning.
    type: dict
    default: {}
  tables:
    description:
      - Restore only these tables.
      - Refused in this version.
    type: list
    elements: str
    default: []
  paths:
    description:
      - Restore only these paths.
      - Refused in this version.
    type: list
    elements: str
    default: []
  strategy:
    description:
      - How the database is brought back.
      - "V(auto): V(swap), in this version."
      - "V(swap): A new database is loaded, proved and renamed. The role needs the right to create databases
        (C(CREATEDB))."
      - "V(in_place): Refused in this version."
    type: str
    choices: [auto, swap, in_place]
    default: auto
  if_not_empty:
    description:
      - What to do where the database or a directory is not empty.
      - "V(fail): Fail, and name what is there."
      - "V(skip): Restore nothing at all, and warn. Use this in a playbook that sets up new servers."
      - "V(replace): Refused in this version."
    type: str
    choices: [fail, skip, replace]
    default: fail
  whatsapp_sessions:
    description:
      - What happens to the keys of the WhatsApp connections in the restored database.
      - "V(clear): All connections are disconnected and their keys are forgotten, so each has to be connected anew in
        Ticketz. Two servers with the same keys knock each other off, and WhatsApp may log the number out."
      - "V(keep): They are kept. Only choose this where the old server will never run again."
    type: str
    choices: [clear, keep]
    default: clear
  fix_sequences:
    description:
      - Set sequences that are behind their tables in the backup forward, so that the next insert does not fail.
        Sequences are never moved backwards.
    type: bool
    default: true
  role_mapping:
    description:
      - "Owners and grantees: a role in the backup, and the role of this server that takes its place."
      - A role that is neither mapped nor on this server is replaced by the role that is logged in, with a warning.
    type: dict
    default: {}
  keep_previous:
    description:
      - Keep what a restore has replaced. As only a target that is missing or empty is restored in this version, there
        is nothing to keep, and this has no effect.
    type: bool
    default: true
  state:
    description:
      - Whether to restore, or to bring back what a restore has replaced.
      - "V(restored): Restore the backup."
      - "V(undone): Refused in this version."
    type: str
    choices: [restored, undone]
    default: restored
  force:
    description:
      - Also restore symbolic links that lead out of their directory. Without it an archive that has any is refused.
    type: bool
    default: false
  jobs:
    description:
      - Number of connections and threads that load and check. If not given, it is the number of CPUs.
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
      - The archive is opened, the server is contacted, and the space and both targets are checked. The contents of the
        archive are not read; use M(ticketz.sidekick.ticketz_verify) with level V(full) for that.
  diff_mode:
    support: full
requirements:
  - Python package C(psycopg2) (2.9.6 or newer)
  - Python package C(cryptography) (42.0 or newer) for encrypted backups
  - Python package C(backports.zstd) for backups that are compressed by zstd, before Python 3.14
notes:
  - Run it as root, so that owners and groups of files are restored; otherwise a warning says that they were not.
  - The server's major version must not be older than the one that the backup was made on.
  - Older versions of Ticketz can't use the database of a newer one. Start the version that the backup was made with, or
    a newer one, which migrates the database by itself.
seealso:
  - module: ticketz.sidekick.ticketz_backup
  - module: ticketz.sidekick.ticketz_verify
  - module: ticketz.sidekick.ticketz_fix_sequences
author:
  - Ticketz Sidekick contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Restore the newest backup on a new server
  ticketz.sidekick.ticketz_restore:
    backup_dir: /backups/ticketz
    env_file: /opt/ticketz/.env-backend
    login_host: 172.18.0.2
    directories:
      public: /srv/ticketz/public
      private: /srv/ticketz/private
    encryption_key_file: /etc/ticketz-sidekick/backup.key

- name: Look at a backup of a certain day in a database of its own, without touching the live one
  ticketz.sidekick.ticketz_restore:
    backup: backup_20260131_020000
    backup_dir: /backups/ticketz
    components: [database]
    login_unix_socket: /var/run/postgresql
    login_user: postgres
    login_db: ticketz_january

- name: Fill a server only if it has no data yet
  ticketz.sidekick.ticketz_restore:
    backup: /srv/offsite/backup_20260131_020000.tar.zst
    env_file: /opt/ticketz/.env-backend
    role_mapping:
      ticketz: helpdesk
    if_not_empty: skip
"""

RETURN = r"""
backup:
  description: The backup that was restored.
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
    format:
      description: Format of the archive.
      returned: always
      type: str
      sample: "1"
database:
  description: The database as it was restored, or would be; null if none was.
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      returned: always
      type: str
      sample: ticketz
    strategy:
      description: How it was brought back.
      returned: always
      type: str
      sample: swap
    tables:
      description: Rows of each table.
      returned: always
      type: dict
      sample: {"public.Companies": 2, "public.Messages": 600000, "public.Tickets": 20000}
    adaptations:
      description: Definitions that had to differ from the backup's, because this server needs them so.
      returned: always
      type: list
      elements: dict
      contains:
        kind:
          description: What was changed.
          returned: always
          type: str
          sample: function_search_path
        object:
          description: Where.
          returned: always
          type: str
          sample: public.immutable_unaccent(text)
        detail:
          description: How.
          returned: always
          type: str
          sample: public, pg_catalog
directories:
  description: The directories that were restored, or would be, by their names in O(directories).
  returned: success
  type: dict
  sample: {"public": {"path": "/srv/ticketz/public", "files": 12000, "bytes": 556000000}}
config:
  description: The configuration files that were written, or would be.
  returned: success
  type: list
  elements: str
  sample: [/opt/ticketz/.env-backend]
sequences:
  description: >-
    All sequences and whether they were set forward, as M(ticketz.sidekick.ticketz_fix_sequences) returns them. Empty
    with O(fix_sequences=false) and in check mode.
  returned: success
  type: list
  elements: dict
  sample:
    - {"sequence": "public.\"Users_id_seq\"", "table": "public.\"Users\"", "column": "id", "old": 3, "new": 42, "changed": true}
whatsapp_sessions:
  description: >-
    Rows of each table that were cleared (C(Whatsapps)) or removed (the stores of keys). Empty with
    O(whatsapp_sessions=keep) and in check mode.
  returned: success
  type: dict
  sample: {"Baileys": 2, "BaileysKeys": 1840, "Whatsapps": 2}
previous:
  description: What the restore has replaced. Always null in this version.
  returned: success
  type: dict
  sample: null
duration:
  description: Seconds that it took.
  returned: success
  type: float
  sample: 11.62
warning_codes:
  description: Codes of the warnings, in their order. They stay the same between versions and languages.
  returned: success
  type: list
  elements: str
  sample: [role_missing]
error:
  description: What went wrong, for programs. C(msg) says the same as a sentence.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the error. It stays the same between versions and languages.
      returned: always
      type: str
      sample: target_not_empty
  sample: {"code": "target_not_empty", "database": "ticketz", "server": "172.18.0.2:5432", "tables": "public.Users (3 rows)"}
"""

from ansible_collections.ticketz.sidekick.plugins.module_utils._module import run_module
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import restore


def main() -> None:
    """Restore a backup."""
    run_module(restore.spec(), restore.run)


if __name__ == "__main__":
    main()
