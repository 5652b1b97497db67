# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every kind of loss is detected: after one change to one object, the comparison names that object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.catalog.compare import compare
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.catalog.model import Catalog
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.catalog.read import read_catalog
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.session import Session

_SCHEMA = """
CREATE SCHEMA s;
CREATE TYPE s.mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE s.pair AS (a integer, b text);
CREATE TYPE s.span AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE DOMAIN s.positive AS integer DEFAULT 1 NOT NULL CONSTRAINT above CHECK (VALUE > 0);
CREATE FUNCTION s.f(a integer, b text DEFAULT 'x') RETURNS text LANGUAGE sql IMMUTABLE COST 7 AS 'SELECT b';
CREATE FUNCTION s.g() RETURNS trigger LANGUAGE plpgsql SET work_mem = '5MB' AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION s.atomic(n integer) RETURNS integer LANGUAGE sql BEGIN ATOMIC; SELECT n + 1; END;
CREATE PROCEDURE s.p() LANGUAGE sql AS 'SELECT 1';
CREATE AGGREGATE s.total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
CREATE FUNCTION s.eq(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT $1 = $2';
CREATE OPERATOR s.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = s.eq, RESTRICT = eqsel);
CREATE FUNCTION s.cmp(s.pair, s.pair) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE OPERATOR FAMILY s.fam USING btree;
CREATE FUNCTION s.hash(s.pair) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE OPERATOR CLASS s.cls FOR TYPE s.pair USING hash AS FUNCTION 1 s.hash(s.pair);
CREATE CAST (s.pair AS text) WITH INOUT AS ASSIGNMENT;
CREATE COLLATION s.coll FROM "C";
CREATE TEXT SEARCH DICTIONARY s.dict (TEMPLATE = pg_catalog.simple, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION s.conf (COPY = pg_catalog.simple);
CREATE CONVERSION s.conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE SEQUENCE s.seq INCREMENT 5 CACHE 3;
CREATE TABLE s.t (
    id serial PRIMARY KEY, name text DEFAULT 'n' NOT NULL, big bigint GENERATED ALWAYS AS IDENTITY,
    twice integer GENERATED ALWAYS AS (length(name) * 2) STORED, m s.mood, coll text COLLATE s.coll,
    fk integer CONSTRAINT self REFERENCES s.t ON DELETE CASCADE, CONSTRAINT filled CHECK (name <> ''),
    CONSTRAINT uni UNIQUE (fk, m) DEFERRABLE
) WITH (fillfactor = 70, toast.autovacuum_enabled = off);
CREATE INDEX expr ON s.t (lower(name), id DESC) WHERE id > 5;
CREATE UNIQUE INDEX ident ON s.t (id);
ALTER TABLE s.t ALTER name SET STATISTICS 77, ALTER name SET STORAGE EXTERNAL, ALTER id SET (n_distinct = 5);
ALTER INDEX s.expr ALTER COLUMN 1 SET STATISTICS 99;
ALTER TABLE s.t CLUSTER ON t_pkey;
ALTER TABLE s.t REPLICA IDENTITY USING INDEX ident;
ALTER TABLE s.t ENABLE ROW LEVEL SECURITY;
ALTER TABLE s.t FORCE ROW LEVEL SECURITY;
CREATE POLICY pol ON s.t AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (id > 1) WITH CHECK (id > 2);
CREATE TRIGGER trig BEFORE UPDATE OF name ON s.t FOR EACH ROW WHEN (NEW.id > 3) EXECUTE FUNCTION s.g('arg');
CREATE RULE ru AS ON DELETE TO s.t WHERE OLD.id > 9 DO INSTEAD NOTHING;
CREATE STATISTICS s.stat (ndistinct) ON id, fk FROM s.t;
CREATE UNLOGGED TABLE s.unlogged (a integer);
CREATE TABLE s.parent (a integer, b text); CREATE TABLE s.child (c integer) INHERITS (s.parent);
CREATE TABLE s.part (a integer, b text) PARTITION BY RANGE (a);
CREATE TABLE s.part_1 PARTITION OF s.part FOR VALUES FROM (1) TO (10);
CREATE TABLE s.part_2 PARTITION OF s.part DEFAULT;
CREATE INDEX part_b ON s.part (b);
CREATE TRIGGER on_part AFTER INSERT ON s.part FOR EACH ROW EXECUTE FUNCTION s.g();
CREATE TABLE s.of_type OF s.pair;
CREATE VIEW s.v WITH (security_barrier) AS SELECT id, name FROM s.t WHERE name <> 'it''s';
ALTER VIEW s.v ALTER name SET DEFAULT 'd';
CREATE MATERIALIZED VIEW s.mv AS SELECT id, name FROM s.t WITH DATA;
CREATE INDEX mv_i ON s.mv (id);
CREATE FOREIGN DATA WRAPPER w OPTIONS (a 'x');
CREATE SERVER srv VERSION '1' FOREIGN DATA WRAPPER w OPTIONS (host 'h');
CREATE USER MAPPING FOR PUBLIC SERVER srv OPTIONS ("user" 'u', password 'p');
CREATE FOREIGN TABLE s.ft (a integer OPTIONS (col 'x')) SERVER srv OPTIONS (tab 'y');
CREATE PUBLICATION pub FOR TABLE s.t (id, name) WHERE (id > 3) WITH (publish = 'insert');
CREATE FUNCTION s.ev() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER evt ON sql_drop WHEN TAG IN ('DROP VIEW') EXECUTE FUNCTION s.ev();
ALTER EVENT TRIGGER evt DISABLE;
GRANT SELECT, UPDATE ON s.t TO {role} WITH GRANT OPTION;
GRANT UPDATE (name) ON s.t TO PUBLIC;
GRANT USAGE ON SCHEMA s TO {role}; GRANT USAGE ON SEQUENCE s.seq TO {role};
REVOKE EXECUTE ON FUNCTION s.f(integer, text) FROM PUBLIC; REVOKE USAGE ON TYPE s.mood FROM PUBLIC;
GRANT USAGE ON LANGUAGE plpgsql TO {role};
GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO {role};
COMMENT ON SCHEMA s IS 'c'; COMMENT ON TABLE s.t IS 'c'; COMMENT ON COLUMN s.t.name IS 'c';
COMMENT ON CONSTRAINT filled ON s.t IS 'c'; COMMENT ON INDEX s.expr IS 'c'; COMMENT ON VIEW s.v IS 'c';
COMMENT ON FUNCTION s.f(integer, text) IS 'c'; COMMENT ON TRIGGER trig ON s.t IS 'c';
COMMENT ON POLICY pol ON s.t IS 'c'; COMMENT ON TYPE s.mood IS 'c'; COMMENT ON DOMAIN s.positive IS 'c';
COMMENT ON CONSTRAINT above ON DOMAIN s.positive IS 'c'; COMMENT ON SEQUENCE s.seq IS 'c';
COMMENT ON STATISTICS s.stat IS 'c'; COMMENT ON RULE ru ON s.t IS 'c'; COMMENT ON COLUMN s.v.id IS 'c';
COMMENT ON COLUMN s.pair.a IS 'c'; COMMENT ON CAST (s.pair AS text) IS 'c'; COMMENT ON SERVER srv IS 'c';
COMMENT ON PUBLICATION pub IS 'c'; COMMENT ON EVENT TRIGGER evt IS 'c'; COMMENT ON AGGREGATE s.total(integer) IS 'c';
COMMENT ON OPERATOR s.=== (text, text) IS 'c'; COMMENT ON COLLATION s.coll IS 'c';
COMMENT ON TEXT SEARCH CONFIGURATION s.conf IS 'c'; COMMENT ON OPERATOR FAMILY s.fam USING btree IS 'c';
COMMENT ON EXTENSION plpgsql IS 'c'; COMMENT ON CONVERSION s.conv IS 'c'; COMMENT ON MATERIALIZED VIEW s.mv IS 'c';
"""

