# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs verbs like modules and the runner, and compares every result with its documentation."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import yaml

from ansible_collections.ticketz.sidekick.plugins.module_utils._outcome import Outcome
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.options import validate
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.report import report
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.verbs import load

MODULES = "ansible_collections.ticketz.sidekick.plugins.modules."
TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "dict": (dict,),
    "list": (list, tuple),
}
#: Return values that only the Ansible module adds.
BY_ANSIBLE = {"warning_codes", "error"}


def login(server: Any, database: str | None = None, **changes: Any) -> dict[str, Any]:
    """Return the login options for a database of the fixtures, or for another one on the same server."""
    return {
        "login_host": server.host,
        "login_port": server.port,
        "login_user": server.user,
        "login_password": server.password,
        "login_db": database or getattr(server, "name", None) or server.database,
        **changes,
    }


def run(verb: str, *, check: bool = False, **options: Any) -> Outcome:
    """Run a verb; its results must be as documented, and its report must exist in both languages."""
    found = load(verb)
    outcome = found.run(validate(found.spec, options, verb=verb, source="test"), check)
    conforms(outcome.results, documented(verb), verb)
    for language in ("en", "pt"):
        assert report(verb, outcome, check=check, language=language)
    return outcome


def documented(verb: str) -> dict[str, Any]:
    """Return a module's documentation of its results."""
    found = yaml.safe_load(importlib.import_module(f"{MODULES}ticketz_{verb}").RETURN)
    return {name: facts for name, facts in found.items() if name not in BY_ANSIBLE}


def conforms(results: Mapping[str, Any], described: Mapping[str, Any], path: str) -> None:
    """Compare results with their documentation."""
    assert not set(results) - set(described), f"{path}: not documented"
    for name, facts in described.items():
        where = f"{path}.{name}"
        if name not in results:
            assert facts["returned"] not in ("always", "success"), f"{where}: documented, not returned"
            continue
        value = results[name]
        if value is None:
            continue
        assert isinstance(value, TYPES[facts["type"]]), f"{where}: {value!r}"
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if "contains" in facts:
                conforms(item, facts["contains"], where)
            elif facts["type"] == "list":
                assert isinstance(item, TYPES[facts["elements"]]), where
