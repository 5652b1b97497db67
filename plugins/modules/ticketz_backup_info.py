#!/usr/bin/python
# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module ``ticketz_backup_info``: documentation, and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticketz_backup_info
short_description: List backups, and say whether all is well with them
version_added: 0.1.0
description:
  - Lists what is in a directory of backups, newest first, and judges it - is there a good backup that is young enough
    and large enough, was it verified, is anything damaged, is the disk filling up, may others read the archives, is the
    audit log as it was written, and has the newest backup lost much that one before it has.
  - Reads only names, sizes and the sidecars of the archives. No archive is opened, no database is contacted and
    no key is needed, so it is quick however many and large the backups are. To read what is in an archive, use
    M(ticketz.sidekick.ticketz_verify).
  - Anybody who can write to the directory can write there that a backup was verified or drilled. With the key of encrypted
    backups (O(encryption_key), O(encryption_key_file)), only what was written with it counts. Without, it is shown and
    counts as it is claimed.
  - It does not fail because something is not well with the backups. Look at RV(healthy) and RV(problems). It fails where
    O(backup_dir) itself is missing or can't be read.
options:
  backup_dir:
    description:
      - Directory of the backups.
    type: path
    required: true
  max_age:
    description:
      - Age that the newest good backup may have, such as V(24h) or V(1d6h). A plain number means seconds.
    type: str
    default: 24h
  max_drill_age:
    description:
      - Age that the last drill (M(ticketz.sidekick.ticketz_verify) with V(level=drill)) of any good backup may have, such as
        V(8d). If not given, drills are not asked for. A last drill that failed is a critical problem in any case.
    type: str
  max_copy_age:
    description:
      - Age that the newest backup with a copy on another host (M(ticketz.sidekick.ticketz_offsite) with
        V(offsite_direction=push)) may have, such as V(2d).
      - If not given, it is twice O(max_age) where copies were ever made, and copies are not asked for elsewhere.
    type: str
  max_previous_age:
    description:
      - For how long what a restore has replaced may be kept for an undo before there is a warning.
        M(ticketz.sidekick.ticketz_prune) with O(ticketz.sidekick.ticketz_prune#module:keep_previous_days) removes it.
    type: str
    default: 14d
  schedule_dir:
    description:
      - Directory where the plans of the schedule keep their status files, such as C(/var/lib/ticketz-sidekick/schedule). The
        last run of a plan for O(backup_dir) that failed or died is a critical problem then, and one that ended with
        warnings is a warning.
      - If not given, plans are not looked at.
    type: path
  min_size:
    description:
      - Size that the newest good backup must have, such as V(1 MB), V(500 kB) or V(1 GiB). A plain number means bytes.
      - A smaller one is a warning, since a fresh Ticketz is small. It is critical where the backup has lost much against
        one before it (C(backup_shrunk)).
    type: str
    default: 1 MB
  disk_warning:
    description:
      - Percent of the disk in use from which on there is a warning.
    type: float
    default: 80
  disk_critical:
    description:
      - Percent of the disk in use from which on the backups are not healthy.
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
  description: All backups, newest first, in whatever state.
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
        - V(good) counts for everything. It was published here, has the size it was published with, and no check has
          found it damaged.
        - "V(no_sidecar): the sidecar was lost, or the archive is not ours; a full check creates it
          again. V(damaged_sidecar): the sidecar can't be read. V(size_mismatch): the archive has another size.
          V(archive_missing): only the sidecar is there. V(damaged): a check has found it damaged.
          V(other_store): it was made in another directory. V(old_format): it was made by an earlier tool."
      returned: always
      type: str
      sample: good
    created:
      description: Moment at which it was made, in UTC.
      returned: always
      type: str
      sample: "2026-01-31T02:00:00Z"
    size:
      description: Bytes of the archive.
      returned: always
      type: int
      sample: 402653184
    finished:
      description: Moment at which the archive was complete, in UTC.
      returned: when the sidecar can be read
      type: str
      sample: "2026-01-31T02:00:04Z"
    duration:
      description: Seconds that it took to make it.
      returned: when the sidecar can be read
      type: float
      sample: 4.183
    sha256:
      description: SHA-256 that the archive was published with.
      returned: when the sidecar can be read
      type: str
      sample: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    compression:
      description: How it is compressed.
      returned: when the sidecar can be read
      type: str
      sample: zstd
    encryption:
      description: How it is encrypted.
      returned: when the sidecar can be read
      type: str
      sample: aes256
    key_fingerprint:
      description: Tells keys apart without giving one away; null for a backup that is not encrypted.
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
    - What restores on this host have replaced and is kept for an undo, oldest first - that of all stores, and of the account
      that runs the module.
    - The keys are those of RV(ticketz.sidekick.ticketz_restore#module:previous), and C(age) in seconds.
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
  description: Space of the disk that holds the directory.
  returned: success
  type: dict
  contains:
    total:
      description: Bytes that it has.
      returned: always
      type: int
      sample: 105089261568
    used:
      description: Bytes that are taken.
      returned: always
      type: int
      sample: 42035704627
    free:
      description: Bytes that this user may still write.
      returned: always
      type: int
      sample: 57674305536
    percent:
      description: Percent in use, of what is used or free.
      returned: always
      type: float
      sample: 42.2
audit:
  description:
    - What the check of the directory's audit log has shown. What is wrong with it is in RV(problems), with codes that
      begin with C(audit_).
  returned: success
  type: dict
  contains:
    path:
      description: The log.
      returned: always
      type: str
      sample: /backups/ticketz/audit.jsonl
    lines:
      description: Lines that it has; 0 where there is none yet.
      returned: always
      type: int
      sample: 4380
    torn:
      description: Lines that are not whole because a run was killed while it wrote them.
      returned: always
      type: int
      sample: 0
    head:
      description: Number and SHA-256 of the last whole line; null where there is none.
      returned: always
      type: dict
      sample: {"sequence": 4380, "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
    intact:
      description: Whether nothing shows that lines were altered, removed, moved or cut off.
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
  description: What is not well, critical problems first.
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
      description: Code of the problem. It stays the same between versions and languages.
      returned: always
      type: str
      sample: backup_too_old
    message:
      description: The problem as a sentence, in O(language).
      returned: always
      type: str
      sample: The newest good backup, backup_20260129_020000, is 2 d 3 h old.
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
