# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Composing a plain dump from pg_dump's two sections and the rows, so that psql restores all of it.

It differs from what pg_dump would write at once in one line: the search path is the source's and not an empty one.
Everything in it names its schema, so that changes nothing but this: functions that name something without one work, and
so do the indexes that call them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .._errors import ArchiveError
from .names import qualified, quoted
from .properties import name_list
from .sequence_states import SequenceState
from .session import literal

_COMPLETE = b"\n--\n-- PostgreSQL database dump complete\n--\n"
_FIRST_ENTRY = re.compile(rb"^--\n-- Name: ", re.MULTILINE)
_PATH = b"SELECT pg_catalog.set_config('search_path', '', false);\n"
_RESTRICT = re.compile(rb"^\\restrict (\w+)\n", re.MULTILINE)


def _body(section: bytes) -> bytes:
    """Return a section without its closing lines."""
    end = section.rfind(_COMPLETE)
    if end < 0:
        raise ArchiveError("schema_sql_invalid", cause="it has no closing line")
    return section[:end]


def head(pre_data: bytes, search_path: str) -> bytes:
    """Return what comes before the rows.

    :param pre_data: pg_dump's section.
    :param search_path: the source's own.

    Raise ArchiveError (``schema_sql_invalid``).
    """
    body = _body(pre_data)
    path = f"SELECT pg_catalog.set_config('search_path', {literal(name_list(search_path)).strip()}, false);\n"
    return body.replace(_PATH, path.encode(), 1) + b"\n"


def rows_begin(schema: str, table: str, columns: Iterable[str]) -> bytes:
    """Return what comes before a table's rows in COPY's text format."""
    listed = ", ".join(map(quoted, columns))
    copy = f"COPY {qualified(schema, table)} {f'({listed})' if listed else ''} FROM stdin;\n"
    return (_header("Data for Name", table, "TABLE DATA", schema) + copy).encode()


def rows_end() -> bytes:
    """Return what comes after a table's rows."""
    return b"\\.\n\n\n"


def sequences(states: Iterable[SequenceState]) -> bytes:
    """Return what sets sequences to where they stand."""
    pieces = []
    for state in states:
        name = literal(qualified(state.schema, state.name)).strip()
        called = "true" if state.is_called else "false"
        pieces.append(
            _header("Name", state.name, "SEQUENCE SET", state.schema)
            + f"SELECT pg_catalog.setval({name}, {int(state.last_value)}, {called});\n\n\n"
        )
    return "".join(pieces).encode()


def tail(pre_data: bytes, post_data: bytes) -> bytes:
    """Return what comes after the rows. Raise ArchiveError (``schema_sql_invalid``)."""
    body = _body(post_data)
    first = _FIRST_ENTRY.search(body)
    entries = body[first.start() :] if first else b""
    restricted = _RESTRICT.search(_body(pre_data))
    end = b"\\unrestrict " + restricted[1] + b"\n\n" if restricted else b""
    return entries + _COMPLETE + b"\n" + end


def _header(word: str, name: str, kind: str, schema: str) -> str:
    # As pg_dump does it: a line break in a name must not begin a line of its own.
    shown, place = (" ".join(text.splitlines()) for text in (name, schema))
    return f"--\n-- {word}: {shown}; Type: {kind}; Schema: {place}; Owner: -\n--\n\n"
