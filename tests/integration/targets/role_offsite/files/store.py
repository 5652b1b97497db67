# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes a directory of backups of random bytes: ``python store.py DIRECTORY ID...``."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import SOURCE, add_backup

store = Store.open(Path(sys.argv[1]), create=True)
store.claim(SOURCE)
for backup in sys.argv[2:]:
    add_backup(store, backup, os.urandom(300_000))
