# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loads a database from an archive, and verifies it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..._archive.reader import ArchiveReader
from ..._errors import DatabaseError, Notice
from ..._postgres.administration import in_order
from ..._postgres.catalog.compare import compare
from ..._postgres.catalog.model import Catalog
from ..._postgres.catalog.read import read_catalog, read_event_triggers
from ..._postgres.catalog.tolerances import Adaptation
from ..._postgres.leave_out import LeaveOut
from ..._postgres.load import Connect, Loader
from ..._postgres.names import qualified
from ..._postgres.post_data import stages
from ..._postgres.preserved import empty_configuration
from ..._postgres.schema_roles import map_roles
from ..._postgres.schema_sql import Entry
from ..._postgres.sequence_states import states_from_json, write_sequences
from ..._postgres.sequences import apply_sequences, plan_sequences
from ..._postgres.server import Server
from ..._postgres.session import Session
from ..._postgres.target import Target
from ..._postgres.template import settle_constructors, settle_template, take_from_template
from ..._run.background_task import BackgroundTask
from ..._run.run import Run
from .content import Content, read_content
from .entry import DatabaseEntry
from .sessions import clear_whatsapp_sessions
from .up_to_date import digests_for_mark


@dataclass(frozen=True)
class LoadOptions:
    """How a database is loaded.

    :param role_mapping: role in the backup → role here.
    :param leave_out: objects that are not restored, or not validated.
    :param trusting: whether changing rows may run functions of the source's account, as normal use of the database does.
    """

    jobs: int
    role_mapping: Mapping[str, str]
    fix_sequences: bool
    clear_sessions: bool
    leave_out: LeaveOut = field(default_factory=LeaveOut)
    trusting: bool = True


@dataclass
class Loaded:
    """A loaded and verified database.

    :param name: the database's name until the exchange.
    :param tables: table → number of rows.
    :param adaptations: definitions that differ from the backup.
    :param previous: the safety backup of data replaced in place (``backup``, ``path``).
    :param digests: digests of tables that differ from the backup, as recorded in the mark.
    :param transaction: number of the transaction of a replacement in place, for :func:`.in_place.has_committed`.
    """

    name: str
    tables: dict[str, int]
    sequences: list[dict[str, Any]] = field(default_factory=list)
    whatsapp_sessions: dict[str, int] = field(default_factory=dict)
    adaptations: list[dict[str, str]] = field(default_factory=list)
    previous: dict[str, str] | None = None
    digests: str = "{}"
    transaction: str | None = None


@dataclass(frozen=True)
class Preserved:
    """Objects that stay in a database whose contents are replaced. A new database has none.

    :param wanted: filters and changes pg_dump's entries, so that existing objects are not created again.
    :param objects: kind and name of the objects that are not in the backup.
    :param adaptations: existing objects that could not be made equal to the backup.
    """

    wanted: Callable[[Sequence[Entry]], Sequence[Entry]] = lambda entries: entries
    objects: Collection[tuple[str, str]] = ()
    adaptations: tuple[Adaptation, ...] = ()


