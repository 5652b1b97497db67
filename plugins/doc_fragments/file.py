# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option group ``file``: owner, group and mode of the files that are written."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in ``_options.specs.file_options``."""

    DOCUMENTATION = r"""
options:
  owner:
    description:
      - Owner of the archive, by name or number. If not given, the user who runs the module.
    type: str
  group:
    description:
      - Group of the archive, by name or number. If not given, the group of the user who runs the module.
    type: str
  mode:
    description:
      - Permissions of the archive as quoted octal digits, such as V('0640'). The owner must be able
        to read and write.
      - If not given, C(0600). While it is being written, an archive is always private.
    type: str
"""
