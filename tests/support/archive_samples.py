# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Archives for tests: correct ones with any contents, and forged ones with false contents but correct hashes."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import (
    frames,
    manifest,
    tarfmt,
    trailer,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.age import Recipients
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.codec import codec
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.config_entry import FileAttributes
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.directories import pack_directory
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.entries import FILE, Entry
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.names import (
    CATALOG,
    POST_DATA,
    PRE_DATA,
    SEQUENCES,
    directory_prefix,
    index_member,
    part_member,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.tables import PartEntry, TableEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.writer import ArchiveWriter, Written
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.config.entry import ConfigFiles
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.entry import DatabaseEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.entry import (
    DirectoriesEntry,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import Notice

ID = "backup_20260801_020000"
BACKUP_JSON = json.dumps({"format": 1, "id": ID}).encode()
ATTRIBUTES = FileAttributes(0o640, 1234, 4321, "ticketz", "", 1_700_000_000_123_456_789)
PROPERTIES = {
    "encoding": "UTF8", "lc_collate": "C", "lc_ctype": "C", "owner": "ticketz", "connection_limit": -1, "comment": None,
    "acl": None, "settings": {},
}  # fmt: skip
PASSPHRASE = "correct horse battery staple"
TABLES = {("public", "Messages"): [b'id,body\n1,"a\nb"\n2,\n', b'id,body\n3,"say ""hi"""\n']}


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def build(
    path: Path,
    compression: str = "gzip",
    *,
    key: Key | Recipients | None = None,
    tables: Mapping[tuple[str, str], Sequence[bytes]] | None = None,
    directories: Mapping[str, Path] | None = None,
    jobs: int = 2,
    exclude: Sequence[str] = (),
    notices: list[Notice] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Written:
    """Write an archive with some CSV parts and directories."""
    method = codec(compression)
    writer = ArchiveWriter(str(path), method, key)
    try:
        members = [writer.add_member("backup.json", BACKUP_JSON, mtime=1)]
        # Restores accept a database without any objects.
        members += [writer.add_member(name, b"") for name in (PRE_DATA, CATALOG)]
        entries = tuple(
            _table(writer, *name, parts) for name, parts in (TABLES if tables is None else tables).items()
        )
        members += [writer.add_member(SEQUENCES, b"[]"), writer.add_member(POST_DATA, b"")]
        packed = tuple(
            pack_directory(
                name,
                str(where),
                writer=writer,
                codec=method,
                jobs=jobs,
                exclude=exclude,
                notices=[] if notices is None else notices,
                progress=progress,
            )
            for name, where in (directories or {}).items()
        )
        config = (writer.add_config("config/backend.env", b"DB_NAME=ticketz\n", ATTRIBUTES),)
        database = DatabaseEntry(
            "ticketz", "16.4", 160004, 1, PROPERTIES, ("ticketz",), "public", {}, entries, False
        )
        return writer.finish(
            manifest.Manifest(
                format=1,
                id=ID,
                created="2026-08-01T02:00:00Z",
                finished="2026-08-01T02:00:09Z",
                producer={"version": "1.0.0"},
                compression=compression,
                encryption="age" if isinstance(key, Recipients) else "aes256" if key else "none",
                entries={
                    entry.key: entry for entry in (database, DirectoriesEntry(packed), ConfigFiles(config))
                },
                members=tuple(members),
                frames=(),
                notices=(),
            )
        )
    except BaseException:
        writer.discard()
        raise


def _table(writer: ArchiveWriter, schema: str, name: str, parts: Sequence[bytes]) -> TableEntry:
    entries = []
    for number, csv in enumerate(parts, 1):
        member = part_member(schema, name, number)
        frame = writer.add(frames.seal(writer.codec, frames.member(member, csv), member))
        rows = {1: 2, 2: 1}[number]
        entries.append(PartEntry(number, frame, rows, len(csv), sha256(csv)))
    total = sum(entry.bytes for entry in entries)
    rows = sum(entry.rows for entry in entries)
    return TableEntry(schema, name, ("id", "body"), rows, total, None, tuple(entries))


class Forge:
    """Builds an archive with correct hashes, but possibly false contents.

    ``manifest`` is a dict that tests can modify before :meth:`write`.
    """

    def __init__(self, compression: str = "gzip") -> None:
        self.codec = codec(compression)
        self.blobs: list[bytes] = []
        self.manifest: dict[str, Any] = {
            "format": 1,
            "id": ID,
            "created": "",
            "finished": "",
            "producer": {},
            "compression": compression,
            "encryption": "none",
            "database": None,
            "directories": [],
            "config": [],
            "members": [],
            "frames": [],
            "notices": [],
        }
        self.member("backup.json", BACKUP_JSON)

    def frame(self, raw: bytes, first: str = "x", raw_size: int | None = None) -> int:
        """Add a frame with any raw content; ``raw_size`` is a false raw size for the manifest."""
        data = self.codec.compress(raw)
        offset = sum(map(len, self.blobs))
        self.blobs.append(data)
        self.manifest["frames"].append(
            {
                "offset": offset,
                "length": len(data),
                "raw_size": len(raw) if raw_size is None else raw_size,
                "sha256": sha256(data),
                "first": first,
            }
        )
        return len(self.blobs) - 1

    def member(self, name: str, payload: bytes, group: str = "members", claimed: str | None = None) -> None:
        """Add a member; ``claimed`` is a false name for the manifest."""
        raw = frames.member(name, payload)
        self.manifest[group].append(
            {
                "name": claimed or name,
                "frame": self.frame(raw, name),
                "offset": len(raw) - len(payload) - tarfmt.padding(len(payload)),
                "bytes": len(payload),
                "sha256": sha256(payload),
            }
        )

    def table(
        self, csv: bytes, rows: int, columns: Sequence[str] = ("id",), name: str | None = None
    ) -> dict[str, Any]:
        """Add a table with one part and return its entry; ``name`` is a false name of the member."""
        member = name or part_member("public", "T", 1)
        part = {
            "number": 1,
            "frame": self.frame(frames.member(member, csv), member),
            "rows": rows,
            "bytes": len(csv),
            "sha256": sha256(csv),
        }
        table = {
            "schema": "public",
            "name": "T",
            "columns": list(columns),
            "rows": rows,
            "bytes": len(csv),
            "digest": None,
            "parts": [part],
        }
        self.manifest["database"] = {
            "name": "d",
            "server_version": "16",
            "server_version_num": 160000,
            "size": 0,
            "properties": {},
            "roles": [],
            "search_path": "",
            "application": {},
            "tables": [table],
            "row_digests": False,
        }
        return table

    def directory(
        self,
        entries: Sequence[tuple[Entry, bytes]],
        *,
        headers: Mapping[int, bytes] | None = None,
        lines: Callable[[list[dict[str, Any]]], list[dict[str, Any]]] | None = None,
        name: str = "public",
        tail: bytes = b"",
    ) -> dict[str, Any]:
        """Add a directory with entries in one frame, and its index; return the manifest's entry.

        :param headers: position → false tar header.
        :param lines: modifies the lines of the index before they are written.
        :param tail: bytes after the last member in the frame.
        """
        prefix = directory_prefix(name).encode()
        raw = b""
        placed = []
        number = len(self.blobs)
        for position, (entry, content) in enumerate(entries):
            sized = entry._replace(size=len(content), sha256=sha256(content)) if entry.type == FILE else entry
            header = (headers or {}).get(position, sized.header(prefix))
            placed.append(sized._replace(frame=number, offset=len(raw) + len(header)))
            raw += header + content + bytes(tarfmt.padding(len(content)))
        self.frame(raw + tail, prefix.decode())
        described = [json.loads(entry.to_json()) for entry in placed]
        if lines is not None:
            described = lines(described)
        payload = b"".join(json.dumps(line).encode() + b"\n" for line in described)
        member = index_member(name, 1)
        index_raw = frames.member(member, payload)
        directory = {
            "name": name,
            "path": "/srv/public",
            "files": sum(entry.type != "dir" for entry in placed),
            "bytes": sum(entry.size for entry in placed),
            "index": [
                {
                    "frame": self.frame(index_raw, member),
                    "offset": 512,
                    "entries": len(described),
                    "bytes": len(payload),
                    "sha256": sha256(payload),
                }
            ],
        }
        self.manifest["directories"].append(directory)
        return directory

    def write(self, path: Path, spoil: Callable[[bytes], bytes] | None = None) -> Path:
        """Write the archive; ``spoil`` can modify the manifest's text."""
        text = json.dumps(self.manifest).encode()
        raw = frames.member("manifest.json", spoil(text) if spoil else text) + tarfmt.END
        data = self.codec.compress(raw)
        offset = sum(map(len, self.blobs))
        end = trailer.encode(self.codec, trailer.Trailer(offset, len(data), len(raw), sha256(data)))
        path.write_bytes(b"".join(self.blobs) + data + end)
        return path


def entry(path: bytes, kind: str = FILE, **changes: Any) -> Entry:
    """Return an index entry with default properties."""
    mode = 0o755 if kind == "dir" else 0o644
    plain = Entry(path, kind, 0, mode, os.geteuid(), os.getegid(), "", "", 1_700_000_000_123_456_789)
    return plain._replace(**changes)


ROOT = (entry(b".", "dir"), b"")


def tree(root: Path, *, metadata: bool = True) -> dict[bytes, tuple[Any, ...]]:
    """Return everything that a restore must restore: types, contents, links, modes, owners and times."""
    found: dict[bytes, tuple[Any, ...]] = {}
    inodes: dict[int, bytes] = {}
    base = os.fsencode(root)
    for folder, folders, files in os.walk(base):
        for name in [b".", *sorted(folders), *sorted(files)]:
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, base)
            status = os.lstat(path)
            facts: tuple[Any, ...] = ()
            if metadata:
                facts = (status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns)
            if os.path.islink(path):
                found[relative] = ("symlink", os.readlink(path), *facts)
            elif os.path.isdir(path):
                found[relative] = ("dir", *facts)
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    digest = sha256(file.read())
                first = inodes.setdefault(status.st_ino, relative)
                found[relative] = ("file", digest, first, *facts)
    return found


def open_to_others(path: Path) -> Path:
    """Allow other users to write to a temporary directory, and return it."""
    path.chmod(0o777)
    for parent in list(path.parents)[:3]:
        if parent.stat().st_uid == os.geteuid():
            parent.chmod(parent.stat().st_mode | 0o055)
    return path


def as_another_user(work: Callable[[], Any]) -> Any:
    """Run a function as a user without privileges; return its result or raise AnotherUserError.

    Root can read everything, so root runs it in a child process that drops its privileges.
    """
    if os.geteuid() != 0:
        return work()
    incoming, outgoing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            try:
                answer = (True, work())
            except Exception as error:
                traceback.print_exc()
                answer = (False, getattr(error, "code", repr(error)))
            with os.fdopen(outgoing, "wb") as pipe:
                pickle.dump(answer, pipe)
        finally:
            os._exit(0)
    os.close(outgoing)
    with os.fdopen(incoming, "rb") as pipe:
        worked, value = pickle.load(pipe)
    os.waitpid(child, 0)
    if not worked:
        raise AnotherUserError(value)
    return value


class AnotherUserError(Exception):
    """A child process failed. The message is a SidekickError's code, or the representation of another exception."""
