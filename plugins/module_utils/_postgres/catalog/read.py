# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the catalog of a database."""

from __future__ import annotations

from itertools import chain

from ..session import Session
from . import depends, others, relations, routines, schemas, system_privileges, table_parts, types
from .jsonl import from_jsonl, to_jsonl
from .model import Catalog
from .source import Source

__all__ = ["from_jsonl", "read_catalog", "read_event_triggers", "to_jsonl"]


def read_catalog(session: Session) -> Catalog:
    """Return the definitions of all objects in the session's database, in its current transaction.

    Objects in system schemas and members of extensions are left out, since every server has them,
    or CREATE EXTENSION creates them. The catalog does not include values of sequences, contents of tables, and
    tablespaces, security labels and subscriptions, which are not restored.

    Raise DatabaseError if the server refuses a query.
    """
    # In definitions, the server only qualifies names that are not in the search path.
    session.execute("SET search_path = ''")
    source = Source(session)
    columns = relations.columns(source)
    calls = depends.read(source)
    return Catalog(
        chain(
            schemas.read(source),
            types.read(source, columns),
            routines.read(source),
            relations.read(source, columns, calls),
            table_parts.read(source, calls),
            others.read(source),
            system_privileges.read(source),
        )
    )


def read_event_triggers(session: Session) -> Catalog:
    """Return only the event triggers. Raise DatabaseError if the server refuses a query."""
    session.execute("SET search_path = ''")
    return Catalog(schemas.event_triggers(Source(session)))
