# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A database whose owner is no superuser and means harm, and what tells whether his code ran as somebody else."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.servers import administer

#: Whoever runs one of these is written into the server's log, which no transaction takes back and everybody may write.
TRAPS = """
CREATE FUNCTION public.spring(what text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  -- The server's own workers run it as the owner, as he is entitled to.
  IF EXISTS (SELECT FROM pg_catalog.pg_stat_activity a WHERE a.pid OPERATOR(pg_catalog.=) pg_catalog.pg_backend_pid()
                AND a.backend_type OPERATOR(pg_catalog.<>) 'autovacuum worker') THEN
    RAISE LOG 'TRAP % % as % of %', pg_catalog.current_database(), what, current_user, session_user;
  END IF;
  RETURN true;
END $$;
CREATE FUNCTION public.trap(what text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN public.spring(what); END $$;
CREATE FUNCTION public.trap(what text, value bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN PERFORM public.spring(what); RETURN value; END $$;
"""

_SPRUNG = re.compile(
    r"TRAP (?P<database>\S+) (?P<what>.*) as (?P<user>\S+) of (?P<session>\S+)$", re.MULTILINE
)


@dataclass(frozen=True)
class Victim:
    """The database, and its owner.

    :param database: of the fixtures, with the superuser's login.
    :param owner: a role that may log in and create databases, and is no superuser.
    """

    database: Any
    owner: str
    password: str

    @property
    def superuser(self) -> Server:
        """How the product reaches it as a superuser."""
        return runs.reach(self.database)

    @property
    def own(self) -> Server:
        """How the product reaches it as the owner."""
        return runs.reach(self.database, user=self.owner, password=self.password)

    def execute(self, *statements: str) -> None:
        """Do something as the owner."""
        with closing(self.database.connect(user=self.owner, password=self.password)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)

    @property
    def _log(self) -> Path:
        return Path(self.database.server.run_dir) / "server.log"

    def sprung(self, start: int = 0) -> list[str]:
        """Return the traps that ran as somebody else than the owner, since a place in the log."""
        # A line for the end: what was logged before it is there when it is.
        end = f"TRAPS-READ-{secrets.token_hex(8)}"
        self.database.execute(f"DO $$ BEGIN RAISE LOG '{end}'; END $$")
        deadline = time.monotonic() + 30
        while end not in (text := self._log.read_text(encoding="utf-8", errors="replace")[start:]):
            assert time.monotonic() < deadline, "the server's log does not come"
            time.sleep(0.01)
        return sorted(
            {
                f"{found['what']} as {found['user']} of {found['session']}"
                for found in _SPRUNG.finditer(text)
                if {found["user"], found["session"]} != {self.owner}
            }
        )

    @contextmanager
    def unharmed(self) -> Iterator[None]:
        """Make sure that none of the owner's code runs as somebody else within the block."""
        start = len(self._log.read_text(encoding="utf-8", errors="replace"))
        yield
        assert self.sprung(start) == []


@contextmanager
def victim(database: Any, *statements: str) -> Iterator[Victim]:
    """Give a database to an owner for the block, and let him do something in it.

    :param statements: run as the owner, after the traps.
    """
    owner, password = f"owner_{secrets.token_hex(4)}", secrets.token_hex(8)
    administer(
        database,
        f"CREATE ROLE {owner} LOGIN CREATEDB PASSWORD '{password}'",
        f'ALTER DATABASE "{database.name}" OWNER TO {owner}',
    )
    try:
        given = Victim(database, owner, password)
        given.execute(TRAPS, *statements)
        yield given
    finally:
        administer(database, f'ALTER DATABASE "{database.name}" OWNER TO CURRENT_USER')
        database.execute(f"DROP OWNED BY {owner} CASCADE")
        for (name,) in administer(
            database,
            f"SELECT datname FROM pg_database WHERE datdba = '{owner}'::regrole AND datname <> current_database()",
        ):
            administer(database, f'DROP DATABASE "{name}" WITH (FORCE)')
        administer(database, f"DROP ROLE {owner}")
