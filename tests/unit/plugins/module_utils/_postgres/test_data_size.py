# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The size of a database's tables, for the estimate of a backup's size, is read without waiting for locks."""

from __future__ import annotations

import contextlib
from typing import Any

from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.properties import data_size
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.session import Session
from ansible_collections.ticketz.sidekick.tests.support import runs

_FILL = "CREATE TABLE t (x text STORAGE EXTERNAL); INSERT INTO t SELECT repeat('x', 9000) FROM generate_series(1, 100)"


def _size(database: Any) -> int:
    with Session.open(runs.reach(database)) as session:
        session.execute("SET statement_timeout = '20s'")
        return data_size(session)


def test_tables_count_with_their_long_values_and_without_indexes(database: Any) -> None:
    assert _size(database) == 0
    database.execute(_FILL)
    size = _size(database)
    assert 900_000 < size < 1_500_000
    database.execute("CREATE INDEX ON t (left(x, 2000))")
    assert _size(database) == size


def test_a_table_locked_against_readers_is_not_waited_for(database: Any) -> None:
    database.execute(_FILL)
    database.execute("VACUUM ANALYZE t")
    size = _size(database)
    with contextlib.closing(database.connect()) as holder, holder.cursor() as cursor:
        cursor.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        assert 0.9 * size < _size(database) <= size
