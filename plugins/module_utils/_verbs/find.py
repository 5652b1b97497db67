# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``ticketz_find``: its options, and their translation to an engine request."""

from __future__ import annotations

import datetime
import re
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .._engine.find import FindRequest, FindResult, FoundContact, FoundFiles, FoundTicket, find
from .._engine.find_query import parse_query
from .._errors import HostError, Notice, SidekickError
from .._options import docker_stack, encryption, environment, login, specs
from .._options.specs import Params, Spec
from .._outcome import Outcome
from .._run.run_job import run_job
from .._stack.model import Stack
from .._store import times

#: How dates may be written, with or without a time of day.
_DATES = ("%Y-%m-%d", "%d/%m/%Y")
_TIMES = {"": "days", " %H:%M": "minutes", " %H:%M:%S": "seconds"}
#: A text that ends like this is a file's name.
_FILE = re.compile(r"\.[A-Za-z0-9]{2,5}$")


def spec() -> Spec:
    """Return the argument spec."""
    return {
        **specs.database_options(),
        **specs.stack_options(),
        **specs.key_options(),
        **specs.plain_options(),
        **specs.message_options(),
        **specs.audit_options(),
        "find": {"type": "str"},
        "find_since": {"type": "str"},
        "find_until": {"type": "str"},
        "find_files": {"type": "bool"},
        "find_limit": {"type": "int", "default": 50},
        "backup": {"type": "str"},
        "backup_dir": {"type": "path"},
        "find_compare": {"type": "bool", "default": True},
    }


def request(params: Params, stack: Stack | None) -> FindRequest:
    """Return what the options ask for. Raise HostError (``option_invalid``)."""
    env = environment.environment(params, stack)
    text = (params["find"] or "").strip()
    query = parse_query(
        text,
        _moment(params["find_since"], "find_since"),
        _moment(params["find_until"], "find_until", after=True),
    )
    if query.is_period_only and not query.has_period:
        raise HostError("option_invalid", problem="find_nothing", option="find", value=text)
    if params["find_limit"] < 1:
        raise HostError(
            "option_invalid", problem="not_positive", option="find_limit", value=params["find_limit"]
        )
    asked = params["find_files"]
    return FindRequest(
        query,
        Path(params["backup_dir"]) if params["backup_dir"] else None,
        params["backup"],
        encryption.key(params, env),
        params["allow_plain"],
        files=bool(_FILE.search(text)) if asked is None else asked,
        limit=params["find_limit"],
        server=login.database(params, env, stack) if params["find_compare"] else None,
    )


def _moment(text: str | None, option: str, *, after: bool = False) -> str | None:
    """Return a moment in the host's time zone as PostgreSQL writes it in UTC, to the second.

    :param after: return the first second after the day, minute or second that is meant.

    Raise HostError (``option_invalid``).
    """
    if text is None:
        return None
    for date in _DATES:
        for time, unit in _TIMES.items():
            # A calendar day may have 23 or 25 hours, so it is added before the time zone is applied.
            with suppress(ValueError, OverflowError):
                found = datetime.datetime.strptime(text.strip().replace("T", " "), date + time)
                local = found + datetime.timedelta(**{unit: 1}) if after else found
                return times.to_text(local.astimezone())[:19].replace("T", " ")
    raise HostError("option_invalid", problem="find_date", option=option, value=text)


def _stack(params: Params, notices: list[Notice]) -> Stack | None:
    """Return Ticketz's containers if they are named, or needed to reach the database; without them it is not asked."""
    named = docker_stack.names_stack(params)
    if not named and not params["find_compare"]:
        return None
    try:
        return docker_stack.stack(params)
    except SidekickError as error:
        if named:
            raise
        notices.append(Notice("find_not_compared", cause=error))
        return None


def run(params: Params, check_mode: bool) -> Outcome:
    """Find contacts, tickets and files in backups."""
    notices: list[Notice] = []
    stack = _stack(params, notices)
    if notices:
        params = {**params, "find_compare": False}
    wanted = request(params, stack)
    with run_job("find", notices, check_mode, params) as run:
        result = find(wanted, run)
        run.finish({"backups": len(result.searched)})
    return Outcome(False, _described(result), (*result.notices, *notices))


def _described(result: FindResult) -> dict[str, Any]:
    return {
        "backups": result.searched,
        "contacts": [_contact(each) for each in result.contacts.values()],
        "tickets": [_ticket(each) for each in result.tickets.values()],
        "files": [_file(each) for each in result.files.values()],
        "more": result.more,
        "compared": result.asked,
        "bytes_read": result.bytes_read,
    }


def _contact(found: FoundContact) -> dict[str, Any]:
    return {
        **asdict(found.contact),
        "present": found.present,
        "backup": found.backups[0],
        "backups": found.backups,
        "media": asdict(found.media),
    }


def _ticket(found: FoundTicket) -> dict[str, Any]:
    messages = found.messages
    return {
        **asdict(found.ticket),
        "created": _utc(found.ticket.created),
        "updated": _utc(found.ticket.updated),
        "present": found.present,
        "backup": found.backups[0],
        "backups": found.backups,
        "messages": {
            "count": messages.count,
            "first": _utc(messages.first),
            "last": _utc(messages.last),
            "present": found.present_messages,
        },
        "media": asdict(found.media),
    }


def _file(found: FoundFiles) -> dict[str, Any]:
    return {
        "path": found.file.path,
        "bytes": found.file.bytes,
        "modified": times.to_text(times.from_seconds(found.file.modified)),
        "backup": found.backups[0],
        "backups": found.backups,
    }


def _utc(text: str) -> str | None:
    """Return a time of PostgreSQL's as results write times; None if there is none."""
    return f"{text[:10]}T{text[11:19]}Z" if text else None
