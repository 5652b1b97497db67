#!/usr/bin/python
# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module ``ticketz_import``: documentation, and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticketz_import
short_description: Import the data of another Whaticket system into a new Ticketz
version_added: 0.1.0
description:
  - Imports what the command C(retrieve) of the old sidekick exported from another system. Rows in
    C(retrieved_data.tar.gz) go into the empty tables of a Ticketz database, files in C(public_data.tar.gz) into
    its public folder.
  - The tables must exist and be empty, as they are after Ticketz's migrations and before its seeds, which add a
    default company and user. The documentation of the old formats shows how to run the migrations alone.
  - Each file C(NNN-Table.csv) goes to the table of that name. Its header line names its columns; all other
    columns get their defaults.
  - "The import is atomic. The archives are read and verified completely before anything is created. One
    transaction locks the tables against all other sessions, fills them, counts the rows, checks every foreign
    key, sets sequences and clears WhatsApp sessions. The folder is unpacked next to its target and renamed
    right before the commit."
  - Foreign keys of the tables are dropped and recreated unchanged in that transaction, so that rows may refer
    to rows and tables that are loaded later.
  - These archives are never encrypted. If a key is configured for this host's backups, O(allow_plain) must allow them.
  - To restore a backup, use M(ticketz.sidekick.ticketz_restore).
options:
  archive:
    description:
      - Path of the C(retrieved_data.tar.gz) on the managed host. It may have any name.
      - If not given, only O(public_archive) is imported.
    type: path
  public_archive:
    description:
      - Path of the C(public_data.tar.gz) on the managed host, an archive of the files in the public folder,
        with paths relative to that folder.
      - If not given, only O(archive) is imported.
    type: path
  directories:
    description:
      - "Where to put the files of O(public_archive): a dictionary with the key V(public) and the path on the
        managed host."
      - The directory above the path must exist, and the path itself must be missing or an empty directory.
      - If not given, and Ticketz's containers are found, it is the public folder of the backend's container.
    type: dict
  if_not_empty:
    description:
      - What to do if one of the tables has rows, or the directory is not empty.
      - "V(fail): Fail, and name what was found."
      - "V(skip): Import nothing at all, and warn. Use this in a playbook that sets up new servers."
    type: str
    choices: [fail, skip]
    default: fail
  whatsapp_sessions:
    description:
      - What happens to the WhatsApp sessions in the imported tables.
      - "V(clear): All connections are disconnected, so each must be connected again in Ticketz. Two servers
        with the same session disconnect each other, and WhatsApp may log the number out."
      - "V(keep): They are kept. Only use this if the old server will never run again."
    type: str
    choices: [clear, keep]
    default: clear
  fix_sequences:
    description:
      - Advance sequences that are behind the imported ids, so that the next insert does not fail.
    type: bool
    default: true
  ignore_unknown:
    description:
      - Ignore tables and columns that the database does not have, with a warning that names them. With V(false)
        they are an error.
      - The C(retrieve) of the old sidekick exports the column C(online) of C(Users), which Ticketz has removed
        since.
    type: bool
    default: false
  seeds:
    description:
      - Names of Ticketz's seeds to record as done in the table C(SequelizeData), as Ticketz's own import does.
        Otherwise its next start would add a default company, and an administrator with a well-known password.
      - Nothing is recorded if the database has no such table, or if the list is empty.
    type: list
    elements: str
    default:
      - 20200904070005-create-default-company.js
      - 20200904070006-create-default-user.js
      - 20200904070007-create-default-settings.js
  force:
    description:
      - Also unpack symbolic links that point outside their directory. With V(false), an archive that contains
        such links is refused.
    type: bool
    default: false
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
      - The archives are read completely, tables, columns and rows of the database are checked, and so is the
        location of the directory. Check mode can't find errors that only the load itself reveals, such as a
        value that is not a number, or a reference to a missing row.
  diff_mode:
    support: full
requirements:
  - Python package C(psycopg2) (2.9.6 or newer)
