# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The target ``stories`` runs each playbook on the page of stories, from the page's text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.tests.support.pages import files, playbooks

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "stories.md"
TASKS = ROOT / "tests" / "integration" / "targets" / "stories" / "tasks"


def test_each_playbook_is_run_by_a_story() -> None:
    told = {
        name
        for path in TASKS.glob("*.yml")
        for name in re.findall(r"\bplay: ([\w-]+\.yml)", path.read_text(encoding="utf-8"))
    }
    there = {*playbooks(PAGE), *playbooks(ROOT / "docs" / "selective-restore.md")}
    assert len(there) > 5
    assert there == told


def test_each_block_of_yaml_has_a_name() -> None:
    blocks = re.findall(r"^ *```(?:yaml|ini)\n", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(files(PAGE)) == len(blocks)


def test_files_are_taken_letter_by_letter(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "`one.yml`, a play:\n\n```yaml\n- name: X\n  hosts: é\n```\n\n`name` may be:\n\n```yaml\n- a\n```\n\n"
        "`group_vars/all.yml`:\n\n```yaml\nb:  1 \n```\n",
        encoding="utf-8",
    )
    assert files(page) == {"one.yml": "- name: X\n  hosts: é\n", "group_vars/all.yml": "b:  1 \n"}
    assert playbooks(page) == ["one.yml"]
    page.write_text(page.read_text(encoding="utf-8") * 2, encoding="utf-8")
    with pytest.raises(ValueError, match=r"one\.yml twice"):
        files(page)
