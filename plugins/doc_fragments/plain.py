# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option group ``plain``: whether an unencrypted archive is accepted if encryption is demanded."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in ``_options.specs.plain_options``."""

    DOCUMENTATION = r"""
options:
  allow_plain:
    description:
      - Also accept an unencrypted archive if encryption is demanded. It is demanded by a given key
        (O(encryption_key), O(encryption_key_file), or the one in O(env_file)), by the file's extension
        (C(.enc), C(.age)), and by the sidecar of the archive. Otherwise such an archive is refused, since
        anybody who can write to the backup directory can make one.
      - If nothing demands encryption, unencrypted archives are accepted anyway.
    type: bool
    default: false
"""
