# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Splitting pg_dump's plain output into entries, each of which is executed as a whole.

A comment counts as the header of an entry, and a line as ``\\restrict`` or as a setting, only where
PostgreSQL's own scanner would see it: outside quotes, dollar quotes and block comments. A function's
body may contain lines that look like any of them. Nothing is ever cut at a semicolon.
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

# pg_dump writes these between entries, for all that follow.
_SETTING = re.compile(r"^SET (default_tablespace|default_table_access_method) = [^\n]*;$", re.MULTILINE)
# Its other settings stand at the top, before the first entry.
_TOP_SETTING = re.compile(r"^SET (\w+) = ([^\n]*);$", re.MULTILINE)
_RESTRICT = re.compile(r"\\(?:un)?restrict [0-9A-Za-z]+\s*")
HEADER = re.compile(
    r"-- (?:(?:Data|Statistics) for )?Name: (?P<name>.*); Type: (?P<type>[A-Z ]+); Schema: (?P<schema>.*);"
    r" Owner: (?P<owner>.*?)(?:; Tablespace: .*)?"
)


@dataclass(frozen=True)
class Entry:
    """One entry of pg_dump's output.

    :param name: as its header gives it, with spaces for line breaks: informative only.
    :param type: pg_dump's word: ``TABLE``, ``INDEX``, ``CONSTRAINT``, ``ACL``, …
    :param schema: None if there is none.
    :param owner: None if there is none.
    :param sql: its statements, without pg_dump's comments.
    :param table: for what belongs to a table or view, its name as :func:`.names.qualified` writes it,
        read from the statement.
    :param settings: statements that are in force for this entry, to be executed before it.
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
        """Kind and name, as in the catalog, of an index, key, materialized view or statistics that it builds."""
        return built_object(self.type, self.sql)

    @property
    def leavable(self) -> tuple[str, str] | None:
        """Kind and name, as in the catalog, of a constraint, index or trigger that it makes."""
        return leavable_object(self.type, self.sql)


class _Cut(NamedTuple):
    """A line that is not part of an entry's statements."""

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
    """Return all lines between which statements stand, in order."""
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
    if sql:  # none in the entry of a schema that every new database has
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
    in_force: dict[str, str] = {}
    pieces: list[str] = []
    position = 0
    for cut in [*_cuts(text), _Cut(len(text), len(text))]:
        pieces.append(text[position : cut.start])
        position = cut.end
        if cut.setting is not None:
            # written after one entry's statements, meant for the next one
            settings = {**settings, cut.setting[1]: cut.setting[0]}
        if cut.header is not None or cut.start == len(text):
            if header is not None:
                yield from _entry(header, pieces, in_force)
            else:
                _check_top("".join(pieces))
            header, pieces, in_force = cut.header, [], settings


def _check_top(top: str) -> None:
    """Refuse a dump whose strings would be read differently under our own settings."""
    said = dict(_TOP_SETTING.findall(top))
    name = "standard_conforming_strings"
    if said.get(name, "on") != "on":
        raise ArchiveError("schema_sql_invalid", cause=f"it was made with {name} = {said[name]}")


def split(sql: bytes) -> list[Entry]:
    """Cut the output of ``pg_dump --section=pre-data`` or ``post-data`` into its entries.

    The settings at the top are dropped: the loading session has its own. ``default_tablespace`` and
    ``default_table_access_method`` travel with each entry.

    :param sql: in UTF-8, as pg_dump wrote it.

    Raise ArchiveError (``schema_sql_invalid``) if it is not that.
    """
    try:
        text = sql.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ArchiveError("schema_sql_invalid", cause=str(error)) from error
    if "\0" in text:
        # The driver would send what stands before it.
        raise ArchiveError("schema_sql_invalid", cause="it has a zero byte")
    return list(_entries(text))
