# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collect the options of a module from variables."""

from __future__ import annotations

DOCUMENTATION = r"""
name: options
short_description: Collect the options of a module from variables
version_added: 0.1.0
author: Ticketz Sidekick contributors (!UNKNOWN)
description:
  - Each option of each module of the collection is a variable with C(ticketz_) before its name, such as C(ticketz_backup_dir)
    for O(ticketz.sidekick.ticketz_backup#module:backup_dir). This lookup returns the options whose variables
    are set, as a dictionary.
  - The roles use it to pass options to the modules, and to write the options files of schedules.
  - It sets the option C(option_prefix), so that messages name the variables.
  - Variables that are undefined, V(null) or empty strings count as not set. Surveys return an empty string for
    an unanswered question.
options:
  _terms:
    description:
      - The module, without C(ticketz_), such as V(backup).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Make a backup with the variables of this host
  ticketz.sidekick.ticketz_backup:
  module_defaults:
    ticketz.sidekick.ticketz_backup: "{{ lookup('ticketz.sidekick.options', 'backup') }}"
  vars:
    ticketz_backup_dir: /backups/ticketz
"""

RETURN = r"""
_raw:
  description:
    - One dictionary for each module.
  type: list
  elements: dict
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.loader import lookup_loader
from ansible.plugins.lookup import LookupBase

from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.verbs import VERBS, load

PREFIX = "ticketz_"


class LookupModule(LookupBase):  # type: ignore[misc]  # ansible-core has no types
    """Collects options from variables."""

    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[dict[str, Any]]:
        """Return the options that are set, for each verb."""
        self.set_options(var_options=variables, direct=kwargs)
        return [self._collect(term, variables or {}) for term in terms]

    def _collect(self, verb: str, variables: Any) -> dict[str, Any]:
        if verb not in VERBS:
            raise AnsibleLookupError(
                f"The lookup ticketz.sidekick.options knows no module '{verb}'. There are: {', '.join(VERBS)}."
            )
        known = lookup_loader.get("ansible.builtin.vars", loader=self._loader, templar=self._templar)
        # What a module says then names the variables that its user writes.
        found: dict[str, Any] = {"option_prefix": PREFIX}
        for option in load(verb).spec:
            if PREFIX + option in variables:
                (value,) = known.run([PREFIX + option], variables=variables)
                if value is not None and value != "":
                    found[option] = value
        return found
