# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The monitoring commands."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from .._errors import HostError
from .._run.cancellation import cancellation
from .._store import files, times
from . import exporter, metrics
from .monitoring import Seen, Settings, look, read_settings
from .overview import overview
from .phrases import say
from .verdict import INCOMPLETE, OK

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]

#: Seconds between two looks whether to stop; a signal is heard at once.
_TICK = 3600.0


def add(commands: _Commands) -> None:
    """Add the commands to a parser."""
    shown = commands.add_parser(
        "overview", help="say how it stands with backups, disk, audit log and plans", allow_abbrev=False
    )
    written = commands.add_parser("metrics", help="print metrics for Prometheus", allow_abbrev=False)
    written.add_argument(
        "--write", action="store_true", help="write them to the textfile of the settings, and print nothing"
    )
    served = commands.add_parser(
        "serve-metrics", help="serve metrics for Prometheus over HTTP until stopped", allow_abbrev=False
    )
    page = commands.add_parser(
        "page", help="print a page in HTML on backups, proofs, disk and plans", allow_abbrev=False
    )
    page.add_argument("--output", type=Path, metavar="FILE", help="write it to this file, and print nothing")
    for command in (shown, written, served, page):
        command.add_argument(
            "--settings", required=True, metavar="FILE", help="JSON file that says what is monitored"
        )
        command.set_defaults(json=False)


def run(given: argparse.Namespace, write: Callable[[TextIO, Sequence[str]], None]) -> int:
    """Run one of the commands; return the exit status. Raise SidekickError."""
    settings = read_settings(given.settings, sys.stdin.buffer)
    if given.command == "overview":
        seen = look(settings)
        write(sys.stdout, overview(settings, seen))
        return OK if seen.info and seen.info.healthy else INCOMPLETE
    if given.command == "page":
        seen = look(settings)
        text = _page(settings, seen)
        if given.output:
            files.write_atomically(given.output, text.encode("utf-8"))
        else:
            write(sys.stdout, text.splitlines())
        return OK if seen.info and seen.info.healthy else INCOMPLETE
    if given.command == "metrics":
        if given.write:
            exporter.write_textfile(settings, settings.textfile or _no_textfile(given.settings))
        else:
            write(sys.stdout, metrics.text(settings).decode("utf-8").splitlines())
        return OK

    def ready() -> None:
        write(
            sys.stdout,
            [say("exporter_ready", settings.language, address=settings.address, port=settings.port)],
        )
        sys.stdout.flush()

    with cancellation() as stop:

        def wait() -> None:
            while not stop.event.wait(_TICK):
                pass

        exporter.serve(settings, ready, wait)
    # Being stopped is how this ends.
    return OK


def _page(settings: Settings, seen: Seen) -> str:
    # No other command needs it.
    from .._page.model import HostState
    from .._page.page import page

    language = settings.language
    info = seen.info.describe(language) if seen.info else None
    host = HostState(settings.name, info, seen.error.text(language) if seen.error else "", seen.runs)
    return page([host], language, times.from_seconds(seen.at))


def _no_textfile(path: str) -> Path:
    raise HostError("textfile_missing", path=path)
