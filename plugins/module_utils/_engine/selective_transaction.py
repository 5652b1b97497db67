# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The transaction that restores rows to live tables: lock, compare, back up, write, verify, and retry if needed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from glob import escape
from typing import Any

from .._components.component import REPLACE
from .._components.database.safety import required
from .._components.database.sessions import cleared_columns
from .._errors import DatabaseError, Notice, listed
from .._postgres.foreign_code import ForeignCode
from .._postgres.foreign_keys import read_foreign_keys
from .._postgres.lock_holders import (
    AGAIN,
    LOCK_TIMEOUT,
    PAST_VACUUM,
    holders,
    lock_tables,
    vacuum_is_in_the_way,
)
from .._postgres.merge import TableMerge
from .._postgres.merge_statement import write
from .._postgres.names import quoted
from .._postgres.references import Broken, References
from .._postgres.relations import lockable
from .._postgres.sequences import move_sequences, plan_sequences
from .._postgres.server import Server
from .._postgres.session import Session
from .._postgres.transaction import ask_whether_committed, transaction_number
from .._run.run import Run
from .selective_dependents import materialized_views, sequences_of
from .selective_request import SelectedRequest

_ATTEMPTS = 10
#: Errors if other sessions have written between the comparison and the statement.
_MOVED = ("23503", "23505", "40001")
#: Errors with which the server refuses rows.
_REFUSALS = ("22", "23", "42", "44", "P0")
#: Codes of notices that are kept only for the selected tables' sequences.
_SEQUENCE_NOTICES = ("sequence_exhausted", "sequence_range", "sequence_cycles")


@dataclass
class TablesDone:
    """The result for the tables, or, in a dry run, the plan.

    :param tables: rows of each table afterwards.
    :param changes: for each of them the numbers of rows ``inserted``, ``updated``, ``removed`` and
        ``relinked``.
    :param previous: ``safety_backup``, the backup of tables whose rows were updated or removed.
    """

    changed: bool = False
    tables: dict[str, int] = field(default_factory=dict)
    changes: dict[str, dict[str, int]] = field(default_factory=dict)
    sequences: list[dict[str, Any]] = field(default_factory=list)
    whatsapp_sessions: dict[str, int] = field(default_factory=dict)
    previous: dict[str, Any] | None = None

    def record(self, merge: TableMerge) -> None:
        """Record the result for a table."""
        counts = asdict(merge.counts)
        existing = counts.pop("existing")
        self.tables[merge.key] = existing + counts["inserted"] - counts["removed"]
        self.changes[merge.key] = counts
        self.changed = any(any(found.values()) for found in self.changes.values())


