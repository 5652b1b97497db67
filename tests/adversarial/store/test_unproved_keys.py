# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actor: who can write to the directory of backups, where no key proves who made them. Claim: a restore gives Redis secrets
of logins that he knows, so that he can log in as any user.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.age import Recipients
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.redis.pack import RedisSource
from ansible_collections.ticketz.sidekick.plugins.module_utils._libraries import require
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.redis_server import RedisServer
from ansible_collections.ticketz.sidekick.tests.adversarial.frame import STORE_WRITER, attack
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.redis_servers import client, redis_running

OURS, KNOWN = b"nobody knows it", b"the attacker knows it"
NAMES = ("TICKETZ_JWT_SECRET", "TICKETZ_JWT_REFRESH_SECRET")


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_running(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.mark.parametrize("encryption", ["none", "age", "aes256"])
@attack(STORE_WRITER, "gives Redis secrets that he knows")
def test_secrets_that_somebody_else_knows(
    redis: RedisServer, database: Any, tmp_path: Path, encryption: str
) -> None:
    """Only by force: what nobody proves may be anybody's. What the key proves is replaced as was asked for."""
    identity = Key.from_text(str(require("pyrage").x25519.Identity.generate()))
    secret = Key.from_text("a long passphrase")
    lock: Any = {"none": None, "age": Recipients.of(identity), "aes256": secret}[encryption]
    key = {"none": None, "age": identity, "aes256": secret}[encryption]
    live = client(redis)
    live.flushall()
    live.mset(dict.fromkeys(NAMES, KNOWN))
    source = RedisSource(redis, ("TICKETZ_JWT_*",), required=True)
    runs.make_backup(
        runs.reach(database),
        tmp_path / "store",
        key=lock,
        plain_secrets=True,
        redis=source,
        compression="none",
    )
    live.mset(dict.fromkeys(NAMES, OURS))
    live.delete(NAMES[1])

    def restore(**options: Any) -> Any:
        given = {"components": ("redis",), "key": key, "redis": redis, "if_not_empty": "replace", **options}
        return runs.make_restore(runs.reach(database), tmp_path / "store", **given)

    for dry_run in (True, False):
        done = restore(dry_run=dry_run)
        if encryption == "aes256":
            assert (done.notices, done.redis["replaced"], done.redis["restored"]) == ((), 1, 1)
            continue
        assert [notice.code for notice in done.notices] == ["redis_unproved"]
        assert (done.redis["kept"], done.redis["replaced"], done.redis["restored"]) == (1, 0, 1)
        assert live.get(NAMES[0]) == OURS
    if encryption != "aes256":
        again = restore()
        assert not again.changed and [notice.code for notice in again.notices] == ["redis_unproved"]
        assert restore(force=True).redis["replaced"] == 1
    assert {live.get(name) for name in NAMES} == {KNOWN}
