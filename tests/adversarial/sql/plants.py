# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a database's owner can put code of his own, so that whoever looks at the database might run it."""

from __future__ import annotations

#: Tables, each with code in another place.
TABLES = {
    "predicate": """
        CREATE TABLE predicate (id bigserial PRIMARY KEY, body text);
        INSERT INTO predicate (body) SELECT 'mensagem ' || g FROM generate_series(1, 500) g;
        CREATE INDEX ON predicate (id) WHERE public.trap('predicate')""",
    "expression": """
        CREATE TABLE expression (id serial PRIMARY KEY, n int); INSERT INTO expression (n) VALUES (1), (2);
        CREATE INDEX ON expression ((n + public.trap('expression', 1)))""",
    "statistics": """
        CREATE TABLE statistics (id serial PRIMARY KEY, n int); INSERT INTO statistics (n) VALUES (1), (2);
        CREATE STATISTICS planted ON (n + public.trap('statistics', 1)), id FROM statistics""",
    "rule": """
        CREATE TABLE rule (id serial PRIMARY KEY, n int); INSERT INTO rule (n) VALUES (1), (2);
        CREATE RULE planted AS ON UPDATE TO rule DO ALSO SELECT public.trap('rule')""",
    "policy": """
        CREATE TABLE policy (id serial PRIMARY KEY, n int); INSERT INTO policy (n) VALUES (1), (2);
        CREATE POLICY planted ON policy USING (public.trap('policy'));
        ALTER TABLE policy ENABLE ROW LEVEL SECURITY""",
    "generated": """
        CREATE TABLE generated (id serial PRIMARY KEY,
                                n bigint GENERATED ALWAYS AS (public.trap('generated', 1)) STORED);
        INSERT INTO generated DEFAULT VALUES""",
    "domain": """
        CREATE DOMAIN planted AS bigint CHECK (public.trap('domain', VALUE) > 0);
        CREATE TABLE domain (id planted, n int); INSERT INTO domain VALUES (1, 1);
        CREATE SEQUENCE domain_id OWNED BY domain.id; ALTER TABLE domain ALTER id SET DEFAULT nextval('domain_id')""",
    "constraint": """
        CREATE TABLE constrained (id serial PRIMARY KEY, n int CHECK (n > 0 AND public.trap('constraint')));
        INSERT INTO constrained (n) VALUES (1)""",
    "partition": """
        CREATE TABLE parts (id bigserial, n int) PARTITION BY RANGE ((n + public.trap('partition', 1)));
        CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (100); INSERT INTO parts (n) VALUES (1)""",
    "child": """
        CREATE TABLE above (id bigserial PRIMARY KEY, n int); INSERT INTO above (n) VALUES (1);
        CREATE TABLE below () INHERITS (above); INSERT INTO below (n) VALUES (2);
        CREATE INDEX ON below (n) WHERE public.trap('child')""",
    "operator": """
        CREATE FUNCTION same(int, int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS
            $$ BEGIN RETURN public.spring('operator'); END $$;
        CREATE OPERATOR public.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = same);
        CREATE TABLE operated (id serial PRIMARY KEY, n int); INSERT INTO operated (n) VALUES (1);
        CREATE INDEX ON operated (id) WHERE 1 OPERATOR(public.===) 2""",
    "migrations": """
        CREATE TABLE "SequelizeMeta" (name varchar(255) PRIMARY KEY); INSERT INTO "SequelizeMeta" VALUES ('2024-first.js');
        CREATE INDEX ON "SequelizeMeta" (name) WHERE public.trap('migrations')""",
    "sessions": """
        CREATE TABLE "Whatsapps" (id serial PRIMARY KEY, session text, status text, qrcode text);
        INSERT INTO "Whatsapps" (session) VALUES ('x');
        CREATE INDEX ON "Whatsapps" (id) WHERE public.trap('sessions')""",
}

