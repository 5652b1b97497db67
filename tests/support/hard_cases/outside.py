# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects that refer to something outside the database: extensions, foreign data, publications."""

from __future__ import annotations

from .context import Context, quote

WANTED = ("citext", "hstore", "pg_trgm", "unaccent", "btree_gist")


def build_extensions(ctx: Context) -> None:
    """Install the available extensions in a separate schema. Must be called first, since other modules use their types."""
    ctx.run("CREATE SCHEMA extensions")
    for name in WANTED:
        if name in ctx.available and ctx.can("CREATE EXTENSION %s WITH SCHEMA extensions" % name):
            ctx.extensions.append(name)
    if "pg_trgm" in ctx.extensions:
        ctx.run(
            "CREATE TABLE extensions.searched (v text)",
            "INSERT INTO extensions.searched SELECT md5(g::text) FROM generate_series(1, 50) g",
            "CREATE INDEX ON extensions.searched USING gin (v extensions.gin_trgm_ops)",
            "CREATE INDEX ON extensions.searched USING gist (v extensions.gist_trgm_ops (siglen = 32))",
        )
    if "citext" in ctx.extensions:
        ctx.run(
            "CREATE TABLE extensions.no_case (v extensions.citext PRIMARY KEY)",
            "INSERT INTO extensions.no_case VALUES ('Mixed'), ('OTHER')",
        )
    if "btree_gist" in ctx.extensions:
        ctx.run(
            "CREATE TABLE extensions.rooms (room integer, during daterange, EXCLUDE USING gist (room WITH "
            "=, during WITH &&))",
            "INSERT INTO extensions.rooms SELECT g, daterange('2024-01-01', '2024-02-01') FROM "
            "generate_series(1, 9) g",
        )
    if ctx.superuser and "hstore" in ctx.extensions:
        ctx.run("COMMENT ON EXTENSION hstore IS 'a comment of our own'")


def build_foreign(ctx: Context) -> None:
    """Create foreign tables that can't be read: each attempt raises an error."""
    if not ctx.superuser:
        return
    ctx.run("CREATE SCHEMA outside", "CREATE FOREIGN DATA WRAPPER nowhere OPTIONS (debug 'true')")
    ctx.run(
        "CREATE SERVER \"No Server\" TYPE 'none' VERSION '1' FOREIGN DATA WRAPPER nowhere OPTIONS (host "
        "'it''s away')",
        'CREATE USER MAPPING FOR PUBLIC SERVER "No Server" OPTIONS ("user" \'u\', password \'not a real '
        "one')",
        "CREATE FOREIGN TABLE outside.unreadable (id integer OPTIONS (col 'x') NOT NULL, v text DEFAULT "
        "'d', CHECK (id > 0)) "
        'SERVER "No Server" OPTIONS ("table" \'odd "name"\')',
        "CREATE TABLE outside.mixed (id integer, v text) PARTITION BY RANGE (id)",
        "CREATE TABLE outside.mixed_here PARTITION OF outside.mixed FOR VALUES FROM (0) TO (100)",
        "CREATE FOREIGN TABLE outside.mixed_away PARTITION OF outside.mixed FOR VALUES FROM (100) TO (200) "
        'SERVER "No Server"',
        "INSERT INTO outside.mixed_here SELECT g, 'here' FROM generate_series(1, 9) g",
        "COMMENT ON FOREIGN TABLE outside.unreadable IS 'away'",
        "COMMENT ON SERVER \"No Server\" IS 'no server'",
    )
    if ctx.roles is not None:
        ctx.run(
            'GRANT USAGE ON FOREIGN SERVER "No Server" TO %s' % quote(ctx.roles.reader),
            "GRANT USAGE ON FOREIGN DATA WRAPPER nowhere TO %s WITH GRANT OPTION" % quote(ctx.roles.writer),
            'CREATE USER MAPPING FOR %s SERVER "No Server"' % quote(ctx.roles.reader),
        )
    for name in ("file_fdw", "postgres_fdw"):
        if name in ctx.available:
            ctx.run("CREATE EXTENSION %s WITH SCHEMA outside" % name)
            options = {
                "file_fdw": "OPTIONS (filename '/nonexistent/file.csv', format 'csv')",
                "postgres_fdw": "",
            }[name]
            ctx.run(
                "CREATE SERVER server_of_%s FOREIGN DATA WRAPPER %s" % (name, name),
                "CREATE FOREIGN TABLE outside.by_%s (a text, b integer) SERVER server_of_%s %s"
                % (name, name, options),
            )


def build_publications(ctx: Context) -> None:
    """Create publications of tables, columns, rows, schemas, and all tables."""
    if not ctx.superuser:
        return
    ctx.run(
        "CREATE PUBLICATION some_tables FOR TABLE relations.tree, ONLY relations.animal WITH (publish = "
        "'insert, delete')",
        "CREATE PUBLICATION nothing",
        'CREATE PUBLICATION "All Tables" FOR ALL TABLES',
        "COMMENT ON PUBLICATION nothing IS 'nothing yet'",
    )
    ctx.since(
        15,
        "CREATE PUBLICATION filtered FOR TABLE relations.pair (a, b) WHERE (a > 1 AND b <> 'it''s')",
        "CREATE PUBLICATION a_schema FOR TABLES IN SCHEMA views WITH (publish_via_partition_root = true)",
    )
