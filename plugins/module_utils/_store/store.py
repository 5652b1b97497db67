# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The directory of one source's backups, and whose it is.

``store.json`` names the source. Without it, two servers that write into one directory would take turns
at being the newest backup, and retention would delete the one's because of the other's.
"""

from __future__ import annotations

import datetime
import os
import pwd
import re
import stat
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Callable, TypeVar

from .._errors import HostError, Notice, StoreError
from .._os_errors import Reading
from . import fields, files, naming, sidecar, times
from .known_stores import absence, remember
from .lock import Lock
from .naming import RECORD_FILE

FORMAT = 1
LOCK_FILE = ".lock"
SIDECARS_LOCK_FILE = ".sidecars.lock"

_Found = TypeVar("_Found")

#: A store has had at most that many sources, as far as other hosts are believed; and characters of a name, which
#: PostgreSQL cuts at 63 bytes.
MOST_FORMER, _LONGEST_NAME = 1_000, 256
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

#: Permissions that only the owner should have on a store.
_LOOSE = 0o077


@dataclass(frozen=True)
class Source:
    """A database that is backed up.

    :param system_identifier: of its server, given at initdb; no two clusters share one.
    :param database: its name there.
    :param restored_from: ``<backup id>@<store id>``, which a restore leaves in the database, or None.
    """

    system_identifier: str
    database: str
    restored_from: str | None = None

    @property
    def restored_from_store(self) -> str | None:
        """The id of the store it was restored from, or None."""
        return self.restored_from.rpartition("@")[2] if self.restored_from else None


@dataclass(frozen=True)
class StoreRecord:
    """What ``store.json`` says.

    :param uuid: the store's own id, forever.
    :param system_identifier: of the source's server.
    :param database: the source's name there.
    :param created: moment of the first use.
    :param former: earlier sources: each with ``system_identifier``, ``database``, ``until`` and ``reason``.
    :param accepted: moment of the newest backup when its changes were accepted; None if that never was.
    """

    uuid: str
    system_identifier: str
    database: str
    created: str
    former: tuple[dict[str, Any], ...] = ()
    accepted: str | None = None

    @property
    def origin(self) -> sidecar.Origin:
        """The mark that every backup of this store bears."""
        return sidecar.Origin(self.uuid, self.system_identifier, self.database)

    def belongs_to(self, source: Source) -> bool:
        """Return whether the source is the one that this store is for."""
        return (self.system_identifier, self.database) == (source.system_identifier, source.database)


def _from_json(data: dict[str, Any]) -> StoreRecord:
    if fields.field(data, "format", int) != FORMAT:
        raise ValueError(f"its format is not {FORMAT}")
    source = fields.field(data, "source", dict)
    former = fields.optional(data, "former", list) or []
    return StoreRecord(
        uuid=fields.field(data, "uuid", str),
        system_identifier=fields.field(source, "system_identifier", str),
        database=fields.field(source, "database", str),
        created=fields.moment(data, "created"),
        former=tuple(item for item in former if isinstance(item, dict)),
        accepted=None if data.get("accepted") is None else fields.moment(data, "accepted"),
    )


def parse_strictly(data: dict[str, Any]) -> StoreRecord:
    """Return the record in what another host sends: exactly what :func:`_to_json` writes, within bounds.

    Raise ValueError for anything else. The holder of that host's key may send anything.
    """
    record = _from_json(data)
    former = data.get("former")
    if not isinstance(former, list) or len(former) > MOST_FORMER:
        raise ValueError(f"the field 'former' is not a list of at most {MOST_FORMER}")
    texts = [record.system_identifier, record.database]
    for item in former:
        if not isinstance(item, dict) or set(item) != {"system_identifier", "database", "until", "reason"}:
            raise ValueError("the field 'former' has what is no source")
        fields.moment(item, "until")
        texts += [fields.field(item, name, str) for name in ("system_identifier", "database", "reason")]
    if not _UUID.fullmatch(record.uuid):
        raise ValueError("the field 'uuid' is none")
    if any(len(text) > _LONGEST_NAME for text in texts):
        raise ValueError(f"a name is longer than {_LONGEST_NAME} characters")
    if _to_json(record) != data:
        raise ValueError("it has fields that are not known here")
    return record


def _to_json(record: StoreRecord) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "uuid": record.uuid,
        "source": {"system_identifier": record.system_identifier, "database": record.database},
        "created": record.created,
        "former": list(record.former),
        **({"accepted": record.accepted} if record.accepted else {}),
    }


class Store:
    """A directory of backups that can be used; made by :meth:`open`.

    :param path: the directory, links resolved.
    :param notices: what the user should know about it.
    """

    def __init__(self, path: Path, notices: tuple[Notice, ...]) -> None:
        self.path = path
        self.notices = notices

    @classmethod
    def open(cls, path: Path, *, create: bool = False, write: bool = True) -> Store:
        """Return the store in a directory.

        :param path: a directory, or a link to one.
        :param create: make it (mode 0700) if it is missing.
        :param write: False for runs that only look.
        :raises StoreError: ``store_missing``, ``store_lost``, ``store_not_mounted``, ``store_not_directory``,
            ``store_unreadable``, ``store_read_only``, ``store_not_writable``.
        :raises HostError: it can't be created.
        """
        if create and not os.path.lexists(path):
            _create(path)
        try:
            found = os.stat(path)
        except FileNotFoundError as error:
            raise absence(path.resolve()) or StoreError("store_missing", path=path) from error
        except OSError as error:
            raise StoreError("store_unreadable", path=path, cause=error.strerror or error) from error
        if not stat.S_ISDIR(found.st_mode):
            raise StoreError("store_not_directory", path=path)
        if not os.access(path, os.R_OK | os.X_OK):
            raise StoreError(
                "store_unreadable", path=path, cause=f"it has mode {stat.S_IMODE(found.st_mode):04o}"
            )
        if write:
            _require_writable(path, found)
        return cls(path.resolve(), tuple(permission_notices(path, found)))

    def lock(self, verb: str, job_id: str = "") -> Lock:
        """Return the store's lock, not yet acquired: who adds, changes or removes backups holds it."""
        return Lock(self.path / LOCK_FILE, verb=verb, job_id=job_id)

    def sidecars_lock(self, verb: str) -> Lock:
        """Return the lock for one change of one sidecar, held for an instant.

        It lets a proof be recorded while a backup, which holds the store's lock, runs for hours.
        """
        return Lock(self.path / SIDECARS_LOCK_FILE, verb=verb)

    def record(self) -> StoreRecord | None:
        """Return what ``store.json`` says, or None without one.

        Raise StoreError (``store_record_damaged``).
        """
        return read_record(self.path, _from_json)

    def accepted(self) -> datetime.datetime | None:
        """Return the moment of the newest backup when its changes were accepted, or None.

        A record that can't be read accepts nothing: :meth:`record` says what is wrong with it.
        """
        try:
            found = self.record()
        except StoreError:
            return None
        return times.from_text(found.accepted) if found and found.accepted else None

    def accept(self, moment: datetime.datetime) -> None:
        """Write down that the changes up to a backup are accepted. The store's lock must be held.

        Raise StoreError (``store_record_damaged``), HostError.
        """
        record = self.record()
        if record:
            self._write(replace(record, accepted=times.to_text(moment)))

    def require_present(self) -> None:
        """Refuse a directory without a store where this host should have one.

        Raise StoreError (``store_lost``, ``store_not_mounted``).
        """
        if os.path.lexists(self.path / RECORD_FILE) or self._recollect(""):
            return
        gone = absence(self.path)
        if gone:
            raise gone

    def taken_ids(self) -> set[str]:
        """Return the ids that files in the store bear, finished or not.

        Raise StoreError (``store_unreadable``).
        """
        with Reading(self.path, StoreError, "store_unreadable"):
            names = os.listdir(self.path)
        return {name.lstrip(".").split(".")[0] for name in names}

    def claim(
        self, source: Source, *, adopt: bool = False, init: bool = False, dry_run: bool = False
    ) -> Notice | None:
        """Make sure that the store is the source's, and make it so on first use.

        The store's lock must be held, unless it is a dry run.

        :param adopt: take the store over from another source.
        :param init: begin a store also where there should be one already.
        :param dry_run: only tell.
        :returns: what the user should know; None if nothing changed hands.
        :raises StoreError: ``store_other_source``, ``store_record_damaged``, ``store_lost``, ``store_not_mounted``.
        :raises HostError: ``store.json`` can't be written.
        """
        now = times.to_text(times.utc_now())
        record = self.record() or self._recollect(now)
        notice = None
        if record is None:
            if not init:
                self.require_present()
            record = StoreRecord(str(uuid.uuid4()), source.system_identifier, source.database, now)
        elif not record.belongs_to(source):
            reason = "restored" if source.restored_from_store == record.uuid else "adopted"
            if reason == "adopted" and not adopt:
                raise StoreError("store_other_source", path=self.path, **_both(record, source))
            notice = Notice(f"store_source_{reason}", path=self.path, **_both(record, source))
            record = _hand_over(record, source, now, reason)
        if not dry_run and record != self.record():
            self._write(record)
        if not dry_run:
            remember(self.path, record.uuid)
        return notice

    def _write(self, record: StoreRecord) -> None:
        files.write_atomically(self.path / RECORD_FILE, fields.serialize(_to_json(record)))

    def _recollect(self, now: str) -> StoreRecord | None:
        """Return a lost record as the newest sidecar remembers it, so that losing the file opens no door."""
        names = sorted(os.listdir(self.path), reverse=True)
        for name in names:
            parsed = naming.parse(name[: -len(sidecar.SUFFIX)]) if name.endswith(sidecar.SUFFIX) else None
            if parsed is None or parsed.format != naming.FORMAT_1:
                continue
            try:
                origin = sidecar.load(self.path / name).origin
            except StoreError:
                continue
            if origin:
                return StoreRecord(origin.store, origin.system_identifier, origin.database, now)
        return None


