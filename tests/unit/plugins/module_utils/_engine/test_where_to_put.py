# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new component or format needs only one file, and a line in a registry, as described in docs/design.md."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._components import registry as components
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.component import REPLACE, Policy
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.options import (
    DatabaseOptions,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.restore import (
    DirectoriesPart,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.backup import BackupRequest, backup
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.contents import contents
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.drill_plan import DrillRequest
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.info import InfoRequest, info
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.restore import restore
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.restore_request import (
    ArchiveChoice,
    Installation,
    RestoreRequest,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.verify import (
    DRILL,
    FULL,
    VerifyRequest,
    verify,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.plugins.module_utils._sources import registry as sources
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.toys import crontab, zipped

TABLE = b"0 2 * * * backup\n30 6 * * * report\n"


@pytest.mark.parametrize("toy", [crontab, zipped])
def test_it_is_one_small_file(toy: Any) -> None:
    lines = Path(toy.__file__).read_text().splitlines()
    assert sum(1 for line in lines if line.strip() and not line.startswith("#")) < 80


def test_a_new_component(shop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(components, "KINDS", (*components.KINDS, crontab.Crontab))
    store, table = tmp_path / "store", tmp_path / "crontab"
    store.mkdir(mode=0o700)
    table.write_bytes(TABLE)
    part, server, journal = crontab.CrontabFile(table), runs.reach(shop), runs.journal(store)
    request = BackupRequest(server, store, DatabaseOptions(jobs=1), parts=(part,), journal=journal)

    made = backup(request, Run())
    assert made.backup["crontab"] == 2
    assert sorted(made.backup["components"]) == ["crontab", "database"]
    (listed,) = info(InfoRequest(store)).backups
    assert listed.components == {"crontab", "database"}

    proved = verify(VerifyRequest("latest", store, FULL, None, 1), Run())
    assert proved.manifest and contents(proved.manifest)["crontab"] == 2

    (tmp_path / "scratch").mkdir()
    wanted = DrillRequest(server, scratch_dir=tmp_path / "scratch")
    drilled = verify(VerifyRequest("latest", store, DRILL, None, 1, wanted), Run()).drill
    assert drilled and (drilled.covers, drilled.files, drilled.complete) == (("database", "crontab"), 1, True)

    table.write_bytes(b"# lost\n")
    choice, here = ArchiveChoice("latest", store), Installation(server, journal=journal)
    assert restore(RestoreRequest(choice, here, (part,), Policy(REPLACE)), Run()).changed
    assert table.read_bytes() == TABLE
    assert not restore(RestoreRequest(choice, here, (part,), Policy(REPLACE)), Run()).changed


def test_a_new_format(shop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sources.OTHER_FORMATS, zipped.FORMAT, zipped.open_zip)
    with zipfile.ZipFile(tmp_path / "media.zip", "w") as archive:
        archive.writestr("company1/photo.jpg", b"photo")
    public = tmp_path / "public"
    part = DirectoriesPart({"public": public}, True, 1)
    here = Installation(runs.reach(shop), {"public": public}, journal=tmp_path / "journal")
    choice = ArchiveChoice(str(tmp_path / "media.zip"), None)
    assert restore(RestoreRequest(choice, here, (part,)), Run()).changed
    assert (public / "company1" / "photo.jpg").read_bytes() == b"photo"
