# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server that allows fewer connections than ``jobs``."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.options import (
    DatabaseOptions,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import DatabaseError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.tests.support import runs


@pytest.fixture
def account(shop: Any) -> Iterator[Callable[[str], Server]]:
    """``account("DATABASE … CONNECTION LIMIT 3")``: an ordinary account with the privileges for backup and restore."""
    name, password = f"account_{secrets.token_hex(4)}", secrets.token_hex(8)
    shop.execute(f"CREATE ROLE {name} LOGIN CREATEDB PASSWORD '{password}'")
    shop.execute(f"GRANT pg_read_all_data, pg_read_all_stats, {shop.user} TO {name}")

    def limited(limit: str) -> Server:
        what = {"DATABASE": f'DATABASE "{shop.name}"', "ROLE": f"ROLE {name}"}[limit.split()[0]]
        shop.execute(f"ALTER {what} CONNECTION LIMIT {limit.split()[1]}")
        return runs.reach(shop, user=name, password=password)

    yield limited
    shop.execute(f"DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.mark.parametrize("limit", ["DATABASE 3", "DATABASE 4", "ROLE 3", "ROLE 5"])
@pytest.mark.variants
def test_a_backup_takes_what_there_is_and_says_so(
    shop: Any, account: Callable[[str], Server], tmp_path: Path, limit: str
) -> None:
    server = account(limit)
    for dry_run in (True, False):
        made = runs.make_backup(server, tmp_path / "store", database=DatabaseOptions(jobs=6), dry_run=dry_run)
        (notice,) = made.notices
        assert notice.code == "connections_fewer" and notice.text("pt") != notice.text("en")
        # pg_dump and the leader use one connection each.
        assert notice.facts["used"] == int(limit.split()[1]) - 2 and notice.facts["jobs"] == 6
    assert made.backup["database"]["tables"]["public.Messages"] == 500


@pytest.mark.parametrize("limit", ["DATABASE 1", "DATABASE 2", "ROLE 2"])
@pytest.mark.variants
def test_too_few_for_any_backup_is_an_error_that_says_what_to_raise(
    account: Callable[[str], Server], tmp_path: Path, limit: str
) -> None:
    server = account(limit)
    for dry_run in (True, False):
        with pytest.raises(DatabaseError) as caught:
            runs.make_backup(server, tmp_path / "store", dry_run=dry_run)
        assert caught.value.code == "connections_exhausted" and "CONNECTION LIMIT" in str(caught.value)
    assert not list((tmp_path / "store").glob("*.tar*"))


def test_others_that_are_connected_count(shop: Any, account: Callable[[str], Server], tmp_path: Path) -> None:
    server = account("DATABASE 6")
    others = [shop.connect(), shop.connect()]
    made = runs.make_backup(server, tmp_path / "store", database=DatabaseOptions(jobs=6))
    for other in others:
        other.close()
    assert [notice.facts["used"] for notice in made.notices] == [2]


@pytest.mark.parametrize(("limit", "used"), [("ROLE 4", 2), ("ROLE 3", 1)])
@pytest.mark.variants
def test_a_restore_takes_what_there_is_and_says_so(
    goal: Any, archive: str, account: Callable[[str], Server], tmp_path: Path, limit: str, used: int
) -> None:
    server = account(limit).on(goal.database)
    for dry_run in (True, False):
        done = runs.make_restore(server, tmp_path / "store", jobs=5, dry_run=dry_run)
        notice = next(notice for notice in done.notices if notice.code == "connections_fewer")
        assert notice.facts["used"] == used
    assert done.database is not None and done.database["tables"]["public.Messages"] == 500


def test_addresses_of_ipv6_are_shown_with_brackets() -> None:
    assert Server(host="::1").place == "[::1]:5432"
    assert Server(host="fe80::1%eth0", port=1).place == "[fe80::1%eth0]:1"
    assert Server(host="db.example", unix_socket="/run/x").place == "/run/x:5432"