class SelectiveTransaction:
    """One transaction on some tables, retried if other sessions interfere."""

    def __init__(
        self,
        request: SelectedRequest,
        session: Session,
        code: ForeignCode,
        merges: Sequence[TableMerge],
        done: TablesDone,
        notices: list[Notice],
        run: Run,
        deciding: threading.Event,
    ) -> None:
        """
        :param code: code of other roles in the database.
        :param merges: one per table, with the backup's rows loaded.
        :param deciding: set once the run can no longer be cancelled.

        Raise DatabaseError (``foreign_code``) if a table next to these can't be queried without running such code.
        """
        self._request = request
        self._session = session
        self._merges = merges
        self._done = done
        self._notices = notices
        self._run = run
        self._deciding = deciding
        keys = read_foreign_keys(session, [merge.live.oid for merge in merges])
        self._references = References(session, keys, {merge.live.oid: merge for merge in merges})
        code.check_queryable(session, self._references.neighbours())

    def run(self, install: Callable[[], None]) -> None:
        """Do everything; in a dry run, only compare.

        :param install: called right before the commit.

        Raise SidekickError; then the database is unchanged. After ``commit_undecided`` this is not known.
        """
        self._check_rights()
        timeout, number = LOCK_TIMEOUT, ""
        for attempt in range(1, _ATTEMPTS + 1):
            told = len(self._notices)
            try:
                with _transaction(self._session, commit=not self._request.dry_run):
                    self._session.execute(
                        f"SET LOCAL lock_timeout = '{timeout}'; SET CONSTRAINTS ALL IMMEDIATE"
                    )
                    number = self._everything(install)
                return
            except DatabaseError as error:
                if self._deciding.is_set():
                    if self._session.is_closed and ask_whether_committed(
                        self._request.server, number, "commit_undecided"
                    ):
                        return
                    raise
                if not self._may_try_again(error) or attempt == _ATTEMPTS:
                    raise self._explained(error) from error
            del self._notices[told:]
            vacuum = vacuum_is_in_the_way(self._session, self._locked())
            timeout = PAST_VACUUM if vacuum else LOCK_TIMEOUT
            time.sleep(0.2 * attempt)
            self._run.check()

    def _check_rights(self) -> None:
        """Make sure that the account may write to the tables. Raise DatabaseError (``permission_denied``)."""
        rights = ["INSERT", "UPDATE", "DELETE"] if self._request.if_not_empty == REPLACE else ["INSERT"]
        server = self._session.server
        for merge in self._merges:
            missing = self._session.query(
                "SELECT r FROM unnest(%s) r WHERE NOT has_table_privilege(%s::oid, r)",
                [rights, merge.live.oid],
            )
            if missing:
                raise DatabaseError(
                    "permission_denied",
                    server=server.place,
                    database=server.database,
                    context=merge.key,
                    cause=f"user {server.user} has no right to {listed(right for (right,) in missing)} there",
                )

    def _everything(self, install: Callable[[], None]) -> str:
        """Do everything but commit; return the transaction's number."""
        if self._request.dry_run:
            self._compare()
            self._save()
            return ""
        self._lock()
        self._compare()
        self._save()
        self._write()
        number = transaction_number(self._session)
        # The last point at which the run can be cancelled.
        self._run.phase("switching")
        self._deciding.set()
        install()
        return number

    def _may_try_again(self, error: DatabaseError) -> bool:
        state = error.facts.get("sqlstate")
        moved = state in _MOVED or error.code == "selected_rows_differ"
        return state in AGAIN or (self._request.merge and moved)

    def _locked(self) -> list[int]:
        return [*(merge.live.oid for merge in self._merges), *self._references.others_that_refer()]

    def _explained(self, error: DatabaseError) -> DatabaseError:
        if error.facts.get("sqlstate") not in AGAIN:
            return error
        found = holders(self._session, self._locked())
        tables = listed(merge.key for merge in self._merges)
        return self._error("selected_locked", tables=tables, attempts=_ATTEMPTS, holders=found or "-")

    def _lock(self) -> None:
        shut = [merge.live.name for merge in self._merges if merge.shuts_out]
        lock_tables(self._session, shut, "SHARE ROW EXCLUSIVE")
        open_to_others = [merge.live.name for merge in self._merges if not merge.shuts_out]
        lock_tables(self._session, open_to_others, "ROW EXCLUSIVE")
        # A new row that refers to a removed one would be deleted by cascade.
        if self._request.if_not_empty == REPLACE:
            others = self._references.others_that_refer().values()
            lock_tables(self._session, [(holder.schema, holder.name) for holder in others], "SHARE")

    def _compare(self) -> None:
        """Determine what must be done, and check that no references would break. Raise DatabaseError."""
        for merge in self._merges:
            self._run.check()
            merge.relinks = []
            merge.keep_sessions(cleared_of(self._request, merge))
            merge.compare()
            self._check_key(merge)
        if self._request.if_not_empty != REPLACE and not self._request.merge:
            refuse_full(
                self._request.server,
                [merge for merge in self._merges if merge.counts.existing and merge.counts.changes],
            )
        if self._request.merge:
            self._check_taken()
        if self._request.tickets or self._request.contacts:
            gone = self._references.empty_lost()
            if gone:
                self._notices.append(Notice("undelete_references_gone", references=listed(gone)))
        self._refuse_broken("foreign_keys_broken", self._references.children_left())
        self._refuse_broken("parents_missing", self._references.parents_missing())
        if self._request.merge:
            self._references.relink()
        for merge in self._merges:
            self._done.record(merge)
            if cleared_of(self._request, merge):
                self._done.whatsapp_sessions[merge.live.name[1]] = merge.counts.inserted
        self._report()

    def _refuse_broken(self, code: str, broken: Sequence[Broken]) -> None:
        if broken:
            count, report = sum(item.rows for item in broken), "; ".join(map(str, broken))
            raise self._error(code, count=count, report=report, broken=[asdict(item) for item in broken])

    def _check_key(self, merge: TableMerge) -> None:
        """Refuse tables without a key: rows can't be identified, so they can neither be merged nor kept for references."""
        if merge.live.key or not merge.counts.existing or not merge.counts.changes:
            return
        if self._request.merge or self._references.is_referred_to(merge.live.oid):
            raise self._error("selected_no_key", table=merge.key)

    def _check_taken(self) -> None:
        taken = []
        for merge in self._merges:
            if merge.counts.existing and merge.counts.inserted:
                for index in merge.live.uniques:
                    count, example = merge.taken(index)
                    if count:
                        taken.append(f"{merge.key}, {quoted(index.name)}: {count} [{example}]")
        if taken:
            raise self._error("selected_values_taken", report="; ".join(taken))

    def _report(self) -> None:
        changed = [merge for merge in self._merges if merge.counts.changes]
        if self._request.merge:
            left = [holder.quoted for holder in self._references.not_named()]
            if left:
                tables = listed(merge.key for merge in changed)
                self._notices.append(Notice("selected_children_left", tables=tables, others=listed(left)))
        views = materialized_views(self._session, [merge.live.oid for merge in changed])
        if views:
            self._notices.append(Notice("materialized_views_stale", views=listed(views)))

    def _save(self) -> None:
        """Back up the tables whose rows will be updated or removed. Nobody can write to them now."""
        names = [merge.live.name for merge in self._merges if merge.counts.updated or merge.counts.removed]
        if not names:
            return
        others = [escape(".".join(name)) for name in lockable(self._session) if name not in names]
        safety = required(self._request.safety, self._request.server).without_rows(others)
        if self._request.dry_run:
            safety.check(self._session)
        else:
            self._done.previous = {"safety_backup": safety.make(self._request.server, self._run)}

    def _write(self) -> None:
        changed = [merge for merge in self._merges if merge.counts.changes]
        self._run.phase("writing rows")
        for merge in changed:
            merge.pause_triggers()
        refused(lambda: write(self._session, changed))
        for merge in changed:
            merge.resume_triggers()
        self._run.phase("comparing rows")
        for merge in changed:
            merge.prove()
        if self._request.fix_sequences and changed:
            told: list[Notice] = []
            names = sequences_of(self._session, [merge.live.oid for merge in changed])
            changes = plan_sequences(self._session, names=names, notices=told)
            move_sequences(self._session, changes)
            self._notices += [notice for notice in told if notice.code in _SEQUENCE_NOTICES]
            self._done.sequences = [asdict(change) for change in changes]

    def _error(self, code: str, **facts: object) -> DatabaseError:
        server = self._request.server
        return DatabaseError(code, database=server.database, server=server.place, **facts)


