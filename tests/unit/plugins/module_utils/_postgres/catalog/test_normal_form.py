# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.catalog.normal_form import equivalent
from ansible_collections.ticketz.sidekick.tests.support.schema_samples import entries_of, execute, opened
from ansible_collections.ticketz.sidekick.tools import servers

SCHEMAS = {"public", "other", "pg_catalog"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (" SELECT t.id,\n    t.name\n   FROM public.t;", " SELECT id,\n    name\n   FROM public.t;"),
        ("SELECT t.id FROM public.t ORDER BY (t.id)", "SELECT id FROM public.t ORDER BY id"),
        ("SELECT id.id FROM public.id", "SELECT id FROM public.id"),
        ("SELECT public.id FROM public.public", "SELECT id FROM public.public"),
        ('SELECT "json_value" FROM t', "SELECT json_value FROM t"),
        ("CHECK ((a > 0))", "CHECK (a > 0)"),
        ("((a)::text = 'x'::text)", "(a::text = 'x'::text)"),
        ('SELECT "T x"."a.b" FROM public."T x"', 'SELECT "a.b" FROM public."T x"'),
    ],
)
def test_ways_of_writing(one: str, other: str) -> None:
    assert equivalent(one, other, SCHEMAS)
    assert equivalent(other, one, SCHEMAS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT t.id, t.name FROM public.t", "SELECT id FROM public.t"),
        ("SELECT t.id FROM public.t WHERE t.id > 5", "SELECT id FROM public.t"),
        ("SELECT t.id FROM public.t WHERE t.id > 5", "SELECT id FROM public.t WHERE id > 6"),
        ("SELECT t.id FROM public.t WHERE t.id > 5", "SELECT id FROM public.t WHERE id >= 5"),
        ("SELECT t.id FROM public.t", "SELECT id FROM other.t"),
        ("SELECT t.id FROM public.t", "SELECT id FROM t"),
        ("SELECT a.id, b.id FROM public.a, public.b", "SELECT id, id FROM public.a, public.b"),
        (
            "SELECT a.x FROM public.a JOIN public.b ON a.i = b.i",
            "SELECT b.x FROM public.a JOIN public.b ON a.i = b.i",
        ),
        ("SELECT public.f(id) FROM public.t", "SELECT other.f(id) FROM public.t"),
        ("'it''s'::text", "'its'::text"),
        ("'a b'::text", "'a  b'::text"),
        ("'(a)'::text", "'a'::text"),
        ("'1'::integer", "'1'::bigint"),
        ("1.5", "1.50"),
        ('"A"', "a"),
        ("a AND b OR c", "a OR b AND c"),
        ("SELECT DISTINCT id FROM public.t", "SELECT id FROM public.t"),
        ("SELECT id FROM public.t LEFT JOIN public.u", "SELECT id FROM public.t JOIN public.u"),
        ("a || b", "a | b"),
        ("NOT a", "a"),
        ("id DESC", "id"),
        ("", "a"),
        ("t.a", "u.a"),
    ],
)
def test_whatever_is_lost_or_changed_is_seen(one: str, other: str) -> None:
    assert not equivalent(one, other, SCHEMAS)
    assert not equivalent(other, one, SCHEMAS)


