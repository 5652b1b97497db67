# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where this host keeps what outlives a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

#: Names another directory for all of it.
VARIABLE = "TICKETZ_SIDEKICK_STATE_DIR"

_ROOT = Path("/var/lib/ticketz-sidekick")


def state_dir(kind: str, environment: Mapping[str, str] | None = None, user_id: int | None = None) -> Path:
    """Return the directory for one kind of state: in ``/var/lib`` for root, the XDG state directory for everyone else.

    An absolute path in the environment variable :data:`VARIABLE` wins, for every account.

    :param kind: such as ``jobs``.
    :param environment: None for the process's own.
    :param user_id: None for the account that runs this.
    """
    variables = os.environ if environment is None else environment
    chosen = variables.get(VARIABLE, "")
    if os.path.isabs(chosen):
        return Path(chosen) / kind
    if (os.geteuid() if user_id is None else user_id) == 0:
        return _ROOT / kind
    given = variables.get("XDG_STATE_HOME", "")
    # The XDG specification says that a relative path must be ignored.
    base = Path(given) if os.path.isabs(given) else Path(os.path.expanduser("~")) / ".local" / "state"
    return base / "ticketz-sidekick" / kind
