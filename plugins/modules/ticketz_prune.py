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
  - Removes the backups that no rule keeps, and the files that killed runs have left.
  - A backup stays if any rule keeps it. Each rule looks at every set of components by itself, so that frequent backups
    of the database alone never push out the rarer ones that also hold the media.
  - Only good backups count, and only good ones are removed. The newest good backup of each set of components stays
    whatever the rules say. Files that are not backups of this directory, backups of earlier tools, and damaged archives
    are neither counted nor removed, and neither are backups that bear a time to come, which a wrong clock has made.
  - A backup that is incomplete counts for the components that are whole in it, so that it never takes the place of the
    last backup in which all are whole.
  - No rule removes what is younger than O(keep_within), or pinned by O(ticketz.sidekick.ticketz_backup#module:pin).
  - Where the newest backup has lost much - a table or a directory more than half of what the one before had, or the
    archive more than half of its size - the newest one that still has it stays, too, with the warning C(backup_shrunk),
    until O(accept_changes) says that this is meant. Of encrypted backups the rows of single tables are not known, so
    their sum counts.
  - Without any rule nothing is removed, except for the files of killed runs.
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
      - Whatever the rules say, keep this many of the newest backups.
    type: int
    default: 3
  keep_within:
    description:
      - Whatever the rules say, keep every backup that is not older than this, such as V(48h) or V(7d). A plain number
        means seconds, and V(0) leaves it to the rules.
    type: str
    default: 48h
  time_zone:
    description:
      - Where the days, weeks, months and years of the rules begin, such as V(America/Sao_Paulo) or V(UTC).
      - If not given, it is the time zone of the host.
    type: str
  unpin:
    description:
      - Ids of backups to take the pin off before anything else. From then on the rules decide about them.
      - One that is not there, or not pinned, is left alone. An id that no backup has is a warning.
    type: list
    elements: str
    default: []
  accept_changes:
    description:
      - What the newest backup has lost against those before it is meant. None of them is kept for its sake any more, and
        the loss is no longer reported here or by M(ticketz.sidekick.ticketz_backup_info).
      - It is remembered in O(backup_dir), so set it once, for one run. Where it stays set, each later loss is accepted, too.
    type: bool
    default: false
  max_removals:
    description:
      - Remove this many backups in one run at most, the oldest ones. The others stay until the next run, and a warning
        says so.
      - It is for copies on another host, where many removals at once are more likely a mistake or an attack than age.
    type: int
  lock_timeout:
    description:
      - Seconds to wait while another run works in O(backup_dir). Then the module fails and says who that is.
    type: int
    default: 0
  keep_previous_days:
    description:
      - Also remove what restores and their undoing have taken out of service more than this many days of 24 hours ago, on
        this host and on the server of the options for the database.
      - See O(ticketz.sidekick.ticketz_restore#module:keep_previous).
      - If not given, it stays. Jobs of the role schedule remove it after 7 days if nothing else is set.
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
  - The database is only contacted for O(keep_previous_days), and only where there is something to remove.
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
      description: Why.
      returned: always
      type: str
      sample: no rule keeps it
ignored:
  description: What retention neither counts nor removes, newest first.
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
      description: Why.
      returned: always
      type: str
      sample: format sidekick
unpinned:
  description: Ids of the backups whose pins were taken off, or would be.
  returned: success
  type: list
  elements: str
  sample: [backup_20260131_020000]
accepted:
  description: Id of the newest backup, if O(accept_changes) accepted what it has lost, or would; else null.
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
    What restores had taken out of service and was removed, or would be, oldest first; as
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
  description: Bytes that became free, or would, on all disks together - of backups, leftovers and RV(previous).
  returned: success
  type: int
  sample: 805306368
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
