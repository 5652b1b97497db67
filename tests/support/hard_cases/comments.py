# SPDX-License-Identifier: GPL-3.0-or-later
"""Comments on many kinds of objects, with texts that must be quoted."""

from __future__ import annotations

from .context import Context, literal

_TEXT = (
    'it\'s a "comment" with \\ backslash,\nnew line, $$ dollars, %s percent and \u00e9\U0001f600\n'
    "\\.\n--\n-- Name: x; Type: y; Schema: z; Owner: w\n--"
)
_OBJECTS = (
    "SCHEMA relations",
    "TABLE relations.tree",
    "COLUMN relations.tree.v",
    "CONSTRAINT hatches ON relations.chicken",
    "CONSTRAINT even ON relations.checks",
    'INDEX relations."Gin Index"',
    "SEQUENCE sequences.standalone",
    "VIEW views.barrier",
    "TYPE types.mood",
    "DOMAIN types.positive",
    "CONSTRAINT above_zero ON DOMAIN types.positive",
    "COLUMN types.address.street",
    "FUNCTION programs.dollars()",
    "STATISTICS relations.related",
    "TABLE partitions.log",
    'TABLE "Other Place"."log 2024"',
    'COLUMN "Odd Names"."..".".."',
    "TEXT SEARCH DICTIONARY programs.simple_pt",
)


def build(ctx: Context) -> None:
    """Add comments to objects of the other modules."""
    ctx.run(*["COMMENT ON %s IS %s" % (name, literal(_TEXT)) for name in _OBJECTS])
    ctx.run("COMMENT ON SCHEMA public IS 'a public schema with its own comment'")
