# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads a plain dump of pg_dump, with schema and data in one file, as a stream of entries and blocks of rows.

Blocks of rows are not kept in memory as a whole: the lines between ``COPY … FROM stdin;`` and ``\\.`` are returned in
pieces. Everything else is SQL, which :mod:`.schema_sql` splits into entries. A line starts a block only if
PostgreSQL's scanner would also recognize it: outside quotes, dollar quotes and comments.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, NoReturn, Union

from .._archive.names import printable
from .._errors import ArchiveError
from .names import IDENTIFIER, split_name, unquoted
from .plain_dump_inserts import BEGIN, HEAD, VALUES, copy_lines
from .plain_dump_options import is_beginning, without_commands
from .relations import Relation
from .schema_sql import Entry, split
from .sql_scanner import spans

#: approximate size of a piece of rows, in bytes
PIECE = 4 * 1024 * 1024
#: maximum size of the SQL before a block of rows: 5,000 tables like Ticketz's have about 8 MB before the first block
LARGEST_SQL = 16 * 1024 * 1024
_HEAD = 64 * 1024

_BEGIN = b"--\n-- PostgreSQL database dump\n--\n"
#: beginnings of other files that could be mistaken for such a dump
_OTHERS = {
    b"PGDMP": "pg_dump's custom format",
    b"--\n-- PostgreSQL database cluster dump\n": "output of pg_dumpall",
    b"\x1f\x8b": "something compressed by gzip",
    b"-- MySQL dump": "output of mysqldump",
}
_COMPLETE = "\n-- PostgreSQL database dump complete\n"
_BLOCK_END = b" FROM stdin;\n"
_STDIN = re.compile(re.escape(_BLOCK_END.decode()))
_INSERT = b"\nINSERT INTO "
_VERSION = re.compile(rb"^-- Dumped from database version ((\d+)(?:\.(\d+))?\S*)", re.MULTILINE)
_ENCODING = re.compile(rb"^SET client_encoding = '(\w+)';$", re.MULTILINE)
_COPY_LINE = re.compile(r"^(?P<begin>COPY )", re.MULTILINE)
_COPY = re.compile(
    rf"COPY (?P<table>{IDENTIFIER}\.{IDENTIFIER}) (?:\((?P<columns>{IDENTIFIER}(?:, {IDENTIFIER})*)\))? FROM stdin;\n"
)
_NAME = re.compile(IDENTIFIER)
#: PostgreSQL's names of the encodings that a dump may be in → Python's
_CODECS = {"UTF8": "utf-8", "LATIN1": "iso8859-1", "LATIN9": "iso8859-15", "WIN1252": "cp1252"}


@dataclass(frozen=True)
class Origin:
    """Properties of a dump's source, from its first lines.

    :param version: the server's version, such as ``16.14``.
    :param version_num: the same as a number, such as 160014.
    :param encoding: PostgreSQL's name of the dump's encoding.
    """

    version: str
    version_num: int
    encoding: str


class Rows:
    """A block of rows. It must be read before the next event."""

    def __init__(self, relation: Relation, encoding: str, pieces: Iterator[bytes]) -> None:
        """
        :param encoding: PostgreSQL's name of the encoding.
        :param pieces: the lines, in COPY's text format.
        """
        self.relation = relation
        self._encoding = encoding
        #: pieces of several megabytes, each of whole lines
        self.pieces = pieces

    @property
    def copy_in(self) -> str:
        """The COPY statement that loads a piece."""
        columns = ", ".join('"' + name.replace('"', '""') + '"' for name in self.relation.columns)
        listed = f" ({columns})" if columns else ""
        return f"COPY {self.relation.quoted}{listed} FROM STDIN (FORMAT text, ENCODING '{self._encoding}')"


Event = Union[Entry, Rows]


class _Block(NamedTuple):
    """The beginning of a block of rows.

    :param head: text at the beginning of each INSERT statement; None for COPY.
    """

    relation: Relation
    head: bytes | None


