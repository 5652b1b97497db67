# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option group ``audit``: what the audit log is told."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options that ``_options.specs.audit_options`` has."""

    DOCUMENTATION = r"""
options:
  requested_by:
    description:
      - Who has asked for this run, for the audit log, where the account on the host does not tell. In AWX that is
        C(awx_user_name).
      - It is recorded as given, next to what the system itself knows of the caller.
    type: str
"""