def read_record(directory: Path, understand: Callable[[dict[str, Any]], _Found]) -> _Found | None:
    """Return what ``store.json`` in a directory says, or None without one.

    :param understand: makes something of its fields; raises ValueError for what is no such record.

    Raise StoreError (``store_record_damaged``).
    """
    path = directory / RECORD_FILE
    try:
        return understand(fields.parse(files.read_small(path)))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StoreError("store_record_damaged", path=path, cause=error.strerror or error) from error
    except ValueError as error:
        raise StoreError("store_record_damaged", path=path, cause=error) from error


def _both(record: StoreRecord, source: Source) -> dict[str, str]:
    return {
        "owner": f"{record.database} (server {record.system_identifier})",
        "source": f"{source.database} (server {source.system_identifier})",
    }


def _hand_over(record: StoreRecord, source: Source, now: str, reason: str) -> StoreRecord:
    past = {
        "system_identifier": record.system_identifier,
        "database": record.database,
        "until": now,
        "reason": reason,
    }
    return replace(
        record,
        system_identifier=source.system_identifier,
        database=source.database,
        former=(*record.former, past),
    )


def _create(path: Path) -> None:
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        files.sync_directory(path.parent)
    except OSError as error:
        raise HostError("write_failed", path=path, cause=error.strerror or error) from error


def _require_writable(path: Path, found: os.stat_result) -> None:
    with Reading(path, StoreError, "store_unreadable"):
        read_only = bool(os.statvfs(path).f_flag & os.ST_RDONLY)
    if read_only:
        raise StoreError("store_read_only", path=path)
    if not os.access(path, os.W_OK | os.X_OK):
        raise StoreError(
            "store_not_writable",
            path=path,
            user=_user_name(os.geteuid()),
            owner=_user_name(found.st_uid),
            mode=f"{stat.S_IMODE(found.st_mode):04o}",
        )


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def permission_notices(path: Path, found: os.stat_result) -> list[Notice]:
    """Return a warning if others than its owner can enter or list a store."""
    mode = stat.S_IMODE(found.st_mode)
    return [Notice("store_permissions", path=path, mode=f"{mode:04o}")] if mode & _LOOSE else []
