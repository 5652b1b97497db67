# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A server with an extension that has a configuration table."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.ticketz.sidekick.tools import servers

_SCRIPT = """
CREATE TABLE words (word text PRIMARY KEY, builtin boolean DEFAULT false);
INSERT INTO words VALUES ('the', true);
SELECT pg_extension_config_dump('words', 'WHERE NOT builtin');
"""


@contextmanager
def server_with_words(control: str = "") -> Iterator[servers.Server]:
    """Start a PostgreSQL 18 that can create the extension ``words``, whose configuration table has one initial row.

    :param control: additional lines of its control file.
    """
    # The account that runs the server must be able to read the extension.
    place = Path(tempfile.mkdtemp(dir="/var/tmp"))
    place.chmod(0o755)
    (place / "extension").mkdir()
    (place / "extension" / "words.control").write_text(f"default_version = '1'\n{control}")
    (place / "extension" / "words--1.sql").write_text(_SCRIPT)
    try:
        with servers.start_server(18, settings={"extension_control_path": f"{place}:$system"}) as server:
            yield server
    finally:
        shutil.rmtree(place)
