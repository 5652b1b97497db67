# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The verbs by name: the modules' names without ``ticketz_``."""

from __future__ import annotations

import importlib
import keyword
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .._options.specs import Spec
from .._outcome import Outcome

#: verb → what it does, in a few words
VERBS = {
    "backup": "make a backup",
    "restore": "restore a backup",
    "verify": "prove that a backup is whole",
    "backup_info": "list the backups, and say whether all is well with them",
    "find": "find contacts, tickets and files in backups",
    "prune": "remove old backups by rules",
    "offsite": "copy backups to or from another host, and prove the copies",
    "stack_info": "find Ticketz's containers, directories and files",
    "fix_sequences": "set sequences that are behind their tables forward",
    "import": "import the data of another Whaticket system",
    "export": "write a backup or a database in the formats of the old tools",
}


@dataclass(frozen=True)
class Verb:
    """One verb.

    :param name: as in :data:`VERBS`.
    :param spec: its options.
    :param run: does the work: options and check mode in, outcome out.
    """

    name: str
    spec: Spec
    run: Callable[[Mapping[str, Any], bool], Outcome]


def load(name: str) -> Verb:
    """Return a verb, imported only now: showing jobs needs none of the engine."""
    # "import" is a word of Python's own, and no module can be called so.
    file = f"{name}_" if keyword.iskeyword(name) else name
    module = importlib.import_module(f".._verbs.{file}", __package__)
    return Verb(name, module.spec(), module.run)
