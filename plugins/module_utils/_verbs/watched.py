# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A verb's run, with a state directory that others can watch, and signals that stop it cleanly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .._engine.watch import Watch
from .._errors import Notice
from .._options import Params
from .._runner.cancellation import cancellation
from .._runner.job import Job

#: Options that say what a run works on, in the words of whoever started it. No secrets.
_ABOUT = (
    "backup_dir",
    "backup",
    "archive",
    "dest",
    "env_file",
    "login_host",
    "login_port",
    "login_unix_socket",
    "login_db",
)


def about(params: Params) -> dict[str, str]:
    """Return the options by which one can tell what a run works on."""
    return {name: str(params[name]) for name in _ABOUT if params.get(name) is not None}


@contextmanager
def watched(
    verb: str, notices: list[Notice], check_mode: bool = False, params: Params | None = None
) -> Iterator[Watch]:
    """Run the block as a job.

    :param notices: gets what should be known of the job itself.
    :param check_mode: keep no state: nothing is done.
    :param params: the verb's options; the job remembers what it is about.
    """
    if check_mode:
        yield Watch()
        return
    with Job.start(verb, about=about(params or {})) as job, cancellation() as stop:
        yield Watch(job.progress, job.progress.add, stop.check, job.id, job.finish)
        notices += job.notices
