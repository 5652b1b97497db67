# SPDX-License-Identifier: GPL-3.0-or-later
"""Updatable views, views that a dump must split, and materialized views in all states."""

from __future__ import annotations

from .context import Context

_STATEMENTS = (
    "CREATE SCHEMA views",
    "CREATE TABLE views.base (id integer PRIMARY KEY, name text, amount numeric, kept boolean DEFAULT true)",
    "INSERT INTO views.base SELECT g, 'name ' || g % 7, g * 1.5, g % 3 > 0 FROM generate_series(1, {rows}) g",
    "CREATE VIEW views.writable AS SELECT id, name FROM views.base WHERE kept WITH LOCAL CHECK OPTION",
    "CREATE VIEW views.writable_too AS SELECT * FROM views.writable WHERE id < 1000 WITH CASCADED CHECK "
    "OPTION",
    "ALTER VIEW views.writable ALTER name SET DEFAULT 'from the view'",
    "CREATE VIEW views.barrier WITH (security_barrier) AS SELECT * FROM views.base WHERE amount > 3",
    # GROUP BY the primary key: the view depends on the key, which a dump restores after the data
    "CREATE VIEW views.functional AS SELECT b.id, b.name, b.amount, count(*) AS n FROM views.base b GROUP "
    "BY b.id",
    "CREATE VIEW views.on_functional AS SELECT name, sum(n) AS total FROM views.functional GROUP BY name",
    "CREATE MATERIALIZED VIEW views.m_on_functional AS SELECT * FROM views.on_functional",
    "CREATE FUNCTION views.takes_functional(views.functional) RETURNS text LANGUAGE sql AS $$ SELECT "
    "$1.name $$",
    "CREATE VIEW views.recursive AS WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE "
    "n < 5) SELECT n FROM t",
    'CREATE VIEW views."Odd ""View""" ("a b", "%s", "select") AS SELECT id, name, \'it\'\'s \\ \' '
    "FROM views.base",
    "CREATE VIEW views.no_columns AS SELECT",
    "CREATE VIEW views.windowed AS SELECT id, rank() OVER (PARTITION BY name ORDER BY amount DESC) AS r, "
    "sum(amount) FILTER (WHERE kept) OVER (ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM views.base",
    "CREATE VIEW views.joined AS SELECT b.id, b2.name FROM views.base b JOIN views.base b2 USING (id) "
    "LEFT JOIN LATERAL (SELECT b.amount AS twice) AS l ON true WHERE b.name = ANY (ARRAY['name 1', 'name "
    "2'])",
    # two views that refer to each other; the first one has a dummy definition until the second one exists
    "CREATE VIEW views.circle_one AS SELECT 1 AS a, 'x'::text AS b",
    "CREATE VIEW views.circle_two AS SELECT a, b FROM views.circle_one",
    "CREATE OR REPLACE VIEW views.circle_one AS SELECT 1 AS a, 'x'::text AS b WHERE EXISTS "
    "(SELECT FROM views.base) OR to_regclass('views.circle_two') IS NULL",
    "CREATE MATERIALIZED VIEW views.m_first AS SELECT id, name, amount FROM views.base WHERE id < 50",
    "CREATE MATERIALIZED VIEW views.m_second AS SELECT name, count(*) AS n FROM views.m_first GROUP BY name",
    "CREATE MATERIALIZED VIEW views.a_before_its_source WITH (fillfactor = 80) AS SELECT max(n) AS most "
    "FROM views.m_second",
    "CREATE MATERIALIZED VIEW views.m_unfilled AS SELECT * FROM views.base WITH NO DATA",
    "CREATE UNIQUE INDEX ON views.m_unfilled (id)",
    'CREATE UNIQUE INDEX "m first key" ON views.m_first (id)',
    "CREATE INDEX ON views.m_first (lower(name)) WHERE amount > 1",
    'ALTER MATERIALIZED VIEW views.m_first CLUSTER ON "m first key"',
    "ALTER MATERIALIZED VIEW views.m_first ALTER name SET STATISTICS 99",
    # stale: the table has changed since the last refresh
    "CREATE MATERIALIZED VIEW views.m_stale AS SELECT count(*) AS n FROM views.base",
    "INSERT INTO views.base VALUES (-1, 'after the refresh', 0, false)",
    "COMMENT ON MATERIALIZED VIEW views.m_first IS 'it''s first'",
    "COMMENT ON COLUMN views.m_first.name IS 'a column of it'",
    "COMMENT ON VIEW views.functional IS 'split by a dump'",
)


def build(ctx: Context) -> None:
    """Create views and materialized views."""
    ctx.run(*[statement.replace("{rows}", str(max(ctx.rows, 10))) for statement in _STATEMENTS])
    ctx.since(15, "CREATE VIEW views.invoker WITH (security_invoker = true) AS SELECT * FROM views.base")
