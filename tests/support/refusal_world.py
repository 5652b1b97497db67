# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers, databases and archives for testing all refusals of the engine, and contexts that cause refusals."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.names import CATALOG, PRE_DATA
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import DiskSpace
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.target import TargetServer
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import space, state_dir
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.journal import Journal
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.record import (
    PREPARED,
    RESTORE,
    DatabaseSwap,
    DirectorySwap,
    Record,
)

from . import archive_samples, runs
from .forged_backups import ForgedBackup
from .in_place import execute
from .legacy_samples import DUMP, Tar
from .redis_servers import PASSWORD, client
from .servers import connect
from .verb_runs import login, run

_SOURCE = """
CREATE TABLE "Users" (id serial PRIMARY KEY, name text);
INSERT INTO "Users" (name) VALUES ('Ana'), ('Rui'), ('Eva');
CREATE TABLE "Notes" (note text);
INSERT INTO "Notes" VALUES ('one'), ('two');
CREATE SCHEMA other; CREATE TABLE other."Notes" (note text);
"""
_FULL = """
CREATE TABLE "Users" (id serial PRIMARY KEY, name text); INSERT INTO "Users" (id, name) VALUES (1, 'Zoe'), (9, 'Ugo');
CREATE TABLE "Queues" (id serial PRIMARY KEY)
"""


EXTENSION = """--
-- Name: no_such; Type: EXTENSION; Schema: -; Owner: -
--

CREATE EXTENSION IF NOT EXISTS no_such WITH SCHEMA public;


"""
_LACKS_IT = {"kind": "extension", "name": "no_such", "definition": {"schema": "public"}}


