# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.options import (
    UsageError,
    secrets,
    validate,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.options_file import read_options
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.verbs import VERBS, load

SPEC: dict[str, dict[str, Any]] = {
    "backup_dir": {"type": "path", "required": True},
    "login_host": {"type": "str"},
    "login_port": {"type": "int"},
    "disk_warning": {"type": "float", "default": 80},
    "row_digests": {"type": "bool", "default": True},
    "directories": {"type": "dict", "default": {}},
    "rows": {"type": "dict", "default": {}},
    "components": {"type": "list", "elements": "str", "choices": ["database", "directories"]},
    "config_files": {"type": "list", "elements": "path", "default": []},
    "level": {"type": "str", "choices": ["quick", "full"], "default": "quick"},
    "encryption_key": {"type": "str", "no_log": True},
}


def check(**values: Any) -> dict[str, Any]:
    return validate(SPEC, {"backup_dir": "/b", **values}, verb="backup", source="options.json")


def refused(**values: Any) -> UsageError:
    with pytest.raises(UsageError) as caught:
        check(**values)
    return caught.value


def test_what_is_left_out_gets_its_default() -> None:
    assert check() == {
        "backup_dir": "/b",
        "login_host": None,
        "login_port": None,
        "disk_warning": 80,
        "row_digests": True,
        "directories": {},
        "rows": {},
        "components": None,
        "config_files": [],
        "level": "quick",
        "encryption_key": None,
    }


def test_defaults_are_not_shared() -> None:
    check()["directories"]["public"] = "/srv"
    assert check()["directories"] == {}


def test_null_stands_for_what_is_left_out() -> None:
    assert check(level=None, directories=None) == check()


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("login_host", "db", "db"),
        ("login_host", "", ""),
        ("login_host", 7, "7"),
        ("login_port", 5432, 5432),
        ("login_port", "5432", 5432),
        ("login_port", " -1 ", -1),
        ("disk_warning", 85, 85.0),
        ("disk_warning", 85.5, 85.5),
        ("disk_warning", "85.5", 85.5),
        ("row_digests", False, False),
        ("row_digests", "False", False),
        ("row_digests", "true", True),
        ("directories", {"public": "/srv/público"}, {"public": "/srv/público"}),
        (
            "rows",
            {"Tickets": {"id": 7, "status": ["open", None, True]}},
            {"Tickets": {"id": [7], "status": ["open", None, True]}},
        ),
        ("components", ["database"], ["database"]),
        ("components", [], []),
        ("config_files", ["/a", "/b c"], ["/a", "/b c"]),
        ("level", "full", "full"),
    ],
)
def test_values_that_can_only_mean_one_thing(option: str, value: object, expected: object) -> None:
    found = check(**{option: value})[option]
    assert found == expected
    assert type(found) is type(expected)


def test_a_path_may_begin_at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ana")
    assert check(backup_dir="~/backups")["backup_dir"] == "/home/ana/backups"
    assert check(backup_dir="$HOME/backups")["backup_dir"] == "$HOME/backups"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("login_host", True),
        ("login_host", 1.5),
        ("login_host", ["db"]),
        ("login_host", "a\0b"),
        ("login_host", "\ud800"),
        ("login_port", "5432x"),
        ("login_port", ""),
        ("login_port", 1.5),
        ("login_port", True),
        ("login_port", "1e3"),
        ("login_port", "٣"),
        ("disk_warning", "80%"),
        ("disk_warning", True),
        ("disk_warning", float("inf")),
        ("row_digests", 1),
        ("row_digests", "maybe"),
        ("directories", ["/srv"]),
        ("directories", "/srv"),
        ("directories", {"public": None}),
        ("directories", {"public": ["/srv"]}),
        ("rows", ["Tickets"]),
        ("rows", {"Tickets": 7}),
        ("rows", {"Tickets": {"id": [[7]]}}),
        ("rows", {"Tickets": {"id": {"a": 7}}}),
        ("components", "database"),
        ("config_files", {"a": "b"}),
        ("config_files", [None]),
        ("config_files", [1]),
        ("backup_dir", ""),
        ("backup_dir", 1),
    ],
)
def test_other_values_are_refused_by_name(option: str, value: object) -> None:
    error = refused(**{option: value})
    assert error.facts.get("problem") == "type"
    assert option in str(error)
    assert "options.json" in str(error)


def test_choices() -> None:
    error = refused(level="fullest")
    assert error.facts.get("problem") == "choice"
    assert "quick, full" in str(error)
    assert refused(components=["database", "redis"]).facts.get("problem") == "choice"


