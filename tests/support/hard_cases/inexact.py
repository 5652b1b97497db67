# SPDX-License-Identifier: GPL-3.0-or-later
"""What no dump brings back exactly as it was, although nothing is lost."""

from __future__ import annotations

from .context import Context

_STATEMENTS = (
    "CREATE SCHEMA inexact",
    # Joined its parent later: CREATE TABLE ... INHERITS puts the parent's columns first.
    "CREATE TABLE inexact.parent (id integer NOT NULL, name text DEFAULT 'animal', legs integer, CONSTRAINT "
    "legs CHECK (legs >= 0))",
    "CREATE TABLE inexact.joined (tricks text, legs integer, name text, id integer NOT NULL, CONSTRAINT "
    "legs CHECK (legs >= 0))",
    "ALTER TABLE inexact.joined INHERIT inexact.parent",
    "INSERT INTO inexact.joined VALUES ('none', 2, 'Polly', 5)",
    # Hash by an enum: a row's partition depends on the label's oid, so a load partition by partition fails.
    "CREATE TYPE inexact.colour AS ENUM ('red', 'green', 'blue', 'white', 'black', 'grey')",
    "CREATE TABLE inexact.by_enum (c inexact.colour, id integer) PARTITION BY HASH (c)",
    "CREATE TABLE inexact.by_enum_0 PARTITION OF inexact.by_enum FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
    "CREATE TABLE inexact.by_enum_1 PARTITION OF inexact.by_enum FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
    "INSERT INTO inexact.by_enum SELECT c, n FROM unnest(enum_range(NULL::inexact.colour)) c, "
    "generate_series(1, 10) n",
)


def build(ctx: Context) -> None:
    """Column order after ALTER TABLE ... INHERIT; rows that change their partition."""
    ctx.run(*_STATEMENTS)
