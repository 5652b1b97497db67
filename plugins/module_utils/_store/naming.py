# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of archives: which files in a store are backups, of which format and from when.

The extensions of an archive's name show its format; its id is the name up to the first dot::

    backup_20260131_020000.tar.gz.enc
    ╰──────── id ────────╯
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Container
from dataclasses import dataclass

#: This collection's own archives, and those of the tools that came before it.
FORMAT_1 = "1"
FORMAT_SIDEKICK = "sidekick"
FORMAT_RETRIEVED = "retrieved"

#: The file in which a store records its identity.
RECORD_FILE = "store.json"

#: The directory of a store in which copies are received.
INCOMING = ".incoming"

COMPRESSIONS = {"gzip": ".tar.gz", "zstd": ".tar.zst", "none": ".tar"}
ENCRYPTIONS = {"none": "", "aes256": ".enc", "age": ".age"}

_OF_COMPRESSION = {suffix: name for name, suffix in COMPRESSIONS.items()}
_OF_ENCRYPTION = {suffix: name for name, suffix in ENCRYPTIONS.items()}

_NAME = re.compile(r"(backup_([0-9]{8}_[0-9]{6}))(\.tar\.gz|\.tar\.zst|\.tar)(\.enc|\.age|)")
_ID = re.compile(r"backup_([0-9]{8}_[0-9]{6})")
_SIDEKICK = re.compile(r"(ticketz-backup-([0-9]{14}))\.tar\.gz")
_RETRIEVED = ("retrieved_data.tar.gz", "public_data.tar.gz")

_ID_TIME = "%Y%m%d_%H%M%S"
_SIDEKICK_TIME = "%Y%m%d%H%M%S"


@dataclass(frozen=True)
class ArchiveName:
    """The information in a file's name.

    :param file: the name itself, without a directory.
    :param id: the name up to the first dot.
    :param format: ``1``, ``sidekick`` or ``retrieved``.
    :param created: the time in the name; None if it has none.
    :param compression: ``gzip``, ``zstd`` or ``none``.
    :param encryption: ``none``, ``aes256`` or ``age``.
    """

    file: str
    id: str
    format: str
    created: datetime.datetime | None
    compression: str
    encryption: str


def _moment(text: str, layout: str) -> datetime.datetime | None:
    try:
        return datetime.datetime.strptime(text, layout).replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return None


def parse(file: str) -> ArchiveName | None:
    """Parse a file's name; None if it is not a name that a tool gives to backups.

    A name with an impossible date, such as ``backup_20260231_000000.tar.gz``, is not a backup's.
    """
    if file in _RETRIEVED:
        return ArchiveName(file, file.split(".")[0], FORMAT_RETRIEVED, None, "gzip", "none")
    match = _SIDEKICK.fullmatch(file)
    if match:
        created = _moment(match.group(2), _SIDEKICK_TIME)
        return (
            ArchiveName(file, match.group(1), FORMAT_SIDEKICK, created, "gzip", "none") if created else None
        )
    match = _NAME.fullmatch(file)
    if match:
        created = _moment(match.group(2), _ID_TIME)
        compression, encryption = _OF_COMPRESSION[match.group(3)], _OF_ENCRYPTION[match.group(4)]
        return (
            ArchiveName(file, match.group(1), FORMAT_1, created, compression, encryption) if created else None
        )
    return None


def time_of(id: str) -> datetime.datetime | None:
    """Return the time in the id of a format 1 backup, or None if it is not such an id."""
    match = _ID.fullmatch(id)
    return _moment(match.group(1), _ID_TIME) if match else None


def archive_file(id: str, compression: str, encryption: str) -> str:
    """Return the file name of an archive."""
    return id + COMPRESSIONS[compression] + ENCRYPTIONS[encryption]


def new_id(now: datetime.datetime, taken: Container[str]) -> str:
    """Return an id for a backup that starts now: the current second, or the next unused one.

    :param now: a moment with its time zone.
    :param taken: the ids that exist.
    """
    moment = now.astimezone(datetime.timezone.utc)
    while True:
        id = "backup_" + moment.strftime(_ID_TIME)
        if id not in taken:
            return id
        moment += datetime.timedelta(seconds=1)