def test_unknown_options_are_refused_with_similar_names() -> None:
    error = refused(backup_dri="/b")
    assert (error.code, error.facts["similar"]) == ("option_unknown", "backup_dir")
    assert refused(zzz=1).code == "option_unknown"


def test_a_missing_option_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        validate(SPEC, {"backup_dir": None}, verb="backup", source="options.json")
    assert caught.value.code == "option_missing"
    assert "backup_dir" in str(caught.value)


def test_a_secret_is_not_shown() -> None:
    assert "hunter2" not in str(refused(encryption_key=["hunter2"]))
    assert secrets(SPEC, {"encryption_key": "x", "login_host": "db"}) == ["encryption_key"]
    assert secrets(SPEC, {"encryption_key": None}) == []


def test_long_values_are_cut() -> None:
    assert len(str(refused(login_port="9" * 10_000))) < 200


@given(
    st.dictionaries(
        st.sampled_from([*SPEC, "other"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
            max_leaves=5,
        ),
    )
)
def test_whatever_json_holds_is_either_taken_or_refused(values: dict[str, Any]) -> None:
    try:
        found = validate(SPEC, values, verb="backup", source="options.json")
    except UsageError:
        return
    assert set(found) == set(SPEC)


@pytest.mark.parametrize("name", VERBS)
def test_every_verbs_options_can_be_checked(name: str) -> None:
    """The argument specs use only features that the runner supports."""
    for option, facts in load(name).spec.items():
        assert set(facts) <= {"type", "elements", "choices", "default", "required", "no_log"}, option
        assert facts["type"] in ("str", "path", "int", "float", "bool", "dict", "list")
        assert (facts["type"] == "list") == ("elements" in facts)


# --- options file -------------------------------------------------------------


def write(tmp_path: Path, text: str | bytes, mode: int = 0o600) -> str:
    path = tmp_path / "options.json"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return str(path)


def test_a_file_is_read(tmp_path: Path) -> None:
    found = read_options(write(tmp_path, '\ufeff{"backup_dir": "/b"}'), io.BytesIO())
    assert (found.values, found.mode) == ({"backup_dir": "/b"}, 0o600)


def test_options_may_come_from_stdin() -> None:
    found = read_options("-", io.BytesIO(b'{"login_password": "x"}'))
    assert (found.values, found.mode, found.source) == ({"login_password": "x"}, None, "<stdin>")
    found.require_safe(["login_password"])


def test_options_may_come_from_a_pipe(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"{}")
    os.close(writing)
    try:
        found = read_options(f"/dev/fd/{reading}", io.BytesIO())
    finally:
        os.close(reading)
    assert (found.values, found.mode) == ({}, None)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o610])
def test_a_file_with_secrets_must_be_private(tmp_path: Path, mode: int) -> None:
    found = read_options(write(tmp_path, '{"login_password": "x"}', mode), io.BytesIO())
    found.require_safe([])
    with pytest.raises(UsageError) as caught:
        found.require_safe(["login_password"])
    assert caught.value.code == "options_not_private"
    assert f"{mode:04o}" in str(caught.value)
    assert "login_password" in str(caught.value)


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_a_file_that_others_can_change_is_not_followed(tmp_path: Path, mode: int) -> None:
    found = read_options(write(tmp_path, "{}", mode), io.BytesIO())
    with pytest.raises(UsageError) as caught:
        found.require_safe([])
    assert caught.value.code == "options_not_safe"


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_may_hold_secrets(tmp_path: Path, mode: int) -> None:
    read_options(write(tmp_path, '{"login_password": "x"}', mode), io.BytesIO()).require_safe(
        ["login_password"]
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '"text"',
        "{",
        "{'a': 1}",
        '{"a": NaN}',
        '{"a": 1, "a": 2}',
        '{"login_password": "hunter2" "x"}',
        '{"a": "hunter2"',
        b'{"a": "hunter2\xff"}',
        "[" * 100_000,
        '{"a": "' + "hunter2" * 200_000 + '"}',
    ],
)
def test_what_is_no_list_of_options_is_refused(tmp_path: Path, text: str | bytes) -> None:
    path = write(tmp_path, text)
    with pytest.raises(UsageError) as caught:
        read_options(path, io.BytesIO())
    assert caught.value.code == "options_not_json"
    assert path in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["missing.json", ".", "a\0b"])
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_options(f"{tmp_path}/{name}", io.BytesIO())
    assert caught.value.code == "file_unreadable"
