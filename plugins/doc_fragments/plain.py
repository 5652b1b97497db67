# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option group ``plain``: whether an archive without encryption is taken where one is demanded."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options that ``_options.specs.plain_options`` has."""

    DOCUMENTATION = r"""
options:
  allow_plain:
    description:
      - Also take an archive without encryption where encryption is demanded. A given key demands it
        (O(encryption_key), O(encryption_key_file), or the one in O(env_file)), and so do the file's name (C(.enc), C(.age)) and
        the sidecar of the archive. Without this option such an archive is refused, since everybody who can write to the
        directory of backups can make one.
      - Where nothing demands encryption, plain archives are taken as ever.
    type: bool
    default: false
"""
