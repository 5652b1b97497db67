# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Single tables are restored to a live database; conflicts are detected before, and named."""

from __future__ import annotations

import functools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.options import (
    DatabaseOptions,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine import selective_transaction
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    ArchiveError,
    CancelledError,
    DatabaseError,
    HostError,
    SidekickError,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres import merge_statement, transaction
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.session import Session
from ansible_collections.ticketz.sidekick.plugins.module_utils._run.run import Run
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.kills import Reports
from ansible_collections.ticketz.sidekick.tests.support.selected import Restored, restore
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until

SCHEMA = """
CREATE TABLE "Companies" (id serial PRIMARY KEY, name text UNIQUE, plan json);
CREATE TABLE "Users" (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text UNIQUE, price numeric,
    "companyId" integer NOT NULL REFERENCES "Companies" ON DELETE CASCADE,
    "managerId" integer REFERENCES "Users" ON DELETE SET NULL,
    shout text GENERATED ALWAYS AS (upper(email)) STORED);
CREATE TABLE "Tickets" (
    id serial PRIMARY KEY, status text, "userId" integer REFERENCES "Users" ON DELETE SET NULL,
    "lastMessageId" text);
CREATE TABLE "Messages" (
    id text, "ticketId" integer REFERENCES "Tickets" ON DELETE CASCADE, body text, PRIMARY KEY (id, "ticketId"));
CREATE UNIQUE INDEX "one_open" ON "Tickets" ("userId") WHERE status = 'open';
CREATE UNIQUE INDEX "bodies" ON "Messages" (lower(body), "ticketId");
CREATE TABLE "Log" (what text);
CREATE TABLE "Whatsapps" (id serial PRIMARY KEY, name text, session text, status text, qrcode text);
CREATE TABLE "BaileysKeys" ("whatsappId" integer, key text, value text, PRIMARY KEY ("whatsappId", key));
INSERT INTO "Companies" (name, plan) SELECT 'c' || g, '{"a": 1}' FROM generate_series(1, 3) g;
INSERT INTO "Users" (email, price, "companyId", "managerId")
    SELECT 'u' || g || '@example.org', 1.00, 1 + g % 3, nullif(g - 1, 0) FROM generate_series(1, 9) g;
INSERT INTO "Tickets" (status, "userId") SELECT CASE WHEN g <= 5 THEN 'open' ELSE 'closed' END, g
    FROM generate_series(1, 8) g;
INSERT INTO "Messages" SELECT 'm' || g, 1 + g % 8, E'ol\u00e1 "q", \\\\. ' || g || E'\n' FROM generate_series(1, 200) g;
INSERT INTO "Log" VALUES ('a'), ('a'), (NULL), ('');
INSERT INTO "Whatsapps" (name, session, status, qrcode) VALUES ('loja', 'secret', 'CONNECTED', 'qr');
INSERT INTO "BaileysKeys" VALUES (1, 'k', 'v');
"""


@pytest.fixture
def shop(database: Any, tmp_path: Path) -> Any:
    """A database with foreign keys of all kinds, and the path of its backup."""
    database.execute(SCHEMA)
    return database, back_up(database, tmp_path)


def back_up(source: Any, tmp_path: Path, **options: Any) -> str:
    made = runs.make_backup(runs.reach(source), tmp_path / "store", compression="none", **options)
    return str(made.backup["path"])


def contents(database: Any) -> dict[str, tuple[int, str]]:
    return runs.contents(database.connect())


def bring(shop: Any, *tables: str, **options: Any) -> Restored:
    database, archive = shop
    return restore(archive, options.pop("server", None) or runs.reach(database), tables=tables, **options)


def changes(done: Restored) -> dict[str, tuple[int, int, int, int]]:
    assert done.result.database is not None
    return {
        table.partition(".")[2]: (found["inserted"], found["updated"], found["removed"], found["relinked"])
        for table, found in done.result.database["changes"].items()
    }


def refused(shop: Any, code: str, *tables: str, **options: Any) -> SidekickError:
    """Assert that the restore and check mode raise the same error, and that nothing changes; return the error."""
    before = contents(shop[0])
    said = []
    for dry_run in (True, False):
        with pytest.raises(SidekickError) as caught:
            bring(shop, *tables, dry_run=dry_run, **options)
        assert caught.value.code == code, caught.value
        said.append(str(caught.value))
        assert contents(shop[0]) == before
    assert said[0] == said[1]
    assert "\n" not in said[0]
    return caught.value


def test_an_emptied_table_is_filled_again(shop: Any) -> None:
    database, _archive = shop
    before = contents(database)
    database.execute('TRUNCATE "Messages", "Log"; ALTER SEQUENCE "Companies_id_seq" RESTART')
    empty = contents(database)
    predicted = bring(shop, "Messages", "public.Log", dry_run=True)
    assert contents(database) == empty
    done = bring(shop, "Messages", "public.Log")
    assert contents(database) == before
    assert done.result.database == predicted.result.database
    assert done.result.changed
    assert predicted.result.changed
    assert done.result.database is not None
    assert done.result.database["tables"] == {"public.Messages": 200, "public.Log": 4}
    assert changes(done) == {"Messages": (200, 0, 0, 0), "Log": (4, 0, 0, 0)}
    assert not bring(shop, "Messages", "Log").result.changed
    # Sequences of other tables are not changed.
    assert database.execute("SELECT nextval('\"Companies_id_seq\"')") == [(1,)]


def test_tables_that_have_other_rows_are_named_or_left_alone(shop: Any) -> None:
    database, _archive = shop
    database.execute(
        """INSERT INTO "Log" VALUES ('x'); DELETE FROM "Messages" WHERE id < 'm2'; DELETE FROM "BaileysKeys";
        TRUNCATE "Messages"""
        + '"'
        + """; UPDATE "Tickets" SET status = 'closed' WHERE id = 1"""
    )
    error = refused(shop, "selected_not_empty", "Messages", "Log", "Tickets", "Companies")
    assert "public.Log (5), public.Tickets (8)" in str(error) or "public.Tickets (8), public.Log (5)" in str(
        error
    )
    assert "Companies" not in str(error)
    done = bring(shop, "Messages", "Log", "Companies", if_not_empty="skip")
    assert done.codes == ["content_kept"]
    assert "Log (5)" in str(done.notices[0])
    assert changes(done) == {"Messages": (200, 0, 0, 0), "Log": (0, 0, 0, 0), "Companies": (0, 0, 0, 0)}
    assert not bring(shop, "Log", if_not_empty="skip").result.changed


def test_replaced_rows_are_the_backups(shop: Any) -> None:
    """Equal, changed, deleted and new rows; numbers that differ only in trailing zeros; json."""
    database, _archive = shop
    before = contents(database)
    database.execute(
        """
        UPDATE "Users" SET price = 1.0 WHERE id = 1; UPDATE "Companies" SET plan = '{"a":1}' WHERE id = 2;
        DELETE FROM "Messages" WHERE id = 'm7'; UPDATE "Messages" SET body = 'x' WHERE id IN ('m8', 'm9');
        INSERT INTO "Messages" VALUES ('new', 3, 'since'); INSERT INTO "Log" VALUES ('since')
        """
    )
    tables = ["Messages", "Log", "Users", "Companies"]
    predicted = bring(shop, *tables, if_not_empty="replace", dry_run=True)
    done = bring(shop, *tables, if_not_empty="replace")
    assert contents(database) == before
    assert changes(done) == changes(predicted)
    assert changes(done) == {
        "Companies": (0, 1, 0, 0),
        "Log": (4, 0, 5, 0),
        "Messages": (1, 2, 1, 0),
        "Users": (0, 1, 0, 0),
    }
    assert not bring(shop, *tables, if_not_empty="replace").result.changed


def test_replacing_takes_nothing_of_other_tables_along(shop: Any) -> None:
    """Newer tickets have messages, which would be deleted with the tickets."""
    database, _archive = shop
    database.execute(
        """
        INSERT INTO "Tickets" (status) VALUES ('new'), ('new');
        INSERT INTO "Messages" VALUES ('n1', 9, 'a'), ('n2', 9, 'b'), ('n3', 10, 'c'), ('m1', 1, 'd');
        """
    )
    error = refused(shop, "foreign_keys_broken", "Tickets", if_not_empty="replace")
    assert '"Messages_ticketId_fkey": public."Messages" ("ticketId") → public."Tickets" (id): 3' in str(error)
    assert "(n1,9)" in str(error)
    (broken,) = error.facts["broken"]  # type: ignore[misc]
    assert broken["rows"] == 3
    # Both tables together can be replaced: the new messages are deleted, because their table is replaced, too.
    done = bring(shop, "Tickets", "Messages", if_not_empty="replace")
    assert changes(done) == {"Tickets": (0, 0, 2, 0), "Messages": (0, 0, 4, 0)}


@pytest.mark.long
def test_references_between_replaced_tables_may_change_in_any_way(shop: Any) -> None:
    """A ticket was assigned to a new user, who has got another user's e-mail address."""
    database, _archive = shop
    before = contents(database)
    database.execute(
        """
        DELETE FROM "Users" WHERE id = 5;
        INSERT INTO "Users" (email, "companyId", "managerId") VALUES ('u5@example.org', 1, 9);
        UPDATE "Tickets" SET "userId" = 10 WHERE id IN (5, 8); UPDATE "Users" SET "managerId" = 10 WHERE id = 1;
        """
    )
    done = bring(shop, "Users", "Tickets", if_not_empty="replace")
    assert contents(database) == before
    assert changes(done) == {"Users": (1, 2, 1, 0), "Tickets": (0, 2, 0, 0)}


@pytest.mark.long
def test_what_is_replaced_is_backed_up_before(shop: Any) -> None:
    database, archive = shop
    database.execute(
        "INSERT INTO \"Messages\" VALUES ('new', 3, 'since'); UPDATE \"Log\" SET what = 'b'; TRUNCATE \"BaileysKeys\""
    )
    before = contents(database)
    error = refused(shop, "safety_backup_needed", "Messages", "Log", if_not_empty="replace", safety=None)
    assert "safety_backup_dir" in str(error)
    predicted = bring(shop, "Messages", "Log", if_not_empty="replace", dry_run=True)
    assert predicted.result.previous is None
    assert not (Path(archive).parent / "before-restore").exists()
    done = bring(shop, "Messages", "Log", if_not_empty="replace")
    assert done.result.previous is not None
    saved = done.result.previous["safety_backup"]["path"]
    # The safety backup contains the rows of only these tables, and can be restored.
    bring((database, saved), "Messages", "Log", if_not_empty="replace")
    assert contents(database) == before
    refused((database, saved), "table_rows_left_out", "Tickets", if_not_empty="replace")
    # If rows are only added, no safety backup is made.
    database.execute("DELETE FROM \"Messages\" WHERE id = 'm1'")
    assert bring((database, saved), "Messages", if_not_empty="replace", safety=None).result.changed


def test_rows_whose_parents_are_gone_are_named(shop: Any) -> None:
    database, _archive = shop
    database.execute('DELETE FROM "Tickets" WHERE id IN (2, 3)')
    for options in ({"merge": True}, {"if_not_empty": "replace"}):
        error = refused(shop, "parents_missing", "Messages", **options)
        assert '"Messages_ticketId_fkey"' in str(error)
        assert 'public."Tickets" (id): 50' in str(error)
    done = bring(shop, "Messages", "Tickets", merge=True)
    assert changes(done) == {"Messages": (50, 0, 0, 0), "Tickets": (2, 0, 0, 0)}


def test_merge_leaves_what_is_there(shop: Any) -> None:
    database, _archive = shop
    database.execute(
        """
        UPDATE "Companies" SET name = 'renamed' WHERE id = 1; INSERT INTO "Companies" (name) VALUES ('new');
        DELETE FROM "Companies" WHERE id = 3
        """
    )
    users = database.execute('SELECT count(*) FROM "Users"')
    done = bring(shop, "Companies", merge=True)
    assert changes(done) == {"Companies": (1, 0, 0, 0)}
    assert database.execute('SELECT id, name FROM "Companies" ORDER BY 1') == [
        (1, "renamed"),
        (2, "c2"),
        (3, "c3"),
        (4, "new"),
    ]
    assert done.codes == ["selected_children_left"]
    assert '"Users"' in str(done.notices[0])
    assert database.execute('SELECT count(*) FROM "Users"') == users
    done = bring(shop, "Companies", "Users", "Tickets", merge=True)
    # Deleting the company has deleted its users, and set references to them to NULL.
    assert changes(done) == {"Companies": (0, 0, 0, 0), "Users": (3, 0, 0, 3), "Tickets": (0, 0, 0, 3)}
    assert not bring(shop, "Companies", "Users", "Tickets", merge=True).result.changed


@pytest.mark.long
def test_references_that_somebody_took_away_stay_away(shop: Any) -> None:
    """Only references to rows that are restored now are restored."""
    database, _archive = shop
    database.execute(
        'UPDATE "Tickets" SET "userId" = NULL WHERE id = 6; DELETE FROM "Users" WHERE id IN (7, 8);'
        'UPDATE "Tickets" SET "userId" = 1 WHERE id = 8'
    )
    done = bring(shop, "Users", "Tickets", merge=True)
    assert changes(done) == {"Users": (2, 0, 0, 1), "Tickets": (0, 0, 0, 1)}
    assert database.execute('SELECT id, "userId" FROM "Tickets" WHERE id > 5 ORDER BY 1') == [
        (6, None),
        (7, 7),
        (8, 1),
    ]


@pytest.mark.long
def test_unique_values_that_others_have_now_are_named(shop: Any) -> None:
    database, _archive = shop
    database.execute(
        """
        DELETE FROM "Companies" WHERE id = 3; INSERT INTO "Companies" (name) VALUES ('c3');
        DELETE FROM "Messages" WHERE id = 'm16'; UPDATE "Messages" SET body = upper((SELECT E'OLÁ "Q", \\\\. 16\n'))
         WHERE id = 'm8'
        """
    )
    error = refused(shop, "selected_values_taken", "Companies", "Messages", merge=True)
    assert '"Companies_name_key": 1 [(id) = (3)]' in str(error)
    assert "bodies: 1" in str(error)
    database.execute('DELETE FROM "Tickets" WHERE id = 1')
    database.execute('INSERT INTO "Tickets" (status, "userId") VALUES (\'open\', 1)')
    error = refused(shop, "selected_values_taken", "Tickets", merge=True)
    assert "one_open: 1 [(id) = (1)]" in str(error)


def test_rows_can_be_chosen(shop: Any) -> None:
    database, _archive = shop
    database.execute('DELETE FROM "Tickets" WHERE id IN (2, 3)')
    rows: Any = {"Tickets": {"id": [3]}, "public.Messages": {"ticketId": ["3"], "id": ["m2", "m10", "m3"]}}
    done = bring(shop, "Tickets", "Messages", merge=True, rows=rows)
    assert changes(done) == {"Messages": (2, 0, 0, 0), "Tickets": (1, 0, 0, 0)}
    for wrong, words in (
        ({"Users": {"id": [1]}}, "Users"),
        ({"Tickets": {"nothing": [1]}}, "nothing"),
        ({"Tickets": {"shout": ["x"]}}, "shout"),
        ({"Tickets": {"id": []}}, "needs a value"),
        ({"Tickets": {"id": [None]}}, "needs a value"),
        ({"Tickets": {}}, "columns"),
        ({"Tickets": {"id": ["x'; DROP"]}}, "integer"),
    ):
        error = refused(shop, "option_invalid", "Tickets", merge=True, rows=wrong)
        assert words in str(error)
    refused(shop, "option_invalid", "Tickets", rows={"Tickets": {"id": [1]}})


def test_a_table_without_a_key(shop: Any) -> None:
    database, _archive = shop
    database.execute("DELETE FROM \"Log\" WHERE what = 'a'")
    error = refused(shop, "selected_no_key", "Log", merge=True)
    assert "public.Log" in str(error)
    database.execute('TRUNCATE "Log"')
    assert changes(bring(shop, "Log", merge=True)) == {"Log": (4, 0, 0, 0)}


def test_a_unique_key_without_nulls_is_as_good_as_a_primary_key(database: Any, tmp_path: Path) -> None:
    database.execute(
        """
        CREATE TABLE t (a integer NOT NULL, b text NOT NULL, c integer, UNIQUE (c), UNIQUE (a, b));
        INSERT INTO t SELECT g, g, NULL FROM generate_series(1, 5) g
        """
    )
    shop = database, back_up(database, tmp_path)
    before = contents(database)
    database.execute("DELETE FROM t WHERE a < 3")
    assert changes(bring(shop, "t", merge=True)) == {"t": (2, 0, 0, 0)}
    assert contents(database) == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ('ALTER TABLE "Users" DROP COLUMN email CASCADE', "column email is not there any more"),
        ('ALTER TABLE "Users" ALTER price TYPE integer', "column price is integer, and was numeric"),
        (
            'ALTER TABLE "Users" DROP COLUMN shout; ALTER TABLE "Users" ADD shout text',
            "column shout is generated",
        ),
        (
            'ALTER TABLE "Users" DROP COLUMN shout;'
            'ALTER TABLE "Users" ADD shout text GENERATED ALWAYS AS (lower(email)) STORED',
            "column shout is generated in another way",
        ),
        (
            'TRUNCATE "Users" CASCADE; ALTER TABLE "Users" ADD needed integer NOT NULL',
            "column needed is new, and has no default value",
        ),
        ('ALTER TABLE "Users" ADD added integer', "column added is new, and its values would be lost"),
        ('CREATE RULE r AS ON INSERT TO "Users" DO ALSO SELECT 1', "rule r"),
    ],
)
@pytest.mark.long
def test_a_table_that_is_not_as_it_was(shop: Any, change: str, words: str) -> None:
    shop[0].execute(f"UPDATE \"Users\" SET email = 'other' WHERE id = 9; {change}")
    error = refused(shop, "selected_table_differs", "Users", if_not_empty="replace")
    assert words in str(error)
    assert 'public."Users"' in str(error)


