# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of plays and tasks begin with an ordinary verb, so that a run's log can be understood without the sources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]

#: Verbs with which a name may begin. A new verb must be common in Ansible's documentation.
WORDS = """
Accept Add Back Break Build Cancel Change Check Choose Clean Close Compare Configure Copy Create Damage
Delete Drill Drop Empty Enable Ensure Export Fail Fetch Fill Find Flip Gather Hide Import Insert
Inspect Install Kill Link List Load Lock Mark Mount Move Open Pack Plan Play Prepare Print Prune
Publish Pull Query Read Receive Record Recover Refuse Release Reload Remove Replace Request Restore
Restrict Resume Retrieve Rotate Run Schedule Search Send Serve Set Skip Start Stat Stop Tag Test
Truncate Undo Unmount Unpack Unpin Update Use Verify Wait Write
"""
VERBS = frozenset(WORDS.split())
#: The tasks file for all failures, which leaves the reason to the summary.
FAIL = {"name": "ticketz.sidekick.runtime", "tasks_from": "fail"}

FILES = sorted(
    path
    for folder in ("playbooks", "roles", "examples", "tests/integration/targets")
    for path in (ROOT / folder).rglob("*.yml")
    if folder in ("playbooks", "examples") or {"tasks", "handlers"} & set(path.parts)
)


class Loader(yaml.SafeLoader):
    """Loads YAML with encrypted values as text."""


Loader.add_multi_constructor("!", lambda loader, suffix, node: str(node.value))


def named(node: Any) -> Iterator[dict[str, Any]]:
    """Yield all plays, blocks and tasks in a file that have a name."""
    for item in node if isinstance(node, list) else []:
        if isinstance(item, dict) and "name" in item:
            yield item
            for part in ("pre_tasks", "tasks", "post_tasks", "handlers", "block", "rescue", "always"):
                yield from named(item.get(part))


def items(folder: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in FILES:
        if path.is_relative_to(ROOT / folder):
            for item in named(yaml.load(path.read_text(encoding="utf-8"), Loader)):
                yield str(path.relative_to(ROOT)), item


@pytest.mark.parametrize("folder", ["playbooks", "roles", "examples", "tests/integration/targets"])
def test_names_begin_with_an_ordinary_verb(folder: str) -> None:
    found = [(path, item["name"]) for path, item in items(folder)]
    assert found
    assert [(path, name) for path, name in found if name.split()[0].rstrip(",") not in VERBS] == []


@pytest.mark.parametrize(
    "page",
    [
        *(path for path in (ROOT / "docs").glob("*.md") if path.suffixes != [".pt", ".md"]),
        *(ROOT / "plugins" / "modules").glob("*.py"),
        ROOT / "README.md",
        ROOT / "examples" / "README.md",
    ],
    ids=lambda page: page.name,
)
def test_examples_have_such_names(page: Path) -> None:
    found = re.findall(r"(?m)^ *- name: ([A-Z].*)$", page.read_text(encoding="utf-8"))
    assert [name for name in found if name.split()[0] not in VERBS] == []


@pytest.mark.parametrize("folder", ["playbooks", "roles"])
def test_what_fails_says_when(folder: str) -> None:
    failing = [
        (path, item["name"])
        for path, item in items(folder)
        if item.get("ansible.builtin.include_role") == FAIL
    ]
    assert failing
    assert [(path, name) for path, name in failing if not name.startswith(("Fail if ", "Fail with "))] == []


@pytest.mark.parametrize("name", ["Have a directory", "Look for it", "Tell", "Let systemd know"])
def test_other_words_are_found(name: str) -> None:
    assert name.split()[0] not in VERBS


def test_tasks_that_tests_wait_for_are_there() -> None:
    """Some tests kill a run when a task of a role has begun, which they recognize by its name."""
    waited = {
        found
        for path in (ROOT / "tests" / "integration" / "targets").rglob("*.yml")
        for found in re.findall(r'_phase: "(\w+) : ([^"]+)"', path.read_text(encoding="utf-8"))
    }
    assert waited
    for role, name in waited:
        texts = [path.read_text(encoding="utf-8") for path in (ROOT / "roles" / role / "tasks").glob("*.yml")]
        assert any(f"- name: {name}\n" in text for text in texts), (role, name)
