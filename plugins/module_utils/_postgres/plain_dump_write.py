# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Composes a plain dump from pg_dump's two sections and the rows, so that psql restores all of it.

It differs in one line from the output of a single pg_dump: the search path is the source's, and not an empty one.
Since the names in a dump are qualified, this only affects functions that use unqualified names: they work, and so do
the indexes that call them.
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
    """Return the dump's text before the rows.

    :param pre_data: pg_dump's section of that name.
    :param search_path: the source's search path.

    Raise ArchiveError (``schema_sql_invalid``).
    """
    body = _body(pre_data)
    path = f"SELECT pg_catalog.set_config('search_path', {literal(name_list(search_path)).strip()}, false);\n"
    return body.replace(_PATH, path.encode(), 1) + b"\n"


def rows_begin(schema: str, table: str, columns: Iterable[str]) -> bytes:
    """Return the dump's text before a table's rows, which must be in COPY's text format."""
    listed = ", ".join(map(quoted, columns))
    copy = f"COPY {qualified(schema, table)} {f'({listed})' if listed else ''} FROM stdin;\n"
    return (_header("Data for Name", table, "TABLE DATA", schema) + copy).encode()


def rows_end() -> bytes:
    """Return the dump's text after a table's rows."""
    return b"\\.\n\n\n"


def sequences(states: Iterable[SequenceState]) -> bytes:
    """Return the statements that set the states of sequences."""
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
    """Return the dump's text after all rows. Raise ArchiveError (``schema_sql_invalid``)."""
    body = _body(post_data)
    first = _FIRST_ENTRY.search(body)
    entries = body[first.start() :] if first else b""
    restricted = _RESTRICT.search(_body(pre_data))
    end = b"\\unrestrict " + restricted[1] + b"\n\n" if restricted else b""
    return entries + _COMPLETE + b"\n" + end


def _header(word: str, name: str, kind: str, schema: str) -> str:
    # Line breaks in names are replaced, as in pg_dump, since text after a line break would not be part of the comment.
    shown, place = (" ".join(text.splitlines()) for text in (name, schema))
    return f"--\n-- {word}: {shown}; Type: {kind}; Schema: {place}; Owner: -\n--\n\n"
