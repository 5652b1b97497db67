# SPDX-License-Identifier: GPL-3.0-or-later
"""All common built-in types with edge values, and user-defined types."""

from __future__ import annotations

import json

from .context import Context, literal, quote
from .texts import TEXTS, random_text

ALL_BYTES = "\\x" + bytes(range(256)).hex()

VALUES: dict[str, list[str | None]] = {
    "smallint": ["-32768", "32767", "0", None],
    "integer": ["-2147483648", "2147483647", "0", None],
    "bigint": ["-9223372036854775808", "9223372036854775807", "0", None],
    "numeric": [
        "NaN",
        "0",
        "1.10",
        "1.1",
        "-" + "9" * 1000,
        "0." + "0" * 900 + "1",
        "1e4000",
        "1e-4000",
        None,
    ],
    "numeric(12,4)": ["-99999999.9999", "99999999.9999", "0.0001", "NaN", None],
    "real": ["NaN", "Infinity", "-Infinity", "-0", "1e-45", "3.4028235e38", "0.1", "1.1754944e-38", None],
    "double precision": [
        "NaN",
        "Infinity",
        "-Infinity",
        "-0",
        "5e-324",
        "1.7976931348623157e308",
        "0.1",
        "0.30000000000000004",
    ],
    "boolean": ["t", "f", None],
    "text": TEXTS,
    "varchar": TEXTS,
    "varchar(10)": ["", "ten chars ", "\u00e9" * 10, "\\.", None],
    "char(6)": ["", "ab", "ab    ", " a", "\U0001f600", None],
    "char(1)": ["", "x", " ", "\\", None],
    "name": ["", "Mixed Case", "\u00e9" * 31, None],
    '"char"': ["", "a", "\\", " ", None],
    "bytea": [ALL_BYTES, "\\x", "\\x00", "\\x5c2e0a", "\\x5c4e", "\\x" + "ff00" * 3000, None],
    "date": ["infinity", "-infinity", "4714-11-24 BC", "0044-03-15 BC", "5874897-12-31", "2024-02-29", None],
    "timestamp": [
        "infinity",
        "-infinity",
        "4714-11-24 00:00:00 BC",
        "294276-12-31 23:59:59.999999",
        "2024-02-29 12:00",
        None,
    ],
    "timestamptz": [
        "infinity",
        "-infinity",
        "4714-11-24 00:00:00+00 BC",
        "294276-12-31 23:59:59.999999+00",
        "1883-11-18 12:03:57.123456-08",
        "2024-10-27 01:30:00+01",
        None,
    ],
    "timestamp(0)": ["2024-12-31 23:59:60", None],
    "time": ["00:00:00", "24:00:00", "23:59:59.999999", None],
    "timetz": ["00:00:00+15:59", "23:59:59.999999-15:59", "24:00:00+00", None],
    "interval": [
        "0",
        "1 mon -1 day",
        "-178000000 years",
        "178000000 years",
        "1 year 2 mons -3 days +04:05:06.000007",
        "-00:00:00.000001",
    ],
    "interval year to month": ["3 years 2 mons", None],
    "json": [
        '{"a": 1,  "a":2, "b":"\\u00e9\\ud83d\\ude00", "c": 1e400}',
        '"\\u0000"',
        "null",
        "[]",
        ' {\n "x" : [1, {}]\t}',
        None,
    ],
    "jsonb": [
        '{"a": {"b": [1, 2.50, {"c": null}]}, "": "empty key", "\\u00e9": "\\ud83d\\ude00"}',
        '"quote \\" backslash \\\\ newline \\n tab \\t slash \\/"',
        "null",
        "1e100",
        "-0.0",
        "[[[[[[[[[[]]]]]]]]]]",
        "{}",
        None,
    ],
    "integer[]": [
        "{}",
        "{1,NULL,3}",
        "[0:2]={1,2,3}",
        "[-5:-4][2:3]={{1,2},{3,4}}",
        "{{{1},{2}},{{3},{4}}}",
        None,
    ],
    "text[]": ['{"a,b","\\"q\\"","\\\\","NULL",NULL,""," sp ","\n","\\\\."}', "{}", '[3:3]={"{}"}', None],
    "timestamptz[]": ["{infinity,NULL,-infinity}", None],
    "bytea[]": ['{"\\\\x00ff",NULL,"\\\\x"}', None],
    "jsonb[]": ['{"{\\"a\\": [1, \\"b\\"]}",NULL}', None],
    "varchar(3)[]": ["{abc,NULL,a}", None],
    "numeric(6,2)[]": ["{1.10,NaN,NULL}", None],
    "int4range": ["empty", "[1,5)", "(,)", "[,5)", "[2147483646,)", None],
    "int8range": ["[-9223372036854775808,9223372036854775807)", "empty"],
    "numrange": ["[1.10,2.2]", "(NaN,)", "empty", None],
    "tsrange": ['["2024-01-01 00:00:00",infinity]', "(,)", None],
    "tstzrange": ["[-infinity,infinity)", '("2024-01-01 00:00:00+00",)', "empty", None],
    "daterange": ["[2024-01-01,2024-12-31]", "[-infinity,infinity]", "empty", None],
    "uuid": ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", None],
    "inet": ["::1/64", "192.168.0.1/24", "0.0.0.0/0", "::ffff:1.2.3.4", None],
    "cidr": ["10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0", None],
    "macaddr": ["08:00:2b:01:02:03", None],
    "macaddr8": ["08:00:2b:01:02:03:04:05", None],
    "tsvector": ["'a':1A,2B 'fat':3 'it''s':4 'back\\\\slash':5", "", None],
    "tsquery": ["'fat' & ( 'rat' | !'cat' ) <2> 'dog':*A", "", None],
    "bit(5)": ["10101", "00000", None],
    "varbit": ["", "1", "0" * 99 + "1", None],
    "varbit(64)": ["1" * 64, None],
    "money": ["-92233720368547758.08", "92233720368547758.07", "0.01", None],
    "point": ["(1e300,-5e-324)", "(NaN,Infinity)", "(-0,0)", None],
    "line": ["{1,-1,0}", "{0.1,0.2,0.30000000000000004}", None],
    "lseg": ["[(0,0),(1e-300,1)]", None],
    "box": ["(1,1),(0,0)", "(Infinity,1),(-Infinity,0)", None],
    "path": ["[(0,0),(1,1),(2,0)]", "((0,0),(1,1),(2,0))", None],
    "polygon": ["((0,0),(0,1),(1,1))", "((0.1,0.2))", None],
    "circle": ["<(0,0),1e-10>", "<(1,2),Infinity>", None],
    "oid": ["0", "4294967295", None],
    "regclass": ["pg_catalog.pg_class", "pg_catalog.pg_index", None],
    "regtype": ["integer", "timestamp with time zone", "text[]", None],
    "xid": ["0", "4294967295", None],
    "tid": ["(4294967295,65535)", "(0,0)", None],
    "pg_lsn": ["0/0", "FFFFFFFF/FFFFFFFF", None],
    "txid_snapshot": ["10:20:10,14,15", None],
    "jsonpath": ['$."a b"[*]?(@ > 1 && @.x like_regex "^\\"")', "strict $", None],
    "int2vector": ["1 -2 3", "", None],
    "oidvector": ["1 4294967295", "", None],
    "refcursor": ["", "c 1", None],
}
_SINCE: dict[int, dict[str, list[str | None]]] = {
    13: {
        "xid8": ["0", "18446744073709551615", None],
        "pg_snapshot": ["10:20:10,14", None],
        "regcollation": ['"C"', None],
    },
    14: {
        "numeric(1000,3)": ["NaN", "-0.001", None],
        "numeric[]": ["{Infinity,-Infinity,NaN,NULL}"],
        "int4multirange": ["{}", "{[1,3),[5,7)}", "{(,)}", None],
        "tstzmultirange": ['{[-infinity,"2024-01-01 00:00:00+00"),("2024-06-01 00:00:00+00",)}', None],
        "nummultirange": ["{[1.10,2.2],(3,)}", None],
    },
    15: {"numeric(3,-2)": ["12345", "-99900", None], "numeric(3,5)": ["0.00999", "-0.00001", None]},
    17: {"interval day to second": ["infinity", "-infinity", None]},
}

