# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every parser of what comes from an archive, a store, another host, an env file or an old dump, with honest content for it.

To add one: a function that parses bytes and does with the result what the product does, and seeds that it takes.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import cipher, csvrows, rediskeys
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.entries import parse_entry
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.manifest import Manifest
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.info import InfoRequest, info
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError
from ansible_collections.ticketz.sidekick.plugins.module_utils._offsite import inventory
from ansible_collections.ticketz.sidekick.plugins.module_utils._outcome import Outcome
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres import schema_sql, sequence_states
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.catalog import jsonl
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.plain_dump import DumpReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._postgres.plain_dump_summary import summarise
from ansible_collections.ticketz.sidekick.plugins.module_utils._run import run_status
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner import options_file
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.report import report
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack.env_file import parse_env
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import (
    audit,
    audit_check,
    fields,
    lock,
    retention,
    sidecar,
    store,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.sidecar import DRILLED, VERIFIED, Proof
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap import record
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import ROOT, Forge, entry
from ansible_collections.ticketz.sidekick.tests.support.legacy_samples import DUMP
from ansible_collections.ticketz.sidekick.tests.support.store_samples import (
    NOW,
    SOURCE,
    sidecar_for,
)

KEY = Key.from_text("7f" * 32)


@dataclass(frozen=True)
class Parser:
    """One parser.

    :param read: parses content, and goes on with what came of it.
    :param seeds: content that it takes.
    :param json: whether that is JSON, which is then changed as such as well.
    :param raises: what it raises beside the product's own errors.
    """

    name: str
    read: Callable[[bytes], object]
    seeds: list[bytes]
    json: bool = False
    raises: tuple[type[Exception], ...] = ()

    def __repr__(self) -> str:
        return self.name


def _sidecar(data: bytes) -> None:
    found = sidecar.from_json(fields.parse(data))
    assert sidecar.from_json(fields.parse(sidecar.serialize(found))) == found
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / found.file).write_bytes(b"archive")
        sidecar.save(Path(folder) / f"{found.file}.json", found)
        seen = info(InfoRequest(Path(folder), now=NOW, max_drill_age=1, max_copy_age=1, key=KEY))
        shown = json.loads(json.dumps(seen.describe()))
        for language in ("en", "pt"):
            report("backup_info", Outcome(False, shown), check=False, language=language)
        retention.plan(seen.backups, retention.Policy(keep_last=1), NOW)


def _store_record(data: bytes) -> None:
    store._from_json(fields.parse(data))
    store.parse_strictly(fields.parse(data))


def _dump(data: bytes) -> None:
    summarise(DumpReader(iter([memoryview(data)]), "old.sql"), "old.sql", lambda _rows, _bytes: None)


def _env(data: bytes) -> None:
    found = parse_env(data.decode("utf-8", "replace"))
    for name in found:
        try:
            found[name]
        except SidekickError as error:
            str(error)


def _audit(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / audit.LOG_FILE).write_bytes(data)
        report = audit_check.check(Path(folder), [])
        json.dumps([report.describe(), *(problem.describe() for problem in report.problems)])


def _runs(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "ticketz-daily.json").write_bytes(data)
        run_status.list_runs(Path(folder))


def _csv(data: bytes) -> None:
    csvrows.csv_shape(memoryview(data))
    csvrows.csv_columns(memoryview(data))


def _header(data: bytes) -> None:
    cipher.open_header(data, KEY, "archive")


