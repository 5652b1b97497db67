# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file next to an archive that says what is in it, so that a list of backups needs no archive opened.

``<archive>.json`` holds totals, settings, the archive's size and SHA-256, and the proofs that were made
since. It can be lost: a full verification makes it again from the archive.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .._errors import StoreError
from . import fields, files, naming
from .audit_lines import Head
from .naming import COMPRESSIONS, ENCRYPTIONS

FORMAT = 1
SUFFIX = ".json"

#: A sidecar names at most that many tables, and so stays small enough to be read whole.
MOST_TABLES = 50_000

#: What can be proved of a backup; ``damaged`` is the proof of the contrary, and ``drill_failed`` says that a restore of it
#: did not work, for whatever reason.
VERIFIED, DRILLED, SYNCED, DAMAGED = "verified", "drilled", "synced", "damaged"
DRILL_FAILED = "drill_failed"
PROOFS = (VERIFIED, DRILLED, SYNCED, DAMAGED, DRILL_FAILED)
#: Those that the holder of the encryption key can prove to have written, see :mod:`.authenticity`; of the others, two are
#: warnings, and a copy is proved where it is.
PROVABLE = (VERIFIED, DRILLED)

#: A pin without an end.
FOREVER = "forever"


@dataclass(frozen=True)
class DatabaseTotals:
    """The database in a backup.

    :param name: its name.
    :param server_version: of the server it was read from, such as ``16.14``.
    :param size: bytes on that server.
    :param table_count: tables with data of their own.
    :param rows: rows of all tables together.
    :param tables: rows of each ``schema.Table``; None if the archive is encrypted, or they are too many.
    """

    name: str
    server_version: str
    size: int
    table_count: int
    rows: int
    tables: Mapping[str, int] | None = None


@dataclass(frozen=True)
class DirectoryTotals:
    """One directory in a backup.

    :param path: where it was.
    :param files: number of entries that are not directories.
    :param bytes: of their contents.
    """

    path: str
    files: int
    bytes: int


@dataclass(frozen=True)
class Proof:
    """Something that was proved of a backup.

    :param when: moment, as in :mod:`.times`.
    :param by: what proved it, such as ``backup`` or ``verify``.
    :param level: how deep: ``quick``, ``full`` or ``drill``; None if there are no levels.
    :param duration: seconds that a drill took; None for other proofs.
    :param rto: seconds in which a drill had everything ready to be switched to; None for other proofs.
    :param covers: what a drill restored: ``database``, ``directories:<name>``; None for other proofs.
    :param server_version: of the server on which it was drilled; None for other proofs.
    :param error: code of the error by which a drill failed; None for other proofs.
    :param mac: by which the holder of the key proves that it said so, as in :mod:`.authenticity`; None for a mere claim.
    """

    when: str
    by: str
    level: str | None = None
    duration: float | None = None
    rto: float | None = None
    covers: tuple[str, ...] | None = None
    server_version: str | None = None
    error: str | None = None
    mac: str | None = None


@dataclass(frozen=True)
class Origin:
    """Whose backup it is: enough to make a lost ``store.json`` again.

    :param store: id of the store it was published in.
    :param system_identifier: of the database server.
    :param database: its name there.
    """

    store: str
    system_identifier: str
    database: str


@dataclass(frozen=True)
class Sidecar:
    """What is known of one archive. Moments are texts as in :mod:`.times`.

    :param id: the backup's id.
    :param file: the archive's name, without a directory.
    :param created: moment of the snapshot.
    :param finished: moment at which the archive was complete.
    :param duration: seconds that the backup took.
    :param size: bytes of the archive.
    :param sha256: of the archive, 64 hexadecimal digits.
    :param compression: ``gzip``, ``zstd`` or ``none``.
    :param encryption: ``none``, ``aes256`` or ``age``.
    :param key_fingerprint: tells keys apart; None without encryption.
    :param components: such as ``database``, ``directories:public``, ``config``.
    :param database: totals; None if the backup has no database.
    :param directories: name → totals.
    :param warnings: sentences about what the backup could not hold.
    :param incomplete: component → why it is not whole, as codes of warnings; see :mod:`.incomplete`.
    :param producer: name and version of what made it.
    :param proofs: kind (:data:`PROOFS`) → newest proof.
    :param origin: whose it is; None until it is published.
    :param audit: the last line of the store's audit log when this was published; None if there was none.
    :param label: what a person called it; None without one.
    :param pin: until when retention leaves it alone: a moment, or :data:`FOREVER`; None without a pin.
    """

    id: str
    file: str
    created: str
    finished: str
    duration: float
    size: int
    sha256: str
    compression: str
    encryption: str
    components: tuple[str, ...]
    producer: str
    key_fingerprint: str | None = None
    database: DatabaseTotals | None = None
    directories: Mapping[str, DirectoryTotals] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    proofs: Mapping[str, Proof] = field(default_factory=dict)
    origin: Origin | None = None
    audit: Head | None = None
    label: str | None = None
    pin: str | None = None
    incomplete: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def sidecar_path(archive: Path) -> Path:
    """Return where an archive's sidecar is."""
    return archive.with_name(archive.name + SUFFIX)


def to_json(sidecar: Sidecar) -> dict[str, Any]:
    """Return a sidecar as its file holds it.

    Names of tables are left out if the archive is encrypted, or if they are too many.
    """
    data: dict[str, Any] = {"format": FORMAT, **dataclasses.asdict(sidecar)}
    data["proofs"] = {kind: proof_to_json(proof) for kind, proof in sidecar.proofs.items()}
    data["audit"] = sidecar.audit._asdict() if sidecar.audit else None
    database = sidecar.database
    if database and (sidecar.encryption != "none" or len(database.tables or ()) > MOST_TABLES):
        data["database"]["tables"] = None
    return data