# (change, object that must be named, property that must be named)
_LOSSES = [
    # whole objects
    ("DROP INDEX s.expr", "index s.expr", "missing"),
    ("DROP TABLE s.unlogged", "table s.unlogged", "missing"),
    ("CREATE TABLE s.more ()", "table s.more", "unexpected"),
    ("DROP VIEW s.v", "view s.v", "missing"),
    ("DROP MATERIALIZED VIEW s.mv", "materialized view s.mv", "missing"),
    ("ALTER TABLE s.t DROP CONSTRAINT self", "constraint self ON s.t", "missing"),
    ("ALTER TABLE s.t DROP CONSTRAINT filled", "constraint filled ON s.t", "missing"),
    ("ALTER TABLE s.t DROP CONSTRAINT uni", "constraint uni ON s.t", "missing"),
    ("ALTER TABLE s.t DROP CONSTRAINT t_pkey CASCADE", "constraint t_pkey ON s.t", "missing"),
    ("ALTER DOMAIN s.positive DROP CONSTRAINT above", "constraint above ON DOMAIN s.positive", "missing"),
    ("DROP TRIGGER trig ON s.t", "trigger trig ON s.t", "missing"),
    ("DROP RULE ru ON s.t", "rule ru ON s.t", "missing"),
    ("DROP POLICY pol ON s.t", "policy pol ON s.t", "missing"),
    ("DROP STATISTICS s.stat", "statistics s.stat", "missing"),
    ("DROP FUNCTION s.atomic(integer)", "function s.atomic(integer)", "missing"),
    ("DROP PROCEDURE s.p()", "procedure s.p()", "missing"),
    ("DROP AGGREGATE s.total(integer)", "aggregate s.total(integer)", "missing"),
    ("DROP OPERATOR s.=== (text, text)", "operator s.===(text, text)", "missing"),
    ("DROP OPERATOR FAMILY s.fam USING btree", "operator family s.fam USING btree", "missing"),
    ("DROP OPERATOR CLASS s.cls USING hash", "operator class s.cls USING hash", "missing"),
    ("DROP CAST (s.pair AS text)", "cast (s.pair AS text)", "missing"),
    ("DROP TEXT SEARCH CONFIGURATION s.conf", "text search configuration s.conf", "missing"),
    ("DROP TEXT SEARCH DICTIONARY s.dict", "text search dictionary s.dict", "missing"),
    ("DROP CONVERSION s.conv", "conversion s.conv", "missing"),
    ("DROP TYPE s.span", "type s.span", "missing"),
    ("DROP SEQUENCE s.seq", "sequence s.seq", "missing"),
    ("DROP USER MAPPING FOR PUBLIC SERVER srv", "user mapping FOR PUBLIC SERVER srv", "missing"),
    ("DROP FOREIGN TABLE s.ft", "foreign table s.ft", "missing"),
    ("DROP SERVER srv CASCADE", "server srv", "missing"),
    ("DROP FOREIGN DATA WRAPPER w CASCADE", "foreign data wrapper w", "missing"),
    ("DROP PUBLICATION pub", "publication pub", "missing"),
    ("DROP EVENT TRIGGER evt", "event trigger evt", "missing"),
    ("DROP EXTENSION plpgsql CASCADE", "extension plpgsql", "missing"),
    ("DROP SCHEMA s CASCADE", "schema s", "missing"),
    # columns
    ("ALTER TABLE s.t DROP COLUMN coll", "table s.t", "columns"),
    ("ALTER TABLE s.t ADD COLUMN new integer", "table s.t", "columns"),
    ("ALTER TABLE s.t RENAME coll TO other", "table s.t", "other"),
    ("ALTER TABLE s.unlogged ALTER a TYPE bigint", "table s.unlogged", "integer → bigint"),
    ("ALTER TABLE s.t ALTER name DROP DEFAULT", "table s.t", "columns.name.default: 'n'::text → nothing"),
    ("ALTER TABLE s.t ALTER name SET DEFAULT 'm'", "table s.t", "'m'::text"),
    ("ALTER TABLE s.t ALTER name DROP NOT NULL", "table s.t", "columns.name.not_null"),
    ("ALTER TABLE s.t ALTER big DROP IDENTITY", "table s.t", "columns.big.identity"),
    ("ALTER TABLE s.t ALTER big SET GENERATED BY DEFAULT", "table s.t", "columns.big.identity: a → d"),
    ("ALTER TABLE s.t ALTER twice DROP EXPRESSION", "table s.t", "columns.twice"),
    ('ALTER TABLE s.t ALTER coll TYPE text COLLATE "POSIX"', "table s.t", "columns.coll.collation"),
    ("ALTER TABLE s.t ALTER name SET STATISTICS -1", "table s.t", "columns.name.statistics"),
    ("ALTER TABLE s.t ALTER name SET STORAGE EXTENDED", "table s.t", "columns.name.storage"),
    ("ALTER TABLE s.t ALTER id RESET (n_distinct)", "table s.t", "columns.id.options"),
    ("ALTER TABLE s.child NO INHERIT s.parent", "table s.child", "inherits"),
    # tables
    ("ALTER TABLE s.t SET (fillfactor = 80)", "table s.t", "options"),
    ("ALTER TABLE s.t RESET (toast.autovacuum_enabled)", "table s.t", "toast_options"),
    ("ALTER TABLE s.unlogged SET LOGGED", "table s.unlogged", "persistence"),
    ("ALTER TABLE s.t DISABLE ROW LEVEL SECURITY", "table s.t", "row_security"),
    ("ALTER TABLE s.t NO FORCE ROW LEVEL SECURITY", "table s.t", "force_row_security"),
    ("ALTER TABLE s.t REPLICA IDENTITY DEFAULT", "index s.ident", "replica_identity"),
    ("ALTER TABLE s.t REPLICA IDENTITY FULL", "table s.t", "replica_identity"),
    ("ALTER TABLE s.t SET WITHOUT CLUSTER", "index s.t_pkey", "clustered"),
    ("ALTER TABLE s.part DETACH PARTITION s.part_1", "table s.part_1", "bound"),
    ("ALTER TABLE s.of_type NOT OF", "table s.of_type", "of_type"),
    # objects that belong to tables
    ("ALTER INDEX s.expr RENAME TO other", "index s.other", "unexpected"),
    ("ALTER INDEX s.expr ALTER COLUMN 1 SET STATISTICS 5", "index s.expr", "statistics"),
    (
        "DROP INDEX s.expr; CREATE INDEX expr ON s.t (lower(name), id DESC) WHERE id > 6",
        "index s.expr",
        "> 6",
    ),
    ("DROP INDEX s.expr; CREATE INDEX expr ON s.t (lower(name), id) WHERE id > 5", "index s.expr", "sql"),
    ("ALTER TABLE s.t DISABLE TRIGGER trig", "trigger trig ON s.t", "enabled: O → D"),
    ("ALTER TABLE s.part_1 DISABLE TRIGGER on_part", "trigger on_part ON s.part_1", "unexpected"),
    ("ALTER TABLE s.t DISABLE RULE ru", "rule ru ON s.t", "enabled"),
    ("ALTER POLICY pol ON s.t USING (id > 2)", "policy pol ON s.t", "using"),
    ("ALTER POLICY pol ON s.t WITH CHECK (id > 3)", "policy pol ON s.t", "check"),
    ("ALTER POLICY pol ON s.t TO {role}", "policy pol ON s.t", "roles"),
    ("ALTER STATISTICS s.stat SET STATISTICS 8", "statistics s.stat", "target"),
    ("ALTER TABLE s.t ALTER CONSTRAINT self DEFERRABLE", "constraint self ON s.t", "DEFERRABLE"),
    ("DROP INDEX s.part_b", "index s.part_1_b_idx", "missing"),
    # views
    ("CREATE OR REPLACE VIEW s.v AS SELECT id, name FROM s.t WHERE name <> 'its'", "view s.v", "sql"),
    ("ALTER VIEW s.v RESET (security_barrier)", "view s.v", "options"),
    ("ALTER VIEW s.v ALTER name DROP DEFAULT", "view s.v", "columns.name.default"),
    ("REFRESH MATERIALIZED VIEW s.mv WITH NO DATA", "materialized view s.mv", "populated: True → False"),
    # types, functions and others
    ("ALTER TYPE s.mood ADD VALUE 'angry' BEFORE 'ok'", "type s.mood", "enum"),
    ("ALTER TYPE s.mood RENAME VALUE 'ok' TO 'OK'", "type s.mood", "ok → OK"),
    ("ALTER TYPE s.pair ADD ATTRIBUTE c integer CASCADE", "type s.pair", "attributes"),
    ("ALTER DOMAIN s.positive DROP DEFAULT", "type s.positive", "default"),
    ("ALTER DOMAIN s.positive DROP NOT NULL", "type s.positive", "not_null"),
    (
        "CREATE OR REPLACE FUNCTION s.f(a integer, b text DEFAULT 'y') RETURNS text LANGUAGE sql IMMUTABLE COST 7"
        " AS 'SELECT b'",
        "function s.f(integer, text)",
        "arguments",
    ),
    (
        "CREATE OR REPLACE FUNCTION s.f(a integer, b text DEFAULT 'x') RETURNS text LANGUAGE sql IMMUTABLE COST 7"
        " AS 'SELECT  b'",
        "function s.f(integer, text)",
        "body",
    ),
    ("ALTER FUNCTION s.f(integer, text) STABLE", "function s.f(integer, text)", "volatility: i → s"),
    ("ALTER FUNCTION s.f(integer, text) COST 8", "function s.f(integer, text)", "cost"),
    ("ALTER FUNCTION s.f(integer, text) SECURITY DEFINER", "function s.f(integer, text)", "security_definer"),
    ("ALTER FUNCTION s.f(integer, text) SET search_path = s", "function s.f(integer, text)", "settings"),
    ("ALTER FUNCTION s.g() RESET ALL", "function s.g()", "settings"),
    ("ALTER OPERATOR s.=== (text, text) SET (RESTRICT = NONE)", "operator s.===(text, text)", "restrict"),
    (
        "ALTER OPERATOR FAMILY s.fam USING btree ADD FUNCTION 1 (s.pair, s.pair) s.cmp(s.pair, s.pair)",
        "operator family s.fam USING btree",
        "functions",
    ),
    ("ALTER TEXT SEARCH DICTIONARY s.dict (ACCEPT = true)", "text search dictionary s.dict", "options"),
    (
        "ALTER TEXT SEARCH CONFIGURATION s.conf DROP MAPPING FOR float",
        "text search configuration s.conf",
        "mapping",
    ),
    ("ALTER SEQUENCE s.seq INCREMENT 6", "sequence s.seq", "increment"),
    ("ALTER SEQUENCE s.seq CACHE 1", "sequence s.seq", "cache"),
    ("ALTER SEQUENCE s.seq CYCLE", "sequence s.seq", "cycle"),
    ("ALTER SEQUENCE s.seq START 4", "sequence s.seq", "start"),
    ("ALTER SEQUENCE s.t_id_seq OWNED BY NONE", "sequence s.t_id_seq", "owned_by"),
    ("ALTER SERVER srv VERSION '2'", "server srv", "version"),
    ("ALTER SERVER srv OPTIONS (DROP host)", "server srv", "options"),
    ("ALTER FOREIGN TABLE s.ft OPTIONS (DROP tab)", "foreign table s.ft", "options"),
    ("ALTER FOREIGN TABLE s.ft ALTER a OPTIONS (DROP col)", "foreign table s.ft", "foreign_options"),
    (
        "ALTER USER MAPPING FOR PUBLIC SERVER srv OPTIONS (DROP password)",
        "user mapping FOR PUBLIC SERVER srv",
        "options",
    ),
    ("ALTER PUBLICATION pub SET (publish = 'insert, delete')", "publication pub", "delete"),
    ("ALTER PUBLICATION pub SET TABLE s.t (id, name) WHERE (id > 4)", "publication pub", "tables"),
    ("ALTER EVENT TRIGGER evt ENABLE", "event trigger evt", "enabled"),
    # owners and privileges
    ("ALTER TABLE s.t OWNER TO {role}", "table s.t", "owner"),
    ("ALTER TABLE s.unlogged OWNER TO {role}", "table s.unlogged", "owner"),
    ("ALTER VIEW s.v OWNER TO {role}", "view s.v", "owner"),
    ("ALTER FUNCTION s.f(integer, text) OWNER TO {role}", "function s.f(integer, text)", "owner"),
    ("ALTER SCHEMA s OWNER TO {role}", "schema s", "owner"),
    ("ALTER SCHEMA public OWNER TO {role}", "schema public", "owner"),
    ("ALTER TYPE s.mood OWNER TO {role}", "type s.mood", "owner"),
    ("ALTER SEQUENCE s.seq OWNER TO {role}", "sequence s.seq", "owner"),
    ("REVOKE SELECT ON s.t FROM {role}", "table s.t", "privileges: -"),
    ("REVOKE GRANT OPTION FOR SELECT ON s.t FROM {role}", "table s.t", "SELECT*"),
    ("REVOKE UPDATE (name) ON s.t FROM PUBLIC", "table s.t", "columns.name.acl"),
    ("REVOKE USAGE ON SCHEMA s FROM {role}", "schema s", "privileges"),
    ("REVOKE USAGE ON SEQUENCE s.seq FROM {role}", "sequence s.seq", "privileges"),
    (
        "GRANT EXECUTE ON FUNCTION s.f(integer, text) TO PUBLIC",
        "function s.f(integer, text)",
        "+PUBLIC EXECUTE",
    ),
    ("GRANT USAGE ON TYPE s.mood TO PUBLIC", "type s.mood", "+PUBLIC USAGE"),
    ("REVOKE INSERT ON s.unlogged FROM CURRENT_USER", "table s.unlogged", "INSERT"),
    ("REVOKE USAGE ON LANGUAGE plpgsql FROM {role}", "privileges LANGUAGE plpgsql", "missing"),
    (
        "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) FROM {role}",
        "privileges FUNCTION pg_ls_dir(text)",
        "missing",
    ),
    (
        "ALTER DEFAULT PRIVILEGES IN SCHEMA s REVOKE SELECT ON TABLES FROM {role}",
        "default privileges FOR ROLE ticketz IN SCHEMA s ON TABLES",
        "missing",
    ),
    # comments
    *[
        (f"COMMENT ON {target} IS NULL", name, said or "(comment: c → nothing)")
        for target, name, said in [
            ("SCHEMA s", "schema s", ""),
            ("TABLE s.t", "table s.t", ""),
            ("COLUMN s.t.name", "table s.t", "columns.name.comment"),
            ("COLUMN s.v.id", "view s.v", "columns.id.comment"),
            ("COLUMN s.pair.a", "type s.pair", "attributes.a.comment"),
            ("CONSTRAINT filled ON s.t", "constraint filled ON s.t", ""),
            ("CONSTRAINT above ON DOMAIN s.positive", "constraint above ON DOMAIN s.positive", ""),
            ("INDEX s.expr", "index s.expr", ""),
            ("VIEW s.v", "view s.v", ""),
            ("MATERIALIZED VIEW s.mv", "materialized view s.mv", ""),
            ("FUNCTION s.f(integer, text)", "function s.f(integer, text)", ""),
            ("AGGREGATE s.total(integer)", "aggregate s.total(integer)", ""),
            ("OPERATOR s.=== (text, text)", "operator s.===(text, text)", ""),
            ("OPERATOR FAMILY s.fam USING btree", "operator family s.fam USING btree", ""),
            ("TRIGGER trig ON s.t", "trigger trig ON s.t", ""),
            ("RULE ru ON s.t", "rule ru ON s.t", ""),
            ("POLICY pol ON s.t", "policy pol ON s.t", ""),
            ("TYPE s.mood", "type s.mood", ""),
            ("DOMAIN s.positive", "type s.positive", ""),
            ("SEQUENCE s.seq", "sequence s.seq", ""),
            ("STATISTICS s.stat", "statistics s.stat", ""),
            ("CAST (s.pair AS text)", "cast (s.pair AS text)", ""),
            ("COLLATION s.coll", "collation s.coll", ""),
            ("CONVERSION s.conv", "conversion s.conv", ""),
            ("TEXT SEARCH CONFIGURATION s.conf", "text search configuration s.conf", ""),
            ("SERVER srv", "server srv", ""),
            ("PUBLICATION pub", "publication pub", ""),
            ("EVENT TRIGGER evt", "event trigger evt", ""),
            ("EXTENSION plpgsql", "extension plpgsql", ""),
        ]
    ],
]


