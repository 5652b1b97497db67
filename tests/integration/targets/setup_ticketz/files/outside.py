# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the integration targets prepare and look at without any code of the product.

Run by the modules' Python; the server is where libpq's PG* variables say.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import socket
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2

#: Locks and the log of who did what: there from the first use on, and written by runs that fail, too.
WRITTEN_ALWAYS = (".lock", ".sidecars.lock", ".audit.lock", ".audit.head", "audit.jsonl")

_TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1, 2
"""
_CHECKSUM = """
SELECT count(*), md5(coalesce(string_agg(h, '' ORDER BY h), '')) FROM (SELECT md5(t::text) AS h FROM {} t) AS hashes
"""


@contextlib.contextmanager
def cursor(database: str) -> Iterator[Any]:
    """Connect to a database; every statement counts at once."""
    connection = psycopg2.connect(dbname=database)
    connection.autocommit = True
    try:
        with connection.cursor() as opened:
            opened.execute("SET timezone = 'UTC'")
            yield opened
    finally:
        connection.close()


def quoted(*names: str) -> str:
    """A name as SQL wants it."""
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def databases(*prefixes: str) -> list[str]:
    """All databases whose names begin so."""
    with cursor("postgres") as cur:
        cur.execute("SELECT datname FROM pg_database ORDER BY 1")
        return [name for (name,) in cur.fetchall() if name.startswith(prefixes)]


def sql(database: str, statements: list[str]) -> Any:
    """Run statements; return the rows of the last."""
    with cursor(database) as cur:
        for statement in statements:
            cur.execute(statement)
        return [list(row) for row in cur.fetchall()] if cur.description else []


def rows_of(database: str) -> dict[str, list[Any]]:
    """Table → rows and checksum of all its rows; sequence → where it stands."""
    found = {}
    with cursor(database) as cur:
        cur.execute("SELECT schemaname, sequencename, last_value FROM pg_sequences")
        for schema, sequence, value in cur.fetchall():
            found[f"sequence {schema}.{sequence}"] = [value]
        cur.execute(_TABLES)
        for schema, table in cur.fetchall():
            cur.execute(_CHECKSUM.format(quoted(schema, table)))
            found[f"{schema}.{table}"] = list(cur.fetchone())
    return found


def entry(path: Path) -> list[Any]:
    """Kind, mode, owner, time and content of one file."""
    status = path.lstat()
    content = ""
    if stat.S_ISREG(status.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    elif stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)
    # A directory's time changes with the private files that come and go in it.
    times = [status.st_mtime_ns] if stat.S_ISREG(status.st_mode) else []
    return [status.st_mode, status.st_uid, status.st_gid, content, *times]


def files_of(root: Path) -> dict[str, list[Any]]:
    """Everything below a directory, and the directory itself."""
    found: dict[str, list[Any]] = {}
    if not root.is_dir():
        return {".": entry(root)} if root.exists() else {}
    found["."] = entry(root)
    for path in sorted(root.rglob("*")):
        if path.name not in WRITTEN_ALWAYS:
            # Names need not be UTF-8, and this ends up in JSON.
            found[os.fsencode(path.relative_to(root)).decode("utf-8", "backslashreplace")] = entry(path)
    return found


def state(prefix: str, paths: list[Path]) -> dict[str, Any]:
    """All that a refused run must leave as it was."""
    return {
        "databases": {name: rows_of(name) for name in databases(prefix, "ticketz_sidekick_")},
        "files": {str(path): files_of(path) for path in paths},
    }


def demo(database: str, messages: int, media: Path | None, odd_names: bool) -> Any:
    """A demo Ticketz in a new database, and its media."""
    from ansible_collections.ticketz.sidekick.tests.support.ticketz_data import MediaPlan, build

    sql("postgres", [f"CREATE DATABASE {quoted(database)} TEMPLATE template0"])
    plan = MediaPlan(media, 2_000_000, 50_000, odd_names) if media else None
    built = build({"dbname": database}, messages=messages, media=plan)
    return {"rows": built.rows, "files": built.media.files if built.media else 0}


def numbered(database: str) -> int:
    """Insert a row into every table that numbers its rows; return how many there are."""
    from ansible_collections.ticketz.sidekick.demo import fingerprint

    return fingerprint.insert_everywhere({"dbname": database})


def drop(prefix: str) -> list[str]:
    """Drop all databases and roles of this run."""
    names = databases(prefix)
    with cursor("postgres") as cur:
        for name in names:
            cur.execute(f"DROP DATABASE {quoted(name)} WITH (FORCE)")
        cur.execute("SELECT rolname FROM pg_roles WHERE strpos(rolname, %s) = 1", (prefix,))
        for (role,) in cur.fetchall():
            cur.execute(f"DROP ROLE {quoted(role)}")
    return names


def silent(port_file: Path) -> None:
    """Be a server that takes connections and never says a word, as long as the file with its port is there."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        port_file.write_text(str(listener.getsockname()[1]), encoding="utf-8")
        while port_file.exists():
            time.sleep(0.2)


def damage(source: Path, path: Path, at: int, length: int | None) -> None:
    """Flip a bit of the byte at an offset of a copy of a file, or cut it to a length; both may be the same."""
    content = bytearray(source.read_bytes())
    if length is None:
        content[at] ^= 0x10
    path.write_bytes(content[:length])


