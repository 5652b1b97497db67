# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation's pages: playbooks match the modules, links and names exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import TEXTS
from ansible_collections.ticketz.sidekick.plugins.plugin_utils._variables import PLAYBOOKS

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "ticketz.sidekick."
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
ALL_PAGES = [
    *PAGES,
    ROOT / "CONTRIBUTING.md",
    ROOT / "TESTING.md",
    *sorted((ROOT / "roles").glob("*/README.md")),
]
#: Pages for users. Each word in code style that looks like a name of this collection must be one.
USER_PAGES = [ROOT / "README.md", *(ROOT / "docs" / name for name in ("guide.md", "limits.md"))]
USER_PAGES += [ROOT / "docs" / name for name in ("from-the-old-sidekick.md", "LEIAME.pt.md", "runner.md")]
USER_PAGES += [ROOT / "docs" / name for name in ("roles.md", "schedules.md", "stories.md")]

#: Names of other software that look like names of this collection.
FOREIGN = {
    "authorized_keys",
    "lc_monetary",
    "max_locks_per_transaction",
    "pg_dump",
    "row_security",
    "search_path",
    "standard_conforming_strings",
}
#: Words of this collection that are neither codes, options nor results.
OTHER = {
    "immutable_unaccent",
    "ansible_become_password",
    "ansible_connection",
    "ansible_python_interpreter",
    "backup_info",
    "exit_status",
    "last_success",
    "module_defaults",
    "set_stats",
    "ticketz_before",
    "ticketz_own_variables",
    "ticketz_keep_dayly",
    "tickets_keep_daily",
    "ticketz_hosts",
    "ticketz_serial",
    "ticketz_rehearsal",
    "ticketz_results",
}

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")


def literal(path: Path, name: str) -> dict[str, Any]:
    """Parse YAML in a string of a Python file, without importing the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == [name]:
            assert isinstance(node.value, ast.Constant)
            found = yaml.safe_load(str(node.value.value))
            return dict(found)
    raise AssertionError(f"{path} has no {name}")


def options_of(path: Path) -> dict[str, Any]:
    documentation = literal(path, "DOCUMENTATION")
    options = dict(documentation["options"])
    for fragment in documentation["extends_documentation_fragment"]:
        name = fragment[len(COLLECTION) :]
        options.update(literal(ROOT / "plugins" / "doc_fragments" / f"{name}.py", "DOCUMENTATION")["options"])
    return options


MODULES = {path.stem: options_of(path) for path in sorted((ROOT / "plugins" / "modules").glob("*.py"))}
RESULTS = {name: literal(ROOT / "plugins" / "modules" / f"{name}.py", "RETURN") for name in MODULES}
#: role → variables in its argument specs
ROLES = {
    path.parent.parent.name: yaml.safe_load(path.read_text(encoding="utf-8"))["argument_specs"]["main"]
    for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml"))
}
GROUPS = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(page: Path) -> str:
    """Return the page without code blocks."""
    return FENCE.sub("", text(page))


def blocks(language: str) -> list[Any]:
    return [
        pytest.param(body, id=f"{page.name}-{number}")
        for page in ALL_PAGES
        for number, (kind, body) in enumerate(FENCE.findall(text(page)), 1)
        if kind == language
    ]


def tasks_in(node: Any, defaults: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield all tasks below a play, block or list, with the module defaults in effect there."""
    if isinstance(node, list):
        for item in node:
            yield from tasks_in(item, defaults)
    elif isinstance(node, dict):
        defaults = {**defaults, **node.get("module_defaults", {})}
        inner = [name for name in ("pre_tasks", "tasks", "post_tasks", "handlers", "block") if name in node]
        inner += [name for name in ("rescue", "always") if name in node]
        for name in inner:
            yield from tasks_in(node[name], defaults)
        if not inner:
            yield node, defaults


def fitting(module: str, defaults: dict[str, Any]) -> dict[str, Any]:
    """Return the default options of a module."""
    given: dict[str, Any] = {}
    for name, options in defaults.items():
        if name == COLLECTION + module:
            given.update(options)
        elif name.startswith("group/" + COLLECTION):
            group = name[len("group/" + COLLECTION) :]
            assert group in GROUPS, f"there is no action group {group}"
            if module in GROUPS[group]:
                given.update(options)
    return given


