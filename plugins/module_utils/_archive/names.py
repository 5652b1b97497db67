# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of the members of an archive."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from .._errors import ArchiveError

BACKUP_JSON = "backup.json"
PRE_DATA = "database/pre-data.sql"
CATALOG = "database/catalog.jsonl"
SEQUENCES = "database/sequences.json"
POST_DATA = "database/post-data.sql"
MANIFEST = "manifest.json"

CONFIG_PREFIX = "config/"
REDIS_PREFIX = "redis/"
DATABASE_PREFIX = "database/"
DATA_PREFIX = "database/data/"
FILES_PREFIX = "files/"

#: characters
LONGEST_DIRECTORY_NAME = 255
_LONGEST = 4096
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_ESCAPED = tuple(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in range(256))
_PART = re.compile(r"database/data/([A-Za-z0-9_%-]+)\.([A-Za-z0-9_%-]+)/([0-9]{6,9})\.csv")

#: What restores keep next to or inside directories in use begins so; it is never part of a backup.
PRIVATE_PREFIX = ".ticketz-sidekick-"
#: Such names to the letter: nobody else hides files by a name that only begins like one.
_PRIVATE = re.compile(rb"\.ticketz-sidekick-(?:restore|swap)\..+\.[0-9a-f]{12}", re.DOTALL)


def is_private(name: bytes) -> bool:
    """Return whether a name is one that restores give to what they keep."""
    return name.startswith(b".") and _PRIVATE.fullmatch(name) is not None


def escape(text: str) -> str:
    """Return a name with every byte of its UTF-8 form but ``[A-Za-z0-9_-]`` written as ``%XX``.

    Dots and slashes are legal in the names of schemas and tables, so nothing else can be left as it is.
    """
    return "".join(_ESCAPED[byte] for byte in text.encode("utf-8", "surrogateescape"))


def unescape(text: str) -> str:
    """Return the name that :func:`escape` made ``text`` of. Raise ArchiveError ``name_invalid``."""
    name = unquote_to_bytes(text).decode("utf-8", "surrogateescape")
    if escape(name) != text or not name:
        raise ArchiveError("name_invalid", name=printable(text))
    return name


def part_member(schema: str, table: str, number: int) -> str:
    """Return the member name of a table's part; parts count from 1."""
    return f"{DATA_PREFIX}{escape(schema)}.{escape(table)}/{number:06d}.csv"


def parse_part_member(name: str) -> tuple[str, str, int]:
    """Return schema, table and number of a part's member name. Raise ArchiveError ``name_invalid``."""
    match = _PART.fullmatch(name)
    if match is None:
        raise ArchiveError("name_invalid", name=printable(name))
    schema, table, number = unescape(match[1]), unescape(match[2]), int(match[3])
    if part_member(schema, table, number) != name or number < 1:
        raise ArchiveError("name_invalid", name=printable(name))
    return schema, table, number


def directory_prefix(directory: str) -> str:
    """Return what the members of a directory's contents start with."""
    return f"{FILES_PREFIX}{escape(directory)}/"


def is_directory_name(name: str) -> bool:
    """Return whether a directory may be called so in an archive."""
    try:
        return 0 < len(name) <= LONGEST_DIRECTORY_NAME and bool(escape(name))
    except UnicodeEncodeError:
        return False


def index_member(directory: str, number: int) -> str:
    """Return the name of a directory's index member; they count from 1."""
    return f"{FILES_PREFIX}{escape(directory)}.index/{number:06d}.jsonl"


def check_name(name: str) -> str:
    """Return the name of a member that is no directory's content, if it is harmless.

    Raise ArchiveError ``name_invalid`` for absolute names, ``..``, ``.`` and empty components, backslashes,
    control characters, and names that are too long.
    """
    components = name.split("/")
    harmful = (
        len(name.encode("utf-8", "surrogateescape")) > _LONGEST
        or any(component in ("", ".", "..") for component in components)
        or "\\" in name
        or any(character < " " or character == "\x7f" for character in name)
    )
    if harmful:
        raise ArchiveError("name_invalid", name=printable(name))
    return name


def printable(name: str | bytes) -> str:
    """Return a name in a form that fits one line of a message."""
    data = name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")
    text = data[:300].decode("utf-8", "backslashreplace")
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)
