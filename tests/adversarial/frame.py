# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an attack is made of: who attacks, what he claims to gain, and a function that tries it and finds that he does not.

```python
@attack(DATABASE_OWNER, "runs code as the account that makes the backup")
def test_a_partial_index(victim: Victim) -> None:
    victim.execute("CREATE INDEX ...")
    with victim.unharmed():
        make_backup(victim.superuser, ...)
```

The actors are those of docs/security.md. What takes more than about three seconds is marked ``pytest.mark.long`` as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pytest

DATABASE_OWNER = "database owner"
MEDIA_WRITER = "media writer"
STORE_WRITER = "store writer"
STOLEN_COPY_KEY = "stolen push or pull key"
LOCAL_USER = "local user"
NETWORK = "network"

ACTORS = (DATABASE_OWNER, MEDIA_WRITER, STORE_WRITER, STOLEN_COPY_KEY, LOCAL_USER, NETWORK)

_Test = TypeVar("_Test", bound=Callable[..., None])


def attack(actor: str, claim: str) -> Callable[[_Test], _Test]:
    """Mark a test as an attack.

    :param actor: one of :data:`ACTORS`.
    :param claim: what the attack would gain if it worked, as the end of "the actor …".
    """
    if actor not in ACTORS:
        raise ValueError(f"{actor} is no actor of docs/security.md")
    return pytest.mark.attack(actor=actor, claim=claim)
