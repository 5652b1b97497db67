# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The statements that a superuser must execute are separated from the others, regardless of the contents of quotes."""

from __future__ import annotations

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.administration import (
    divide,
    in_order,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.schema_sql import Entry


def entry(kind: str, sql: str) -> Entry:
    return Entry("x", kind, "public", "o", sql)


def parts(kind: str, sql: str) -> tuple[str, str]:
    own, administered = divide(entry(kind, sql))
    return (own.sql.strip() if own else ""), administered.strip()


_FUNCTION = "CREATE FUNCTION public.f(a public.d[] DEFAULT '{1}') RETURNS integer\n    LANGUAGE "


@pytest.mark.parametrize(
    ("kind", "head", "owner"),
    [
        ("TABLE", "CREATE TABLE public.t (\n    a text DEFAULT ';'\n);", "ALTER TABLE public.t OWNER TO o;"),
        ("TABLE", 'CREATE TABLE public."a;b" (id integer);', 'ALTER TABLE public."a;b" OWNER TO "O; x";'),
        ("VIEW", "CREATE VIEW public.v AS\n SELECT 1;", "ALTER VIEW public.v OWNER TO o;"),
        (
            "FUNCTION",
            _FUNCTION + "plpgsql\n    AS $$ BEGIN; END; $$;",
            "ALTER FUNCTION public.f(a text) OWNER TO o;",
        ),
        (
            "FUNCTION",
            _FUNCTION + "sql\n    BEGIN ATOMIC\n SELECT 1;\nEND;",
            "ALTER FUNCTION public.f() OWNER TO o;",
        ),
        ("TABLE", "ALTER TABLE public.t ADD CHECK (f(1) > 0), OWNER TO o;", ""),
        ("TABLE", "ALTER TABLE public.t ALTER COLUMN a SET DEFAULT f(1), OWNER TO o;", ""),
        (
            "OPERATOR",
            "CREATE OPERATOR public.+ (\n    FUNCTION = public.f\n);",
            "ALTER OPERATOR public.+ (text, text) OWNER TO o;",
        ),
        # Words in the body, in names and in arguments are not keywords of the statement.
        (
            "FUNCTION",
            _FUNCTION + "sql\n    AS $$ LANGUAGE c LEAKPROOF $$;",
            "ALTER FUNCTION public.f() OWNER TO o;",
        ),
        ("FUNCTION", "CREATE FUNCTION public.\"LANGUAGE c\"() RETURNS int LANGUAGE sql AS 'x';", ""),
        ("TABLE", "CREATE TABLE public.t (id integer);", ""),
        ("DEFAULT", "ALTER TABLE ONLY public.t ALTER COLUMN a SET DEFAULT 'ALTER TABLE x OWNER TO y;';", ""),
        (
            "AGGREGATE",
            "CREATE AGGREGATE public.a(integer) (\n    STYPE = integer,\n    INITCOND = 'STYPE = internal'\n);",
            "",
        ),
    ],
)
def test_an_account_without_rights_makes_what_may_run_code(kind: str, head: str, owner: str) -> None:
    assert parts(kind, f"{head}\n\n\n{owner}\n\n") == (head, owner)


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("EXTENSION", "CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA public;"),
        (
            "TYPE",
            "CREATE TYPE public.r AS RANGE (\n    subtype = integer\n);\n\nALTER TYPE public.r OWNER TO o;",
        ),
        (
            "FUNCTION",
            _FUNCTION + "c STRICT\n    AS '$libdir/x', 'x';\n\nALTER FUNCTION public.f() OWNER TO o;",
        ),
        ("FUNCTION", _FUNCTION + "internal IMMUTABLE\n    AS 'x';"),
        ("FUNCTION", _FUNCTION + "sql LEAKPROOF\n    AS 'x';"),
        (
            "PROCEDURE",
            "CREATE PROCEDURE public.p()\n    LANGUAGE plpgsql\n    SET log_statement TO 'all'\n    AS 'x';",
        ),
        ("AGGREGATE", "CREATE AGGREGATE public.a(integer) (\n    STYPE = internal\n);"),
        ("COMMENT", "COMMENT ON TABLE public.t IS 'x; y';"),
        ("ACL", "GRANT SELECT ON TABLE public.t TO o;"),
    ],
)
def test_a_superuser_makes_what_only_he_may(kind: str, sql: str) -> None:
    assert parts(kind, sql) == ("", sql)


@pytest.mark.parametrize("kind", ["EVENT TRIGGER", "FOREIGN DATA WRAPPER"])
def test_an_owner_is_a_superuser_for_one_transaction(kind: str) -> None:
    sql = f'CREATE {kind} x;\n\nALTER {kind} x OWNER TO "O p";'
    assert parts(kind, sql) == ("", f'ALTER ROLE "O p" SUPERUSER;\n{sql}\nALTER ROLE "O p" NOSUPERUSER;')


def test_extensions_come_first_and_privileges_last() -> None:
    kinds = ["DEFAULT ACL", "SCHEMA", "FUNCTION", "EXTENSION", "TABLE", "ACL", "COMMENT"]
    before, after = in_order([entry(kind, f"{number};") for number, kind in enumerate(kinds)])
    assert [found.type for found in before] == ["SCHEMA", "EXTENSION", "FUNCTION", "TABLE", "COMMENT"]
    assert [found.type for found in after] == ["DEFAULT ACL", "ACL"]
