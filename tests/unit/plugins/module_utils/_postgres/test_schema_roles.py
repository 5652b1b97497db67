# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.schema_roles import (
    map_roles,
    roles_in,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.schema_sql import Entry
from ansible_collections.ticketz.sidekick.tests.support.schema_samples import entries_of


def entry(kind: str, sql: str, owner: str | None = "old") -> Entry:
    return Entry("x", kind, "public", owner, sql)


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("TABLE", "CREATE TABLE public.t ();\n\n\nALTER TABLE public.t OWNER TO old;", "OWNER TO new;"),
        ("VIEW", 'CREATE VIEW v AS SELECT 1;\n\n\nALTER VIEW v OWNER TO "Ol""d";', 'OWNER TO "N ew";'),
        ("ACL", "GRANT SELECT ON TABLE public.old TO old;", "ON TABLE public.old TO new;"),
        ("ACL", "GRANT SELECT(a) ON TABLE public.t TO old WITH GRANT OPTION;", "TO new WITH GRANT OPTION;"),
        ("ACL", "REVOKE ALL ON TABLE public.t FROM old;", "FROM new;"),
        (
            "ACL",
            'SET SESSION AUTHORIZATION old;\nGRANT SELECT ON TABLE t TO "Ol""d";\nRESET SESSION AUTHORIZATION;',
            'SET SESSION AUTHORIZATION new;\nGRANT SELECT ON TABLE t TO "N ew";\nRESET SESSION AUTHORIZATION;',
        ),
        ("ACL", 'GRANT SELECT ON TABLE "a TO old" TO old;', '"a TO old" TO new;'),
        ("ACL", 'GRANT SELECT ON TABLE "a TO " TO " old";', '"a TO " TO " new";'),
        ("ACL", "GRANT ALL ON FUNCTION f(interval day to second) TO old;", "interval day to second) TO new;"),
        ("ACL", "GRANT ALL ON SCHEMA public TO PUBLIC;", "TO PUBLIC;"),
        (
            "DEFAULT ACL",
            'ALTER DEFAULT PRIVILEGES FOR ROLE old IN SCHEMA old GRANT SELECT ON TABLES  TO "Ol""d";',
            'FOR ROLE new IN SCHEMA old GRANT SELECT ON TABLES  TO "N ew";',
        ),
        (
            "POLICY",
            'CREATE POLICY old ON public.old AS RESTRICTIVE FOR SELECT TO old, keep, "Ol""d" USING ((a = \' TO old\'::text));',
            'CREATE POLICY old ON public.old AS RESTRICTIVE FOR SELECT TO new, keep, "N ew" USING',
        ),
        ("POLICY", "CREATE POLICY p ON public.t USING ((a ~ ' TO old'::text));", "(a ~ ' TO old'::text)"),
        (
            "USER MAPPING",
            "CREATE USER MAPPING FOR old SERVER old OPTIONS (a ' FOR old');",
            "FOR new SERVER old OPTIONS (a ' FOR old')",
        ),
        ("USER MAPPING", "CREATE USER MAPPING FOR public SERVER s;", "FOR public SERVER s"),
    ],
)
def test_roles_are_replaced_where_pg_dump_writes_them(kind: str, before: str, after: str) -> None:
    roles = {"old": "new", 'Ol"d': "N ew", " old": " new", "PUBLIC": "wrong", "public": "wrong"}
    assert after in map_roles(entry(kind, before), roles).sql


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("FUNCTION", "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$\nALTER TABLE t OWNER TO old;\n$$;"),
        ("FUNCTION", "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'ALTER TABLE t OWNER TO old;';"),
        ("COMMENT", "COMMENT ON TABLE t IS 'ALTER TABLE t OWNER TO old;';"),
        ("TABLE", 'CREATE TABLE "ALTER TABLE t OWNER TO old;" ();'),
        ("COMMENT", "COMMENT ON TABLE t IS 'GRANT SELECT ON t TO old;';"),
    ],
)
def test_text_of_the_user_stays_as_it_is(kind: str, sql: str) -> None:
    assert map_roles(entry(kind, sql), {"old": "new"}).sql == sql
    assert roles_in([entry(kind, sql)]) == set()


def test_the_owner_of_the_entry_follows() -> None:
    assert map_roles(entry("TABLE", "CREATE TABLE t ();"), {"old": "new"}).owner == "new"
    assert map_roles(entry("COMMENT", "x", owner=None), {"old": "new"}).owner is None


def test_a_real_dump_names_its_roles(make_database: Any) -> None:
    database = make_database()
    reader, writer = f"{database.name} reader", f'{database.name}"W"'
    quoted = ['"' + role.replace('"', '""') + '"' for role in (reader, writer)]
    try:
        database.execute(
            """
            CREATE ROLE {0}; CREATE ROLE {1};
            CREATE TABLE t (id integer, v text DEFAULT 'ALTER TABLE t OWNER TO nobody;');
            ALTER TABLE t OWNER TO {1};
            GRANT SELECT ON t TO {0} WITH GRANT OPTION;
            SET ROLE {0}; GRANT SELECT ON t TO PUBLIC; RESET ROLE;
            GRANT UPDATE (v) ON t TO {0};
            CREATE POLICY p ON t TO {0}, {1} USING (v <> ' TO nobody');
            ALTER DEFAULT PRIVILEGES FOR ROLE {1} GRANT SELECT ON TABLES TO {0};
            """.format(*quoted)
        )
        entries = [*entries_of(database, "pre-data"), *entries_of(database, "post-data")]
        assert roles_in(entries) == {reader, writer}
        mapped = [map_roles(one, {reader: "r2", writer: "w2"}) for one in entries]
        assert roles_in(mapped) == {"r2", "w2"}
        assert not any(quoted[0] in one.sql or quoted[1] in one.sql for one in mapped)
    finally:
        database.execute(
            "DROP OWNED BY {0} CASCADE; DROP OWNED BY {1} CASCADE; DROP ROLE {0}; DROP ROLE {1}".format(
                *quoted
            )
        )
