# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys of a real Redis are backed up and restored, or nothing is changed."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.check import check_archive
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.redis.entry import RedisEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.redis.keys import RedisRestore
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.redis.pack import RedisSource
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError, Notice
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack import redis_keys
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.redis_server import (
    RedisServer,
    redis_server,
)
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.redis_servers import PASSWORD, client, redis_running
from ansible_collections.ticketz.sidekick.tests.support.servers import databases

KEY = Key.from_text("a long passphrase")
SECRETS = {b"TICKETZ_JWT_SECRET": b"assinatura \xff\x00%41", b"TICKETZ_JWT_REFRESH_SECRET": "ação".encode()}
ALL = ("*",)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_running(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def redis(running: RedisServer) -> RedisServer:
    """A server with Ticketz's keys."""
    redis = client(running)
    redis.flushall()
    for name, value in SECRETS.items():
        redis.set(name, value)
    redis.hset("bull:jobs:1", mapping={"data": b"\x00binary", "name": "job"})
    redis.set("session:9", "lasts", px=3_600_000)
    return running


@pytest.fixture
def keep(shop: Any, tmp_path: Path) -> Callable[..., Any]:
    """``keep(redis, …)``: make a backup with Redis keys, by default encrypted."""

    def keep(server: RedisServer | None, *patterns: str, **options: Any) -> Any:
        source = RedisSource(server, patterns or ("TICKETZ_JWT_*",), required=options.pop("required", True))
        given = {"key": KEY, "compression": "none", "redis": source, **options}
        return runs.make_backup(runs.reach(shop), tmp_path / "store", **given)

    return keep


@pytest.fixture
def put(goal: Any, tmp_path: Path) -> Callable[..., Any]:
    """``put(redis, …)``: restore the keys of the newest backup."""

    def put(server: RedisServer, **options: Any) -> Any:
        given = {"components": ("redis",), "key": KEY, "redis": server, **options}
        return runs.make_restore(goal, tmp_path / "store", **given)

    return put


def contents(server: RedisServer) -> dict[bytes, bytes]:
    """Return all keys with Redis' dumps of their values."""
    redis = client(server)
    return {name: redis.dump(name) for name in redis.keys("*")}


def test_the_secrets_of_logins_come_back_and_nothing_else(
    redis: RedisServer, keep: Callable[..., Any], put: Callable[..., Any]
) -> None:
    made = keep(redis)
    assert made.notices == () and "redis" in made.backup["components"]
    assert (made.backup["redis"]["count"], made.backup["redis"]["patterns"]) == (2, ["TICKETZ_JWT_*"])
    assert not put(redis).changed
    client(redis).flushall()
    client(redis).set("standin", "stays")
    predicted = put(redis, dry_run=True)
    assert predicted.changed and predicted.redis["restored"] == 2
    assert contents(redis).keys() == {b"standin"}
    done = put(redis)
    assert done.changed and done.redis == predicted.redis
    assert {name: client(redis).get(name) for name in SECRETS} == SECRETS
    assert contents(redis).keys() == {*SECRETS, b"standin"}
    assert client(redis).ttl("TICKETZ_JWT_SECRET") == -1
    again = put(redis)
    assert not again.changed and again.redis["unchanged"] == 2


def test_all_types_come_back_with_the_time_that_they_have_left(
    redis: RedisServer, keep: Callable[..., Any], put: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The restore runs ten minutes later, when one key has expired."""
    live = client(redis)
    live.rpush("list", *range(2000))
    live.sadd("set", *(f"m{number}" for number in range(500)))
    live.zadd("zset", {"a": 1.5, "b": -2})
    live.xadd("stream", {"a": "1"}, id="1-1")
    live.setbit("bits", 100, 1)
    live.set("gone", "soon", px=600_000)
    before = {name: found for name, found in contents(redis).items() if name != b"gone"}
    ends, gone = live.pexpiretime("session:9"), live.pexpiretime("gone")
    assert keep(redis, *ALL).backup["redis"]["count"] == len(before) + 1
    live.flushall()
    assert 0 < gone < ends
    now = redis_keys.now_ms
    monkeypatch.setattr(redis_keys, "now_ms", lambda client: now(client) + 600_000)
    done = put(redis)
    assert [notice.code for notice in done.notices] == ["redis_expired"]
    assert contents(redis).keys() == before.keys()
    assert live.hgetall("bull:jobs:1") == {b"data": b"\x00binary", b"name": b"job"}
    assert (live.lrange("list", 0, -1)[-1], live.scard("set"), live.zscore("zset", "b")) == (b"1999", 500, -2)
    assert live.xrange("stream") == [(b"1-1", {b"a": b"1"})] and live.getbit("bits", 100) == 1
    assert abs(live.pexpiretime("session:9") - ends) < 1000
    assert {name for name in before if live.ttl(name) >= 0} == {b"session:9"}
    assert not put(redis).changed


@pytest.mark.long
def test_more_keys_than_fit_one_batch(
    redis: RedisServer, keep: Callable[..., Any], put: Callable[..., Any]
) -> None:
    live = client(redis)
    pipeline = live.pipeline(transaction=False)
    for number in range(1700):
        pipeline.set(f"k{number}", "x" * (30_000 if number % 10 == 0 else 10))
    pipeline.execute()
    before = contents(redis)
    assert keep(redis, "k*", "k1*").backup["redis"]["count"] == 1700
    live.flushall()
    assert put(redis).redis["restored"] == 1700
    assert contents(redis) == {name: found for name, found in before.items() if name.startswith(b"k")}


@pytest.mark.long
def test_keys_that_differ_stay_or_are_put_aside(
    redis: RedisServer, keep: Callable[..., Any], put: Callable[..., Any]
) -> None:
    live = client(redis)
    keep(redis)
    live.set("TICKETZ_JWT_SECRET", "zweiter")
    live.delete("TICKETZ_JWT_REFRESH_SECRET")
    before = contents(redis)
    for dry_run in (True, False):
        with pytest.raises(HostError) as caught:
            put(redis, dry_run=dry_run)
        assert caught.value.code == "redis_in_the_way" and "TICKETZ_JWT_SECRET" in str(caught.value)
        assert "zweiter" not in str(caught.value)
        assert contents(redis) == before
    kept = put(redis, if_not_empty="skip")
    assert (kept.redis["kept"], kept.redis["restored"]) == (1, 1)
    assert [notice.code for notice in kept.notices] == ["redis_kept"]
    assert live.get("TICKETZ_JWT_SECRET") == b"zweiter"
    done = put(redis, if_not_empty="replace")
    assert (done.redis["replaced"], done.redis["restored"], done.redis["unchanged"]) == (1, 0, 1)
    aside = done.redis["previous"] + "TICKETZ_JWT_SECRET"
    assert live.get(aside) == b"zweiter" and live.ttl(aside) > 0
    assert {name: live.get(name) for name in SECRETS} == SECRETS
    # Keys that restores have created in Redis are not backed up.
    assert keep(redis, *ALL).backup["redis"]["count"] == 4
    live.set("TICKETZ_JWT_SECRET", "third")
    assert put(redis, if_not_empty="replace", keep_previous=False).redis["previous"] is None
    assert len(live.keys("ticketz-sidekick:*")) == 1


def test_nothing_is_changed_where_a_key_is_refused(
    redis: RedisServer, keep: Callable[..., Any], shop: Any, goal: Any, tmp_path: Path
) -> None:
    """The database is not exchanged either, because keys are written and verified before."""
    keep(redis, *ALL)
    with redis_running(tmp_path / "small", "maxmemory 1mb", "maxmemory-policy noeviction") as small:
        client(small).set("mine", "stays")
        client(small).config_set("maxmemory", 1)
        with pytest.raises(HostError) as caught:
            runs.make_restore(
                goal, tmp_path / "store", components=("database", "redis"), key=KEY, redis=small
            )
        assert caught.value.code in ("redis_value_refused", "redis_failed")
        assert goal.database not in databases(shop)
        assert list(contents(small)) == [b"mine"]


@pytest.mark.long
def test_a_switch_that_fails_says_what_is_in_place(
    redis: RedisServer, keep: Callable[..., Any], shop: Any, goal: Any, put: Callable[..., Any], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    keep(redis)
    with redis_running(tmp_path / "other") as other:
        switch = RedisRestore.switch

        def disturbed(self: RedisRestore) -> Any:
            client(other).set("TICKETZ_JWT_SECRET", "a backend that was not stopped")
            return switch(self)

        monkeypatch.setattr(RedisRestore, "switch", disturbed)
        with pytest.raises(HostError) as caught:
            runs.make_restore(
                goal, tmp_path / "store", components=("database", "redis"), key=KEY, redis=other
            )
        assert caught.value.code == "redis_not_switched" and "database" in str(caught.value)
        assert goal.database in databases(shop)
        assert contents(other).keys() == {b"TICKETZ_JWT_SECRET"}
        monkeypatch.undo()
        done = put(other, if_not_empty="replace")
        assert done.changed and {name: client(other).get(name) for name in SECRETS} == SECRETS


def test_database_and_keys_come_back_in_one_run(
    redis: RedisServer, keep: Callable[..., Any], goal: Any, tmp_path: Path
) -> None:
    keep(redis)
    client(redis).flushall()
    wanted = {"components": ("database", "redis"), "key": KEY, "redis": redis}
    done = runs.make_restore(goal, tmp_path / "store", **wanted)
    assert done.database is not None and done.redis is not None and done.redis["restored"] == 2
    assert not runs.make_restore(goal, tmp_path / "store", **wanted).changed
    client(redis).delete("TICKETZ_JWT_SECRET")
    assert runs.make_restore(goal, tmp_path / "store", **wanted).redis["restored"] == 1  # type: ignore[index]


@pytest.mark.long
def test_an_undo_brings_the_keys_back_as_well(
    redis: RedisServer, keep: Callable[..., Any], shop: Any, tmp_path: Path
) -> None:
    keep(redis)
    live = client(redis)
    live.set("TICKETZ_JWT_SECRET", "zweiter")
    server, store = runs.reach(shop), tmp_path / "store"
    wanted = {"components": ("database", "redis"), "key": KEY, "redis": redis, "if_not_empty": "replace"}
    shop.execute('DELETE FROM "Messages"')
    assert runs.make_restore(server, store, **wanted).redis["replaced"] == 1  # type: ignore[index]
    assert live.get("TICKETZ_JWT_SECRET") == SECRETS[b"TICKETZ_JWT_SECRET"]
    done = runs.undo(server, store, redis=redis)
    assert done.redis is not None and done.redis["replaced"] == 1
    assert live.get("TICKETZ_JWT_SECRET") == b"zweiter" and live.ttl("TICKETZ_JWT_SECRET") == -1
    assert live.get("TICKETZ_JWT_REFRESH_SECRET") == SECRETS[b"TICKETZ_JWT_REFRESH_SECRET"]
    runs.make_restore(server, store, **wanted)
    done = runs.undo(server, store)
    assert [notice.code for notice in done.notices] == ["redis_not_undone"]
    live.set("TICKETZ_JWT_SECRET", "dritter")
    runs.make_restore(server, store, **wanted)
    done = runs.undo(server, store, redis=replace(redis, unix_socket=str(tmp_path / "none")))
    assert [notice.code for notice in done.notices] == ["redis_not_undone"] and done.database is not None
    assert live.get("TICKETZ_JWT_SECRET") == SECRETS[b"TICKETZ_JWT_SECRET"]


# --- backups -------------------------------------------------------------------------


def test_without_encryption_they_are_left_out_unless_that_is_asked_for(
    redis: RedisServer, keep: Callable[..., Any], tmp_path: Path
) -> None:
    for dry_run in (True, False):
        made = keep(redis, key=None, dry_run=dry_run)
        assert [notice.code for notice in made.notices] == ["redis_left_out"]
        assert "redis" not in made.backup["components"]
    assert b"assinatura" not in Path(made.backup["path"]).read_bytes()
    assert keep(redis, if_older_than=3600).changed
    assert not keep(redis, if_older_than=3600).changed
    plain = keep(redis, "TICKETZ_JWT_*", "bull:*", key=None, plain_secrets=True)
    assert [notice.code for notice in plain.notices] == ["redis_unencrypted"]
    with tarfile.open(plain.backup["path"]) as archive:
        member = archive.extractfile("redis/000001.jsonl")
        assert member is not None
        found = {line["key"]: line for line in map(json.loads, member)}
    assert found["TICKETZ_JWT_REFRESH_SECRET"]["value"] == "ação"
    assert found["bull:jobs:1"]["type"] == "hash" and "value" not in found["bull:jobs:1"]


@pytest.mark.long
def test_a_server_that_is_not_there(redis: RedisServer, keep: Callable[..., Any], tmp_path: Path) -> None:
    wrong = {
        "redis_unreachable": replace(redis, unix_socket=str(tmp_path / "none")),
        "redis_refused": replace(redis, password="wrong"),
    }
    for code, server in wrong.items():
        with pytest.raises(HostError) as caught:
            keep(server)
        assert caught.value.code == code and server.place in str(caught.value)
        assert PASSWORD not in str(caught.value) + caught.value.text("pt")
        made = keep(server, required=False)
        assert [notice.code for notice in made.notices] == ["redis_not_kept"]
        assert "redis" not in made.backup["components"]
        assert [notice.code for notice in keep(server, required=False, dry_run=True).notices] == [
            "redis_not_kept"
        ]
    made = keep(None, required=False)
    assert [notice.code for notice in made.notices] == ["redis_not_kept"]
    none = keep(redis, "NOTHING_*")
    assert [notice.code for notice in none.notices] == ["redis_no_keys"]


def test_keys_without_a_place_are_an_error(
    redis: RedisServer, keep: Callable[..., Any], put: Callable[..., Any]
) -> None:
    keep(redis)
    with pytest.raises(HostError) as caught:
        put(None)  # type: ignore[arg-type]
    assert caught.value.code == "redis_unplaced"


def test_a_full_check_reads_every_key(redis: RedisServer, keep: Callable[..., Any]) -> None:
    made = keep(redis, *ALL)
    with ArchiveReader.open(made.backup["path"], KEY, KINDS) as reader:
        check_archive(reader, 1)
        assert RedisEntry.of(reader.manifest) is not None and RedisEntry.of(reader.manifest).keys == 4
        found = RedisRestore(redis, reader, RedisEntry.of(reader.manifest)).plan(notices := list[Notice]())
    assert (found.unchanged, notices) == (4, [])


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("redis://:se%40nha@10.0.0.1:6380/2", "10.0.0.1:6380/2"),
        ("rediss://user:geheim@redis.example.org", "redis.example.org:6379/0"),
        ("redis://localhost", "localhost:6379/0"),
        ("unix://:geheim@/run/redis/redis.sock?db=3", "/run/redis/redis.sock/3"),
    ],
)
def test_urls_of_servers(url: str, place: str) -> None:
    server = redis_server(url)
    assert server.place == place
    assert "geheim" not in repr(server) and "se@nha" not in repr(server)
    assert server.password in (None, "geheim", "se@nha")
    assert server.tls == url.startswith("rediss")


@pytest.mark.parametrize(
    "url", ["http://segredo@x", "segredo", "redis://segredo@x/y", "redis://segredo@x:port"]
)
def test_urls_that_are_none_are_refused_without_saying_them(url: str) -> None:
    with pytest.raises(HostError) as caught:
        redis_server(url)
    assert caught.value.code == "option_invalid" and "segredo" not in str(caught.value)
