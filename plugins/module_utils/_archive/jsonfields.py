# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Strict reading of JSON that may be hostile: every value has a type and a bound, nothing is ignored."""

from __future__ import annotations

import json
import re
from typing import Any, Callable, NoReturn, TypeVar

from .._errors import ArchiveError

LARGEST_NUMBER = (1 << 63) - 1
_LONGEST_TEXT = 1 << 20
_DEEPEST = 16
#: A manifest has about 36 bytes a value; a hostile one of 2 bytes each would take gigabytes when parsed.
_MOST_VALUES = 4_000_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_T = TypeVar("_T")


def dumps(value: object) -> bytes:
    """Return a value as compact ASCII JSON, on one line; object keys keep their order.

    Raise ValueError for what JSON can't hold.
    """
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def loads(data: bytes, source: str) -> object:
    """Return parsed JSON.

    :param source: what is being read, for the message.

    Raise ArchiveError ``json_invalid`` for anything but UTF-8 JSON with unique keys and sensible numbers.
    """
    try:
        if sum(map(data.count, (b",", b"[", b"{"))) > _MOST_VALUES:
            raise ValueError("too many values")
        return json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_int=_integer,
            parse_float=_float,
            parse_constant=_refuse,
        )
    except (ValueError, RecursionError) as error:
        raise ArchiveError("json_invalid", source=source, where="$") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("key given twice")
    return value


def _integer(digits: str) -> int:
    if len(digits) > 30:  # a time in nanoseconds may have 28, and a sign
        raise ValueError("number too long")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if value - value != 0:
        raise ValueError("not finite")
    return value


def _refuse(constant: str) -> object:
    raise ValueError(constant)


class Fields:
    """One JSON object whose keys are taken one by one; :meth:`done` refuses what was not taken.

    :param source: what is being read; :param where: the path of the object in it; both for the message.

    All methods raise ArchiveError ``json_invalid`` naming the source and the path of the bad value.
    """

    def __init__(self, value: object, source: str, where: str = "$") -> None:
        self._source = source
        self._where = where
        if not isinstance(value, dict):
            self.refuse()
        self._left: dict[str, object] = dict(value)

    def refuse(self, key: str = "") -> NoReturn:
        """Raise ArchiveError ``json_invalid`` for a key of this object, or for the object."""
        where = f"{self._where}.{key}" if key else self._where
        raise ArchiveError("json_invalid", source=self._source, where=where)

    def has(self, key: str) -> bool:
        """Return whether there is a value that was not taken yet."""
        return key in self._left

    def raw(self, key: str) -> object:
        """Return any value."""
        if key not in self._left:
            self.refuse(key)
        return self._left.pop(key)

    def text(self, key: str, longest: int = _LONGEST_TEXT) -> str:
        """Return a string of at most ``longest`` characters."""
        value = self.raw(key)
        if not isinstance(value, str) or len(value) > longest or not _is_writable(value):
            self.refuse(key)
        return value

    def text_or_none(self, key: str, longest: int = _LONGEST_TEXT) -> str | None:
        """Return a string or None."""
        if key in self._left and self._left[key] is None:
            del self._left[key]
            return None
        return self.text(key, longest)

    def number(self, key: str, lowest: int = 0, highest: int = LARGEST_NUMBER) -> int:
        """Return an integer within bounds."""
        value = self.raw(key)
        if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
            self.refuse(key)
        return value

    def number_or_none(self, key: str) -> int | None:
        """Return an integer that is not negative, or None."""
        if key in self._left and self._left[key] is None:
            del self._left[key]
            return None
        return self.number(key)

    def boolean(self, key: str) -> bool:
        """Return true or false."""
        value = self.raw(key)
        if not isinstance(value, bool):
            self.refuse(key)
        return value

    def sha256(self, key: str) -> str:
        """Return a SHA-256 as 64 lower-case hex digits."""
        value = self.text(key, 64)
        if not _SHA256.fullmatch(value):
            self.refuse(key)
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        """Return an object of any content, not nested too deeply."""
        value = self.raw(key)
        if (
            not isinstance(value, dict)
            or _depth(value) > _DEEPEST
            or not _is_writable(json.dumps(value, ensure_ascii=False))
        ):
            self.refuse(key)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return an array of strings."""
        values = self.raw(key)
        if not isinstance(values, list) or not all(
            isinstance(value, str) and _is_writable(value) for value in values
        ):
            self.refuse(key)
        return tuple(values)

    def array(self, key: str, build: Callable[[Fields], _T]) -> tuple[_T, ...]:
        """Return an array of objects, each built from its fields."""
        values = self.raw(key)
        if not isinstance(values, list):
            self.refuse(key)
        return tuple(
            self._built(build, value, f"{self._where}.{key}[{index}]") for index, value in enumerate(values)
        )

    def object_or_none(self, key: str, build: Callable[[Fields], _T]) -> _T | None:
        """Return an object built from its fields, or None."""
        value = self.raw(key)
        return None if value is None else self._built(build, value, f"{self._where}.{key}")

    def done(self) -> None:
        """Refuse keys that nothing has asked for."""
        for key in self._left:
            self.refuse(key[:100])

    def _built(self, build: Callable[[Fields], _T], value: object, where: str) -> _T:
        fields = Fields(value, self._source, where)
        built = build(fields)
        fields.done()
        return built


def _is_writable(text: str) -> bool:
    """Return whether a text can be written as UTF-8, with bytes that are none as Python keeps them (``surrogateescape``)."""
    if text.isascii():
        return True
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def _depth(value: object) -> int:
    """Return how deeply lists and objects are nested (the parser has bounded it already)."""
    if isinstance(value, dict):
        return 1 + max((_depth(inner) for inner in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(inner) for inner in value), default=0)
    return 0
