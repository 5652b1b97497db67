# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All messages that list objects use the same function, which names the first ones and the number of the others."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import MOST_NAMED, TEXTS, listed

ROOT = Path(__file__).resolve().parents[3] / "plugins" / "module_utils"
FILES = sorted(path for path in ROOT.rglob("*.py") if "_texts" not in path.parts)


def is_join(node: ast.expr) -> bool:
    """Return whether an expression joins names, like ``", ".join(names)``, with or without ``or "-"``."""
    if isinstance(node, ast.BoolOp):
        return any(map(is_join, node.values))
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "join"
        and isinstance(node.func.value, ast.Constant)
        and node.func.value.value == ", "
        # Constants of the program are not lists of objects.
        and not (isinstance(node.args[0], ast.Name) and node.args[0].id.isupper())
    )


def is_cut(part: ast.expr) -> bool:
    """Return whether a slice takes the first items of a list; not a single one, nor a batch from the middle."""
    if not isinstance(part, ast.Slice) or part.lower is not None or part.upper is None:
        return False
    return not (isinstance(part.upper, ast.Constant) and part.upper.value == 1)


def own_cuts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield the places where a message's facts are lists that are shortened in another way, or not at all."""
    for function in ast.walk(tree):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        written = {
            target.id
            for node in ast.walk(function)
            if isinstance(node, ast.Assign) and is_join(node.value)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(function):
            if not isinstance(node, ast.Call):
                continue
            about = [arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)]
            if about and about[0] in TEXTS:
                for fact in node.keywords:
                    if is_join(fact.value) or (isinstance(fact.value, ast.Name) and fact.value.id in written):
                        yield node.lineno, f"{about[0]}: {fact.arg} is not listed()"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (is_join(node) or getattr(node.func, "id", "") == "listed"):
            for part in ast.walk(node.args[0]):
                if isinstance(part, ast.Subscript) and is_cut(part.slice):
                    yield node.lineno, "a list of names is cut by itself"
        if isinstance(node, ast.JoinedStr) and any(
            "(+" in str(part.value) for part in node.values if isinstance(part, ast.Constant)
        ):
            yield node.lineno, "the number of the rest is said by itself"


def test_no_list_is_cut_in_a_way_of_its_own() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for path in FILES
        if path.name != "_errors.py"
        for line, what in own_cuts(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found


@pytest.mark.parametrize(
    "wrong",
    [
        'def f(names):\n    raise HostError("directories_unplaced", names=", ".join(names))',
        'def f(names):\n    shown = ", ".join(names) or "-"\n    notices.append(Notice("content_kept", paths=shown))',
        'def f(names):\n    return ", ".join(name for name in names[:5])',
        "def f(names):\n    return listed(names[:7])",
        'def f(names):\n    return f"{names[0]} (+{len(names) - 1})"',
    ],
)
def test_a_cut_of_its_own_is_found(wrong: str) -> None:
    assert len(list(own_cuts(ast.parse(wrong)))) >= 1


@pytest.mark.parametrize(("count", "rest"), [(10, ""), (11, ", … (+1)"), (2000, ", … (+1990)")])
def test_the_first_ten_are_enough_where_the_number_is_known(count: int, rest: str) -> None:
    assert listed(range(MOST_NAMED), count) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9" + rest
