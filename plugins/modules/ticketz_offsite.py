#!/usr/bin/python
# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module ``ticketz_offsite``: documentation, and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticketz_offsite
short_description: Copy backups to or from another host, and verify the copies
version_added: 0.1.0
description:
  - Copies good backups that are missing on the other side, newest first, with C(rsync) over C(ssh).
  - A copy is first written to a private directory, where an interrupted transfer can resume. The receiving host
    reads it back from its disk and compares its SHA-256 with the sidecar. Only then is it renamed to its final
    name.
  - Nothing is ever removed or replaced on either side. If the backup directory is empty or not mounted, no
    copies are removed. If an archive has changed under the same name, its copy is not replaced. Both cause a
    warning.
  - M(ticketz.sidekick.ticketz_prune) on the host with the copies removes old ones, with its own rules.
  - C(store.json) and C(audit.jsonl) are copied too. The copy of C(store.json) never loses entries, and the copy
    of C(audit.jsonl) is only appended to.
  - The account on the other host needs an SSH key that is restricted to this collection's runner. The role
    P(ticketz.sidekick.offsite#role) sets this up.
options:
  backup_dir:
    description:
      - With O(offsite_direction=push), the directory of the backups. With O(offsite_direction=pull), the
        directory of the copies on this host, which must exist.
    type: path
    required: true
  offsite_type:
    description:
      - Kind of the other host. V(ssh) is a host that is reached with C(ssh) and has C(rsync) and the runner.
    type: str
    choices: [ssh]
    default: ssh
  offsite_direction:
    description:
      - V(push) sends backups from this host, with a key that can only add copies.
      - V(pull) fetches them to this host, with a key that can only read, so that the host with the backups holds no key at all.
    type: str
    choices: [push, pull]
    default: push
  offsite_host:
    description:
      - Name or address of the other host.
    type: str
    required: true
  offsite_port:
    description:
      - Port of its C(sshd).
    type: int
    default: 22
  offsite_user:
    description:
      - The account on the other host.
    type: str
    required: true
  offsite_identity_file:
    description:
      - The private key, without a passphrase.
    type: path
    required: true
  offsite_known_hosts:
    description:
      - A file with the host key of the other host. No other host key is accepted, and none is ever added to it.
    type: path
    required: true
  offsite_newest:
    description:
      - Copy only this many of the newest good backups. Set it if the other side's retention keeps fewer backups
        than this side's. Otherwise backups that were removed there would be copied again.
    type: int
  offsite_recheck:
    description:
      - Interval after which each copy is compared with its SHA-256 again, such as V(7d), or V(never).
    type: str
    default: 7d
  offsite_bandwidth:
    description:
      - Maximum bandwidth of a transfer in KiB per second. V(0) is no limit.
    type: int
    default: 0
  offsite_timeout:
    description:
      - Seconds without data from the other side after which the connection counts as lost.
    type: int
    default: 120
  offsite_time_limit:
    description:
      - Maximum seconds for copying one archive, or for one answer of the other side.
    type: int
    default: 86400
extends_documentation_fragment:
  - ticketz.sidekick.attributes
  - ticketz.sidekick.audit
  - ticketz.sidekick.messages
attributes:
  check_mode:
    support: full
    details:
      - The contents of both sides are listed; nothing is copied or checked.
  diff_mode:
    support: none
    details:
      - The result shows what is copied.
notes:
  - Needs C(rsync) 3.1 or newer and C(ssh) on both hosts, and on the other host this collection's runner and
    Python 3.9 or newer.
  - The system's and the user's configuration of C(ssh) are not read.
seealso:
  - module: ticketz.sidekick.ticketz_prune
  - module: ticketz.sidekick.ticketz_verify
author:
  - Ticketz Sidekick contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Copy missing backups to the backup server
  ticketz.sidekick.ticketz_offsite:
    backup_dir: /backups/ticketz
    offsite_host: vault.example.org
    offsite_user: tz_helpdesk
    offsite_identity_file: /etc/ticketz-sidekick/offsite/vault/key
    offsite_known_hosts: /etc/ticketz-sidekick/offsite/vault/known_hosts
    offsite_bandwidth: 4000

- name: Fetch missing backups, on the backup server
  ticketz.sidekick.ticketz_offsite:
    backup_dir: /srv/ticketz/helpdesk
    offsite_direction: pull
    offsite_host: helpdesk.example.org
    offsite_user: root
    offsite_identity_file: /var/lib/tz_helpdesk/key
    offsite_known_hosts: /var/lib/tz_helpdesk/known_hosts
"""

RETURN = r"""
direction:
  description: As in O(offsite_direction).
  returned: success
  type: str
  sample: push
host:
  description: The other host, with its port if that is not 22.
  returned: success
  type: str
  sample: vault.example.org
copied:
  description: Archives that were copied and verified, or would be, newest first.
  returned: success
  type: list
  elements: dict
  contains:
    file:
      description: The archive's name.
      returned: always
      type: str
      sample: backup_20260131_020000.tar.zst.enc
    size:
      description: Bytes.
      returned: always
      type: int
      sample: 805306368
known:
  description: Number of intact copies that existed before.
  returned: success
  type: int
  sample: 13
checked:
  description: Archives whose copies were compared with their SHA-256 again and are intact, or would be
    compared.
  returned: success
  type: list
  elements: str
  sample: [backup_20260117_020000.tar.zst.enc]
healthy:
  description: Whether there are no problems.
  returned: success
  type: bool
  sample: true
problems:
  description: Problems that need attention. Each is also a warning.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description: Code of the problem. It is stable across versions and languages.
      returned: always
      type: str
      sample: offsite_copy_damaged
    message:
      description: The object, the cause and the next step.
      returned: always
      type: str
      sample: The copy backup_20260101_020000.tar.zst.enc on vault.example.org is not whole (damaged).
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
      sample: offsite_host_key
  sample:
    code: offsite_host_key
    host: vault.example.org
    known_hosts: /etc/ticketz-sidekick/offsite/vault/known_hosts
"""

from ansible_collections.ticketz.sidekick.plugins.module_utils._module import run_module
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import offsite


def main() -> None:
    """Copy backups."""
    run_module(offsite.spec(), offsite.run)


if __name__ == "__main__":
    main()