def role_map(
    needed: set[str], existing: set[str], mapping: Mapping[str, str], substitute: str, notices: list[Notice]
) -> dict[str, str]:
    """Return the role here that replaces each role in the backup.

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
    run: Run,
    connect: Connect = Session.open,
    administer: Connect | None = None,
) -> Loaded:
    """Create a database next to the target, load it, and verify that it is equal to the backup.

    Order: schema, data, keys and indexes, rows and digests, CHECK constraints that depend on more than the row, catalog,
    sequences, sessions, statistics, event triggers.

    :param mark: the value to record about its origin.
    :param connect: returns connections to the new database, up to ``jobs`` + 1 at a time.
    :param administer: returns a superuser's connections, up to 2 at a time, if those of ``connect`` belong to an
        unprivileged account.

    Raise SidekickError; then the new database has been dropped.
    """
    content = read_content(reader, entry)
    described = dict(entry.properties)
    roles = role_map(content.roles(), target.roles(), options.role_mapping, target.user, notices)
    name = target.create(described, notices)
    try:
        loaded = fill_database(
            server.on(name), reader, content, roles, options, notices, run, connect, administer=administer
        )
        target.finish(name, described, roles, mark, notices)
    except BaseException:
        target.drop(name)
        raise
    return loaded


def fill_database(
    server: Server,
    reader: ArchiveReader,
    content: Content,
    roles: Mapping[str, str],
    options: LoadOptions,
    notices: list[Notice],
    run: Run,
    connect: Connect = Session.open,
    *,
    preserved: Preserved | None = None,
    administer: Connect | None = None,
) -> Loaded:
    """Load a backup into a database without user objects, and verify that it is equal to the backup.

    :param roles: role in the backup → role here.
    :param preserved: objects that exist already. Then ``connect`` always returns the same connection, in an
        open transaction.
    :param administer: see :func:`load_database`.

    Raise SidekickError.
    """
    functions_of = _functions_of(content.catalog)
    loader = Loader(
        server,
        reader,
        search_path=content.entry.search_path,
        jobs=options.jobs,
        functions_of=functions_of,
        notices=notices,
        progress=run.count,
        check=run.check,
        connect=connect,
        alone=preserved is not None,
        leave_out=options.leave_out,
        administer=administer,
    )
    # Connections for statements that run none of the database's functions.
    trusted = administer or connect
    everything = content.entry.tables
    run.phase("schema", rows=sum(table.rows for table in everything))
    template: list[Adaptation] = []
    if preserved is None:
        with trusted(server) as session:
            template = take_from_template(session, content.catalog)
    preserved = preserved or Preserved()
    pre_data = [map_roles(entry, roles) for entry in preserved.wanted(content.pre_data)]
    pre_data, privileges = in_order(pre_data) if administer else (pre_data, [])
    loader.run(pre_data)
    with trusted(server) as session:
        template += settle_template(session, content.catalog, roles)
        settle_constructors(session)
        empty_configuration(session, content.catalog)
    notices += [Notice("template_kept", object=change.object) for change in template]
    tables = loader.with_rows(everything)
    loader.defer_checks()
    run.phase("data")
    loader.check_tables(everything, content.entry.properties.get("excluded_table_data") or ())
    loader.data(tables)
    entries = [map_roles(entry, roles) for entry in preserved.wanted(content.post_data)]
    built = stages(entries, lambda entry: bool(functions_of(entry)))
    run.phase("keys and indexes")
    loader.build_indexes(built)
    run.phase("comparing rows")
    if loader.alone:
        loader.check_rows(tables)
        run.phase("foreign keys and triggers")
        loader.run(built.rest)
    else:
        # Concurrently, because the server checks foreign keys one by one, on one core.
        with BackgroundTask(lambda _run: loader.run(built.rest), run) as background:
            loader.check_rows(tables)
            background.wait()
    if loader.defers or built.code:
        run.phase("constraints and views")
        loader.run(built.code)
        loader.add_checks()
        # Functions called by constraints and views may have changed rows.
        run.phase("comparing rows")
        loader.check_rows(tables)
    loader.run([*privileges, *built.security])
    loaded = Loaded(server.database, {f"{table.schema}.{table.name}": 0 for table in everything})
    loaded.tables.update((f"{table.schema}.{table.name}", table.rows) for table in tables)
    adaptations = [*loader.adaptations, *preserved.adaptations, *template]
    loaded.adaptations = [asdict(change) for change in adaptations]
    events = Catalog(content.catalog.of("event trigger"))
    with trusted(server) as session:
        run.phase("comparing the catalog")
        found = read_catalog(session)
        ignored = {*preserved.objects, *(obj.key for obj in events)}
        wanted = Catalog(obj for obj in content.catalog if obj.key not in ignored)
        _compare(
            session,
            content,
            wanted,
            Catalog(obj for obj in found if obj.key not in ignored),
            roles,
            adaptations,
        )
    run.phase("sequences")
    with loader.session() as session:
        write_sequences(session, states_from_json(content.sequences))
        if options.fix_sequences:
            changes = plan_sequences(session, notices=notices)
            apply_sequences(session, changes)
            loaded.sequences = [asdict(change) for change in changes]
        if options.clear_sessions:
            loaded.whatsapp_sessions = clear_whatsapp_sessions(session, trusting=options.trusting)
    run.phase("statistics")
    loader.analyze(everything)
    _finish(server, loader, content, built.events, events, loaded, roles, connect, trusted)
    return loaded


def _finish(
    server: Server,
    loader: Loader,
    content: Content,
    entries: Sequence[Entry],
    events: Catalog,
    loaded: Loaded,
    roles: Mapping[str, str],
    connect: Connect,
    trusted: Connect,
) -> None:
    """Compute the digests for the mark, then create the event triggers: these could change anything afterwards."""
    left = {change.object for change in loader.adaptations if change.kind == "rows_left_out"}
    cleared = {("public", name) for name in loaded.whatsapp_sessions}
    changed = [
        table
        for table in content.entry.tables
        if (table.schema, table.name) in cleared or qualified(table.schema, table.name) in left
    ]
    with connect(server) as session:
        loaded.digests = digests_for_mark(session, changed)
    # Create them on an existing connection: a new connection would fire login triggers.
    with trusted(server) as session:
        if entries:
            loader.run(entries)
            _compare(session, content, events, read_event_triggers(session), roles, ())


def _functions_of(catalog: Catalog) -> Callable[[Entry], Sequence[str]]:
    def functions_of(entry: Entry) -> Sequence[str]:
        built = catalog.find(*entry.built) if entry.built else None
        return built.depends if built else ()

    return functions_of


def _compare(
    session: Session,
    content: Content,
    wanted: Catalog,
    found: Catalog,
    roles: Mapping[str, str],
    adaptations: Sequence[Adaptation],
) -> None:
    differences = compare(
        wanted,
        found,
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