def check_variables(given: dict[str, Any]) -> None:
    """Check that each variable in a file is a module's option with prefix, or a role's variable."""
    for name, value in given.items():
        if name.startswith("ansible_") or name in PLAYBOOKS:
            continue
        if any(name in role["options"] for role in ROLES.values()):
            continue
        option = name[len("ticketz_") :]
        modules = [module for module, options in MODULES.items() if option in options]
        assert name.startswith("ticketz_") and modules, f"no module has an option for {name}"
        for module in modules:
            check_options(module, {option: value})


def check_inventory(given: dict[str, Any]) -> bool:
    """Return whether data are an inventory (groups with hosts and variables); check its variables."""
    groups = [group for group in given.values() if isinstance(group, dict) and "hosts" in group]
    for group in groups:
        check_variables(group.get("vars", {}))
        for variables in group["hosts"].values():
            check_variables(variables or {})
    return bool(groups)


def check_options(module: str, given: dict[str, Any]) -> None:
    options = MODULES[module]
    for name, value in given.items():
        assert name in options, f"{module} has no option {name}"
        if isinstance(value, str) and "{{" in value:
            continue
        kind, choices = options[name]["type"], options[name].get("choices")
        if choices and kind == "str":
            assert value in choices, f"{module}: {name} can't be {value}"
        wanted = {"int": int, "bool": bool, "dict": dict, "list": list, "float": (int, float)}.get(kind, str)
        assert isinstance(value, wanted), f"{module}: {name} is no {kind}"


@pytest.mark.parametrize("source", blocks("yaml"))
def test_playbooks_use_what_the_modules_have(source: str) -> None:
    document = yaml.safe_load(source)
    if isinstance(document, dict):
        if not check_inventory(document):
            check_variables(document)
        return
    assert isinstance(document, list), "a playbook or a list of tasks"
    used = 0
    for task, defaults in tasks_in(document, {}):
        assert task["name"][0].isupper()
        role = (task.get("ansible.builtin.include_role") or {}).get("name", "")
        if role.startswith(COLLECTION):
            assert role[len(COLLECTION) :] in ROLES
            check_variables(task.get("vars", {}))
            used += 1
        for action in [key for key in task if key.startswith(COLLECTION)]:
            module, given = action[len(COLLECTION) :], task[action] or {}
            assert module in MODULES, f"there is no module {module}"
            check_options(module, given)
            if isinstance(defaults.get(action), str):
                assert defaults[action] == f"{{{{ lookup('{COLLECTION}options', '{module[8:]}') }}}}"
                used += 1
                continue
            implied = fitting(module, defaults)
            check_options(module, implied)
            required = {name for name, facts in MODULES[module].items() if facts.get("required")}
            assert required <= set(given) | set(implied)
            used += 1
    assert used


@pytest.mark.parametrize("source", blocks("json"))
def test_options_files_use_what_the_modules_have(source: str) -> None:
    """Options files of the runner; a code block may contain one document per line."""
    documents = (
        [yaml.safe_load(line) for line in source.splitlines()]
        if "}\n{" in source
        else [yaml.safe_load(source)]
    )
    for document in documents:
        if not {"backup_dir", "env_file"} & set(document):
            continue
        assert any(set(document) <= set(options) for options in MODULES.values()), document


def anchors(page: Path) -> set[str]:
    """Return the anchors of a page's headings, as generated by common sites."""
    found: set[str] = set()
    for heading in re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE):
        words = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        number = sum(
            other == slug or re.fullmatch(re.escape(slug) + r"-\d+", other) is not None for other in found
        )
        found.add(f"{slug}-{number}" if number else slug)
    return found


def broken(page: Path) -> list[str]:
    """Return the broken links of a page."""
    wrong = []
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _other, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            wrong.append(target)
    return wrong


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    assert broken(page) == []


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: page.name)
def test_pages_name_nothing_outside_of_the_project(page: Path) -> None:
    """Pages name no hosts except the application's, and no paths of a development machine."""
    hosts = set(re.findall(r"https?://(\w[\w.-]*)", text(page)))
    assert hosts <= {
        "github.com",
        "www.gnu.org",
        "www.rfc-editor.org",
        "age-encryption.org",
        "developers.google.com",
        "docs.ansible.com",
        # the name of a container
        "backend",
    }
    assert "/home/" not in text(page)


