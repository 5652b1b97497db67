# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A restore over live data is exchanged in one step, undone in one step, and not repeated."""

from __future__ import annotations

import datetime
import os
import random
import threading
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.prune_previous import (
    PreviousRequest,
    prune_previous,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import DatabaseError, HostError
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap import exchange, pairs
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.journal import Journal, new_record_id
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.pairs import Pair
from ansible_collections.ticketz.sidekick.tests.support import runs, swap_faults
from ansible_collections.ticketz.sidekick.tests.support.servers import administer, databases, query
from ansible_collections.ticketz.sidekick.tests.support.store_samples import MOUNTED, on_own_mount
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until
from ansible_collections.ticketz.sidekick.tools import servers


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """A live directory with more than one level."""
    path = tmp_path / "media"
    (path / "company1").mkdir(parents=True)
    (path / "company1" / "a.jpg").write_bytes(b"picture")
    (path / "note.txt").write_text("first")
    return path


def write_since(shop: Any, media: Path) -> None:
    """Change the data like an application after a backup."""
    shop.execute(
        """
        INSERT INTO "Messages" (id, body) SELECT 1000 + g, 'nova ' || g FROM generate_series(1, 20) g;
        UPDATE "Whatsapps" SET status = 'OPENING';
        CREATE TABLE "Later" (id int);
        """
    )
    (media / "company1" / "b.jpg").write_bytes(b"new picture")
    (media / "note.txt").write_text("second")
    (media / "company2").mkdir()


def prune(tmp_path: Path, server: Any, **age: int) -> list[dict[str, Any]]:
    request = PreviousRequest(runs.journal(tmp_path / "store"), server, datetime.timedelta(**age))
    removed, notices = prune_previous(request)
    assert not notices
    return removed


def hidden(path: Path) -> list[str]:
    return [item.name for item in path.iterdir() if item.name.startswith(".")]


def test_a_restore_replaces_data_in_use_and_is_undone(shop: Any, media: Path, tmp_path: Path) -> None:
    server, store = runs.reach(shop), tmp_path / "store"
    runs.make_backup(server, store, directories={"public": media})
    first, first_files = runs.contents(shop.connect()), runs.tree(media)
    write_since(shop, media)
    second, second_files = runs.contents(shop.connect()), runs.tree(media)
    others = databases(shop)

    with pytest.raises(HostError) as caught:
        runs.make_restore(server, store, directories={"public": media})
    assert caught.value.code == "restore_target_full" and "if_not_empty" in str(caught.value)
    with pytest.raises(DatabaseError) as refused:
        runs.make_restore(server, store)
    assert refused.value.code == "target_not_empty"

    done = runs.make_restore(server, store, directories={"public": media}, if_not_empty="replace")
    assert done.changed and done.previous is not None
    assert runs.contents(shop.connect()) == first
    assert runs.tree(media) == first_files
    kept = done.previous["database"]
    assert databases(shop) == others | {kept}
    assert runs.contents(shop.connect(dbname=kept)) == second
    assert runs.tree(Path(done.previous["directories"]["public"])) == second_files

    # Rows written from here on are replaced by the undo, together with the restored data, and kept.
    shop.execute("INSERT INTO \"Messages\" (id, body) VALUES (7777, 'depois')")
    (media / "after.txt").write_text("after")
    third, third_files = runs.contents(shop.connect()), runs.tree(media)
    undone = runs.undo(server, store, directories={"public": media})
    assert undone.changed and undone.previous is not None
    assert runs.contents(shop.connect()) == second
    assert runs.tree(media) == second_files
    assert runs.contents(shop.connect(dbname=undone.previous["database"])) == third
    assert runs.tree(Path(undone.previous["directories"]["public"])) == third_files

    again = runs.undo(server, store, directories={"public": media})
    assert not again.changed
    assert [notice.code for notice in again.notices] == ["undo_done_already"]
    assert runs.contents(shop.connect()) == second

    assert prune(tmp_path, server, days=1) == []
    assert len(prune(tmp_path, server, days=-1)) == 1
    assert databases(shop) == others
    assert hidden(tmp_path) == []
    assert runs.contents(shop.connect()) == second


@pytest.mark.long
def test_the_same_restore_again_is_no_change_until_something_was_written(
    shop: Any, goal: Any, media: Path, tmp_path: Path
) -> None:
    store, place = tmp_path / "store", tmp_path / "place"
    runs.make_backup(runs.reach(shop), store, directories={"public": media})
    wanted: dict[str, Any] = {"directories": {"public": place}, "clear_sessions": True}
    first = runs.make_restore(goal, store, **wanted)
    assert first.changed
    for policy in ("fail", "skip", "replace"):
        again = runs.make_restore(goal, store, if_not_empty=policy, **wanted)
        assert not again.changed and again.previous is None
        assert again.backup == first.backup
        assert again.database is not None and again.database["tables"]["public.Messages"] == 500
        assert not runs.make_restore(goal, store, if_not_empty=policy, dry_run=True, **wanted).changed
    with closing(shop.connect(dbname=goal.database)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("UPDATE \"Whatsapps\" SET session = 'paired'")
    with pytest.raises(DatabaseError) as caught:
        runs.make_restore(goal, store, **wanted)
    assert caught.value.code == "target_written"
    assert first.backup["id"] in str(caught.value)
    skipped = runs.make_restore(goal, store, if_not_empty="skip", **wanted)
    assert not skipped.changed and [notice.code for notice in skipped.notices] == ["restore_skipped"]
    replaced = runs.make_restore(goal, store, if_not_empty="replace", **wanted)
    assert replaced.changed and replaced.previous is not None
    # The directory was still equal to the backup, so only the database was exchanged.
    assert replaced.previous["directories"] == {}
    assert query(goal, 'SELECT session FROM "Whatsapps"') == [("",)]
    (place / "company1" / "b.jpg").write_bytes(b"new")
    with pytest.raises(HostError) as in_the_way:
        runs.make_restore(goal, store, **wanted)
    assert in_the_way.value.code == "restore_target_full"
    administer(shop, f'DROP DATABASE "{replaced.previous["database"]}"')


@pytest.mark.long
def test_busy_clients_are_cut_off_for_an_instant(shop: Any, tmp_path: Path) -> None:
    """Ten clients write continuously; each statement is executed in the old or in the new database."""
    server, store = runs.reach(shop), tmp_path / "store"
    shop.execute('CREATE TABLE "Written" (client int, number int)')
    runs.make_backup(server, store)
    stop = threading.Event()
    done = [0] * 10
    broken: list[str] = []

    def work(client: int) -> None:
        number = 0
        while not stop.is_set():
            try:
                with closing(shop.connect()) as connection, connection.cursor() as cursor:
                    connection.autocommit = True
                    while not stop.is_set():
                        number += 1
                        cursor.execute('INSERT INTO "Written" VALUES (%s, %s)', [client, number])
                        done[client] += 1
            except psycopg2.OperationalError:
                continue
            except psycopg2.Error as error:
                broken.append(str(error))

    threads = [threading.Thread(target=work, args=[client]) for client in range(10)]
    for thread in threads:
        thread.start()
    try:
        wait_until(lambda: broken or all(done))
        result = runs.make_restore(server, store, if_not_empty="replace")
        before = list(done)
        wait_until(lambda: broken or all(now > then for now, then in zip(done, before)))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not broken
    assert result.previous is not None
    count = 'SELECT count(*) FROM "Written"'
    new = query(server, count)[0][0]
    old = query(server.on(result.previous["database"]), count)[0][0]
    acknowledged = sum(done)
    # A statement may have been executed without an acknowledgement, but not the reverse.
    assert acknowledged <= old + new <= acknowledged + 10
    assert new and old
    administer(shop, f'DROP DATABASE "{result.previous["database"]}" WITH (FORCE)')


def test_what_holds_on_to_the_database_is_named(shop: Any, tmp_path: Path) -> None:
    runs.make_backup(runs.reach(shop), tmp_path / "store")
    others = databases(shop)
    if query(runs.reach(shop), "SHOW max_prepared_transactions")[0][0] == "0":
        with closing(shop.connect()) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SHOW wal_level")
                level = cursor.fetchone()[0]
        assert level != "logical", "nothing here can hold on to a database"
        holder = "subscription"
        shop.execute(
            "CREATE SUBSCRIPTION held CONNECTION 'host=127.0.0.1 dbname=nowhere' PUBLICATION p WITH (connect = false)"
        )
    else:
        holder = "prepared transaction"
        shop.execute("BEGIN; INSERT INTO \"Messages\" (body) VALUES ('x'); PREPARE TRANSACTION 'held'")
    try:
        with pytest.raises(DatabaseError) as caught:
            runs.make_restore(runs.reach(shop), tmp_path / "store", if_not_empty="replace")
        assert caught.value.code == "target_held"
        assert f"{holder} held" in str(caught.value)
        assert databases(shop) == others
    finally:
        if holder == "subscription":
            shop.execute("ALTER SUBSCRIPTION held SET (slot_name = NONE)")
            shop.execute("DROP SUBSCRIPTION held")
        else:
            shop.execute("ROLLBACK PREPARED 'held'")


@pytest.mark.long
def test_nothing_is_kept_if_nothing_is_to_be(shop: Any, media: Path, tmp_path: Path) -> None:
    server, store = runs.reach(shop), tmp_path / "store"
    runs.make_backup(server, store, directories={"public": media})
    files = runs.tree(media)
    write_since(shop, media)
    others = databases(shop)
    done = runs.make_restore(
        server, store, directories={"public": media}, if_not_empty="replace", keep_previous=False
    )
    assert done.previous is None
    assert databases(shop) == others
    assert runs.tree(media) == files
    assert hidden(tmp_path) == []
    assert Journal(runs.journal(store)).records() == []
    with pytest.raises(HostError) as caught:
        runs.undo(server, store, directories={"public": media})
    assert caught.value.code == "undo_nothing"


def test_an_undo_that_has_become_wrong_is_refused(shop: Any, media: Path, tmp_path: Path) -> None:
    server, store = runs.reach(shop), tmp_path / "store"
    runs.make_backup(server, store, directories={"public": media})
    write_since(shop, media)
    done = runs.make_restore(server, store, directories={"public": media}, if_not_empty="replace")
    assert done.previous is not None
    administer(shop, f'DROP DATABASE "{done.previous["database"]}"')
    before = runs.contents(shop.connect()), runs.tree(media)
    with pytest.raises(HostError) as caught:
        runs.undo(server, store, directories={"public": media})
    assert caught.value.code == "undo_stale"
    assert done.previous["database"] in str(caught.value)
    assert (runs.contents(shop.connect()), runs.tree(media)) == before


def test_directories_alone(shop: Any, media: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    runs.make_backup(runs.reach(shop), store, directories={"public": media})
    files = runs.tree(media)
    write_since(shop, media)
    written = runs.tree(media)
    database = runs.contents(shop.connect())
    wanted: dict[str, Any] = {"directories": {"public": media}, "components": ("directories",)}
    nowhere = runs.reach(shop, "nowhere")
    assert runs.make_restore(nowhere, store, if_not_empty="replace", **wanted).changed
    assert runs.tree(media) == files
    assert not runs.make_restore(nowhere, store, **wanted).changed
    assert runs.undo(nowhere, store, directories={"public": media}).changed
    assert runs.tree(media) == written
    assert runs.contents(shop.connect()) == database


def test_a_volume_is_exchanged_entry_by_entry(shop: Any, media: Path, tmp_path: Path) -> None:
    """Docker refers to a volume's directory by its inode, so the directory must be kept, and its entries exchanged."""
    store = tmp_path / "store"
    volume = tmp_path / "volumes" / "backend_public" / "_data"
    volume.parent.mkdir(parents=True)
    media.rename(volume)
    volume.chmod(0o2775)
    runs.make_backup(runs.reach(shop), store, directories={"public": volume})
    files, inode = runs.tree(volume), volume.stat().st_ino
    write_since(shop, volume)
    (volume / "note.txt").unlink()
    volume.chmod(0o755)
    written = runs.tree(volume)
    wanted: dict[str, Any] = {"directories": {"public": volume}, "components": ("directories",)}
    nowhere = runs.reach(shop, "nowhere")
    done = runs.make_restore(nowhere, store, if_not_empty="replace", **wanted)
    assert done.previous is not None
    assert runs.tree(volume) == files and volume.stat().st_ino == inode
    assert not runs.make_restore(nowhere, store, **wanted).changed
    assert runs.undo(nowhere, store, directories={"public": volume}).changed
    assert runs.tree(volume) == written and volume.stat().st_ino == inode
    assert len(prune(tmp_path, nowhere, days=-1)) == 1
    assert [item.name for item in volume.parent.iterdir()] == ["_data"]


@pytest.mark.long
def test_what_is_on_servers_that_are_gone_is_left_and_told(shop: Any, media: Path, tmp_path: Path) -> None:
    """A host may remember more restores than a server allows connections, and some of their servers may not exist."""
    server, store = runs.reach(shop), tmp_path / "store"
    runs.make_backup(server, store, directories={"public": media})
    write_since(shop, media)
    assert runs.make_restore(server, store, directories={"public": media}, if_not_empty="replace").previous
    journal = Journal(runs.journal(store))
    [record] = journal.records()
    assert record.database is not None
    gone = replace(record.database, place="old.example:5432", system="1234567890")
    [(number,)] = query(server, "SELECT current_setting('max_connections')::int")
    for _turn in range(number + 20):
        journal.write(replace(record, id=new_record_id(), database=gone, directories=()))

    down = PreviousRequest(
        runs.journal(store), replace(server, port=1, connect_timeout=1), datetime.timedelta(days=-1)
    )
    removed, notices = prune_previous(down)
    assert removed == [] and [notice.code for notice in notices] == ["previous_unreachable"]
    assert "127.0.0.1:1" in str(notices[0])
    removed, notices = prune_previous(replace(down, server=server))
    assert [item["id"] for item in removed] == [record.id]
    assert [notice.code for notice in notices] == ["previous_left"]
    assert f"restores: {number + 20}" in str(notices[0]) and "old.example:5432" in str(notices[0])
    assert "never those called live" in str(notices[0])
    assert record.database.outgoing not in databases(shop) and hidden(media.parent) == []


@pytest.mark.parametrize("if_not_empty", ["skip", "fail"])
def test_what_a_killed_restore_left_goes_with_the_next_one_whatever_that_finds(
    shop: Any, media: Path, tmp_path: Path, if_not_empty: str
) -> None:
    store, left = tmp_path / "store", "ticketz_sidekick_new_0123456789ab"
    runs.make_backup(runs.reach(shop), store, directories={"public": media})
    (media / "later.jpg").write_bytes(b"later")
    administer(shop, f"CREATE DATABASE {left}")
    try:
        with suppress(HostError):
            done = runs.make_restore(
                runs.reach(shop), store, directories={"public": media}, if_not_empty=if_not_empty
            )
            assert if_not_empty == "skip" and not done.changed
        assert left not in databases(shop)
    finally:
        administer(shop, f"DROP DATABASE IF EXISTS {left}")


@pytest.mark.long
def test_a_mount_point_is_exchanged_inside_of_itself(shop: Any, media: Path, tmp_path: Path) -> None:
    """The staging directory must be on the same file system, so it is inside; it is private, and not backed up."""
    store, place = tmp_path / "store", tmp_path / "place"
    runs.make_backup(runs.reach(shop), store, directories={"public": media})
    files = runs.tree(media)
    place.mkdir()
    wanted: dict[str, Any] = {"directories": {"public": place}, "components": ("directories",)}
    nowhere = runs.reach(shop, "nowhere")

    def work() -> None:
        place.chmod(0o755)
        (place / "note.txt").write_text("in use")
        (place / "theirs").mkdir()
        (place / "theirs" / "c.jpg").write_bytes(b"c")
        written = runs.tree(place)
        done = runs.make_restore(nowhere, store, if_not_empty="replace", **wanted)
        assert done.previous is not None
        spare = Path(done.previous["directories"]["public"])
        assert spare.parent == place and spare.stat().st_mode & 0o777 == 0o700
        assert sorted(item.name for item in spare.iterdir()) == ["note.txt", "theirs"]
        assert visible(place) == visible_of(files)
        assert not runs.make_restore(nowhere, store, **wanted).changed
        assert runs.undo(nowhere, store, directories={"public": place}).changed
        assert visible(place) == visible_of(written)
        prune(tmp_path, nowhere, days=-1)
        assert sorted(item.name for item in place.iterdir()) == ["note.txt", "theirs"]

    assert on_own_mount(place, "size=4m,mode=0755", work) in MOUNTED | {""}


def visible_of(tree: dict[str, Any]) -> dict[str, Any]:
    """Remove private entries, and the time of the root, which changed when these were created and removed."""
    return {
        name: facts
        for name, facts in tree.items()
        if not name.startswith(".ticketz-sidekick-") and name not in (".", "")
    }


def visible(path: Path) -> dict[str, Any]:
    return visible_of(runs.tree(path))


@pytest.mark.long
def test_an_exchange_that_is_struck_ends_old_or_new(tmp_path: Path) -> None:
    """The process is killed, or the server stopped, at random steps; `make torture ARGS=swaps` runs hundreds."""
    with servers.start_server(16) as started:
        stage = swap_faults.stage(started, tmp_path)

        def restart() -> swap_faults.Stage:
            started.restart()
            return replace(stage, postmaster=started.pid)

        tally = swap_faults.Tally()
        wrong = list(swap_faults.series(stage, restart, 12, random.Random(), tally))
        assert not wrong
        assert tally.strikes == 12


@pytest.mark.parametrize("can", [True, False])
def test_a_pair_of_names_from_wherever_it_is_stopped(
    can: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exchange names and revert it, interrupted before every rename, on file systems with and without atomic exchange."""
    for start in ("both", "new", "old"):
        for forth_stop in range(4):
            for back_stop in range(4):
                root = tmp_path / f"{start}{forth_stop}{back_stop}"
                root.mkdir()
                live, spare = (os.fsencode(root / name) for name in ("live", "spare"))
                if start != "new":
                    (root / "live").mkdir()
                if start != "old":
                    (root / "spare").mkdir()
                before = names_of(root)
                pair = Pair(live, spare, pairs.inode(spare), pairs.inode(live))
                run_until(pair, forth_stop, can, monkeypatch)
                run_until(pair.turned(), back_stop, can, monkeypatch)
                pairs.apply(pair.turned())
                assert names_of(root) == before
                run_until(pair, forth_stop, can, monkeypatch)
                pairs.apply(pair)
                assert pairs.is_applied(pair)
                assert set(names_of(root)) <= {"live", "spare"}
                assert pairs.inode(live) == pair.new and pairs.inode(spare) == pair.old


def names_of(root: Path) -> dict[str, int]:
    return {item.name: item.stat().st_ino for item in root.iterdir()}


def run_until(pair: Pair, stop: int, can: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apply a pair, interrupted before a rename as if by a kill."""
    left = stop

    def limited(work: Any) -> Any:
        def run(first: bytes, second: bytes) -> Any:
            nonlocal left
            if left == 0:
                raise KeyboardInterrupt
            left -= 1
            return work(first, second)

        return run

    with monkeypatch.context() as patch:
        patch.setattr(pairs, "exchange", limited(exchange.exchange) if can else lambda first, second: False)
        patch.setattr(pairs, "move", limited(exchange.move))
        with suppress(KeyboardInterrupt):
            pairs.apply(pair)


def test_what_is_neither_old_nor_new_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    (tmp_path / "spare").mkdir()
    live, spare = os.fsencode(tmp_path / "live"), os.fsencode(tmp_path / "spare")
    with pytest.raises(HostError) as caught:
        pairs.apply(Pair(live, spare, pairs.inode(spare), 1))
    assert caught.value.code == "swap_disturbed"
    assert str(tmp_path / "live") in str(caught.value)


def test_switches_of_one_second_are_told_apart() -> None:
    ids = [new_record_id() for turn in range(1000)]
    assert ids == sorted(ids) and len(set(ids)) == 1000
    # All ids were created within a few seconds, so they are not sorted by the second alone.
    assert len({id[:16] for id in ids}) < 5