def cleared_of(request: SelectedRequest, merge: TableMerge) -> dict[str, str]:
    """Return a table's session columns and the values to set, if sessions must be cleared."""
    return cleared_columns(*merge.live.name, merge.entry.columns) if request.clear_sessions else {}


def refuse_full(server: Server, tables: Sequence[TableMerge]) -> None:
    """Refuse tables that have other rows than the backup. Raise DatabaseError (``selected_not_empty``)."""
    if tables:
        named = listed(f"{merge.key} ({merge.counts.existing})" for merge in tables)
        raise DatabaseError("selected_not_empty", database=server.database, server=server.place, tables=named)


def refused(work: Callable[[], Any]) -> Any:
    """Translate the server's errors for rows into errors of a restore."""
    try:
        return work()
    except DatabaseError as error:
        if error.code == "statement_failed" and str(error.facts.get("sqlstate")).startswith(_REFUSALS):
            raise DatabaseError("selected_rows_refused", **error.facts) from error
        raise


@contextmanager
def _transaction(session: Session, *, commit: bool) -> Iterator[None]:
    """Run the block in a transaction, which is rolled back unless it is committed."""
    if commit:
        with session.transaction():
            yield
        return
    session.execute("BEGIN")
    try:
        yield
    finally:
        session.execute("ROLLBACK")
