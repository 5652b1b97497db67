# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A plain dump of pg_dump, schema and data in one file, as a stream of entries and blocks of rows.

The rows are never in memory as a whole: between ``COPY … FROM stdin;`` and ``\\.`` they are handed on in pieces of
whole lines. Everything else is SQL, cut into entries by :mod:`.schema_sql`. A line counts as the begin of such a block
only where PostgreSQL's own scanner would see it: outside quotes, dollar quotes and comments.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn, Union

from .._errors import ArchiveError
from .names import IDENTIFIER, split_name, unquoted
from .relations import Relation
from .schema_sql import Entry, split
from .sql_scanner import spans

#: rows are handed on in pieces of about so many bytes
PIECE = 4 * 1024 * 1024
#: SQL between two blocks of rows: 5,000 tables of Ticketz's kind have about 8 MB before the first
LARGEST_SQL = 16 * 1024 * 1024
_HEAD = 64 * 1024

_BEGIN = b"--\n-- PostgreSQL database dump\n--\n"
_COMPLETE = "\n-- PostgreSQL database dump complete\n"
_BLOCK_END = b" FROM stdin;\n"
_VERSION = re.compile(rb"^-- Dumped from database version ((\d+)(?:\.(\d+))?\S*)", re.MULTILINE)
_ENCODING = re.compile(rb"^SET client_encoding = '(\w+)';$", re.MULTILINE)
_COPY_LINE = re.compile(r"^COPY ", re.MULTILINE)
_COPY = re.compile(
    rf"COPY (?P<table>{IDENTIFIER}\.{IDENTIFIER}) (?:\((?P<columns>{IDENTIFIER}(?:, {IDENTIFIER})*)\))? FROM stdin;\n"
)
_NAME = re.compile(IDENTIFIER)
#: what pg_dump writes before its first entry
_PREAMBLE = re.compile(
    r"(?:\s|SET \w+ = [^;\n]*;|SELECT pg_catalog\.set_config\('search_path', '[^'\n]*', false\);)*"
)
#: PostgreSQL's names of the encodings that a dump may be in → Python's
_CODECS = {"UTF8": "utf-8", "LATIN1": "iso8859-1", "LATIN9": "iso8859-15", "WIN1252": "cp1252"}


@dataclass(frozen=True)
class Origin:
    """What a dump says of the database that it was made of.

    :param version: such as ``16.14``.
    :param version_num: as PostgreSQL numbers it.
    :param encoding: PostgreSQL's name of the encoding that the dump is in.
    """

    version: str
    version_num: int
    encoding: str


class Rows:
    """A block of rows; to be read before the next event is asked for."""

    def __init__(self, relation: Relation, encoding: str, pieces: Iterator[bytes]) -> None:
        """
        :param pieces: its lines, in COPY's text format.
        """
        self.relation = relation
        self._encoding = encoding
        #: whole lines, in pieces of some megabytes
        self.pieces = pieces

    @property
    def copy_in(self) -> str:
        """The statement that loads a piece."""
        columns = ", ".join('"' + name.replace('"', '""') + '"' for name in self.relation.columns)
        listed = f" ({columns})" if columns else ""
        return f"COPY {self.relation.quoted}{listed} FROM STDIN (FORMAT text, ENCODING '{self._encoding}')"


Event = Union[Entry, Rows]


