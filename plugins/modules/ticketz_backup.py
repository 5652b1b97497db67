#!/usr/bin/python
# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module ``ticketz_backup``: documentation, and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticketz_backup
short_description: Back up a Ticketz database and its files
version_added: 0.1.0
description:
  - Writes one backup of a Ticketz installation into a backup directory, and verifies it before it is published.
    The backup contains the PostgreSQL database, and the directories and configuration files that you name.
  - The database is backed up from one consistent snapshot, even while it is written to. Ticketz can stay in
    service. Directories are read afterwards, when the file of every row in the backup already exists.
  - The archive is written under a temporary name, synced to the disk, read back and compared. Only then is it
    renamed to its final name, so that every C(backup_*) in the directory is complete. If anything fails - the
    server goes away, the disk fills, a file can't be read, the run is cancelled - nothing is published, older
    backups stay unchanged, and the module fails with one sentence that names the object, the cause and the next
    step.
  - An archive is an ordinary tar file, compressed with gzip or zstd, so it can be read without this collection
    unless it is encrypted.
  - Old backups are never removed to make room. Use M(ticketz.sidekick.ticketz_prune) for retention.
options:
  backup_dir:
    description:
      - Directory of the backups. It must exist and should be accessible by its owner only (C(0700)).
      - If this host has had backups in it before and there are none now, nothing is written; see O(backup_init).
      - A directory belongs to one database. A backup of another database into it is refused, unless that
        database was restored from these backups or O(adopt_store) is set.
    type: path
    required: true
  directories:
    description:
      - "Directories to back up: a dictionary of names of your choice, by which
        M(ticketz.sidekick.ticketz_restore) refers to them, and paths on the managed host. For Ticketz these are
        the backend's C(public) and C(private) folders."
      - Owner, group, permissions, times, symbolic links and hard links are kept.
      - The backup fails if a directory is missing or a file can't be read. A file that vanishes or changes
        while it is read causes a warning, and is listed in the backup.
      - If not given, C(public) and C(private) of the stack found in Docker are backed up; without a stack, no
        directories are. An empty dictionary excludes directories.
    type: dict
  config_files:
    description:
      - Single files to back up under their absolute paths, with owner, group, permissions and time. Each must
        exist, and have at most 16 MB.
      - They usually contain passwords, so a warning is given unless the backup is encrypted.
      - The files of a stack in Docker are included by O(stack_config).
    type: list
    elements: path
    default: []
  stack_config:
    description:
      - Include the files that define the stack in Docker, like O(config_files) - the Compose files, the env files, and
        single files that containers have mounted, such as C(nginx.conf).
      - They are left out of a backup that is not encrypted, with a warning, unless O(plain_secrets) is set.
      - A file that can't be read, or has more than 16 MB, causes a warning. Mounted directories are not included.
    type: bool
    default: true
  plain_secrets:
    description:
      - Include passwords and keys in a backup even if it is not encrypted. Anyone who has the archive can then read
        them.
    type: bool
    default: false
  redis_url:
    description:
      - Redis server, or a compatible one, whose keys are backed up too -
        C(redis://[[user]:password@]host[:port][/database]), C(rediss://...) with TLS, or C(unix://...) with the path of a
        socket.
      - If not given, the Redis of the stack found in Docker is used; without a stack, no keys are backed up. If
        the Redis of the stack can't be read, a warning is given; if a server given here can't be read, the
        backup fails.
      - The keys are secrets. They are left out of a backup that is not encrypted, with a warning, unless
        O(plain_secrets) is set.
    type: str
  redis_keys:
    description:
      - Which keys of Redis to back up - glob patterns with V(*), V(?) and V([...]), as Redis matches them.
        V(*) matches all keys; an empty list selects none.
      - "The default selects the secrets with which Ticketz signs logins: without them all users have to log in
        again after a restore to another Redis."
      - Strings are stored as they are, other types as C(DUMP) returns them, all with their expiry times.
    type: list
    elements: str
    default: [TICKETZ_JWT_*]
  compression:
    description:
      - Compression of the archive. Media that are already compressed are stored uncompressed.
      - If not given, C(BACKUP_COMPRESSION) of O(env_file) is used, else V(gzip).
      - "V(gzip): Readable everywhere. Considerably faster if the Python package C(isal) is installed."
      - "V(zstd): Recommended. Faster and smaller; needs the Python package C(backports.zstd) before Python 3.14."
      - "V(none): No compression."
    type: str
    choices: [gzip, zstd, none]
  compression_level:
    description:
      - Level of the compression, from 1 to 9 for V(gzip), and to 19 for V(zstd). If not given, a fast level with good
        results is used.
    type: int
  encryption:
    description:
      - Encryption of the archive.
      - If not given, C(BACKUP_ENCRYPTION) of O(env_file) is used, else V(age) if there are O(encryption_recipients), else
        V(aes256) if there is a key, else V(none).
      - "V(none): Not encrypted. Anyone who has the archive can read everything in it."
      - "V(aes256): AES-256-GCM with O(encryption_key) or O(encryption_key_file). Needs the Python package
        C(cryptography)."
      - "V(age): The age format, for O(encryption_recipients). The host then has no key that can open its
        backups. Needs the Python package C(pyrage)."
    type: str
    choices: [none, aes256, age]
  encryption_recipients:
    description:
      - Public keys for O(encryption=age). Anyone who has the private half of any one of them can open the backup.
      - Public keys of age (C(age1...)), or SSH keys (C(ssh-ed25519 ...) and C(ssh-rsa ...)).
    type: list
    elements: str
    default: []
  jobs:
    description:
      - Number of connections and threads that read and compress. If not given, it is the number of CPUs.
    type: int
  row_digests:
    description:
      - Make the server compute a digest of each table's rows, with which a restore verifies that the rows are
        the same.
      - Without digests, a restore still compares the numbers of rows, and the archive's own checksums still
        cover every byte. It saves the server an additional read of each table.
    type: bool
    default: true
  exclude_table_data:
    description:
      - Shell patterns of tables whose rows are left out, as C(Table) or C(schema.Table). The tables themselves
        are backed up.
      - A restore creates these tables empty, and fails if foreign keys refer to the missing rows.
    type: list
    elements: str
    default: []
  exclude_paths:
    description:
      - Shell patterns of paths to leave out, relative to their directory in O(directories). C(*) matches slashes too,
        and what is in an excluded directory is excluded with it.
    type: list
    elements: str
    default: []
  if_older_than:
    description:
      - Make no backup if the newest good one with the same components is younger than this, such as V(20h) or
        V(1d12h). A plain number means seconds. Backups dated in the future, because of a wrong clock, are
        ignored with a warning.
      - Without it every run makes a backup.
    type: str
  label:
    description:
      - Description of this backup in one line, such as V(before the update to 1.2). Lists of backups show it.
      - It is stored in the sidecar, where it can be read even if the archive is encrypted.
    type: str
  pin:
    description:
      - How long M(ticketz.sidekick.ticketz_prune) must not remove this backup - a duration such as V(30d) or
        V(12w), or V(forever). Until then it counts for no retention rule.
      - O(ticketz.sidekick.ticketz_prune#module:unpin) removes a pin.
      - Use it for single backups. In a schedule, it would keep every backup and fill the disk.
      - If O(if_older_than) finds a recent backup, that one is not pinned, and a warning is given.
    type: str
  quiesce:
    description:
      - What to do with Ticketz in Docker while the snapshot of the database is taken and all files are listed,
        which takes seconds. Rows and files are read afterwards.
      - "V(none): It stays in service. The database always has a single point in time. A file that is deleted
        between that point and the listing may be missing, although its message is in the backup."
      - "V(pause): All containers that can write are frozen during that time, and then continue where they were:
        the backend, other containers that connect to its database, and those that have its directories mounted
        writable. PostgreSQL and Redis are never frozen."
      - "V(stop): They are stopped as with C(docker stop), so that they can finish their work, and started
        again."
      - Containers that are not running, or already paused, are left as they are. The others are always resumed,
        even if the run is killed.
    type: str
    choices: [none, pause, stop]
    default: none
  quiesce_timeout:
    description:
      - Seconds after which the containers are resumed in any case. The backup then continues as with
        O(quiesce=none), with a warning.
    type: int
    default: 300
  lock_timeout:
    description:
      - Seconds to wait for another run that has locked O(backup_dir). Then the module fails and names that run.
    type: int
    default: 0
  adopt_store:
    description:
      - Take over an O(backup_dir) that belongs to another database. The existing backups stay, and retention
        counts them together with the new ones.
    type: bool
    default: false
  backup_init:
    description:
      - Start a new backup directory even if this host has had backups in it before, or if it lies below a mount
        point in C(/etc/fstab) that is not mounted. Otherwise both are errors (C(store_lost),
        C(store_not_mounted)), so that a missing disk is not mistaken for a new directory.
      - Use it for a single run. A directory in which this host has never had backups does not need it.
    type: bool
    default: false
  pg_dump:
    description:
      - Path of C(pg_dump), which writes the definitions of tables, functions and other objects. Its major
        version must not be older than the server's.
      - If not given, the one in the database's container is used, if the database runs in a container.
        Otherwise it is searched for on C(PATH) and in the directories of PostgreSQL's packages.
    type: path
extends_documentation_fragment:
  - ticketz.sidekick.attributes
  - ticketz.sidekick.database
  - ticketz.sidekick.file
  - ticketz.sidekick.key
  - ticketz.sidekick.messages
  - ticketz.sidekick.audit
  - ticketz.sidekick.stack
attributes:
  check_mode:
    support: full
    details:
      - The module connects to the database, reads the backup directory, and runs all checks that are possible
        beforehand.
  diff_mode:
    support: full
requirements:
  - Python package C(psycopg2) (2.9.6 or newer)
  - C(pg_dump) of the server's major version or newer, on the managed host or in the database's container
  - Python packages C(docker) (7.0 or newer), C(jmespath) and C(PyYAML) for a Ticketz in Docker
  - Python package C(redis) (5.0 or newer) for keys of Redis
  - Python package C(cryptography) (42.0 or newer) for O(encryption=aes256)
  - Python package C(backports.zstd) for O(compression=zstd) before Python 3.14
  - Python package C(isal), optional, for faster O(compression=gzip)
notes:
  - The role needs the right to read every table. If row-level security would hide rows from it, the backup
    fails; nothing is silently left out.
  - Large objects (C(lo_*)) are refused before anything is written. Ticketz does not use them.
seealso:
  - module: ticketz.sidekick.ticketz_verify
  - module: ticketz.sidekick.ticketz_restore
  - module: ticketz.sidekick.ticketz_prune
author:
  - Ticketz Sidekick contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Back up the Ticketz of a Compose project, database and folders
  ticketz.sidekick.ticketz_backup:
    backup_dir: /backups/ticketz
    compose_project: ticketz

- name: Back it up, frozen until the snapshot is taken and all files are listed
  ticketz.sidekick.ticketz_backup:
    backup_dir: /backups/ticketz
    compose_project: ticketz
    quiesce: pause

- name: Back up the database and both folders, compressed and encrypted
  ticketz.sidekick.ticketz_backup:
    backup_dir: /backups/ticketz
    env_file: /opt/ticketz/.env-backend
    login_host: 172.18.0.2
    directories:
      public: /var/lib/docker/volumes/ticketz_backend_public/_data
      private: /var/lib/docker/volumes/ticketz_backend_private/_data
    compression: zstd
    encryption: aes256
    encryption_key_file: /etc/ticketz-sidekick/backup.key
  register: made

- name: Print what was created
  ansible.builtin.debug:
    msg: "{{ made.backup.path }}: {{ made.backup.size | human_readable }} in {{ made.backup.duration }} s"

- name: Back up the database alone, unless there is a backup of the last 20 hours
  ticketz.sidekick.ticketz_backup:
    backup_dir: /backups/ticketz
    login_unix_socket: /var/run/postgresql
    login_user: postgres
    if_older_than: 20h

- name: Back up and pin before an update
  ticketz.sidekick.ticketz_backup:
    backup_dir: /backups/ticketz
    compose_project: ticketz
    label: before the update to 1.2
    pin: 90d

- name: Back up env files too, without caches and the rows of a log table
  ticketz.sidekick.ticketz_backup:
    backup_dir: /backups/ticketz
    env_file: /opt/ticketz/.env-backend
    directories:
      public: /srv/ticketz/public
    config_files:
      - /opt/ticketz/.env-backend
      - /opt/ticketz/docker-compose.yaml
    exclude_paths:
      - "*/cache"
      - "*.tmp"
    exclude_table_data:
      - QueueLogs
"""

RETURN = r"""
backup:
  description:
    - The backup that was made, or the recent one found by O(if_older_than).
    - In check mode, if a backup would be made, only RV(backup.id), RV(backup.path), RV(backup.compression),
      RV(backup.encryption) and RV(backup.components) of that backup.
  returned: success
  type: dict
  contains:
    id:
      description: The backup's id, which is the archive's name up to the first dot. Its time is in UTC.
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
      returned: not in check mode
      type: str
      sample: "1"
    state:
      description: State of the backup in its directory, as M(ticketz.sidekick.ticketz_backup_info) lists it.
      returned: not in check mode
      type: str
      sample: good
    created:
      description: Time of the database's snapshot, in UTC.
      returned: not in check mode
      type: str
      sample: "2026-01-31T02:00:00Z"
    finished:
      description: Time at which the archive was complete, in UTC.
      returned: not in check mode
      type: str
      sample: "2026-01-31T02:00:04Z"
    duration:
      description: Duration in seconds.
      returned: not in check mode
      type: float
      sample: 4.183
    size:
      description: Bytes of the archive.
      returned: not in check mode
      type: int
      sample: 402653184
    sha256:
      description: SHA-256 of the archive.
      returned: not in check mode
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    compression:
      description: Compression of the archive.
      returned: always
      type: str
      sample: zstd
    encryption:
      description: Encryption of the archive.
      returned: always
      type: str
      sample: aes256
    key_fingerprint:
      description: Fingerprint that identifies the key without revealing it; null for an unencrypted backup.
      returned: not in check mode
      type: str
      sample: 6c1f0a7d2b94e3558a10cf4d7be29163
    components:
      description: The components that it contains.
      returned: always
      type: list
      elements: str
      sample: [config, database, "directories:private", "directories:public", redis]
    producer:
      description: The program that made it.
      returned: not in check mode
      type: str
      sample: ticketz.sidekick 0.1.0
    database:
      description: The database in it.
      returned: not in check mode
      type: dict
      contains:
        name:
          description: Its name.
          returned: always
          type: str
          sample: ticketz
        server_version:
          description: Version of the server that it was read from.
          returned: always
          type: str
          sample: "16.14"
        size:
          description: Size on the server in bytes.
          returned: always
          type: int
          sample: 581632000
        tables:
          description: Number of rows of each table. Null for an existing encrypted backup.
          returned: always
          type: dict
          sample: {"public.Companies": 2, "public.Messages": 600000, "public.Tickets": 20000}
        table_count:
          description: Number of tables.
          returned: when an existing backup is recent enough
          type: int
          sample: 45
        rows:
          description: Rows of all tables together.
          returned: when an existing backup is recent enough
          type: int
          sample: 643210
    directories:
      description: The directories in it, by their names in O(directories).
      returned: not in check mode
      type: dict
      sample: {"public": {"path": "/srv/ticketz/public", "files": 12000, "bytes": 556000000}}
    redis:
      description: Figures of the Redis keys in it, without names and contents.
      returned: when a backup was made, and Redis was read
      type: dict
      sample: {"server_version": "7.4.2", "patterns": ["TICKETZ_JWT_*"], "count": 2, "bytes": 128}
    config:
      description: The configuration files in it.
      returned: when a backup was made
      type: list
      elements: str
      sample: [/opt/ticketz/docker-compose.yaml, /opt/ticketz/.env-backend]
    images:
      description: The images of the stack in Docker, with their digests in registries.
      returned: when a backup was made
      type: list
      elements: dict
      sample:
        - name: ghcr.io/ticketz-oss/ticketz-backend:latest
          id: sha256:3b1c5d0e
          digests: ["ghcr.io/ticketz-oss/ticketz-backend@sha256:77af4d6b"]
          containers: [ticketz-backend-1]
    label:
      description: Its label; null without one.
      returned: not in check mode
      type: str
      sample: before the update to 1.2
    pin:
      description: Time in UTC until which it is pinned, or V(forever); null without a pin.
      returned: not in check mode
      type: str
      sample: "2026-05-01T02:00:05Z"
    warnings:
      description: English sentences about what the backup could not include. They are stored in it.
      returned: not in check mode
      type: list
      elements: str
      sample: []
    incomplete:
      description:
        - Incomplete components, with the codes of the warnings about what they lack, such as
          C(large_objects_left) or C(path_left_out). Empty if nothing is missing.
        - For these components, retention does not count it instead of a backup in which they are complete.
      returned: not in check mode
      type: dict
      sample: {"database": ["large_objects_left"]}
    proofs:
      description: >-
        Records of verifications so far, by kind (V(verified), V(drilled), V(synced), V(damaged),
        V(drill_failed)). A new backup has been read back from the disk, which counts as verified. In
        V(verified), C(proved) is true if the key of an encrypted backup proves who wrote the record (see
        M(ticketz.sidekick.ticketz_backup_info)).
      returned: not in check mode
      type: dict
      sample: {"verified": {"when": "2026-01-31T02:00:05Z", "by": "backup", "level": "quick", "proved": true}}
quiesced:
  description: The containers that were paused or stopped; null with O(quiesce=none), and if no backup was made.
  returned: success
  type: dict
  contains:
    mode:
      description: The value of O(quiesce).
      returned: always
      type: str
      sample: pause
    containers:
      description: Their names. In check mode, of those that would be paused or stopped.
      returned: always
      type: list
      elements: str
      sample: [ticketz_backend_1, ticketz_frontend_1]
    seconds:
      description: Duration in seconds. Null in check mode.
      returned: always
      type: float
      sample: 0.412
warning_codes:
  description: Codes of the warnings, in order. They are stable across versions and languages.
  returned: success
  type: list
  elements: str
  sample: [file_vanished]
error:
  description: The error, for programs. C(msg) has it as a sentence.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the error. It is stable across versions and languages.
      returned: always
      type: str
      sample: disk_full
  sample: {"code": "disk_full", "path": "/backups/ticketz", "needed": "1.2 GB", "free": "310 MB"}
"""

from ansible_collections.ticketz.sidekick.plugins.module_utils._module import run_module
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import backup


def main() -> None:
    """Make a backup."""
    run_module(backup.spec(), backup.run)


if __name__ == "__main__":
    main()
