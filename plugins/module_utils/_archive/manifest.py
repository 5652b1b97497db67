# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest: what is in a backup, as values.

Totals only: the files of a directory are listed in numbered index members, because a million entries in one
JSON document were measured to take 900 MB to load.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .jsonfields import Fields, dumps, loads
from .names import CONFIG_PREFIX, LONGEST_DIRECTORY_NAME

#: bytes; room for half a million frames, that is 4 TB of raw content
LARGEST_MANIFEST = 128 * 1024 * 1024


#: Keys that archives of before do not have.
_LATER = frozenset(("stack", "attributes", "redis"))
LARGEST_ID = (1 << 32) - 1
#: nanoseconds since 1970: systems count seconds in 64 bits, and some file systems keep all of them
TIME_BOUND = (1 << 63) * 1_000_000_000


@dataclass(frozen=True)
class FrameEntry:
    """A frame: byte offset and length in the archive, length when raw, SHA-256 of its bytes as they are
    in the archive (before encryption), and the member that begins or goes on at its start."""

    __slots__ = ("first", "length", "offset", "raw_size", "sha256")

    offset: int
    length: int
    raw_size: int
    sha256: str
    first: str


@dataclass(frozen=True)
class PartEntry:
    """Part ``number`` (from 1) of a table: its frame, its rows, and bytes and SHA-256 of its CSV with the
    header line."""

    number: int
    frame: int
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class TableEntry:
    """A table: the columns in the order of its CSV, totals over its parts, and the digest of its rows."""

    schema: str
    name: str
    columns: tuple[str, ...]
    rows: int
    bytes: int
    digest: str | None
    parts: tuple[PartEntry, ...]


@dataclass(frozen=True)
class MemberEntry:
    """A member: its frame, the byte offset of its payload when that frame is raw, size and SHA-256."""

    name: str
    frame: int
    offset: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class FileAttributes:
    """What a configuration file had beside its content: permission bits, owner, and time in nanoseconds since 1970."""

    mode: int
    uid: int
    gid: int
    user: str
    group: str
    mtime_ns: int


@dataclass(frozen=True)
class ConfigEntry(MemberEntry):
    """A member that is a configuration file; archives of before have no attributes."""

    attributes: FileAttributes | None = None

    @property
    def path(self) -> str:
        """Where it was."""
        return "/" + self.name[len(CONFIG_PREFIX) :]


@dataclass(frozen=True)
class IndexEntry:
    """An index member of a directory: where its payload is, how many entries, size and SHA-256."""

    frame: int
    offset: int
    entries: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class DirectoryEntry:
    """A directory: ``files`` counts all that is not a directory, ``bytes`` the content of regular files
    (of a hard-linked one once)."""

    name: str
    path: str
    files: int
    bytes: int
    index: tuple[IndexEntry, ...]


@dataclass(frozen=True)
class DatabaseEntry:
    """The database: what the server and the application said of it, and its tables."""

    name: str
    server_version: str
    server_version_num: int
    size: int
    properties: dict[str, Any]
    roles: tuple[str, ...]
    search_path: str
    application: dict[str, Any]
    tables: tuple[TableEntry, ...]
    row_digests: bool


@dataclass(frozen=True)
class RedisEntry:
    """Keys of Redis: which were asked for, how many there were, and what the members that hold them are called."""

    server_version: str
    patterns: tuple[str, ...]
    keys: int
    bytes: int
    members: int


@dataclass(frozen=True)
class Manifest:
    """All of a backup; ``created`` and ``finished`` are UTC in ISO 8601.

    ``stack`` says which containers of Docker it comes from; None if it comes from none. ``redis`` is None where no
    keys of Redis were asked for.
    """

    format: int
    id: str
    created: str
    finished: str
    producer: dict[str, Any]
    compression: str
    encryption: str
    database: DatabaseEntry | None
    directories: tuple[DirectoryEntry, ...]
    config: tuple[ConfigEntry, ...]
    members: tuple[MemberEntry, ...]
    frames: tuple[FrameEntry, ...]
    notices: tuple[dict[str, Any], ...]
    stack: dict[str, Any] | None = None
    redis: RedisEntry | None = None

    def to_json(self) -> bytes:
        """Return the document, as UTF-8 JSON on one line."""
        return dumps(_plain(self))

    @classmethod
    def from_json(cls, data: bytes, source: str = "manifest.json") -> Manifest:
        """Return the manifest that a document describes.

        :param source: what is being read, for the message.

        Raise ArchiveError ``json_invalid`` for a missing, unknown, mistyped or unbounded value.
        """
        fields = Fields(loads(data, source), source)
        manifest = cls(
            format=fields.number("format", 1, 1),
            id=fields.text("id", 100),
            created=fields.text("created", 40),
            finished=fields.text("finished", 40),
            producer=fields.mapping("producer"),
            compression=fields.text("compression", 20),
            encryption=fields.text("encryption", 20),
            database=fields.object_or_none("database", _database),
            directories=fields.array("directories", _directory),
            config=fields.array("config", _config),
            members=fields.array("members", _member),
            frames=fields.array("frames", _frame),
            notices=fields.array("notices", _notice),
            stack=fields.mapping("stack") if fields.has("stack") else None,
            redis=fields.object_or_none("redis", _redis) if fields.has("redis") else None,
        )
        fields.done()
        return manifest


