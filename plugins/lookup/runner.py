# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the runner on the control node."""

from __future__ import annotations

DOCUMENTATION = r"""
name: runner
short_description: Build the runner on the control node
version_added: 0.1.0
author: Ticketz Sidekick contributors (!UNKNOWN)
description:
  - Builds the runner, the collection's engine as a single file with a command line, and returns the file's path.
  - The runner is built from the collection on the control node, in Ansible's temporary directory, which Ansible
    removes at its end. The same collection always gives the same bytes.
  - The role P(ticketz.sidekick.runtime#role) copies it to the managed host.
options: {}
"""

EXAMPLES = r"""
- name: Copy the runner to the managed host
  ansible.builtin.copy:
    src: "{{ lookup('ticketz.sidekick.runner') }}"
    dest: /opt/ticketz-sidekick/ticketz-sidekick.pyz
    mode: "0755"
"""

RETURN = r"""
_raw:
  description:
    - The path of the runner on the control node.
  type: list
  elements: path
"""

from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.ticketz.sidekick.plugins.plugin_utils._zipapp import build_in


class LookupModule(LookupBase):  # type: ignore[misc]  # ansible-core has no types
    """Builds the runner."""

    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[str]:
        """Return the path of the runner, as the only element of a list."""
        self.set_options(var_options=variables, direct=kwargs)
        if terms:
            raise AnsibleLookupError("The lookup ticketz.sidekick.runner takes no arguments.")
        directory = Path(constants.DEFAULT_LOCAL_TMP)
        try:
            return [str(build_in(directory))]
        except OSError as error:
            raise AnsibleLookupError(
                f"The runner can't be built in {directory} on the control node: {error.strerror or error}. "
                "Set ANSIBLE_LOCAL_TEMP to a directory that can be written to."
            ) from error
