# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every flipped byte and every cut is found by verify, and keeps a restore from happening."""

from __future__ import annotations

import argparse
import random
import secrets
from contextlib import closing
from pathlib import Path

import psycopg2

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.verify import (
    FULL,
    VerifyRequest,
    verify,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError, EncryptionError
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tools import servers

#: Kinds of archives: compression, and whether it is encrypted.
ARCHIVES = ("zstd+aes256", "zstd", "gzip", "none")

_SCHEMA = """
CREATE TABLE "Messages" (id bigserial PRIMARY KEY, body text, "createdAt" timestamptz DEFAULT now());
INSERT INTO "Messages" (body) SELECT 'mensagem ' || g FROM generate_series(1, 300) g;
CREATE TABLE "Tickets" (id serial PRIMARY KEY, status text);
INSERT INTO "Tickets" (status) SELECT 'open' FROM generate_series(1, 20);
"""


def run(options: argparse.Namespace, work: Path) -> list[str]:
    """Damage archives in every way; return what was not found out."""
    found = []
    with servers.start_server(16) as started:
        server = Server(
            host=started.host,
            port=started.port,
            user=started.user,
            password=started.password,
            database="shop",
        )
        with closing(_connect(server.on("postgres"))) as connection:
            connection.autocommit = True
            connection.cursor().execute("CREATE DATABASE shop")
        with closing(_connect(server)) as connection:
            connection.autocommit = True
            connection.cursor().execute(_SCHEMA)
        media = work / "media"
        media.mkdir()
        for number in range(5):
            (media / f"{number}.jpg").write_bytes(secrets.token_bytes(700 * number))
        for kind in options.archives:
            compression, _plus, encryption = kind.partition("+")
            key = secrets.token_hex(32) if encryption else None
            name = f"{compression}{', aes256' if key else ''}"
            secret = Key.from_text(key) if key else None
            made = runs.make_backup(
                server,
                work / f"store-{compression}-{bool(key)}",
                compression=compression,
                key=secret,
                directories={"public": media},
            )
            found += _damage(name, Path(made.backup["path"]), secret, server, options, work)
    return found


def _damage(
    name: str, archive: Path, key: Key | None, server: Server, options: argparse.Namespace, work: Path
) -> list[str]:
    whole = archive.read_bytes()
    chance = random.Random(1)
    damaged = work / "damaged"
    cases = [("flip", chance.randrange(len(whole))) for _case in range(options.flips)]
    cases += [("cut", chance.randrange(len(whole))) for _case in range(options.cuts)]
    databases = _databases(server)
    wrong = []
    for number, (kind, place) in enumerate(cases, 1):
        data = bytearray(whole)
        if kind == "flip":
            data[place] ^= 1 << chance.randrange(8)
        else:
            del data[place:]
        damaged.write_bytes(data)
        try:
            verify(VerifyRequest(str(damaged), None, FULL, key, jobs=1), Run())
            wrong.append(f"{name}: verify did not find the {kind} at {place}")
        except (ArchiveError, EncryptionError):
            pass
        try:
            runs.make_restore(
                server.on("goal"), work, backup=str(damaged), key=key, directories={"public": work / "new"}
            )
            wrong.append(f"{name}: restored in spite of the {kind} at {place}")
        except (ArchiveError, EncryptionError):
            pass
        if number % 500 == 0:
            print(f"damage: {name}: {number} of {len(cases)}", flush=True)
    if _databases(server) != databases or (work / "new").exists():
        wrong.append(f"{name}: a refused restore has left something behind")
    print(
        f"damage: {name}: {len(cases)} damaged archives of {len(whole)} bytes, {len(wrong)} not refused",
        flush=True,
    )
    return wrong


def _connect(server: Server) -> psycopg2.extensions.connection:
    return psycopg2.connect(
        host=server.host, port=server.port, user=server.user, password=server.password, dbname=server.database
    )


def _databases(server: Server) -> set[str]:
    with closing(_connect(server.on("postgres"))) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        return {str(row[0]) for row in cursor.fetchall()}
