# SPDX-License-Identifier: GPL-3.0-or-later
"""Row-level security, grants, default privileges."""

from __future__ import annotations

from .context import Context, quote

_STATEMENTS = (
    "CREATE SCHEMA security",
    "CREATE TABLE security.tenant_rows (tenant integer, secret text)",
    "INSERT INTO security.tenant_rows SELECT g % 5, md5(g::text) FROM generate_series(1, {rows}) g",
    "ALTER TABLE security.tenant_rows ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY mine ON security.tenant_rows USING (tenant = 1) WITH CHECK (tenant = 1 AND secret <> "
    "'it''s')",
    'CREATE POLICY "not the third" ON security.tenant_rows AS RESTRICTIVE FOR SELECT TO PUBLIC USING '
    "(tenant <> 3)",
    "CREATE TABLE security.hidden (id integer)",
    "INSERT INTO security.hidden SELECT generate_series(1, {rows})",
    "ALTER TABLE security.hidden ENABLE ROW LEVEL SECURITY",
    "CREATE TABLE security.prepared (id integer)",
    "CREATE POLICY not_in_force ON security.prepared FOR INSERT WITH CHECK (id > 0)",
    "COMMENT ON POLICY mine ON security.tenant_rows IS 'one tenant only'",
    "CREATE TABLE security.granted (id serial PRIMARY KEY, open text, closed text)",
    "INSERT INTO security.granted (open, closed) VALUES ('o', 'c')",
    "CREATE VIEW security.window AS SELECT open FROM security.granted",
    "CREATE FUNCTION security.callable() RETURNS integer LANGUAGE sql AS $$ SELECT 1 $$",
    "CREATE PROCEDURE security.runnable() LANGUAGE sql AS $$ SELECT 1 $$",
    "CREATE TYPE security.kind AS ENUM ('a')",
    "CREATE DOMAIN security.number AS integer",
    "REVOKE ALL ON FUNCTION security.callable() FROM PUBLIC",
    "REVOKE USAGE ON TYPE security.kind FROM PUBLIC",
    "GRANT USAGE ON SCHEMA security TO PUBLIC",
    "GRANT SELECT ON security.window TO PUBLIC",
    "GRANT SELECT (id, open), UPDATE (open) ON security.granted TO PUBLIC",
)


def build(ctx: Context) -> None:
    """Create policies and grants to PUBLIC; with roles, also grants to these roles, and objects that they own."""
    ctx.run(*[statement.replace("{rows}", str(max(ctx.rows, 5))) for statement in _STATEMENTS])
    if ctx.forced_rls:
        ctx.run(
            "ALTER TABLE security.tenant_rows FORCE ROW LEVEL SECURITY",
            "ALTER TABLE security.hidden FORCE ROW LEVEL SECURITY",
        )
    if ctx.superuser:  # otherwise no backup could read the table
        ctx.run(
            "CREATE TABLE security.owner_locked_out (id integer)",
            "REVOKE ALL ON security.owner_locked_out FROM CURRENT_USER",
        )
    if ctx.roles is None:
        return
    reader, writer, group = (quote(name) for name in ctx.roles.names)
    ctx.run(
        "CREATE POLICY for_group ON security.tenant_rows FOR UPDATE TO %s, %s USING (true)" % (group, reader),
        "GRANT ALL ON SCHEMA security TO %s" % writer,
        "GRANT SELECT, INSERT ON security.granted TO %s WITH GRANT OPTION" % writer,
        "GRANT INSERT (closed) ON security.granted TO %s WITH GRANT OPTION" % reader,
        "GRANT USAGE, SELECT ON SEQUENCE security.granted_id_seq TO %s" % writer,
        "GRANT EXECUTE ON FUNCTION security.callable() TO %s, %s" % (group, reader),
        "GRANT EXECUTE ON PROCEDURE security.runnable() TO %s" % group,
        "GRANT USAGE ON TYPE security.kind TO %s" % reader,
        "GRANT USAGE ON DOMAIN security.number TO %s WITH GRANT OPTION" % reader,
    )
    if ctx.superuser:
        ctx.run(
            "GRANT USAGE ON LANGUAGE plpgsql TO %s" % reader,
            "CREATE TABLE security.owned_by_other (id serial PRIMARY KEY, v text)",
            "INSERT INTO security.owned_by_other (v) VALUES ('theirs')",
            "ALTER TABLE security.owned_by_other OWNER TO %s" % writer,
            'CREATE SCHEMA "Their Schema" AUTHORIZATION %s' % writer,
            'CREATE FUNCTION "Their Schema".theirs() RETURNS integer LANGUAGE sql AS $$ SELECT 2 $$',
            'ALTER FUNCTION "Their Schema".theirs() OWNER TO %s' % writer,
            "SET ROLE %s" % writer,
            "GRANT SELECT ON security.granted TO %s" % group,
            "RESET ROLE",
        )


def build_default_privileges(ctx: Context) -> None:
    """Set default privileges. Call this late, since they affect all later objects, including functions of extensions."""
    if ctx.roles is None:
        return
    reader, writer, group = (quote(name) for name in ctx.roles.names)
    ctx.run(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA security GRANT SELECT ON TABLES TO %s" % reader,
        "ALTER DEFAULT PRIVILEGES IN SCHEMA security GRANT USAGE ON SEQUENCES TO %s WITH GRANT OPTION"
        % writer,
        "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        "ALTER DEFAULT PRIVILEGES GRANT USAGE ON TYPES TO %s" % group,
    )
