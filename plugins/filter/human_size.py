# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sizes as the runner says them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: human_size
short_description: A number of bytes for people
version_added: 0.1.0
description:
  - Returns a number of bytes in powers of 1000, as the runner and all messages of this collection say it, so that one file
    has one size everywhere. P(ansible.builtin.human_readable#filter) counts in powers of 1024 under the same names.
options:
  _input:
    description: The number of bytes.
    type: int
    required: true
author:
  - Ticketz Sidekick contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Print how large the newest backup is
  ansible.builtin.debug:
    msg: "{{ info.latest.size | ticketz.sidekick.human_size }}"
"""

RETURN = r"""
_value:
  description: The size, such as V(1.2 GB).
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.ticketz.sidekick.plugins.module_utils._store.units import human_size as _human_size


def human_size(size: Any) -> str:
    """Return a number of bytes for people."""
    try:
        return _human_size(int(size))
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(
            f"The filter ticketz.sidekick.human_size wants a number of bytes, not {size!r}."
        ) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., str]]:
        """Return them by their names."""
        return {"human_size": human_size}
