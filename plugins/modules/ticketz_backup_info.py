#!/usr/bin/python
# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module ``ticketz_backup_info``: documentation, and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticketz_backup_info
short_description: List backups and report problems with them
version_added: 0.1.0
description:
  - Lists the contents of a backup directory, newest first, and checks them - is there a good backup that is
    recent and large enough, was it verified, is anything damaged, is the disk filling up, can other users read
    the archives, is the audit log unaltered, and does the newest backup lack much of what an earlier one has.
  - Reads only names, sizes and the sidecars of the archives. It opens no archive, connects to no database and
    needs no key, so it is quick, however many and large the backups are. To read the contents of an archive,
    use M(ticketz.sidekick.ticketz_verify).
  - Anybody who can write to the directory can claim there that a backup was verified or drilled. If the key of
    encrypted backups is given (O(encryption_key), O(encryption_key_file)), only records made with that key
    count. Otherwise claims are shown and count.
  - Problems with the backups do not make the module fail. Check RV(healthy) and RV(problems). It fails only if
    O(backup_dir) itself is missing or can't be read.
options:
  backup_dir:
    description:
      - Directory of the backups.
    type: path
    required: true
  max_age:
    description:
      - Maximum age of the newest good backup, such as V(24h) or V(1d6h). A plain number means seconds.
    type: str
    default: 24h
  max_drill_age:
    description:
      - Maximum age of the last drill (M(ticketz.sidekick.ticketz_verify) with V(level=drill)) of any good
        backup, such as V(8d). If not given, drills are not required. If the last drill failed, that is a
        critical problem in any case.
    type: str
  max_copy_age:
    description:
      - Maximum age of the newest backup with a copy on another host (M(ticketz.sidekick.ticketz_offsite) with
        V(offsite_direction=push)), such as V(2d).
      - If not given, it is twice O(max_age) if copies have ever been made; otherwise copies are not required.
    type: str
  max_previous_age:
    description:
      - How long data that a restore has replaced may be kept for an undo, before a warning is given.
        M(ticketz.sidekick.ticketz_prune) with O(ticketz.sidekick.ticketz_prune#module:keep_previous_days)
        removes them.
    type: str
    default: 14d
  schedule_dir:
    description:
      - Directory of the status files of scheduled jobs, such as C(/var/lib/ticketz-sidekick/schedule). If the
        last run of a job for O(backup_dir) failed or was killed, that is a critical problem; if it ended with
        warnings, that is a warning.
      - If not given, scheduled jobs are not checked.
    type: path
  min_size:
    description:
      - Minimum size of the newest good backup, such as V(1 MB), V(500 kB) or V(1 GiB). A plain number means bytes.
      - A smaller backup causes a warning, since a new Ticketz is small. It is critical if the backup also lacks
        much of what an earlier one has (C(backup_shrunk)).
    type: str
    default: 1 MB
  disk_warning:
    description:
      - Disk usage in percent from which a warning is given.
    type: float
    default: 80
  disk_critical:
    description:
      - Disk usage in percent from which there is a critical problem.
    type: float
    default: 90
extends_documentation_fragment:
  - ticketz.sidekick.attributes
  - ticketz.sidekick.key
  - ticketz.sidekick.messages
attributes:
  check_mode:
    support: full
    details:
      - Nothing is ever changed.
  diff_mode:
    support: none
    details:
      - Nothing is ever changed.
seealso:
  - module: ticketz.sidekick.ticketz_verify
  - module: ticketz.sidekick.ticketz_prune
author:
  - Ticketz Sidekick contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Gather information on the backups
  ticketz.sidekick.ticketz_backup_info:
    backup_dir: /backups/ticketz
    max_age: 26h
    min_size: 50 MB
  register: info

- name: Fail if something is seriously wrong, and say what
  ansible.builtin.assert:
    that: info.healthy
    fail_msg: "{{ info.problems | map(attribute='message') | join(' ') }}"

- name: Set the path of the newest good backup
  ansible.builtin.set_fact:
    ticketz_latest_backup: "{{ info.latest.path }}"
  when: info.latest is not none
"""

RETURN = r"""
backups:
  description: All backups in any state, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The backup's id. Its time is in UTC.
      returned: always
      type: str
      sample: backup_20260131_020000
    path:
      description: The archive.
      returned: always
      type: str
      sample: /backups/ticketz/backup_20260131_020000.tar.zst.enc
    format:
      description: V(1), or V(sidekick) or V(retrieved) for the archives of earlier tools.
      returned: always
      type: str
      sample: "1"
    state:
      description:
        - "V(good): it counts for everything. It was published here, its size has not changed since, and no
          verification has found it damaged."
        - "V(no_sidecar): the sidecar is missing, or the archive is not from this collection; a full
          verification recreates it. V(damaged_sidecar): the sidecar can't be read. V(size_mismatch): the size
          of the archive has changed. V(archive_missing): only the sidecar exists. V(damaged): a verification
          has found it damaged. V(other_store): it was made in another directory. V(old_format): it was made by
          an earlier tool."
      returned: always
      type: str
      sample: good
    created:
      description: Time at which it was made, in UTC.
      returned: always
      type: str
      sample: "2026-01-31T02:00:00Z"
    size:
      description: Bytes of the archive.
      returned: always
      type: int
      sample: 402653184
    finished:
      description: Time at which the archive was complete, in UTC.
      returned: when the sidecar can be read
      type: str
      sample: "2026-01-31T02:00:04Z"
    duration:
      description: Seconds that it took to make it.
      returned: when the sidecar can be read
      type: float
      sample: 4.183
    sha256:
      description: SHA-256 of the archive when it was published.
      returned: when the sidecar can be read
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    compression:
      description: Compression of the archive.
      returned: when the sidecar can be read
      type: str
      sample: zstd
    encryption:
      description: Encryption of the archive.
      returned: when the sidecar can be read
      type: str
      sample: aes256
    key_fingerprint:
      description: Fingerprint that identifies the key without revealing it; null for an unencrypted backup.
      returned: when the sidecar can be read
      type: str
      sample: 6c1f0a7d2b94e3558a10cf4d7be29163
    components:
      description: What is in it.
      returned: when the sidecar can be read
      type: list
      elements: str
      sample: [database, "directories:private", "directories:public"]
    producer:
      description: What made it.
      returned: when the sidecar can be read
      type: str
      sample: ticketz.sidekick 0.1.0
    database:
      description: Totals of the database in it. The rows of each table are null where the archive is encrypted.
      returned: when the sidecar can be read
      type: dict
      sample:
        name: ticketz
        rows: 643210
        server_version: "16.14"
        size: 581632000
        table_count: 45
        tables: null
    directories:
      description: Totals of the directories in it.
      returned: when the sidecar can be read
      type: dict
      sample: {"public": {"path": "/srv/ticketz/public", "files": 12000, "bytes": 556000000}}
    label:
      description: What it was called; null without a label.
      returned: when the sidecar can be read
      type: str
      sample: before the update to 1.2
    pin:
      description: Until when retention leaves it alone, in UTC, or V(forever); null without a pin.
      returned: when the sidecar can be read
      type: str
      sample: "2026-05-01T02:00:05Z"
    warnings:
      description: Sentences about what the backup could not hold.
      returned: when the sidecar can be read
      type: list
      elements: str
      sample: []
    incomplete:
      description:
        - Which of its components are not whole, with the codes of the warnings that say what is missing there, such as
          C(large_objects_left) or C(path_left_out). Empty where everything is there.
        - For these components retention does not let it take the place of a backup in which they are whole.
      returned: when the sidecar can be read
      type: dict
      sample: {"database": ["large_objects_left"]}
    proofs:
      description:
        - What was proved of it so far, by kind (V(verified), V(drilled), V(synced), V(damaged), V(drill_failed)).
        - V(verified) and V(drilled) have C(proved), which is true where the given key proves that its owner wrote them. It is
          false where they are only claimed - no key was given, the backup is not encrypted by V(aes256), or an earlier
          version wrote them. What was written with another key, or changed since, is left out and named in RV(problems) as
          C(proofs_not_own).
      returned: when the sidecar can be read
      type: dict
      sample: {"verified": {"when": "2026-01-31T02:00:05Z", "by": "backup", "level": "quick", "proved": true}}
    drilled:
      description: Moment of its last drill; null if it was never drilled, or was found damaged since.
      returned: always
      type: str
      sample: "2026-01-31T03:00:00Z"
latest:
  description:
    - The newest good backup, with the same keys; null if there is none. One that bears a time to come, as a wrong clock
      makes it, is passed over, and named in RV(problems) as C(backup_from_future).
  returned: success
  type: dict
  sample: {"id": "backup_20260131_020000", "path": "/backups/ticketz/backup_20260131_020000.tar.zst.enc", "state": "good"}
last_drill:
  description:
    - The newest drill of a good backup; null if there was none. It is kept next to the backup, and goes with it when the
      backup is removed.
  returned: success
  type: dict
  contains:
    id:
      description: The backup that was drilled.
      returned: always
      type: str
      sample: backup_20260131_020000
    when:
      description: Moment of the drill's end, in UTC.
      returned: always
      type: str
      sample: "2026-01-31T03:00:00Z"
    rto:
      description: Seconds after which everything was restored and proved; null where not everything was tried.
      returned: always
      type: float
      sample: 42.318
    duration:
      description: Seconds that the drill took.
      returned: always
      type: float
      sample: 44.902
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
    server_version:
      description: Version of the server that it was drilled on.
      returned: always
      type: str
      sample: "16.14"
    proved:
      description: Whether the given key proves it; false where it is only claimed.
      returned: always
      type: bool
      sample: true
  sample: {"id": "backup_20260131_020000", "when": "2026-01-31T03:00:00Z", "rto": 42.318}
last_copied:
  description: Id of the newest good backup with a copy on another host, as far as it is known here; null if there is none.
  returned: success
  type: str
  sample: backup_20260131_020000
previous:
  description:
    - Data that restores on this host have replaced and that are kept for an undo, oldest first. They include
      restores from other backup directories, by the account that runs the module.
    - The dictionaries have the keys of RV(ticketz.sidekick.ticketz_restore#module:previous), and C(age) in
      seconds.
  returned: success
  type: list
  elements: dict
  sample:
    - id: 20260131T093000Z-271828-5f0c2a9b
      state: done
      created: "2026-01-31T09:30:00Z"
      age: 345600
      backup: backup_20260131_020000
      database: ticketz_sidekick_previous_0a1b2c3d4e5f
      directories: {}
      size: 4294967296
disk:
  description: Space of the disk with the backup directory.
  returned: success
  type: dict
  contains:
    total:
      description: Total size in bytes.
      returned: always
      type: int
      sample: 105089261568
    used:
      description: Bytes in use.
      returned: always
      type: int
      sample: 42035704627
    free:
      description: Free bytes that this user may use.
      returned: always
      type: int
      sample: 57674305536
    percent:
      description: Used bytes in percent of used plus free bytes.
      returned: always
      type: float
      sample: 42.2
audit:
  description:
    - Result of checking the directory's audit log. Errors in the log are in RV(problems), with codes that begin
      with C(audit_).
  returned: success
  type: dict
  contains:
    path:
      description: The log.
      returned: always
      type: str
      sample: /backups/ticketz/audit.jsonl
    lines:
      description: Number of lines; 0 if there is no log yet.
      returned: always
      type: int
      sample: 4380
    torn:
      description: Number of incomplete lines, left by runs that were killed while writing them.
      returned: always
      type: int
      sample: 0
    head:
      description: Number and SHA-256 of the last complete line; null if there is none.
      returned: always
      type: dict
      sample: {"sequence": 4380, "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
    intact:
      description: Whether the check found no altered, removed, moved or cut off lines.
      returned: always
      type: bool
      sample: true
  sample: {"path": "/backups/ticketz/audit.jsonl", "lines": 4380, "torn": 0, "intact": true}
healthy:
  description: Whether no problem is critical.
  returned: success
  type: bool
  sample: true
problems:
  description: All problems, critical ones first.
  returned: success
  type: list
  elements: dict
  contains:
    severity:
      description: V(warning) or V(critical).
      returned: always
      type: str
      sample: critical
    code:
      description: Code of the problem. It is stable across versions and languages.
      returned: always
      type: str
      sample: backup_too_old
    message:
      description: The problem as a sentence, in O(language).
      returned: always
      type: str
      sample: The newest good backup, backup_20260129_020000, is 2 d 3 h old.
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
      sample: store_missing
  sample: {"code": "store_missing", "path": "/backups/ticketz"}
"""

from ansible_collections.ticketz.sidekick.plugins.module_utils._module import run_module
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import backup_info


def main() -> None:
    """List the backups."""
    run_module(backup_info.spec(), backup_info.run)


if __name__ == "__main__":
    main()