def _database(data: dict[str, Any], encryption: str) -> DatabaseTotals:
    tables = fields.optional(data, "tables", dict) if encryption == "none" else None
    return DatabaseTotals(
        name=fields.field(data, "name", str),
        server_version=fields.field(data, "server_version", str),
        size=fields.count(data, "size"),
        table_count=fields.count(data, "table_count"),
        rows=fields.count(data, "rows"),
        tables=None if tables is None else {name: fields.count(tables, name) for name in tables},
    )


def proof_to_json(proof: Proof) -> dict[str, Any]:
    """Return a proof without what only other kinds of proofs have."""
    data = dataclasses.asdict(proof)
    return {name: value for name, value in data.items() if value is not None or name == "level"}


def _proof(data: dict[str, Any]) -> Proof:
    return Proof(
        when=fields.moment(data, "when"),
        by=fields.field(data, "by", str),
        level=fields.optional(data, "level", str),
        duration=fields.optional(data, "duration", float),
        rto=fields.optional(data, "rto", float),
        covers=fields.strings(data, "covers") if data.get("covers") is not None else None,
        server_version=fields.optional(data, "server_version", str),
        error=fields.optional(data, "error", str),
        mac=fields.optional(data, "mac", str),
    )


def _origin(data: dict[str, Any]) -> Origin:
    return Origin(
        **{name: fields.field(data, name, str) for name in ("store", "system_identifier", "database")}
    )


def _head(data: dict[str, Any]) -> Head:
    return Head(fields.count(data, "sequence"), fields.field(data, "sha256", str))


def _word(data: dict[str, Any], name: str, known: Container[str]) -> str:
    word = fields.field(data, name, str)
    if word not in known:
        raise ValueError(f"the field '{name}' has the unknown value {word!r}")
    return word


def _pin(data: dict[str, Any]) -> str | None:
    if data.get("pin") in (None, FOREVER):
        return data.get("pin")
    return fields.moment(data, "pin")


def from_json(data: dict[str, Any]) -> Sidecar:
    """Return the sidecar in a parsed file. Fields of later versions are let pass.

    Raise ValueError for whatever :func:`to_json` would not have written.
    """
    found_format = fields.field(data, "format", int)
    if found_format != FORMAT:
        raise ValueError(f"its format is {found_format}, and only {FORMAT} is known here")
    name = naming.parse(fields.field(data, "file", str))
    if name is None or name.format != naming.FORMAT_1 or name.id != fields.field(data, "id", str):
        raise ValueError("the fields 'file' and 'id' name no archive")
    sha256 = fields.field(data, "sha256", str)
    if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
        raise ValueError("the field 'sha256' is not 64 hexadecimal digits")
    compression, encryption = _word(data, "compression", COMPRESSIONS), _word(data, "encryption", ENCRYPTIONS)
    database = fields.optional(data, "database", dict)
    origin = fields.optional(data, "origin", dict)
    audit = fields.optional(data, "audit", dict)
    missing = fields.optional(data, "incomplete", dict) or {}
    directories = {
        key: DirectoryTotals(
            fields.field(item, "path", str), fields.count(item, "files"), fields.count(item, "bytes")
        )
        for key, item in fields.objects(data, "directories").items()
    }
    return Sidecar(
        id=name.id,
        file=name.file,
        created=fields.moment(data, "created"),
        finished=fields.moment(data, "finished"),
        duration=fields.field(data, "duration", float),
        size=fields.count(data, "size"),
        sha256=sha256,
        compression=compression,
        encryption=encryption,
        components=fields.strings(data, "components"),
        producer=fields.field(data, "producer", str),
        key_fingerprint=fields.optional(data, "key_fingerprint", str),
        database=None if database is None else _database(database, encryption),
        directories=directories,
        warnings=fields.strings(data, "warnings"),
        proofs={kind: _proof(item) for kind, item in fields.objects(data, "proofs").items()},
        origin=None if origin is None else _origin(origin),
        audit=None if audit is None else _head(audit),
        label=fields.optional(data, "label", str),
        pin=_pin(data),
        incomplete={name: fields.strings(missing, name) for name in missing},
    )


def serialize(sidecar: Sidecar) -> bytes:
    """Return the content of a sidecar's file."""
    return fields.serialize(to_json(sidecar))


def load(path: Path) -> Sidecar:
    """Return the sidecar in a file.

    Raise StoreError: ``sidecar_missing``, or ``sidecar_damaged`` for anything that is not a whole sidecar
    of the archive that it lies next to.
    """
    try:
        sidecar = from_json(fields.parse(files.read_small(path)))
        if sidecar.file + SUFFIX != path.name:
            raise ValueError(f"it belongs to another archive, {sidecar.file}")
    except FileNotFoundError as error:
        # What lacks its sidecar is the archive.
        raise StoreError("sidecar_missing", path=path.with_name(path.name[: -len(SUFFIX)])) from error
    except OSError as error:
        raise StoreError("sidecar_damaged", path=path, cause=error.strerror or error) from error
    except ValueError as error:
        raise StoreError("sidecar_damaged", path=path, cause=error) from error
    return sidecar


def save(path: Path, sidecar: Sidecar) -> None:
    """Write a sidecar, durably and in one step; see :func:`.files.write_atomically`.

    Raise HostError (``write_failed``, ``disk_filled``).
    """
    files.write_atomically(path, serialize(sidecar))
