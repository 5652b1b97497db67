# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives of the old tools for tests: real ones made by their commands, and forged ones with any headers."""

from __future__ import annotations

import gzip
import os
import subprocess
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .ticketz_data.load import build

DUMP = """--
-- PostgreSQL database dump
--

\\restrict abc

-- Dumped from database version 16.14
-- Dumped by pg_dump version 16.14

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: Users; Type: TABLE; Schema: public; Owner: ticketz
--

CREATE TABLE public."Users" (
    id integer NOT NULL,
    name text
);


--
-- Data for Name: Users; Type: TABLE DATA; Schema: public; Owner: ticketz
--

COPY public."Users" (id, name) FROM stdin;
1\tAna
2\tJoão
\\.


--
-- Name: Users Users_pkey; Type: CONSTRAINT; Schema: public; Owner: ticketz
--

ALTER TABLE ONLY public."Users"
    ADD CONSTRAINT "Users_pkey" PRIMARY KEY (id);


--
-- PostgreSQL database dump complete
--

\\unrestrict abc

"""


class Tar:
    """A tar archive that is assembled member by member, with any headers."""

    def __init__(self, format: int = tarfile.GNU_FORMAT) -> None:
        self._format = format
        self._blocks: list[bytes] = []

    def add(
        self,
        name: str | bytes,
        content: bytes = b"",
        kind: bytes = tarfile.REGTYPE,
        *,
        link: str = "",
        pax: dict[str, str] | None = None,
        size: int | None = None,
        **fields: Any,
    ) -> Tar:
        """Add a member; ``size`` is a false size for its header."""
        info = tarfile.TarInfo(os.fsdecode(name))
        info.type, info.linkname = kind, link
        info.size = len(content) if size is None else size
        info.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
        info.mtime = 1_700_000_000
        for field, value in fields.items():
            setattr(info, field, value)
        if pax:
            info.pax_headers = pax
        form = tarfile.PAX_FORMAT if pax else self._format
        return self.raw(info.tobuf(form, "utf-8", "surrogateescape"), content)

    def raw(self, header: bytes, content: bytes = b"") -> Tar:
        """Add a header without changing it."""
        self._blocks += [header, content, bytes(-len(content) % 512)]
        return self

    def directory(self, name: str, **fields: Any) -> Tar:
        """Add a directory."""
        return self.add(name, b"", tarfile.DIRTYPE, **fields)

    def data(self, end: bytes = bytes(1024)) -> bytes:
        """Return the bytes of the tar archive."""
        return b"".join(self._blocks) + end

    def write(self, path: Path, end: bytes = bytes(1024)) -> Path:
        """Write the archive, compressed."""
        path.write_bytes(gzip.compress(self.data(end), 1))
        return path


def sidekick(dump: str | bytes = DUMP) -> Tar:
    """Return the beginning of an archive of the old sidekick."""
    data = dump.encode() if isinstance(dump, str) else dump
    return Tar().add("backups/db_dump.sql", data)


def corrected(header: bytes) -> bytes:
    """Return a header with the correct checksum."""
    block = bytearray(header[:512])
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + header[512:]


def run(command: Sequence[str | Path], **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run a program; if it fails, raise with its output."""
    done = subprocess.run([str(word) for word in command], capture_output=True, check=False, **options)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done


def ticketz(database: Any, messages: int = 300) -> None:
    """Fill a database with a demo Ticketz, which is the same each time."""
    settings = {
        "host": database.host,
        "port": database.port,
        "user": database.user,
        "password": database.password,
        "dbname": database.name,
    }
    build(settings, messages=messages, seed=5)


def programs(database: Any) -> dict[str, str]:
    """Return an environment with a server's client programs first on PATH, and its connection parameters."""
    return {
        "PATH": f"{database.server.bindir}:{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",
        "PGHOST": database.host,
        "PGPORT": str(database.port),
        "PGUSER": database.user,
        "PGPASSWORD": database.password,
    }


def old_backup(database: Any, root: Path, directories: Sequence[str] = ()) -> Path:
    """Make an archive with the commands of the old sidekick, with ``root`` instead of ``/``.

    :param directories: names such as ``backend-public`` of directories that exist in ``root``.
    """
    (root / "backups").mkdir(exist_ok=True)
    archive = root / "backups" / "ticketz-backup-20260131020000.tar.gz"
    with open(root / "backups" / "db_dump.sql", "wb") as file:
        done = subprocess.run(
            ["pg_dump", "-U", database.user, database.name],
            env=programs(database),
            stdout=file,
            stderr=subprocess.PIPE,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    run(["tar", "-czf", archive, "-C", root, "backups/db_dump.sql", *directories])
    (root / "backups" / "db_dump.sql").unlink()
    return archive


def old_restore(archive: Path, database: Any, root: Path) -> list[str]:
    """Restore with the commands of the old sidekick, with ``root`` instead of ``/``; return psql's error messages.

    The old tool ignores these messages and psql's exit status.
    """
    run(["tar", "-xzf", archive, "-C", root])
    with open(root / "backups" / "db_dump.sql", "rb") as file:
        done = subprocess.run(
            ["psql", "-U", database.user, "-d", database.name, "-q"],
            env=programs(database),
            stdin=file,
            capture_output=True,
            text=True,
            check=False,
        )
    return done.stderr.splitlines()


#: the command of the old sidekick's ``retrieve``, one psql for each table
_RETRIEVE = "\\COPY (SELECT {columns} FROM \"{table}\") TO '{file}' WITH CSV HEADER"


def old_retrieve(database: Any, out: Path, tables: Mapping[str, Iterable[str]]) -> Path:
    """Export tables with the commands of the old sidekick.

    :param tables: table → columns, in the order of the files' numbers.
    """
    out.mkdir(exist_ok=True)
    for number, (table, columns) in enumerate(tables.items(), 1):
        listed = ",".join(f'"{column}"' for column in columns)
        sql = _RETRIEVE.format(columns=listed, table=table, file=out / f"{number:03d}-{table}.csv")
        run(["psql", "-d", database.name, "-c", sql], env=programs(database))
    run(["bash", "-c", "tar -czf retrieved_data.tar.gz *.csv && rm *.csv"], cwd=out)
    return out / "retrieved_data.tar.gz"


def old_load(database: Any, archive: Path, out: Path) -> None:
    """Load tables with the commands of the old import; raise if it would fail."""
    out.mkdir(exist_ok=True)
    run(["tar", "-xzf", archive, "-C", out])
    for file in sorted(out.glob("*.csv")):
        table = file.stem.split("-", 1)[1]
        with open(file, encoding="utf-8", newline="") as lines:
            columns = ", ".join(f'"{name}"' for name in lines.readline().rstrip("\n").split(","))
        full = run(
            ["psql", "-d", database.name, "-t", "-c", f'SELECT 1 FROM "{table}" LIMIT 1'],
            env=programs(database),
        )
        assert not full.stdout.strip(), f"Table '{table}' is not empty"
        sql = f"\\COPY \"{table}\"({columns}) FROM '{file}' WITH CSV HEADER"
        run(["psql", "-d", database.name, "-c", sql], env=programs(database))
