# SPDX-License-Identifier: GPL-3.0-or-later
"""Objects whose definitions no dump restores exactly, although no data are lost."""

from __future__ import annotations

from .context import Context

_STATEMENTS = (
    "CREATE SCHEMA inexact",
    # A table that inherits later keeps its order of columns; CREATE TABLE ... INHERITS puts the parent's columns first.
    "CREATE TABLE inexact.parent (id integer NOT NULL, name text DEFAULT 'animal', legs integer, CONSTRAINT "
    "legs CHECK (legs >= 0))",
    "CREATE TABLE inexact.joined (tricks text, legs integer, name text, id integer NOT NULL, CONSTRAINT "
    "legs CHECK (legs >= 0))",
    "ALTER TABLE inexact.joined INHERIT inexact.parent",
    "INSERT INTO inexact.joined VALUES ('none', 2, 'Polly', 5)",
    # Hash partitions by an enum: a row's partition depends on the label's OID, so partitions can't be loaded one by one.
    "CREATE TYPE inexact.colour AS ENUM ('red', 'green', 'blue', 'white', 'black', 'grey')",
    "CREATE TABLE inexact.by_enum (c inexact.colour, id integer) PARTITION BY HASH (c)",
    "CREATE TABLE inexact.by_enum_0 PARTITION OF inexact.by_enum FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
    "CREATE TABLE inexact.by_enum_1 PARTITION OF inexact.by_enum FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
    "INSERT INTO inexact.by_enum SELECT c, n FROM unnest(enum_range(NULL::inexact.colour)) c, "
    "generate_series(1, 10) n",
)


def build(ctx: Context) -> None:
    """Create a table with another column order after ALTER TABLE ... INHERIT, and rows that change their partition."""
    ctx.run(*_STATEMENTS)
