# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the tests of restores."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.servers import administer


@pytest.fixture
def shop(database: Any) -> Any:
    """A small database with all kinds of objects that a restore handles specially."""
    database.execute(
        """
        CREATE TABLE "Whatsapps" (id serial PRIMARY KEY, name text, session text, status text, qrcode text);
        INSERT INTO "Whatsapps" (name, session, status, qrcode) VALUES ('loja', 'secret', 'CONNECTED', 'qr');
        CREATE TABLE "BaileysKeys" ("whatsappId" int, key text, value text);
        INSERT INTO "BaileysKeys" VALUES (1, 'k', 'v');
        CREATE TABLE "Messages" (id bigserial PRIMARY KEY, body text);
        INSERT INTO "Messages" (body) SELECT 'mensagem ' || g FROM generate_series(1, 500) g;
        SELECT setval('"Messages_id_seq"', 3);
        CREATE TABLE "SequelizeMeta" (name text PRIMARY KEY);
        INSERT INTO "SequelizeMeta" VALUES ('2024-first.js');
        """
    )
    return database


@pytest.fixture
def goal(shop: Any) -> Any:
    """The target of a restore: a database that does not exist, dropped after the test."""
    server = runs.reach(shop, f"goal_{secrets.token_hex(4)}")
    yield server
    administer(shop, f'DROP DATABASE IF EXISTS "{server.database}" WITH (FORCE)')


@pytest.fixture
def archive(shop: Any, tmp_path: Path) -> str:
    """A backup of the small database, which was changed after the backup."""
    made = runs.make_backup(runs.reach(shop), tmp_path / "store", compression="zstd")
    shop.execute(
        """
        UPDATE "Messages" SET body = 'depois' WHERE id < 100;
        DELETE FROM "Messages" WHERE id > 400;
        CREATE TABLE "Later" (id serial PRIMARY KEY, parent int REFERENCES "Later");
        INSERT INTO "Later" (parent) VALUES (NULL), (1);
        CREATE VIEW recent AS SELECT * FROM "Messages" WHERE id > 300;
        CREATE FUNCTION later() RETURNS int LANGUAGE sql AS 'SELECT 2';
        CREATE SCHEMA extra; CREATE TYPE extra.kind AS ENUM ('a', 'b');
        """
    )
    return str(made.backup["path"])
