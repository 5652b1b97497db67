# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only place that talks to Ansible: one run function turns an outcome or an error into a module's result."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ._environment import forget_libpq_environment
from ._errors import Notice, SidekickError
from ._outcome import Outcome
from ._reader import Reader

#: A verb as modules and runner call it: options and check mode in, outcome out.
VerbFunction = Callable[[Mapping[str, Any], bool], Outcome]


def _words(value: Any) -> str:
    # Paths and errors as the message shows them; repr would say PosixPath('/backups').
    return repr(value) if isinstance(value, (dict, list, tuple, set)) else str(value)


def _masked(module: AnsibleModule, results: Mapping[str, Any]) -> list[Notice]:
    """Warn where a secret is so common a word that Ansible will mask parts of harmless results."""
    shown = _words(dict(results))
    names = [name for name, option in module.argument_spec.items() if option.get("no_log")]
    return [
        Notice("secret_masks_results", option=name)
        for name in names
        if module.params.get(name) and str(module.params[name]) in shown
    ]


def run_module(spec: Mapping[str, Any], verb: VerbFunction, **module_options: Any) -> None:
    """Run a verb as an Ansible module, and exit.

    :param spec: the argument spec.
    :param verb: does the work.
    :param module_options: further arguments of AnsibleModule, such as ``mutually_exclusive``.
    """
    module = AnsibleModule(argument_spec=dict(spec), supports_check_mode=True, **module_options)
    forget_libpq_environment()
    language = Reader.of_module(module.params)
    try:
        outcome = verb({**module.params, "language": language}, module.check_mode)
    except SidekickError as error:
        facts = {name: _words(value) for name, value in error.facts.items() if value is not None}
        module.fail_json(msg=error.text(language), error={"code": error.code, **facts})
    except Exception as error:  # a defect of ours: said as one, with its trace for the report
        internal = SidekickError("internal_error", kind=type(error).__name__, cause=error)
        module.fail_json(
            msg=internal.text(language), error={"code": internal.code}, exception=traceback.format_exc()
        )
    notices = [*outcome.notices, *_masked(module, outcome.results)]
    for notice in notices:
        module.warn(notice.text(language))
    result = dict(outcome.results)
    result["warning_codes"] = [notice.code for notice in notices]
    if outcome.diff is not None and module._diff:
        result["diff"] = dict(outcome.diff)
    module.exit_json(changed=outcome.changed, **result)