def test_a_table_that_is_gone(shop: Any) -> None:
    shop[0].execute('DROP TABLE "Messages", "Log"')
    error = refused(shop, "selected_tables_missing", "Messages", "Log", "Users")
    assert 'public."Messages"' in str(error)
    assert 'public."Log"' in str(error)
    assert "Users" not in str(error)


@pytest.mark.long
def test_new_columns_get_their_defaults(shop: Any) -> None:
    database, _archive = shop
    database.execute(
        """
        ALTER TABLE "Tickets" ADD "protocol" text DEFAULT 'none'; ALTER TABLE "Tickets" ADD mark integer;
        ALTER TABLE "Tickets" ADD twice integer GENERATED ALWAYS AS (mark * 2) STORED;
        UPDATE "Tickets" SET mark = 1; DELETE FROM "Tickets" WHERE id = 4
        """
    )
    done = bring(shop, "Tickets", "Messages", merge=True)
    assert done.codes == ["selected_columns_new"]
    assert database.execute('SELECT protocol, mark, twice, status FROM "Tickets" WHERE id = 4') == [
        ("none", None, None, "open")
    ]
    database.execute('TRUNCATE "Tickets" CASCADE')
    assert changes(bring(shop, "Tickets")) == {"Tickets": (8, 0, 0, 0)}
    assert not bring(shop, "Tickets").result.changed


