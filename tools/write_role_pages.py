"""Writes ``roles/<role>/README.md`` with the variables of each role, and ``docs/variables.md`` with the shared ones.

``python tools/write_role_pages.py [--check]``, in the development environment. Run it after
``tools/write_argument_specs.py``.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

# Tests import this file from the collection.
sys.path.insert(0, str(Path(__file__).resolve().parent))

import write_argument_specs

ROOT = Path(__file__).resolve().parent.parent
ROLES = ROOT / "roles"
COLLECTION = "ticketz.sidekick."
PREFIX = "ticketz_"

_MARK = "<!-- Written by tools/write_role_pages.py; do not edit. -->"
_SHARED = (
    "These are options of the modules with `ticketz_` before their names, and mean the same in all roles and playbooks."
    " [One page](../../docs/variables.md) explains them all."
)
_VARIABLES = f"""\
# Variables of the modules' options

{_MARK}

Each option of each module is a variable with `ticketz_` before its name. It means the same in all roles and playbooks, so one
place in the inventory serves them all. What is not set, `null` or an empty text is left to the module: most look into the
containers then, or into the env file, and take a default last.

What only a role knows begins with the role's name; [roles and playbooks](roles.md) leads to them.
"""


def roles() -> list[str]:
    """Return the names of all roles with argument specs."""
    return sorted(path.parent.parent.name for path in ROLES.glob("*/meta/argument_specs.yml"))


def specs(role: str) -> dict[str, Any]:
    """Return the argument specs of a role, by entry point."""
    text = (ROLES / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)["argument_specs"]
    return found


def _markdown(text: str) -> str:
    """Convert Ansible's markup to Markdown."""

    def reference(match: re.Match[str]) -> str:
        kind, inner = match.group(1), match.group(2).replace("\\", "")
        if kind == "P" and inner.startswith(COLLECTION):
            name, _hash, plugin = inner[len(COLLECTION) :].partition("#")
            return f"[{name}](../{name}/README.md)" if plugin == "role" else f"`{inner.partition('#')[0]}`"
        if kind in ("O", "RV"):
            # For an option of a module, show only the option's name.
            inner = inner.rpartition(":")[2] if "#" in inner.partition("=")[0] else inner
            return f"`{inner.replace('=', ': ', 1)}`"
        if kind in ("I", "B"):
            return f"*{inner}*"
        if kind == "L":
            title, _comma, address = inner.rpartition(",")
            return f"[{title.strip()}]({address.strip()})"
        return inner if kind == "U" else f"`{inner.removeprefix(COLLECTION)}`"

    return re.sub(r"\b(O|RV|V|C|E|M|P|I|B|U|L)\(((?:[^()\\]|\\.|\([^()]*\))*)\)", reference, text)


def _lines(described: str | list[str]) -> list[str]:
    lines = [described] if isinstance(described, str) else described
    return [_markdown(" ".join(line.split())) for line in lines]


def _kind(facts: dict[str, Any]) -> str:
    """Return a variable's type and choices."""
    kind = facts.get("type", "str")
    if "elements" in facts:
        kind = f"list of {facts['elements']}"
    choices = [f"`{json.dumps(value).strip(chr(34))}`" for value in facts.get("choices", [])]
    return f"{kind}: {', '.join(choices)}" if choices else kind


def _default(facts: dict[str, Any]) -> str:
    if facts.get("required"):
        return "**required**"
    default = facts.get("default")
    if default is None or default == "":
        return ""
    if isinstance(default, str):
        return f"`{default}`"
    return f"`{json.dumps(default, ensure_ascii=False)}`"


def _row(name: str, facts: dict[str, Any], *more: str) -> str:
    description = _lines(facts["description"])
    if facts.get("no_log") and not any("secret" in line for line in description):
        description.append("It is a secret.")
    cells = [f"`{name}`", *more, _kind(facts), _default(facts), " ".join(description)]
    # A bar would end the cell, even in code.
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _rows(options: dict[str, dict[str, Any]], path: str = "") -> list[str]:
    rows = []
    for name, facts in options.items():
        rows.append(_row(path + name, facts))
        inner = "[]." if facts.get("type") == "list" else "."
        rows += _rows(facts.get("options", {}), f"{path}{name}{inner}")
    return rows


def _table(options: dict[str, dict[str, Any]]) -> list[str]:
    return ["| Variable | Type | Default | |", "| --- | --- | --- | --- |", *_rows(options)]


def _entry(name: str, spec: dict[str, Any]) -> list[str]:
    options = spec.get("options", {})
    own = {key: facts for key, facts in options.items() if not key.startswith(PREFIX)}
    shared = {key: facts for key, facts in options.items() if key.startswith(PREFIX)}
    level = "##" if name == "main" else "###"
    parts = []
    if name != "main":
        parts += [f"## tasks_from: {name}", f"{_markdown(spec['short_description'])}."]
    parts += _lines(spec["description"])
    if own:
        parts += [f"{level} Variables of the role", "\n".join(_table(own))]
    if shared:
        names = ", ".join(f"`{key}`" for key in shared)
        parts += [f"{level} Variables of the modules", _SHARED, names]
    return parts


def page(role: str) -> str:
    """Return the page of a role."""
    found = specs(role)
    parts = [f"# {COLLECTION}{role}", _MARK, f"{_markdown(found['main']['short_description'])}."]
    for name in sorted(found, key=lambda entry: entry != "main"):
        parts += _entry(name, found[name])
    return "\n\n".join(parts) + "\n"


def variables() -> str:
    """Return the page of the variables that all roles and playbooks share."""
    found: dict[str, list[tuple[list[str], dict[str, Any]]]] = {}
    modules = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("ticketz_*.py"))
    for module in modules:
        for option, documented in write_argument_specs.options_of(module[len(PREFIX) :]).items():
            description = documented["description"]
            lines = [description] if isinstance(description, str) else description
            facts = {**documented, "description": [write_argument_specs.for_role(line) for line in lines]}
            meanings = found.setdefault(PREFIX + option, [])
            same = [users for users, known in meanings if known["description"] == facts["description"]]
            if same:
                same[0].append(module)
            else:
                meanings.append(([module], facts))
    rows = ["| Variable | Modules | Type | Default | |", "| --- | --- | --- | --- | --- |"]
    for name, meanings in sorted(found.items()):
        for users, facts in meanings:
            everywhere = len(users) == len(modules)
            where = "all" if everywhere else ", ".join(f"`{user[len(PREFIX) :]}`" for user in users)
            rows.append(_row(name, facts, where))
    return f"{_VARIABLES}\n" + "\n".join(rows) + "\n"


def pages() -> dict[Path, str]:
    """Return path → current text of all pages."""
    found = {ROLES / role / "README.md": page(role) for role in roles()}
    return {**found, ROOT / "docs" / "variables.md": variables()}


def stale() -> list[Path]:
    """Return the pages that are not up to date."""
    return [
        path
        for path, text in pages().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail where something would change"
    )
    check = parser.parse_args().check
    found = stale()
    for path in found:
        if not check:
            path.write_text(pages()[path], encoding="utf-8")
        print(path.relative_to(ROOT))
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main())
