# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Codes of messages, their texts, and the code that raises them are consistent."""

from __future__ import annotations

import ast
import functools
import importlib
import re
import string
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils import _errors
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    PROBLEMS,
    TEXTS,
    Notice,
    SidekickError,
    listed,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner import options
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.phrases import PHRASES

SOURCES = Path(_errors.__file__ or "").parent
_TEXTS = f"{_errors.__name__.rpartition('.')[0]}._texts"
CATALOGUES = {
    path.stem: importlib.import_module(f"{_TEXTS}.{path.stem}")
    for path in sorted((SOURCES / "_texts").glob("[!_]*.py"))
}


def _raised() -> set[str]:
    found = {name for name, value in vars(_errors).items() if _is_error(value)}
    return found | {options.UsageError.__name__, Notice.__name__}


def _is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, SidekickError)


def placeholders(text: str) -> set[str]:
    return {field[1] for field in string.Formatter().parse(text) if field[1] is not None}


def stated(text: str) -> set[str]:
    """Return the facts in a text, without references to options."""
    return {name for name in placeholders(text) if not name.startswith("o[")}


def stated_by(code: str, problem: str | None) -> set[str]:
    """Return the facts in the text of a code, including those in the text of one of its problems."""
    said = stated(TEXTS[code][0])
    if code in PROBLEMS:
        # Without a problem, the text has a cause, which is a message of another program.
        said = said - {"problem"} | (stated(PROBLEMS[code][problem][0]) if problem else {"cause"})
    return said


@functools.cache
def trees() -> tuple[tuple[Path, ast.Module], ...]:
    paths = sorted([*SOURCES.rglob("*.py"), *SOURCES.parent.glob("lookup/*.py")])
    return tuple(
        (path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths if path.parent.name != "_texts"
    )


def _codes(node: ast.expr) -> list[str]:
    if isinstance(node, ast.IfExp):
        return _codes(node.body) + _codes(node.orelse)
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def _problems(call: ast.Call) -> list[str]:
    """Return the problems that a call names as literals."""
    return [word for keyword in call.keywords if keyword.arg == "problem" for word in _codes(keyword.value)]


def _uses() -> list[tuple[str, str, list[str], frozenset[str], bool]]:
    """Return all calls that create errors and warnings: place, code, problems, names of facts, whether there may be more."""
    found = []
    raised = _raised()
    for path, tree in trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            noted = isinstance(function, ast.Attribute) and name == "add" and node.keywords
            if name in raised or noted:
                facts = frozenset(keyword.arg for keyword in node.keywords if keyword.arg)
                more = any(keyword.arg is None for keyword in node.keywords)
                # The problem is only known at run time.
                more |= "problem" in facts and not _problems(node)
                place = f"{path.relative_to(SOURCES)}:{node.lineno}"
                found += [(place, code, _problems(node), facts, more) for code in _codes(node.args[0])]
    return found


USES = _uses()


def test_uses_are_found() -> None:
    assert len(USES) > 100


def test_codes_that_are_used_have_texts_and_their_facts() -> None:
    wrong = []
    for place, code, problems, facts, more in USES:
        if code not in TEXTS:
            wrong.append(f"{place}: {code} has no text")
        elif unknown := set(problems) - PROBLEMS.get(code, {}).keys():
            wrong.append(f"{place}: {code} has no problem {unknown}")
        elif not more:
            lacking = set().union(*(stated_by(code, problem) for problem in problems or [None])) - facts
            wrong += [f"{place}: {code} lacks {sorted(lacking)}"] if lacking else []
    assert not wrong


def test_problems_are_used_and_belong_to_a_text_that_says_them() -> None:
    words = {
        node.value
        for _path, tree in trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    wrong = [
        (code, problem)
        for code, problems in PROBLEMS.items()
        for problem in problems
        if problem not in words or "{problem}" not in TEXTS[code][0]
    ]
    assert not wrong
    assert {code for code, texts in TEXTS.items() if "{problem}" in texts[0]} == PROBLEMS.keys()


def test_texts_are_used() -> None:
    words: set[str] = set()
    beginnings: set[str] = set()
    for _path, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.add(node.value)
            elif isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
                beginnings.add(str(node.values[0].value))
    beginnings = {beginning for beginning in beginnings if "_" in beginning and " " not in beginning}
    unused = [code for code in TEXTS if code not in words and not code.startswith(tuple(beginnings))]
    assert not unused


def test_every_code_is_in_a_test() -> None:
    """Without a test that raises it, neither the condition nor the text of a message is verified."""
    tests = Path(__file__).resolve().parents[3]
    named: set[str] = set()
    for path in tests.rglob("*"):
        if path.suffix == ".py" and path != Path(__file__):
            named |= set(re.findall(r"[\"']([a-z0-9_]+)[\"']", path.read_text(encoding="utf-8")))
        elif path.suffix in (".yml", ".yaml", ".j2"):
            named |= set(re.findall(r"[a-z0-9_]+", path.read_text(encoding="utf-8")))
    assert sorted(TEXTS.keys() - named) == []


def test_no_code_is_in_two_catalogues() -> None:
    found: dict[str, list[str]] = {}
    for name, catalogue in CATALOGUES.items():
        for code in catalogue.TEXTS:
            found.setdefault(code, []).append(name)
    assert not {code: names for code, names in found.items() if len(names) > 1}
    assert set(found) == set(TEXTS)


@pytest.mark.parametrize(
    "catalogue", [TEXTS, PHRASES, *PROBLEMS.values()], ids=["texts", "phrases", *PROBLEMS]
)
def test_both_languages_say_the_same_facts(catalogue: dict[str, tuple[str, str]]) -> None:
    wrong = [code for code, texts in catalogue.items() if placeholders(texts[0]) != placeholders(texts[1])]
    assert not wrong


def test_a_text_is_whole_sentences() -> None:
    wrong = [
        text
        for texts in TEXTS.values()
        for text in texts
        if text != text.strip() or "  " in text or "\n" in text or not text.endswith((".", "}"))
    ]
    assert not wrong
    assert not [code for code, (english, portuguese) in TEXTS.items() if english == portuguese]


def test_codes_are_words() -> None:
    assert not [code for code in TEXTS if not re.fullmatch("[a-z][a-z0-9_]*", code)]


def test_phrases_are_used() -> None:
    words = {
        node.value
        for path, tree in trees()
        if path.parent.name in ("_run", "_runner") and path.name != "phrases.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    # The codes of dry runs are derived from those of the run.
    words |= {f"{word}_would" for word in words}
    unused = [phrase for phrase in PHRASES if phrase not in words and not phrase.startswith("problem_")]
    assert unused == []


def test_errors_speak_both_languages() -> None:
    error = SidekickError("store_missing", path="/backups")
    assert "/backups does not exist" in str(error)
    assert error.text("pt").startswith("O diretório de backups /backups não existe")
    notice = Notice("no_backup")
    assert str(notice) == notice.text("en") != notice.text("pt")
    assert "no_backup" in repr(notice)


def test_messages_name_the_first_ten_objects_and_the_number_of_the_rest() -> None:
    assert [listed([]), listed(["a"]), listed(range(10))] == ["", "a", "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"]
    assert listed(iter(range(2000))) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … (+1990)"
