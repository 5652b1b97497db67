# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of schemas, tables, columns and other objects that are valid, but break code that does not quote them."""

from __future__ import annotations

from .context import Context, literal, quote

NAMES = (
    "UPPER",
    "upper",
    "Mixed",
    "with space",
    " leading",
    "trailing ",
    'dou"ble',
    '"',
    "it's",
    "Gr\u00f6\u00dfe",
    "\u65e5\u672c\u8a9e",
    "\U0001f600",
    "select",
    "table",
    "user",
    "a.b",
    "a_b",
    "a%2Eb",
    "a/b",
    "..",
    ".",
    "../../etc/passwd",
    "%s",
    "%(x)s",
    "100%",
    "semi;colon",
    "--comment",
    "/* c */",
    "$1",
    "$$",
    "a,b",
    "back\\slash",
    "\\.",
    "{{ x }}",
    "tab\there",
    "new\nline",
    "-rf",
    "*",
    "x" * 63,
    "\u00e9" * 31 + "y",
    "1",
    "null",
    ":var",
    "?",
)
SCHEMAS = ("Odd Names", 'q"uote', "sel.ect/..", "p%ct", "z" * 63)


def build(ctx: Context) -> None:
    """Create tables and columns with these names, and five schemas whose tables are connected by foreign keys."""
    for schema in SCHEMAS:
        ctx.run("CREATE SCHEMA %s" % quote(schema))
    home = quote(SCHEMAS[0])
    for number, name in enumerate(NAMES):
        table = "%s.%s" % (home, quote(name))
        column = NAMES[(number + 7) % len(NAMES)]
        ctx.run(
            "CREATE TABLE %s (%s serial PRIMARY KEY, %s text DEFAULT %s)"
            % (table, quote(name), quote("v " + column[:50]), literal(name)),
            "INSERT INTO %s (%s) VALUES (%s), (NULL), ('')"
            % (table, quote("v " + column[:50]), literal(column)),
        )
        if number % 4 == 0:
            ctx.run(
                "CREATE INDEX %s ON %s (%s)" % (quote("i" + name[:40]), table, quote("v " + column[:50])),
                "COMMENT ON TABLE %s IS %s" % (table, literal("comment: " + name)),
                "CREATE VIEW %s.%s AS SELECT * FROM %s" % (home, quote("v" + name[:40]), table),
            )
    every = ", ".join("%s integer DEFAULT %d" % (quote(name), n) for n, name in enumerate(NAMES))
    for number, schema in enumerate(SCHEMAS):
        table = "%s.%s" % (quote(schema), quote("All.Columns"))
        ctx.run("CREATE TABLE %s (%s, PRIMARY KEY (%s))" % (table, every, quote(NAMES[number])))
        ctx.run("INSERT INTO %s DEFAULT VALUES" % table)
        if number:
            previous = "%s.%s" % (quote(SCHEMAS[number - 1]), quote("All.Columns"))
            ctx.run(
                "INSERT INTO %s (%s) SELECT %s FROM %s ON CONFLICT DO NOTHING"
                % (table, quote(NAMES[number]), quote(NAMES[number - 1]), previous),
                "ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s"
                % (table, quote("fk " + SCHEMAS[number][:50]), quote(NAMES[number - 1]), previous),
            )
