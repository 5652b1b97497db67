# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``listener.py FILE``: what webhooks and checks get: appends each request to the file; says its port in ``FILE.port``."""

from __future__ import annotations

import http.server
import os
import sys

FILE = sys.argv[1]


class Handler(http.server.BaseHTTPRequestHandler):
    """Writes down what is posted."""

    def do_POST(self) -> None:
        """Append the path, and the body as one line."""
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with open(FILE, "a", encoding="utf-8") as file:
            file.write(f"{self.path} {' '.join(body.split())}\n")
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_values: object) -> None:
        """Say nothing."""


def main() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        with open(f"{FILE}.new", "w", encoding="utf-8") as file:
            file.write(str(server.server_port))
        os.rename(f"{FILE}.new", f"{FILE}.port")
        server.serve_forever()


if __name__ == "__main__":
    main()
