# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.sql_scanner import spans


def _hidden(text: str) -> list[str]:
    return [text[span.start : span.end] for span in spans(text)]


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("SELECT 'a''b', 1", ["'a'", "'b'"]),
        ("SELECT 'a\\', 'b'", ["'a\\'", "'b'"]),
        ("SELECT E'a\\'b', 'c'", ["'a\\'b'", "'c'"]),
        ("SELECT e'a''b\\'c'", ["'a''b\\'c'"]),
        ("SELECT E'\\\\', 'x'", ["'\\\\'", "'x'"]),
        ("SELECT type'a\\', 'b'", ["'a\\'", "'b'"]),  # the e is the end of a word
        ('SELECT "a""b", "--"', ['"a"', '"b"', '"--"']),
        ("$$ ' -- $$ + 1", ["$$ ' -- $$"]),
        ("$a$ $b$ $$ $a$ x", ["$a$ $b$ $$ $a$"]),
        ("$1 + a$b$c + $é$'$é$", ["$é$'$é$"]),
        ("E'a' -- x\n  'b\\'c', 'd'", ["'a' -- x\n  'b\\'c'", "'d'"]),  # E applies to both parts
        ("E'a'\r'b\\'c'", ["'a'\r'b\\'c'"]),
        ("E'a' 'b\\'c", ["'a'", "'b\\'"]),  # without a line break, this is another string
        ("'a'\n'b\\', E'c'", ["'a'", "'b\\'", "'c'"]),
        ("a -- x\rb 'c'", ["-- x", "'c'"]),
        ("/* a /* ' */ b */ c", ["/* a /* ' */ b */"]),
        ("a -- it's\nb", ["-- it's"]),
        ("\\restrict x\ny", ["\\restrict x"]),
        ("U&'\\0041' U&\"d\\0061t\"", ["'\\0041'", '"d\\0061t"']),
    ],
)
def test_what_hides_what_is_inside_it(text: str, hidden: list[str]) -> None:
    assert _hidden(text) == hidden


@pytest.mark.parametrize(
    "text", ["'a", "E'a\\'", '"a', "$$ a", "$x$ a $y$", "/* /* */", "E'''", "E'a'\n'b\\'"]
)
def test_a_quote_without_an_end_is_refused(text: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        _hidden(text)
    assert caught.value.code == "schema_sql_invalid"


@pytest.mark.parametrize("text", ["1E'a\\'b'", "$1$$'$$", "$1$", "0x1'a'", "1.5$x$a$x$", "1e'a'"])
def test_a_quote_behind_a_number_is_read_differently_by_servers(text: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        _hidden(text)
    assert "follows a number" in str(caught.value.facts["cause"])


_PIECES = st.sampled_from(
    ["'", "''", "E'", "\\", "\\'", '"', "$$", "$a$", "$", "--", "\n", "/*", "*/", "x", " ", "1", "é"]
)


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_any_text_is_cut_in_order_or_refused(text: str) -> None:
    try:
        found = list(spans(text))
    except ArchiveError:
        return
    position = 0
    for span in found:
        assert position <= span.start < span.end <= len(text)
        position = span.end


@pytest.mark.parametrize(
    "text",
    [
        "E'" + "\\'" * 500_000,
        "E'" + "''" * 500_000,
        "/*" * 500_000,
        "$a$" + "$b$" * 400_000,
        "''" * 500_000,
        "$" * 1_000_000,
    ],
    ids=["escapes", "doubled", "nesting", "dollars", "strings", "signs"],
)
def test_hostile_text_takes_linear_time(text: str) -> None:
    start = time.process_time()
    try:
        for _span in spans(text):
            pass
    except ArchiveError:
        pass
    assert time.process_time() - start < 5
