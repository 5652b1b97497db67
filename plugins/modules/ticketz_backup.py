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
  - Writes one backup of a Ticketz installation - its PostgreSQL database, and any directories and configuration files
    that you name - into a directory of backups, and verifies it before it is published.
  - The database is one consistent snapshot, however much is written to it meanwhile. Ticketz can stay in service.
    Directories are read afterwards, so that the file of every row in the backup exists already.
  - The archive is written under a temporary name, synced to the disk, read back and compared, and only then gets its
    final name. Whatever is called C(backup_*) in the directory is complete. If anything fails - the server goes away,
    the disk fills, a file can't be read, the run is cancelled - nothing is published, older backups stay as they are,
    and the module fails with one sentence that names the object, the cause and the next step.
  - An archive is an ordinary tar, compressed by gzip or zstd, so it can be read without this collection unless it is
    encrypted.
  - Nothing is ever removed to make room. Use M(ticketz.sidekick.ticketz_prune) for retention.
options:
  backup_dir:
    description:
      - Directory of the backups. It must exist and should be accessible by its owner only (C(0700)).
      - Where this host has had backups in it before and there are none now, nothing is written; see O(backup_init).
      - A directory belongs to one database. A backup of another database into it is refused, unless that one was
        restored from these backups or O(adopt_store) is set.
    type: path
    required: true
  directories:
    description:
      - "Directories to back up: a name of your choice, by which M(ticketz.sidekick.ticketz_restore) finds it again, and
        the path on the managed host. For Ticketz these are the backend's C(public) and C(private) folders."
      - Owner, group, permissions, times, symbolic links and hard links are kept.
      - A directory that is missing, and a file that can't be read, fail the backup. A file that vanishes or changes
        while it is read is a warning, and is listed in the backup.
      - If not given, C(public) and C(private) of the stack that is found in Docker are backed up, and nothing where
        there is none. An empty dictionary leaves directories out.
    type: dict
  config_files:
    description:
      - Single files to back up under their absolute paths, with owner, group, permissions and time. Each
        must be there, and have no more than 16 MB.
      - They usually hold passwords, so a warning is given unless the backup is encrypted.
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
      - If not given, it is the Redis of the stack that is found in Docker, and none where there is no stack. If the
        Redis of the stack can't be read, that is a warning; a server that is named must be there.
      - The keys are secrets. They are left out of a backup that is not encrypted, with a warning, unless
        O(plain_secrets) is set.
    type: str
  redis_keys:
    description:
      - Which keys of Redis to back up - glob patterns with V(*), V(?) and V([...]), as Redis matches them.
        V(*) is all keys, an empty list none.
      - "The default are the secrets that Ticketz signs its logins with: without them all users have to log in again
        after a restore onto another Redis."
      - Strings are stored as they are, other types as C(DUMP) returns them, all with their expiry times.
    type: list
    elements: str
    default: [TICKETZ_JWT_*]
  compression:
    description:
      - How the archive is compressed. Media that are compressed already are stored as they are.
      - If not given, C(BACKUP_COMPRESSION) of O(env_file) is used, else V(gzip).
      - "V(gzip): Readable everywhere. Considerably faster where the Python package C(isal) is installed."
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
      - How the archive is encrypted.
      - If not given, C(BACKUP_ENCRYPTION) of O(env_file) is used, else V(age) if there are O(encryption_recipients), else
        V(aes256) if there is a key, else V(none).
      - "V(none): Not encrypted. Anyone who has the archive can read everything in it."
      - "V(aes256): AES-256-GCM with O(encryption_key) or O(encryption_key_file). Needs the Python package
        C(cryptography)."
      - "V(age): In the format of age, for O(encryption_recipients). The host that backs up then holds no key that opens its
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
      - Let the server compute a digest of each table's rows, by which a restore proves that the rows are the same.
      - Without them a restore still compares the number of rows, and the archive's own checksums still cover every
        byte. It saves the server one more read of each table.
    type: bool
    default: true
  exclude_table_data:
    description:
      - Shell patterns of tables whose rows are left out, as C(Table) or C(schema.Table). The tables themselves are kept.
      - A restore has these tables empty, and fails where foreign keys refer to rows that are missing then.
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
      - Make no backup while the newest good one with the same components is younger than this, such as V(20h) or
        V(1d12h). A plain number means seconds. One that bears a time to come, as a wrong clock makes it, is passed over
        with a warning.
      - Without it every run makes a backup.
    type: str
  label:
    description:
      - What this backup is, in one line, such as V(before the update to 1.2). Lists of backups show it.
      - It is kept next to the archive and is readable where the archive is encrypted, too.
    type: str
  pin:
    description:
      - How long M(ticketz.sidekick.ticketz_prune) leaves this backup alone - a duration such as V(30d) or V(12w), or
        V(forever). Until then it is not removed, and counts for no rule.
      - A pin is taken off by O(ticketz.sidekick.ticketz_prune#module:unpin).
      - It is for single backups. Set for a schedule, it keeps each of them, and fills the disk.
      - A backup that O(if_older_than) finds young enough is not pinned, with a warning.
    type: str
  quiesce:
    description:
      - What happens to Ticketz in Docker while the snapshot of the database is taken and the names of all files are listed,
        which takes seconds. Rows and files are read afterwards.
      - "V(none): It stays in service. The database's part is one instant in any case; a file that is deleted between that
        instant and the listing may be missing, though its message is in the backup."
      - "V(pause): The containers that write are frozen for that time, and go on where they were: the backend, whatever else
        connects to its database, and whatever has its directories mounted writable; never PostgreSQL or Redis."
      - "V(stop): They are stopped as by C(docker stop), which lets them finish what they do, and started again."
      - Containers that do not run, or are paused, are left as they are. The others go on whatever happens, also if the run
        is killed.
    type: str
    choices: [none, pause, stop]
    default: none
  quiesce_timeout:
    description:
      - Seconds after which the containers go on in any case. The backup goes on as well, as with O(quiesce=none), and warns.
    type: int
    default: 300
  lock_timeout:
    description:
      - Seconds to wait while another run works in O(backup_dir). Then the module fails and says who that is.
    type: int
    default: 0
  adopt_store:
    description:
      - Take over an O(backup_dir) that belongs to another database. The former owner's backups stay, and are counted
        by retention together with the new ones.
    type: bool
    default: false
  backup_init:
    description:
      - Begin a new directory of backups where this host had one already, or where the disk that C(/etc/fstab) has for it is
        not mounted. Without it that is an error (C(store_lost), C(store_not_mounted)), since a disk that is away must not
        be taken for a new beginning.
      - It is for one run. A directory that this host never had backups in needs none.
    type: bool
    default: false
  pg_dump:
    description:
      - Path of C(pg_dump), which writes the definitions of tables, functions and so on. Its major version must not be
        older than the server's.
      - If not given, the one in the database's container is used where the database runs in one, else it is looked for
        on C(PATH) and where packages of PostgreSQL put it.
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
      - The database and the directory of backups are contacted, and everything that can be checked beforehand is.
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
  - The role needs the right to read every table. Where row-level security would hide rows from it the backup fails;
    nothing is left out in silence.
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
    - The backup that was made, or the one that O(if_older_than) found young enough.
    - In check mode, when a backup would be made, only RV(backup.id), RV(backup.path), RV(backup.compression),
      RV(backup.encryption) and RV(backup.components) as they would be now.
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
      description: Moment of the database's snapshot, in UTC.
      returned: not in check mode
      type: str
      sample: "2026-01-31T02:00:00Z"
    finished:
      description: Moment at which the archive was complete, in UTC.
      returned: not in check mode
      type: str
      sample: "2026-01-31T02:00:04Z"
    duration:
      description: Seconds that it took.
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
      description: How it is compressed.
      returned: always
      type: str
      sample: zstd
    encryption:
      description: How it is encrypted.
      returned: always
      type: str
      sample: aes256
    key_fingerprint:
      description: Tells keys apart without giving one away; null for a backup that is not encrypted.
      returned: not in check mode
      type: str
      sample: 6c1f0a7d2b94e3558a10cf4d7be29163
    components:
      description: What is in it.
      returned: always
      type: list
      elements: str
      sample: [config, database, "directories:private", "directories:public", redis]
    producer:
      description: What made it.
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
          description: Bytes that it takes on the server.
          returned: always
          type: int
          sample: 581632000
        tables:
          description: Rows of each table. Null for an existing backup that is encrypted.
          returned: always
          type: dict
          sample: {"public.Companies": 2, "public.Messages": 600000, "public.Tickets": 20000}
        table_count:
          description: Number of tables.
          returned: when an existing backup is young enough
          type: int
          sample: 45
        rows:
          description: Rows of all tables together.
          returned: when an existing backup is young enough
          type: int
          sample: 643210
    directories:
      description: The directories in it, by their names in O(directories).
      returned: not in check mode
      type: dict
      sample: {"public": {"path": "/srv/ticketz/public", "files": 12000, "bytes": 556000000}}
    redis:
      description: What was kept of Redis, without names and contents.
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
      description: The images that the stack in Docker runs, with the digests by which registries know them.
      returned: when a backup was made
      type: list
      elements: dict
      sample:
        - name: ghcr.io/ticketz-oss/ticketz-backend:latest
          id: sha256:3b1c5d0e
          digests: ["ghcr.io/ticketz-oss/ticketz-backend@sha256:77af4d6b"]
          containers: [ticketz-backend-1]
    label:
      description: What it was called; null without a label.
      returned: not in check mode
      type: str
      sample: before the update to 1.2
    pin:
      description: Until when it is pinned, in UTC, or V(forever); null without a pin.
      returned: not in check mode
      type: str
      sample: "2026-05-01T02:00:05Z"
    warnings:
      description: Sentences, in English, about what the backup could not hold. They are kept with it.
      returned: not in check mode
      type: list
      elements: str
      sample: []
    incomplete:
      description:
        - Which of its components are not whole, with the codes of the warnings that say what is missing there, such as
          C(large_objects_left) or C(path_left_out). Empty where everything is there.
        - For these components retention does not let it take the place of a backup in which they are whole.
      returned: not in check mode
      type: dict
      sample: {"database": ["large_objects_left"]}
    proofs:
      description: >-
        What was proved of it so far, by kind (V(verified), V(drilled), V(synced), V(damaged),
        V(drill_failed)). A new backup has been
        read back from the disk, which counts as verified. V(verified) has C(proved), which is true where the key of an
        encrypted backup proves who wrote it (see M(ticketz.sidekick.ticketz_backup_info)).
      returned: not in check mode
      type: dict
      sample: {"verified": {"when": "2026-01-31T02:00:05Z", "by": "backup", "level": "quick", "proved": true}}
quiesced:
  description: Which containers were paused or stopped; null with O(quiesce=none), and where no backup was made.
  returned: success
  type: dict
  contains:
    mode:
      description: How, as O(quiesce) says.
      returned: always
      type: str
      sample: pause
    containers:
      description: Their names. In check mode, those that would be.
      returned: always
      type: list
      elements: str
      sample: [ticketz_backend_1, ticketz_frontend_1]
    seconds:
      description: For how long. Null in check mode.
      returned: always
      type: float
      sample: 0.412
warning_codes:
  description: Codes of the warnings, in their order. They stay the same between versions and languages.
  returned: success
  type: list
  elements: str
  sample: [file_vanished]
error:
  description: What went wrong, for programs. C(msg) says the same as a sentence.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the error. It stays the same between versions and languages.
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