class DumpReader:
    """Reads a dump; the events come from :meth:`events`, once."""

    def __init__(self, source: Iterator[memoryview], name: str) -> None:
        """Read the beginning.

        :param source: the dump, in pieces.
        :param name: of the file, for messages.

        Raise ArchiveError: ``foreign_dump_empty``, ``foreign_dump_foreign``, ``foreign_dump_encoding``.
        """
        self._source = source
        self._name = name
        self._buffer = bytearray()
        while len(self._buffer) < _HEAD and self._more():
            pass
        #: what the dump says of its database
        self.origin = self._read_origin()
        self._decode = codecs.lookup(_CODECS[self.origin.encoding]).decode

    def events(self) -> Iterator[Event]:
        """Yield entries and blocks of rows in their order.

        Raise ArchiveError: ``foreign_dump_invalid`` for what pg_dump does not write, ``foreign_dump_large``,
        ``foreign_dump_truncated`` if the end is missing.
        """
        try:
            yield from self._events()
        except ArchiveError as error:
            if error.code != "schema_sql_invalid":
                raise
            self._refuse(str(error.facts["cause"]))

    def _events(self) -> Iterator[Event]:
        last: Relation | None = None
        while True:
            sql, block = self._sql()
            yield from self._entries(sql, last)
            if block is None:
                return
            last = block
            pieces = self._rows()
            yield Rows(block, self.origin.encoding, pieces)
            for _piece in pieces:
                pass

    def _more(self) -> bool:
        """Add the next piece of the source; return whether there was one."""
        piece = next(self._source, None)
        if piece is None:
            return False
        self._buffer += piece
        return True

    def _read_origin(self) -> Origin:
        head = bytes(self._buffer[:_HEAD])
        if not head.strip():
            raise ArchiveError("foreign_dump_empty", path=self._name)
        version = _VERSION.search(head)
        if not head.startswith(_BEGIN) or version is None:
            raise ArchiveError("foreign_dump_foreign", path=self._name)
        # Without the statement there is the encoding of the database that psql talks to.
        encoding = _ENCODING.search(head)
        name = encoding[1].decode() if encoding else "UTF8"
        if name not in _CODECS:
            raise ArchiveError(
                "foreign_dump_encoding", path=self._name, encoding=name, known=", ".join(_CODECS)
            )
        major, minor = int(version[2]), int(version[3] or 0)
        return Origin(version[1].decode("ascii", "replace"), major * 10000 + minor, name)

    def _sql(self) -> tuple[str, Relation | None]:
        """Return the SQL up to the next block of rows, and the table of that block; None at the end."""
        look, searched, seen, ended = 0, 0, False, False
        while True:
            seen = seen or self._buffer.find(_BLOCK_END, searched) >= 0
            if (seen and len(self._buffer) >= look) or ended:
                text = self._text(ended)
                match = self._block(text, ended)
                if match is not None:
                    sql = text[: match.start()]
                    del self._buffer[: len(codecs.encode(text[: match.end()], _CODECS[self.origin.encoding]))]
                    return sql, _relation(match)
                if ended:
                    self._check_end(text)
                    self._buffer.clear()
                    return text, None
                # A function's body may be full of lines that look like it: looking again only when there is
                # twice as much keeps the time linear.
                look, seen = 2 * len(self._buffer), False
            searched = max(0, len(self._buffer) - len(_BLOCK_END))
            if len(self._buffer) > (2 * LARGEST_SQL if seen else LARGEST_SQL):
                raise ArchiveError("foreign_dump_large", path=self._name, limit=f"{LARGEST_SQL >> 20} MiB")
            ended = not self._more()

    def _text(self, ended: bool) -> str:
        """Return the buffer's whole lines."""
        end = len(self._buffer) if ended else self._buffer.rfind(b"\n") + 1
        try:
            return self._decode(bytes(self._buffer[:end]))[0]
        except UnicodeDecodeError as error:
            self._refuse(f"it is not in {self.origin.encoding}: {error.reason} at byte {error.start}")

    def _block(self, text: str, ended: bool) -> re.Match[str] | None:
        """Return where the first block of rows begins."""
        starts = [match.start() for match in _COPY_LINE.finditer(text)]
        if not starts:
            return None
        position = 0
        hidden = spans(text)
        while starts:
            try:
                span = next(hidden, None)
            except ArchiveError:
                if ended:
                    raise
                return None  # what is open there may end in what was not read yet
            end = len(text) if span is None else span.start
            while starts and starts[0] < end:
                start = starts.pop(0)
                if start < position:
                    continue  # inside a quote
                match = _COPY.match(text, start)
                # Without an end of the statement, the rest of it is still to come.
                if match is None and (ended or _BLOCK_END.decode() in text[start:]):
                    self._refuse(f"unknown form of COPY: {text[start : start + 80].splitlines()[0]}")
                return match
            if span is None:
                return None
            position = span.end
        return None

    def _entries(self, sql: str, last: Relation | None) -> Iterator[Entry]:
        if last is None:
            self._check_preamble(sql)
        else:
            # What follows the rows before the next header is a part of the same entry.
            name = " ".join(last.name.splitlines())
            sql = f"-- Data for Name: {name}; Type: TABLE DATA; Schema: {last.schema}; Owner: -\n{sql}"
        yield from split(sql.encode("utf-8"))

    def _check_preamble(self, sql: str) -> None:
        """Make sure that nothing is lost with what stands before the first entry."""
        header = re.search(r"^-- (?:Data for )?Name: ", sql, re.MULTILINE)
        top = sql[: header.start()] if header else sql
        position, plain = 0, ""
        for span in spans(top):
            if span.kind in ("comment", "backslash"):
                plain += top[position : span.start]
                position = span.end
        plain += top[position:]
        if not _PREAMBLE.fullmatch(plain):
            self._refuse("it begins with other statements than pg_dump's")

    def _check_end(self, text: str) -> None:
        end = text.rfind(_COMPLETE)
        if end < 0 or re.fullmatch(r"--\s*(?:\\unrestrict \w+\s*)?", text[end + len(_COMPLETE) :]) is None:
            raise ArchiveError("foreign_dump_truncated", path=self._name)

    def _rows(self) -> Iterator[bytes]:
        """Yield the lines up to the one that ends the block. The buffer always begins with a line."""
        searched = 0
        while True:
            if self._buffer.startswith(b"\\.\n"):
                del self._buffer[:3]
                return
            end = self._buffer.find(b"\n\\.\n", searched)
            if end >= 0:
                yield self._lines(end + 1)
                del self._buffer[: end + 4]
                return
            searched = max(0, len(self._buffer) - 3)
            if len(self._buffer) >= PIECE:
                cut = self._buffer.rfind(b"\n") + 1
                if cut:
                    yield self._lines(cut)
                    del self._buffer[:cut]
                    searched = 0
            if not self._more():
                raise ArchiveError("foreign_dump_truncated", path=self._name)

    def _lines(self, end: int) -> bytes:
        with memoryview(self._buffer) as view, view[:end] as lines:
            return bytes(lines)

    def _refuse(self, cause: str) -> NoReturn:
        raise ArchiveError("foreign_dump_invalid", path=self._name, cause=cause)


def _relation(match: re.Match[str]) -> Relation:
    schema, table = split_name(match["table"])
    columns = tuple(unquoted(word) for word in _NAME.findall(match["columns"] or ""))
    return Relation(schema, table, columns)
