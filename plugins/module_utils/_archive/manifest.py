# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest: the contents of a backup, as values.

Totals only: the files of a directory are listed in numbered index members, because loading a million entries in
one JSON document took 900 MB. Each component has its own entry, a :class:`.ComponentEntry`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, is_dataclass
from dataclasses import fields as fields_of
from functools import cache
from typing import Any

from .component_entry import ComponentEntry
from .jsonfields import Fields, dumps, loads

#: bytes; room for half a million frames, that is 4 TB of raw content
LARGEST_MANIFEST = 128 * 1024 * 1024

#: The components that a manifest may have.
Kinds = Iterable["type[ComponentEntry]"]

#: Keys of entries that older archives do not have.
_LATER = frozenset(("attributes",))


@dataclass(frozen=True)
class FrameEntry:
    """A frame: byte offset and length in the archive, length when raw, SHA-256 of its bytes as they are
    in the archive (before encryption), and the member that begins or continues at its start."""

    __slots__ = ("first", "length", "offset", "raw_size", "sha256")

    offset: int
    length: int
    raw_size: int
    sha256: str
    first: str


@dataclass(frozen=True)
class MemberEntry:
    """A member: its frame, the byte offset of its payload when that frame is raw, size and SHA-256."""

    name: str
    frame: int
    offset: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """The manifest of a backup; ``created`` and ``finished`` are UTC in ISO 8601.

    ``entries`` has the component entries by key. ``stack`` describes the Docker containers of the source; None
    if there are none.
    """

    format: int
    id: str
    created: str
    finished: str
    producer: dict[str, Any]
    compression: str
    encryption: str
    members: tuple[MemberEntry, ...]
    frames: tuple[FrameEntry, ...]
    notices: tuple[dict[str, Any], ...]
    entries: Mapping[str, ComponentEntry] = field(default_factory=dict)
    stack: dict[str, Any] | None = None

    @property
    def kinds(self) -> list[type[ComponentEntry]]:
        """The components in it."""
        return [type(entry) for entry in self.entries.values()]

    def to_json(self) -> bytes:
        """Return the document, as UTF-8 JSON on one line."""
        document = {
            "format": self.format,
            "id": self.id,
            "created": self.created,
            "finished": self.finished,
            "producer": self.producer,
            "compression": self.compression,
            "encryption": self.encryption,
            **{key: entry.plain() for key, entry in self.entries.items()},
            "members": self.members,
            "frames": self.frames,
            "notices": self.notices,
            # Earlier readers refuse unknown keys.
            **({"stack": self.stack} if self.stack is not None else {}),
        }
        return dumps(_plain(document))

    @classmethod
    def from_json(cls, data: bytes, kinds: Kinds, source: str = "manifest.json") -> Manifest:
        """Return the manifest that a document describes.

        :param kinds: the components that it may have.
        :param source: what is being read, for the message.

        Raise ArchiveError ``json_invalid`` for a missing, unknown, mistyped or unbounded value.
        """
        fields = Fields(loads(data, source), source)
        parsed = [(kind.key, kind.parse(fields)) for kind in kinds if kind.required or fields.has(kind.key)]
        manifest = cls(
            format=fields.number("format", 1, 1),
            id=fields.text("id", 100),
            created=fields.text("created", 40),
            finished=fields.text("finished", 40),
            producer=fields.mapping("producer"),
            compression=fields.text("compression", 20),
            encryption=fields.text("encryption", 20),
            entries={key: entry for key, entry in parsed if entry is not None},
            members=fields.array("members", parse_member),
            frames=fields.array("frames", _frame),
            notices=fields.array("notices", _notice),
            stack=fields.mapping("stack") if fields.has("stack") else None,
        )
        fields.done()
        return manifest


@cache
def _names(kind: type) -> tuple[str, ...] | None:
    """Return the names of a dataclass's fields; None for any other class."""
    return tuple(each.name for each in fields_of(kind)) if is_dataclass(kind) else None


def _plain(value: object) -> object:
    # dataclasses.asdict copies every leaf; with many frames that is most of the time
    kind: Any = type(value)
    names = _names(kind)
    if names is not None:
        found = {name: _plain(getattr(value, name)) for name in names}
        # Keys of later versions are left out if they are empty, because earlier readers refuse unknown keys.
        return {name: item for name, item in found.items() if item is not None or name not in _LATER}
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value


def parse_member(fields: Fields) -> MemberEntry:
    """Take a member from a manifest. Raise ArchiveError ``json_invalid``."""
    return MemberEntry(
        fields.text("name", 4096),
        fields.number("frame"),
        fields.number("offset"),
        fields.number("bytes"),
        fields.sha256("sha256"),
    )


def _frame(fields: Fields) -> FrameEntry:
    return FrameEntry(
        fields.number("offset"),
        fields.number("length", 1),
        fields.number("raw_size", 512),
        fields.sha256("sha256"),
        fields.text("first", 8192),
    )


def _notice(fields: Fields) -> dict[str, Any]:
    return {"code": fields.text("code", 100), "facts": fields.mapping("facts")}
