#!/usr/bin/python
# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module ``ticketz_prune``: documentation, and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticketz_prune
short_description: Remove old backups by rules
version_added: 0.1.0
description:
  - Removes backups that no rule keeps, and files left behind by killed runs.
  - A backup stays if any rule keeps it. Each rule is applied to every set of components separately, so that
    frequent backups of the database alone never displace less frequent ones that also contain the media.
  - Only good backups count, and only good ones are removed. The newest good backup of each set of components
    always stays. These are neither counted nor removed - files that are not backups of this directory, backups
    of earlier tools, damaged archives, and backups dated in the future because of a wrong clock.
  - An incomplete backup counts only for its complete components, so that it never displaces the last complete
    backup.
  - Backups younger than O(keep_within), or pinned with O(ticketz.sidekick.ticketz_backup#module:pin), are never
    removed.
  - If the newest backup lacks more than half of a table or directory that an earlier one has, or its archive
    has less than half the size, the newest backup that still has these data stays, too, with the warning
    C(backup_shrunk). Set O(accept_changes) if the loss is intended. For encrypted backups, only the sum of all
    rows is compared, because the row counts of single tables are not known.
  - If no rule is set, only the files of killed runs are removed.
  - Oldest backups are removed first, and each removal is complete before the next begins. If one fails, or the run is
    cancelled, the others are still there.
options:
  backup_dir:
    description:
      - Directory of the backups.
    type: path
    required: true
  keep_last:
    description:
      - Keep this many of the newest backups.
      - If no rule at all is given, C(RETENTION_FILES) of O(env_file) is used.
    type: int
  keep_days:
    description:
      - Keep backups that are not older than this many days of 24 hours.
      - If no rule at all is given, C(BACKUP_RETENTION_DAYS) of O(env_file) is used.
    type: int
  keep_daily:
    description:
      - Keep the newest backup of each of the last N days that have backups. Days begin at midnight in O(time_zone).
    type: int
  keep_weekly:
    description:
      - Keep the newest backup of each of the last N weeks that have backups. Weeks begin on Monday.
    type: int
  keep_monthly:
    description:
      - Keep the newest backup of each of the last N months that have backups.
    type: int
  keep_yearly:
    description:
      - Keep the newest backup of each of the last N years that have backups.
    type: int
  min_keep:
    description:
      - Always keep this many of the newest backups, whatever the rules say.
    type: int
    default: 3
  keep_within:
    description:
      - Always keep backups that are not older than this, such as V(48h) or V(7d), whatever the rules say. A
        plain number means seconds; V(0) disables this.
    type: str
    default: 48h
  time_zone:
    description:
      - Time zone of the days, weeks, months and years in the rules, such as V(America/Sao_Paulo) or V(UTC).
      - If not given, it is the time zone of the host.
    type: str
  unpin:
    description:
      - Ids of backups whose pins are removed before the rules are applied.
      - A backup that is not pinned is left unchanged. An unknown id causes a warning.
    type: list
    elements: str
    default: []
  accept_changes:
    description:
      - Accept that the newest backup lacks data that earlier ones have. Earlier backups are then no longer kept
        because of the loss, and neither this module nor M(ticketz.sidekick.ticketz_backup_info) reports it any
        more.
      - This is recorded in O(backup_dir), so set it for a single run only. If it stays set, each later loss is
        accepted, too.
    type: bool
    default: false
  max_removals:
    description:
      - Remove at most this many backups in one run, the oldest ones. The others stay until the next run, with a
        warning.
      - Use it for copies on another host, where many removals at once are more likely caused by a mistake or an
        attack than by age.
    type: int
  lock_timeout:
    description:
      - Seconds to wait while another run works in O(backup_dir). Then the module fails and says who that is.
    type: int
    default: 0
  keep_previous_days:
    description:
      - Also remove data that restores and undos have replaced more than this many days of 24 hours ago, on this
        host and on the database server given by the options.
      - See O(ticketz.sidekick.ticketz_restore#module:keep_previous).
      - If not given, such data stay. Jobs of the role schedule remove them after 7 days by default.
    type: int
extends_documentation_fragment:
  - ticketz.sidekick.attributes
  - ticketz.sidekick.database
  - ticketz.sidekick.messages
  - ticketz.sidekick.audit
  - ticketz.sidekick.stack
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
notes:
  - C(BACKUP_RETENTION_DAYS) and C(RETENTION_FILES) are taken from O(env_file) if none of the rules is given as an option.
  - The module connects to the database only for O(keep_previous_days), and only if there is something to
    remove.
seealso:
  - module: ticketz.sidekick.ticketz_backup
  - module: ticketz.sidekick.ticketz_backup_info
author:
  - Ticketz Sidekick contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Prune to seven days, four weeks and twelve months
  ticketz.sidekick.ticketz_prune:
    backup_dir: /backups/ticketz
    keep_daily: 7
    keep_weekly: 4
    keep_monthly: 12
    time_zone: America/Sao_Paulo

- name: Unpin a backup that was kept for a migration
  ticketz.sidekick.ticketz_prune:
    backup_dir: /backups/ticketz
    keep_daily: 7
    unpin:
      - backup_20260131_020000

- name: Accept that the old messages were deleted on purpose
  ticketz.sidekick.ticketz_prune:
    backup_dir: /backups/ticketz
    keep_daily: 7
    accept_changes: true

- name: Remove what restores have replaced after a week
  ticketz.sidekick.ticketz_prune:
    backup_dir: /backups/ticketz
    keep_daily: 14
    keep_previous_days: 7
    env_file: /opt/ticketz/.env-backend
    login_host: 172.18.0.2

- name: Prune by the rules of Ticketz's env file
  ticketz.sidekick.ticketz_prune:
    backup_dir: /backups/ticketz
    env_file: /opt/ticketz/.env-backend
"""

RETURN = r"""
kept:
  description: Backups that stay, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The backup's id.
      returned: always
      type: str
      sample: backup_20260131_020000
    reason:
      description: The first rule that keeps it.
      returned: always
      type: str
      sample: last 1 of 7
removed:
  description: Backups that were removed, or would be, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The backup's id.
      returned: always
      type: str
      sample: backup_20251201_020000
    reason:
      description: The reason.
      returned: always
      type: str
      sample: no rule keeps it
ignored:
  description: Archives that retention neither counts nor removes, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The backup's id.
      returned: always
      type: str
      sample: ticketz-backup-20250601020000
    reason:
      description: The reason.
      returned: always
      type: str
      sample: format sidekick
unpinned:
  description: Ids of the backups whose pins were removed, or would be.
  returned: success
  type: list
  elements: str
  sample: [backup_20260131_020000]
accepted:
  description: Id of the newest backup if O(accept_changes) accepted its losses, or would; otherwise null.
  returned: success
  type: str
  sample: null
leftovers:
  description: Names of the files of killed runs that were removed, or would be.
  returned: success
  type: list
  elements: str
  sample: []
previous:
  description: >-
    Previous data of restores that were removed, or would be, oldest first; as in
    RV(ticketz.sidekick.ticketz_restore#module:previous).
  returned: success
  type: list
  elements: dict
  sample:
    - id: 20260131T093000Z-271828-5f0c2a9b
      state: done
      created: "2026-01-31T09:30:00Z"
      backup: backup_20260131_020000
      database: ticketz_sidekick_previous_0a1b2c3d4e5f
      directories: {}
      size: 4294967296
freed:
  description: Bytes freed on all disks together, or that would be freed - by removing backups, leftovers and
    RV(previous).
  returned: success
  type: int
  sample: 805306368
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
      sample: lock_held
  sample:
    code: lock_held
    path: /backups/ticketz
    holder: backup (process 4711 on helpdesk, since 2026-01-31T02:00:00Z)
    waited: 0 s
"""

from ansible_collections.ticketz.sidekick.plugins.module_utils._module import run_module
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import prune


def main() -> None:
    """Remove old backups."""
    run_module(prune.spec(), prune.run)


if __name__ == "__main__":
    main()
