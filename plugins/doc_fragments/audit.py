# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option group ``audit``: values recorded in the audit log."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in ``_options.specs.audit_options``."""

    DOCUMENTATION = r"""
options:
  requested_by:
    description:
      - Person who requested this run, for the audit log, if the account on the host does not identify them. In
        AWX this is C(awx_user_name).
      - It is recorded as given, in addition to what the system knows about the caller.
    type: str
"""
