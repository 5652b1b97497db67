#!/usr/bin/python
# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module ``ticketz_offsite``: documentation, and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticketz_offsite
short_description: Copy backups to or from another host, and prove the copies
version_added: 0.1.0
description:
  - Copies the good backups that are missing on the other side, newest first, by C(rsync) over C(ssh).
  - A copy gets its name only after its SHA-256 was compared with its sidecar's, on the disk of the host where it is kept.
    Until then it lies in a private place, from which an interrupted transfer goes on.
  - Nothing is ever removed or replaced on either side. An emptied or unmounted directory of backups removes no copy, and an
    archive that became another one under its old name is not copied over its copy. Both are told.
  - Old copies are removed by M(ticketz.sidekick.ticketz_prune), with rules of its own, on the host where they are kept.
  - C(store.json) and C(audit.jsonl) travel too. The copy of the former only grows, and to the latter is only appended.
  - The other host's account needs a key that is restricted to this collection's runner. The role
    P(ticketz.sidekick.offsite#role) sets all that up.
options:
  backup_dir:
    description:
      - With O(offsite_direction=push) the directory of the backups, with O(offsite_direction=pull) the directory of the copies on
        this host, which must exist.
    type: path
    required: true
  offsite_type:
    description:
      - What kind of host the other one is. V(ssh) is one that is reached by C(ssh) and has C(rsync) and the runner.
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
      - Copy only this many of the newest good backups. Set it where the other side's rules keep less than this side's, or what
        they have removed there would be copied again.
    type: int
  offsite_recheck:
    description:
      - Compare each copy with its SHA-256 again once so much time has passed since the last time, such as V(7d), or V(never).
    type: str
    default: 7d
  offsite_bandwidth:
    description:
      - Maximum bandwidth of a transfer in KiB per second. V(0) is no limit.
    type: int
    default: 0
  offsite_timeout:
    description:
      - Seconds without a sign of life from the other side, after which the connection counts as lost.
    type: int
    default: 120
  offsite_time_limit:
    description:
      - Seconds that the copying of one archive, or one answer of the other side, may take.
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
      - Both sides are asked what they have, and nothing is copied or checked.
  diff_mode:
    support: none
    details:
      - What is copied is in the result.
notes:
  - Needs C(rsync) 3.1 or newer and C(ssh) on both hosts, and on the other one this collection's runner and Python 3.9 or newer.
  - The configuration of C(ssh), the system's and the user's, is not read.
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
  description: Archives that were copied and proved, or would be, newest first.
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
  description: Number of whole copies that were there before.
  returned: success
  type: int
  sample: 13
checked:
  description: Archives whose copies were compared with their SHA-256 again and are whole, or would be compared.
  returned: success
  type: list
  elements: str
  sample: [backup_20260117_020000.tar.zst.enc]
healthy:
  description: Whether nothing needs a person.
  returned: success
  type: bool
  sample: true
problems:
  description: What needs a person. Each is a warning, too.
  returned: success
  type: list
  elements: dict
  contains:
    code:
      description: Stays the same between versions and languages.
      returned: always
      type: str
      sample: offsite_copy_damaged
    message:
      description: The object, the cause and the next step.
      returned: always
      type: str
      sample: The copy backup_20260101_020000.tar.zst.enc on vault.example.org is not whole (damaged).
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
