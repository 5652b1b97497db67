# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Setting the sequences of a live database right."""

from __future__ import annotations

from dataclasses import dataclass

from .._errors import DatabaseError, Notice
from .._postgres.sequences import SequenceChange, apply_sequences, check_owned, plan_sequences
from .._postgres.server import Server
from .._postgres.session import Session


@dataclass(frozen=True)
class SequencesRequest:
    """Which sequences to set right.

    :param schemas: only sequences of these schemas; None for all of the user.
    :param sequences: only these, with or without their schema; None for all.
    :param allow_backwards: also move sequences back that are ahead of their columns.
    :param dry_run: only say what would be done.
    """

    server: Server
    schemas: tuple[str, ...] | None = None
    sequences: tuple[str, ...] | None = None
    allow_backwards: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class SequencesResult:
    """What was done (in a dry run: what would be).

    :param sequences: every sequence that was looked at.
    :param before: the next value of each, by its name.
    :param after: the same, afterwards.
    """

    changed: bool
    sequences: tuple[SequenceChange, ...]
    notices: tuple[Notice, ...]
    before: dict[str, int | None]
    after: dict[str, int | None]


def fix_sequences(request: SequencesRequest) -> SequencesResult:
    """Move every sequence that is behind its columns on, in one transaction. A second run changes nothing.

    Raise DatabaseError if the server can't be reached, a schema or sequence is not there
    (``sequence_unknown``), or a sequence can't be locked or belongs to another role.
    """
    notices: list[Notice] = []
    with Session.open(request.server) as session:
        _check_schemas(session, request)
        changes = plan_sequences(
            session,
            request.schemas,
            request.sequences,
            allow_backwards=request.allow_backwards,
            notices=notices,
        )
        check_owned(session, changes)
        if not request.dry_run:
            apply_sequences(session, changes)
    return SequencesResult(
        changed=any(change.changed for change in changes),
        sequences=tuple(changes),
        notices=tuple(notices),
        before={change.sequence: change.old for change in changes},
        after={change.sequence: change.new for change in changes},
    )


def _check_schemas(session: Session, request: SequencesRequest) -> None:
    there = {str(row[0]) for row in session.query("SELECT nspname FROM pg_namespace")}
    for schema in request.schemas or ():
        if schema not in there:
            raise DatabaseError("sequence_unknown", name=schema, database=request.server.database)