def test_triggers_of_the_user_keep_still_and_stay_as_they_are(shop: Any) -> None:
    database, _archive = shop
    database.execute(
        """
        CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN INSERT INTO "Log" VALUES (TG_OP); NEW.body = 'changed'; RETURN NEW; END $$;
        CREATE TRIGGER a BEFORE INSERT OR UPDATE ON "Messages" FOR EACH ROW EXECUTE FUNCTION shout();
        CREATE TRIGGER b BEFORE INSERT ON "Messages" FOR EACH ROW EXECUTE FUNCTION shout();
        CREATE TRIGGER c BEFORE INSERT ON "Messages" FOR EACH ROW EXECUTE FUNCTION shout();
        CREATE TRIGGER d BEFORE INSERT ON "Messages" FOR EACH ROW EXECUTE FUNCTION shout();
        ALTER TABLE "Messages" ENABLE ALWAYS TRIGGER b; ALTER TABLE "Messages" DISABLE TRIGGER c;
        ALTER TABLE "Messages" ENABLE REPLICA TRIGGER d;
        """
    )
    before = contents(database)
    states = "SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
    was = database.execute(states)
    assert was == [("a", "O"), ("b", "A"), ("c", "D"), ("d", "R")]
    for options in ({"merge": True}, {"if_not_empty": "replace"}):
        database.execute("DELETE FROM \"Messages\" WHERE id < 'm15'")
        bring(shop, "Messages", **options)
        assert contents(database) == before
        assert database.execute(states) == was


