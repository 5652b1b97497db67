# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.env_file import parse_env, read_env


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=value", "value"),
        ("A = value ", "value"),
        ("export A=value", "value"),
        ("A=", ""),
        ("A=value\r", "value"),
        ("A=two words", "two words"),
        ("A=a=b==", "a=b=="),
        # comments
        ("A=value # said", "value"),
        ("A=value#1", "value#1"),
        ("A=# nothing but a comment", ""),
        ("A=\t#", ""),
        # quotes
        ("A='value'", "value"),
        ('A="value"', "value"),
        ("A='value' # said", "value"),
        ('A="value" # said', "value"),
        ('A="a # b"', "a # b"),
        ("A='$B ${B} \\n'", "$B ${B} \\n"),
        (r'A="say \"hi\"\n\$B \\ \d"', 'say "hi"\n$B \\ \\d'),
        ("A='it", "'it"),
        ("A=it's", "it's"),
        ('A=""', ""),
        ('A="a" "b"', '"a" "b"'),
        # references
        ("B=b\nA=${B}", "b"),
        ("B=b\nA=$B/c", "b/c"),
        ('B=b\nA="x${B}y"', "xby"),
        ("A=${B}", ""),
        ("A=${B:-x}", "x"),
        ("A=${B-x}", "x"),
        ("B=\nA=${B:-x}", "x"),
        ("B=\nA=${B-x}", ""),
        ("B=b\nA=${B:-x}", "b"),
        ("A=${B:-x y}:1", "x y:1"),
        ("A=cost$$", "cost$"),
        ("A=5$", "5$"),
        ("A=one\nA=${A}two", "onetwo"),
    ],
)
def test_values_are_what_compose_reads(line: str, value: str) -> None:
    assert parse_env(line)["A"] == value


def test_lines_that_assign_nothing_are_passed_over() -> None:
    text = "\ufeffA=1\n\n# B=2\n  # C=3\nnonsense\n1D=4\nE\nF=6\n"
    assert parse_env(text) == {"A": "1", "F": "6"}


def test_a_file_from_windows_with_bytes_that_are_no_utf8(tmp_path: Path) -> None:
    file = tmp_path / ".env-backend"
    file.write_bytes(b"DB_HOST=postgres\r\nDB_PASS='p\xe4ss'\r\nDB_PORT=5433\r\n")
    found = read_env(str(file))
    assert (found["DB_HOST"], found["DB_PORT"]) == ("postgres", "5433")
    assert found["DB_PASS"].encode("utf-8", "surrogateescape") == b"p\xe4ss"


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(HostError) as caught:
        read_env(str(tmp_path / name))
    assert caught.value.code == "file_unreadable"
    assert str(tmp_path) in str(caught.value)