_USER_TYPES = (
    "CREATE SCHEMA types",
    "CREATE TYPE types.mood AS ENUM ('sad', 'it''s \"ok\"', '', 'Feliz \U0001f600', 'a,b', '\\.')",
    "ALTER TYPE types.mood ADD VALUE 'before sad' BEFORE 'sad'",
    "ALTER TYPE types.mood ADD VALUE 'between' AFTER 'sad'",
    'CREATE TYPE types."No Labels" AS ENUM ()',
    "CREATE DOMAIN types.positive AS integer CONSTRAINT above_zero CHECK (VALUE > 0)",
    "CREATE DOMAIN types.small_positive AS types.positive DEFAULT 7 CHECK (VALUE < 1000) CHECK (VALUE <> 13)",
    "CREATE DOMAIN types.short_text AS varchar(20) COLLATE \"C\" DEFAULT 'it''s' NOT NULL",
    "CREATE DOMAIN types.int_list AS integer[] CHECK (array_length(VALUE, 1) < 5)",
    'CREATE TYPE types.address AS (street text COLLATE "C", "No." integer, old integer, geo point)',
    "ALTER TYPE types.address DROP ATTRIBUTE old",
    "ALTER TYPE types.address ADD ATTRIBUTE note varchar(40)",
    "CREATE TYPE types.nested AS (label types.mood, home types.address, others types.address[], n "
    "types.positive)",
    "CREATE DOMAIN types.home AS types.address CHECK ((VALUE).street <> '')",
    "CREATE TYPE types.empty AS ()",
    "CREATE TYPE types.float_range AS RANGE (subtype = double precision, subtype_diff = float8mi)",
    'CREATE TYPE types.text_range AS RANGE (subtype = text, collation = "C")',
)
_USER_VALUES: dict[str, list[str | None]] = {
    "types.mood": ["sad", 'it\'s "ok"', "", "Feliz \U0001f600", "before sad", "between", "\\.", None],
    "types.mood[]": ['{sad,"",NULL,"a,b"}', None],
    "types.small_positive": ["1", "999", None],
    "types.short_text": ["", "x", "\\."],
    "types.int_list": ["{1,NULL,3}", "{}", None],
    "types.address": ['("Rua \\"A\\", 1\\\\2",5,"(1,2)","it\'s")', "(,,,)", '("",,,"")', None],
    "types.address[]": ['{"(a,1,,)",NULL}', None],
    "types.nested": ['(sad,"(""x, y"",1,,)","{""(a,,,)"",NULL}",3)', None],
    "types.home": ['("\\n",1,,)', None],
    "types.float_range": ["[-0,NaN]", "(5e-324,Infinity)", "empty", None],
    "types.text_range": ['["! b","a\\"b")', '["",a]', None],
}


