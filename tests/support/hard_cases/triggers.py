# SPDX-License-Identifier: GPL-3.0-or-later
"""Triggers and rules that would change data, or raise, if they fired while rows are loaded."""

from __future__ import annotations

from .context import Context

_STATEMENTS = (
    "CREATE SCHEMA triggers",
    "CREATE TABLE triggers.account (id integer PRIMARY KEY, owner text, balance numeric DEFAULT 0)",
    "CREATE TABLE triggers.history (n serial, what text, at timestamptz DEFAULT '2024-01-01 00:00:00+00')",
    "INSERT INTO triggers.account SELECT g, 'owner ' || g, g FROM generate_series(1, {rows}) g",
    "INSERT INTO triggers.history (what) VALUES ('one'), ('two')",
    "CREATE FUNCTION triggers.raises() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the trigger % fired on %', TG_NAME, TG_TABLE_NAME; END $$",
    "CREATE FUNCTION triggers.doubles() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN NEW.balance := NEW.balance * 2; RETURN NEW; END $$",
    "CREATE FUNCTION triggers.swallows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
    "CREATE FUNCTION triggers.logs() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN INSERT INTO triggers.history (what) VALUES (TG_NAME || ' ' || TG_OP); RETURN NULL; END $$",
    "CREATE TRIGGER doubles BEFORE INSERT ON triggers.account FOR EACH ROW EXECUTE FUNCTION "
    "triggers.doubles()",
    "CREATE TRIGGER logs_row AFTER INSERT OR DELETE ON triggers.account FOR EACH ROW EXECUTE FUNCTION "
    "triggers.logs()",
    "CREATE TRIGGER logs_statement AFTER INSERT OR UPDATE OR TRUNCATE ON triggers.account "
    "FOR EACH STATEMENT EXECUTE FUNCTION triggers.logs('with', 'it''s \\ arguments')",
    'CREATE TRIGGER "Some Columns" BEFORE UPDATE OF balance, owner ON triggers.account FOR EACH ROW '
    "WHEN (NEW.balance < 0 AND OLD.owner IS DISTINCT FROM NEW.owner) EXECUTE FUNCTION triggers.raises()",
    "CREATE TRIGGER transition AFTER INSERT ON triggers.account REFERENCING NEW TABLE AS added "
    "FOR EACH STATEMENT EXECUTE FUNCTION triggers.logs()",
    "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON triggers.account DEFERRABLE INITIALLY DEFERRED "
    "FOR EACH ROW EXECUTE FUNCTION triggers.raises()",
    "CREATE TRIGGER disabled BEFORE INSERT ON triggers.account FOR EACH ROW EXECUTE FUNCTION "
    "triggers.raises()",
    "ALTER TABLE triggers.account DISABLE TRIGGER disabled",
    # triggers for which session_replication_role = replica makes no difference (ALWAYS), or which it enables (REPLICA)
    "CREATE TABLE triggers.always (id integer, balance numeric)",
    "INSERT INTO triggers.always SELECT g, g FROM generate_series(1, 10) g",
    "CREATE TRIGGER always BEFORE INSERT ON triggers.always FOR EACH ROW EXECUTE FUNCTION triggers.doubles()",
    "CREATE TRIGGER on_replica BEFORE INSERT ON triggers.always FOR EACH ROW EXECUTE FUNCTION "
    "triggers.swallows()",
    "ALTER TABLE triggers.always ENABLE ALWAYS TRIGGER always",
    "ALTER TABLE triggers.always ENABLE REPLICA TRIGGER on_replica",
    # partitions inherit triggers, but can disable them
    "CREATE TABLE triggers.parts (id integer, balance numeric) PARTITION BY RANGE (id)",
    "CREATE TABLE triggers.parts_low PARTITION OF triggers.parts FOR VALUES FROM (MINVALUE) TO (5)",
    "CREATE TABLE triggers.parts_high PARTITION OF triggers.parts FOR VALUES FROM (5) TO (MAXVALUE)",
    "INSERT INTO triggers.parts SELECT g, g FROM generate_series(1, 10) g",
    "CREATE TRIGGER on_parts AFTER INSERT ON triggers.parts FOR EACH ROW EXECUTE FUNCTION triggers.raises()",
    "ALTER TABLE triggers.parts_low DISABLE TRIGGER on_parts",
    # views
    "CREATE VIEW triggers.account_view AS SELECT id, owner FROM triggers.account",
    "CREATE TRIGGER instead INSTEAD OF INSERT OR DELETE ON triggers.account_view FOR EACH ROW EXECUTE "
    "FUNCTION triggers.swallows()",
    # rules
    "CREATE TABLE triggers.ruled (id integer, v text)",
    "INSERT INTO triggers.ruled SELECT g, 'r' FROM generate_series(1, 10) g",
    "CREATE RULE also AS ON INSERT TO triggers.ruled DO ALSO INSERT INTO triggers.history (what) VALUES "
    "(NEW.v)",
    'CREATE RULE "no deletes" AS ON DELETE TO triggers.ruled WHERE OLD.id > 3 DO INSTEAD NOTHING',
    "CREATE RULE off AS ON UPDATE TO triggers.ruled DO INSTEAD NOTHING",
    "ALTER TABLE triggers.ruled DISABLE RULE off",
    "CREATE RULE two_steps AS ON UPDATE TO triggers.ruled DO ALSO "
    "(INSERT INTO triggers.history (what) VALUES (OLD.v); DELETE FROM triggers.history WHERE what = NEW.v)",
    "ALTER TABLE triggers.ruled ENABLE ALWAYS RULE two_steps",
    "CREATE VIEW triggers.ruled_view AS SELECT * FROM triggers.ruled",
    "CREATE RULE into_view AS ON INSERT TO triggers.ruled_view DO INSTEAD INSERT INTO triggers.ruled VALUES "
    "(NEW.id, NEW.v) "
    "RETURNING id, v",
    "COMMENT ON TRIGGER doubles ON triggers.account IS 'must not fire during a load'",
    "COMMENT ON RULE also ON triggers.ruled IS 'nor this one'",
)

_EVENTS = (
    "CREATE FUNCTION triggers.on_event() RETURNS event_trigger LANGUAGE plpgsql AS "
    "$$ BEGIN INSERT INTO triggers.history (what) VALUES (tg_event || ' ' || tg_tag); END $$",
    "CREATE FUNCTION triggers.forbids() RETURNS event_trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'no %% here', tg_tag; END $$".replace("%%", "%"),
    "CREATE EVENT TRIGGER hard_cases_log ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER FUNCTION') "
    "EXECUTE FUNCTION triggers.on_event()",
    "CREATE EVENT TRIGGER hard_cases_forbid ON ddl_command_start EXECUTE FUNCTION triggers.forbids()",
    "ALTER EVENT TRIGGER hard_cases_forbid DISABLE",
    "COMMENT ON EVENT TRIGGER hard_cases_log IS 'writes a row for each table made'",
)


def build(ctx: Context) -> None:
    """Create triggers and rules, after the rows that they would change."""
    ctx.run(*[statement.replace("{rows}", str(max(ctx.rows, 3))) for statement in _STATEMENTS])


def build_events(ctx: Context) -> None:
    """Create event triggers. Call this last, since they fire for all later changes in the database."""
    if ctx.superuser:
        ctx.run(*_EVENTS)
