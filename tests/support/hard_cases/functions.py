# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions whose bodies look like a dump, and objects that consist of functions."""

from __future__ import annotations

from .context import Context

FAKE_BODY = """
--
-- Name: fake; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.fake (id integer);

\\restrict AbCdEf0123456789
\\unrestrict AbCdEf0123456789
\\connect other
COPY public.fake (id) FROM stdin;
1
\\.

--
-- Data for Name: fake; Type: TABLE DATA; Schema: public; Owner: -
--

SET search_path = nowhere;
"""

_STATEMENTS = (
    "CREATE SCHEMA programs",
    "CREATE FUNCTION programs.looks_like_a_dump() RETURNS text LANGUAGE plpgsql AS $fn$\nBEGIN\n    "
    "/*{fake}*/\n"
    "    RETURN $body${fake}$body$;\nEND\n$fn$",
    "CREATE FUNCTION programs.quoted_body() RETURNS text LANGUAGE sql AS "
    "'SELECT ''it''''s''::text || E''\\n\\\\'' || $_$ $$ $_$;\n-- Name: quoted; Type: FUNCTION; Schema: x; "
    "Owner: y\n'",
    "CREATE FUNCTION programs.dollars() RETURNS text LANGUAGE plpgsql AS $_$BEGIN RETURN $function$ $x$ $1 "
    "$function$; END$_$",
    "CREATE FUNCTION programs.all_options(a integer, VARIADIC rest text[] DEFAULT '{}') RETURNS TABLE (n "
    'integer, "T x" text) '
    "LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL RESTRICTED COST 7 ROWS 33 SET search_path = "
    "programs, pg_temp "
    "SET work_mem = '5MB' SET datestyle = 'ISO, DMY' AS $$ SELECT a, unnest(rest) $$",
    "CREATE FUNCTION programs.overloaded(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT $1 + "
    "1 $$",
    "CREATE FUNCTION programs.overloaded(text, OUT a integer, INOUT b numeric DEFAULT 1.5) LANGUAGE sql AS "
    "$$ SELECT 1, b $$",
    'CREATE FUNCTION programs."Odd ""Name"""("a b" integer) RETURNS SETOF integer LANGUAGE sql AS '
    '$$ SELECT "a b" $$',
    "CREATE FUNCTION programs.missing_table() RETURNS bigint LANGUAGE plpgsql AS "
    "$$ BEGIN RETURN (SELECT count(*) FROM no_such_table); END $$",
    "CREATE PROCEDURE programs.does_work(INOUT done boolean, VARIADIC n integer[]) LANGUAGE plpgsql AS $$ "
    "BEGIN done := true; END $$",
    "CREATE FUNCTION programs.poly(anyelement, anyarray) RETURNS anyelement LANGUAGE sql AS $$ SELECT $2[1] "
    "$$",
    # aggregates
    "CREATE AGGREGATE programs.total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0', COMBINEFUNC "
    "= int4pl, PARALLEL = safe)",
    # operators and casts
    "CREATE FUNCTION programs.same_length(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT "
    "length($1) = length($2) $$",
    "CREATE OPERATOR programs.=#= (LEFTARG = text, RIGHTARG = text, FUNCTION = programs.same_length, "
    "COMMUTATOR = OPERATOR(programs.=#=), "
    "RESTRICT = eqsel, JOIN = eqjoinsel)",
    "CREATE FUNCTION programs.minus_one(integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$ SELECT $1 - 1 "
    "$$",
    "CREATE OPERATOR programs.!- (RIGHTARG = integer, FUNCTION = programs.minus_one)",
    "CREATE TYPE programs.version AS (major integer, minor integer)",
    "CREATE FUNCTION programs.version_text(programs.version) RETURNS text LANGUAGE sql IMMUTABLE AS "
    "$$ SELECT ($1).major || '.' || ($1).minor $$",
    "CREATE CAST (programs.version AS text) WITH FUNCTION programs.version_text(programs.version) AS "
    "ASSIGNMENT",
    "CREATE CAST (programs.version AS json) WITH INOUT",
    "CREATE TABLE programs.releases (v programs.version, note text, CHECK ((v).major >= 0))",
    "INSERT INTO programs.releases SELECT (g / 10, g % 10)::programs.version, 'r' FROM generate_series(1, "
    "30) g",
    "CREATE VIEW programs.with_operator AS SELECT note OPERATOR(programs.=#=) 'x' AS same, v::text AS t "
    "FROM programs.releases",
    # collation and text search
    'CREATE COLLATION programs."Plain C" FROM "C"',
    'CREATE TABLE programs.collated (v text COLLATE programs."Plain C" PRIMARY KEY)',
    "INSERT INTO programs.collated VALUES ('a'), ('B'), ('ç')",
    "CREATE TEXT SEARCH DICTIONARY programs.simple_pt (TEMPLATE = pg_catalog.simple, STOPWORDS = "
    "portuguese, ACCEPT = false)",
    'CREATE TEXT SEARCH CONFIGURATION programs."Português" (COPY = pg_catalog.portuguese)',
    'ALTER TEXT SEARCH CONFIGURATION programs."Português" ALTER MAPPING FOR asciiword, word '
    "WITH programs.simple_pt, portuguese_stem",
    'ALTER TEXT SEARCH CONFIGURATION programs."Português" DROP MAPPING FOR float',
    "CREATE TABLE programs.documents (id integer, body text, words tsvector GENERATED ALWAYS AS "
    "(to_tsvector('programs.\"Português\"'::regconfig, body)) STORED)",
    "INSERT INTO programs.documents (id, body) SELECT g, 'o pedido não chegou ' || g FROM "
    "generate_series(1, 20) g",
    "CREATE INDEX ON programs.documents USING gin (words)",
    "COMMENT ON FUNCTION programs.looks_like_a_dump() IS '{fake}'",
    "COMMENT ON AGGREGATE programs.total(integer) IS 'sums'",
    "COMMENT ON OPERATOR programs.=#= (text, text) IS 'equal in length'",
    "COMMENT ON CAST (programs.version AS text) IS 'as people write it'",
    "COMMENT ON TEXT SEARCH CONFIGURATION programs.\"Português\" IS 'with stop words'",
    "COMMENT ON COLLATION programs.\"Plain C\" IS 'C'",
    "COMMENT ON PROCEDURE programs.does_work IS 'a procedure'",
)

