#!/usr/bin/python
# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module ``ticketz_restore``: documentation, and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticketz_restore
short_description: Restore a Ticketz database and its files, and verify the result
version_added: 0.1.0
description:
  - Restores the database and the directories of a backup of M(ticketz.sidekick.ticketz_backup), on the server it was
    made on or on another one.
  - "The backup is loaded into a new database next to the target and verified there: every definition is
    compared with the backup, and every table's rows by number and digest. Sequences are set, WhatsApp sessions
    are cleared, statistics are collected. Only then is the new database renamed to the target's name.
    Directories are restored next to their targets, verified file by file, and renamed together with the
    database."
  - "The restore is atomic. Live data are not touched before the exchange. If anything fails, or the run is
    cancelled, everything stays unchanged. The exchange is journaled: if it is interrupted between the
    directories and the database, by a kill or a crash of the server, the next backup or restore of the same
    database or directories completes or reverts it."
  - "Existing data are replaced only with O(if_not_empty=replace). The exchange disconnects clients of the
    database; when they reconnect, they get the restored one. The previous data are kept under another name, and
    O(state=undone) restores them."
  - Repeating the same restore changes nothing, as long as the database and the directories are still as restored.
  - Every damaged, truncated or altered archive is refused.
  - No client programs of PostgreSQL are needed.