def build(ctx: Context) -> None:
    """Create a wide table with edge values and NULL for each type, a table of random values, and one of big values."""
    ctx.run(*_USER_TYPES)
    if ctx.superuser:
        ctx.run("CREATE TYPE types.shell")
    ctx.begin()  # labels that were added to an enum can only be used after a commit
    values = dict(VALUES)
    for version, more in _SINCE.items():
        if ctx.version >= version * 10_000:
            values.update(more)
    values.update(_USER_VALUES)
    if ctx.version >= 140_000:
        values["numeric"] = [*values["numeric"], "Infinity", "-Infinity"]
    if not ctx.portable and ctx.can("SELECT '<a/>'::xml"):
        values["xml"] = [
            "<a b='\"'>\u00e9 &amp; <![CDATA[\\.]]></a>",
            "text<b/>and",
            "",
            '<?xml version="1.0"?><x/>',
            None,
        ]
    if "citext" in ctx.extensions:
        values["extensions.citext"] = ["MiXeD", "", None]
    if "hstore" in ctx.extensions:
        values["extensions.hstore"] = ['"a b"=>"1", "n"=>NULL, "q\\""=>"\\\\"', "", None]
    columns = {"v%02d %s" % (n, kind.strip('"')): kind for n, kind in enumerate(values)}
    listed = ", ".join("%s %s" % (quote(name), kind) for name, kind in columns.items())
    ctx.run('CREATE TABLE types."Every Type" (id bigint PRIMARY KEY, %s)' % listed)
    picks = []
    for step, kind in enumerate(columns.values()):
        texts = values[kind]
        array = "ARRAY[%s]::text[]" % ", ".join(literal(text) for text in texts)
        picks.append(
            "((%s)[1 + (g + %d * (g / %d)) %% %d])::%s" % (array, step, len(texts), len(texts), kind)
        )
    count = max(ctx.rows, max(len(texts) for texts in values.values()))
    ctx.run("SET CONSTRAINTS ALL IMMEDIATE")
    ctx.run(
        'INSERT INTO types."Every Type" SELECT g, %s FROM generate_series(1, %d) AS g'
        % (", ".join(picks), count)
    )
    _noise(ctx)
    ctx.run("CREATE TABLE types.big (id integer PRIMARY KEY, t text, b bytea, mostly_null text)")
    if ctx.big_values:
        ctx.run(
            "INSERT INTO types.big SELECT 1, string_agg(md5(g::text) || E'\\n', ''), NULL FROM "
            "generate_series(1, 1600000) g",
            "INSERT INTO types.big SELECT 2, NULL, string_agg(sha256(g::text::bytea), '') FROM "
            "generate_series(1, 1600000) g",
        )


def _noise(ctx: Context) -> None:
    """Add random rows, for cases that the list of edge values misses."""
    ctx.run(
        "CREATE TABLE types.noise (id bigint, i integer, n numeric, f double precision, t text, b bytea, j "
        "jsonb, "
        "a text[], ts timestamptz)"
    )
    rng = ctx.rng
    for start in range(0, ctx.rows, 500):
        lines = []
        for number in range(start, min(start + 500, ctx.rows)):
            words = [random_text(rng) for _word in range(3)]
            value = {"k%d" % n: word for n, word in enumerate(words)}
            value["n"] = rng.choice((rng.random(), rng.getrandbits(70), None, True))  # type: ignore[assignment]
            fields = (
                number,
                rng.randrange(-(2**31), 2**31) if number % 7 else None,
                "%d.%d" % (rng.getrandbits(90), rng.getrandbits(30)),
                rng.gauss(0, 1) * 10.0 ** rng.randrange(-300, 300),
                words[0],
                rng.randbytes(rng.randrange(0, 90)),
                json.dumps(value),
                words,
                "%04d-%02d-%02d %02d:00:00.%06d+00"
                % (
                    rng.randrange(1, 9999),
                    rng.randrange(1, 13),
                    rng.randrange(1, 29),
                    rng.randrange(24),
                    rng.randrange(10**6),
                ),
            )
            lines.append(ctx.cur.mogrify("(%s,%s,%s,%s,%s,%s,%s,%s,%s)", fields).decode())
        if lines:
            ctx.run("INSERT INTO types.noise VALUES " + ",\n".join(lines))
