# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A verb's run, with a state directory that others can watch, and signals that stop it cleanly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .._engine.watch import Watch
from .._errors import Notice
from .._runner.cancellation import cancellation
from .._runner.job import Job


@contextmanager
def watched(verb: str, notices: list[Notice], check_mode: bool = False) -> Iterator[Watch]:
    """Run the block as a job.

    :param notices: gets what should be known of the job itself.
    :param check_mode: keep no state: nothing is done.
    """
    if check_mode:
        yield Watch()
        return
    with Job.start(verb) as job, cancellation() as stop:
        yield Watch(job.progress, job.progress.add, stop.check, job.id, job.finish)
        notices += job.notices
