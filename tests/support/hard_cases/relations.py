# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables with unusual columns, keys, constraints, storage options, indexes and inheritance."""

from __future__ import annotations

from .context import Context

_SHAPES = (
    "CREATE SCHEMA relations",
    "CREATE TABLE relations.no_columns ()",
    "INSERT INTO relations.no_columns SELECT FROM generate_series(1, 7)",
    "CREATE TABLE relations.all_dropped (a integer, b text)",
    "INSERT INTO relations.all_dropped VALUES (1, 'x'), (2, 'y')",
    "ALTER TABLE relations.all_dropped DROP COLUMN a, DROP COLUMN b",
    "CREATE TABLE relations.one_text (only_one text)",
    "INSERT INTO relations.one_text VALUES (NULL), (''), ('\\N'), ('\\.'), ('\"\"'), (' '), (E'\\n'), "
    "(E'\\\\.\\n'), ('\"')",
    "CREATE TABLE relations.empty (id integer PRIMARY KEY, v text)",
    "CREATE TABLE relations.dropped_columns (a integer, b text, c integer, d text DEFAULT 'd', e integer)",
    "INSERT INTO relations.dropped_columns SELECT g, 'b' || g, g, 'd', g FROM generate_series(1, 5) g",
    "ALTER TABLE relations.dropped_columns DROP COLUMN a, DROP COLUMN c",
    "ALTER TABLE relations.dropped_columns ADD COLUMN added timestamptz DEFAULT '2024-01-01 00:00:00+00' "
    "NOT NULL",
    "CREATE UNLOGGED TABLE relations.unlogged (id integer PRIMARY KEY, v text)",
    "INSERT INTO relations.unlogged SELECT g, 'u' || g FROM generate_series(1, 20) g",
    "CREATE TYPE relations.row_kind AS (id integer, v text)",
    "CREATE TABLE relations.of_type OF relations.row_kind (PRIMARY KEY (id), v WITH OPTIONS DEFAULT 'typed')",
    "INSERT INTO relations.of_type VALUES (1, DEFAULT)",
    "CREATE TABLE relations.row_column (id integer, r relations.dropped_columns, rs relations.row_kind[])",
    "INSERT INTO relations.row_column SELECT 1, t, ARRAY[(1, 'x')::relations.row_kind] FROM "
    "relations.dropped_columns t LIMIT 1",
)

_COLUMNS = (
    "CREATE TABLE relations.generated (first text, full_name text GENERATED ALWAYS AS (first || ' ' || "
    "last) STORED, last text, "
    'id integer GENERATED ALWAYS AS IDENTITY, "Twice" bigint GENERATED ALWAYS AS (length(first)::bigint * '
    "2) STORED UNIQUE)",
    "INSERT INTO relations.generated (first, last) SELECT repeat('a', g), 'b' FROM generate_series(1, 9) g",
    "CREATE TABLE relations.only_generated (one integer GENERATED ALWAYS AS (1) STORED)",
    "INSERT INTO relations.only_generated SELECT FROM generate_series(1, 4)",
    "CREATE TABLE relations.tuned (id integer, pl text, ex text, ma text, fixed char(4)) WITH (fillfactor = "
    "70, "
    "autovacuum_enabled = off, autovacuum_vacuum_scale_factor = 0.013, toast.autovacuum_enabled = off, "
    "parallel_workers = 3)",
    "ALTER TABLE relations.tuned ALTER pl SET STORAGE PLAIN, ALTER ex SET STORAGE EXTERNAL, ALTER ma SET "
    "STORAGE MAIN",
    "ALTER TABLE relations.tuned ALTER id SET STATISTICS 777, ALTER ex SET STATISTICS 0, ALTER id SET "
    "(n_distinct = -0.5)",
    "INSERT INTO relations.tuned SELECT g, 'p', repeat(md5(g::text), 400), repeat('m', 9000), 'x' FROM "
    "generate_series(1, 12) g",
    "CREATE STATISTICS relations.related (ndistinct, dependencies, mcv) ON id, pl, fixed FROM "
    "relations.tuned",
    "ALTER STATISTICS relations.related SET STATISTICS 55",
)

