# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plan: verbs with their options to run in order, and notifications of the result. A private JSON file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from .._options.specs import Params, Spec, message_options
from .._reader import Reader
from . import channels
from .options import UsageError, secrets, validate
from .options_file import read_options
from .verbs import VERBS, Verb, load

FAILURE, WARNING, ALWAYS = "failure", "warning", "always"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
#: Good enough to keep a second header, an option or a pipe out.
_ADDRESS = re.compile(r"[^\s@,;<>|-][^\s@,;<>|]*(?:@[^\s@,;<>|]+)?")


def spec() -> Spec:
    """Return what a plan has apart from its steps."""
    return {
        **message_options(),
        "name": {"type": "str", "required": True},
        "delay": {"type": "int", "default": 0},
        "lock_file": {"type": "path"},
        "lock_timeout": {"type": "int", "default": 3600},
        "log_file": {"type": "path"},
        "status_file": {"type": "path"},
        "metrics": {"type": "path"},
        "notify": {"type": "str", "choices": [FAILURE, WARNING, ALWAYS], "default": WARNING},
        "mail_to": {"type": "list", "elements": "str", "default": []},
        "mail_from": {"type": "str"},
        "sendmail": {"type": "path", "default": "/usr/sbin/sendmail"},
        "webhook_url": {"type": "str", "no_log": True},
        "ping_url": {"type": "str", "no_log": True},
    }


@dataclass(frozen=True)
class Step:
    """One verb of a plan.

    :param verb: what is done.
    :param params: all its options.
    """

    verb: Verb
    params: Params = field(repr=False)


@dataclass(frozen=True)
class Plan:
    """What to run, and who is told.

    :param name: in logs and messages.
    :param steps: in their order; one that fails ends the plan.
    :param delay: seconds to wait before anything is done.
    :param lock_file: held meanwhile, so that no other plan with this file runs at the same time.
    :param lock_timeout: seconds to wait for it.
    :param metrics: settings of the monitoring whose textfile is written in the end; nothing is done without that file.
    :param notify: when mail and webhook are used: ``failure``, ``warning`` (or failure) or ``always``.
    """

    name: str
    steps: tuple[Step, ...]
    delay: int
    lock_file: Path | None
    lock_timeout: int
    log_file: Path | None
    status_file: Path | None
    metrics: Path | None
    language: Reader
    notify: str
    mail_to: tuple[str, ...]
    mail_from: str | None
    sendmail: str
    webhook_url: str | None = field(repr=False)
    ping_url: str | None = field(repr=False)


def read_plan(path: str, stdin: BinaryIO) -> Plan:
    """Return the plan in a file, with the options of all its steps checked.

    :param path: the file, or ``-`` for the standard input.

    Raise UsageError: all that a file of options can be refused for, ``plan_steps``, ``option_value``.
    """
    file = read_options(path, stdin)
    given = dict(file.values)
    written = given.pop("steps", None)
    steps = [_step(item, file.source) for item in _listed(written, file.source)]
    found = secrets(spec(), given)
    for verb, options in steps:
        found += [f"{verb.name}.{name}" for name in secrets(verb.spec, options)]
    file.require_safe(found)
    params = validate(spec(), given, verb="run", source=file.source)
    _check(params, file.source)
    return _plan(
        params,
        tuple(
            Step(verb, validate(verb.spec, options, verb=verb.name, source=file.source))
            for verb, options in steps
        ),
    )


def _listed(written: object, source: str) -> list[object]:
    if not isinstance(written, list) or not written:
        raise UsageError("plan_steps", path=source, verbs=", ".join(VERBS))
    return written


def _step(item: object, source: str) -> tuple[Verb, dict[str, Any]]:
    if isinstance(item, dict) and len(item) == 1:
        ((name, options),) = item.items()
        if name in VERBS and isinstance(options, dict):
            return load(name), options
    raise UsageError("plan_steps", path=source, verbs=", ".join(VERBS))


def _check(params: Mapping[str, Any], source: str) -> None:
    def refuse(option: str, example: str) -> None:
        facts = {"option": option, "value": params[option], "path": source, "example": example}
        raise UsageError("option_value", problem="form", **facts)

    if not _NAME.fullmatch(params["name"]):
        refuse("name", "A-Z a-z 0-9 _ -")
    for option in ("delay", "lock_timeout"):
        if params[option] < 0:
            refuse(option, "≥ 0")
    for address in [*params["mail_to"], *filter(None, [params["mail_from"]])]:
        if not _ADDRESS.fullmatch(address):
            refuse("mail_to" if address in params["mail_to"] else "mail_from", "user@example.org")
    for option in ("webhook_url", "ping_url"):
        if params[option]:
            channels.check_url(option, params[option], source)


def _reader(language: str, steps: tuple[Step, ...]) -> Reader:
    prefixes = [step.params["option_prefix"] for step in steps if step.params.get("option_prefix")]
    return Reader.of_file(language, prefixes[0] if prefixes else None)


def _plan(params: Mapping[str, Any], steps: tuple[Step, ...]) -> Plan:
    def path(option: str) -> Path | None:
        return Path(params[option]) if params[option] else None

    return Plan(
        name=params["name"],
        steps=steps,
        delay=params["delay"],
        lock_file=path("lock_file"),
        lock_timeout=params["lock_timeout"],
        log_file=path("log_file"),
        status_file=path("status_file"),
        metrics=path("metrics"),
        language=_reader(params["language"], steps),
        notify=params["notify"],
        mail_to=tuple(params["mail_to"]),
        mail_from=params["mail_from"],
        sendmail=params["sendmail"],
        webhook_url=params["webhook_url"] or None,
        ping_url=params["ping_url"] or None,
    )