options:
  backup:
    description:
      - "The backup to restore: the path of an archive (anything with a slash), the id of a backup in O(backup_dir), or
        V(latest), which is the newest good backup in O(backup_dir)."
      - V(latest) skips damaged backups, and backups dated in the future because of a wrong clock. A warning
        names newer backups that were skipped; use their ids to choose them.
    type: str
    default: latest
  backup_dir:
    description:
      - Directory of the backups. Needed unless O(backup) is a path.
    type: path
  components:
    description:
      - Components to restore. If not given, the database and the directories in O(directories).
      - V(config) restores the configuration files of the backup to their original absolute paths, with owner, group,
        permissions and time. For existing files with other content, see O(if_not_empty). Configuration
        decides what programs run, so only restore it from backups that you trust; see O(config_mapping).
      - V(redis) restores the Redis keys in the backup to the Redis of O(redis_url), or of the stack. They are
        written under private names and verified before any live data are replaced, and renamed as the last
        step. For existing keys with other content, see O(if_not_empty). Stop Ticketz's backend before, and
        start it afterwards, since it reads its secrets only at its start.
    type: list
    elements: str
    choices: [database, directories, config, redis]
  directories:
    description:
      - "Where to restore the directories of the backup: a dictionary of their names in the backup and paths on
        the managed host."
      - The directory above each path must exist, and be writable and on the same file system.
      - "A mount point, and the directory of a Docker volume (C(_data)), can't be renamed: instead, the entries
        in it are exchanged one by one, and the directory itself stays."
      - Directories of the backup that are not named here are not restored, with a warning.
      - If not given, C(public) and C(private) are restored to the stack found in Docker; without a stack, no
        directories are restored.
    type: dict
  redis_url:
    description:
      - Redis server for V(redis) in O(components), as in M(ticketz.sidekick.ticketz_backup).
      - If not given, the Redis of the stack found in Docker is used.
    type: str
  tables:
    description:
      - Restore only these tables, into the existing database, in one transaction; C(Table), or C(schema.Table)
        if several schemas have a table with that name. A partitioned table includes its partitions.
      - For rows that exist already, see O(merge) and O(if_not_empty). A restore that would break references, in
        restored or in existing rows, is refused, and the error names each foreign key.
    type: list
    elements: str
    default: []
  paths:
    description:
      - "Restore only these files and directories, into the existing directories: the name of the directory in the
        backup, a slash, and the path in it, such as C(public/company1/photo.jpg)."
    type: list
    elements: str
    default: []
  restore_exclude_paths:
    description:
      - Shell patterns of paths in the backup that are not restored, relative to their directory in O(directories), as in
        O(ticketz.sidekick.ticketz_backup#module:exclude_paths). C(*) matches slashes too, and what is in an excluded directory is
        excluded with it.
      - Use it for files that the target can't store, such as a name that its file system refuses
        (C(path_refused)) or a file that is too large, so that they don't prevent the restore of the rest.
        Excluded files are neither read nor written, and need no space.
      - It applies to restores of whole directories, from backups in this collection's own format. It never
        affects the database.
      - The warning C(paths_excluded) says how much of each directory is left out, also in check mode.
    type: list
    elements: str
    default: []
  rows:
    description:
      - "Restore only some rows of these tables: a dictionary of table names as in O(tables), and for each a
        dictionary of columns with a value or a list of values. A row must match all columns."
      - Tables in O(tables) that are not named here are restored completely. Needs O(merge=true).
    type: dict
    default: {}
  merge:
    description:
      - Add only missing rows of O(tables) and missing files of O(paths), and leave existing ones unchanged.
      - Rows are identified by their primary key, or else by a unique key without NULLs.
      - If the deletion of a row set references to NULL in other rows of O(tables), restoring that row sets
        these references again.
    type: bool
    default: false
  tickets:
    description:
      - Ids of deleted tickets to restore with everything that belonged to them, and nothing else - their
        messages and other rows that refer to them, the directory C(media/<company>/<contact>/<ticket>) with
        their files, and values that Ticketz overwrote when it deleted them, such as
        C(TicketTraking.finishedAt).
      - Existing rows and files are unchanged. A reference to another row that was deleted since, such as a
        user, becomes NULL.
      - The foreign keys of the live database determine which rows refer to a ticket.
    type: list
    elements: int
    default: []
  contacts:
    description:
      - Ids of deleted contacts to restore with all their tickets, in the same way as O(tickets).
    type: list
    elements: int
    default: []
  strategy:
    description:
      - How the database is restored.
      - "V(auto): V(swap) if the role may create databases, or if the database does not exist, else V(in_place)."
      - "V(swap): A new database is loaded, verified and renamed. The role needs the right to create databases
        (C(CREATEDB))."
      - "V(in_place): Everything in the existing database is replaced in one transaction, for servers on which no
        database can be created. Other clients of the database wait until it is done. It can't be undone, so a
        database that is not empty is first backed up to O(safety_backup_dir)."
    type: str
    choices: [auto, swap, in_place]
    default: auto
  if_not_empty:
    description:
      - What to do if the database or a directory is not empty, or a configuration file or Redis key exists with
        other content.
      - "V(fail): Fail, and name what was found."
      - "V(skip): Restore nothing, and warn. Use this in a playbook that sets up new servers."
      - "V(replace): Replace it with the backup. The previous data are kept according to O(keep_previous), and
        take up space next to the new data. A previous configuration file stays next to the new one, under a
        name that ends in C(.before-) and the id of the backup. A previous Redis key is kept for 30 days under a
        name that begins with C(ticketz-sidekick:previous:)."
    type: str
    choices: [fail, skip, replace]
    default: fail
  whatsapp_sessions:
    description:
      - What to do with the keys of WhatsApp connections in the restored database.
      - "V(clear): All connections are disconnected and their keys deleted, so each must be connected again in
        Ticketz. Two servers with the same keys disconnect each other, and WhatsApp may log the number out."
      - "V(keep): They are kept. Only use this if the old server will never run again."
    type: str
    choices: [clear, keep]
    default: clear
  fix_sequences:
    description:
      - Advance sequences that are behind their tables in the backup, so that the next insert does not fail.
        Sequences are never moved backwards.
    type: bool
    default: true
  role_mapping:
    description:
      - "Mapping of owners and grantees: a dictionary of roles in the backup and the roles of this server that
        replace them."
      - A role that is not mapped and does not exist on this server is replaced by the login role, with a
        warning.
    type: dict
    default: {}
  leave_out:
    description:
      - "For a backup whose rows violate constraints, so that it can't be restored as it is: a list of
        constraints, indexes, triggers and tables to leave out, as C(name), C(schema.name), C(table.name) or
        C(schema.table.name)."
      - Foreign keys and CHECK constraints are added C(NOT VALID), so that they apply to rows written from then
        on. Keys, indexes and triggers are left out, and so are foreign keys that need such a key. A table is
        created without its rows.
      - "V(broken) instead of a name leaves out everything that the server refuses because of the rows, such as
        a unique index with duplicates or a foreign key with orphans."
      - A warning names everything that was left out, and RV(database.adaptations) lists it.
      - It applies to restores of whole databases, from backups of this collection and archives of the old
        sidekick.
    type: list
    elements: str
    default: []
  config_mapping:
    description:
      - "Where to restore configuration files of the backup: a dictionary of directories or files in the backup
        and the paths on the managed host that replace them. The longest match applies."
      - Restoring to these paths is then allowed in any case. Other files are restored only from an archive that
        is encrypted with your key, never into system directories such as C(/etc), and never through a symbolic
        link. To allow just C(/etc/nginx), map it to C(/etc/nginx).
    type: dict
    default: {}
  keep_previous:
    description:
      - Keep replaced data for O(state=undone), until M(ticketz.sidekick.ticketz_prune) removes them.
      - With V(false) they are removed as soon as the backup is in place.
    type: bool
    default: true
  stop_application:
    description:
      - Whether to stop Ticketz's containers that use the database while database and directories are exchanged.
      - "V(auto): Stop them if Ticketz is found in Docker and uses the data that are exchanged. They are stopped
        once everything has been verified next to the live data, and started again as soon as it is in place,
        which takes seconds. Containers that are not running are left as they are. With O(tables) or O(paths)
        nothing is stopped."
      - "V(never): Nothing is stopped or started. Restart Ticketz afterwards, since it caches data in memory."
      - Stopped containers are always started again, even if the run is killed.
    type: str
    choices: [auto, never]
    default: auto
  health_url:
    description:
      - URL of a page of Ticketz that must answer without an error after the containers have been started, such
        as V(http://backend:3000/). If this host can't resolve the name, it may be the name of a container or
        service.
      - If not given, the health checks of the containers are used; containers without one only have to stay up
        for some seconds.
    type: str
  health_timeout:
    description:
      - Seconds to wait until Ticketz is healthy after it was started. Then the module fails, with the restored data in place.
    type: int
    default: 120
  if_unhealthy:
    description:
      - What to do if Ticketz is not healthy within O(health_timeout) seconds.
      - "V(fail): Fail, and leave the restored data in place. O(state=undone) restores the previous data."
      - "V(undo): Undo the restore, then fail."
    type: str
    choices: [fail, undo]
    default: fail
  state:
    description:
      - Whether to restore, or to undo a restore.
      - "V(restored): Restore the backup."
      - "V(undone): Undo the newest restore of the database (or, if there is none, of O(directories)): put the
        replaced database and directories back, together, and then the Redis keys, if O(redis_url) or the stack
        provides a Redis. Data written since are kept with the restored data, out of service. Repeating an undo
        changes nothing."
    type: str
    choices: [restored, undone]
    default: restored
  safety_backup_dir:
    description:
      - Directory for the backup that is made before a database is replaced in place.
      - If not given, C(before-restore) in O(backup_dir) is used.
    type: path
  pg_dump:
    description:
      - Path of C(pg_dump), which the safety backup needs. If not given, it is searched for as by
        M(ticketz.sidekick.ticketz_backup).
    type: path
  lock_timeout:
    description:
      - Seconds to wait for sessions that use the database or a table that is replaced in place. After that nothing is changed,
        and the error names them.
    type: int
    default: 60
  format:
    description:
      - Accept only this format. If not given, an archive of the old sidekick is recognised by its content. This
        requires that O(backup) is its path or id, that nothing demands encryption, and that neither its name
        nor a sidecar marks it as a backup of this collection.
      - "V(1): A backup of this collection."
      - "V(sidekick): An archive of the old sidekick. It has no checksums of its own, so V(latest) never chooses it."
      - "V(retrieved): An archive for M(ticketz.sidekick.ticketz_import), which this module refuses. The choice
        exists because exports have it, too."
    type: str
    choices: ["1", sidekick, retrieved]
  force:
    description:
      - Also restore symbolic links that point outside their directory. Otherwise an archive with such links is refused.
      - With O(if_not_empty=replace), also replace Redis keys that have other content, from a backup whose
        origin is not proved by a key (all but C(aes256)). Otherwise they stay, with the warning
        C(redis_unproved).
      - Also restore a database with migrations that the image of the stack's backend does not have. Otherwise
        such a backup of a newer Ticketz is refused, if the image's migrations can be found.
    type: bool
    default: false
  jobs:
    description:
      - Number of connections and threads. If not given, the number of CPUs.
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
      - The archive is opened, and the server, the free space and all targets are checked. Existing data are
        compared with the backup. The contents of the archive are not read; use
        M(ticketz.sidekick.ticketz_verify) with level V(full) for that.
  diff_mode:
    support: full
requirements:
  - Python package C(psycopg2) (2.9.6 or newer)
  - Python packages C(docker) (7.0 or newer), C(jmespath) and C(PyYAML) for a Ticketz in Docker
  - Python package C(cryptography) (42.0 or newer) for encrypted backups
  - Python package C(backports.zstd) for backups that are compressed with zstd, before Python 3.14
notes:
  - Run it as root, so that owners and groups of files are restored; otherwise a warning says that they were not.
  - The server's major version must not be older than the one that the backup was made on.
  - Older versions of Ticketz can't use the database of a newer one. Start the version that the backup was made with, or
    a newer one, which migrates the database automatically.
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

- name: Restore a backup of a certain day into a separate database, without touching the live one
  ticketz.sidekick.ticketz_restore:
    backup: backup_20260131_020000
    backup_dir: /backups/ticketz
    components: [database]
    login_unix_socket: /var/run/postgresql
    login_user: postgres
    login_db: ticketz_january

- name: Restore the backup of last night, on the server that is in use
  ticketz.sidekick.ticketz_restore:
    backup_dir: /backups/ticketz
    env_file: /opt/ticketz/.env-backend
    login_host: 172.18.0.2
    directories:
      public: /srv/ticketz/public
    if_not_empty: replace
  register: restored

- name: Restore in Docker, with the containers stopped for the exchange, and undo it if Ticketz does not work afterwards
  ticketz.sidekick.ticketz_restore:
    backup_dir: /backups/ticketz
    compose_project: ticketz
    if_not_empty: replace
    health_url: http://backend:3000/
    if_unhealthy: undo

- name: Undo that
  ticketz.sidekick.ticketz_restore:
    env_file: /opt/ticketz/.env-backend
    login_host: 172.18.0.2
    directories:
      public: /srv/ticketz/public
    state: undone

- name: Restore a deleted ticket, with its messages and files
  ticketz.sidekick.ticketz_restore:
    backup: backup_20260131_020000
    backup_dir: /backups/ticketz
    compose_project: ticketz
    tickets: [4711]

- name: Restore only if the server has no data yet
  ticketz.sidekick.ticketz_restore:
    backup: /srv/offsite/backup_20260131_020000.tar.zst
    env_file: /opt/ticketz/.env-backend
    role_mapping:
      ticketz: helpdesk
    if_not_empty: skip
"""

RETURN = r"""
state:
  description: The value of O(state).
  returned: success
  type: str
  sample: restored
backup:
  description: The backup that was restored; with O(state=undone), the one whose restore was undone. RV(backup.path) is null then.
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
  description: The database that was restored, or would be; null if none was.
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      returned: always
      type: str
      sample: ticketz
    strategy:
      description: How it was restored.
      returned: always
      type: str
      sample: swap
    tables:
      description: Number of rows of each table; with O(tables), of these tables after the restore. Empty with
        O(state=undone).
      returned: always
      type: dict
      sample: {"public.Companies": 2, "public.Messages": 600000, "public.Tickets": 20000}
    changes:
      description: >-
        For each table the numbers of rows that were C(inserted), C(updated), C(removed) and C(relinked). A
        relinked row had lost a reference to a deleted row, and has it again.
      returned: with O(tables)
      type: dict
      sample: {"public.Tickets": {"inserted": 1, "updated": 0, "removed": 0, "relinked": 0}}
    adaptations:
      description:
        - Definitions that differ from the backup, because this server requires it, because rows do not satisfy
          a constraint (V(not_validated)), or because of O(leave_out) (V(left_out), V(rows_left_out)).
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
          description: The object.
          returned: always
          type: str
          sample: public.immutable_unaccent(text)
        detail:
          description: Details of the change.
          returned: always
          type: str
          sample: public, pg_catalog
directories:
  description:
    - The directories that were restored, or would be, by their names in O(directories).
    - With O(paths), C(files) and C(bytes) count what was written. C(created), C(replaced), C(kept) (existing
      files with other content) and C(unchanged) are numbers of files.
    - With O(restore_exclude_paths), C(files) and C(bytes) do not count excluded files, and C(excluded) has the
      numbers of excluded C(paths) (including the contents of directories) and their C(bytes).
    - With O(state=undone), only C(path) is returned.
  returned: success
  type: dict
  sample: {"public": {"path": "/srv/ticketz/public", "files": 12000, "bytes": 556000000}}
config:
  description: The configuration files that were written, or would be.
  returned: success
  type: list
  elements: str
  sample: [/opt/ticketz/.env-backend]
config_previous:
  description: Configuration files that replaced existing ones, and the new paths of the existing ones.
  returned: success
  type: dict
  sample: {"/opt/ticketz/.env-backend": "/opt/ticketz/.env-backend.before-backup_20260131_020000"}
redis:
  description: Result for the Redis keys in the backup, or what it would be; null if V(redis) was not requested.
  returned: success
  type: dict
  contains:
    server:
      description: The server, and its database.
      returned: always
      type: str
      sample: 172.18.0.3:6379/0
    count:
      description: Keys in the backup.
      returned: always
      type: int
      sample: 2
    restored:
      description: Keys that did not exist.
      returned: always
      type: int
      sample: 2
    replaced:
      description: Keys that existed with other content.
      returned: always
      type: int
      sample: 0
    kept:
      description: Existing keys with other content, which stay.
      returned: always
      type: int
      sample: 0
    unchanged:
      description: Existing keys that are equal to the backup.
      returned: always
      type: int
      sample: 0
    expired:
      description: Keys that have expired since the backup, and are not restored.
      returned: always
      type: int
      sample: 0
    previous:
      description: Prefix of the new names of replaced keys; null if none was replaced, or none is kept.
      returned: always
      type: str
      sample: "ticketz-sidekick:previous:0a1b2c3d4e5f:"
stack:
  description: >-
    The description of the stack in Docker that the backup contains; null if it was not made from a stack.
    O(config_mapping) is applied to the paths of Compose files.
  returned: success
  type: dict
  contains:
    project:
      description: Compose project of the backend, or of the database if there is no backend.
      returned: always
      type: str
      sample: ticketz
    compose:
      description: The directory and files from which Compose created the containers, as
        M(ticketz.sidekick.ticketz_stack_info) returns it.
      returned: always
      type: dict
      sample:
        working_dir: /opt/ticketz
        files: [/opt/ticketz/docker-compose.yaml]
        env_files: [/opt/ticketz/.env-backend]
        bound_files: []
    projects:
      description: The Compose projects, the backend's first if it has one.
      returned: always
      type: list
      elements: dict
      sample:
        - {"name": "ticketz", "working_dir": "/opt/ticketz", "files": ["/opt/ticketz/docker-compose.yaml"], "env_files": []}
    images:
      description: The images, as M(ticketz.sidekick.ticketz_stack_info) returns them.
      returned: always
      type: list
      elements: dict
      sample:
        - name: ghcr.io/ticketz-oss/ticketz-backend:latest
          id: sha256:3b1c5d0e
          digests: ["ghcr.io/ticketz-oss/ticketz-backend@sha256:77af4d6b"]
          containers: [ticketz-backend-1]
    directories:
      description: The original locations of the directories.
      returned: always
      type: dict
      sample:
        public:
          path: /var/lib/docker/volumes/ticketz_backend_public/_data
          kind: volume
          volume: ticketz_backend_public
          mounted_at: /usr/src/app/public
    volumes:
      description: Names of all volumes of the containers.
      returned: always
      type: list
      elements: str
      sample: [ticketz_backend_private, ticketz_backend_public, ticketz_postgres_data, ticketz_redis_data]
    networks:
      description: Names of all networks of the containers.
      returned: always
      type: list
      elements: str
      sample: [ticketz_ticketz]
    services:
      description: The containers of Ticketz, with their project, service and image.
      returned: always
      type: dict
      sample:
        backend:
          - container: ticketz-backend-1
            project: ticketz
            service: backend
            image: ghcr.io/ticketz-oss/ticketz-backend:latest
        database: {"container": "ticketz-postgres-1", "project": "ticketz", "service": "postgres", "image": "postgres:16-alpine"}
        redis: {"container": "ticketz-redis-1", "project": "ticketz", "service": "redis", "image": "redis:7-alpine"}
sequences:
  description: >-
    All sequences and whether they were advanced, as M(ticketz.sidekick.ticketz_fix_sequences) returns them. Empty
    with O(fix_sequences=false) and in check mode.
  returned: success
  type: list
  elements: dict
  sample:
    - {"sequence": "public.\"Users_id_seq\"", "table": "public.\"Users\"", "column": "id", "old": 3, "new": 42, "changed": true}
whatsapp_sessions:
  description: >-
    Numbers of rows of each table that were cleared (C(Whatsapps)) or removed (tables of keys). Empty with
    O(whatsapp_sessions=keep) and in check mode.
  returned: success
  type: dict
  sample: {"Baileys": 2, "BaileysKeys": 1840, "Whatsapps": 2}
previous:
  description: The replaced data that are kept; null if there are none.
  returned: success
  type: dict
  contains:
    id:
      description: Its id in the host's journal.
      returned: always
      type: str
      sample: 20260131T093000Z-271828-5f0c2a9b
    state:
      description: C(done) after a restore, C(undone) after an undo.
      returned: always
      type: str
      sample: done
    created:
      description: Time at which it was replaced, in UTC.
      returned: always
      type: str
      sample: "2026-01-31T09:30:00Z"
    backup:
      description: Id of the backup that was restored.
      returned: always
      type: str
      sample: backup_20260131_020000
    database:
      description: The database's current name; null if there was none.
      returned: always
      type: str
      sample: ticketz_sidekick_previous_0a1b2c3d4e5f
    directories:
      description: The current path of the contents of each directory.
      returned: always
      type: dict
      sample: {"public": "/srv/ticketz/.ticketz-sidekick-swap.public.0a1b2c3d4e5f"}
    size:
      description: Total size on the disks in bytes; null if it could not be determined.
      returned: always
      type: int
      sample: 4294967296
    safety_backup:
      description: The backup made before a database was replaced in place.
      returned: with O(strategy=in_place)
      type: dict
      contains:
        backup:
          description: Its id.
          returned: always
          type: str
          sample: backup_20260131_093000
        path:
          description: The archive.
          returned: always
          type: str
          sample: /backups/ticketz/before-restore/backup_20260131_093000.tar.gz
undeleted:
  description: The tickets and contacts that were restored; null unless O(tickets) or O(contacts) are given.
  returned: success
  type: dict
  contains:
    tickets:
      description: Ids of the tickets, including those of the contacts.
      returned: always
      type: list
      elements: int
      sample: [4711]
    contacts:
      description: Ids of the contacts.
      returned: always
      type: list
      elements: int
      sample: []
application:
  description: The containers that were stopped for the exchange, and their health afterwards; null if nothing
    had to be stopped.
  returned: success
  type: dict
  contains:
    containers:
      description: Names of the containers. In check mode, of those that would be stopped. Empty if none was
        running.
      returned: always
      type: list
      elements: str
      sample: [ticketz_backend_1]
    stopped_seconds:
      description: Seconds from the first stop to the last start. Null in check mode.
      returned: always
      type: float
      sample: 1.734
    healthy:
      description: Whether Ticketz is healthy. Null if nothing was started, or if the run was cancelled while it
        waited.
      returned: always
      type: bool
      sample: true
    healthy_after:
      description: Seconds from the start until the result was known. Null if nothing was started.
      returned: always
      type: float
      sample: 6.02
    checked_by:
      description: >-
        How the health was determined: V(health_check) of a container, V(url), or V(running), which means only
        that the containers stayed up.
      returned: always
      type: list
      elements: str
      sample: [health_check, url]
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
  sample: [role_missing]
error:
  description: The error, for programs. C(msg) has it as a sentence.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the error. It is stable across versions and languages.
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