@pytest.mark.long
def test_deferred_constraints(database: Any, tmp_path: Path) -> None:
    """Includes circular references, for which no order of tables is valid."""
    database.execute(
        """
        CREATE TABLE a (id integer PRIMARY KEY, b integer NOT NULL);
        CREATE TABLE b (id integer PRIMARY KEY, a integer NOT NULL REFERENCES a);
        INSERT INTO a SELECT g, 11 - g FROM generate_series(1, 10) g; INSERT INTO b SELECT b, id FROM a;
        ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'fired'; END $$;
        """
    )
    shop = database, back_up(database, tmp_path)
    before = contents(database)
    database.execute(
        "CREATE CONSTRAINT TRIGGER t AFTER INSERT OR UPDATE ON a DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION f()"
    )
    database.execute("BEGIN; DELETE FROM b WHERE id = 3; DELETE FROM a WHERE id = 8; COMMIT")
    assert contents(database) != before
    done = bring(shop, "a", "b", merge=True)
    assert contents(database) == before
    assert changes(done) == {"a": (1, 0, 0, 0), "b": (1, 0, 0, 0)}
    database.execute("BEGIN; TRUNCATE a, b; COMMIT")
    bring(shop, "a", "b")
    assert contents(database) == before


@pytest.mark.long
def test_references_to_another_key_than_the_primary_one(database: Any, tmp_path: Path) -> None:
    """If a code has moved to another row, ON UPDATE CASCADE would also change the rows that refer to it."""
    database.execute(
        """
        CREATE TABLE p (id integer PRIMARY KEY, code text UNIQUE);
        CREATE TABLE c (id integer PRIMARY KEY, code text REFERENCES p (code) ON UPDATE CASCADE ON DELETE CASCADE);
        INSERT INTO p VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO c VALUES (1, 'a'), (2, 'b');
        """
    )
    shop = database, back_up(database, tmp_path)
    database.execute("UPDATE p SET code = 'x' WHERE id = 1; UPDATE p SET code = 'y' WHERE id = 3")
    error = refused(shop, "foreign_keys_broken", "p", if_not_empty="replace")
    assert "c_code_fkey" in str(error)
    assert "(1,x)" in str(error)
    database.execute("UPDATE p SET code = 'a' WHERE id = 1")
    assert changes(bring(shop, "p", if_not_empty="replace")) == {"p": (0, 1, 0, 0)}
    database.execute(
        "DELETE FROM c; DELETE FROM p WHERE id = 1; UPDATE p SET id = 1 WHERE code = 'b';"
        "INSERT INTO p VALUES (2, 'a'); INSERT INTO c VALUES (9, 'a')"
    )
    refused(shop, "foreign_keys_broken", "p", if_not_empty="replace")


