"""Writes the modules' documented options into the roles' ``meta/argument_specs.yml``.

``python tools/write_argument_specs.py [--check]``, in the development environment. Each option of a module is the
variable ``ticketz_<option>``; a role has the options of the modules that it calls. The role's own variables
(without ``ticketz_``) are written by hand in the same file, and are not changed.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "ticketz_"
#: role → entry point → modules whose options it has
ROLES: dict[str, dict[str, list[str]]] = {
    "backup": {"main": ["backup", "verify", "prune", "backup_info"]},
    "restore": {"main": ["restore"]},
    "prune": {"main": ["prune", "backup_info"]},
    "schedule": {"main": ["backup", "verify", "prune", "backup_info", "offsite"]},
    "monitoring": {"main": ["backup_info"]},
    "offsite": {"main": ["backup_info"]},
    "disaster_recovery": {"main": ["restore", "offsite"]},
}
#: role → options that it does not have, because it sets them itself, or because they only apply to a module without the role
NOT_TAKEN: dict[str, set[str]] = {
    # The directory of a schedule's status files is a variable of the role schedule.
    "backup": {"backup", "level", "schedule_dir"},
    "prune": {"schedule_dir"},
    "schedule": {"backup", "level", "schedule_dir"},
    # The role's configuration files contain no secrets.
    "monitoring": {"encryption_key", "encryption_key_file", "schedule_dir"},
    # The other settings are per target.
    "offsite": {
        "disk_critical",
        "disk_warning",
        "encryption_key",
        "encryption_key_file",
        "max_age",
        "max_copy_age",
        "max_drill_age",
        "max_previous_age",
        "min_size",
        "schedule_dir",
    },
    # The role always restores everything.
    "disaster_recovery": {
        "components",
        "contacts",
        "keep_previous",
        "merge",
        "offsite_direction",
        "paths",
        "rows",
        "safety_backup_dir",
        "state",
        "tables",
        "tickets",
    },
}
#: The option that the lookup ticketz.sidekick.options sets itself.
_SET_BY_LOOKUP = "option_prefix"
_OFFSITE = {"offsite_host", "offsite_identity_file", "offsite_known_hosts", "offsite_user"}
#: role → options that only some of its tasks require; these tasks check them
NOT_REQUIRED: dict[str, set[str]] = {
    "schedule": {"backup_dir", *_OFFSITE},
    "monitoring": {"backup_dir"},
    "disaster_recovery": {"backup_dir", *_OFFSITE},
}
_KEPT = ("description", "type", "elements", "choices", "required", "default", "no_log")
_SECRETS = {"login_password", "encryption_key", "redis_url"}


class _Dumper(yaml.SafeDumper):
    """Writes YAML in the style of this repository."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _string(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    style = ">" if len(value) > 100 else '"' if re.fullmatch(r"0[0-7]+|\d\d:\d\d", value) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _string)


def _attribute(path: Path, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name)


def options_of(module: str) -> dict[str, dict[str, Any]]:
    """Return the documented options of a module, including those of its fragments."""
    text = _documentation(ROOT / "plugins" / "modules" / f"ticketz_{module}.py")
    document = yaml.safe_load(text)
    options: dict[str, dict[str, Any]] = dict(document.get("options", {}))
    for fragment in document.get("extends_documentation_fragment", []):
        path = ROOT / "plugins" / "doc_fragments" / f"{fragment.rpartition('.')[2]}.py"
        found = yaml.safe_load(_attribute(path, "ModuleDocFragment").DOCUMENTATION)
        options.update(found.get("options", {}))
    options.pop(_SET_BY_LOOKUP, None)
    return options


def _documentation(path: Path) -> str:
    match = re.search(r'^DOCUMENTATION = r"""\n(.*?)^"""', path.read_text(encoding="utf-8"), re.M | re.S)
    assert match, path
    return match.group(1)


def for_role(text: str) -> str:
    """Replace options by a role's variables in a sentence of a module's documentation."""
    text = re.sub(r"\bO\((\w+)(?=[=)\[])", rf"O({PREFIX}\1", text)
    # Roles have no named return values.
    return re.sub(r"\bRV\(([^)]*)\)", r"C(\1)", text)


def variables(role: str, modules: list[str]) -> dict[str, dict[str, Any]]:
    """Return the variables of a role for the options of its modules."""
    found: dict[str, dict[str, Any]] = {}
    for module in modules:
        for option, facts in sorted(options_of(module).items()):
            name = PREFIX + option
            if option in NOT_TAKEN.get(role, ()) or name in found:
                continue
            entry = {key: facts[key] for key in _KEPT if key in facts}
            described = entry["description"]
            lines = [described] if isinstance(described, str) else described
            entry["description"] = [for_role(" ".join(line.split())) for line in lines]
            if option in NOT_REQUIRED.get(role, ()):
                entry.pop("required", None)
            if option in _SECRETS:
                entry["no_log"] = True
            found[name] = entry
    return found


def written(role: str) -> str:
    """Return the current text of the role's file."""
    path = ROOT / "roles" / role / "meta" / "argument_specs.yml"
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    for entry_point, modules in ROLES[role].items():
        entry = document["argument_specs"][entry_point]
        own = {name: facts for name, facts in entry["options"].items() if not name.startswith(PREFIX)}
        taken = variables(role, modules)
        known = set(own) | set(taken)
        for facts in taken.values():
            facts["description"] = [_without_unknown(line, known) for line in facts["description"]]
        entry["options"] = {**own, **dict(sorted(taken.items()))}
    head = (
        "# The variables that begin with ticketz_ are written by tools/write_argument_specs.py,"
        " from the documentation of the modules.\n"
    )
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=130)
    return f"---\n{head}{text}"


def _without_unknown(text: str, known: set[str]) -> str:
    """Replace references to options that the role does not have by plain code."""
    return re.sub(
        r"\bO\((\w+)((?:=[^)]*)?)\)",
        lambda match: match.group(0) if match.group(1) in known else f"C({match.group(1)}{match.group(2)})",
        text,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail where something would change"
    )
    check = parser.parse_args().check
    stale = []
    for role in ROLES:
        path = ROOT / "roles" / role / "meta" / "argument_specs.yml"
        text = written(role)
        if path.read_text(encoding="utf-8") != text:
            stale.append(str(path.relative_to(ROOT)))
            if not check:
                path.write_text(text, encoding="utf-8")
    print("\n".join(stale))
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
