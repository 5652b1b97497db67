# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of all components, and the only code that names them."""

from __future__ import annotations

from .._archive.component_entry import ComponentEntry
from .config.entry import ConfigFiles
from .database.entry import DatabaseEntry
from .directories.entry import DirectoriesEntry
from .redis.entry import RedisEntry

#: In the order used in manifests, lists and results.
KINDS: tuple[type[ComponentEntry], ...] = (DatabaseEntry, DirectoriesEntry, ConfigFiles, RedisEntry)
