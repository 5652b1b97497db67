# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gathers the state of what is monitored: one store, its disk, its audit log, the plans of its schedule.

One JSON file says which. It holds no secrets.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from .._engine.info import InfoRequest, InfoResult, info
from .._errors import HostError, SidekickError
from .._options.specs import Spec, message_options
from .._reader import Reader
from .._run.run_status import list_runs
from .._store.state_dir import state_dir
from .._verbs import backup_info
from .options import validate
from .options_file import read_options


def spec() -> Spec:
    """Return what the file has: the options of backup_info, and where else to look and write."""
    return {
        **backup_info.store_options(),
        **message_options(),
        "name": {"type": "str", "default": "ticketz"},
        "log_file": {"type": "path"},
        "textfile": {"type": "path"},
        "address": {"type": "str", "default": "127.0.0.1"},
        "port": {"type": "int", "default": 9090},
    }


@dataclass(frozen=True)
class Settings:
    """What is monitored.

    :param name: name of the schedule that the plans belong to; a label of each metric.
    :param request: the store, and what is still well there.
    :param max_age: seconds; see :class:`Limits`.
    :param schedule_dir: where plans keep their status files.
    :param log_file: where plans log to; None if that is not to be looked at.
    :param textfile: file for node_exporter; None for none.
    :param address: to listen on.
    :param port: to listen on.
    """

    name: str
    request: InfoRequest
    schedule_dir: Path
    log_file: Path | None
    textfile: Path | None
    address: str
    port: int
    language: Reader


@dataclass(frozen=True)
class Seen:
    """What was to be seen at one moment.

    :param at: the moment, in seconds of Unix time.
    :param took: seconds that looking took.
    :param info: None if the store can't be looked at.
    :param error: why not.
    :param runs: what the plans' status files tell.
    """

    at: float
    took: float
    info: InfoResult | None
    error: SidekickError | None
    runs: list[dict[str, Any]]


def read_settings(path: str, stdin: BinaryIO) -> Settings:
    """Return the settings in a file.

    Raise UsageError: all that a file of options can be refused for; HostError (``option_invalid``); StoreError
    (``option_invalid``).
    """
    file = read_options(path, stdin)
    file.require_safe([])
    given = validate(spec(), file.values, verb="metrics", source=file.source)
    if not 0 < given["port"] < 65536:
        raise HostError(
            "option_invalid", option="port", value=given["port"], cause="it must be from 1 to 65535"
        )
    return Settings(
        name=given["name"],
        request=backup_info.request(given),
        schedule_dir=Path(given["schedule_dir"]) if given["schedule_dir"] else state_dir("schedule"),
        log_file=Path(given["log_file"]) if given["log_file"] else None,
        textfile=Path(given["textfile"]) if given["textfile"] else None,
        address=given["address"],
        port=given["port"],
        language=Reader.of_file(given["language"], given["option_prefix"]),
    )


def look(settings: Settings) -> Seen:
    """Look at everything once. It never fails: what can't be seen is part of what is seen."""
    began, at = time.monotonic(), time.time()
    found, error = None, None
    runs = list_runs(settings.schedule_dir, f"{settings.name}-")
    try:
        found = info(replace(settings.request, runs=runs))
    except SidekickError as failure:
        error = failure
    return Seen(at, time.monotonic() - began, found, error, runs)
