# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Creates a backup's objects except those that the user leaves out, and records which objects were left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from .._errors import DatabaseError, Notice
from .catalog.tolerances import Adaptation
from .leave_out import LeaveOut
from .schema_sql import Entry
from .session import Session

#: A function that executes an entry, and may raise DatabaseError.
Execute = Callable[[Session, Entry], None]

#: Constraints that can be added as NOT VALID, without checking existing rows.
_CAN_BE_NOT_VALID = ("FK CONSTRAINT", "CHECK CONSTRAINT")
#: Entries that depend on an object that may have been left out.
_DEPENDENT = ("COMMENT", "INDEX ATTACH", "FK CONSTRAINT")
#: SQLSTATEs for missing objects, missing tables, and references to columns without a unique key.
_MISSING = ("42704", "42P01", "42830")
#: Codes of errors with which the server refuses an entry.
_REFUSALS = ("entry_failed", "rows_refused", "permission_denied")
_BROKEN_REFERENCE = "23503"


@dataclass
class Leaving:
    """Creates objects except those that must be left out.

    :param notices: receives a warning for each object that is left out or not validated.
    :param adaptations: receives the same objects, for the comparison of the catalogs.
    """

    wanted: LeaveOut
    notices: list[Notice]
    adaptations: list[Adaptation] = field(default_factory=list)

    def make(self, session: Session, entry: Entry, execute: Execute) -> None:
        """Execute an entry, add its constraint as NOT VALID, or leave it out. Raise DatabaseError."""
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
            if self.adaptations and entry.type in _DEPENDENT and state in _MISSING:
                if found:
                    self._left_out(found[1], error)
            elif entry.leavable and self._may(entry, state):
                self._without(session, entry, entry.leavable[1], error, execute)
            else:
                raise

    def _may(self, entry: Entry, state: str) -> bool:
        """Return whether an entry that failed may be added as NOT VALID or left out."""
        if entry.type == "FK CONSTRAINT" and state == _BROKEN_REFERENCE and self._rows_are_left_out():
            return True
        # The source had the rows in spite of its CHECK constraint; see :mod:`.deferred_checks`.
        return self.wanted.broken or entry.type == "CHECK CONSTRAINT"

    def _rows_are_left_out(self) -> bool:
        return any(change.kind == "rows_left_out" for change in self.adaptations)

    def _without(
        self, session: Session, entry: Entry, name: str, cause: Notice | DatabaseError, execute: Execute
    ) -> None:
        if entry.type in _CAN_BE_NOT_VALID:
            sql = entry.sql.rstrip().removesuffix(";")
            try:
                with session.savepoint():
                    execute(session, replace(entry, sql=f"{sql} NOT VALID;"))
            except DatabaseError as error:
                # Before version 18, a partitioned table can't have a foreign key that is NOT VALID.
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
        """Record that a constraint was added as NOT VALID."""
        self.adaptations.append(Adaptation("not_validated", name))
        self.notices.append(Notice("constraint_not_validated", constraint=name, cause=cause))

    def rows(self, name: str) -> None:
        """Record once that a table's rows were left out. A dump may have them in several blocks."""
        if Adaptation("rows_left_out", name) in self.adaptations:
            return
        self.adaptations.append(Adaptation("rows_left_out", name))
        self.notices.append(Notice("rows_left_out", table=name))

    def inherited(self, names: Iterator[str]) -> None:
        """Record constraints that are NOT VALID because the inherited constraint is."""
        known = {change.object for change in self.adaptations if change.kind == "not_validated"}
        self.adaptations += [Adaptation("not_validated", name) for name in names if name not in known]
