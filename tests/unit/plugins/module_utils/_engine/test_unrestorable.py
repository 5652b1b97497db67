# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backup that a restore would refuse is never published; if possible, it fails before anything is written."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._components.config.pack import ConfigSources
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database import (
    pack as database_source,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError, SidekickError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.dump import SchemaDump
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import tree

result = SchemaDump.result

#: (what is modified, code, function that modifies it): possible defects of pg_dump or of a later version of the writer
SPOILED: dict[str, tuple[object, str, Callable[..., bytes]]] = {
    "a schema that drops something": (
        SchemaDump,
        "result",
        lambda self: result(self) + b"\n-- Name: x; Type: TABLE; Schema: public; Owner: -\n\nDROP TABLE x;\n",
    ),
    "a quote without an end": (SchemaDump, "result", lambda self: result(self) + b"\nSELECT 'x"),
    "a catalog of other lines": (database_source, "to_jsonl", lambda catalog: b'{"kind": 1}\n'),
    "a sequence beyond 64 bits": (
        database_source,
        "states_to_json",
        lambda states: (
            b'[{"schema": "public", "name": "s", "last_value": 9223372036854775808, "is_called": true}]'
        ),
    ),
}


@pytest.mark.parametrize("spoiled", SPOILED)
@pytest.mark.variants
def test_what_describes_the_database_is_parsed_before_it_is_written(
    shop: Any, tmp_path: Path, spoiled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "store"
    runs.make_backup(runs.reach(shop), store)
    before = sorted(os.listdir(store))
    monkeypatch.setattr(*SPOILED[spoiled])
    with pytest.raises(SidekickError) as caught:
        runs.make_backup(runs.reach(shop), store)
    assert caught.value.code == "backup_unrestorable"
    assert sorted(os.listdir(store)) == before


@pytest.mark.parametrize("name", ["back\\slash.env", "line\nbreak", "bell\x07"])
def test_the_name_of_a_configuration_file_is_checked_first(shop: Any, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_text("x")
    for dry_run in (True, False):
        with pytest.raises(HostError) as caught:
            runs.make_backup(
                runs.reach(shop), tmp_path / "store", config=ConfigSources(named=(file,)), dry_run=dry_run
            )
        assert caught.value.code == "option_invalid" and "\n" not in str(caught.value)
    assert not (tmp_path / "store").exists() or not list((tmp_path / "store").glob("backup_*"))


def test_one_file_named_in_two_ways_is_in_the_backup_once(shop: Any, tmp_path: Path) -> None:
    file = tmp_path / "x.env"
    file.write_text("x")
    other = tmp_path / "store" / ".." / "x.env"
    made = runs.make_backup(
        runs.reach(shop), tmp_path / "store", config=ConfigSources(named=(file, other, file))
    )
    assert made.backup["config"] == [str(file)]


@pytest.mark.parametrize("when", [4_638_988_800, -4_670_438_400, 1_700_000_000_000, 2**63 - 1])
@pytest.mark.variants
def test_folders_and_settings_of_any_time_come_back(shop: Any, goal: Any, memory: Path, when: int) -> None:
    media, settings = memory / "media", memory / "backend.env"
    (media / "empty").mkdir(parents=True)
    (media / "foto.jpg").write_bytes(b"photo")
    settings.write_text("DB_NAME=ticketz\n")
    for path in (media / "foto.jpg", media / "empty", settings, media):
        os.utime(path, (when, when))
    before = tree(memory)
    made = runs.make_backup(
        runs.reach(shop),
        memory / "store",
        directories={"public": media},
        config=ConfigSources(named=(settings,)),
    )
    assert made.notices == () or {notice.code for notice in made.notices} == {"config_unencrypted"}
    settings.unlink()
    (media / "foto.jpg").unlink()
    given: dict[str, Any] = {
        "directories": {"public": media},
        "components": ("directories", "config"),
        "config_mapping": {str(memory): str(memory)},
        "if_not_empty": "replace",
    }
    runs.make_restore(goal, memory / "store", **given)
    found = tree(memory)
    assert {path: found[path] for path in before if not path.startswith(b"store") and path != b"."} == {
        path: facts for path, facts in before.items() if path != b"."
    }
    assert not runs.make_restore(goal, memory / "store", **{**given, "if_not_empty": "fail"}).changed