_SUPERUSER = (
    "CREATE AGGREGATE programs.ranked(float8 ORDER BY anyelement) (SFUNC = ordered_set_transition, STYPE = "
    "internal, "
    "FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA)",
    "CREATE FUNCTION programs.version_cmp(programs.version, programs.version) RETURNS integer LANGUAGE sql "
    "IMMUTABLE STRICT AS "
    "$$ SELECT CASE WHEN (($1).major, ($1).minor) < (($2).major, ($2).minor) THEN -1 "
    "WHEN (($1).major, ($1).minor) > (($2).major, ($2).minor) THEN 1 ELSE 0 END $$",
    *[
        "CREATE FUNCTION programs.version_%s(programs.version, programs.version) RETURNS boolean LANGUAGE "
        "sql IMMUTABLE STRICT AS "
        "$$ SELECT programs.version_cmp($1, $2) %s 0 $$" % (name, sign)
        for name, sign in (("lt", "<"), ("le", "<="), ("eq", "="), ("ge", ">="), ("gt", ">"))
    ],
    *[
        "CREATE OPERATOR programs.%s (LEFTARG = programs.version, RIGHTARG = programs.version, FUNCTION = "
        "programs.version_%s)" % (sign, name)
        for name, sign in (("lt", "#<#"), ("le", "#<=#"), ("eq", "#=#"), ("ge", "#>=#"), ("gt", "#>#"))
    ],
    "CREATE OPERATOR FAMILY programs.version_family USING btree",
    "CREATE OPERATOR CLASS programs.version_order FOR TYPE programs.version USING btree FAMILY "
    "programs.version_family AS "
    "OPERATOR 1 programs.#<#, OPERATOR 2 programs.#<=#, OPERATOR 3 programs.#=#, OPERATOR 4 programs.#>=#, "
    "OPERATOR 5 programs.#>#, FUNCTION 1 programs.version_cmp(programs.version, programs.version)",
    "CREATE INDEX ON programs.releases (v programs.version_order DESC)",
    "CREATE TEXT SEARCH TEMPLATE programs.own_template (INIT = dsimple_init, LEXIZE = dsimple_lexize)",
    "CREATE TEXT SEARCH PARSER programs.own_parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = "
    "prsd_end, "
    "LEXTYPES = prsd_lextype, HEADLINE = prsd_headline)",
    "CREATE FUNCTION programs.trusted(text) RETURNS text LANGUAGE internal IMMUTABLE STRICT LEAKPROOF AS "
    "'upper'",
)


def build(ctx: Context) -> None:
    """Create functions, procedures, aggregates, operators, casts, collations and text search objects."""
    fake = FAKE_BODY
    ctx.run(*[statement.replace("{fake}", fake) for statement in _STATEMENTS])
    ctx.since(
        14,
        "CREATE FUNCTION programs.atomic(n integer) RETURNS bigint LANGUAGE sql STABLE "
        "BEGIN ATOMIC; SELECT count(*) FROM programs.releases WHERE (v).major > n; "
        "SELECT programs.overloaded(n)::bigint; END",
        "CREATE FUNCTION programs.plain_return(n integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN n * "
        "2",
        "CREATE PROCEDURE programs.atomic_insert(i integer) LANGUAGE sql "
        "BEGIN ATOMIC; INSERT INTO programs.documents (id, body) VALUES (i, 'x; END'); END",
    )
    if ctx.superuser:
        ctx.run(*_SUPERUSER)
    if not ctx.portable:
        ctx.can(
            "CREATE COLLATION programs.numeric_order "
            "(provider = icu, locale = 'en-u-kn-true', deterministic = false)"
        )
    ctx.can("CREATE CONVERSION programs.from_latin1 FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8")
