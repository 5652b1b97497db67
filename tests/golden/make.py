"""Makes the golden archives of the format that is written today: ``python tests/golden/make.py``, once for each format.

What is there already is never replaced: the archives are worth something because today's code did not make them.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / ".build")]

import build_tree  # noqa: E402  # the path comes first
import servers  # noqa: E402

build_tree.build_tree(ROOT / ".build")

import psycopg2  # noqa: E402
import pyrage  # noqa: E402

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.age import Recipients  # noqa: E402
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key  # noqa: E402
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.trailer import FORMAT  # noqa: E402
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.config.pack import (  # noqa: E402
    ConfigSources,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.redis.pack import RedisSource  # noqa: E402
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.redis_server import (  # noqa: E402
    RedisServer,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import state_dir  # noqa: E402
from ansible_collections.ticketz.sidekick.tests.support import golden, hard_cases, runs  # noqa: E402
from ansible_collections.ticketz.sidekick.tests.support.redis_servers import client, redis_running  # noqa: E402
from ansible_collections.ticketz.sidekick.tests.support.ticketz_data.media import generate  # noqa: E402


@contextmanager
def source(work: Path) -> Iterator[tuple[servers.Server, RedisServer]]:
    """A database with hard cases, directories with odd names, a configuration file, and two keys of Redis."""
    generate(work, 40_000, seed=1, mean_bytes=600, companies=1, odd_names=True)
    (work / "config").mkdir()
    (work / "config" / ".env-backend").write_text("TZ=America/Sao_Paulo\n# ação\n", encoding="utf-8")
    with servers.start_server() as server, redis_running(work / "redis") as redis:
        login = {"host": server.host, "port": server.port, "user": server.user, "password": server.password}
        with closing(psycopg2.connect(dbname="postgres", **login)) as connection:
            connection.autocommit = True
            connection.cursor().execute("CREATE DATABASE golden TEMPLATE template0")
        with closing(psycopg2.connect(dbname="golden", **login)) as connection:
            hard_cases.build(connection, rows=20, portable=True, inexact_cases=False)
        with closing(client(redis)) as keys:
            keys.mset({"TICKETZ_JWT_SECRET": "assinatura", "TICKETZ_JWT_REFRESH_SECRET": "renovação"})
        yield server, redis


def main() -> int:
    target = ROOT / "tests" / "golden" / f"format{FORMAT}"
    if target.exists():
        print(f"{target} is there already.", file=sys.stderr)
        return 1
    target.mkdir()
    identity = pyrage.x25519.Identity.generate()
    (target / golden.IDENTITY).write_text(f"{identity}\n", encoding="ascii")
    with tempfile.TemporaryDirectory() as name, source(Path(name)) as (server, redis):
        work = Path(name)
        # Where real runs keep theirs, nothing may be left.
        os.environ[state_dir.VARIABLE] = str(work / "state")
        directories = {each: work / each for each in golden.DIRECTORIES}
        live = runs.reach(server, "golden")
        for compression in golden.COMPRESSIONS:
            for encryption in golden.ENCRYPTIONS:
                key = golden.key_for(encryption, target)
                runs.make_backup(
                    live,
                    target / f"{compression}-{encryption}",
                    directories=directories,
                    config=ConfigSources(found=(work / "config" / ".env-backend",)),
                    redis=RedisSource(redis, ("TICKETZ_JWT_*",), required=True),
                    plain_secrets=True,
                    compression=compression,
                    key=Recipients.of(key) if isinstance(key, Key) and encryption == "age" else key,
                    journal=work / "journal",
                )
        expected = {
            "config_directory": str(work / "config"),
            **golden.contents(live, directories, work / "config", redis),
        }
        (target / golden.EXPECTED).write_text(
            json.dumps(expected, indent=1, sort_keys=True) + "\n", encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