def clone(archive: Path, moments: list[str]) -> list[str]:
    """Copy a backup to what it would be called had it been made at other moments; return their ids."""
    ids = []
    old = archive.name.split(".")[0]
    described = archive.with_name(archive.name + ".json").read_text(encoding="utf-8")
    for moment in moments:
        new = f"backup_{moment}"
        copy = archive.with_name(archive.name.replace(old, new))
        copy.write_bytes(archive.read_bytes())
        copy.chmod(0o600)
        beside = copy.with_name(copy.name + ".json")
        beside.write_text(described.replace(old, new), encoding="utf-8")
        beside.chmod(0o600)
        ids.append(new)
    return ids


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:  # it has ended, or is another user's
        return b""


def _lines(path: Path) -> list[bytes]:
    return [line for line in path.read_bytes().splitlines() if line]


def watch(secrets: Path, seconds: float) -> Any:
    """Look for secrets, one a line, in the command lines and environments of all processes again and again.

    pg_dump, and what it starts, may have the first one in its environment: libpq has no better way. The look does
    not end before it has been seen there, or a minute has passed.
    """
    wanted = _lines(secrets)
    rounds, found, granted = 0, set(), 0
    begun = time.monotonic()
    while time.monotonic() < begun + (seconds if granted else 60):
        rounds += 1
        for pid in filter(str.isdigit, os.listdir("/proc")):
            # Asked before and after: it may begin to be pg_dump, or end, while it is looked at.
            allowed = _is_pg_dump(pid)
            for place in ("cmdline", "environ"):
                content = _read(f"/proc/{pid}/{place}")
                for number, secret in enumerate(wanted):
                    if secret not in content:
                        continue
                    if place == "environ" and number == 0 and (allowed or _is_pg_dump(pid)):
                        granted += 1
                    else:
                        found.add(
                            (pid, place, number, _read(f"/proc/{pid}/cmdline").decode(errors="replace"))
                        )
        time.sleep(0.05)
    return {"rounds": rounds, "found": sorted(found), "pg_dump": granted}


def _is_pg_dump(pid: str) -> bool:
    parent = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[1:2]
    lines = [_read(f"/proc/{number}/cmdline") for number in (pid, *(number.decode() for number in parent))]
    return any(b"pg_dump\0" in line for line in lines)


def search(secrets: Path, paths: list[Path]) -> Any:
    """Look for secrets, one a line, in files and in everything below directories; say where, and in how many."""
    wanted = _lines(secrets)
    files = [path for path in paths if path.is_file()]
    files += [path for root in paths for path in root.rglob("*") if path.is_file()]
    found = [str(path) for path in files if any(secret in _read(str(path)) for secret in wanted)]
    return {"found": found, "files": len(files)}


def make(root: Path) -> None:
    """Make directories and files below a directory, as JSON on the standard input says."""
    wanted = json.load(sys.stdin)
    for name in wanted.get("directories", []):
        (root / name).mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in wanted.get("files", {}).items():
        (root / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="utf-8")
        (root / name).chmod(0o600)
    # Last, as some of them shut others out.
    for name, mode in wanted.get("modes", {}).items():
        (root / name).chmod(int(mode, 8))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("sql", help="run statements, print the rows of the last")
    run.add_argument("database")
    run.add_argument("statements", nargs="+")
    look = commands.add_parser("state", help="print all that a refused run must leave as it was")
    look.add_argument("prefix")
    look.add_argument("paths", nargs="*", type=Path)
    one = commands.add_parser("rows", help="print rows and checksum of every table")
    one.add_argument("database")
    new = commands.add_parser("demo", help="make a database with a demo Ticketz, and its media")
    new.add_argument("database")
    new.add_argument("--messages", type=int, default=200)
    new.add_argument("--media", type=Path)
    new.add_argument("--odd-names", action="store_true")
    tree = commands.add_parser(
        "files", help="print kind, rights, times and content of everything in a directory"
    )
    tree.add_argument("root", type=Path)
    number = commands.add_parser("numbered", help="insert into every table that numbers its rows")
    number.add_argument("database")
    commands.add_parser("drop", help="drop what this run has made").add_argument("prefix")
    mute = commands.add_parser("silent", help="listen, and never say a word")
    mute.add_argument("port_file", type=Path)
    break_it = commands.add_parser("damage", help="flip a bit of a file, or cut it short")
    break_it.add_argument("source", type=Path)
    break_it.add_argument("path", type=Path)
    break_it.add_argument("--at", type=int, default=0)
    break_it.add_argument("--length", type=int)
    copies = commands.add_parser("clone", help="copy a backup as if it had been made at other moments")
    copies.add_argument("archive", type=Path)
    copies.add_argument("moments", nargs="+", metavar="YYYYmmdd_HHMMSS")
    new_files = commands.add_parser(
        "make", help="make the directories and files that the standard input lists"
    )
    new_files.add_argument("root", type=Path)
    watching = commands.add_parser("watch", help="look for secrets in all processes for some time")
    watching.add_argument("secrets", type=Path)
    watching.add_argument("seconds", type=float)
    searching = commands.add_parser("search", help="look for secrets in files")
    searching.add_argument("secrets", type=Path)
    searching.add_argument("paths", nargs="+", type=Path)
    args = vars(parser.parse_args())
    # The modules' own search path, which ansible-test sets, holds the whole collection.
    sys.path += os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep)
    action = {
        "sql": sql,
        "state": state,
        "rows": rows_of,
        "files": files_of,
        "demo": demo,
        "numbered": numbered,
        "drop": drop,
        "silent": silent,
        "damage": damage,
        "clone": clone,
        "make": make,
        "watch": watch,
        "search": search,
    }[args.pop("command")]
    print(json.dumps(action(**args), default=str, sort_keys=True))  # type: ignore[operator]


if __name__ == "__main__":
    main()
