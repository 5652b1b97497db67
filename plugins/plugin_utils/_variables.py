# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the collection, and a host's variables that look like them but are unknown."""

from __future__ import annotations

import difflib
import fnmatch
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

try:
    from yaml import CSafeLoader as SafeLoader  # several times as fast
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]

from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.verbs import VERBS, load

ROLES = Path(__file__).resolve().parents[2] / "roles"
#: Prefix of the variables for module options.
PREFIX = "ticketz_"
#: Variable with names, or shell patterns of names, of the user's own variables with such prefixes.
OWN = "ticketz_own_variables"
#: Variables of playbooks only.
PLAYBOOKS = frozenset(
    {
        OWN,
        "ticketz_fail_on_problems",
        "ticketz_hosts",
        "ticketz_page",
        "ticketz_poll",
        "ticketz_serial",
        "ticketz_time_limit",
        *(f"ticketz_awx_{name}" for name in ("credentials", "image", "inventory_path", "job_timeout")),
        *(f"ticketz_awx_{name}" for name in ("notification", "organization", "prefix", "schedules_enabled")),
        *(f"ticketz_awx_project_{name}" for name in ("branch", "credential", "path", "url")),
        "ticketz_awx_timezone",
    }
)
#: Variables that playbooks set on a host; another playbook of the same run finds them there.
LEFT = frozenset(
    f"ticketz_{name}"
    for name in (
        "exported",
        "imported",
        "info",
        "outcome",
        "outcomes",
        "results",
        "scheduled",
        "shown",
        "verified",
    )
)
#: Similarity from which a name is taken for a misspelling of another.
_ALIKE = 0.6
_PREFIX_ALIKE = 0.8


@dataclass(frozen=True)
class Unknown:
    """An unknown variable.

    :param name: as it is written.
    :param similar: the most similar known one, or None.
    """

    name: str
    similar: str | None


def role_variables(role: str) -> set[str]:
    """Return the names of a role's variables, and of the one with its result."""
    text = (ROLES / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    specs: dict[str, Any] = yaml.load(text, Loader=SafeLoader)
    entries = specs["argument_specs"].values()
    return {f"{role}_result"}.union(*(entry.get("options", {}) for entry in entries))


def module_variables(module: str) -> set[str]:
    """Return the names of the variables that are a module's options.

    :param module: without ``ticketz_``, as in :data:`VERBS`.
    """
    return {PREFIX + option for option in load(module).spec}


def unknown(names: Iterable[str], roles: Iterable[str], own: Iterable[str] = ()) -> list[Unknown]:
    """Return unknown variables with the prefix ``ticketz_`` or a role's name.

    Variables with only the prefix misspelt are returned, too.

    :param names: all variables of a host.
    :param roles: the roles whose variables are known.
    :param own: names, or shell patterns of names, of the user's own variables.
    """
    prefixes = [PREFIX, *(f"{role}_" for role in roles)]
    known = {*PLAYBOOKS, *LEFT}.union(*(role_variables(path.name) for path in ROLES.iterdir()))
    patterns = list(own)
    suspects = {
        name: meant
        for name in names
        if name not in known and not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
        for meant in [_prefixed(name, prefixes)]
        if meant is not None
    }
    if suspects:  # rarely: the options of all modules take a while to import
        known = known.union(*(module_variables(module) for module in VERBS))
    return [
        Unknown(name, _similar(meant, known))
        for name, meant in sorted(suspects.items())
        if name not in known and (name == meant or meant in known)
    ]


def _prefixed(name: str, prefixes: list[str]) -> str | None:
    """Return the name with its prefix, corrected if misspelt, or None if it has none of ours."""
    if name.startswith(tuple(prefixes)):
        return name
    begin, _underscore, rest = name.partition("_")
    similar = difflib.get_close_matches(f"{begin.lower()}_", prefixes, n=1, cutoff=_PREFIX_ALIKE)
    return similar[0] + rest if rest and similar else None


def _similar(name: str, known: set[str]) -> str | None:
    return next(_candidates(name, known), None)


def _candidates(name: str, known: set[str]) -> Iterator[str]:
    rest = name.partition("_")[2]
    # The prefix is wrong, forgotten, or one too many.
    same = [each for each in known if each in (name, PREFIX + name, rest) or each.partition("_")[2] == rest]
    yield from sorted(same, key=lambda each: (each != name, not each.startswith(PREFIX), each))
    yield from difflib.get_close_matches(name, sorted(known), n=1, cutoff=_ALIKE)
