# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that a host pattern matches hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: hosts
short_description: Check that a host pattern matches hosts
version_added: 0.1.0
author: Ticketz Sidekick contributors (!UNKNOWN)
description:
  - Returns the pattern unchanged, for C(hosts) of a play. If it matches no host of the inventory, or none
    within C(--limit), it fails and says what to do. Ansible itself would skip the play and report success.
  - All playbooks of the collection use it.
options:
  _terms:
    description:
      - One pattern of hosts and groups.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Do something where Ticketz is
  hosts: "{{ lookup('ticketz.sidekick.hosts', 'ticketz') }}"
  gather_facts: false
  tasks: []
"""

RETURN = r"""
_raw:
  description:
    - The pattern.
  type: list
  elements: str
"""

from typing import Any

from ansible import constants, context
from ansible.errors import AnsibleLookupError
from ansible.inventory.manager import InventoryManager
from ansible.plugins.lookup import LookupBase

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import render

#: Options of ansible-playbook that only read the playbook, often without an inventory.
_LOOK_ONLY = ("listhosts", "listtags", "listtasks", "syntax")
#: How many group names the message lists at most.
_SHOWN = 10


class LookupModule(LookupBase):  # type: ignore[misc]  # ansible-core has no types
    """Checks that a host pattern matches hosts."""

    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[str]:
        """Return the pattern, as the only element of a list."""
        self.set_options(var_options=variables, direct=kwargs)
        (pattern,) = terms
        if not any(context.CLIARGS.get(option) for option in _LOOK_ONLY):
            self._require(pattern, variables or {})
        return [pattern]

    def _require(self, pattern: Any, variables: Any) -> None:
        groups, limit = variables.get("groups") or {}, variables.get("ansible_limit")
        language = "pt" if variables.get("ticketz_language") == "pt" else "en"
        shown = ",".join(pattern) if isinstance(pattern, list) else pattern
        found = self._matching(groups, pattern, None)
        # Ansible knows this one although no inventory has it.
        if not found and pattern not in constants.LOCALHOST:
            names = sorted(
                name for name, hosts in groups.items() if hosts and name not in ("all", "ungrouped")
            )
            count = len(groups.get("all") or ())
            facts = {"pattern": shown, "count": count, "known": ", ".join(names[:_SHOWN]) or "-"}
            raise AnsibleLookupError(render("hosts_none", facts, language))
        if found and limit and not self._matching(groups, pattern, limit):
            facts = {"pattern": shown, "known": ", ".join(found[:_SHOWN]), "limit": limit}
            raise AnsibleLookupError(render("hosts_outside_limit", facts, language))

    def _matching(self, groups: Any, pattern: Any, limit: str | None) -> list[str]:
        manager = InventoryManager(self._loader, parse=False)
        for group, hosts in groups.items():
            manager.add_group(group)
            for host in hosts:
                manager.add_host(host, group=group)
        manager.subset(limit)
        return [str(host) for host in manager.list_hosts(pattern)]