def words_in_code_style(page: Path) -> set[str]:
    found = set()
    for span in re.findall(r"`([^`]+)`", prose(page)):
        # an option may be followed by a value
        name = span.partition(":")[0]
        if NAME.fullmatch(name):
            found.add(name)
    return found


def result_names(node: Any) -> Iterator[str]:
    """Yield the names of results at any depth, and their possible values."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield str(key)
            yield from result_names(value)
    elif isinstance(node, list):
        for item in node:
            yield from result_names(item)
    elif isinstance(node, str):
        yield from re.findall(r"V\((\w+)\)", node)


def known_names() -> set[str]:
    names = {*TEXTS, *MODULES, *FOREIGN, *OTHER}
    for options in MODULES.values():
        for name, facts in options.items():
            # Each option is also a variable.
            names |= {name, f"ticketz_{name}", *map(str, facts.get("choices") or ())}
    names |= set(result_names(RESULTS))
    for role, facts in ROLES.items():
        names |= {role, *facts["options"], f"{role}_result"}
    return names


@pytest.mark.parametrize("page", USER_PAGES, ids=lambda page: page.name)
def test_codes_options_and_results_exist(page: Path) -> None:
    assert words_in_code_style(page) - known_names() == set()


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: page.name)
def test_codes_that_are_called_so_exist(page: Path) -> None:
    """Codes written as ``code `x` ``, ``error `x` `` or ``warning `x` ``, on any page."""
    named = re.findall(r"\b(?:[Cc]ode|[Ee]rror|[Ww]arning|[Nn]otice) `([a-z_]+)`", prose(page))
    assert set(named) <= set(TEXTS) | {"en", "pt"}


def test_design_names_what_is_in_the_source() -> None:
    sources = list((ROOT / "plugins").rglob("*.py"))
    source = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    files = {path.name for path in sources} | {path.name for path in (ROOT / "tools").glob("*.py")}
    page = ROOT / "docs" / "design.md"
    for span in re.findall(r"`([^`\n]+)`", prose(page)):
        if span.endswith(".py"):
            assert Path(span).name in files, span
        elif span.endswith("/"):
            assert (ROOT / "plugins" / "module_utils" / span).is_dir() or (ROOT / span).is_dir(), span
        elif NAME.fullmatch(span):
            assert span in source, span


def test_the_readme_has_all_modules_and_the_pages() -> None:
    page = text(ROOT / "README.md")
    for module in MODULES:
        assert re.search(rf"^\| `{module}` \| \S", page, re.MULTILINE), module
    linked = set(re.findall(r"\]\((?:docs/)?([\w.-]+\.md)", page))
    assert {path.name for path in PAGES[1:]} <= linked | {"benchmarks.md"}


def refused(facts: dict[str, Any]) -> set[str]:
    """Return the values of an option that are refused according to its documentation; an empty value is the option itself."""
    lines = facts["description"]
    marked = [
        line for line in lines if "Refused in this version" in line or "are refused in this version" in line
    ]
    found = set()
    for line in marked:
        values = re.findall(r"V\((\w+)\)", line.partition("efused")[0])
        found |= set(values) or {""}
    return found


def test_the_readme_says_what_is_refused() -> None:
    """The README lists everything that is refused in this version according to the modules' documentation."""
    section = text(ROOT / "README.md").partition("## What is not there yet")[2].partition("\n## ")[0]
    for options in MODULES.values():
        for name, facts in options.items():
            for value in refused(facts):
                word = value or name
                assert f"`{word}`" in section or f": {word}`" in section, f"{name}: {word}"


def test_what_the_demo_prints_is_what_the_readme_shows() -> None:
    """The lines are equal, except for numbers and names. Skipped in the artifact, which has no demo."""
    demo = (ROOT / "demo" / "run.py").read_text(encoding="utf-8")
    tour = (ROOT / "demo" / "tour.yml").read_text(encoding="utf-8")
    shown = next(body for kind, body in FENCE.findall(text(ROOT / "README.md")) if kind == "text")
    for task in re.findall(r"TASK \[(.*)\]", shown):
        assert f"- name: {task}" in tour
    for label in re.findall(r"^  ([A-Z]\w+)  +\S", shown, re.MULTILINE):
        assert re.search(rf'f?"  {label} +', demo), label
