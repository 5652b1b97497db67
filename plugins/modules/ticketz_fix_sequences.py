#!/usr/bin/python
# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module ``ticketz_fix_sequences``: documentation, and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticketz_fix_sequences
short_description: Advance sequences that are behind their tables
version_added: 0.1.0
description:
  - After rows have been imported with their ids, the sequences that generate new ids may still be behind. The
    next insert then fails because its id exists already. This module finds such sequences and sets them to the
    first free value.
  - Use it after a manual import. M(ticketz.sidekick.ticketz_restore) does the same automatically.
  - The server's catalog shows which column gets its values from which sequence (serial columns, identity
    columns, C(OWNED BY), and defaults); names do not matter. A sequence that several columns use is set beyond
    the values of all of them.
  - The new value is one that the sequence itself would have reached, with its start and increment, including
    negative ones. If the table is empty, it is the sequence's start value.
  - A sequence that is ahead of its table is not changed, unless O(allow_backwards) is set. Sequences that
    cycle, and those that no column uses, are never changed. Problems that can't be fixed cause warnings.
  - All sequences are set in one transaction. Ticketz can stay in service.
options:
  schemas:
    description:
      - Only check sequences of these schemas. If not given, or empty, all schemas except system schemas.
    type: list
    elements: str
  sequences:
    description:
      - Only check these sequences, given as C(name) or C(schema.name). An unknown name is an error. If not
        given, or empty, all sequences.
    type: list
    elements: str
  allow_backwards:
    description:
      - Also set back sequences that are ahead of their tables.
      - Values that were already assigned, to rows that were deleted since or to running transactions, are then
        assigned again. Only use this while nothing writes to the database.
    type: bool
    default: false
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
requirements:
  - Python package C(psycopg2) (2.9.6 or newer)
notes:
  - The role must own the sequences to be set, and be allowed to read the tables.
seealso:
  - module: ticketz.sidekick.ticketz_restore
author:
  - Ticketz Sidekick contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Check what is wrong, and change nothing
  ticketz.sidekick.ticketz_fix_sequences:
    env_file: /opt/ticketz/.env-backend
    login_host: 172.18.0.2
  check_mode: true
  diff: true

- name: Set all sequences right
  ticketz.sidekick.ticketz_fix_sequences:
    env_file: /opt/ticketz/.env-backend
    login_host: 172.18.0.2

- name: Set two sequences right
  ticketz.sidekick.ticketz_fix_sequences:
    login_unix_socket: /var/run/postgresql
    login_user: postgres
    sequences:
      - public.Users_id_seq
      - Tickets_id_seq
"""

RETURN = r"""
sequences:
  description: All sequences that were checked, changed or not.
  returned: success
  type: list
  elements: dict
  contains:
    sequence:
      description: The sequence, with its schema, quoted where SQL needs it.
      returned: always
      type: str
      sample: public."Users_id_seq"
    table:
      description: The table whose values determine the new value; null if no column uses the sequence.
      returned: always
      type: str
      sample: public."Users"
    column:
      description: The column whose values determine the new value; null if no column uses the sequence.
      returned: always
      type: str
      sample: id
    old:
      description: The sequence's next value before; null if it was exhausted.
      returned: always
      type: int
      sample: 1
    new:
      description: The sequence's next value now.
      returned: always
      type: int
      sample: 42
    changed:
      description: Whether the two differ.
      returned: always
      type: bool
      sample: true
warning_codes:
  description: Codes of the warnings, in order. They are stable across versions and languages.
  returned: success
  type: list
  elements: str
  sample: [sequence_cycles]
error:
  description: The error, for programs. C(msg) has it as a sentence.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the error. It is stable across versions and languages.
      returned: always
      type: str
      sample: sequence_unknown
  sample: {"code": "sequence_unknown", "name": "Orders_id_seq", "database": "ticketz"}
"""

from ansible_collections.ticketz.sidekick.plugins.module_utils._module import run_module
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import fix_sequences


def main() -> None:
    """Set sequences right."""
    run_module(fix_sequences.spec(), fix_sequences.run)


if __name__ == "__main__":
    main()
