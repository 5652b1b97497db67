# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option group ``messages``: the language and wording of messages."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in ``_options.specs.message_options``."""

    DOCUMENTATION = r"""
options:
  language:
    description:
      - Language of errors, warnings and problems. Their codes are the same in every language.
      - V(en) is English, V(pt) is Portuguese.
    type: str
    choices: [en, pt]
    default: en
  option_prefix:
    description:
      - Prefix of option names in errors, warnings and problems, such as C(ticketz_) if the options come from variables.
      - The lookup P(ticketz.sidekick.options#lookup) sets it, so that roles, playbooks and schedules name the variables.
    type: str
"""