@pytest.mark.long
def test_values_that_change_places_are_refused_by_the_server(database: Any, tmp_path: Path) -> None:
    database.execute(
        "CREATE TABLE t (id integer PRIMARY KEY, v integer UNIQUE); INSERT INTO t VALUES (1, 1), (2, 2)"
    )
    shop = database, back_up(database, tmp_path)
    database.execute(
        "UPDATE t SET v = 3 WHERE id = 1; UPDATE t SET v = 1 WHERE id = 2; UPDATE t SET v = 2 WHERE id = 1"
    )
    before = contents(database)
    with pytest.raises(DatabaseError) as caught:
        bring(shop, "t", if_not_empty="replace")
    assert caught.value.code == "selected_rows_refused"
    assert "t_v_key" in str(caught.value)
    assert contents(database) == before


@pytest.mark.long
def test_partitions(make_database: Any, pg_version: int, tmp_path: Path) -> None:
    """A root table includes its partitions; foreign keys from and to partitioned tables; triggers of the root."""
    database = make_database(pg_version)
    database.execute(
        """
        CREATE TABLE p (id integer, part text, PRIMARY KEY (id, part)) PARTITION BY LIST (part);
        CREATE TABLE p_a PARTITION OF p FOR VALUES IN ('a'); CREATE TABLE p_b PARTITION OF p FOR VALUES IN ('b');
        CREATE TABLE c (id integer, part text, p_id integer, PRIMARY KEY (id, part),
            FOREIGN KEY (p_id, part) REFERENCES p ON DELETE SET NULL (p_id)) PARTITION BY LIST (part);
        CREATE TABLE c_a PARTITION OF c FOR VALUES IN ('a'); CREATE TABLE c_b PARTITION OF c FOR VALUES IN ('b');
        INSERT INTO p SELECT g, CASE g % 2 WHEN 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 20) g;
        INSERT INTO c SELECT g, CASE g % 2 WHEN 0 THEN 'a' ELSE 'b' END, g FROM generate_series(1, 20) g;
        """
        if pg_version >= 15
        else ""
    )
    shop = database, back_up(database, tmp_path)
    before = contents(database)
    database.execute(
        """
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'fired'; END $$;
        DELETE FROM p WHERE id IN (3, 4);
        CREATE TRIGGER t BEFORE INSERT OR UPDATE ON p FOR EACH ROW EXECUTE FUNCTION f();
        CREATE TRIGGER t BEFORE INSERT OR UPDATE ON c FOR EACH ROW EXECUTE FUNCTION f();
        """
    )
    assert changes(bring(shop, "p_a", merge=True)) == {"p_a": (1, 0, 0, 0)}
    done = bring(shop, "p", "c", merge=True)
    # Row 4 was restored before, without c, so its reference was not lost by this restore.
    assert changes(done) == {
        "c_a": (0, 0, 0, 0),
        "c_b": (0, 0, 0, 1),
        "p_a": (0, 0, 0, 0),
        "p_b": (1, 0, 0, 0),
    }
    bring(shop, "c", if_not_empty="replace")
    assert contents(database) == before
    database.execute(
        "ALTER TABLE p DISABLE TRIGGER t; ALTER TABLE c DISABLE TRIGGER t;"
        "INSERT INTO p VALUES (21, 'a'), (22, 'b'); INSERT INTO c VALUES (21, 'a', 21), (22, 'b', 22)"
    )
    error = refused(shop, "foreign_keys_broken", "p", if_not_empty="replace")
    assert "c_a (p_id, part) → public.p" in str(error).replace("public.c_a", "c_a")
    error = refused(shop, "foreign_keys_broken", "p", "c_a", if_not_empty="replace")
    assert "c_a" not in str(error)
    done = bring(shop, "p", "c", if_not_empty="replace")
    assert contents(database) == before
    assert [count[2] for count in changes(done).values()] == [1, 1, 1, 1]
    database.execute("TRUNCATE p, c")
    bring(shop, "c", "p")
    assert contents(database) == before


def test_odd_names(database: Any, tmp_path: Path) -> None:
    database.execute(
        """
        CREATE SCHEMA "a.b"; CREATE SCHEMA a;
        CREATE TABLE "a.b".c (id integer PRIMARY KEY, "%s ""x"" é" text); CREATE TABLE a."b.c" (LIKE "a.b".c INCLUDING ALL);
        CREATE TABLE "odd name; ""quoted"".é" (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "select" text);
        CREATE TABLE "T" (id integer PRIMARY KEY); CREATE TABLE t (id integer PRIMARY KEY); CREATE TABLE a.t ();
        INSERT INTO "a.b".c VALUES (1, '%s'); INSERT INTO a."b.c" VALUES (1, '%(x)s'), (2, '');
        INSERT INTO "odd name; ""quoted"".é" ("select") VALUES (NULL), (''), (E'\\.'), ('NULL');
        INSERT INTO "T" VALUES (1); INSERT INTO t VALUES (1), (2); INSERT INTO a.t SELECT FROM generate_series(1, 3);
        """
    )
    shop = database, back_up(database, tmp_path)
    before = contents(database)
    database.execute('TRUNCATE "a.b".c, a."b.c", "odd name; ""quoted"".é", "T", t, a.t')
    for name, code in (
        ("a.b.c", "table_ambiguous"),
        ("t", "table_ambiguous"),
        ("tickets", "table_not_in_backup"),
        ("public.x", "table_not_in_backup"),
    ):
        assert isinstance(refused(shop, code, name), ArchiveError)
    error = refused(shop, "table_ambiguous", "a.b.c")
    assert '"a.b".c, a."b.c"' in str(error)
    done = bring(shop, '"a.b".c', 'a."b.c"', 'odd name; "quoted".é', "T", "public.t", "a.t")
    assert contents(database) == before
    assert done.result.changed
    assert not bring(shop, 'a."b.c"', "a.t").result.changed
    assert 'odd name; "quoted".é' in str(refused(shop, "table_not_in_backup", 'odd name; "quoted"'))


