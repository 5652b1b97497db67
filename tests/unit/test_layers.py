# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packages import only from lower layers, and there are no circular imports."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent / "plugins" / "module_utils"
#: From top to bottom. docs/design.md describes the purpose of each layer.
LAYERS = (
    "_module",
    "_runner",
    "_page",
    "_verbs",
    "_engine",
    "_sources",
    "_components",
    "_options",
    "_offsite",
    "_swap",
    "_stack",
    "_postgres",
    "_archive",
    "_run",
    "_store",
    "_worker_pool",
    "_pagecache",
    "_environment",
    "_outcome",
    "_os_errors",
    "_libraries",
    "_errors",
    "_texts",
    "_reader",
    "_version",
)


def modules() -> dict[str, Path]:
    """Return all modules: name below module_utils → file."""
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name: str, path: Path, known: dict[str, Path], *, nested: bool) -> Iterator[str]:
    """Yield the modules that a module imports.

    :param nested: include imports within functions, and imports only for types.
    """
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree) if nested else tree.body:
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = package[: len(package) - node.level + 1] + (node.module.split(".") if node.module else [])
        for alias in node.names:
            # The imported name is a module of the package, or an object in the package.
            whole = ".".join([*base, alias.name])
            yield whole if whole in known else ".".join(base)


def test_each_package_has_its_place() -> None:
    assert {name.split(".")[0] for name in modules() if name} == set(LAYERS)


def test_imports_run_downwards() -> None:
    known = modules()
    upwards = [
        f"{name} imports {other}"
        for name, path in known.items()
        for other in imports(name, path, known, nested=True)
        if LAYERS.index(name.split(".")[0]) > LAYERS.index(other.split(".")[0])
    ]
    assert upwards == []


def test_no_module_comes_back_to_itself() -> None:
    known = modules()
    graph = {name: set(imports(name, path, known, nested=False)) - {name} for name, path in known.items()}
    graphlib.TopologicalSorter(graph).prepare()
