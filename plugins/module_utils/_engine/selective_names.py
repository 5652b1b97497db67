# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resolving the names in ``tables`` and ``paths`` in a backup."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NoReturn

from .._archive.directory_entry import DirectoryEntry
from .._archive.find import Components, DirectoryIndex
from .._archive.manifest import Manifest
from .._archive.names import printable
from .._archive.pathcodec import check_path, decode_path
from .._archive.reader import ArchiveReader
from .._archive.tables import TableEntry
from .._archive.unpack import Selection
from .._components.database.entry import DatabaseEntry
from .._components.directories.entry import directories_of
from .._errors import ArchiveError, HostError, listed
from .._postgres.catalog.model import Catalog, CatalogObject
from .._postgres.names import qualified, quoted, split_name

#: (schema, name)
Name = tuple[str, str]

_SIMILAR = 3


def selected_tables(
    wanted: Sequence[str], entry: DatabaseEntry, catalog: Catalog, backup_id: str
) -> dict[Name, TableEntry]:
    """Return the tables for names, in the manifest's order; a partitioned table includes its partitions.

    :param wanted: ``Table``, ``schema.Table``, or either as SQL writes it (``public."Table"``), which is never ambiguous.

    Raise ArchiveError: ``table_not_in_backup``, ``table_ambiguous``, ``table_rows_left_out``.
    """
    rows = {(table.schema, table.name): table for table in entry.tables}
    roots = _partitions(catalog, rows)
    known = [*rows, *(name for name in roots if name not in rows)]
    left_out = {str(key) for key in entry.properties.get("excluded_table_data") or ()}
    known += [name for name in table_objects(catalog) if ".".join(name) in left_out and name not in known]
    chosen: set[Name] = set()
    for text in wanted:
        name = _meant(text, known, backup_id)
        for leaf in roots.get(name, [name]):
            if leaf not in rows:
                raise ArchiveError("table_rows_left_out", table=qualified(*leaf), id=backup_id)
            chosen.add(leaf)
    return {name: table for name, table in rows.items() if name in chosen}


def table_objects(catalog: Catalog) -> dict[Name, CatalogObject]:
    """Return the definitions of all tables."""
    found = {}
    for obj in catalog.of("table"):
        parts = split_name(obj.name)
        if len(parts) == 2:
            found[parts[0], parts[1]] = obj
    return found


def _partitions(catalog: Catalog, rows: Iterable[Name]) -> dict[Name, list[Name]]:
    """Return the partitions with rows of each partitioned table, at any depth."""
    objects = table_objects(catalog)
    parents: dict[Name, Name] = {}
    for name, obj in objects.items():
        above = obj.definition.get("inherits")
        if "bound" in obj.definition and isinstance(above, list) and above:
            schema, table = split_name(str(above[0]))
            parents[name] = (schema, table)
    found: dict[Name, list[Name]] = {
        name: [] for name, obj in objects.items() if "partition_key" in obj.definition
    }
    for leaf in rows:
        name = leaf
        while name in parents:
            name = parents[name]
            found.setdefault(name, []).append(leaf)
    return found


def spellings(name: Name) -> tuple[str, ...]:
    """Return the spellings of a table's name; the first two are plain, the others are SQL."""
    schema, table = name
    return table, f"{schema}.{table}", quoted(table), qualified(schema, table)


def _meant(text: str, known: Sequence[Name], backup_id: str) -> Name:
    matching = [name for name in known if text in spellings(name)]
    # SQL spellings are never ambiguous, even if another name looks the same.
    exact = [name for name in matching if text == qualified(*name)]
    if len(exact) == 1:
        return exact[0]
    if not matching:
        raise ArchiveError(
            "table_not_in_backup",
            table=text,
            id=backup_id,
            similar=_similar_tables(text, known),
        )
    if len(matching) > 1:
        candidates = listed(sorted(qualified(*name) for name in matching))
        raise ArchiveError("table_ambiguous", table=text, id=backup_id, candidates=candidates)
    return matching[0]


def _similar_tables(text: str, known: Sequence[Name]) -> str:
    spelled = {spelling: name for name in known for spelling in spellings(name)[:2]}
    same = [spelling for spelling in spelled if spelling.lower() == text.lower()]
    close = [*same, *difflib.get_close_matches(text, spelled, _SIMILAR)]
    return listed(dict.fromkeys(".".join(spelled[spelling]) for spelling in close)) or "-"


def selected_paths(wanted: Sequence[str], reader: ArchiveReader) -> dict[str, Selection]:
    """Resolve paths, grouped by the name of their directory in the backup.

    :param wanted: ``name/relative/path``. Bytes that are no UTF-8, and control characters, are written ``%XX``, as
        in the backup's index; a path without such an escape, or with one that no index would contain, is taken
        literally.

    Raise HostError (``option_invalid``), ArchiveError (``paths_not_in_backup``), and what reading the index raises.
    """
    directories = {entry.name: entry for entry in directories_of(reader.manifest)}
    by_name: dict[str, list[str]] = {}
    for text in wanted:
        name = _directory_of(text, directories, reader.manifest)
        by_name.setdefault(name, []).append(text[len(name) + 1 :].rstrip("/") or ".")
    found = {}
    missing: list[tuple[str, list[str]]] = []
    for name, texts in by_name.items():
        index = DirectoryIndex(reader, directories[name])
        paths = []
        for text in texts:
            path = next((path for path in _readings(text) if index.get(path) is not None), None)
            if path is None:
                similar = index.similar(next(_readings(text)))
                missing.append((f"{name}/{text}", [f"{name}/{item}" for item in similar]))
            else:
                paths.append(b"/".join(path) or b".")
        if not missing:
            found[name] = Selection(paths, index)
    if missing:
        _refuse_paths(missing, reader)
    return found


def _directory_of(text: str, directories: Mapping[str, DirectoryEntry], manifest: Manifest) -> str:
    names = [name for name in directories if text == name or text.startswith(f"{name}/")]
    if not names:
        present = listed(directories) or "-"
        cause = (
            f"a path begins with the name of one of the backup's directories and a slash; they are: {present}"
        )
        raise HostError("option_invalid", option="paths", value=f"'{printable(text)}'", cause=cause)
    return max(names, key=len)


def _readings(text: str) -> Iterator[Components]:
    """Yield the possible meanings of a path, the likeliest first. Raise HostError (``option_invalid``) if none."""
    try:
        literal = text.encode("utf-8", "surrogateescape")
        try:
            escaped = decode_path(text)
        except ArchiveError:
            escaped = literal
        yield check_path(escaped)
        if escaped != literal:
            yield check_path(literal)
    except ValueError as error:
        cause = "it is not the path of anything within a directory"
        raise HostError(
            "option_invalid", option="paths", value=f"'{printable(text)}'", cause=cause
        ) from error


def _refuse_paths(missing: Sequence[tuple[str, Sequence[str]]], reader: ArchiveReader) -> NoReturn:
    paths = listed(printable(path) for path, _similar in missing)
    similar = listed(dict.fromkeys(item for _path, similar in missing for item in similar))
    raise ArchiveError("paths_not_in_backup", paths=paths, id=reader.manifest.id, similar=similar or "-")