notes:
  - The role must own the tables, as Ticketz's own role does.
  - Run it as root when importing files, so that their owners are preserved; otherwise a warning says that they
    were not.
  - CSV must be in UTF-8.
seealso:
  - module: ticketz.sidekick.ticketz_export
  - module: ticketz.sidekick.ticketz_restore
  - module: ticketz.sidekick.ticketz_fix_sequences
author:
  - Ticketz Sidekick contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Check whether the data of the old system could be imported
  ticketz.sidekick.ticketz_import:
    archive: /srv/move/retrieved_data.tar.gz
    public_archive: /srv/move/public_data.tar.gz
    directories:
      public: /srv/ticketz/public
    env_file: /opt/ticketz/.env-backend
    login_host: 172.18.0.2
  check_mode: true

- name: Import it, once
  ticketz.sidekick.ticketz_import:
    archive: /srv/move/retrieved_data.tar.gz
    public_archive: /srv/move/public_data.tar.gz
    directories:
      public: /srv/ticketz/public
    env_file: /opt/ticketz/.env-backend
    login_host: 172.18.0.2
    ignore_unknown: true
    if_not_empty: skip
"""

RETURN = r"""
backup:
  description: What was imported.
  returned: success
  type: dict
  contains:
    id:
      description: The archive's name up to the first dot.
      returned: always
      type: str
      sample: retrieved_data
    path:
      description: The archive.
      returned: always
      type: str
      sample: /srv/move/retrieved_data.tar.gz
    format:
      description: Format of the archive.
      returned: always
      type: str
      sample: retrieved
database:
  description: The tables as they were filled, or would be; null if none were.
  returned: success
  type: dict
  contains:
    name:
      description: Name of the database.
      returned: always
      type: str
      sample: ticketz
    strategy:
      description: How it was done.
      returned: always
      type: str
      sample: in_place
    tables:
      description: Rows of each table.
      returned: always
      type: dict
      sample: {"public.Companies": 2, "public.Plans": 3, "public.Users": 12}
    adaptations:
      description: Always empty. It is there because M(ticketz.sidekick.ticketz_restore) returns it.
      returned: always
      type: list
      elements: dict
      sample: []
directories:
  description: The directory that was unpacked, or would be.
  returned: success
  type: dict
  sample: {"public": {"path": "/srv/ticketz/public", "files": 12000, "bytes": 556000000}}
sequences:
  description: >-
    All sequences and whether they were set forward, as M(ticketz.sidekick.ticketz_fix_sequences) returns them. Empty
    with O(fix_sequences=false) and in check mode.
  returned: success
  type: list
  elements: dict
  sample:
    - {"sequence": "public.\"Users_id_seq\"", "table": "public.\"Users\"", "column": "id", "old": 1, "new": 42, "changed": true}
whatsapp_sessions:
  description: >-
    Rows of each table that were cleared (C(Whatsapps)) or removed (the stores of keys). Empty with
    O(whatsapp_sessions=keep) and in check mode.
  returned: success
  type: dict
  sample: {"Baileys": 0, "BaileysKeys": 0, "Whatsapps": 2}
seeds:
  description: The seeds of O(seeds) that were noted as done. Empty in check mode.
  returned: success
  type: list
  elements: str
  sample: [20200904070006-create-default-user.js]
duration:
  description: Seconds that it took.
  returned: success
  type: float
  sample: 11.62
warning_codes:
  description: Codes of the warnings, in order. They are stable across versions and languages.
  returned: success
  type: list
  elements: str
  sample: [owner_not_set]
error:
  description: The error, for programs. C(msg) has it as a sentence.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the error. It is stable across versions and languages.
      returned: always
      type: str
      sample: import_not_empty
  sample: {"code": "import_not_empty", "database": "ticketz", "server": "172.18.0.2:5432", "tables": "public.Users (3 rows)"}
"""

from ansible_collections.ticketz.sidekick.plugins.module_utils._module import run_module
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import import_


def main() -> None:
    """Import tables and files."""
    run_module(import_.spec(), import_.run)


if __name__ == "__main__":
    main()