#: What an unqualified name leads to where the owner's schema comes before the system's.
NAMES = (
    """
    CREATE FUNCTION public.hashtextextended(text, int) RETURNS bigint LANGUAGE sql AS
        $$ SELECT public.trap('hashtextextended', 1) $$;
    CREATE FUNCTION public.hashtextextended(text, bigint) RETURNS bigint LANGUAGE sql AS
        $$ SELECT public.trap('hashtextextended', 1) $$;
    CREATE FUNCTION public.hash_record_extended(record, bigint) RETURNS bigint LANGUAGE plpgsql AS
        $$ BEGIN RETURN public.trap('hash_record_extended', 1); END $$;
    CREATE FUNCTION public.has_schema_privilege(oid, text) RETURNS boolean LANGUAGE sql AS
        $$ SELECT public.trap('has_schema_privilege') $$;
    CREATE FUNCTION public.pg_table_size(oid) RETURNS bigint LANGUAGE sql AS $$ SELECT public.trap('pg_table_size', 1) $$;
    CREATE FUNCTION public.step(bigint, anyelement) RETURNS bigint LANGUAGE sql AS $$ SELECT public.trap('aggregate', 1) $$;
    CREATE FUNCTION public.step(bigint) RETURNS bigint LANGUAGE sql AS $$ SELECT public.trap('count', 1) $$
    """,
    "CREATE AGGREGATE public.count(*) (SFUNC = public.step, STYPE = bigint, INITCOND = '0')",
    *(
        f"CREATE AGGREGATE public.{name}({kind}) (SFUNC = public.step, STYPE = bigint, INITCOND = '0')"
        for name, kind in (
            ("max", "bigint"),
            ("max", "int"),
            ("min", "bigint"),
            ("sum", "bigint"),
            ("count", "bigint"),
        )
    ),
    """
    CREATE FUNCTION public.planted(name, name) RETURNS boolean LANGUAGE sql AS $$ SELECT public.trap('=') $$;
    CREATE FUNCTION public.planted(oid, oid) RETURNS boolean LANGUAGE sql AS $$ SELECT public.trap('=') $$;
    CREATE FUNCTION public.planted(bigint, bigint) RETURNS boolean LANGUAGE sql AS $$ SELECT public.trap('>=') $$;
    CREATE FUNCTION public.planted(bigint, int) RETURNS boolean LANGUAGE sql AS $$ SELECT public.trap('>=') $$;
    CREATE FUNCTION public.planted(tid, tid) RETURNS boolean LANGUAGE sql AS $$ SELECT public.trap('tid') $$;
    CREATE OPERATOR public.= (LEFTARG = name, RIGHTARG = name, FUNCTION = public.planted);
    CREATE OPERATOR public.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = public.planted);
    CREATE OPERATOR public.>= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = public.planted);
    CREATE OPERATOR public.<= (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = public.planted);
    CREATE OPERATOR public.>= (LEFTARG = tid, RIGHTARG = tid, FUNCTION = public.planted);
    CREATE OPERATOR public.< (LEFTARG = tid, RIGHTARG = tid, FUNCTION = public.planted);
    CREATE VIEW public.pg_class AS SELECT oid, relname, public.trap('pg_class') AS trapped FROM pg_catalog.pg_class;
    CREATE VIEW public.pg_namespace AS
        SELECT oid, nspname, nspowner, public.trap('pg_namespace') AS trapped FROM pg_catalog.pg_namespace;
    CREATE DOMAIN public.unread AS text;
    CREATE FUNCTION public.cast_it(public.unread) RETURNS bigint LANGUAGE sql AS $$ SELECT public.trap('cast', 1) $$;
    CREATE CAST (public.unread AS bigint) WITH FUNCTION public.cast_it AS IMPLICIT
    """,
)


def misled(name: str) -> str:
    """Return the statement by which the owner of a database leads the names in it to his own schema."""
    return f'ALTER DATABASE "{name}" SET search_path = public, pg_catalog'
