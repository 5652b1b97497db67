# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects that the playbook awx creates match the playbooks, roles and modules."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PLAYBOOKS = {path.stem for path in (ROOT / "playbooks").glob("*.yml")}
#: type of a survey's question → types of variables
KINDS = {
    "text": {"str", "path"},
    "integer": {"int"},
    "multiplechoice": {"str", "bool"},
    "multiselect": {"list"},
}
#: Variables that are named in a playbook's head, but not in its survey: rules that belong to the inventory, and rare ones.
NOT_ASKED = {
    "backup": {"ticketz_keep_daily", "ticketz_keep_weekly", "ticketz_keep_monthly"},
    "site": {"monitoring_state"},
    # A file on the controller would be lost, because AWX runs playbooks in temporary containers.
    "status": {"ticketz_page"},
    "*": {"ticketz_poll"},
}
#: Variables of playbooks, which are not options of modules or roles.
OF_PLAYBOOKS = {
    "ticketz_hosts": {"type": "str"},
    "ticketz_time_limit": {"type": "int"},
    "ticketz_fail_on_problems": {"type": "bool", "choices": ["true", "false"]},
}


class _Loader(yaml.SafeLoader):
    """Loads YAML with Ansible's tags."""


_Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def load(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)


DATA = load(ROOT / "playbooks" / "vars" / "awx.yml")
TEMPLATES = {template["playbook"]: template for template in DATA["__ticketz_awx_templates"]}


def options() -> dict[str, dict[str, Any]]:
    """Return all variables: those of the roles, and the modules' options."""
    found: dict[str, dict[str, Any]] = {}
    for path in (ROOT / "plugins" / "modules").glob("*.py"):
        text = re.search(r'^DOCUMENTATION = r"""\n(.*?)^"""', path.read_text(encoding="utf-8"), re.M | re.S)
        assert text, path
        for name, facts in yaml.safe_load(text.group(1))["options"].items():
            # The same option may have more choices in one module than in another.
            known = found.setdefault(f"ticketz_{name}", dict(facts))
            if known.get("choices"):
                known["choices"] = [*known["choices"], *facts.get("choices", ())]
    for path in (ROOT / "roles").glob("*/meta/argument_specs.yml"):
        for entry in load(path)["argument_specs"].values():
            for name, facts in entry["options"].items():
                found[name] = {**found.get(name, {}), **facts}
    return {**found, **OF_PLAYBOOKS}


OPTIONS = options()


def head(playbook: str) -> set[str]:
    """Return the variables that the comment at the beginning of a playbook names for surveys."""
    text = (ROOT / "playbooks" / f"{playbook}.yml").read_text(encoding="utf-8")
    section = text.partition("# Good questions for a survey:\n")[2].partition("# Everything else")[0]
    names: set[str] = set()
    for line in section.splitlines():
        first = re.match(r"#   ((?:\w+_\w+(?:, )?)+)", line)
        names |= set(re.findall(r"\w+_\w+", first.group(1))) if first else set()
        names |= set(re.findall(r"; (ticketz_\w+):", line))
    return names


def questions(playbook: str) -> list[dict[str, Any]]:
    return [*DATA["__ticketz_awx_questions"], *TEMPLATES[playbook]["survey"]]


def test_every_playbook_has_a_template_and_a_file_in_the_example() -> None:
    assert set(TEMPLATES) == PLAYBOOKS - {"awx"}
    files = {path.stem: load(path) for path in (ROOT / "examples" / "awx").glob("*.yml")}
    found = {
        name: plays[0]["ansible.builtin.import_playbook"]
        for name, plays in files.items()
        if isinstance(plays, list)
    }
    assert found == {name: f"ticketz.sidekick.{name}" for name in TEMPLATES}


@pytest.mark.parametrize("playbook", sorted(TEMPLATES))
def test_a_survey_asks_for_what_the_head_names(playbook: str) -> None:
    """Except secrets, which belong in credentials, and lists, which surveys do not support."""
    asked = {question["variable"] for question in questions(playbook)}
    assert asked <= head(playbook)
    others = head(playbook) - asked - NOT_ASKED.get(playbook, set()) - NOT_ASKED["*"]
    for name in others:
        facts = OPTIONS[name]
        assert facts.get("no_log") or facts["type"] in ("list", "dict"), name


@pytest.mark.parametrize("playbook", sorted(TEMPLATES))
def test_answers_are_what_the_variables_take(playbook: str) -> None:
    for question in questions(playbook):
        facts = OPTIONS[question["variable"]]
        assert facts["type"] in KINDS[question["type"]], question
        assert not facts.get("no_log"), question
        choices = question.get("choices")
        if facts.get("choices"):
            assert choices and set(choices) <= set(facts["choices"]), question
        if "default" in question and choices:
            assert set(str(question["default"]).splitlines()) <= set(choices), question


def test_a_credential_gives_what_is_secret() -> None:
    """Each secret text variable has a separate credential type, because an empty value would override the inventory's."""
    for kind in DATA["__ticketz_awx_credential_types"]:
        (injected,) = kind["injected"].items()
        assert injected == (injected[0], "{{ %s }}" % kind["field"])
        assert OPTIONS[injected[0]]["no_log"], injected
    given = {name for kind in DATA["__ticketz_awx_credential_types"] for name in kind["injected"]}
    secret = {name for name, facts in OPTIONS.items() if facts.get("no_log") and facts["type"] == "str"}
    assert given == secret


def test_schedules_answer_what_is_asked() -> None:
    by_name = {template["name"]: template for template in TEMPLATES.values()}
    for schedule in DATA["__ticketz_awx_schedules"]:
        asked = {question["variable"]: question for question in by_name[schedule["template"]]["survey"]}
        for name, value in schedule["answers"].items():
            assert value in asked[name]["choices"]
    rules = {
        schedule["rule"] for schedule in DATA["__ticketz_awx_schedules"] if schedule["template"] == "Back up"
    }
    assert rules == {"FREQ=DAILY;INTERVAL=1", "FREQ=WEEKLY;INTERVAL=1;BYDAY=SU"}
