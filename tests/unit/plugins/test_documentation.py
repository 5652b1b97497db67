# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation matches the modules: options, fragments, examples, results."""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.ticketz.sidekick.plugins.module_utils._options import specs
from ansible_collections.ticketz.sidekick.plugins.module_utils._outcome import Outcome
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.options import validate
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.verbs import VERBS, load

ROOT = Path(__file__).resolve().parents[3]
PLUGINS = "ansible_collections.ticketz.sidekick.plugins"
NAMESPACE = "ticketz.sidekick."
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
FRAGMENTS = sorted(path.stem for path in (ROOT / "plugins" / "doc_fragments").glob("*.py"))
#: fragment → its option group
GROUPS = {
    "audit": specs.audit_options,
    "database": specs.database_options,
    "key": specs.key_options,
    "file": specs.file_options,
    "messages": specs.message_options,
    "plain": specs.plain_options,
    "stack": specs.stack_options,
}
NO_GROUP = {"attributes"}


def fragment(name: str) -> dict[str, Any]:
    source = importlib.import_module(f"{PLUGINS}.doc_fragments.{name}").ModuleDocFragment.DOCUMENTATION
    return dict(yaml.safe_load(source))


def module(name: str) -> Any:
    return importlib.import_module(f"{PLUGINS}.modules.{name}")


def documentation(name: str) -> dict[str, Any]:
    """Return the module's documentation, including its fragments."""
    found: dict[str, Any] = yaml.safe_load(module(name).DOCUMENTATION)
    options = {}
    attributes: dict[str, Any] = {}
    for used in found["extends_documentation_fragment"]:
        part = fragment(used[len(NAMESPACE) :])
        options.update(part["options"])
        attributes.update(part.get("attributes", {}))
    clash = set(options) & set(found.get("options", {}))
    assert not clash, "documented twice"
    merged = {key: {**value, **found["attributes"].get(key, {})} for key, value in attributes.items()}
    return {**found, "options": {**options, **found.get("options", {})}, "attributes": merged}


def shape(option: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties that documentation and argument spec have in common."""
    choices = option.get("choices")
    return {
        "type": option.get("type"),
        "elements": option.get("elements"),
        "required": bool(option.get("required", False)),
        "default": option.get("default"),
        "choices": None if choices is None else list(choices),
    }


def shapes(options: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: shape(option) for name, option in options.items()}


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], tuple[dict[str, Any], Callable[..., Outcome]]]:
    """``called("ticketz_backup")``: the argument spec and the function that this module passes to the runner."""

    def call(name: str) -> tuple[dict[str, Any], Callable[..., Outcome]]:
        calls: list[tuple[Any, ...]] = []
        monkeypatch.setattr(module(name), "run_module", lambda *given: calls.append(given))
        module(name).main()
        ((spec, run),) = calls
        return dict(spec), run

    return call


def test_each_verb_has_a_module_and_each_module_a_verb() -> None:
    assert sorted(f"ticketz_{verb}" for verb in VERBS) == MODULES


def test_each_option_group_has_a_fragment_and_each_fragment_a_group() -> None:
    functions = {name for name in vars(specs) if name.endswith("_options")}
    assert {group.__name__ for group in GROUPS.values()} == functions
    assert sorted([*GROUPS, *NO_GROUP]) == FRAGMENTS


@pytest.mark.parametrize("name", sorted(GROUPS))
def test_a_fragment_documents_its_group(name: str) -> None:
    assert shapes(fragment(name)["options"]) == shapes(GROUPS[name]())


@pytest.mark.parametrize("name", MODULES)
def test_a_module_documents_what_it_takes(
    name: str, called: Callable[[str], tuple[dict[str, Any], Callable[..., Outcome]]]
) -> None:
    spec, run = called(name)
    verb = load(name[len("ticketz_") :])
    assert (spec, run) == (verb.spec, verb.run)
    assert shapes(documentation(name)["options"]) == shapes(spec)


@pytest.mark.parametrize("name", MODULES)
def test_groups_are_used_as_they_are(name: str) -> None:
    """A module with one option of a group has all of them, and uses the group's fragment."""
    found = yaml.safe_load(module(name).DOCUMENTATION)
    spec = load(name[len("ticketz_") :]).spec
    for group, options in GROUPS.items():
        whole = set(options()) <= set(spec)
        assert whole == (NAMESPACE + group in found["extends_documentation_fragment"]), group


@pytest.mark.parametrize("name", MODULES)
def test_secrets_are_not_logged(name: str) -> None:
    secrets = {"login_password", "encryption_key", "redis_url"}
    spec = load(name[len("ticketz_") :]).spec
    assert {option for option, facts in spec.items() if facts.get("no_log")} == secrets & set(spec)
    for option, facts in spec.items():
        if re.search("pass|key|secret|token|url", option):
            assert "no_log" in facts, f"{option}: say whether it is a secret"


@pytest.mark.parametrize("name", MODULES)
def test_every_option_is_explained(name: str) -> None:
    for option, facts in documentation(name)["options"].items():
        described = facts["description"]
        assert isinstance(described, list) and all(line.endswith((".", ")")) for line in described), option


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_what_the_module_takes(name: str) -> None:
    tasks = yaml.safe_load(module(name).EXAMPLES)
    used = [task[NAMESPACE + name] for task in tasks if NAMESPACE + name in task]
    assert used
    spec = load(name[len("ticketz_") :]).spec
    for given in used:
        validate(spec, given, verb=name, source="EXAMPLES")
    for task in tasks:
        assert task["name"][0].isupper()


@pytest.mark.parametrize("name", MODULES)
def test_references_lead_somewhere(name: str) -> None:
    text = module(name).DOCUMENTATION + module(name).RETURN
    for other in re.findall(r"M\(ticketz\.sidekick\.(\w+)\)|module: ticketz\.sidekick\.(\w+)", text):
        assert "".join(other) in MODULES
    options = documentation(name)["options"]
    for option, value in re.findall(r"O\((\w+)(?:=([^)]*))?\)", text):
        assert option in options
        choices = options[option].get("choices")
        if value and choices:
            assert value in choices


def test_all_modules_share_their_defaults() -> None:
    found = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert sorted(found["action_groups"]["ticketz"]) == MODULES


@pytest.mark.parametrize("name", MODULES)
def test_attributes_are_true(name: str) -> None:
    attributes = documentation(name)["attributes"]
    assert attributes["check_mode"]["support"] == "full"
    # The documentation declares diff support if the verb returns a diff.
    hands_over = '"before"' in inspect.getsource(importlib.import_module(load(name[8:]).run.__module__))
    assert attributes["diff_mode"]["support"] == ("full" if hands_over else "none")
    assert attributes["action_group"]["membership"] == ["ticketz.sidekick.ticketz"]


@pytest.mark.parametrize("name", MODULES)
def test_every_result_is_explained(name: str) -> None:
    def check(results: Mapping[str, Any], path: str) -> None:
        for key, facts in results.items():
            where = f"{path}.{key}"
            assert {"description", "returned", "type"} <= set(facts), where
            assert "sample" in facts or "contains" in facts, where
            check(facts.get("contains", {}), where)

    found = yaml.safe_load(module(name).RETURN)
    assert {"warning_codes", "error"} <= set(found)
    check(found, name)
