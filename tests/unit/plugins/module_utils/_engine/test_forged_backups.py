# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Backups with correct hashes and a false database are refused by a restore over live data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.names import (
    CATALOG,
    POST_DATA,
    PRE_DATA,
    SEQUENCES,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.forged_backups import ForgedBackup
from ansible_collections.ticketz.sidekick.tests.support.servers import administer, databases, query

SCHEMA = """
CREATE TABLE "Tickets" (id serial PRIMARY KEY, status text, title text, UNIQUE (title));
INSERT INTO "Tickets" (status, title) SELECT 'open', 'bilhete ' || g FROM generate_series(1, 30) g;
CREATE TABLE "Messages" (id bigserial PRIMARY KEY, "ticketId" int REFERENCES "Tickets", body text);
INSERT INTO "Messages" ("ticketId", body) SELECT 1 + g % 30, 'mensagem ' || g FROM generate_series(1, 90) g;
CREATE INDEX ON "Messages" ("ticketId");
CREATE FUNCTION shout(text) RETURNS text LANGUAGE sql IMMUTABLE BEGIN ATOMIC
  SELECT CASE WHEN $1 IS NULL THEN '' ELSE upper($1) END; END;
CREATE RULE noted AS ON DELETE TO "Tickets" DO ALSO (SELECT 1; SELECT 2);
"""


@dataclass
class Live:
    """A live database and directory, and an archive of the database's earlier state."""

    database: Any
    archive: Path

    def state(self, media: Path, store: Path) -> Any:
        """Return everything that a refused restore must not change."""
        return (
            runs.contents(self.database.connect()),
            databases(self.database),
            administer(self.database, "SELECT rolname, rolsuper FROM pg_roles ORDER BY 1"),
            runs.tree(media),
            sorted(path.name for path in media.parent.iterdir()),
            sorted(path.name for path in runs.journal(store).glob("**/*") if path.suffix == ".json"),
        )