# Definitions that versions of the server may write differently.
_QUERIES = [
    "SELECT * FROM t",
    "SELECT id AS x, upper(name) FROM t WHERE id > 5 AND (name LIKE 'a%' OR NOT ok) ORDER BY name DESC, id",
    "SELECT t.id, u.name FROM t JOIN t u ON u.id = t.id LEFT JOIN t w ON w.name = u.name WHERE t.ok",
    "SELECT id, (SELECT max(u.id) FROM t u WHERE u.name = t.name) AS m FROM t",
    "SELECT name, count(*), sum(id) FILTER (WHERE ok) FROM t GROUP BY name HAVING count(*) > 1",
    "SELECT name, ok, count(*) FROM t GROUP BY GROUPING SETS ((name), (ok), ())",
    "SELECT id, row_number() OVER (PARTITION BY ok ORDER BY id) FROM t",
    "SELECT id, sum(id) OVER w FROM t WINDOW w AS (ORDER BY id ROWS 2 PRECEDING)",
    "SELECT t AS whole FROM t",
    "SELECT count(t.*) FROM t",
    "SELECT id FROM t WHERE id IN (1, 2, 3) AND name = ANY (ARRAY['a', 'b'])",
    "SELECT id FROM t UNION ALL SELECT id + 1 FROM t EXCEPT SELECT 5 ORDER BY 1 LIMIT 10 OFFSET 2",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 9) SELECT n FROM r",
    "WITH x AS MATERIALIZED (SELECT id FROM t) SELECT x.id FROM x",
    "SELECT EXTRACT(year FROM at), date_part('month', at), at AT TIME ZONE 'UTC' FROM t",
    "SELECT substring(name FROM 2 FOR 3), position('a' IN name), overlay(name PLACING 'y' FROM 1) FROM t",
    "SELECT trim(both 'x' FROM name), trim(trailing FROM name), normalize(name, NFC) FROM t",
    "SELECT CASE WHEN ok THEN 1 WHEN id = 2 THEN 2 ELSE NULL END, coalesce(name, ''), nullif(id, 0) FROM t",
    "SELECT j -> 'a' ->> 'b' AS ab, j @> '{\"a\": 1}' AS c, j #> '{a,b}' AS d FROM t",
    "SELECT e.n, e.v FROM t, LATERAL jsonb_each_text(j) e(n, v)",
    "SELECT g FROM generate_series(1, 3) WITH ORDINALITY g(g, n)",
    "SELECT ROW(id, name) = ROW(1, 'x') AS r, ARRAY[id, 2], name COLLATE \"C\" FROM t",
    "SELECT id FROM t WHERE name IS DISTINCT FROM 'x' AND ok IS NOT TRUE AND id BETWEEN 1 AND 5",
    "SELECT DISTINCT ON (name) name, id FROM t ORDER BY name, id DESC NULLS LAST FETCH FIRST 3 ROWS WITH TIES",
    "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM t u WHERE u.id = t.id AND u.name SIMILAR TO '%x%')",
    "SELECT -1 AS a, - id AS b, (-1)::smallint AS c, 1.0e10 AS d, '-Infinity'::float8 AS e FROM t",
    "SELECT interval '1 day 2 hours', date '2024-01-01', timestamptz '2024-01-01 00:00:00+02', B'101' AS b, E'a\\\\b\\n' AS t",
    "SELECT id.id FROM t id(id)",
    "SELECT public.id FROM t public(id)",
    "SELECT s.f(id) AS f, s.f(2) AS g FROM s.t",
    "SELECT * FROM s.t JOIN t USING (id)",
    "VALUES (1, 'a'), (2, 'b')",
    "SELECT current_date, current_user, session_user, localtimestamp(3), current_schema",
    "SELECT id FROM ONLY t TABLESAMPLE system (10)",
    "SELECT string_agg(name, ',' ORDER BY id), percentile_cont(0.5) WITHIN GROUP (ORDER BY id) FROM t",
]


# PostgreSQL 15 is only tested if it is installed from the system's packages.
_VERSIONS = [version for version in (15, 16, 18) if version in servers.available_versions()]


@pytest.mark.parametrize("versions", list(itertools.combinations(_VERSIONS, 2)))
@pytest.mark.long
def test_views_that_servers_of_different_versions_write(
    versions: tuple[int, int], make_database: Any
) -> None:
    source, target = (make_database(version) for version in versions)
    source.execute(
        "CREATE TABLE t (id integer, name text, ok boolean, at timestamptz, j jsonb); CREATE SCHEMA s;"
        "CREATE TABLE s.t (id integer); CREATE FUNCTION s.f(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'"
    )
    made = [f"v{number}" for number in range(len(_QUERIES))]
    for name, query in zip(made, _QUERIES):
        source.execute(f"CREATE VIEW {name} AS {query}")
    execute(target, entries_of(source, "pre-data"))
    texts = []
    for database in (source, target):
        with opened(database) as session:
            rows = session.query(
                "SELECT relname, pg_get_viewdef(oid) FROM pg_class WHERE relkind = 'v' AND relname ~ '^v[0-9]'"
            )
            texts.append(dict(rows))
    assert sorted(texts[0]) == sorted(texts[1]) == sorted(made)
    differing = {name for name in made if not equivalent(texts[0][name], texts[1][name], {"public", "s"})}
    assert not differing, [(texts[0][name], texts[1][name]) for name in differing]
    # and no two definitions have the same normal form
    for name in made:
        for other in made:
            if texts[0][name] != texts[0][other]:
                assert not equivalent(texts[0][name], texts[1][other], {"public", "s"}), (name, other)