_KEYS = (
    "CREATE TABLE relations.tree (id integer PRIMARY KEY, parent integer REFERENCES relations.tree ON "
    "DELETE CASCADE, v text)",
    "INSERT INTO relations.tree SELECT g, CASE WHEN g < {rows} THEN g + 1 END, 'node' FROM "
    "generate_series(1, {rows}) g",
    "CREATE TABLE relations.chicken (id integer PRIMARY KEY, egg integer NOT NULL)",
    "CREATE TABLE relations.egg (id integer PRIMARY KEY, chicken integer NOT NULL)",
    "ALTER TABLE relations.chicken ADD CONSTRAINT hatches FOREIGN KEY (egg) REFERENCES relations.egg "
    "DEFERRABLE INITIALLY DEFERRED",
    'ALTER TABLE relations.egg ADD CONSTRAINT "is laid" FOREIGN KEY (chicken) REFERENCES relations.chicken '
    "ON UPDATE CASCADE DEFERRABLE INITIALLY IMMEDIATE",
    "SET CONSTRAINTS ALL DEFERRED",
    "INSERT INTO relations.chicken SELECT g, g + 1 FROM generate_series(1, 20) g",
    "INSERT INTO relations.egg SELECT g, g - 1 FROM generate_series(2, 21) g",
    "SET CONSTRAINTS ALL IMMEDIATE",
    "CREATE TABLE relations.pair (a integer, b text, c integer, PRIMARY KEY (b, a), UNIQUE (c) DEFERRABLE "
    "INITIALLY DEFERRED)",
    "INSERT INTO relations.pair SELECT g, 'b' || g, g FROM generate_series(1, 20) g",
    "CREATE TABLE relations.pair_user (x integer, y text, FOREIGN KEY (y, x) REFERENCES relations.pair "
    "MATCH FULL "
    "ON DELETE SET NULL ON UPDATE RESTRICT)",
    "INSERT INTO relations.pair_user SELECT g, 'b' || g FROM generate_series(1, 20) g UNION ALL SELECT "
    "NULL, NULL",
    "CREATE TABLE relations.checks (id integer CONSTRAINT even CHECK (id % 2 = 0) NO INHERIT, v text NOT "
    "NULL, w text, "
    "CONSTRAINT \"both, or none\" CHECK ((v = '') = (w IS NULL)))",
    "INSERT INTO relations.checks VALUES (2, '', NULL), (4, 'x', 'y'), (NULL, 'a', '')",
    "CREATE TABLE relations.violated (id integer, tree integer)",
    "INSERT INTO relations.violated VALUES (-1, -1), (2, 1)",
    "ALTER TABLE relations.violated ADD CONSTRAINT not_checked CHECK (id > 0) NOT VALID",
    "ALTER TABLE relations.violated ADD CONSTRAINT not_followed FOREIGN KEY (tree) REFERENCES "
    "relations.tree NOT VALID",
    "CREATE TABLE relations.booking (room circle, during tsrange, "
    "EXCLUDE USING gist (during WITH &&) WHERE (NOT isempty(during)), "
    "CONSTRAINT apart EXCLUDE USING gist (room WITH &&, during WITH &&) DEFERRABLE INITIALLY DEFERRED)",
    "INSERT INTO relations.booking SELECT circle(point(g, g), 0.1), tsrange(d, d + interval '1 day') "
    "FROM generate_series(1, 20) g, LATERAL (SELECT timestamp '2024-01-01' + g * interval '1 day' AS d) AS "
    "day",
    "CREATE TABLE relations.no_key (v text)",
    "INSERT INTO relations.no_key SELECT 'same' FROM generate_series(1, 10)",
    "ALTER TABLE relations.no_key REPLICA IDENTITY FULL",
    "CREATE TABLE relations.clustered (id integer, v text NOT NULL, UNIQUE (v))",
    "INSERT INTO relations.clustered SELECT g, md5(g::text) FROM generate_series(1, 50) g",
    "CREATE UNIQUE INDEX identity_here ON relations.clustered (v, id) INCLUDE (id) WITH (fillfactor = 55)",
    "ALTER TABLE relations.clustered ALTER id SET NOT NULL",
    "ALTER TABLE relations.clustered CLUSTER ON clustered_v_key",
    "CREATE UNIQUE INDEX replica_here ON relations.clustered (id)",
    "ALTER TABLE relations.clustered REPLICA IDENTITY USING INDEX replica_here",
    "CREATE TABLE relations.silent (id integer)",
    "ALTER TABLE relations.silent REPLICA IDENTITY NOTHING",
    "CREATE TABLE relations.late_key (id integer NOT NULL, v text)",
    "CREATE UNIQUE INDEX late_index ON relations.late_key (id)",
    'ALTER TABLE relations.late_key ADD CONSTRAINT "Renamed by key" PRIMARY KEY USING INDEX late_index',
)

_INDEXES = (
    "CREATE TABLE relations.indexed (id integer, v text, j jsonb, p point, ts timestamptz, a integer[], r "
    "int4range)",
    "INSERT INTO relations.indexed SELECT g, md5(g::text), jsonb_build_object('k', g), point(g, g), "
    "timestamptz '2024-01-01 00:00:00+00' + g * interval '1 hour', ARRAY[g, g + 1], int4range(g, g + 5) "
    "FROM generate_series(1, {rows}) g",
    'CREATE INDEX ON relations.indexed (id DESC NULLS LAST, v COLLATE "C" text_pattern_ops)',
    "CREATE INDEX ON relations.indexed (lower(v), (id + 1) DESC) WHERE id > 5 AND v <> 'it''s'",
    "CREATE INDEX ON relations.indexed USING hash (v)",
    'CREATE INDEX "Gin Index" ON relations.indexed USING gin (j jsonb_path_ops) WITH (fastupdate = off)',
    "CREATE INDEX ON relations.indexed USING gin (a, j)",
    "CREATE INDEX ON relations.indexed USING gist (p, r)",
    "CREATE INDEX ON relations.indexed USING spgist (p)",
    "CREATE INDEX ON relations.indexed USING brin (ts) WITH (pages_per_range = 4, autosummarize = on)",
    "CREATE UNIQUE INDEX ON relations.indexed (id) INCLUDE (v, ts)",
    "CREATE INDEX expression_index ON relations.indexed ((j ->> 'k'), (date_trunc('day', ts AT TIME ZONE "
    "'UTC')))",
    "ALTER INDEX relations.expression_index ALTER COLUMN 1 SET STATISTICS 333",
    "CREATE INDEX ON ONLY relations.indexed (a)",
)

