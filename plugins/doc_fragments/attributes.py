# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Attributes of all modules: check mode, diff mode, platform, action group."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the attributes; each module says how far it supports the first two."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and predict the result without changing anything.
  diff_mode:
    description: Shows in C(diff) mode what has changed, or would change in C(check_mode).
  platform:
    description: Operating systems that the module can run on.
    platforms: Linux
    support: full
  action_group:
    description: Use C(group/ticketz.sidekick.ticketz) in C(module_defaults) to set options of all modules at once.
    support: full
    membership:
      - ticketz.sidekick.ticketz
requirements:
  - Python 3.9 or newer on the managed host
"""
