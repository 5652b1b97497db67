# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles' argument specs match their variables, and the modules' options."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.ticketz.sidekick.tools import write_argument_specs, write_role_pages

ROOT = Path(__file__).resolve().parents[2]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir() if path.is_dir())
PREFIX = "ticketz_"


def load(role: str, name: str) -> dict[str, Any]:
    path = ROOT / "roles" / role / name
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found or {}


def own(role: str) -> dict[str, Any]:
    """Return the variables of the role's entry point main that are not options of modules."""
    options = load(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    return {name: facts for name, facts in options.items() if not name.startswith(PREFIX)}


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_what_is_documented(role: str) -> None:
    documented = {name: facts["default"] for name, facts in own(role).items() if "default" in facts}
    assert load(role, "defaults/main.yml") == documented
    assert {
        name for name, facts in own(role).items() if "default" not in facts and not facts.get("required")
    } == set()


@pytest.mark.parametrize("role", ROLES)
def test_variables_bear_the_name_of_the_role(role: str) -> None:
    assert {name for name in own(role) if not name.startswith(f"{role}_")} == set()


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_is_used(role: str) -> None:
    tasks = "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("tasks", "templates", "handlers")
        for path in (ROOT / "roles" / role / folder).rglob("*")
        if path.is_file()
    )
    assert {name for name in own(role) if not re.search(rf"\b{name}\b", tasks)} == set()


@pytest.mark.parametrize("role", sorted(write_argument_specs.ROLES))
def test_the_modules_options_are_up_to_date(role: str) -> None:
    path = ROOT / "roles" / role / "meta" / "argument_specs.yml"
    assert path.read_text(encoding="utf-8") == write_argument_specs.written(role), (
        "run tools/write_argument_specs.py"
    )


def test_the_pages_are_up_to_date() -> None:
    assert write_role_pages.roles() == ROLES
    assert write_role_pages.stale() == [], "run tools/write_role_pages.py"


def test_the_runtime_has_what_the_modules_need() -> None:
    lines = (ROOT / "requirements" / "runtime.txt").read_text(encoding="utf-8").splitlines()
    needed = [line.partition("#")[0].strip() for line in lines]
    assert load("runtime", "defaults/main.yml")["runtime_packages"] == [line for line in needed if line]
