# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drop the demo's database, as a lost server would."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import psycopg2


def main() -> None:
    """Drop the database, even if sessions are connected."""
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    connection = psycopg2.connect(**{**settings, "dbname": "postgres"})
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute('DROP DATABASE "ticketz" WITH (FORCE)')
    connection.close()


if __name__ == "__main__":
    main()
