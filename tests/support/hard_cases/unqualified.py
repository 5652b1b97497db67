# SPDX-License-Identifier: GPL-3.0-or-later
"""Functions that call others without a schema, and that the server itself calls, with a restricted search path."""

from __future__ import annotations

from .context import Context


def build(ctx: Context) -> None:
    """Create indexes, a generated column, a check and a view with such functions. A dump can't restore them.

    Since PostgreSQL 17, such indexes and views can't be created directly, either, but upgraded databases may contain them.
    So they are created with functions that qualify the call, and these get the unqualified bodies afterwards.
    """
    bodies = {
        "unqualified_sql": "LANGUAGE sql IMMUTABLE AS $$ SELECT {schema}unqualified_base($1) $$",
        "unqualified_plpgsql": "LANGUAGE plpgsql IMMUTABLE "
        "AS $$ BEGIN RETURN {schema}unqualified_base($1); END $$",
    }
    ctx.run(
        "CREATE FUNCTION public.unqualified_base(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT "
        "pg_catalog.lower($1) $$",
        "CREATE TABLE public.unqualified_index (id serial PRIMARY KEY, name text)",
        "INSERT INTO public.unqualified_index (name) SELECT 'Name ' || g FROM generate_series(1, %d) g"
        % max(5, ctx.rows),
    )
    for name, body in bodies.items():
        ctx.run("CREATE FUNCTION public.%s(text) RETURNS text %s" % (name, body.format(schema="public.")))
        ctx.run("CREATE INDEX %s_idx ON public.unqualified_index (public.%s(name))" % (name, name))
    ctx.run(
        "CREATE MATERIALIZED VIEW public.unqualified_view AS SELECT public.unqualified_plpgsql(name) AS "
        "folded "
        "FROM public.unqualified_index"
    )
    for name, body in bodies.items():
        ctx.run("CREATE OR REPLACE FUNCTION public.%s(text) RETURNS text %s" % (name, body.format(schema="")))
    ctx.run(
        "CREATE TABLE public.unqualified_generated (id integer, name text, "
        "folded text GENERATED ALWAYS AS (public.unqualified_sql(name)) STORED)",
        "INSERT INTO public.unqualified_generated (id, name) SELECT g, 'Name ' || g FROM generate_series(1, "
        "20) g",
        "CREATE TABLE public.unqualified_check (name text CHECK (public.unqualified_plpgsql(name) <> 'bad'))",
        "INSERT INTO public.unqualified_check VALUES ('Good'), ('')",
    )
