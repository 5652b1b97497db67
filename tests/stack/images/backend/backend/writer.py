# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages that come in at a steady rate: a file first, then the row that refers to it."""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from typing import Any

import psycopg2

from .redis import Redis
from .settings import PRIVATE, PUBLIC, Settings

_MESSAGE = (
    'INSERT INTO "Messages" (id, body, "mediaType", "mediaUrl", "ticketId", "companyId", "remoteJid", "dataJson", '
    "\"createdAt\", \"updatedAt\") VALUES (%s, %s, 'image', %s, %s, %s, '5511999990000@s.whatsapp.net', %s, "
    "now(), now())"
)
_TICKET = (
    'INSERT INTO "Tickets" (status, "lastMessage", "contactId", "companyId", "whatsappId", "createdAt", "updatedAt") '
    'SELECT \'open\', \'\', "contactId", "companyId", "whatsappId", now(), now() FROM "Tickets" ORDER BY id LIMIT 1 '
    'RETURNING id, "companyId"'
)
_MESSAGES_OF_TICKET = 10


class Writer(threading.Thread):
    """Writes until :meth:`stop`; whatever fails is tried again, as customers do."""

    def __init__(self, settings: Settings, redis: Redis) -> None:
        super().__init__(name="writer", daemon=True)
        self._settings = settings
        self._redis = redis
        self._ended = threading.Event()
        self.written = 0
        self.failed = 0

    def run(self) -> None:
        """Write messages, one each time the clock says so."""
        pause = 1 / self._settings.messages_per_second if self._settings.messages_per_second > 0 else None
        connection: Any = None
        ticket: tuple[int, int] | None = None
        number = 0
        while pause is not None and not self._ended.wait(pause):
            try:
                if connection is None or connection.closed:
                    connection = self._settings.connect()
                with connection.cursor() as cursor:
                    if ticket is None or number % _MESSAGES_OF_TICKET == 0:
                        cursor.execute(_TICKET)
                        ticket = cursor.fetchone()
                    self._message(cursor, *ticket)
                self._redis.command("INCR", "standin:messages")
                number += 1
                self.written += 1
            except (psycopg2.Error, OSError) as error:
                self.failed += 1
                print("not written:", type(error).__name__, str(error).splitlines()[:1], flush=True)
                if connection is not None:
                    connection.close()
                connection = ticket = None

    def stop(self) -> None:
        """End with the message that is being written."""
        self._ended.set()
        self.join(timeout=10)

    def _message(self, cursor: Any, ticket: int, company: int) -> None:
        identity = "3EB0" + secrets.token_hex(9).upper()
        url = f"media/{company}/{time.time_ns() // 1000}_{secrets.token_hex(4)}.jpeg"
        _write(PUBLIC / url, b"\xff\xd8\xff" + os.urandom(self._settings.media_bytes))
        if self.written % 20 == 0:
            _write(PRIVATE / f"{identity}.json", json.dumps({"ticket": ticket}).encode())
        body = f"Mensagem {identity}"
        data = json.dumps({"key": {"id": identity}, "message": {"conversation": body, "pad": "x" * 400}})
        cursor.execute(_MESSAGE, (identity, body, url, ticket, company, data))
        cursor.execute(
            'UPDATE "Tickets" SET "lastMessage" = %s, "updatedAt" = now() WHERE id = %s', (body, ticket)
        )


def _write(path: Any, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
