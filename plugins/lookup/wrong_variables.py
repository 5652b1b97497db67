# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find misspelt and undecryptable variables of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: wrong_variables
short_description: Find misspelt and undecryptable variables of a host
version_added: 0.1.0
author: Ticketz Sidekick contributors (!UNKNOWN)
description:
  - Finds variables with a prefix of the collection that the collection does not have, such as
    C(ticketz_keep_dayly), and variables that Ansible Vault can't decrypt. All roles and playbooks of the
    collection check this first.
  - Names that begin with C(ticketz_) or with the name of one of the roles followed by an underscore must be
    known. A name that would be known if the word before its first underscore were spelt correctly is reported
    as well.
  - To allow variables of your own with such a prefix, list their names, or shell patterns for them, in the
    variable C(ticketz_own_variables).
options:
  _terms:
    description:
      - Names of roles of the collection whose variables are checked. Module options are always checked for
        unknown names.
      - The name of a module, such as V(ticketz_verify), checks the values of its options.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Check the variables for the role backup
  ansible.builtin.assert:
    that: lookup('ticketz.sidekick.wrong_variables', 'backup') == ''
    fail_msg: "{{ lookup('ticketz.sidekick.wrong_variables', 'backup') }}"
    quiet: true
"""

RETURN = r"""
_raw:
  description:
    - One text in the language of C(ticketz_language) that says what is wrong and what to do. It is empty if nothing is wrong.
  type: list
  elements: str
"""

from collections.abc import Iterator
from typing import Any

from ansible.errors import AnsibleError, AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import render
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.verbs import VERBS
from ansible_collections.ticketz.sidekick.plugins.plugin_utils import _variables


class LookupModule(LookupBase):  # type: ignore[misc]  # ansible-core has no types
    """Checks a host's variables."""

    def run(self, terms: list[Any], variables: Any = None, **kwargs: Any) -> list[str]:
        """Return the text as a list of one element."""
        self.set_options(var_options=variables, direct=kwargs)
        found = variables or {}
        language = "pt" if found.get("ticketz_language") == "pt" else "en"
        modules = [term[len(_variables.PREFIX) :] for term in terms if term.startswith(_variables.PREFIX)]
        roles = [term for term in terms if not term.startswith(_variables.PREFIX)]
        self._check(modules, roles)
        return [self._unknown(found, roles, language) or self._undecryptable(found, modules, roles, language)]

    def _check(self, modules: list[str], roles: list[str]) -> None:
        strange = [name for name in roles if not (_variables.ROLES / name).is_dir()]
        strange += [name for name in modules if name not in VERBS]
        if strange:
            raise AnsibleLookupError(
                f"The lookup ticketz.sidekick.wrong_variables knows no role or module '{strange[0]}'."
            )

    def _unknown(self, variables: Any, roles: list[str], language: str) -> str:
        own = self._templar.template(variables.get(_variables.OWN) or [])
        unknown = _variables.unknown(variables, roles, [own] if isinstance(own, str) else own)
        if not unknown:
            return ""
        shown = (f"{each.name} ({each.similar}?)" if each.similar else each.name for each in unknown)
        return render("variables_unknown", {"variables": "; ".join(shown)}, language)

    def _undecryptable(self, variables: Any, modules: list[str], roles: list[str], language: str) -> str:
        taken = set().union(
            *map(_variables.role_variables, roles), *map(_variables.module_variables, modules)
        )
        causes = {name: self._cause(variables[name]) for name in sorted(taken) if name in variables}
        failed = {name: cause for name, cause in causes.items() if cause}
        if not failed:
            return ""
        facts = {"variables": ", ".join(failed), "cause": next(iter(failed.values()))}
        return render("variable_undecryptable", facts, language)

    def _cause(self, value: Any) -> str:
        """Return why a value, or a part of it, can't be decrypted; an empty string if it can be."""
        try:
            for leaf in _leaves(self._templar.template(value)):
                str(leaf)
        except AnsibleError as error:
            text = " ".join(str(error).split())
            # Other errors in a value are reported where the value is used.
            return text.rpartition("variable: ")[2].rstrip(".") if "decrypt" in text else ""
        return ""


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _leaves(item)
    else:
        yield value
