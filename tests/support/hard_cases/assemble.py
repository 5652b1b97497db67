# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts the hard cases together."""

from __future__ import annotations

import random

from psycopg2 import extensions

from . import (
    comments,
    functions,
    inexact,
    names,
    outside,
    partitions,
    relations,
    security,
    sequences,
    triggers,
    types,
    unqualified,
    views,
)
from .context import Context, Roles, quote


def build(
    conn: extensions.connection,
    *,
    rows: int = 200,
    seed: int = 1,
    big_values: bool = False,
    superuser: bool = True,
    forced_rls: bool = True,
    unqualified_functions: bool = True,
    inexact_cases: bool = True,
    portable: bool = False,
    roles: Roles | None = None,
) -> None:
    """Given a connection to an empty UTF-8 database, fill it with what is hard to dump and restore.

    What the server lacks (newer syntax, extensions, XML, ICU) is left out. The switches:
    `rows` scales the tables that can grow; `big_values` adds values of 50 MB.
    `superuser`: without it, what only a superuser may create is left out; the user must own the database.
    `forced_rls`: policies hide rows from their owner too.
    `unqualified_functions`: objects that a plain dump cannot restore.
    `inexact_cases`: objects that come back a little different from any dump.
    `portable`: nothing that another server may lack.
    `roles` (see `create_roles`): grants, policies, owners and default privileges.
    """
    with conn, conn.cursor() as cur:
        cur.execute("SELECT name FROM pg_available_extensions")
        available = frozenset(row[0] for row in cur.fetchall() if not portable)
        ctx = Context(
            conn=conn,
            cur=cur,
            version=conn.server_version,
            rows=rows,
            rng=random.Random(seed),
            superuser=superuser,
            big_values=big_values,
            forced_rls=forced_rls,
            portable=portable,
            roles=roles,
            available=available,
        )
        ctx.begin()
        outside.build_extensions(ctx)
        for part in (types, names, sequences, relations, partitions, views, functions, triggers, security):
            part.build(ctx)
        if unqualified_functions:
            unqualified.build(ctx)
        if inexact_cases:
            inexact.build(ctx)
        comments.build(ctx)
        outside.build_foreign(ctx)
        outside.build_publications(ctx)
        security.build_default_privileges(ctx)
        triggers.build_events(ctx)


def create_roles(conn: extensions.connection, prefix: str) -> Roles:
    """Given a prefix that is unique in the cluster, create the roles that `build` can grant to."""
    roles = Roles("%s reader" % prefix, '%s"Writer"' % prefix, "%s_group" % prefix)
    with conn, conn.cursor() as cur:
        for name in roles.names:
            cur.execute("CREATE ROLE %s NOLOGIN" % quote(name))
        cur.execute("GRANT %s TO %s" % (quote(roles.group), quote(roles.reader)))
    return roles


def drop_roles(conn: extensions.connection, roles: Roles) -> None:
    """Drop the roles, and what they own or may do here. Other databases that use them must be gone."""
    with conn, conn.cursor() as cur:
        for name in roles.names:
            cur.execute("SELECT FROM pg_roles WHERE rolname = %s", (name,))
            if cur.rowcount:
                cur.execute("DROP OWNED BY %s CASCADE" % quote(name))
                cur.execute("DROP ROLE %s" % quote(name))


def add_large_object(conn: extensions.connection, content: bytes = b"large \x00 object") -> int:
    """Add a large object and return its oid."""
    with conn, conn.cursor() as cur:
        cur.execute("SELECT lo_from_bytea(0, %s)", (content,))
        row = cur.fetchone()
    assert row is not None
    return int(row[0])


def set_database_properties(conn: extensions.connection, roles: Roles | None = None) -> None:
    """Give the database itself a comment, settings and grants: a dump of its contents does not carry them."""
    with conn, conn.cursor() as cur:
        cur.execute("SELECT current_database()")
        name = quote((cur.fetchone() or ("",))[0])
        cur.execute("COMMENT ON DATABASE %s IS 'it''s the \"hard\" one'" % name)
        cur.execute("ALTER DATABASE %s SET work_mem = '7MB'" % name)
        cur.execute('ALTER DATABASE %s SET search_path = "$user", public, views' % name)
        cur.execute("ALTER DATABASE %s SET application_name = 'a ''b'' \\ c'" % name)
        cur.execute("ALTER DATABASE %s CONNECTION LIMIT 77" % name)
        cur.execute("REVOKE TEMPORARY ON DATABASE %s FROM PUBLIC" % name)
        if roles is not None:
            cur.execute("GRANT CREATE, TEMPORARY ON DATABASE %s TO %s" % (name, quote(roles.writer)))
            cur.execute(
                "ALTER ROLE %s IN DATABASE %s SET statement_timeout = '9s'" % (quote(roles.reader), name)
            )
