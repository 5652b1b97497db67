# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creates a directory with many backups: one for each hour of three weeks."""

from __future__ import annotations

import dataclasses
import datetime
import shutil

from ansible_collections.ticketz.sidekick.bench.cases import MANY, Bench
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import listing, naming, sidecar, times


def fill(bench: Bench) -> None:
    """Back up a small Ticketz, and copy that backup until the store contains :data:`MANY`."""
    bench.database("small")
    bench.many.mkdir(mode=0o700)
    bench.verb("backup", backup_dir=str(bench.many), login_db="small")
    [made] = listing.list_backups(bench.many)
    first = sidecar.load(sidecar.sidecar_path(made.path))
    for hours in range(1, MANY):
        moment = made.created - datetime.timedelta(hours=hours)
        id = naming.new_id(moment, ())
        file = naming.archive_file(id, first.compression, first.encryption)
        shutil.copyfile(made.path, bench.many / file)
        text = times.to_text(moment)
        copy = dataclasses.replace(first, id=id, file=file, created=text, finished=text)
        sidecar.save(sidecar.sidecar_path(bench.many / file), copy)
