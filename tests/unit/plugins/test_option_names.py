# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages name existing options with valid values, in the syntax of their reader."""

from __future__ import annotations

import ast
import functools
import json
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils import _errors
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    PROBLEMS,
    TEXTS,
    Notice,
    render,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._reader import Reader
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.verbs import VERBS, load

ROOT = Path(_errors.__file__ or "").parent
SPECS = {verb: load(verb).spec for verb in VERBS}
OPTIONS = {name for spec in SPECS.values() for name in spec}
MODULES = {path.relative_to(ROOT).with_suffix("").as_posix(): path for path in ROOT.rglob("*.py")}
#: Options whose names are also those of programs, and codes whose texts show a whole file of the runner.
PROGRAMS = {"pg_dump"}
EXAMPLES = {"options_not_json", "plan_steps"}

#: code → module whose options its text names, although another module raises it.
SPEAKS_OF = {
    "drill_missing": "verify",
    "drill_too_old": "verify",
    "drill_unsafe_link": "restore",
    "link_leaves": "restore",
    "table_rows_left_out": "backup",
}


def texts(code: str) -> list[str]:
    """Return the texts of a code and of its problems, in both languages."""
    return [*TEXTS[code], *(text for problem in PROBLEMS.get(code, {}).values() for text in problem)]


def named(code: str) -> Iterator[tuple[str, str]]:
    """Yield the options and values that the texts of a code name, in both languages."""
    for text in texts(code):
        for field in string.Formatter().parse(text):
            if field[1] and field[1].startswith("o["):
                name, _colon, value = field[1][2:-1].partition(": ")
                yield name, value


def taken(option: Mapping[str, Any], value: str) -> bool:
    """Return whether a value is valid for an option."""
    if not value:
        return True
    if value.startswith("("):
        items = [item for item in value.strip("()").split(", ") if item]
        return option["type"] == "list" and set(items) <= set(option.get("choices", items))
    if option["type"] == "bool":
        return value in ("true", "false")
    return value in option["choices"] if "choices" in option else option["type"] == "str"


@functools.cache
def imported(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """Return the engine's modules that a module imports, and the strings in it."""
    tree = ast.parse(MODULES[name].read_text(encoding="utf-8"))
    package = name.split("/")[:-1]
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
            path = "/".join(part for part in base if part)
            found |= {path, *(f"{path}/{each.name}".lstrip("/") for each in node.names)}
    texts = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return frozenset(found & MODULES.keys()), frozenset(texts)


@functools.cache
def reachable(verb: str) -> frozenset[str]:
    """Return the codes in all modules that a verb imports, which include all codes that it can raise."""
    todo, seen, codes = [f"_verbs/{verb}_" if verb == "import" else f"_verbs/{verb}"], set(), set()
    while todo:
        name = todo.pop()
        if name not in seen and not name.startswith("_texts"):
            seen.add(name)
            files, texts = imported(name)
            todo += files
            codes |= texts
    return frozenset(codes & TEXTS.keys())


def test_an_option_that_a_text_names_is_one_of_a_verb_that_says_it() -> None:
    wrong = []
    for code in TEXTS:
        able = [verb for verb in VERBS if code in reachable(verb)]
        verbs = [SPEAKS_OF[code]] if code in SPEAKS_OF else able or VERBS
        for name, value in named(code):
            if not any(name in SPECS[verb] and taken(SPECS[verb][name], value) for verb in verbs):
                wrong.append(f"{code}: {name}: {value} is taken by none of {verbs}")
    assert wrong == []


#: Codes of restores in modules that the import uses, but which it never raises.
NOT_OF_IMPORTS = {"target_not_empty", "restore_target_full"}


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_a_verb_takes_the_values_that_its_texts_recommend(verb: str) -> None:
    codes = reachable(verb) - (NOT_OF_IMPORTS if verb == "import" else set())
    wrong = [
        (code, name, value)
        for code in codes
        for name, value in named(code)
        if name in SPECS[verb] and not taken(SPECS[verb][name], value)
    ]
    assert wrong == []


def test_an_import_has_texts_of_its_own_for_what_is_not_empty() -> None:
    texts = imported("_engine/import_data")[1]
    assert {"import_not_empty", "import_target_full"} <= texts
    assert not texts & NOT_OF_IMPORTS


def test_no_text_names_an_option_as_plain_words() -> None:
    """Such a text would name an option that is not a variable in playbooks."""
    wrong = []
    for code in TEXTS.keys() - EXAMPLES:
        for text in texts(code):
            plain = re.sub(r"\{[^}]*\}", "", text)
            words = set(re.findall(r"(?<![\w./-])[a-z]+(?:_[a-z]+)+(?![\w/-])", plain)) - PROGRAMS
            words |= set(re.findall(r"\b([a-z]+): (?:true|false|[a-z]+\b[.,;)])", plain))
            wrong += [f"{code}: {name}" for name in words & OPTIONS]
    assert wrong == []


@pytest.mark.parametrize(
    ("code", "option", "variable", "in_json"),
    [
        (
            "target_written",
            "if_not_empty: replace",
            "ticketz_if_not_empty: replace",
            '"if_not_empty": "replace"',
        ),
        ("unsafe_link", "force: true", "ticketz_force: true", '"force": true'),
        (
            "redis_not_switched",
            "components: [redis]",
            "ticketz_components: [redis]",
            '"components": ["redis"]',
        ),
        ("redis_left_out", "redis_keys: []", "ticketz_redis_keys: []", '"redis_keys": []'),
        ("key_missing", "Set encryption_key or", "Set ticketz_encryption_key or", "Set encryption_key or"),
        ("application_unhealthy", "state: undone", "ticketz_state: undone", '"state": "undone"'),
    ],
)
def test_each_reader_is_told_what_it_writes(code: str, option: str, variable: str, in_json: str) -> None:
    facts = dict.fromkeys(
        [field for text in TEXTS[code] for field in re.findall(r"\{(\w+)\}", text)], "something"
    )
    facts["problem"] = next(iter(PROBLEMS.get(code, [""])))
    assert option in render(code, facts, "en")
    assert option in render(code, facts, Reader("en"))
    assert variable in render(code, facts, Reader("en", "ticketz_"))
    assert in_json in render(code, facts, Reader.of_file("en", None))
    assert variable in render(code, facts, Reader.of_file("en", "ticketz_"))
    if ":" in option:
        assert variable in render(code, facts, Reader("pt", "ticketz_"))


def test_a_cause_is_said_to_the_same_reader() -> None:
    cause = Notice("key_missing", path="/b", fingerprint="ab")
    said = Notice("redis_not_kept", cause=cause).text(Reader("pt", "ticketz_"))
    assert "ticketz_encryption_key_file" in said


def test_an_option_among_the_facts_is_called_the_same() -> None:
    said = Notice("option_invalid", option="directories", value="x", cause="y")
    assert "option ticketz_directories can't" in said.text(Reader("en", "ticketz_"))
    assert "option directories can't" in said.text("en")


def test_a_reader_is_a_language_to_everything_else() -> None:
    assert Reader("pt", "ticketz_") == "pt"
    assert json.dumps({"language": Reader("pt", "ticketz_")}) == '{"language": "pt"}'