class _Sample:
    """A database with one object of each kind, its catalog, and another role."""

    def __init__(self, session: Session, role: str) -> None:
        self.session = session
        self.role = role
        session.execute(_SCHEMA.format(role=role))
        self.catalog = read_catalog(session)

    def after(self, change: str) -> Catalog:
        """Return the catalog after a change, which is then rolled back."""
        session = self.session
        session.execute("BEGIN")
        try:
            session.execute(change.format(role=self.role))
            return read_catalog(session)
        finally:
            session.execute("ROLLBACK")


@pytest.fixture(scope="module")
def sample(pg_servers: Any) -> Iterator[_Sample]:
    server = pg_servers(16)
    home = Server(server.host, server.port, server.user, server.password, "postgres")
    name, role = "test_losses", "test_losses_role"
    with Session.open(home) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        admin.execute(f"CREATE ROLE {role}")
        try:
            with Session.open(home.on(name)) as session:
                yield _Sample(session, role)
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
            admin.execute(f"DROP ROLE {role}")


@pytest.mark.parametrize(("change", "name", "said"), _LOSSES, ids=[loss[0] for loss in _LOSSES])
def test_it_is_noticed(sample: _Sample, change: str, name: str, said: str) -> None:
    differences = compare(sample.catalog, sample.after(change), source_version=160000, target_version=160000)
    named = [str(difference) for difference in differences if f"{difference.kind} {difference.name}" == name]
    assert len(named) == 1, [str(difference) for difference in differences]
    assert said in named[0]


@pytest.mark.parametrize(("change", "name", "said"), _LOSSES, ids=[loss[0] for loss in _LOSSES])
@pytest.mark.long
def test_it_is_noticed_on_a_newer_server_too(sample: _Sample, change: str, name: str, said: str) -> None:
    differences = compare(sample.catalog, sample.after(change), source_version=160000, target_version=180000)
    assert name in {f"{difference.kind} {difference.name}" for difference in differences}