def _plain(value: object) -> object:
    # dataclasses.asdict copies every leaf; with many frames that is most of the time
    names = getattr(type(value), "__dataclass_fields__", None)
    if names is not None:
        found = {name: _plain(getattr(value, name)) for name in names}
        # What came with a later version is not there where it says nothing: earlier readers take no other keys.
        return {name: item for name, item in found.items() if item is not None or name not in _LATER}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value


def _frame(fields: Fields) -> FrameEntry:
    return FrameEntry(
        fields.number("offset"),
        fields.number("length", 1),
        fields.number("raw_size", 512),
        fields.sha256("sha256"),
        fields.text("first", 8192),
    )


def _part(fields: Fields) -> PartEntry:
    return PartEntry(
        fields.number("number", 1),
        fields.number("frame"),
        fields.number("rows"),
        fields.number("bytes"),
        fields.sha256("sha256"),
    )


def _table(fields: Fields) -> TableEntry:
    return TableEntry(
        fields.text("schema", 1024),
        fields.text("name", 1024),
        fields.texts("columns"),
        fields.number("rows"),
        fields.number("bytes"),
        fields.text_or_none("digest", 200),
        fields.array("parts", _part),
    )


def _member(fields: Fields) -> MemberEntry:
    return MemberEntry(
        fields.text("name", 4096),
        fields.number("frame"),
        fields.number("offset"),
        fields.number("bytes"),
        fields.sha256("sha256"),
    )


def _attributes(fields: Fields) -> FileAttributes:
    return FileAttributes(
        fields.number("mode", 0, 0o7777),
        fields.number("uid", 0, LARGEST_ID),
        fields.number("gid", 0, LARGEST_ID),
        fields.text("user", 255),
        fields.text("group", 255),
        fields.number("mtime_ns", -TIME_BOUND, TIME_BOUND),
    )


def _config(fields: Fields) -> ConfigEntry:
    member = _member(fields)
    attributes = fields.object_or_none("attributes", _attributes) if fields.has("attributes") else None
    return ConfigEntry(
        member.name, member.frame, member.offset, member.bytes, member.sha256, attributes=attributes
    )


def _index(fields: Fields) -> IndexEntry:
    return IndexEntry(
        fields.number("frame"),
        fields.number("offset"),
        fields.number("entries"),
        fields.number("bytes"),
        fields.sha256("sha256"),
    )


def _directory(fields: Fields) -> DirectoryEntry:
    return DirectoryEntry(
        fields.text("name", LONGEST_DIRECTORY_NAME),
        fields.text("path", 16384),
        fields.number("files"),
        fields.number("bytes"),
        fields.array("index", _index),
    )


def _database(fields: Fields) -> DatabaseEntry:
    return DatabaseEntry(
        fields.text("name", 1024),
        fields.text("server_version", 1024),
        fields.number("server_version_num"),
        fields.number("size"),
        fields.mapping("properties"),
        fields.texts("roles"),
        fields.text("search_path"),
        fields.mapping("application"),
        fields.array("tables", _table),
        fields.boolean("row_digests"),
    )


def _redis(fields: Fields) -> RedisEntry:
    return RedisEntry(
        fields.text("server_version", 200),
        fields.texts("patterns"),
        fields.number("keys"),
        fields.number("bytes"),
        fields.number("members"),
    )


def _notice(fields: Fields) -> dict[str, Any]:
    return {"code": fields.text("code", 100), "facts": fields.mapping("facts")}
