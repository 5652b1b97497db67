# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing a backup, or a live database, in the formats of the old tools.

Everything is streamed: neither the dump nor a table is ever on the disk or in memory as a whole. A written file
is read back as a restore or an import would read it, and only then renamed to its final name.
"""

from __future__ import annotations

import errno
import os
import tarfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._archive.codec import Buffer, codec
from .._archive.keys import Key
from .._archive.legacy.layouts import DUMP, PREFIXES
from .._archive.legacy.survey import Totals
from .._archive.legacy.write_files import files_of_backup, files_of_disk
from .._archive.legacy.writer import Content, TarGzWriter, tar_info
from .._archive.reader import ArchiveReader
from .._components.config.entry import config_files
from .._components.database.entry import DatabaseEntry
from .._components.database.pack import check_readable, missing_objects
from .._components.directories.entry import directories_of
from .._components.redis.entry import RedisEntry
from .._errors import ArchiveError, HostError, Notice, listed
from .._postgres import plain_dump_write
from .._postgres.relations import csv_header
from .._postgres.server import Server
from .._postgres.session import Session
from .._run.run import Run
from .._sources.retrieved import prove_public, prove_tables
from .._sources.sidekick_archive import open_legacy
from .._stack.model import DatabaseContainer
from .._stack.pg_dump import find_dumper
from .._store import times
from .._store.ownership import PRIVATE, Ownership
from .._store.space import require_space
from .export_publish import Publication, check_free
from .export_source import BackupSource, ExportSource, live_source
from .export_tables import ALL, Extract, extracts
from .locate import locate
from .opening import open_backup

SIDEKICK, RETRIEVED = "sidekick", "retrieved"
DATABASE, DIRECTORIES = "database", "directories"
_PUBLIC_FILE = "public_data.tar.gz"
_RETRIEVED_FILE = "retrieved_data.tar.gz"
#: of ``public_data.tar.gz``
_HERE = b"."


@dataclass(frozen=True)
class ExportRequest:
    """What to export, and how.

    :param backup: path, id or ``latest``; None for the live database.
    :param backup_dir: the store; None for a path.
    :param directories: of the live system: name → directory; a backup has its own.
    :param format: ``sidekick`` or ``retrieved``.
    :param dest: a directory, or the path of the archive.
    :param components: of ``database`` and ``directories``.
    :param columns: for ``retrieved``: ``all`` or ``common``.
    :param force: replace files that are there.
    :param container: of the database, in which pg_dump can be run.
    :param dry_run: check everything that can be checked, write nothing.
    """

    server: Server
    format: str
    dest: Path
    backup: str | None = None
    backup_dir: Path | None = None
    directories: Mapping[str, Path] = field(default_factory=dict)
    components: tuple[str, ...] = (DATABASE, DIRECTORIES)
    columns: str = ALL
    key: Key | None = None
    allow_plain: bool = False
    jobs: int = 1
    ownership: Ownership = PRIVATE
    force: bool = False
    pg_dump: str | None = None
    container: DatabaseContainer | None = None
    dry_run: bool = False


@dataclass(frozen=True)
class ExportResult:
    """The result (in a dry run: the plan).

    :param path: the archive, or with ``retrieved`` that of the tables.
    :param public_path: with ``retrieved``, that of the public folder's files.
    :param tables: rows of each; in a dry run of a live database they are not known.
    """

    path: Path | None
    public_path: Path | None
    size: int | None
    tables: dict[str, int | None]
    directories: dict[str, Any]
    source: dict[str, Any]
    duration: float
    notices: tuple[Notice, ...]


def export_data(request: ExportRequest, run: Run) -> ExportResult:
    """Export.

    Raise SidekickError; then there is no new file, and an existing one is unchanged.
    """
    started = time.monotonic()
    notices: list[Notice] = []
    with ExitStack() as stack:
        export = _Export(request, stack, notices, run)
        export.run()
    run.phase("done")
    return ExportResult(
        path=export.path,
        public_path=export.public_path,
        size=export.size,
        tables=export.tables,
        directories=export.shown,
        source=export.source,
        duration=round(time.monotonic() - started, 3),
        notices=tuple(notices),
    )


class _Export:
    """One export."""

    def __init__(self, request: ExportRequest, stack: ExitStack, notices: list[Notice], run: Run) -> None:
        self._request = request
        self._stack = stack
        self._notices = notices
        self._run = run
        self._reader: ArchiveReader | None = None
        self._publications: list[Publication] = []
        #: rows by the name under which they are loaded
        self._expected: dict[str, int] = {}
        self.path: Path | None = None
        self.public_path: Path | None = None
        self.size: int | None = None
        self.tables: dict[str, int | None] = {}
        self.shown: dict[str, Any] = {}
        self.source: dict[str, Any] = {}
        self._created = times.utc_now()

    def run(self) -> None:
        """Find source and destination, and write."""
        request = self._request
        if request.backup is not None:
            self._open_backup(request.backup)
        names = self._directories()
        self._place(names)
        paths = [path for path in (self.path, self.public_path) if path is not None]
        if not paths:
            raise HostError(
                "option_invalid", problem="nothing", option="components", value=listed(request.components)
            )
        check_free(paths, request.force)
        require_space(paths[0].parent, self._estimate())
        if request.dry_run:
            with self._database() as source:
                self._predict(source, names)
            return
        if request.format == SIDEKICK:
            self._sidekick(names)
        else:
            self._retrieved(names)
        self._publish()

    # --- where from -----------------------------------------------------------

    def _open_backup(self, backup: str) -> None:
        located = locate(backup, self._request.backup_dir)
        self._notices += located.notices
        self._run.phase(f"opening {located.path.name}")
        reader = open_backup(located, self._request.key, self._request.allow_plain)
        self._reader = self._stack.enter_context(reader)
        self._created = times.from_text(reader.manifest.created)
        self.source = {"id": reader.manifest.id, "path": str(located.path)}
        if reader.encryption != "none":
            self._notices.append(Notice("export_unencrypted", id=reader.manifest.id))
        if config_files(reader.manifest) or RedisEntry.of(reader.manifest):
            self._notices.append(Notice("export_config_left", id=reader.manifest.id))

    def _directories(self) -> list[str]:
        """Return the names of the directories that are exported."""
        if DIRECTORIES not in self._request.components:
            return []
        if self._reader is not None:
            present = [entry.name for entry in directories_of(self._reader.manifest)]
        else:
            present = list(self._request.directories)
            for name, path in self._request.directories.items():
                if not path.is_dir():
                    cause = os.strerror(errno.ENOTDIR if path.exists() else errno.ENOENT)
                    raise HostError("directory_absent", name=name, path=path, cause=cause)
        known = list(PREFIXES) if self._request.format == SIDEKICK else ["public"]
        left = [name for name in present if name not in known]
        if left:
            self._notices.append(
                Notice("export_directories_left", names=listed(left), format=self._request.format)
            )
        return [name for name in known if name in present]

    def _database(self) -> AbstractContextManager[ExportSource | None]:
        """Return a function that opens the database to export, or None if it is not exported."""
        request = self._request
        if DATABASE not in request.components:
            return nullcontext(None)
        if self._reader is not None:
            entry = DatabaseEntry.of(self._reader.manifest)
            if entry is None:
                present = listed(item.name for item in directories_of(self._reader.manifest)) or "-"
                raise HostError(
                    "component_absent", component=DATABASE, id=self._reader.manifest.id, present=present
                )
            return nullcontext(BackupSource(self._reader, entry, request.jobs, self._run))
        self.source = {"database": request.server.database, "server": request.server.place}
        with Session.open(request.server) as session:
            check_readable(session)
            self._notices += missing_objects(session)
            dumper = find_dumper(session.version, request.pg_dump, request.container)
        self._run.phase("taking a snapshot")
        return live_source(request.server, dumper, self._run)

    # --- where to -------------------------------------------------------------

    def _place(self, names: list[str]) -> None:
        """Determine the files to be written."""
        request = self._request
        dest = request.dest
        if not dest.is_absolute():
            raise HostError("option_invalid", option="dest", value=dest, cause="its path must begin with /")
        inside = dest.is_dir()
        folder = dest if inside else dest.parent
        if request.format == SIDEKICK:
            if DATABASE not in request.components:
                facts = {"option": "components", "value": listed(request.components), "format": SIDEKICK}
                raise HostError("option_invalid", problem="no_database", **facts)
            # The old tool's name; it chooses the newest by mtime.
            stamp = self._created.strftime("%Y%m%d%H%M%S")
            self.path = folder / f"ticketz-backup-{stamp}.tar.gz" if inside else dest
            return
        if DATABASE in request.components:
            self.path = folder / _RETRIEVED_FILE if inside else dest
        if names:
            # If it is the only file, dest is its path.
            alone = self.path is None and not inside
            self.public_path = dest if alone else folder / _PUBLIC_FILE
        if self.path is not None and self.path == self.public_path:
            raise HostError(
                "option_invalid", option="dest", value=dest, cause=f"the folder's files go to {_PUBLIC_FILE}"
            )

    def _estimate(self) -> int:
        """Return the maximum bytes needed, estimated from the backup's size."""
        if self._reader is None:
            return 0
        # Relative to zstd, gzip output is larger; relative to uncompressed data, smaller. Most data are media.
        return self._reader.size

    def _predict(self, source: ExportSource | None, names: list[str]) -> None:
        if source is not None:
            entry = DatabaseEntry.of(self._reader.manifest) if self._reader else None
            rows = {(table.schema, table.name): table.rows for table in entry.tables} if entry else {}
            chosen = (
                list(source.tables)
                if self._request.format == SIDEKICK
                else [extract.table for extract in extracts(source, self._request.columns, self._notices)]
            )
            self.tables = {table.key: rows.get((table.schema, table.name)) for table in chosen}
        present = (
            {entry.name: entry for entry in directories_of(self._reader.manifest)} if self._reader else {}
        )
        for name in names:
            found = present.get(name)
            self.shown[name] = {
                "files": found.files if found else None,
                "bytes": found.bytes if found else None,
            }

    # --- writing --------------------------------------------------------------

    @contextmanager
    def _written(self, path: Path, prove: Callable[[Path], None]) -> Iterator[TarGzWriter]:
        """Write an archive under a private name, and read it back; :meth:`_publish` renames it.

        :param prove: verifies it.
        """
        publication = self._stack.enter_context(
            Publication(path, self._request.ownership, self._request.force)
        )
        with publication.translated():
            with TarGzWriter(publication.descriptor, codec("gzip"), self._request.jobs) as writer:
                yield writer
                writer.finish()
            publication.sync()
        self._run.phase(f"reading {path.name} back")
        prove(publication.partial)
        self._publications.append(publication)

    def _publish(self) -> None:
        """Rename the files to their final names, all of them or none."""
        done: list[Publication] = []
        try:
            for publication in self._publications:
                publication.publish()
                done.append(publication)
        except BaseException:
            for publication in done:
                publication.take_back()
            raise
        self.size = self.path.stat().st_size if self.path is not None else None

    def _info(self, name: bytes) -> tarfile.TarInfo:
        info = tar_info(name)
        info.mtime = int(self._created.timestamp())
        return info

    def _files(self, writer: TarGzWriter, name: str, prefix: bytes) -> Totals:
        self._run.phase(f"directory {name}")
        if self._reader is None:
            path = str(self._request.directories[name])
            totals = files_of_disk(
                writer, prefix, path, notices=self._notices, progress=self._run.count_files
            )
        else:
            entry = next(entry for entry in directories_of(self._reader.manifest) if entry.name == name)
            totals = files_of_backup(
                writer,
                prefix,
                self._reader,
                entry,
                progress=self._run.count_files,
            )
        self.shown[name] = {"files": totals.files, "bytes": totals.bytes}
        return totals

    def _sidekick(self, names: list[str]) -> None:
        if self.path is None:
            raise ValueError("no path")
        with self._written(self.path, self._prove_sidekick) as writer:
            with self._database() as source:
                if source is not None:
                    with writer.stream(self._info(DUMP)) as content:
                        self._dump(source, content)
            for name in names:
                self._files(writer, name, PREFIXES[name])

    def _dump(self, source: ExportSource, content: Content) -> None:
        content.write(plain_dump_write.head(source.pre_data, source.search_path))
        self._run.phase("data")
        for table in source.tables:
            content.write(plain_dump_write.rows_begin(*table.load_as, table.columns))
            rows = source.text(table, content.write)
            content.write(plain_dump_write.rows_end())
            self.tables[table.key] = rows
            loaded = ".".join(table.load_as)
            self._expected[loaded] = self._expected.get(loaded, 0) + rows
        content.write(plain_dump_write.sequences(source.sequences))
        content.write(plain_dump_write.tail(source.pre_data, source.post_data))

    def _retrieved(self, names: list[str]) -> None:
        if self.path is not None:
            with self._written(self.path, self._prove_tables) as writer, self._database() as source:
                if source is not None:
                    self._tables(source, writer)
        if self.public_path is not None:
            with self._written(self.public_path, self._prove_public) as writer:
                for name in names:
                    self._files(writer, name, _HERE)

    def _tables(self, source: ExportSource, writer: TarGzWriter) -> None:
        trapped: list[str] = []
        self._run.phase("data")
        for extract in extracts(source, self._request.columns, self._notices):
            with writer.stream(self._info(extract.file.encode())) as content:
                if self._rows(source, extract, content):
                    trapped.append(extract.table.key)
        if trapped:
            self._notices.append(Notice("export_end_of_data", tables=listed(trapped)))

    def _rows(self, source: ExportSource, extract: Extract, content: Content) -> bool:
        """Write a table; return whether a value has a line that older versions of psql take for the end of the data."""
        content.write(_header(extract))
        trap = _Trap()

        def write(data: Buffer) -> None:
            trap.look(bytes(data))
            content.write(data)

        self.tables[extract.table.key] = source.csv(extract.table, extract.columns, write)
        return trap.found

    # --- reading back ---------------------------------------------------------

    def _prove_sidekick(self, path: Path) -> None:
        found = open_legacy(path, self._run, allow_unsafe_links=True)
        if found is None:
            raise ArchiveError("export_unequal", path=path, what="it is no archive of the sidekick")
        with found:
            entry = DatabaseEntry.of(found.manifest)
            rows = {f"{table.schema}.{table.name}": table.rows for table in entry.tables} if entry else {}
            if rows != self._expected:
                raise ArchiveError("export_unequal", path=self.path, what="rows of its tables")
            for directory in directories_of(found.manifest):
                self._equal(path, directory.name, Totals(directory.files, directory.bytes))

    def _prove_public(self, path: Path) -> None:
        self._equal(path, "public", prove_public(path, self._run))

    def _prove_tables(self, path: Path) -> None:
        found = {table.name: table.rows for table in prove_tables(path, self._run)}
        expected = {key.split(".", 1)[1]: rows for key, rows in self.tables.items()}
        if found != expected:
            raise ArchiveError("export_unequal", path=path, what="rows of its tables")

    def _equal(self, path: Path, name: str, found: Totals) -> None:
        if {"files": found.files, "bytes": found.bytes} != self.shown.get(name):
            raise ArchiveError("export_unequal", path=path, what=f"files of {name}")


class _Trap:
    """Searches a table's rows, given in pieces of complete records, for a line that is only ``\\.``."""

    def __init__(self) -> None:
        self.found = False

    def look(self, data: bytes) -> None:
        """Search the next piece."""
        self.found = self.found or b"\n\\.\n" in data or data.startswith(b"\\.\n")


def _header(extract: Extract) -> bytes:
    """Return the header line: plain names without quotes, as the old import requires."""
    plain = ",".join(extract.columns)
    # All columns of Ticketz have such names. Our own import also reads quoted ones.
    if not set(plain) & set('"\n\r') and plain.count(",") == len(extract.columns) - 1:
        return plain.encode() + b"\n"
    return csv_header(extract.columns)
