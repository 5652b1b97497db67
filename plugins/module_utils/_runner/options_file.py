# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options file: one JSON object, which must be private if it contains secrets."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from .._errors import listed
from .options import UsageError

#: The path that means standard input.
STDIN = "-"
#: Maximum size of an options file in bytes.
_LARGEST = 1024 * 1024


@dataclass(frozen=True)
class OptionsFile:
    """The content of an options file.

    :param source: its path, for messages.
    :param values: option → value, as they are written.
    :param mode: permission bits; None if it is not a regular file, such as a pipe.
    :param owner: user id of its owner; None if it is not a regular file.
    """

    source: str
    values: dict[str, Any] = field(repr=False)
    mode: int | None
    owner: int | None = None

    def require_safe(self, secrets: Sequence[str]) -> None:
        """Check that nobody else can change the options, or read secrets among them.

        :param secrets: names of the secrets that the file holds.

        Raise UsageError: ``options_not_safe``, ``options_not_private``.
        """
        if self.mode is None:
            return
        user = os.geteuid()
        if self.owner not in (0, user):
            # Its owner decides what is run here, with this account's rights.
            facts = {"path": self.source, "owner": self.owner, "user": user}
            raise UsageError("options_not_safe", problem="owner", **facts)
        shown = f"{self.mode:04o}"
        if self.mode & 0o022:
            raise UsageError("options_not_safe", problem="mode", path=self.source, mode=shown, user=user)
        if secrets and self.mode & 0o077:
            raise UsageError("options_not_private", path=self.source, mode=shown, options=listed(secrets))


def read_options(path: str, stdin: BinaryIO) -> OptionsFile:
    """Return the options in a file.

    :param path: the file, or ``-`` for the standard input.

    Raise UsageError: ``file_unreadable``, ``options_not_json``.
    """
    if path == STDIN:
        return OptionsFile("<stdin>", _parse(stdin.read(_LARGEST + 1), "<stdin>"), None)
    try:
        with open(path, "rb") as file:
            found = os.fstat(file.fileno())
            data = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        raise UsageError(
            "file_unreadable", path=path, cause=getattr(error, "strerror", None) or error
        ) from error
    regular = stat.S_ISREG(found.st_mode)
    mode, owner = (stat.S_IMODE(found.st_mode), found.st_uid) if regular else (None, None)
    return OptionsFile(path, _parse(data, path), mode, owner)


def _parse(data: bytes, source: str) -> dict[str, Any]:
    try:
        if len(data) > _LARGEST:
            raise ValueError(f"> {_LARGEST} bytes")
        # utf-8-sig, since editors of other systems write a byte order mark.
        found = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_object, parse_constant=_no_constant)
        if not isinstance(found, dict):
            raise ValueError(type(found).__name__)
    except UnicodeDecodeError as error:
        # The error's own text would show a byte of a possible secret.
        raise UsageError("options_not_json", path=source, cause=f"UTF-8, byte {error.start}") from None
    except (ValueError, RecursionError) as error:
        raise UsageError("options_not_json", path=source, cause=error) from None
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, value in pairs]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{twice!r} × 2")
    return dict(pairs)


def _no_constant(name: str) -> float:
    raise ValueError(name)