class World:
    """Servers with accounts and databases, directories, archives of each kind, and a Redis.

    :ivar plain: an account without privileges; :ivar:`maker` may create databases.
    :ivar full: a database with other data. ``empty`` (owned by ``plain``) and ``bare`` (owned by neither account) are
        empty databases. ``own`` is owned by ``plain`` and has a table. ``back`` was restored.
    :ivar archive: a backup of the source's database and directory; ``everything`` also contains a configuration file and
        Redis keys.
    """

    def __init__(self, server: Any, newer: Any, root: Path, redis: Any) -> None:
        self.server, self.newer, self.root, self.redis = server, newer, root, redis
        mark = secrets.token_hex(3)
        self.plain, self.maker, self.owner = f"plain_{mark}", f"maker_{mark}", f"owner_{mark}"
        self.source, self.full, self.own, self.empty, self.bare, self.back, self.latin = (
            f"{name}_{mark}" for name in ("source", "full", "own", "empty", "bare", "back", "latin")
        )
        self.roles = {server.user: self.maker}
        self.previous: list[str] = []
        owned = {self.own: self.plain, self.empty: self.plain, self.latin: self.plain}
        for one in (server, newer):
            admin = runs.reach(one, "postgres")
            execute(admin, f"CREATE ROLE {self.plain} LOGIN PASSWORD 'word'")
            execute(
                admin, f"CREATE ROLE {self.maker} LOGIN CREATEDB PASSWORD 'word'; CREATE ROLE {self.owner}"
            )
        self.databases = [(server, name) for name in (self.source, self.full, self.bare, self.back, *owned)]
        self.databases += [(newer, self.source), (newer, self.empty)]
        for one, name in self.databases:
            more = " ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'" if name == self.latin else ""
            owner = owned.get(name, one.user)
            execute(
                runs.reach(one, "postgres"), f"CREATE DATABASE {name} TEMPLATE template0 OWNER {owner}{more}"
            )
        self.sql(self.source, _SOURCE)
        self.sql(self.full, _FULL)
        self.sql(self.own, 'CREATE TABLE "Users" (id serial PRIMARY KEY, name text)', self.plain)
        execute(runs.reach(newer, self.source), "CREATE EXTENSION pageinspect; CREATE TABLE t (id int)")
        self.folder("public").joinpath("photo.jpg").write_bytes(b"picture")
        self.folder("occupied").joinpath("photo.jpg").write_bytes(b"something else")
        self.folder("blocked").joinpath("photo.jpg").mkdir(exist_ok=True)
        self.root.joinpath("settings.env").write_text("A=1\n")
        client(redis).set("TICKETZ_JWT_SECRET", "secret")
        self.redis_url = f"unix://:{quote(PASSWORD, safe='')}@{redis.unix_socket}"
        self.archive = self.backup("store", directories={"public": str(root / "public")})
        self.everything = self.backup(
            "everything",
            config_files=[str(root / "settings.env")],
            redis_url=self.redis_url,
            redis_keys=["TICKETZ_*"],
            plain_secrets=True,
        )
        self.locked = self.backup("locked", encryption_key="correct horse battery", encryption="aes256")
        self.from_newer = self.backup("newer", server=newer)
        self.sql(self.back, "CREATE TABLE later (id int)")
        self.restore_over(self.back)
        self.root.joinpath("settings.env").write_text("A=2\n")
        client(redis).set("TICKETZ_JWT_SECRET", "another")

    def close(self) -> None:
        """Drop all databases and roles on the servers."""
        self.drop("goal")
        self.drop("goal", self.newer)
        for name in self.previous:
            self.drop(name)
        for one, name in self.databases:
            self.drop(name, one)
        for one in (self.server, self.newer):
            execute(runs.reach(one, "postgres"), f"DROP ROLE {self.plain}, {self.maker}, {self.owner}")

    def drop(self, database: str, server: Any = None) -> None:
        """Drop a database, if it exists."""
        admin = runs.reach(server or self.server, "postgres")
        execute(admin, f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def restore_over(self, database: str) -> None:
        """Replace a database by the archive's; the replaced one is kept."""
        wanted = {**self.login(database), "backup": self.archive, "if_not_empty": "replace"}
        done = run("restore", components=["database"], **wanted)
        self.previous.append(done.results["previous"]["database"])

    def folder(self, name: str) -> Path:
        """Return a directory, which is created if it is missing."""
        path = self.root / name
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def sql(self, database: str, statements: str, user: str = "") -> None:
        """Run and commit statements."""
        who = {"user": user, "password": "word"} if user else {}
        execute(runs.reach(self.server, database, **who), statements)

    def login(self, database: str, user: str = "", server: Any = None) -> dict[str, Any]:
        """Return the options of a login."""
        other = {"login_user": user, "login_password": "word"} if user else {}
        return login(server or self.server, database, **other)

    def backup(self, store: str, server: Any = None, **options: Any) -> str:
        """Back up the source; return the archive's path."""
        wanted = {**self.login(self.source, server=server), "backup_dir": str(self.folder(store)), **options}
        return str(run("backup", compression="none", **wanted).results["backup"]["path"])

    def with_extension(self) -> str:
        """Return an archive whose database has an extension that no server has."""
        forged = ForgedBackup(Path(self.archive))
        forged.members[PRE_DATA] += EXTENSION.encode()
        forged.members[CATALOG] += json.dumps(_LACKS_IT, sort_keys=True).encode() + b"\n"
        return str(forged.write(self.root / f"{archive_samples.ID}.tar"))

    def old_archive(self, change: Callable[[str], str] = lambda dump: dump) -> str:
        """Return an archive of the old sidekick; ``change`` can modify its dump."""
        tar = Tar().directory("backups/").add("backups/db_dump.sql", change(DUMP).encode())
        return str(tar.write(self.root / "ticketz-backup-20240102030405.tar.gz"))

    def tables(self, csv: bytes = b"id,name\n5,Ana\n", name: str = "001-Users.csv") -> str:
        """Return an archive of tables in the format of the old tool's ``retrieve``."""
        return str(Tar().add(name, csv).write(self.root / "retrieved_data.tar.gz"))


def changed(
    database: str, before: str, after: str, user: str = ""
) -> Callable[[World], AbstractContextManager[None]]:
    """Return a context that runs statements in a database before and after the block."""

    @contextmanager
    def around(world: World) -> Iterator[None]:
        names = vars(world)
        world.sql(names[database], before.format(**names), names.get(user, ""))
        try:
            yield
        finally:
            world.sql(names[database], after.format(**names), names.get(user, ""))

    return around


def connected(database: str, sql: str = "SELECT 1") -> Callable[[World], AbstractContextManager[None]]:
    """Return a context in which a session is connected to a database, and may have locks there."""

    @contextmanager
    def around(world: World) -> Iterator[None]:
        connection = connect(runs.reach(world.server, vars(world)[database]))
        with connection.cursor() as cursor:
            cursor.execute(sql.format(**vars(world)))
        try:
            yield
        finally:
            connection.close()

    return around


def small_disks(_world: World) -> AbstractContextManager[Any]:
    """Return a context in which no disk has free space."""
    full = mock.MagicMock(total=10**9, used=10**9, free=0)
    server = mock.patch.object(TargetServer, "disk", lambda _self: DiskSpace(10**9, 0))
    here = mock.patch.object(space, "disk", lambda _path: full)

    @contextmanager
    def around() -> Iterator[None]:
        with server, here:
            yield

    return around()


@contextmanager
def _written(path: Path, content: bytes) -> Iterator[None]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    try:
        yield
    finally:
        path.unlink()


@contextmanager
def interrupted_elsewhere(world: World) -> Iterator[None]:
    """A context with an interrupted restore of a database on another server."""
    journal = Journal(state_dir.state_dir("switches"))
    live = world.root / "public"
    record = Record(
        "20240101_000000-000000-00000000",
        RESTORE,
        "2024-01-01T00:00:00Z",
        "backup_20240101_000000",
        keep=True,
        state=PREPARED,
        pairs=0,
        database=DatabaseSwap("elsewhere:5432", "1", "ticketz", "new", 1, "old", 2),
        directories=(DirectorySwap("public", str(live), f"{live}.spare", inside=False, full=True),),
    )
    journal.write(record)
    journal.write_pairs(record.id, [])
    try:
        yield
    finally:
        journal.forget(record)


def swap(user: str = "", **options: Any) -> Callable[[World], dict[str, Any]]:
    """Return options of a restore to a new database."""

    def found(world: World) -> dict[str, Any]:
        mapping = {"role_mapping": {world.server.user: vars(world)[user]}} if user else {}
        login = world.login("goal", vars(world).get(user, ""))
        return {**login, "backup": world.archive, "strategy": "swap", **mapping, **_filled(world, options)}

    return found


def _filled(world: World, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options in which functions are replaced by their results for the world."""
    return {name: value(world) if callable(value) else value for name, value in options.items()}


def in_place(database: str, **options: Any) -> Callable[[World], dict[str, Any]]:
    """Return options of a restore in place by an account without privileges."""

    def found(world: World) -> dict[str, Any]:
        return {
            **world.login(vars(world).get(database, database), world.plain),
            "safety_backup_dir": str(world.folder("safety")),
            "role_mapping": {world.server.user: world.plain},
            "backup": world.archive,
            "strategy": "in_place",
            **_filled(world, options),
        }

    return found


def part(**options: Any) -> Callable[[World], dict[str, Any]]:
    """Return options of a restore of some tables or files to the database with other data."""
    return lambda world: {**world.login(world.full), "backup": world.archive, **_filled(world, options)}


def save(**options: Any) -> Callable[[World], dict[str, Any]]:
    """Return options of a backup of the source to its existing store."""
    return lambda world: {
        **world.login(world.source),
        "backup_dir": str(world.root / "store"),
        **_filled(world, options),
    }


def to(name: str, path: str) -> dict[str, Any]:
    """Return the option ``directories`` with one directory, whose path is relative to the world's root."""
    return {"directories": lambda world: {name: str(world.root / path)}}


def undo(user: str = "") -> Callable[[World], dict[str, Any]]:
    return lambda world: {**world.login(world.back, vars(world).get(user, "")), "state": "undone"}


def import_(**options: Any) -> Callable[[World], dict[str, Any]]:
    """Return options of an import into the database with other data."""
    return lambda world: {**world.login(world.full), "archive": world.tables(), **_filled(world, options)}


def drill(**options: Any) -> Callable[[World], dict[str, Any]]:
    return lambda world: {
        **world.login("postgres"),
        "backup": world.archive,
        "level": "drill",
        **_filled(world, options),
    }


def prune(**options: Any) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"backup_dir": str(world.root / "store"), **_filled(world, options)}


def _journal() -> Path:
    return state_dir.state_dir("switches") / "20240101.json"


def damaged(_world: World) -> AbstractContextManager[None]:
    return _written(_journal(), b"{")


@contextmanager
def owned(world: World) -> Iterator[None]:
    """A context in which the account without privileges owns a database on the newer server."""
    admin = runs.reach(world.newer, "postgres")
    execute(admin, f"ALTER DATABASE {world.empty} OWNER TO {world.plain}")
    try:
        yield
    finally:
        execute(admin, f"ALTER DATABASE {world.empty} OWNER TO {world.newer.user}")


@contextmanager
def renamed(world: World) -> Iterator[None]:
    """A context in which the data that a restore replaced do not exist any more."""
    admin, name = runs.reach(world.server, "postgres"), world.previous[0]
    execute(admin, f"ALTER DATABASE {name} RENAME TO {name}_away")
    try:
        yield
    finally:
        execute(admin, f"ALTER DATABASE {name}_away RENAME TO {name}")


def cut(path: Path) -> Path:
    """Truncate a file by 20 bytes; return its path."""
    path.write_bytes(path.read_bytes()[:-20])
    return path