_INHERITED = (
    "CREATE TABLE relations.animal (id integer NOT NULL, name text DEFAULT 'animal', legs integer, "
    "CONSTRAINT legs CHECK (legs >= 0))",
    "CREATE TABLE relations.pet (owner text, CONSTRAINT owned CHECK (owner <> '')) INHERITS "
    "(relations.animal)",
    "CREATE TABLE relations.thing (weight numeric DEFAULT 1)",
    "CREATE TABLE relations.dog (name text DEFAULT 'Rex' NOT NULL, tricks text[], CHECK (legs = 4)) "
    "INHERITS (relations.pet, relations.thing)",
    "CREATE TABLE relations.left_alone () INHERITS (relations.animal)",
    "ALTER TABLE relations.left_alone NO INHERIT relations.animal",
    "ALTER TABLE relations.pet ALTER legs SET DEFAULT 4",
    "ALTER TABLE relations.dog ALTER legs DROP DEFAULT, ALTER weight SET DEFAULT 12.5",
    "INSERT INTO relations.animal VALUES (1, DEFAULT, 6)",
    "INSERT INTO relations.pet (id, owner) VALUES (2, 'Ana'), (3, 'Zé')",
    "INSERT INTO relations.dog (id, owner, tricks, legs) VALUES (4, 'João', '{sit,\"play dead\"}', 4)",
    "INSERT INTO relations.left_alone VALUES (6, 'x', 1)",
)

_NEWEST = (
    "CREATE TABLE relations.computed (id integer, twice integer GENERATED ALWAYS AS (id * 2) VIRTUAL, v "
    "text, "
    "CONSTRAINT idea CHECK (id > 0) NOT ENFORCED)",
    "INSERT INTO relations.computed (id, v) VALUES (1, 'a'), (-2, 'b')",
    'ALTER TABLE relations.computed ADD CONSTRAINT "v is there" NOT NULL v NOT VALID',
    "CREATE TABLE relations.loose_child (tree integer REFERENCES relations.tree NOT ENFORCED)",
    "INSERT INTO relations.loose_child VALUES (-99)",
    "CREATE TABLE relations.periods (during daterange, at int4range, PRIMARY KEY (at, during WITHOUT "
    "OVERLAPS))",
    "INSERT INTO relations.periods VALUES ('[2024-01-01,2024-02-01)', '[1,2)'), ('[2024-02-01,2024-03-01)', "
    "'[1,2)')",
    "CREATE TABLE relations.within (during daterange, at int4range, "
    "FOREIGN KEY (at, PERIOD during) REFERENCES relations.periods (at, PERIOD during))",
    "INSERT INTO relations.within VALUES ('[2024-01-10,2024-02-10)', '[1,2)')",
)


def build(ctx: Context) -> None:
    """Create the tables; last those with features of newer servers."""
    for group in (_SHAPES, _COLUMNS, _KEYS, _INDEXES, _INHERITED):
        ctx.run(*[statement.replace("{rows}", str(max(ctx.rows, 3))) for statement in group])
    ctx.since(
        14,
        "ALTER TABLE relations.tuned ALTER ma SET COMPRESSION pglz",
        'CREATE STATISTICS relations."On Expression" ON (id % 10), (lower(v)) FROM relations.indexed',
    )
    ctx.since(
        15,
        "CREATE TABLE relations.one_null (v integer, w integer, UNIQUE NULLS NOT DISTINCT (v, w))",
        "INSERT INTO relations.one_null VALUES (NULL, 1), (1, NULL), (NULL, NULL)",
        "CREATE UNIQUE INDEX ON relations.one_null (w, v) NULLS NOT DISTINCT",
        "CREATE TABLE relations.set_some (a integer, b text, FOREIGN KEY (b, a) REFERENCES relations.pair "
        "ON DELETE SET NULL (b))",
    )
    ctx.since(16, "ALTER TABLE relations.tuned ALTER ex SET STORAGE DEFAULT")
    ctx.since(18, *_NEWEST)
    if ctx.superuser:
        ctx.run(
            'CREATE ACCESS METHOD "second heap" TYPE TABLE HANDLER heap_tableam_handler',
            'CREATE TABLE relations.other_method (id integer PRIMARY KEY, v text) USING "second heap"',
            "INSERT INTO relations.other_method SELECT g, 'am' FROM generate_series(1, 5) g",
        )
