#!/usr/bin/python
# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module ``ticketz_find``: documentation, and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticketz_find
short_description: Find contacts, tickets and files in backups
version_added: 0.1.0
description:
  - Searches the backups of a directory for a contact by part of its name or phone number, for a ticket by its
    number, for a file by part of its name, or for what was written in a period. Returns which backups have it,
    and how many messages and files there are.
  - To restore what was found, use M(ticketz.sidekick.ticketz_restore) with
    O(ticketz.sidekick.ticketz_restore#module:tickets), O(ticketz.sidekick.ticketz_restore#module:contacts) or
    O(ticketz.sidekick.ticketz_restore#module:paths).
  - Reads the contacts and tickets of every backup. Messages are counted only in the newest backup that has the
    ticket, and files in the part of the directory's list that has them; nothing else of an archive is read.
  - An archive encrypted with C(age) must be read from its beginning, however little of it is needed. Set
    O(backup) to search only one.
options:
  find:
    description:
      - What to look for. V(#4711) is the number of a ticket. Digits, possibly with C(+), spaces, hyphens and
        parentheses, are a phone number or at least four digits of one; without such signs also the number of a
        ticket. Brazilian mobile numbers are found with and without the ninth digit.
      - Anything else are words. All of them must be in the name or in the e-mail address of a contact, or in
        the name of a file. Case and accents don't matter.
    type: str
  find_since:
    description:
      - First day to look at, such as V(2026-01-31) or V(31/01/2026), or a day and a time, such as
        V(2026-01-31 14:30), in the time zone of the host. Tickets that were last changed earlier are left out,
        and so are earlier messages.
      - Without O(find), all tickets of the period are found.
    type: str
  find_until:
    description:
      - Last day to look at, or last minute if a time is given. See O(find_since).
    type: str
  find_files:
    description:
      - Whether to look for files, too. The whole lists of the directories are read for that.
      - If not given, this depends on whether O(find) ends like the name of a file, such as C(.pdf).
    type: bool
  find_limit:
    description:
      - Maximum number of contacts, of tickets and of files to return. Those that were used last are returned.
    type: int
    default: 50
  backup:
    description:
      - Search only this backup - its id, the path of its archive, or V(latest).
      - If not given, all backups in O(backup_dir) are searched. Backups that can't be opened are left out with
        a warning; it is an error if there is no other.
    type: str
  backup_dir:
    description:
      - Directory of the backups. Not needed if O(backup) is a path.
    type: path
  find_compare:
    description:
      - Whether to ask the database in use what it still has. If it can't be asked, there is a warning.
    type: bool
    default: true
extends_documentation_fragment:
  - ticketz.sidekick.attributes
  - ticketz.sidekick.audit
  - ticketz.sidekick.database
  - ticketz.sidekick.key
  - ticketz.sidekick.messages
  - ticketz.sidekick.plain
  - ticketz.sidekick.stack
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
  - module: ticketz.sidekick.ticketz_restore
  - module: ticketz.sidekick.ticketz_backup_info
author:
  - Ticketz Sidekick contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Find a contact by a phone number
  ticketz.sidekick.ticketz_find:
    find: "+55 11 91234-5678"
    backup_dir: /backups/ticketz
    encryption_key: "{{ ticketz_encryption_key }}"
  register: found

- name: Restore the contacts that Ticketz no longer has
  ticketz.sidekick.ticketz_restore:
    contacts: ["{{ item.id }}"]
    backup: "{{ item.backup }}"
    backup_dir: /backups/ticketz
    encryption_key: "{{ ticketz_encryption_key }}"
    directories:
      public: /opt/ticketz/public
  loop: "{{ found.contacts | rejectattr('present') }}"

- name: Find all tickets of the last days of January
  ticketz.sidekick.ticketz_find:
    find_since: "2026-01-28"
    find_until: "2026-01-31"
    backup_dir: /backups/ticketz

- name: Find a file by part of its name
  ticketz.sidekick.ticketz_find:
    find: contract.pdf
    backup_dir: /backups/ticketz
    find_compare: false
"""

RETURN = r"""
backups:
  description: Ids of the backups that were searched, newest first.
  returned: success
  type: list
  elements: str
  sample: [backup_20260131_020000, backup_20260130_020000]
contacts:
  description: Contacts that were looked for, and those of the tickets in RV(tickets).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Number of the contact.
      returned: always
      type: int
      sample: 17
    company:
      description: Number of its company.
      returned: always
      type: int
      sample: 1
    name:
      description: Its name.
      returned: always
      type: str
      sample: Maria Silva
    number:
      description: Its number.
      returned: always
      type: str
      sample: "5511912345678"
    present:
      description: Whether the database in use has it; null if it was not asked.
      returned: always
      type: bool
      sample: false
    backup:
      description: Id of the newest backup that has it. The values above are those of this backup.
      returned: always
      type: str
      sample: backup_20260130_020000
    backups:
      description: Ids of all searched backups that have it, newest first.
      returned: always
      type: list
      elements: str
      sample: [backup_20260130_020000]
    media:
      description: Number and bytes of its files in RV(contacts[].backup), those of its tickets included.
      returned: always
      type: dict
      sample: {"files": 14, "bytes": 3214556}
  sample:
    - id: 17
      company: 1
      name: Maria Silva
      number: "5511912345678"
      present: false
      backup: backup_20260130_020000
      backups: [backup_20260130_020000]
      media: {"files": 14, "bytes": 3214556}
tickets:
  description: Tickets that were looked for, and those of contacts that were looked for; those that were changed
    last come first.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Number of the ticket.
      returned: always
      type: int
      sample: 4711
    company:
      description: Number of its company.
      returned: always
      type: int
      sample: 1
    contact:
      description: Number of its contact; null if it has none.
      returned: always
      type: int
      sample: 17
    status:
      description: Its status.
      returned: always
      type: str
      sample: closed
    created:
      description: When it was opened.
      returned: always
      type: str
      sample: "2026-01-12T13:03:11Z"
    updated:
      description: When it was last changed.
      returned: always
      type: str
      sample: "2026-01-20T09:41:52Z"
    present:
      description: Whether the database in use has it; null if it was not asked.
      returned: always
      type: bool
      sample: false
    backup:
      description: Id of the newest backup that has it. The values above are those of this backup.
      returned: always
      type: str
      sample: backup_20260130_020000
    backups:
      description: Ids of all searched backups that have it, newest first.
      returned: always
      type: list
      elements: str
      sample: [backup_20260130_020000]
    messages:
      description: Number of its messages in RV(tickets[].backup) in the period, times of the first and the last
        of them (null if there is none), and number of all of its messages in the database in use (null if it
        was not asked).
      returned: always
      type: dict
      sample: {"count": 214, "first": "2026-01-12T13:03:11Z", "last": "2026-01-20T09:41:52Z", "present": 0}
    media:
      description: Number and bytes of its files in RV(tickets[].backup).
      returned: always
      type: dict
      sample: {"files": 14, "bytes": 3214556}
  sample:
    - id: 4711
      company: 1
      contact: 17
      status: closed
      created: "2026-01-12T13:03:11Z"
      updated: "2026-01-20T09:41:52Z"
      present: false
      backup: backup_20260130_020000
      backups: [backup_20260130_020000]
      messages: {"count": 214, "first": "2026-01-12T13:03:11Z", "last": "2026-01-20T09:41:52Z", "present": 0}
      media: {"files": 14, "bytes": 3214556}
files:
  description: Files that were looked for.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: Name of the directory and path in it, as O(ticketz.sidekick.ticketz_restore#module:paths)
        takes it.
      returned: always
      type: str
      sample: public/media/1/17/4711/contract.pdf
    bytes:
      description: Its size.
      returned: always
      type: int
      sample: 88231
    modified:
      description: When it was last written.
      returned: always
      type: str
      sample: "2026-01-12T13:04:02Z"
    backup:
      description: Id of the newest backup that has it.
      returned: always
      type: str
      sample: backup_20260130_020000
    backups:
      description: Ids of all searched backups that have it, newest first.
      returned: always
      type: list
      elements: str
      sample: [backup_20260130_020000]
  sample: []
more:
  description: Whether more was found than O(find_limit) lets return.
  returned: success
  type: bool
  sample: false
compared:
  description: Whether the database in use was asked.
  returned: success
  type: bool
  sample: true
bytes_read:
  description: Bytes of the archives that were read.
  returned: success
  type: int
  sample: 1893211
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
      sample: key_wrong
  sample: {"code": "key_wrong", "path": "/backups/ticketz/backup_20260131_020000.tar.zst.enc"}
"""

from ansible_collections.ticketz.sidekick.plugins.module_utils._module import run_module
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import find


def main() -> None:
    """Find contacts, tickets and files in backups."""
    run_module(find.spec(), find.run)


if __name__ == "__main__":
    main()
