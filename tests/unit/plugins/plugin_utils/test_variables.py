# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of variables: those of the collection are accepted, and misspelt ones are detected."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from ansible_collections.ticketz.sidekick.plugins.plugin_utils._variables import (
    LEFT,
    OWN,
    PLAYBOOKS,
    ROLES,
    module_variables,
    role_variables,
    unknown,
)

ROOT = ROLES.parent
ALL = sorted(path.name for path in ROLES.iterdir())


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("schedule_mail_too", "schedule_mail_to"),
        ("ticketz_keep_dayly", "ticketz_keep_daily"),
        ("ticketz_quiesc", "ticketz_quiesce"),
        ("backup_verfy", "backup_verify"),
        ("offsite_target", "offsite_targets"),
        ("monitoring_stat", "monitoring_state"),
        ("disaster_recovery_form", "disaster_recovery_from"),
        # an option of a module without a role
        ("ticketz_public_archiv", "ticketz_public_archive"),
        ("ticketz_awx_project_ulr", "ticketz_awx_project_url"),
        # an option without the prefix
        ("backup_dir", "ticketz_backup_dir"),
        ("backup_keep_daily", "ticketz_keep_daily"),
        ("ticketz_mail_to", "schedule_mail_to"),
        ("ticketz_schedule_mail_to", "schedule_mail_to"),
        # a misspelt prefix with a correct name
        ("tickets_keep_weekly", "ticketz_keep_weekly"),
        ("ticket_backup_dir", "ticketz_backup_dir"),
        ("Ticketz_backup_dir", "ticketz_backup_dir"),
        ("shedule_mail_to", "schedule_mail_to"),
        ("ticketz_zzzzqqqq", None),
    ],
)
def test_a_misspelt_name_is_found(written: str, meant: str | None) -> None:
    (found,) = unknown([written, "ticketz_backup_dir", "inventory_hostname"], ALL)
    assert (found.name, found.similar) == (written, meant)


@pytest.mark.parametrize(
    "name",
    [
        "ansible_host",
        "vault_ticketz_encryption_key",
        "__ticketz_reached",
        "ticket_system_url",
        "tickets",
        "ticketz",
        "monitor_host",
        "groups",
        "web_backup_dir",
    ],
)
def test_names_of_others_are_left_alone(name: str) -> None:
    assert unknown([name], ALL) == []


def test_the_users_own_names_are_left_alone() -> None:
    names = ["backup_server", "ticketz_mine_a", "ticketz_mine_b", "ticketz_minf"]
    assert [each.name for each in unknown(names, ALL, ["backup_server", "ticketz_mine_*"])] == [
        "ticketz_minf"
    ]


def test_names_that_begin_like_another_role_are_left_alone() -> None:
    assert unknown(["monitoring_server", "restore_point"], ["backup", "runtime"]) == []


@pytest.mark.parametrize("role", ALL)
def test_everything_that_a_role_takes_is_known(role: str) -> None:
    assert unknown(role_variables(role), ALL) == []


def test_everything_that_a_module_without_a_role_takes_is_known() -> None:
    for module in ("import", "export", "fix_sequences", "stack_info"):
        assert unknown(module_variables(module), ALL) == []


def used(pattern: str, *folders: str) -> set[str]:
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.y*ml")]
    return {name for path in files for name in re.findall(pattern, path.read_text(encoding="utf-8"), re.M)}


def set_by(found: Any) -> Iterator[str]:
    """Yield the names of facts and registered results of tasks."""
    if isinstance(found, list):
        for item in found:
            yield from set_by(item)
    elif isinstance(found, dict):
        yield from found.get("ansible.builtin.set_fact", {})
        yield from [found["register"]] if "register" in found else []
        for item in found.values():
            yield from set_by(item)


def test_what_playbooks_and_roles_leave_on_a_host_is_known() -> None:
    """Another playbook of the same run finds these variables, and must not report them as misspelt."""
    files = [
        path
        for folder in ("playbooks", "roles/*/tasks")
        for path in ROOT.glob(f"{folder}/**/*.yml")
        if "vars" not in path.parts
    ]
    left = {name for path in files for name in set_by(yaml.safe_load(path.read_text(encoding="utf-8")))}
    assert {"__runtime_python", "ticketz_outcome", "ticketz_info", "backup_result"} <= left
    assert unknown(left, ALL) == []


def test_what_the_heads_of_playbooks_name_is_known() -> None:
    named = used(r"^#.*?\b(ticketz_\w+|(?:%s)_\w+)" % "|".join(ALL), "playbooks")
    assert {"ticketz_hosts", "ticketz_awx_project_url"} <= named
    assert unknown(named, ALL) == []


def test_what_playbooks_alone_take_is_used() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "playbooks").rglob("*.yml"))
    assert {name for name in (PLAYBOOKS | LEFT) - {OWN} if not re.search(rf"\b{name}\b", text)} == set()


def test_variables_of_the_examples_are_known() -> None:
    groups = {"ticketz_classic", "ticketz_docker"}
    assert unknown(used(r"^ *(\w+):", "examples") - groups, ALL) == []


def test_variables_in_pages_are_known() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    fences = [
        fence
        for page in pages
        for fence in re.findall(r"^```yaml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S)
    ]
    names = {name for fence in fences for name in re.findall(r"^ *(ticketz_\w+|schedule_\w+):", fence, re.M)}
    assert len(names) > 20
    assert unknown(names, ALL) == []
