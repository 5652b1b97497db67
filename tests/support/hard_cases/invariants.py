# SPDX-License-Identifier: GPL-3.0-or-later
"""A bank whose accounts balance in every snapshot, and tables that are rewritten but never lose a row."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from typing import Any

import psycopg2
from psycopg2 import errors, extensions

_SCHEMA = """
CREATE SCHEMA bank;
CREATE TABLE bank.accounts (id integer PRIMARY KEY, owner text NOT NULL, balance bigint NOT NULL DEFAULT 0,
    entries integer NOT NULL DEFAULT 0);
CREATE TABLE bank.transfers (id bigserial PRIMARY KEY, amount bigint NOT NULL CHECK (amount > 0), note text);
CREATE TABLE bank.entries (account integer NOT NULL REFERENCES bank.accounts, n integer NOT NULL,
    transfer bigint NOT NULL REFERENCES bank.transfers ON DELETE CASCADE, amount bigint NOT NULL,
    running bigint NOT NULL,
    owner text NOT NULL, padding text, PRIMARY KEY (account, n)) PARTITION BY HASH (account);
CREATE TABLE bank.entries_0 PARTITION OF bank.entries FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE bank.entries_1 PARTITION OF bank.entries FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE bank.entries_2 PARTITION OF bank.entries FOR VALUES WITH (MODULUS 3, REMAINDER 2);
CREATE INDEX ON bank.entries (transfer);
"""

_CHECKS: dict[str, str] = {
    "an account's balance is not the sum of its entries": """
        SELECT a.id FROM bank.accounts a LEFT JOIN bank.entries e ON e.account = a.id
        GROUP BY a.id, a.balance, a.entries
        HAVING a.balance <> coalesce(sum(e.amount), 0) OR a.entries <> count(e.n)""",
    "the balances do not add up to zero": "SELECT sum(balance) FROM bank.accounts HAVING sum(balance) <> 0",
    "a running balance is wrong, or an entry is missing": """
        SELECT account, n FROM (SELECT account, n, running, sum(amount) OVER w AS total,
        row_number() OVER w AS number
        FROM bank.entries WINDOW w AS (PARTITION BY account ORDER BY n)) AS s
        WHERE running <> total OR n <> number""",
    "a transfer does not have two entries that cancel out": """
        SELECT t.id FROM bank.transfers t LEFT JOIN bank.entries e ON e.transfer = t.id
        GROUP BY t.id, t.amount
        HAVING count(e.n) <> 2 OR sum(e.amount) <> 0 OR max(e.amount) <> t.amount""",
    "an entry without its transfer": """
        SELECT e.account, e.n FROM bank.entries e
        WHERE NOT EXISTS (SELECT FROM bank.transfers t WHERE t.id = e.transfer)""",
    "an entry without its account, or under another owner": """
        SELECT e.account, e.n FROM bank.entries e
        WHERE NOT EXISTS (SELECT FROM bank.accounts a WHERE a.id = e.account AND a.owner = e.owner)""",
    "the sequence is behind the transfers": """
        SELECT last_value FROM bank.transfers_id_seq
        WHERE last_value < (SELECT max(id) FROM bank.transfers)""",
}


def build_bank(
    conn: extensions.connection, *, accounts: int = 50, transfers: int = 1000, seed: int = 1
) -> None:
    """Create the schema `bank` with some transfers."""
    rng = random.Random(seed)
    with conn, conn.cursor() as cur:
        cur.execute(_SCHEMA)
        cur.execute(
            "INSERT INTO bank.accounts (id, owner) SELECT g, 'owner ' || g FROM generate_series(1, %s) g",
            (accounts,),
        )
        for _number in range(transfers):
            _transfer(cur, rng, accounts)


def check(conn: extensions.connection) -> list[str]:
    """Return violated invariants of the bank; an empty list if there are none."""
    found: list[str] = []
    with conn, conn.cursor() as cur:
        for message, query in _CHECKS.items():
            cur.execute(query + " LIMIT 3" if "HAVING sum(balance)" not in query else query)
            rows = cur.fetchall()
            if rows:
                found.append("%s: %s" % (message, rows))
    return found


def _pair(cur: extensions.cursor, rng: random.Random, accounts: int) -> list[tuple[Any, ...]]:
    """Lock two accounts in the order of their ids, and return them in random order."""
    chosen = rng.sample(range(1, accounts + 1), 2)
    cur.execute(
        "SELECT id, owner, balance, entries FROM bank.accounts WHERE id = ANY (%s) ORDER BY id FOR UPDATE",
        (chosen,),
    )
    rows = cur.fetchall()
    return rows if rng.random() < 0.5 else rows[::-1]


def _transfer(cur: extensions.cursor, rng: random.Random, accounts: int) -> None:
    pair = _pair(cur, rng, accounts)
    amount = rng.randrange(1, 10_000)
    cur.execute(
        "INSERT INTO bank.transfers (amount, note) VALUES (%s, %s) RETURNING id",
        (amount, "n" * rng.randrange(50)),
    )
    identity = (cur.fetchone() or (0,))[0]
    for (account, owner, balance, entries), signed in zip(pair, (amount, -amount)):
        cur.execute(
            "INSERT INTO bank.entries VALUES (%s, %s, %s, %s, %s, %s, repeat('x', %s))",
            (account, entries + 1, identity, signed, balance + signed, owner, rng.randrange(300)),
        )
        cur.execute(
            "UPDATE bank.accounts SET balance = balance + %s, entries = entries + 1 WHERE id = %s",
            (signed, account),
        )


def _rename(cur: extensions.cursor, rng: random.Random, accounts: int) -> None:
    """Change the owner of an account and of all its entries."""
    account = rng.randrange(1, accounts + 1)
    cur.execute("SELECT FROM bank.accounts WHERE id = %s FOR UPDATE", (account,))
    name = "owner %d" % rng.getrandbits(30)
    cur.execute("UPDATE bank.accounts SET owner = %s WHERE id = %s", (name, account))
    cur.execute("UPDATE bank.entries SET owner = %s WHERE account = %s", (name, account))


def _take_back(cur: extensions.cursor, rng: random.Random, accounts: int) -> None:
    """Delete the last transfer of an account, if it is also the last one of the other account."""
    cur.execute(
        "SELECT e.transfer FROM bank.entries e JOIN bank.accounts a ON a.id = e.account AND a.entries = e.n "
        "GROUP BY e.transfer HAVING count(*) = 2 LIMIT 1 OFFSET %s",
        (rng.randrange(3),),
    )
    row = cur.fetchone()
    if row is None:
        return
    cur.execute(
        "SELECT a.id FROM bank.accounts a WHERE id IN (SELECT account FROM bank.entries WHERE transfer = "
        "%s) ORDER BY id FOR UPDATE",
        row,
    )
    cur.execute(
        "SELECT count(*) FROM bank.entries e JOIN bank.accounts a ON a.id = e.account AND a.entries = e.n "
        "WHERE e.transfer = %s",
        row,
    )
    if (cur.fetchone() or (0,))[0] == 2:
        cur.execute(
            "UPDATE bank.accounts a SET balance = a.balance - e.amount, entries = a.entries - 1 "
            "FROM bank.entries e WHERE e.account = a.id AND e.transfer = %s",
            row,
        )
        cur.execute("DELETE FROM bank.transfers WHERE id = %s", row)


class _Worker(threading.Thread):
    """A thread that repeats one step until it is stopped. `error` is the exception that ended it."""

    def __init__(self, connection_kwargs: Mapping[str, Any], seed: int, lock_timeout_ms: int) -> None:
        super().__init__(daemon=True)
        self.steps = 0
        self.blocked = 0
        self.error: BaseException | None = None
        self._kwargs = dict(connection_kwargs)
        self._rng = random.Random(seed)
        self._lock_timeout_ms = lock_timeout_ms
        self._ended = threading.Event()

    def __enter__(self) -> _Worker:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    def stop(self, timeout: float = 30) -> None:
        """End the thread after the current step; raise the exception that ended it earlier, if any."""
        self._ended.set()
        self.join(timeout)
        if self.error is not None:
            raise self.error

    def run(self) -> None:
        try:
            connection = psycopg2.connect(**self._kwargs)
            try:
                while not self._ended.is_set():
                    self._try(connection)
            finally:
                connection.close()
        except BaseException as exc:  # pylint: disable=broad-exception-caught
            self.error = exc

    def _try(self, connection: extensions.connection) -> None:
        try:
            with connection, connection.cursor() as cur:
                cur.execute("SET LOCAL lock_timeout = %s", (self._lock_timeout_ms,))
                cur.execute("SET LOCAL synchronous_commit = off")
                self.step(cur)
            self.steps += 1
        except (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure):
            self.blocked += 1

    def step(self, cur: extensions.cursor) -> None:
        raise NotImplementedError


class Writer(_Worker):
    """Inserts, updates and deletes in the bank without a pause, in transactions that keep the invariants."""

    def __init__(
        self,
        connection_kwargs: Mapping[str, Any],
        *,
        accounts: int = 50,
        seed: int = 1,
        lock_timeout_ms: int = 10_000,
    ) -> None:
        super().__init__(connection_kwargs, seed, lock_timeout_ms)
        self._accounts = accounts

    def step(self, cur: extensions.cursor) -> None:
        action = self._rng.choices((_transfer, _rename, _take_back), (8, 1, 3))[0]
        action(cur, self._rng, self._accounts)


class Disturber(_Worker):
    """Truncates, rewrites, drops and creates tables without a pause; every committed state contains all rows.

    It waits for locks only briefly, and so keeps requesting them while other sessions have them.
    """

    TABLES = 6
    ROWS = 2000

    def __init__(
        self, connection_kwargs: Mapping[str, Any], *, seed: int = 1, lock_timeout_ms: int = 20
    ) -> None:
        super().__init__(connection_kwargs, seed, lock_timeout_ms)

    @classmethod
    def build(cls, conn: extensions.connection) -> None:
        """Create the schema `disturbed`."""
        with conn, conn.cursor() as cur:
            cur.execute("CREATE SCHEMA disturbed")
            for number in range(cls.TABLES):
                cls._create(cur, number)

    @classmethod
    def check(cls, conn: extensions.connection) -> list[str]:
        """Return errors for tables without the rows that every committed state contains."""
        found: list[str] = []
        with conn, conn.cursor() as cur:
            for number in range(cls.TABLES):
                cur.execute("SELECT to_regclass(%s)", ("disturbed.steady_%d" % number,))
                if (cur.fetchone() or (None,))[0] is None:
                    found.append("disturbed.steady_%d is missing" % number)
                    continue
                cur.execute("SELECT count(*), coalesce(sum(id::bigint), 0) FROM disturbed.steady_%d" % number)
                rows, total = cur.fetchone() or (0, 0)
                if (rows, int(total)) != (cls.ROWS, cls.ROWS * (cls.ROWS + 1) // 2):
                    found.append("disturbed.steady_%d has %d rows, not %d" % (number, rows, cls.ROWS))
        return found

    def step(self, cur: extensions.cursor) -> None:
        number = self._rng.randrange(self.TABLES)
        table = "disturbed.steady_%d" % number
        action = self._rng.randrange(6)
        if action == 0:
            cur.execute("TRUNCATE %s" % table)
            self._fill(cur, table)
        elif action == 1:
            kind = self._rng.choice(("bigint", "numeric", "integer"))
            cur.execute("ALTER TABLE %s ALTER id TYPE %s USING id::%s" % (table, kind, kind))
        elif action == 2:
            cur.execute("DROP TABLE %s" % table)
            self._create(cur, number)
        elif action == 3:
            cur.execute("DROP TABLE IF EXISTS disturbed.passing_%d" % number)
            cur.execute("CREATE TABLE disturbed.passing_%d AS SELECT generate_series(1, 500) AS id" % number)
        elif action == 4:
            cur.execute("DROP TABLE IF EXISTS disturbed.passing_%d" % number)
        else:
            cur.execute(
                "ALTER TABLE %s ADD COLUMN IF NOT EXISTS extra double precision DEFAULT random()" % table
            )
            cur.execute("ALTER TABLE %s DROP COLUMN extra" % table)

    @classmethod
    def _create(cls, cur: extensions.cursor, number: int) -> None:
        table = "disturbed.steady_%d" % number
        cur.execute("CREATE TABLE %s (id bigint PRIMARY KEY, v text)" % table)
        cls._fill(cur, table)

    @classmethod
    def _fill(cls, cur: extensions.cursor, table: str) -> None:
        cur.execute(
            "INSERT INTO %s (id, v) SELECT g, md5(g::text) FROM generate_series(1, %d) g" % (table, cls.ROWS)
        )
