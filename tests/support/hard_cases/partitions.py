# SPDX-License-Identifier: GPL-3.0-or-later
"""Partitioned tables: all partitioning methods, several levels, partitions that differ from their parents."""

from __future__ import annotations

from .context import Context

_STATEMENTS = (
    "CREATE SCHEMA partitions",
    'CREATE SCHEMA "Other Place"',
    # range, with a default partition, and an attached partition with another order of columns and a dropped column
    "CREATE TABLE partitions.log (id bigserial, at timestamptz NOT NULL, level text DEFAULT 'info', body "
    "text, "
    "PRIMARY KEY (id, at)) PARTITION BY RANGE (at)",
    "CREATE TABLE partitions.log_2023 PARTITION OF partitions.log FOR VALUES FROM (MINVALUE) TO "
    "('2024-01-01 00:00:00+00')",
    'CREATE TABLE "Other Place"."log 2024" (body text, gone integer, level text DEFAULT \'other\', at '
    "timestamptz NOT NULL, "
    "id bigint NOT NULL, CONSTRAINT local CHECK (level <> 'bad'))",
    'ALTER TABLE "Other Place"."log 2024" DROP COLUMN gone',
    'ALTER TABLE partitions.log ATTACH PARTITION "Other Place"."log 2024" '
    "FOR VALUES FROM ('2024-01-01 00:00:00+00') TO ('2025-01-01 00:00:00+00')",
    "CREATE TABLE partitions.log_rest PARTITION OF partitions.log DEFAULT",
    "INSERT INTO partitions.log (at, body) SELECT timestamptz '2023-06-01 00:00:00+00' + g * interval '3 "
    "days', md5(g::text) "
    "FROM generate_series(1, {rows}) g",
    "INSERT INTO partitions.log (at, body) VALUES ('infinity', 'late'), ('-infinity', 'early')",
    "CREATE INDEX log_body ON ONLY partitions.log (body)",
    'CREATE INDEX "attached 1" ON partitions.log_2023 (body) WITH (fillfactor = 60)',
    'CREATE INDEX "attached 2" ON "Other Place"."log 2024" (body)',
    'CREATE INDEX "attached 3" ON partitions.log_rest (body)',
    'ALTER INDEX partitions.log_body ATTACH PARTITION partitions."attached 1"',
    'ALTER INDEX partitions.log_body ATTACH PARTITION "Other Place"."attached 2"',
    'ALTER INDEX partitions.log_body ATTACH PARTITION partitions."attached 3"',
    "CREATE INDEX never_complete ON ONLY partitions.log (level)",
    # three levels: list, hash, range; several columns and expressions
    "CREATE TABLE partitions.deep (country text, person integer, day date, v text) PARTITION BY LIST "
    "(lower(country))",
    "CREATE TABLE partitions.deep_br PARTITION OF partitions.deep FOR VALUES IN ('br', 'pt') PARTITION BY "
    "HASH (person)",
    "CREATE TABLE partitions.deep_br_0 PARTITION OF partitions.deep_br FOR VALUES WITH (MODULUS 3, "
    "REMAINDER 0)",
    "CREATE TABLE partitions.deep_br_1 PARTITION OF partitions.deep_br FOR VALUES WITH (MODULUS 3, "
    "REMAINDER 1) "
    "PARTITION BY RANGE (day, person)",
    "CREATE TABLE partitions.deep_br_1_a PARTITION OF partitions.deep_br_1 "
    "FOR VALUES FROM (MINVALUE, MINVALUE) TO ('2024-06-01', 50)",
    "CREATE TABLE partitions.deep_br_1_b PARTITION OF partitions.deep_br_1 DEFAULT",
    "CREATE TABLE partitions.deep_br_2 PARTITION OF partitions.deep_br FOR VALUES WITH (MODULUS 3, "
    "REMAINDER 2)",
    "CREATE TABLE partitions.deep_null PARTITION OF partitions.deep FOR VALUES IN (NULL, 'it''s')",
    "CREATE TABLE partitions.deep_rest PARTITION OF partitions.deep DEFAULT",
    "CREATE INDEX ON partitions.deep (person, lower(v))",
    "INSERT INTO partitions.deep SELECT (ARRAY['BR', 'pt', 'de', NULL, 'it''s'])[1 + g % 5], g, date "
    "'2024-01-01' + g, 'v' || g "
    "FROM generate_series(1, {rows}) g",
    # foreign keys to and from partitioned tables
    "CREATE TABLE partitions.item (id integer, kind text, PRIMARY KEY (id)) PARTITION BY HASH (id)",
    "CREATE TABLE partitions.item_0 PARTITION OF partitions.item FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
    "CREATE TABLE partitions.item_1 PARTITION OF partitions.item FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
    "INSERT INTO partitions.item SELECT g, 'k' FROM generate_series(1, {rows}) g",
    "CREATE TABLE partitions.part (item integer REFERENCES partitions.item ON DELETE CASCADE, n integer "
    "DEFAULT 5) "
    "PARTITION BY RANGE (n)",
    "CREATE TABLE partitions.part_low PARTITION OF partitions.part (n DEFAULT 1, CONSTRAINT low CHECK (n < "
    "100)) "
    "FOR VALUES FROM (MINVALUE) TO (100)",
    "CREATE TABLE partitions.part_high PARTITION OF partitions.part FOR VALUES FROM (100) TO (MAXVALUE)",
    "INSERT INTO partitions.part SELECT g, g FROM generate_series(1, {rows}) g",
    "CREATE TABLE partitions.watcher (item integer REFERENCES partitions.item)",
    "INSERT INTO partitions.watcher VALUES (1), (2)",
    # generated columns in partitions; a parent without partitions; a detached partition
    "CREATE TABLE partitions.sums (a integer, b integer, c integer GENERATED ALWAYS AS (a + b) STORED) "
    "PARTITION BY LIST (a)",
    "CREATE TABLE partitions.sums_1 PARTITION OF partitions.sums FOR VALUES IN (1)",
    "CREATE TABLE partitions.sums_2 (c integer GENERATED ALWAYS AS (a + b) STORED, b integer, a integer)",
    "ALTER TABLE partitions.sums ATTACH PARTITION partitions.sums_2 FOR VALUES IN (2)",
    "INSERT INTO partitions.sums (a, b) SELECT 1 + g % 2, g FROM generate_series(1, 20) g",
    "CREATE TABLE partitions.childless (id integer) PARTITION BY RANGE (id)",
    "CREATE TABLE partitions.detached PARTITION OF partitions.childless FOR VALUES FROM (0) TO (10)",
    "ALTER TABLE partitions.childless DETACH PARTITION partitions.detached",
    "INSERT INTO partitions.detached VALUES (99)",
)


def build(ctx: Context) -> None:
    """Create tables that are partitioned by range, list and hash."""
    ctx.run(*[statement.replace("{rows}", str(max(ctx.rows, 30))) for statement in _STATEMENTS])
    ctx.since(
        17,
        "CREATE TABLE partitions.numbered (id bigint GENERATED ALWAYS AS IDENTITY, v text) PARTITION BY "
        "RANGE (id)",
        "CREATE TABLE partitions.numbered_low PARTITION OF partitions.numbered FOR VALUES FROM (1) TO (100)",
        "CREATE TABLE partitions.numbered_rest PARTITION OF partitions.numbered DEFAULT",
        "INSERT INTO partitions.numbered (v) SELECT 'n' FROM generate_series(1, 150)",
    )
