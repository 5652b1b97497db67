# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Env files are parsed like by the real Docker Compose."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import hypothesis
import hypothesis.strategies as st
import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.env_file import parse_env, read_env

#: (text of an env file, value of A)
VALUES = [
    ("A=value", "value"),
    ("A = value ", "value"),
    ("export A=value", "value"),
    ("export\tA=value", "value"),
    ("A: value", "value"),
    ("A=", ""),
    ("A=value\r\nB=b\r\n", "value"),
    ("A=two words", "two words"),
    ("A=a=b==", "a=b=="),
    # comments
    ("A=value # said", "value"),
    ("A=value#1", "value#1"),
    ("A=value\t# said", "value\t# said"),
    ("A=# not a comment", "# not a comment"),
    # quotes
    ("A='value'", "value"),
    ('A="value"', "value"),
    ("A='value' # said", "value"),
    ('A="value"# said\nB=b', "value"),
    ('A="a # b"', "a # b"),
    ("A='$B ${B} \\n'", "$B ${B} \\n"),
    (r"A='Let\'s go!'", "Let's go!"),
    (r"A='C:\\path\\'", r"C:\\path\\"),
    (r'A="say \"hi\"\n\$B \\ \d"', 'say "hi"\n$B \\ \\d'),
    (r'A="\0101\t\a\012\0777"', "A\t\a\\12\\777"),
    ('A="one\ntwo # three\n\nfour"\nB=b', "one\ntwo # three\n\nfour"),
    ("A='one\r\ntwo'\nB=b", "one\r\ntwo"),
    ("A=it's", "it's"),
    ('A=""', ""),
    ("A='x'B=2", "x"),
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
    ("B=1\nA=${B:+d}", "d"),
    ("A=${B:+d}", ""),
    ("B=\nA=${B:+d}${B+e}", "e"),
    ("B=\nA=${B?never}x", "x"),
    ("B=b\nA=${B:?never}", "b"),
    ("A=${B:-${C:-z}}/${D:-q}", "z/q"),
    ("B=1\nA=${B:+${C:-${D-x}}y}w", "xyw"),
    ("A=${B:-{}}", "{}"),
    ("A=${B:-a}b}", "ab}"),
    ('A="${B:-\\n}"', None),
    ("A=cost$$", "cost$"),
    ("A=5$ $1", "5$ $1"),
    (r"A=\$x", "\\"),
    (r"A=\$$x", r"\$x"),
    (r'A="\$x \\\$x"', "$x \\$x"),
    ("A=one\nA=${A}two", "onetwo"),
    ("\ufeffA=1", "1"),
    ("  # no\n\n\t A=1\n", "1"),
]


def compose_reads(directory: Path, *texts: str) -> list[dict[str, str]] | None:
    """Return the variables of services with these env files according to the real Compose, or None if it refuses one."""
    services = {}
    for number, text in enumerate(texts):
        (directory / f"{number}.env").write_bytes(text.encode())
        services[f"s{number}"] = {"image": "a", "env_file": [f"{number}.env"]}
    (directory / "compose.yml").write_text(json.dumps({"services": services}))
    program = Path(sysconfig.get_path("scripts")) / "docker-compose"
    done = subprocess.run(
        [program, "-p", "a", "config", "--format", "json"],
        cwd=directory,
        env={"PATH": "/usr/bin"},
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        assert b".env" in done.stderr, done.stderr
        return None
    read = json.loads(done.stdout)["services"]
    # Compose sets a variable with an empty name for text after a quoted value.
    return [
        {
            name: value.replace("$$", "$")
            for name, value in (read[service].get("environment") or {}).items()
            if name
        }
        for service in services
    ]


def readable(found: Mapping[str, str]) -> dict[str, str | None]:
    """Return all variables; None for values that can't be parsed."""
    values: dict[str, str | None] = {}
    for name in found:
        try:
            values[name] = found[name]
        except HostError:
            values[name] = None
    return values


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_values(text: str, value: str | None) -> None:
    assert readable(parse_env(text))["A"] == value


def test_compose_reads_these_values_too(tmp_path: Path) -> None:
    # All in one run, because starting Compose for each takes long.
    accepted = [(text, value) for text, value in VALUES if value is not None]
    read = compose_reads(tmp_path, *(text for text, _value in accepted))
    assert read and [each["A"] for each in read] == [value for _text, value in accepted]


WORDS = r"""${A:- ${B:+ ${A:? ${B- ${A+ } \$ \' \" \\ $$ $A ${B} ' " A= B= C: export x { \n \0101 é = \ ; 1"""
PIECES = st.sampled_from([" #", "\n", " ", "\t", "\r"]) | st.sampled_from(WORDS.split())
TEXTS = st.lists(PIECES, max_size=12).map("".join).map("A=1\nB=".__add__)


@pytest.mark.long
@hypothesis.settings(max_examples=500)
@hypothesis.given(text=TEXTS)
def test_any_text_is_read_as_compose_reads_it(tmp_path: Path, text: str) -> None:
    found = readable(parse_env(text))
    real = compose_reads(tmp_path, text)
    # If Compose refuses the whole file, only check that the parser does not crash.
    assert real is None or real == [found]


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("\nA=${B:?say which}", "env_line_invalid", ["Line 2", "/x/.env", "B", "(say which)", "A"]),
        ("B=\nA=a${B:?}", "env_line_invalid", ["Line 2", "A", "needs B", "(-)"]),
        ("B=${C?}\nA=$B", "env_line_invalid", ["Line 1", "B", "needs C"]),
        ("A=${B", "env_line_invalid", ["Line 1", "A", "$$"]),
        ("A=${1}", "env_line_invalid", ["Line 1"]),
        ("A=${B:=c}", "env_line_invalid", ["Line 1"]),
        ("A='it\nB=b", "env_line_invalid", ["Line 1", "A"]),
        ('B=b\nA="it\\"', "env_line_invalid", ["Line 2"]),
    ],
)
def test_what_compose_refuses_is_an_error_for_who_needs_it(
    tmp_path: Path, text: str, code: str, says: list[str]
) -> None:
    assert compose_reads(tmp_path, text) is None
    found = parse_env(f"{text}\nZ=z", "/x/.env")
    assert found["Z"] == "z"
    with pytest.raises(HostError) as caught:
        found.get("A")
    assert caught.value.code == code
    assert all(each in str(caught.value) for each in says), caught.value


def test_lines_that_assign_nothing_are_passed_over() -> None:
    text = "\ufeffA=1\n\n# B=2\n  # C=3\nnonsense\nD D=4\n!=5\nE\nF=6\n"
    assert dict(parse_env(text)) == {"A": "1", "F": "6"}


def test_variables_from_elsewhere_win_and_are_referred_to() -> None:
    found = parse_env("A=1\nB=$A$C\nD=$B", above={"A": "2", "C": "3"})
    assert dict(found) == {"A": "2", "B": "23", "C": "3", "D": "23"}


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
