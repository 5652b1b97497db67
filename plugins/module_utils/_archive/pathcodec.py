# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lossless encoding of file names as text that any program can read."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from .._errors import ArchiveError

_CONTROL = re.compile("[%\x00-\x1f\x7f\udc80-\udcff]")
#: The longest path within a directory, in bytes; the system's own limit for a whole path is 4096.
LONGEST_PATH = 4000
#: The longest name in it, in bytes. Some systems count characters, and so may have longer ones.
LONGEST_NAME = 255
#: The most components of such a path: each level of the tree takes an open descriptor while it is read.
DEEPEST_PATH = 200


def encode_path(path: bytes) -> str:
    """Return a path as text: UTF-8, with ``%``, control characters and bytes that are not UTF-8 as ``%XX``."""
    text = path.decode("utf-8", "surrogateescape")
    if _CONTROL.search(text) is None:
        return text
    return _CONTROL.sub(_escape, text)


def decode_path(text: str) -> bytes:
    """Return the path that :func:`encode_path` encoded as ``text``. Raise ArchiveError ``name_invalid``."""
    try:
        if "%" not in text:
            path = text.encode("utf-8")
            if _CONTROL.search(text) is not None:
                raise ValueError("not escaped")
            return path
        path = unquote_to_bytes(text)
        if encode_path(path) != text:
            raise ValueError("not canonical")
    except ValueError as error:
        raise ArchiveError(
            "name_invalid", name=text[:300].encode("utf-8", "backslashreplace").decode()
        ) from error
    return path


def check_path(path: bytes) -> tuple[bytes, ...]:
    """Return the components of a path within a directory, ``()`` for the directory itself (``.``).

    Raise ValueError for an absolute path, ``..``, ``.`` or empty components, NUL, too long or deep ones.
    """
    if path == b".":
        return ()
    components = tuple(path.split(b"/"))
    if len(path) > LONGEST_PATH or len(components) > DEEPEST_PATH or b"\0" in path:
        raise ValueError("path too long")
    for component in components:
        if component in (b"", b".", b"..") or len(component) > LONGEST_NAME:
            raise ValueError("component")
    return components


def leaves_directory(link: bytes, depth: int) -> bool:
    """Return whether a symbolic link may point out of the directory.

    :param link: what the link points to.
    :param depth: how many components the path of the link's parent has within the directory.

    ``..`` is resolved only at the beginning: after a name, that name may itself be a link to another place.
    """
    if link.startswith(b"/"):
        return True
    components = [component for component in link.split(b"/") if component not in (b"", b".")]
    ups = 0
    while ups < len(components) and components[ups] == b"..":
        ups += 1
    return ups > depth or b".." in components[ups:]


def _escape(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "surrogateescape"))
