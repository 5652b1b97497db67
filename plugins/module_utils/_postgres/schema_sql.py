# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Splits pg_dump's plain output into entries, each of which is executed as a whole.

Headers of entries, ``\\restrict`` lines and settings are only recognized outside quotes, dollar quotes and
block comments, as PostgreSQL's scanner does, since a function's body may contain similar lines. Entries
are never split at a semicolon.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .._errors import ArchiveError
from .schema_targets import built_object, leavable_object, target_table
from .sql_scanner import Span, spans

# pg_dump writes these between entries. They apply to all later entries.
_SETTING = re.compile(r"^SET (default_tablespace|default_table_access_method) = [^\n]*;$", re.MULTILINE)
# All other settings are before the first entry.
_TOP_SETTING = re.compile(r"^SET (\w+) = ([^\n]*);$", re.MULTILINE)
_RESTRICT = re.compile(r"\\(?:un)?restrict [0-9A-Za-z]+\s*")
HEADER = re.compile(
    r"-- (?:(?:Data|Statistics) for )?Name: (?P<name>.*); Type: (?P<type>[A-Z ]+); Schema: (?P<schema>.*);"
    r" Owner: (?P<owner>.*?)(?:; Tablespace: .*)?"
)


@dataclass(frozen=True)
class Entry:
    """One entry of pg_dump's output.

    :param name: the name in its header, with spaces instead of line breaks; informative only.
    :param type: the type in its header: ``TABLE``, ``INDEX``, ``CONSTRAINT``, ``ACL``, …
    :param schema: the schema in its header; None if there is none.
    :param owner: the owner in its header; None if there is none.
    :param sql: its statements, without pg_dump's comments.
    :param table: the table or view that the object belongs to, read from the statement, in the spelling of
        :func:`.names.qualified`; None if there is none.
    :param settings: SET statements to execute before the entry.
    """

    name: str
    type: str
    schema: str | None
    owner: str | None
    sql: str
    table: str | None = None
    settings: tuple[str, ...] = ()

    @property
    def built(self) -> tuple[str, str] | None:
        """Catalog kind and name of the index, key, materialized view or statistics object that it creates, if any."""
        return built_object(self.type, self.sql)

    @property
    def leavable(self) -> tuple[str, str] | None:
        """Catalog kind and name of the constraint, index or trigger that it creates, if any."""
        return leavable_object(self.type, self.sql)


class _Cut(NamedTuple):
    """A text between statements that is not part of an entry: a comment, psql command or setting."""

    start: int
    end: int
    header: re.Match[str] | None = None
    setting: re.Match[str] | None = None


def _from_span(text: str, span: Span) -> _Cut | None:
    """Return the cut for a comment or a psql command outside quotes."""
    words = text[span.start : span.end]
    if span.kind == "comment":
        return _Cut(span.start, span.end, header=HEADER.fullmatch(words))
    if span.kind == "backslash":
        if not _RESTRICT.fullmatch(words):
            raise ArchiveError("schema_sql_invalid", cause=f"it has the psql command {words[:40]}")
        return _Cut(span.start, span.end)
    return None


def _cuts(text: str) -> list[_Cut]:
    """Return all cuts, in order. The text between two cuts is SQL of one entry."""
    hidden = list(spans(text))
    starts = [span.start for span in hidden]
    found = [cut for span in hidden if (cut := _from_span(text, span)) is not None]
    for setting in _SETTING.finditer(text):
        before = bisect_right(starts, setting.start()) - 1
        if before < 0 or hidden[before].end <= setting.start():
            found.append(_Cut(setting.start(), setting.end(), setting=setting))
    return sorted(found, key=lambda cut: cut.start)


def _optional(word: str) -> str | None:
    return None if word in ("-", "") else word


def _entry(header: re.Match[str], pieces: list[str], settings: dict[str, str]) -> Iterator[Entry]:
    sql = "".join(pieces).strip()
    if sql:  # the entry of a schema that every new database has is empty
        kind = header["type"]
        yield Entry(
            name=header["name"],
            type=kind,
            schema=_optional(header["schema"]),
            owner=_optional(header["owner"]),
            sql=sql,
            table=target_table(kind, sql),
            settings=tuple(settings.values()),
        )


def _entries(text: str) -> Iterator[Entry]:
    header: re.Match[str] | None = None
    settings: dict[str, str] = {}
    active: dict[str, str] = {}
    pieces: list[str] = []
    position = 0
    for cut in [*_cuts(text), _Cut(len(text), len(text))]:
        pieces.append(text[position : cut.start])
        position = cut.end
        if cut.setting is not None:
            # written after an entry's statements, but applies from the next entry on
            settings = {**settings, cut.setting[1]: cut.setting[0]}
        if cut.header is not None or cut.start == len(text):
            if header is not None:
                yield from _entry(header, pieces, active)
            else:
                _check_top("".join(pieces))
            header, pieces, active = cut.header, [], settings


def _check_top(top: str) -> None:
    """Refuse a dump whose strings would be parsed differently with the settings of a session."""
    said = dict(_TOP_SETTING.findall(top))
    name = "standard_conforming_strings"
    if said.get(name, "on") != "on":
        raise ArchiveError("schema_sql_invalid", cause=f"it was made with {name} = {said[name]}")


def split(sql: bytes) -> list[Entry]:
    """Split the output of ``pg_dump --section=pre-data`` or ``post-data`` into entries.

    The settings before the first entry are dropped, since the loading session has its own. ``default_tablespace``
    and ``default_table_access_method`` are stored with each entry.

    :param sql: pg_dump's output, in UTF-8.

    Raise ArchiveError (``schema_sql_invalid``) if it can't be parsed.
    """
    try:
        text = sql.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArchiveError("schema_sql_invalid", cause=str(error)) from error
    if "\0" in text:
        # The driver would only send the text before it.
        raise ArchiveError("schema_sql_invalid", cause="it has a zero byte")
    return list(_entries(text))
