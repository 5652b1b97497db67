# SPDX-License-Identifier: GPL-3.0-or-later
"""What the backend serves on port 3000, as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import psycopg2

from . import tokens
from .redis import Redis
from .settings import PUBLIC, Settings
from .writer import Writer

Answer = tuple[int, Any]


class Application:
    """The pages by their paths."""

    def __init__(self, settings: Settings, redis: Redis, secrets: dict[str, str], writer: Writer) -> None:
        self._settings = settings
        self._redis = redis
        self._secrets = secrets
        self._writer = writer
        self.pages: dict[str, Callable[[dict[str, Any]], Answer]] = {
            "/": self._health,
            "/health": self._health,
            "/messages": self._messages,
            "/messages/count": self._count,
            "/whatsapps": self._whatsapps,
            "/auth/login": self._login,
            "/auth/me": self._me,
        }

    def _rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        connection = self._settings.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, parameters or None)
                return list(cursor.fetchall())
        finally:
            connection.close()

    def _health(self, _request: dict[str, Any]) -> Answer:
        self._rows("SELECT 1")
        self._redis.command("PING")
        return (200, {"status": "ok"}) if PUBLIC.is_dir() else (503, {"status": "no public folder"})

    def _count(self, _request: dict[str, Any]) -> Answer:
        row = self._rows('SELECT (SELECT count(*) FROM "Messages"), (SELECT count(*) FROM "Tickets")')[0]
        return 200, {
            "messages": row[0],
            "tickets": row[1],
            "written": self._writer.written,
            "failed": self._writer.failed,
        }

    def _messages(self, _request: dict[str, Any]) -> Answer:
        rows = self._rows('SELECT id, "ticketId", "mediaUrl" FROM "Messages" ORDER BY "createdAt", id')
        return 200, [{"id": row[0], "ticketId": row[1], "mediaUrl": row[2]} for row in rows]

    def _whatsapps(self, _request: dict[str, Any]) -> Answer:
        rows = self._rows("SELECT id, status, coalesce(session, '') <> '' FROM \"Whatsapps\" ORDER BY id")
        return 200, [{"id": row[0], "status": row[1], "session": row[2]} for row in rows]

    def _login(self, request: dict[str, Any]) -> Answer:
        rows = self._rows('SELECT id, "companyId" FROM "Users" WHERE email = %s', request.get("email"))
        if not rows:
            return 401, {"error": "ERR_INVALID_CREDENTIALS"}
        payload = {"id": rows[0][0], "companyId": rows[0][1]}
        return 200, {
            "token": tokens.sign(payload, self._secrets[tokens.SECRET]),
            "refreshToken": tokens.sign(payload, self._secrets[tokens.REFRESH_SECRET]),
        }

    def _me(self, request: dict[str, Any]) -> Answer:
        payload = tokens.verify(request["token"], self._secrets[tokens.SECRET])
        return (200, payload) if payload else (401, {"error": "ERR_SESSION_EXPIRED"})


def server(application: Application, port: int = 3000) -> ThreadingHTTPServer:
    """Return the server, ready to serve."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._serve({})

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self._serve(json.loads(self.rfile.read(length) or b"{}"))

        def _serve(self, request: dict[str, Any]) -> None:
            path = unquote(self.path.split("?")[0])
            if path.startswith("/public/"):
                self._file(path[len("/public/") :])
                return
            page = application.pages.get(path)
            request["token"] = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            try:
                status, answer = page(request) if page else (404, {"error": "ERR_NOT_FOUND"})
            except (psycopg2.Error, OSError) as error:
                status, answer = 503, {"error": type(error).__name__}
            self._send(status, "application/json", json.dumps(answer).encode())

        def _file(self, name: str) -> None:
            path = (PUBLIC / name).resolve()
            if path.is_relative_to(PUBLIC) and path.is_file():
                self._send(200, "image/jpeg", path.read_bytes())
            else:
                self._send(404, "text/plain", b"")

        def _send(self, status: int, kind: str, data: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing: the log is for what goes wrong."""

    return ThreadingHTTPServer(("0.0.0.0", port), Handler)
