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
  - Restores the database and the directories of a backup of M(ticketz.sidekick.ticketz_backup), on the server it was
    made on or on another one.
  - "The database is loaded into a new one next to its target and proved there: every definition is compared with the
    backup's, and every table's rows by number and digest. Sequences are set, WhatsApp sessions are cleared, statistics
    are collected. Only then it gets the target's name. Directories are restored next to their targets, checked file by
    file, and renamed together with the database."
  - "It is all or nothing. Nothing in use is touched before the exchange; if anything fails, or the run is
    cancelled, everything is as it was. The exchange is journaled: if it is interrupted between the
    directories and the database, by a kill or by the end of the server, the next backup or restore of the same database
    or directories completes it or reverts it."
  - "Data in use are only replaced with O(if_not_empty=replace). Clients that are connected to the database are disconnected at
    the exchange, and find the restored one when they connect again. The previous data are kept under another name,
    and O(state=undone) restores them."
  - The same restore again changes nothing, as long as the database and the directories still are what was restored.
  - Every damaged, truncated or altered archive is refused.
  - No client programs of PostgreSQL are needed.
options:
  backup:
    description:
      - "The backup to restore: the path of an archive (anything with a slash), the id of a backup in O(backup_dir), or
        V(latest), which is the newest good backup in O(backup_dir)."
      - V(latest) skips backups with a time in the future, as a wrong clock makes them, and damaged ones. Skipped backups that
        are newer are named in a warning, and can be chosen by their ids.
    type: str
    default: latest
  backup_dir:
    description:
      - Directory of the backups. Needed unless O(backup) is a path.
    type: path
  components:
    description:
      - What to restore. If not given, the database and the directories in O(directories).
      - V(config) writes the configuration files of the backup to the absolute paths they came from, with owner, group,
        permissions and time. For existing files with other content, see O(if_not_empty). Configuration
        decides what programs run, so only restore it from backups that you trust; see O(config_mapping).
      - V(redis) puts the keys of Redis that are in the backup into the Redis of O(redis_url), or of the stack. They are
        written under private names and proved before anything is switched, and get their names as the last step. For
        existing keys with another content, see O(if_not_empty). Stop Ticketz's backend meanwhile, and start it
        afterwards, since it reads its secrets only once.
    type: list
    elements: str
    choices: [database, directories, config, redis]
  directories:
    description:
      - "Where to restore the directories of the backup: their name in the backup, and the path on the managed host."
      - The directory above each path must exist, and be writable and on the same file system.
      - "A mount point, and the directory of a Docker volume (C(_data)), can't be renamed: there the entries are exchanged
        one by one, and the directory itself stays."
      - Directories of the backup that are not named here are left, with a warning.
      - If not given, C(public) and C(private) go to the stack that is found in Docker, and nowhere where there is none.
    type: dict
  redis_url:
    description:
      - Redis server for V(redis) in O(components), as in M(ticketz.sidekick.ticketz_backup).
      - If not given, it is the Redis of the stack that is found in Docker.
    type: str
  tables:
    description:
      - Restore only these tables, into the existing database, in one transaction; C(Table), or C(schema.Table) where the
        name alone is in several schemas. A partitioned table stands for its partitions.
      - For rows that exist already, see O(merge) and O(if_not_empty). A restore that would leave references to missing rows, in
        restored or in existing rows, is refused, and each foreign key is named.
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
      - For what the target can't take, such as a name that its file system refuses (C(path_refused)) or a huge file that
        somebody has planted, so that it doesn't block the restore of the rest. Nothing of an excluded file is read or written,
        and the space for it need not be there.
      - For whole directories of backups in this collection's own format. It never affects the database.
      - The warning C(paths_excluded) tells for each directory how much is left out, in check mode too.
    type: list
    elements: str
    default: []
  rows:
    description:
      - "Of these tables only these rows: their names as in O(tables), and for each a column with the value, or the
        list of values, that the rows have there. A row must match every column that is named."
      - Tables of O(tables) that are not named here are restored whole. Needs O(merge=true).
    type: dict
    default: {}
  merge:
    description:
      - Add only what is missing of O(tables) and O(paths), and leave existing rows and files unchanged.
      - Rows are identified by their primary key, or else by a unique key without NULLs.
      - References to a restored row are set again in rows of O(tables) where the foreign key had set them to
        NULL when that row was deleted.
    type: bool
    default: false
  tickets:
    description:
      - Ids of deleted tickets to restore with all that belonged to them, and nothing else - their messages and the other
        rows that refer to them, the directory C(media/<company>/<contact>/<ticket>) with their files, and what Ticketz has
        overwritten when it deleted them, such as C(TicketTraking.finishedAt).
      - Existing rows and files are unchanged. A reference to something that was deleted since, such as a user, becomes NULL.
      - The foreign keys of the database in use determine which rows refer to a ticket.
    type: list
    elements: int
    default: []
  contacts:
    description:
      - Ids of deleted contacts to restore with all of their tickets, in the same way as O(tickets).
    type: list
    elements: int
    default: []
  strategy:
    description:
      - How the database is restored.
      - "V(auto): V(swap) where the role may create databases, or where the database is missing, else V(in_place)."
      - "V(swap): A new database is loaded, proved and renamed. The role needs the right to create databases
        (C(CREATEDB))."
      - "V(in_place): Everything in the existing database is replaced in one transaction, for servers on which no
        database can be created. Other clients of the database wait until it is done. It can't be undone; so a database that
        holds anything is backed up first, into O(safety_backup_dir)."
    type: str
    choices: [auto, swap, in_place]
    default: auto
  if_not_empty:
    description:
      - What to do where the database or a directory is not empty, or a configuration file or a key
        of Redis has another content.
      - "V(fail): Fail, and name what is there."
      - "V(skip): Restore nothing at all, and warn. Use this in a playbook that sets up new servers."
      - "V(replace): Put the backup in its place. What was there is kept as O(keep_previous) says, and needs its space on
        disk next to the new data. A configuration file stays next to the new one, under a name that ends in C(.before-)
        and the id of the backup; a key of Redis stays for 30 days under a name that begins with
        C(ticketz-sidekick:previous:)."
    type: str
    choices: [fail, skip, replace]
    default: fail
  whatsapp_sessions:
    description:
      - What happens to the keys of the WhatsApp connections in the restored database.
      - "V(clear): All connections are disconnected and their keys are forgotten, so each must be connected again in
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
      - A role that is neither mapped nor on this server is replaced by the login role, with a warning.
    type: dict
    default: {}
  leave_out:
    description:
      - "For a source that is broken, so that its backup can't be restored as it is: a list of constraints, indexes, triggers
        and tables that are left out. Each is named C(name), C(schema.name), C(table.name) or C(schema.table.name)."
      - Foreign keys and CHECK constraints are added C(NOT VALID), so that they apply to rows written from then on. Keys, indexes
        and triggers are left out, and so are foreign keys that need such a key. Of a table the rows are left out; the table is
        there, without them.
      - "V(broken) instead of a name: whatever the server refuses because of the rows that are there, such as a unique index
        with duplicates or a foreign key with orphans."
      - A warning names whatever was left out, and RV(database.adaptations) lists it.
      - For whole databases, in backups of this tool and in archives of the old sidekick.
    type: list
    elements: str
    default: []
  config_mapping:
    description:
      - "Where to restore configuration files of the backup: a directory or a file in the backup, and the path on the
        managed host that takes its place. The longest match applies."
      - It also allows these places. Without it, they are only restored from an archive that is encrypted with a key of
        yours, never into directories of the system such as C(/etc), and never through a symbolic link.
        C(/etc/nginx) mapped to C(/etc/nginx) allows just that one.
    type: dict
    default: {}
  keep_previous:
    description:
      - Keep what a restore has replaced, for O(state=undone), until M(ticketz.sidekick.ticketz_prune) removes it.
      - Otherwise it is removed as soon as the backup is in its place.
    type: bool
    default: true
  stop_application:
    description:
      - Whether the containers of Ticketz that work with the database are stopped while database and directories are exchanged.
      - "V(auto): They are, where Ticketz is found in Docker and uses what is exchanged. They are stopped when everything has
        been proved next to the live data, and started again as soon as it is in place; that takes seconds. Containers that do
        not run are left as they are. With O(tables) or O(paths) nothing is stopped."
      - "V(never): Nothing is stopped or started. Restart Ticketz afterwards, since it keeps things in memory."
      - The containers are started again whatever happens, also if the run is killed.
    type: str
    choices: [auto, never]
    default: auto
  health_url:
    description:
      - A page of Ticketz that has to answer without an error after the containers were started, such as
        V(http://backend:3000/). Where this host does not know the name, it may be that of a container or service.
      - If not given, the health checks of the containers are used; containers without one only have to run for some seconds.
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
      - "V(undo): Undo the restore first, and fail."
    type: str
    choices: [fail, undo]
    default: fail
  state:
    description:
      - Whether to restore, or to undo a restore.
      - "V(restored): Restore the backup."
      - "V(undone): Undo the newest restore of the database (or, if there is none, of O(directories)): put the replaced
        database and directories back, together, and then keys of Redis, if O(redis_url) or the stack gives one. What
        was written since is kept, out of service, with the restored data. An undo that was done already changes
        nothing."
    type: str
    choices: [restored, undone]
    default: restored
  safety_backup_dir:
    description:
      - Directory for the backup that is made before a database is replaced in place.
      - If not given, C(before-restore) in O(backup_dir).
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
      - The only format that is accepted. If not given, an archive of the old sidekick is recognised by its content, if O(backup)
        is its path or id, nothing demands encryption, and neither its name nor a file next to it says that it is a backup of
        this collection.
      - "V(1): A backup of this collection."
      - "V(sidekick): An archive of the old sidekick. It has no checksums of its own, so V(latest) never chooses it."
      - "V(retrieved): What M(ticketz.sidekick.ticketz_import) takes. It is refused here; exports have this choice, too."
    type: str
    choices: ["1", sidekick, retrieved]
  force:
    description:
      - Also restore symbolic links that point out of their directory. Without it an archive with such links is refused.
      - Also replace keys of Redis that have another content, with O(if_not_empty=replace), from a backup whose origin no
        key proves (any but C(aes256)). Without it they stay, with the warning C(redis_unproved).
      - Also restore a database that has migrations which the image of the stack's backend does not know. Without it such
        a backup of a newer Ticketz is refused, as far as the image's migrations can be found.
    type: bool
    default: false
  jobs:
    description:
      - Number of connections and threads that load and check. Defaults to the number of CPUs.
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
      - The archive is opened, the server is contacted, and the space and both targets are checked. What is there already
        is compared with the backup. The contents of the archive are not read; use M(ticketz.sidekick.ticketz_verify) with
        level V(full) for that.
  diff_mode:
    support: full
requirements:
  - Python package C(psycopg2) (2.9.6 or newer)
  - Python packages C(docker) (7.0 or newer), C(jmespath) and C(PyYAML) for a Ticketz in Docker
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
  description: What was asked for, as O(state) says.
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
      description: Rows of each table; with O(tables), of these tables, afterwards. Empty with O(state=undone).
      returned: always
      type: dict
      sample: {"public.Companies": 2, "public.Messages": 600000, "public.Tickets": 20000}
    changes:
      description: >-
        For each table the rows that were C(inserted), C(updated), C(removed) and C(relinked); the last ones had lost a
        reference to a row that was deleted, and have it again.
      returned: with O(tables)
      type: dict
      sample: {"public.Tickets": {"inserted": 1, "updated": 0, "removed": 0, "relinked": 0}}
    adaptations:
      description:
        - Definitions that had to differ from the backup's, because this server needs them so, because rows do not satisfy
          a constraint (V(not_validated)), or because O(leave_out) says so (V(left_out),
          V(rows_left_out)).
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
  description:
    - The directories that were restored, or would be, by their names in O(directories).
    - With O(paths), C(files) and C(bytes) are what was written, and there are the numbers of files that were C(created) and
      C(replaced), and that were C(kept) with another content or C(unchanged).
    - With O(restore_exclude_paths), C(files) and C(bytes) are those without what is excluded, and C(excluded) has the numbers of
      excluded C(paths) (directories and what is in them included) and of their C(bytes).
    - With O(state=undone) there is C(path) alone.
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
  description: Configuration files that something else was in the place of, and the name that it has now.
  returned: success
  type: dict
  sample: {"/opt/ticketz/.env-backend": "/opt/ticketz/.env-backend.before-backup_20260131_020000"}
redis:
  description: What became of the keys of Redis in the backup, or would; null if they were not asked for.
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
      description: Keys that were not there.
      returned: always
      type: int
      sample: 2
    replaced:
      description: Keys that were there with another content.
      returned: always
      type: int
      sample: 0
    kept:
      description: Keys that are there with another content, and stay.
      returned: always
      type: int
      sample: 0
    unchanged:
      description: Keys that are there as in the backup.
      returned: always
      type: int
      sample: 0
    expired:
      description: Keys whose time has run out since the backup. They are not restored.
      returned: always
      type: int
      sample: 0
    previous:
      description: What the names of those that were replaced begin with now; null if none was, or none is kept.
      returned: always
      type: str
      sample: "ticketz-sidekick:previous:0a1b2c3d4e5f:"
stack:
  description: >-
    What the backup keeps of the stack in Docker that it was made of; null if it was made of none. Paths of Compose's files
    are where O(config_mapping) puts them.
  returned: success
  type: dict
  contains:
    project:
      description: Compose project of the backend, or of the database where there is no backend.
      returned: always
      type: str
      sample: ticketz
    compose:
      description: What Compose made the containers from, as M(ticketz.sidekick.ticketz_stack_info) returns it.
      returned: always
      type: dict
      sample:
        working_dir: /opt/ticketz
        files: [/opt/ticketz/docker-compose.yaml]
        env_files: [/opt/ticketz/.env-backend]
        bound_files: []
    projects:
      description: The Compose projects, the backend's first where it is one.
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
      description: Where the directories were.
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
      description: The containers that matter, with their project, service and image.
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
  description: What was taken out of service and is kept; null if nothing was.
  returned: success
  type: dict
  contains:
    id:
      description: What the host knows it by.
      returned: always
      type: str
      sample: 20260131T093000Z-271828-5f0c2a9b
    state:
      description: C(done) after a restore, C(undone) after an undo.
      returned: always
      type: str
      sample: done
    created:
      description: When it was taken out of service.
      returned: always
      type: str
      sample: "2026-01-31T09:30:00Z"
    backup:
      description: Id of the backup that was restored.
      returned: always
      type: str
      sample: backup_20260131_020000
    database:
      description: What the database is called now; null if there was none.
      returned: always
      type: str
      sample: ticketz_sidekick_previous_0a1b2c3d4e5f
    directories:
      description: Where the contents of each directory are now.
      returned: always
      type: dict
      sample: {"public": "/srv/ticketz/.ticketz-sidekick-swap.public.0a1b2c3d4e5f"}
    size:
      description: Bytes that all of it takes on the disks; null where that could not be found out.
      returned: always
      type: int
      sample: 4294967296
    safety_backup:
      description: The backup that was made of a database before it was replaced in place.
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
  description: The tickets and contacts that were brought back; null unless O(tickets) or O(contacts) are given.
  returned: success
  type: dict
  contains:
    tickets:
      description: Numbers of the tickets, those of the contacts included.
      returned: always
      type: list
      elements: int
      sample: [4711]
    contacts:
      description: Numbers of the contacts.
      returned: always
      type: list
      elements: int
      sample: []
application:
  description: What was stopped for the exchange, and how it is now; null if nothing had to be stopped.
  returned: success
  type: dict
  contains:
    containers:
      description: Names of the containers. In check mode, of those that would be stopped. Empty if none ran.
      returned: always
      type: list
      elements: str
      sample: [ticketz_backend_1]
    stopped_seconds:
      description: From the first stop to the last start. Null in check mode.
      returned: always
      type: float
      sample: 1.734
    healthy:
      description: Whether it is well. Null if nothing was started, or if the run was asked to stop while it waited.
      returned: always
      type: bool
      sample: true
    healthy_after:
      description: Seconds from the start until that was known. Null if nothing was started.
      returned: always
      type: float
      sample: 6.02
    checked_by:
      description: >-
        How that was found out: V(health_check) of a container, V(url), or V(running), which is no more than that the
        containers stay up.
      returned: always
      type: list
      elements: str
      sample: [health_check, url]
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