@pytest.mark.long
def test_names_that_look_like_others_are_told(shop: Any) -> None:
    assert "public.Tickets" in str(refused(shop, "table_not_in_backup", "tickets"))
    assert "public.Messages" in str(refused(shop, "table_not_in_backup", "public.Mesages"))


def test_rows_that_are_not_in_the_backup_are_not_made_none(shop: Any, tmp_path: Path) -> None:
    database, _archive = shop
    options = DatabaseOptions(jobs=2, exclude_table_data=("Log",))
    archive = back_up(database, tmp_path, database=options)
    refused((database, archive), "table_rows_left_out", "Log", if_not_empty="replace")


def test_sequences_move_on_and_never_back(shop: Any) -> None:
    database, _archive = shop
    database.execute(
        'TRUNCATE "Tickets", "Messages" RESTART IDENTITY; SELECT setval(\'"Companies_id_seq"\', 99);'
        'DELETE FROM "Companies" WHERE id = 3'
    )
    done = bring(shop, "Tickets", "Companies", "Users", merge=True)
    moved = {change["sequence"]: (change["old"], change["new"]) for change in done.result.sequences}
    assert moved == {
        'public."Tickets_id_seq"': (1, 9),
        'public."Companies_id_seq"': (100, 100),
        'public."Users_id_seq"': (10, 10),
    }
    assert database.execute("INSERT INTO \"Tickets\" (status) VALUES ('new') RETURNING id") == [(9,)]
    assert database.execute("SELECT nextval('\"Companies_id_seq\"')") == [(100,)]
    database.execute('TRUNCATE "Messages"; TRUNCATE "Tickets" RESTART IDENTITY CASCADE')
    assert bring(shop, "Tickets", fix_sequences=False).result.sequences == []
    assert database.execute("SELECT nextval('\"Tickets_id_seq\"')") == [(1,)]


def test_sessions_come_back_cleared_and_those_in_use_stay(shop: Any) -> None:
    database, _archive = shop
    database.execute(
        """
        INSERT INTO "Whatsapps" (name, session, status) VALUES ('new', 'live', 'CONNECTED');
        UPDATE "Whatsapps" SET session = 'newer', name = 'renamed' WHERE id = 1
        """
    )
    look = 'SELECT id, name, session, status, qrcode FROM "Whatsapps" ORDER BY 1'
    done = bring(shop, "Whatsapps", "BaileysKeys", if_not_empty="replace")
    assert done.codes == ["sessions_left_out"]
    assert database.execute(look) == [(1, "loja", "newer", "CONNECTED", "qr")]
    assert not bring(shop, "Whatsapps", if_not_empty="replace").result.changed
    assert not bring(shop, "Whatsapps").result.changed
    database.execute('DELETE FROM "Whatsapps"; DELETE FROM "BaileysKeys"')
    done = bring(shop, "Whatsapps", "BaileysKeys", merge=True)
    assert database.execute(look) == [(1, "loja", "", "DISCONNECTED", "")]
    assert database.execute('SELECT count(*) FROM "BaileysKeys"') == [(0,)]
    assert done.result.whatsapp_sessions == {"Whatsapps": 1, "BaileysKeys": 0}
    database.execute('DELETE FROM "Whatsapps"')
    done = bring(shop, "Whatsapps", "BaileysKeys", clear_sessions=False)
    assert database.execute(look) == [(1, "loja", "secret", "CONNECTED", "qr")]
    assert database.execute('SELECT value FROM "BaileysKeys"') == [("v",)]


@pytest.mark.long
def test_without_digests_in_the_backup(shop: Any, tmp_path: Path) -> None:
    database, _archive = shop
    plain = database, back_up(database, tmp_path, database=DatabaseOptions(jobs=2, row_digests=False))
    before = contents(database)
    assert not bring(plain, "Messages", "Log").result.changed
    database.execute("DELETE FROM \"Messages\" WHERE id = 'm1'; INSERT INTO \"Log\" VALUES ('b')")
    refused(plain, "selected_not_empty", "Messages", "Log")
    bring(plain, "Messages", "Log", if_not_empty="replace")
    assert contents(database) == before
    assert not bring(plain, "Messages", "Log", if_not_empty="replace").result.changed


@pytest.mark.long
def test_materialized_views_are_told(shop: Any) -> None:
    database, _archive = shop
    database.execute(
        'CREATE VIEW v AS SELECT * FROM "Messages"; CREATE MATERIALIZED VIEW "M v" AS SELECT count(*) FROM v;'
        "DELETE FROM \"Messages\" WHERE id = 'm1'"
    )
    done = bring(shop, "Messages", merge=True)
    assert done.codes == ["materialized_views_stale"]
    assert 'public."M v"' in str(done.notices[0])


@pytest.mark.long
def test_who_stands_in_the_way_is_told(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selective_transaction, "_ATTEMPTS", 2)
    database, _archive = shop
    database.execute("DELETE FROM \"Messages\" WHERE id = 'm1'")
    before = contents(database)
    with closing(database.connect(application_name="the old report")) as other, other.cursor() as cursor:
        cursor.execute("UPDATE \"Messages\" SET body = body WHERE id = 'm2'")
        with pytest.raises(DatabaseError) as caught:
            bring(shop, "Messages", if_not_empty="replace")
        assert caught.value.code == "selected_locked"
        for words in (
            "public.Messages",
            "the old report",
            "idle in transaction",
            f"pid {other.info.backend_pid}",
        ):
            assert words in str(caught.value)
        assert contents(database) == before
        # A merge does not block other sessions, and is not blocked by them.
        assert bring(shop, "Messages", merge=True).result.changed


