# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creating a backup's objects except those that the user leaves out, and recording which these were."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from .._errors import DatabaseError, Notice
from .catalog.tolerances import Adaptation
from .leave_out import LeaveOut
from .schema_sql import Entry
from .session import Session

#: Executes an entry, or raises DatabaseError.
Execute = Callable[[Session, Entry], None]

#: Constraints that can be there without holding for the rows.
_UNPROVED = ("FK CONSTRAINT", "CHECK CONSTRAINT")
#: What only makes sense for an object that may have been left out.
_DEPENDENT = ("COMMENT", "INDEX ATTACH", "FK CONSTRAINT")
#: SQLSTATEs of a statement about something that is not there: object, table, key that is referred to.
_ABSENT = ("42704", "42P01", "42830")
#: What the server says of an entry that it does not take.
_REFUSALS = ("entry_failed", "rows_refused", "permission_denied")
_BROKEN_REFERENCE = "23503"


@dataclass
class Leaving:
    """Leaves out what it is told to.

    :param adaptations: are told what was left out, and what was made without a look at the rows.
    """

    wanted: LeaveOut
    notices: list[Notice]
    adaptations: list[Adaptation] = field(default_factory=list)

    def make(self, session: Session, entry: Entry, execute: Execute) -> None:
        """Execute an entry, or what there is in its place. Raise DatabaseError."""
        found = entry.leavable if self.wanted else None
        if found and self.wanted.has(*found):
            self._without(session, entry, found[1], Notice("left_out_as_asked"), execute)
            return
        if not self.wanted and entry.type != "CHECK CONSTRAINT":
            execute(session, entry)
            return
        try:
            with session.savepoint():
                execute(session, entry)
        except DatabaseError as error:
            if error.code not in _REFUSALS:
                raise
            state = str(error.facts.get("sqlstate"))
            if self.adaptations and entry.type in _DEPENDENT and state in _ABSENT:
                if found:
                    self._left_out(found[1], error)
            elif entry.leavable and self._may(entry, state):
                self._without(session, entry, entry.leavable[1], error, execute)
            else:
                raise

    def _may(self, entry: Entry, state: str) -> bool:
        """Return whether what failed may be made without a look at the rows, or not at all."""
        if entry.type == "FK CONSTRAINT" and state == _BROKEN_REFERENCE and self._rows_are_left_out():
            return True
        # The rows were in the source with it; see :mod:`.deferred_checks`.
        return self.wanted.broken or entry.type == "CHECK CONSTRAINT"

    def _rows_are_left_out(self) -> bool:
        return any(change.kind == "rows_left_out" for change in self.adaptations)

    def _without(
        self, session: Session, entry: Entry, name: str, cause: Notice | DatabaseError, execute: Execute
    ) -> None:
        if entry.type in _UNPROVED:
            sql = entry.sql.rstrip().removesuffix(";")
            try:
                with session.savepoint():
                    execute(session, replace(entry, sql=f"{sql} NOT VALID;"))
            except DatabaseError as error:
                # A partitioned table can't have one before version 18.
                if error.code not in _REFUSALS:
                    raise
            else:
                self.not_validated(name, cause)
                return
        self._left_out(name, cause)

    def _left_out(self, name: str, cause: Notice | DatabaseError) -> None:
        self.adaptations.append(Adaptation("left_out", name))
        self.notices.append(Notice("object_left_out", object=name, cause=cause))

    def not_validated(self, name: str, cause: Notice | DatabaseError) -> None:
        """Write down that a constraint was added without a look at the rows."""
        self.adaptations.append(Adaptation("not_validated", name))
        self.notices.append(Notice("constraint_not_validated", constraint=name, cause=cause))

    def rows(self, name: str) -> None:
        """Write down that a table's rows were left out. A dump may have them in several blocks."""
        if Adaptation("rows_left_out", name) in self.adaptations:
            return
        self.adaptations.append(Adaptation("rows_left_out", name))
        self.notices.append(Notice("rows_left_out", table=name))

    def inherited(self, names: Iterator[str]) -> None:
        """Write down constraints that came to be not validated with those of their ancestors."""
        known = {change.object for change in self.adaptations if change.kind == "not_validated"}
        self.adaptations += [Adaptation("not_validated", name) for name in names if name not in known]
