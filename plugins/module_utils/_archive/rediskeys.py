# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Redis keys as lines of JSON: strings as they are, so that any server takes them; other types as Redis dumps them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from .._errors import ArchiveError
from .jsonfields import Fields, loads
from .names import REDIS_PREFIX
from .pathcodec import decode_path, encode_path

STRING = "string"
#: How much text a value of 512 MB, the largest that Redis has, can take.
_LONGEST = 2 * 1024 * 1024 * 1024


@dataclass(frozen=True)
class RedisKey:
    """A key.

    :param type: ``string`` or another type of Redis.
    :param value: the string, or for other types what ``DUMP`` gave.
    :param expires_ms: moment at which it ends, in milliseconds since 1970; None if it does not.
    """

    name: bytes
    type: str
    value: bytes = field(repr=False)
    expires_ms: int | None


def keys_member(number: int) -> str:
    """Return the name of a member that holds keys; they count from 1."""
    return f"{REDIS_PREFIX}{number:06d}.jsonl"


def encode_key(key: RedisKey) -> bytes:
    """Return a key as one line."""
    content: dict[str, object] = {"key": encode_path(key.name), "type": key.type}
    if key.type == STRING:
        content["value"] = encode_path(key.value)
    else:
        content["dump"] = base64.b64encode(key.value).decode("ascii")
    content["expires_ms"] = key.expires_ms
    return json.dumps(content, separators=(",", ":")).encode("ascii") + b"\n"


def decode_keys(content: bytes, source: str) -> Iterator[RedisKey]:
    """Yield the keys in a member.

    :param source: the member, for the message.

    Raise ArchiveError: ``json_invalid``, ``name_invalid``.
    """
    if content and not content.endswith(b"\n"):
        raise ArchiveError("json_invalid", source=source, where="$")
    for line in content.splitlines():
        fields = Fields(loads(line, source), source)
        name, kind = decode_path(fields.text("key", _LONGEST)), fields.text("type", 100)
        if kind == STRING:
            value = decode_path(fields.text("value", _LONGEST))
        else:
            try:
                value = base64.b64decode(fields.text("dump", _LONGEST), validate=True)
            except ValueError:
                fields.refuse("dump")
        expires = fields.number_or_none("expires_ms")
        fields.done()
        yield RedisKey(name, kind, value, expires)
