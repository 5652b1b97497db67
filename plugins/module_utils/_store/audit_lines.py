# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The format of a line of the audit log, and its link to the line before.

::

    {"previous":"<SHA-256 of the line above, with its newline>","sequence":7,…}

The chain's own fields come first and have only one spelling, so that a check needs no JSON parser: it hashes
each line's bytes as they are, and compares the first hundred bytes of the next. ``sequence`` is the line's
number in the file.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

#: The value of ``previous`` in the first line.
NOTHING = "0" * 64

#: Maximum bytes of a line; longer contents are shortened.
LINE_LIMIT = 64 * 1024

_LINKS = re.compile(
    rb'\{"previous":"([0-9a-f]{64})","sequence":([1-9][0-9]{0,17})(,"torn":true)?(?:,"lost":([1-9][0-9]{0,17}))?[,}]'
)
#: Fields of the chain, which contents may not override.
_OWN = ("previous", "sequence", "torn", "lost")
#: How a line continues if it has marks about the log itself.
_NOTES = (b'torn":', b'lost":')


class Head(NamedTuple):
    """Number and hash of a line, as recorded elsewhere.

    :param sequence: its number.
    :param sha256: SHA-256 of its bytes, with the newline.
    """

    sequence: int
    sha256: str


#: The head of an empty log.
EMPTY = Head(0, NOTHING)


@dataclass(frozen=True)
class Links:
    """The link of a line to the lines before.

    :param previous: SHA-256 of the line above.
    :param sequence: the line's number.
    :param torn: whether the line above is a fragment of a killed run.
    :param lost: the log once had that many lines, and had fewer when this one was written; 0 otherwise.
    """

    previous: str
    sequence: int
    torn: bool = False
    lost: int = 0


def links(line: bytes) -> Links | None:
    """Parse a line's link to the one above; None if it is not a valid line."""
    found = _LINKS.match(line)
    if found is None:
        return None
    return Links(found[1].decode(), int(found[2]), found[3] is not None, int(found[4] or 0))


def follower(line: bytes, last: Head) -> Head | None:
    """Return a line if it is complete, follows the last one, and has no marks about the log itself."""
    start = b'{"previous":"%b","sequence":%d,"' % (last.sha256.encode(), last.sequence + 1)
    if not line.startswith(start) or not line.endswith(b"\n") or line.startswith(_NOTES, len(start)):
        return None
    return Head(last.sequence + 1, hashlib.sha256(line).hexdigest())


def digest(line: bytes) -> str:
    """Return the head that the next line must refer to; a fragment counts with the newline that ends it."""
    return hashlib.sha256(line if line.endswith(b"\n") else line + b"\n").hexdigest()


def line(chain: Links, told: Mapping[str, Any]) -> bytes:
    """Return a line, with its newline.

    :param told: its contents; values that JSON does not support become strings.
    """
    told = {name: value for name, value in told.items() if name not in _OWN}
    first: dict[str, Any] = {"previous": chain.previous, "sequence": chain.sequence}
    if chain.torn:
        first["torn"] = True
    if chain.lost:
        first["lost"] = chain.lost
    whole = _json({**first, **told})
    if len(whole) > LINE_LIMIT:
        # Only lists and texts from the user can be that long; the names of all fields stay.
        whole = _json({**first, **{name: _short(value) for name, value in told.items()}})
    return whole


def _json(data: Mapping[str, Any]) -> bytes:
    # ASCII only: names of files need not be UTF-8.
    return json.dumps(data, separators=(",", ":"), default=str).encode("ascii") + b"\n"


def _short(value: Any) -> Any:
    text = json.dumps(value, separators=(",", ":"), default=str)
    return value if len(text) <= 1000 else {"cut_short": text[:1000]}