@pytest.mark.long
def test_it_waits_for_whoever_ends_soon(shop: Any) -> None:
    database, _archive = shop
    database.execute("DELETE FROM \"Messages\" WHERE id = 'm1'")
    with closing(database.connect()) as other, other.cursor() as cursor:
        cursor.execute("INSERT INTO \"Messages\" VALUES ('late', 1, 'late')")
        timer = threading.Timer(2, other.commit)
        timer.start()
        done = bring(shop, "Messages", if_not_empty="replace")
        timer.join()
    assert changes(done) == {"Messages": (1, 0, 1, 0)}


@pytest.mark.long
def test_a_parent_that_goes_at_the_last_moment(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A violation that only the server's foreign keys detect is reported like one that is found before."""
    database, _archive = shop
    database.execute('DELETE FROM "Messages" WHERE "ticketId" = 1')
    real, calls = merge_statement.write, []

    def write(session: Any, tables: Any) -> None:
        if not calls:
            database.execute('DELETE FROM "Tickets" WHERE id = 1')
        calls.append(1)
        real(session, tables)

    monkeypatch.setattr(selective_transaction, "write", write)
    with pytest.raises(DatabaseError) as caught:
        bring(shop, "Messages", merge=True)
    assert caught.value.code == "parents_missing"
    assert len(calls) == 1
    assert database.execute('SELECT count(*) FROM "Messages" WHERE "ticketId" = 1') == [(0,)]


@pytest.mark.long
def test_an_account_with_no_more_rights_than_the_owner(shop: Any) -> None:
    """Without a superuser, foreign keys can't be disabled; this is not necessary."""
    database, _archive = shop
    name = f"owner_{database.name}"
    database.execute(
        f"""
        CREATE ROLE {name} LOGIN PASSWORD 'owner';
        DO $$ DECLARE r record; BEGIN
            FOR r IN SELECT relname, relkind FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
                EXECUTE format('ALTER TABLE %I OWNER TO {name}', r.relname); END LOOP; END $$;
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'fired'; END $$;
        CREATE TRIGGER t BEFORE INSERT ON "Messages" FOR EACH ROW EXECUTE FUNCTION f();
        ALTER TABLE "Tickets" ENABLE ROW LEVEL SECURITY;
        """
    )
    try:
        server = replace(runs.reach(database), user=name, password="owner")
        before = contents(database)
        database.execute('DELETE FROM "Tickets" WHERE id = 1; TRUNCATE "Log"')
        assert bring(shop, "Tickets", "Messages", merge=True, server=server).result.changed
        bring(shop, "Log", server=server)
        assert contents(database) == before
        database.execute('ALTER TABLE "Log" OWNER TO CURRENT_USER; TRUNCATE "Log"')
        error = refused(shop, "permission_denied", "Log", server=server)
        assert "Log" in str(error)
        database.execute('ALTER TABLE "Tickets" FORCE ROW LEVEL SECURITY; DELETE FROM "Tickets" WHERE id = 1')
        refused(shop, "permission_denied", "Tickets", "Messages", merge=True, server=server)
    finally:
        database.execute(f"REASSIGN OWNED BY {name} TO CURRENT_USER; DROP OWNED BY {name}; DROP ROLE {name}")


@pytest.mark.long
def test_a_run_that_is_asked_to_stop(shop: Any) -> None:
    database, _archive = shop
    database.execute('TRUNCATE "Messages"')
    before = contents(database)

    phases: list[str] = []

    def progress(**facts: Any) -> None:
        phases.append(facts["phase"])

    def check() -> None:
        if phases and phases[-1] == "writing rows":
            raise CancelledError("cancelled", signal="SIGTERM")

    with pytest.raises(CancelledError):
        bring(shop, "Messages", run=Run(progress=progress, check=check))
    assert contents(database) == before


def test_a_part_that_is_damaged_changes_nothing(shop: Any) -> None:
    database, archive = shop
    content = bytearray(Path(archive).read_bytes())
    content[content.index(b"m150,")] ^= 1
    Path(archive).write_bytes(content)
    database.execute('TRUNCATE "Messages"')
    assert isinstance(refused(shop, "archive_damaged", "Messages"), ArchiveError)
    database.execute('TRUNCATE "Log"')
    assert bring(shop, "Log").result.changed


def test_options_that_make_no_sense_together(shop: Any) -> None:
    for options in (
        {"merge": True, "if_not_empty": "replace"},
        {"strategy": "swap"},
        {"components": ("directories",)},
        {"components": ("database", "config")},
    ):
        assert isinstance(refused(shop, "option_invalid", "Log", **options), HostError)


@pytest.mark.long
def test_another_restore_of_the_same_database_waits_its_turn(shop: Any) -> None:
    from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.target import Target

    with Target.open(runs.reach(shop[0])):
        refused(shop, "restore_running", "Log")


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.variants
def test_a_table_and_a_file_come_back_together_or_not_at_all(
    shop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    """The connection is lost at the commit, after the files were restored; the outcome is read from the server."""
    database, _archive = shop
    public = tmp_path / "public"
    public.mkdir()
    (public / "a.jpg").write_bytes(b"a")
    (public / "b.jpg").write_bytes(b"b")
    both = database, back_up(database, tmp_path, directories={"public": public})
    before, files = contents(database), {"a.jpg": b"a", "b.jpg": b"b"}
    options: Any = {"paths": ["public/a.jpg", "public/b.jpg"], "directories": {"public": public}}
    options["if_not_empty"] = "replace"
    database.execute("DELETE FROM \"Messages\" WHERE id = 'm1'")
    (public / "a.jpg").unlink()
    (public / "b.jpg").write_bytes(b"changed")
    without = contents(database)
    lose_the_connection_at_the_commit(monkeypatch, committed=committed)
    if committed:
        bring(both, "Messages", **options)
        assert contents(database) == before
    else:
        with pytest.raises(DatabaseError) as caught:
            bring(both, "Messages", **options)
        assert caught.value.code == "connection_lost"
        assert contents(database) == without
        assert {path.name: path.read_bytes() for path in public.iterdir()} == {"b.jpg": b"changed"}
        monkeypatch.undo()
        done = bring(both, "Messages", **options)
        assert done.result.directories["public"]["created"] == 1
    assert contents(database) == before
    assert {path.name: path.read_bytes() for path in public.iterdir()} == files
    assert not bring(both, "Messages", **options).result.changed


@pytest.mark.long
def test_a_server_that_does_not_come_back_after_the_commit(
    shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, _archive = shop
    before = contents(database)
    database.execute("DELETE FROM \"Messages\" WHERE id = 'm1'")

    class Gone(Session):
        @classmethod
        def open(cls, server: Any, **options: Any) -> Any:
            return Session.open(replace(server, port=1, connect_timeout=1))

    def go() -> None:
        monkeypatch.setattr(transaction, "Session", Gone)

    lose_the_connection_at_the_commit(monkeypatch, committed=True, then=go)
    with pytest.raises(DatabaseError) as caught:
        bring(shop, "Messages", merge=True)
    assert caught.value.code == "commit_undecided"
    assert "run this again" in str(caught.value)
    monkeypatch.undo()
    assert not bring(shop, "Messages", merge=True).result.changed
    assert contents(database) == before


def lose_the_connection_at_the_commit(
    monkeypatch: pytest.MonkeyPatch, *, committed: bool, then: Callable[[], None] = lambda: None
) -> None:
    """Make the server end the session right before or right after the next commit."""
    real = Session.execute

    def execute(self: Session, sql: str, *arguments: Any, **options: Any) -> int:
        if sql == "COMMIT":
            monkeypatch.setattr(Session, "execute", real)
            if committed:
                real(self, sql)
            then()
            real(self, "SELECT pg_terminate_backend(pg_backend_pid())")
        return real(self, sql, *arguments, **options)

    monkeypatch.setattr(Session, "execute", execute)


@pytest.mark.long
def test_keys_that_are_equal_but_not_the_same(database: Any, tmp_path: Path) -> None:
    database.execute(
        "CREATE TABLE t (id numeric PRIMARY KEY, v json); INSERT INTO t VALUES (1.00, '{}'), (2, NULL)"
    )
    shop = database, back_up(database, tmp_path)
    before = contents(database)
    database.execute("UPDATE t SET id = 1.0 WHERE id = 1; UPDATE t SET v = '[]' WHERE id = 2")
    assert changes(bring(shop, "t", if_not_empty="replace")) == {"t": (0, 2, 0, 0)}
    assert contents(database) == before


_KILLED = """
import json, sys
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.server import Server
from ansible_collections.ticketz.sidekick.tests.support.kills import Reports
from ansible_collections.ticketz.sidekick.tests.support.selected import restore
from pathlib import Path
given = json.loads(sys.stdin.read())
reports = Reports(int(sys.argv[1]))
restore(given["archive"], Server(**given["server"]), reports.run, tables=["Messages", "Tickets"], paths=["public"],
        merge=True, directories={"public": Path(given["public"])})
"""


@pytest.mark.long
def test_killed_at_any_moment(shop: Any, tmp_path: Path) -> None:
    """All rows are restored or none; a file is missing or complete; the next run completes the restore."""
    database, _archive = shop
    public = tmp_path / "public"
    for number in range(300):
        (public / str(number % 3)).mkdir(parents=True, exist_ok=True)
        (public / str(number % 3) / f"{number}.jpg").write_bytes(b"%d" % number * 5000)
    both = database, back_up(database, tmp_path, directories={"public": public})
    rows, files = contents(database), runs.tree(public)
    content = {path: facts[-1] for path, facts in files.items() if facts[-1]}
    server = runs.reach(database)
    given = {"archive": both[1], "public": str(public)}
    login = {"host": server.host, "port": server.port, "user": server.user, "password": server.password}
    text = json.dumps({**given, "server": {**login, "database": server.database}})

    def lose() -> dict[str, tuple[int, str]]:
        database.execute('DELETE FROM "Tickets" WHERE id IN (3, 4)')
        for number in range(0, 300, 2):
            (public / str(number % 3) / f"{number}.jpg").unlink()
        return contents(database)

    lose()
    reports = Reports()
    bring_back = functools.partial(bring, both, "Messages", "Tickets", merge=True, paths=["public"])
    bring_back(directories={"public": public}, run=reports.run)
    outcomes = set()
    for deadly in [*reports.spread(10), 0]:
        lost = lose()
        command = [sys.executable, "-c", _KILLED, str(deadly)]
        done = subprocess.run(command, input=text, text=True, check=False)
        assert done.returncode == (-signal.SIGKILL if deadly else 0)
        wait_for_the_server(database)
        found = contents(database)
        assert found in (lost, rows)
        there = {path: facts[-1] for path, facts in runs.tree(public).items() if facts[-1]}
        assert there.items() <= content.items()
        outcomes.add((found == rows, len(there) == len(content)))
        bring_back(directories={"public": public})
        assert contents(database) == rows
        assert {path: facts[-1] for path, facts in runs.tree(public).items() if facts[-1]} == content
        assert sorted(os.listdir(tmp_path)) == ["public", "store"]
    assert {(True, True), (False, False)} <= outcomes


def wait_for_the_server(database: Any) -> None:
    """Wait until the server has ended the sessions of a killed client."""
    sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'ticketz.sidekick%'"
    wait_until(lambda: database.execute(sql) == [(0,)])
