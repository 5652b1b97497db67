# SPDX-License-Identifier: GPL-3.0-or-later
"""What the environment says, by the names that Ticketz uses."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

PUBLIC = Path("/usr/src/app/public")
PRIVATE = Path("/usr/src/app/private")


@dataclass(frozen=True)
class Settings:
    """Where database and Redis are, and how much is written."""

    database: dict[str, Any]
    redis_uri: str
    seed_messages: int
    messages_per_second: float
    media_bytes: int

    @classmethod
    def read(cls) -> Settings:
        env = os.environ
        return cls(
            database={
                "host": env["DB_HOST"],
                "port": int(env.get("DB_PORT") or 5432),
                "user": env["DB_USER"],
                "password": env.get("DB_PASS") or None,
                "dbname": env["DB_NAME"],
                "connect_timeout": 5,
            },
            redis_uri=env["REDIS_URI"],
            seed_messages=int(env.get("STANDIN_SEED_MESSAGES", "300")),
            messages_per_second=float(env.get("STANDIN_MESSAGES_PER_SECOND", "10")),
            media_bytes=int(env.get("STANDIN_MEDIA_BYTES", "8000")),
        )

    def connect(self) -> Any:
        """Open a connection in which every statement is committed."""
        connection = psycopg2.connect(**self.database)
        connection.autocommit = True
        return connection

    def wait_for_database(self, seconds: float = 120) -> None:
        """Return once the database answers, as Ticketz's start script does."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.connect().close()
            except psycopg2.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return