class DumpReader:
    """Reads a dump. Its events can be read once, by :meth:`events`."""

    def __init__(self, source: Iterator[memoryview], name: str) -> None:
        """Read the beginning of the dump.

        :param source: the dump, in pieces.
        :param name: name of the file, for messages.

        Raise ArchiveError: ``legacy_dump_incomplete``, ``legacy_dump_unreadable``.
        """
        self._source = source
        self._name = name
        self._buffer = bytearray()
        while len(self._buffer) < _HEAD and self._more():
            pass
        #: properties of the dump's source
        self.origin = self._read_origin()
        self._decode = codecs.lookup(_CODECS[self.origin.encoding]).decode

    def events(self) -> Iterator[Event]:
        """Yield entries and blocks of rows in the order of the dump.

        Raise ArchiveError: ``legacy_dump_unreadable`` for text that pg_dump does not write, and
        ``legacy_dump_incomplete`` if the end is missing.
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
            last = block.relation
            pieces = self._rows() if block.head is None else self._inserted(block.head)
            yield Rows(last, self.origin.encoding, pieces)
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
            raise ArchiveError("legacy_dump_incomplete", problem="empty", path=self._name)
        version = _VERSION.search(head)
        if not head.startswith(_BEGIN) or version is None:
            known = (found for begin, found in _OTHERS.items() if head.startswith(begin))
            found = next(known, f"'{printable(head[:40])}'")
            raise ArchiveError("legacy_dump_unreadable", problem="begin", path=self._name, found=found)
        # Without this statement, psql would use the encoding of the target database.
        encoding = _ENCODING.search(head)
        name = encoding[1].decode() if encoding else "UTF8"
        if name not in _CODECS:
            raise ArchiveError(
                "legacy_dump_unreadable",
                problem="encoding",
                path=self._name,
                encoding=name,
                known=", ".join(_CODECS),
            )
        major, minor = int(version[2]), int(version[3] or 0)
        return Origin(version[1].decode("ascii", "replace"), major * 10000 + minor, name)

    def _sql(self) -> tuple[str, _Block | None]:
        """Return the SQL up to the next block of rows, and that block; None instead of a block at the end."""
        look, searched, seen, ended = 0, 0, False, False
        while True:
            seen = seen or any(self._buffer.find(sign, searched) >= 0 for sign in (_BLOCK_END, _INSERT))
            if (seen and len(self._buffer) >= look) or ended:
                text = self._text(ended)
                match = self._block(text, ended)
                if match is not None:
                    inserted = match.re is HEAD
                    sql = text[: match.start()]
                    del self._buffer[: len(self._encode(sql if inserted else text[: match.end()]))]
                    return sql, _Block(_relation(match), self._encode(match[0]) if inserted else None)
                if ended:
                    self._check_end(text)
                    self._buffer.clear()
                    return text, None
                # A function's body may contain many lines that look like a block. Searching again only when the buffer
                # has doubled keeps the total time linear.
                look, seen = 2 * len(self._buffer), False
            searched = max(0, len(self._buffer) - max(len(_BLOCK_END), len(_INSERT)))
            if len(self._buffer) > (2 * LARGEST_SQL if seen else LARGEST_SQL):
                raise ArchiveError(
                    "legacy_dump_unreadable",
                    problem="large",
                    path=self._name,
                    limit=f"{LARGEST_SQL >> 20} MiB",
                )
            ended = not self._more()

    def _encode(self, text: str) -> bytes:
        return codecs.encode(text, _CODECS[self.origin.encoding])

    def _text(self, ended: bool) -> str:
        """Return the buffer's whole lines."""
        end = len(self._buffer) if ended else self._buffer.rfind(b"\n") + 1
        try:
            return self._decode(bytes(self._buffer[:end]))[0]
        except UnicodeDecodeError as error:
            self._refuse(f"it is not in {self.origin.encoding}: {error.reason} at byte {error.start}")

    def _block(self, text: str, ended: bool) -> re.Match[str] | None:
        """Return the match for the beginning of the first block of rows; None if there is none."""
        found = (match.start("begin") for line in (_COPY_LINE, BEGIN) for match in line.finditer(text))
        starts = deque(sorted(found))
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
                return None  # the open quote or comment may end in text that was not read yet
            end = len(text) if span is None else span.start
            while starts and starts[0] < end:
                start = starts.popleft()
                if start < position:
                    continue  # inside a quote
                form, end_of = (HEAD, VALUES) if text.startswith("INSERT", start) else (_COPY, _STDIN)
                match = form.match(text, start)
                # If the end of the statement is not in the buffer, more must be read.
                if match is None and (ended or end_of.search(text, start)):
                    self._refuse(f"rows in an unknown form: {text[start : start + 80].splitlines()[0]}")
                return match
            if span is None:
                return None
            position = span.end
        return None

    def _entries(self, sql: str, last: Relation | None) -> Iterator[Entry]:
        if last is None:
            self._check_preamble(sql)
        else:
            # SQL after the rows and before the next header belongs to the same entry.
            name = " ".join(last.name.splitlines())
            sql = f"-- Data for Name: {name}; Type: TABLE DATA; Schema: {last.schema}; Owner: -\n{sql}"
        yield from split(without_commands(sql).encode("utf-8"))

    def _check_preamble(self, sql: str) -> None:
        """Check that there are only pg_dump's usual statements before the first entry, since they are not executed."""
        header = re.search(r"^-- (?:Data for )?Name: ", sql, re.MULTILINE)
        if not is_beginning(sql[: header.start()] if header else sql):
            self._refuse("it begins with other statements than pg_dump's")

    def _check_end(self, text: str) -> None:
        end = text.rfind(_COMPLETE)
        if end < 0 or re.fullmatch(r"--\s*(?:\\unrestrict \w+\s*)?", text[end + len(_COMPLETE) :]) is None:
            raise ArchiveError("legacy_dump_incomplete", problem="truncated", path=self._name)

    def _rows(self) -> Iterator[bytes]:
        """Yield the lines up to the end of the block, in pieces. The buffer always begins at the beginning of a line."""
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
                raise ArchiveError("legacy_dump_incomplete", problem="truncated", path=self._name)

    def _inserted(self, head: bytes) -> Iterator[bytes]:
        """Yield the rows of the INSERT statements that begin with ``head``, in COPY's text format."""
        return copy_lines(self._buffer, head, PIECE, self._more, self._refuse)

    def _lines(self, end: int) -> bytes:
        with memoryview(self._buffer) as view, view[:end] as lines:
            return bytes(lines)

    def _refuse(self, cause: str) -> NoReturn:
        raise ArchiveError("legacy_dump_unreadable", problem="sql", path=self._name, cause=cause)


def _relation(match: re.Match[str]) -> Relation:
    schema, table = split_name(match["table"])
    columns = tuple(unquoted(word) for word in _NAME.findall(match["columns"] or ""))
    return Relation(schema, table, columns)
