# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page for people, made of what the playbook status has gathered."""

from __future__ import annotations

DOCUMENTATION = r"""
name: status_page
short_description: A page in HTML on the backups of hosts
version_added: 0.1.0
description:
  - Returns one page in HTML on the backups of hosts. It shows when they were made and proved, their sizes, the disk and the
    scheduled jobs, and what to do about each problem.
  - The page loads nothing and runs no script. It adapts to phones, dark screens and paper.
  - The playbook C(ticketz.sidekick.status) writes it to the file that C(ticketz_page) names.
options:
  _input:
    description:
      - For each host its name and a dictionary. Its C(info) is a result of M(ticketz.sidekick.ticketz_backup_info), its C(plans)
        the list that C(ticketz-sidekick plans --json) gives. Where there is no C(info), C(text) says why.
    type: dict
    required: true
  language:
    description: Language of the page.
    type: str
    choices: [en, pt]
    default: en
author:
  - Ticketz Sidekick contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Write a page on the backups of this host
  ansible.builtin.copy:
    dest: /tmp/backups.html
    mode: "0600"
    content: "{{ {inventory_hostname: {'info': info}} | ticketz.sidekick.status_page }}"
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: The page.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.ticketz.sidekick.plugins.module_utils._page.model import HostState
from ansible_collections.ticketz.sidekick.plugins.module_utils._page.page import page
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.times import utc_now


def status_page(hosts: Any, language: str = "en") -> str:
    """Return the page."""
    if not isinstance(hosts, dict) or not hosts or language not in ("en", "pt"):
        raise AnsibleFilterError(
            "The filter ticketz.sidekick.status_page wants a dictionary of hosts, and the language en or pt."
        )
    states = [
        HostState(
            str(name),
            found["info"] if (found.get("info") or {}).get("backups") is not None else None,
            str(found.get("text") or ""),
            found.get("plans") or (),
        )
        for name, found in hosts.items()
    ]
    return page(states, language, utc_now())


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return them by their names."""
        return {"status_page": status_page}
