# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database's way out of an archive: into a new database, proved there, ready to take its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .._archive.manifest import DatabaseEntry, MemberEntry
from .._archive.names import CATALOG, POST_DATA, PRE_DATA, SEQUENCES
from .._archive.reader import ArchiveReader
from .._errors import ArchiveError, DatabaseError, Notice
from .._postgres.catalog.compare import compare
from .._postgres.catalog.jsonl import from_jsonl
from .._postgres.catalog.model import Catalog
from .._postgres.catalog.read import read_catalog
from .._postgres.catalog.tolerances import Adaptation
from .._postgres.load import Loader
from .._postgres.post_data import stages
from .._postgres.schema_roles import map_roles, roles_in
from .._postgres.schema_sql import Entry, split
from .._postgres.sequence_states import states_from_json, write_sequences
from .._postgres.sequences import apply_sequences, plan_sequences
from .._postgres.server import Server
from .._postgres.session import Session
from .._postgres.target import Target
from .beside import Beside
from .sessions import clear_whatsapp_sessions
from .watch import Watch


@dataclass(frozen=True)
class LoadOptions:
    """How a database is loaded.

    :param role_mapping: role in the backup → role here.
    """

    jobs: int
    role_mapping: Mapping[str, str]
    fix_sequences: bool
    clear_sessions: bool


@dataclass
class Loaded:
    """A database that is ready to take its place.

    :param name: what it is called until then.
    :param adaptations: where its definition had to differ from the backup's.
    """

    name: str
    tables: dict[str, int]
    sequences: list[dict[str, Any]] = field(default_factory=list)
    whatsapp_sessions: dict[str, int] = field(default_factory=dict)
    adaptations: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Content:
    """The database's members of an archive, read and parsed before anything is created."""

    entry: DatabaseEntry
    pre_data: list[Entry]
    post_data: list[Entry]
    catalog: Catalog
    sequences: bytes


def _content(reader: ArchiveReader, entry: DatabaseEntry) -> _Content:
    members = {member.name: member for member in reader.manifest.members}

    def read(name: str) -> bytes:
        member: MemberEntry | None = members.get(name)
        if member is None:
            raise ArchiveError("archive_member_missing", name=name)
        return bytes(reader.member(member))

    return _Content(
        entry, split(read(PRE_DATA)), split(read(POST_DATA)), from_jsonl(read(CATALOG)), read(SEQUENCES)
    )


def roles_of(entry: DatabaseEntry) -> set[str]:
    """Return the roles that the manifest says the database refers to."""
    described = entry.properties
    grantees = {grantee for grantee, _right, _grantable in described["acl"] or [] if grantee}
    return {*entry.roles, described["owner"], *grantees, *(role for role in described["settings"] if role)}


def role_map(
    needed: set[str], existing: set[str], mapping: Mapping[str, str], substitute: str, notices: list[Notice]
) -> dict[str, str]:
    """Return which role here stands for each role that the backup refers to.

    Raise DatabaseError (``role_unknown``) if the mapping names a role that this server does not have.
    """
    roles = {}
    for role in sorted(needed):
        wanted = mapping.get(role, role)
        if wanted in existing:
            roles[role] = wanted
        elif role in mapping:
            raise DatabaseError("role_unknown", role=wanted, source=role)
        else:
            roles[role] = substitute
            notices.append(Notice("role_missing", role=role, substitute=substitute))
    return roles


def load_database(
    target: Target,
    server: Server,
    reader: ArchiveReader,
    entry: DatabaseEntry,
    options: LoadOptions,
    mark: str,
    notices: list[Notice],
    watch: Watch,
) -> Loaded:
    """Create a database beside the target, load it, and prove that it is what the backup says.

    Order: schema, data, keys and indexes, rows and digests, catalog, sequences, sessions, statistics.

    :param mark: what the database is to remember of its origin.

    Raise SidekickError; then the new database has been dropped.
    """
    content = _content(reader, entry)
    described = dict(entry.properties)
    needed = roles_of(entry) | roles_in([*content.pre_data, *content.post_data])
    roles = role_map(needed, target.roles(), options.role_mapping, target.user, notices)
    name = target.create(described, notices)
    try:
        loaded = _load(server.on(name), reader, content, roles, options, notices, watch)
        target.finish(name, described, roles, mark, notices)
    except BaseException:
        target.drop(name)
        raise
    return loaded


def _load(
    server: Server,
    reader: ArchiveReader,
    content: _Content,
    roles: Mapping[str, str],
    options: LoadOptions,
    notices: list[Notice],
    watch: Watch,
) -> Loaded:
    tables = content.entry.tables
    loader = Loader(
        server,
        reader,
        search_path=content.entry.search_path,
        jobs=options.jobs,
        functions_of=_functions_of(content.catalog),
        notices=notices,
        progress=watch.count,
        check=watch.check,
    )
    watch.phase("schema", rows=sum(table.rows for table in tables))
    loader.run(map_roles(entry, roles) for entry in content.pre_data)
    watch.phase("data")
    loader.data(tables)
    built = stages([map_roles(entry, roles) for entry in content.post_data])
    watch.phase("keys and indexes")
    loader.build_indexes(built)
    watch.phase("comparing rows")
    # At the same time: foreign keys are checked one after the other, by one of the cores.
    with Beside(lambda _watch: loader.run(built.rest), watch) as beside:
        loader.check_rows(tables)
        beside.wait()
    loader.run(built.security)
    loaded = Loaded(server.database, {f"{table.schema}.{table.name}": table.rows for table in tables})
    loaded.adaptations = [asdict(change) for change in loader.adaptations]
    with Session.open(server) as session:
        watch.phase("comparing the catalog")
        _compare(session, content, roles, loader.adaptations)
    with loader.session() as session:
        write_sequences(session, states_from_json(content.sequences))
        if options.fix_sequences:
            changes = plan_sequences(session, notices=notices)
            apply_sequences(session, changes)
            loaded.sequences = [asdict(change) for change in changes]
        if options.clear_sessions:
            loaded.whatsapp_sessions = clear_whatsapp_sessions(session)
    watch.phase("statistics")
    loader.analyze(tables)
    return loaded


def _functions_of(catalog: Catalog) -> Callable[[Entry], Sequence[str]]:
    def functions_of(entry: Entry) -> Sequence[str]:
        built = catalog.find(*entry.built) if entry.built else None
        return built.depends if built else ()

    return functions_of


def _compare(
    session: Session, content: _Content, roles: Mapping[str, str], adaptations: Sequence[Adaptation]
) -> None:
    differences = compare(
        content.catalog,
        read_catalog(session),
        source_version=content.entry.server_version_num,
        target_version=session.version,
        role_map=roles,
        adaptations=adaptations,
    )
    if differences:
        raise DatabaseError(
            "catalog_differs",
            count=len(differences),
            first=str(differences[0]),
            differences=[str(difference) for difference in differences[:50]],
        )
