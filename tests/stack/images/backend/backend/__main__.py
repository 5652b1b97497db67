# SPDX-License-Identifier: GPL-3.0-or-later
"""Start as Ticketz's backend does: wait for the database, make the tables where there are none, serve."""

from __future__ import annotations

import signal
import sys
import threading

from ticketz_data.load import build
from ticketz_data.media import MediaPlan

from . import tokens
from .redis import Redis
from .settings import PUBLIC, Settings
from .web import Application, server
from .writer import Writer


def _prepare(settings: Settings) -> None:
    connection = settings.connect()
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.\"Messages\"')")
        made = cursor.fetchone()[0]
    connection.close()
    if made is None:
        plan = MediaPlan(PUBLIC.parent, total_bytes=1_000_000, mean_bytes=10_000)
        build(settings.database, messages=settings.seed_messages, media=plan)


def main() -> int:
    settings = Settings.read()
    settings.wait_for_database()
    _prepare(settings)
    redis = Redis(settings.redis_uri)
    redis.wait()
    writer = Writer(settings, redis)
    web = server(Application(settings, redis, tokens.provide_secrets(redis), writer))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=web.shutdown).start())
    writer.start()
    print("serving", flush=True)
    web.serve_forever()
    writer.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