_ID = "backup_20260131_020000"
_PROOFS = {
    VERIFIED: Proof("2026-01-31T02:00:05Z", "backup", "quick", mac=f"{'00' * 16}.{'00' * 32}"),
    DRILLED: Proof("2026-02-01T02:00:05Z", "verify", "drill", 9.5, 8.0, ("database",), "16.14"),
}
_SIDECARS = [
    sidecar.serialize(sidecar_for(_ID)),
    sidecar.serialize(
        sidecar_for(_ID, encryption="aes256", proofs=_PROOFS, label="a", pin="2027-01-31T02:00:05Z")
    ),
]
_RECORD = {
    "format": 1,
    "uuid": "0b9f4a9e-2b7e-4f0e-9d3c-1f2e3d4c5b6a",
    "source": {"system_identifier": SOURCE.system_identifier, "database": SOURCE.database},
    "created": "2026-01-31T02:00:05Z",
    "former": [
        {"system_identifier": "1", "database": "a", "until": "2026-01-31T02:00:05Z", "reason": "adopted"}
    ],
}
_INVENTORY = {
    "format": 1,
    "copies": [
        {
            "file": f"{_ID}.tar.gz",
            "size": 1,
            "sha256": "0" * 64,
            "state": "good",
            "synced": "2026-01-31T02:00:05Z",
        }
    ],
    "staged": {f"{_ID}.tar.zst": 5},
    "free": 10**9,
    "record": _RECORD,
    "extents": {"audit.jsonl": {"size": 3, "sha256": "0" * 64}},
}
_HOLDER = {
    "pid": 4321, "boot_id": "b", "host": "h", "start_ticks": 9, "verb": "backup", "started": "2026-01-31T02:00:05Z",
    "job_id": "j",
}  # fmt: skip
_RUN = {
    "name": "ticketz-daily",
    "state": "running",
    "pid": 4321,
    "boot_id": "b",
    "host": "h",
    "start_ticks": 9,
}
_SCHEMA = b"""--
-- PostgreSQL database dump
--

SET statement_timeout = 0;

--
-- Name: T; Type: TABLE; Schema: public; Owner: ticketz
--

CREATE TABLE public."T" (
    id integer DEFAULT 'a''b' NOT NULL,
    body text DEFAULT E'c\\'d' -- a comment
);


--
-- Name: f(integer); Type: FUNCTION; Schema: public; Owner: ticketz
--

CREATE FUNCTION public.f(integer) RETURNS text
    LANGUAGE sql
    AS $_$ SELECT '--' || $1 /* ; */ $_$;


--
-- PostgreSQL database dump complete
--

"""
_ENV = b"""# Ticketz
DB_HOST=postgres
export DB_PASS='se$cret' # not the comment
BACKEND_URL="https://${HOST:-localhost}:${PORT}/\\n"
HOST=example.org
"""


def _manifest() -> bytes:
    forge = Forge()
    forge.table(b"id\n1\n", 1)
    forge.member("config/x", b"y", "config")
    forge.directory([ROOT, (entry(b"a"), b"content")])
    return json.dumps(forge.manifest).encode()


def _lines(*values: object) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


def _journal() -> list[bytes]:
    database = record.DatabaseSwap("server", "1", "ticketz", "in", 1, "out", 2)
    looks = ((0, 0, 0o755, 1), (0, 0, 0o700, 2))
    directory = record.DirectorySwap("public", "/srv/public", "/srv/.spare", False, True, looks)
    swap = record.Record("x", "restore", "2026-01-31T02:00:05Z", _ID, True, "done", 2, database, (directory,))
    return [swap.to_json()]


_KEYS = [
    rediskeys.encode_key(rediskeys.RedisKey(b"jwt", "string", b"secret\xff", None)),
    rediskeys.encode_key(rediskeys.RedisKey(b"h", "hash", b"dump", 1_800_000_000_000)),
]

PARSERS = [
    Parser("sidecar", _sidecar, _SIDECARS, json=True, raises=(ValueError,)),
    Parser("store record", _store_record, [json.dumps(_RECORD).encode()], json=True, raises=(ValueError,)),
    Parser(
        "inventory",
        lambda data: inventory.from_json(fields.parse(data)),
        [json.dumps(_INVENTORY).encode()],
        json=True,
        raises=(ValueError,),
    ),
    Parser("lock", lock._parse, [json.dumps(_HOLDER).encode()], json=True),
    Parser("journal", lambda data: record.record_from_json(data, "journal"), _journal(), json=True),
    Parser("status of a plan", _runs, [json.dumps(_RUN).encode()], json=True),
    Parser(
        "options", lambda data: options_file._parse(data, "options"), [json.dumps(_RUN).encode()], json=True
    ),
    Parser("manifest", lambda data: Manifest.from_json(data, KINDS), [_manifest()], json=True),
    Parser(
        "index",
        lambda data: parse_entry(data, "index"),
        [entry(b"a/b.jpg", size=5, sha256="0" * 64).to_json(), entry(b"d", "dir").to_json()],
        json=True,
    ),
    Parser(
        "keys of Redis", lambda data: list(rediskeys.decode_keys(data, "redis")), [*_KEYS, b"".join(_KEYS)]
    ),
    Parser(
        "catalog",
        jsonl.from_jsonl,
        [_lines({"kind": "table", "name": "public.T", "definition": {"columns": ["id"]}, "acl": ["a=r/b"]})],
    ),
    Parser(
        "sequences",
        sequence_states.states_from_json,
        [sequence_states.states_to_json([sequence_states.SequenceState("public", "T_id_seq", 7, True)])],
        json=True,
    ),
    Parser("schema", schema_sql.split, [_SCHEMA]),
    Parser("old dump", _dump, [DUMP.encode()]),
    Parser("env file", _env, [_ENV]),
    Parser("rows", _csv, [b'id,body\n1,"a ""b""\nc"\n2,\n']),
    Parser("audit log", _audit, [_lines({"sequence": 1, "previous": "0" * 64}, {"sequence": 2})]),
    Parser(
        "header of an encrypted archive",
        _header,
        [cipher.ClearHeader(KEY.new_file_key().derivation, KEY.new_file_key().fingerprint).encode()],
    ),
]