@pytest.fixture(scope="module")
def live(pg_servers: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    from ansible_collections.ticketz.sidekick.tests.unit.conftest import Database

    database = Database(pg_servers(16), "forged_backups")
    administer(database, f'CREATE DATABASE "{database.name}" TEMPLATE template0')
    database.execute(SCHEMA)
    made = runs.make_backup(runs.reach(database), tmp_path_factory.mktemp("forged") / "store")
    database.execute("""UPDATE "Tickets" SET status = 'closed' WHERE id = 7""")
    yield Live(database, Path(made.backup["path"]))
    administer(database, f'DROP DATABASE "{database.name}" WITH (FORCE)')


def _entry(kind: str, sql: str) -> bytes:
    return f"--\n-- Name: x; Type: {kind}; Schema: public; Owner: ticketz\n--\n\n{sql}\n\n".encode()


def _csv(forged: ForgedBackup, table: str, change: Callable[[bytes], bytes]) -> None:
    forged.parts["public", table] = [change(csv) for csv in forged.parts["public", table]]


def a_part_for_a_table_that_the_schema_lacks(forged: ForgedBackup) -> None:
    forged.add_table("Ghosts", ["id"], b"id\n1\n", 1)


def a_part_for_a_system_table(forged: ForgedBackup) -> None:
    forged.add_table("pg_authid", ["rolname"], b"rolname\neve\n", 1)
    forged.database["tables"][-1]["schema"] = "pg_catalog"
    forged.parts["pg_catalog", "pg_authid"] = forged.parts.pop(("public", "pg_authid"))
    forged.claims["pg_catalog", "pg_authid"] = [1]


def a_part_for_a_view(forged: ForgedBackup) -> None:
    forged.replace(
        PRE_DATA,
        b"--\n-- PostgreSQL database dump complete",
        _entry("VIEW", "CREATE VIEW v AS SELECT 1 AS id;"),
    )
    forged.add_table("v", ["id"], b"id\n1\n", 1)


def a_table_without_its_rows(forged: ForgedBackup) -> None:
    forged.database["tables"] = [table for table in forged.database["tables"] if table["name"] != "Messages"]


def fewer_columns(forged: ForgedBackup) -> None:
    table = forged.table("Messages")
    table["columns"], table["digest"] = ["id", "ticketId"], None
    _csv(
        forged, "Messages", lambda csv: b"".join(line.rsplit(b",", 1)[0] + b"\n" for line in csv.splitlines())
    )


def more_columns(forged: ForgedBackup) -> None:
    forged.table("Messages")["columns"] = ["id", "ticketId", "body", "extra"]
    _csv(forged, "Messages", lambda csv: csv.replace(b"body\n", b"body,extra\n", 1))


def a_column_twice(forged: ForgedBackup) -> None:
    forged.table("Tickets")["columns"] = ["id", "status", "status"]
    _csv(forged, "Tickets", lambda csv: csv.replace(b"title\n", b"status\n", 1))


def columns_in_another_order(forged: ForgedBackup) -> None:
    forged.table("Tickets").update(columns=["id", "title", "status"], digest=None)


def a_line_with_a_value_too_many(forged: ForgedBackup) -> None:
    _csv(forged, "Messages", lambda csv: csv.replace(b"mensagem 5\n", b"mensagem 5,6\n", 1))


def a_row_that_is_not_there(forged: ForgedBackup) -> None:
    forged.claims["public", "Messages"] = [91]


def a_row_that_nobody_counted(forged: ForgedBackup) -> None:
    _csv(forged, "Messages", lambda csv: csv + b"91,1,a further one\n")


def another_row(forged: ForgedBackup) -> None:
    _csv(forged, "Messages", lambda csv: csv.replace(b"mensagem 5\n", b"mensagem 6\n", 1))


def a_false_digest(forged: ForgedBackup) -> None:
    forged.table("Messages")["digest"] = "record:1"


def a_digest_that_is_none(forged: ForgedBackup) -> None:
    forged.table("Messages")["digest"] = "record:1; DROP TABLE x"


def a_row_that_breaks_a_key(forged: ForgedBackup) -> None:
    _csv(forged, "Messages", lambda csv: csv.replace(b"90,1,", b"90,4711,", 1))
    forged.table("Messages")["digest"] = None


def end_of_data_within_a_part(forged: ForgedBackup) -> None:
    _csv(forged, "Messages", lambda csv: csv.replace(b"\n5,", b"\n\\.\n5,", 1))


def before(sql: str, kind: str = "TABLE") -> Callable[[ForgedBackup], None]:
    def change(forged: ForgedBackup) -> None:
        forged.members[PRE_DATA] += _entry(kind, sql)

    return change


def after(sql: str, kind: str = "INDEX") -> Callable[[ForgedBackup], None]:
    def change(forged: ForgedBackup) -> None:
        forged.members[POST_DATA] += _entry(kind, sql)

    return change


def a_setting_with_more_to_it(forged: ForgedBackup) -> None:
    forged.members[POST_DATA] += b"SET default_tablespace = ''; ALTER ROLE ticketz CONNECTION LIMIT 0;\n"
    forged.members[POST_DATA] += _entry("COMMENT", 'COMMENT ON TABLE public."Tickets" IS NULL;')


def a_member_twice(forged: ForgedBackup) -> None:
    forged.more.append((POST_DATA, b""))


def sql_in_the_catalog(forged: ForgedBackup) -> None:
    forged.members[CATALOG] = forged.members[POST_DATA]


def sql_among_the_rows(forged: ForgedBackup) -> None:
    forged.parts["public", "Messages"] = [forged.members[PRE_DATA]]


def members_exchanged(forged: ForgedBackup) -> None:
    forged.members[PRE_DATA], forged.members[POST_DATA] = forged.members[POST_DATA], forged.members[PRE_DATA]


def without(member: str) -> Callable[[ForgedBackup], None]:
    def change(forged: ForgedBackup) -> None:
        del forged.members[member]

    return change


def an_object_less_in_the_catalog(forged: ForgedBackup) -> None:
    lines = forged.members[CATALOG].splitlines(keepends=True)
    forged.members[CATALOG] = b"".join(line for line in lines if b"Messages_ticketId_idx" not in line)
    assert len(forged.members[CATALOG]) < sum(map(len, lines))


def an_object_less_in_the_schema(forged: ForgedBackup) -> None:
    forged.replace(POST_DATA, b'CREATE INDEX "Messages_ticketId_idx"', b'CREATE INDEX "another"')


def sequence(**changes: Any) -> Callable[[ForgedBackup], None]:
    def change(forged: ForgedBackup) -> None:
        states = json.loads(forged.members[SEQUENCES])
        states.append(
            {"schema": "public", "name": "Tickets_id_seq", "last_value": 5, "is_called": True, **changes}
        )
        forged.members[SEQUENCES] = json.dumps(states).encode()

    return change


def described(**changes: Any) -> Callable[[ForgedBackup], None]:
    def change(forged: ForgedBackup) -> None:
        for name, value in changes.items():
            if name in forged.database:
                forged.database[name] = value
            else:
                forged.database["properties"][name] = value

    return change


def no_properties(forged: ForgedBackup) -> None:
    forged.database["properties"] = {}


FORGERIES: dict[str, tuple[Callable[[ForgedBackup], None], set[str]]] = {
    "a part for a table that the schema lacks": (
        a_part_for_a_table_that_the_schema_lacks,
        {"json_invalid"},
    ),
    "a part for a system table": (a_part_for_a_system_table, {"json_invalid"}),
    "a part for a view": (a_part_for_a_view, {"json_invalid"}),
    "a table without its rows": (a_table_without_its_rows, {"json_invalid"}),
    "fewer columns": (fewer_columns, {"json_invalid"}),
    "more columns": (more_columns, {"json_invalid"}),
    "a column twice": (a_column_twice, {"json_invalid"}),
    "columns in another order": (columns_in_another_order, {"manifest_false"}),
    "a line with a value too many": (a_line_with_a_value_too_many, {"statement_failed"}),
    "a row that is not there": (a_row_that_is_not_there, {"digest_differs"}),
    "a row that nobody counted": (a_row_that_nobody_counted, {"digest_differs"}),
    "another row": (another_row, {"digest_differs"}),
    "a false digest": (a_false_digest, {"digest_differs"}),
    "a digest that is none": (a_digest_that_is_none, {"json_invalid"}),
    "a row that breaks a key": (a_row_that_breaks_a_key, {"rows_refused"}),
    "the end of data within a part": (end_of_data_within_a_part, {"digest_differs", "statement_failed"}),
    "rows by SQL": (before("""INSERT INTO public."Tickets" (id) VALUES (99);"""), {"schema_sql_invalid"}),
    "another database": (before("DROP DATABASE forged_backups;"), {"schema_sql_invalid"}),
    "a role": (
        before("COMMENT ON SCHEMA public IS NULL; CREATE ROLE eve SUPERUSER;"),
        {"schema_sql_invalid"},
    ),
    "a role's rights": (before("GRANT pg_read_all_data TO ticketz;"), {"schema_sql_invalid"}),
    "a server's setting": (before("ALTER SYSTEM SET work_mem = '1MB';"), {"schema_sql_invalid"}),
    "a program": (before("COPY public.t FROM PROGRAM 'touch /tmp/x';"), {"schema_sql_invalid"}),
    "a block of code": (before("DO $$BEGIN PERFORM 1; END$$;", "FUNCTION"), {"schema_sql_invalid"}),
    "a psql command": (before("\\! touch /tmp/forged"), {"schema_sql_invalid"}),
    "a psql command after a statement": (after("SELECT 1 \\gexec"), {"schema_sql_invalid"}),
    "a psql connection": (after("\\connect postgres"), {"schema_sql_invalid"}),
    "rows that go after they were compared": (
        after("""DELETE FROM public."Messages";""", "POLICY"),
        {"schema_sql_invalid"},
    ),
    "rows that go behind a comment": (
        after(
            """COMMENT ON POLICY x ON public."Messages" IS ';'; /* -- */ TRUNCATE public."Messages";""",
            "POLICY",
        ),
        {"schema_sql_invalid"},
    ),
    "a statement behind a routine": (
        after(
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; END; DROP TABLE x;"
        ),
        {"schema_sql_invalid"},
    ),
    "a setting with more to it": (a_setting_with_more_to_it, {"schema_sql_invalid"}),
    "no SQL": (before("\0 '"), {"schema_sql_invalid"}),
    "SQL that the server refuses": (before("CREATE NONSENSE;"), {"schema_sql_invalid"}),
    "a table that the catalog lacks": (
        after("CREATE TABLE public.more (id int);", "TABLE"),
        {"catalog_differs"},
    ),
    "an owner that the catalog lacks": (
        after("""ALTER TABLE public."Tickets" OWNER TO pg_monitor;""", "TABLE"),
        {"catalog_differs"},
    ),
    "an object less in the catalog": (an_object_less_in_the_catalog, {"catalog_differs"}),
    "an object less in the schema": (an_object_less_in_the_schema, {"catalog_differs"}),
    "a member twice": (a_member_twice, {"manifest_false"}),
    "SQL in the catalog": (sql_in_the_catalog, {"json_invalid"}),
    "SQL among the rows": (sql_among_the_rows, {"manifest_false"}),
    "what comes after the data before them": (members_exchanged, {"entry_failed", "schema_sql_invalid"}),
    "no schema": (without(PRE_DATA), {"manifest_false"}),
    "no catalog": (without(CATALOG), {"manifest_false"}),
    "a sequence that is not there": (sequence(name="ghost_seq"), {"statement_failed"}),
    "a table for a sequence": (sequence(name="Tickets"), {"statement_failed"}),
    "a sequence by its words": (sequence(name="""x'; DROP TABLE "Tickets"; --"""), {"statement_failed"}),
    "a sequence beyond its end": (sequence(name="Tickets_id_seq", last_value=2**40), {"json_invalid"}),
    "a sequence twice": (sequence(), {"json_invalid"}),
    "no properties": (no_properties, {"json_invalid"}),
    "an encoding by its words": (described(encoding="UTF8'; DROP DATABASE x; --"), {"statement_failed"}),
    "rights of another kind": (described(acl=[["eve", "ALL", False]]), {"json_invalid"}),
    "rights of no kind": (described(acl="x"), {"json_invalid"}),
    "settings of no kind": (described(settings=["x"]), {"json_invalid"}),
    "a search path by its words": (described(search_path="public; DROP DATABASE x"), {"json_invalid"}),
}

#: Cases that the load refuses; they are also tested in place, where it uses another connection.
IN_PLACE_TOO = {
    "a part for a table that the schema lacks",
    "columns in another order",
    "a row that is not there",
    "a table that the catalog lacks",
    "a sequence that is not there",
}


@pytest.mark.parametrize("strategy", ["swap", "in_place"])
@pytest.mark.variants
def test_what_was_taken_apart_and_put_together_is_restored(strategy: str, live: Live, tmp_path: Path) -> None:
    """Without changes the archive is accepted, so the other tests fail because of their changes."""
    media, store = _media(tmp_path)
    server = runs.reach(live.database, f"honest_{strategy}")
    if strategy == "in_place":
        administer(live.database, f'CREATE DATABASE "{server.database}"')
    archive = ForgedBackup(live.archive).write(tmp_path / "honest.tar.gz")
    _restore(server, archive, media, store, strategy)
    assert query(server, 'SELECT count(*) FROM "Messages"') == [(90,)]
    assert (media / "new.jpg").read_bytes() == b"a new picture"
    administer(live.database, f'DROP DATABASE "{server.database}" WITH (FORCE)')


@pytest.mark.parametrize("forgery", FORGERIES)
@pytest.mark.variants(16)
def test_a_forged_backup_changes_nothing(forgery: str, live: Live, tmp_path: Path) -> None:
    change, codes = FORGERIES[forgery]
    forged = ForgedBackup(live.archive)
    change(forged)
    media, store = _media(tmp_path)
    archive = forged.write(tmp_path / "forged.tar.gz")
    before = live.state(media, store)
    for strategy in ("swap", "in_place") if forgery in IN_PLACE_TOO else ("swap",):
        with pytest.raises(SidekickError) as caught:
            _restore(runs.reach(live.database), archive, media, store, strategy)
        assert caught.value.code in codes, str(caught.value)
        assert live.state(media, store) == before
        assert caught.value.text("pt") != str(caught.value)


def _media(tmp_path: Path) -> tuple[Path, Path]:
    media, store = tmp_path / "site" / "public", tmp_path / "store"
    media.mkdir(parents=True)
    (media / "old.jpg").write_bytes(b"a picture")
    return media, store


def _restore(server: Any, archive: Path, media: Path, store: Path, strategy: str) -> None:
    from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.pack import (
        DatabaseOptions,
    )
    from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.backup_request import BackupRequest
    from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.safety_backup import SafetyBackups

    safety_dir = store.parent / "safety"
    safety_dir.mkdir(mode=0o700, exist_ok=True)
    safety = BackupRequest(
        server=server,
        backup_dir=safety_dir,
        database=DatabaseOptions(jobs=2),
        journal=runs.journal(store),
    )
    runs.make_restore(
        server,
        store,
        backup=str(archive),
        backup_dir=None,
        directories={"public": media},
        if_not_empty="replace",
        strategy=strategy,
        safety=SafetyBackups(safety),
    )
