# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forced command in ``authorized_keys``, which limits what an SSH key may do here.

A push key may list the copies, add a new archive, and have one verified. A pull key may list and read. Neither
may run anything else, read or write another path, replace or remove a copy. The request is in
``SSH_ORIGINAL_COMMAND``, as one line of words; it is never passed to a shell.
"""

from __future__ import annotations

import base64
import json
import os
import re
import syslog
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from .._errors import SidekickError, StoreError
from .._store import fields, files
from .._store.lock import Lock
from . import incoming, inventory, record, rsync
from .destination import LocalDestination
from .record import Extent
from .remote import PROTOCOL
from .source import LocalSource
from .target import PULL, PUSH

DIRECTIONS = (PUSH, PULL)

#: Maximum bytes of data on standard input: a store's record, a sidecar, lines of a log.
_LONGEST_RECORD, _LONGEST_SIDECAR, _LONGEST_LINES = 512 * 1024, files.READ_LIMIT, record.MOST
#: An environment without values that the other side may have set.
_RSYNC_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}
_NUMBER = re.compile(r"[0-9]{1,18}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def serve(
    directory: Path,
    direction: str,
    environment: Mapping[str, str],
    stdin: BinaryIO,
    write: Callable[[str], None],
) -> int:
    """Execute the other side's request, if its key may; return the exit status.

    :param directory: the store, or the directory of copies.
    :param direction: the key's purpose: ``push`` or ``pull``.
    :param write: receives the answer.
    """
    asked = environment.get("SSH_ORIGINAL_COMMAND", "")
    try:
        if asked.startswith("rsync "):
            _transfer(directory, direction, asked)
        answer = _answer(directory, direction, asked.split(" "), stdin)
    except SidekickError as error:
        if error.code == "offsite_refused":
            _log(asked, environment)
        write(json.dumps({"error": {"code": error.code, "message": str(error)}}))
        return 1
    write(json.dumps(answer))
    return 0


def _log(asked: str, environment: Mapping[str, str]) -> None:
    """Log a refused request, so that the host's administrator can see misuse of the key."""
    came_from = environment.get("SSH_CLIENT", "?").split(" ")[0]
    syslog.openlog("ticketz-sidekick-offsite", syslog.LOG_PID, syslog.LOG_AUTH)
    syslog.syslog(syslog.LOG_WARNING, f"refused for {came_from}: {asked[:200]!a}")


def _transfer(directory: Path, direction: str, asked: str) -> None:
    """Replace this process by the rsync that the other side needs. Returns only by raising."""
    sending = direction == PULL
    command, file = rsync.server_command(asked, sending=sending)
    held: Lock | None = None
    if sending:
        os.chdir(LocalSource(directory).archive(file).parent)
    else:
        destination = LocalDestination(directory)
        if any(copy.file == file for copy in destination.inventory().copies):
            raise StoreError("publish_exists", path=directory / file)
        held = incoming.lock(destination.path).acquire()
        os.chdir(incoming.prepare(destination.path, file).parent)
        # rsync itself has the lock from here on.
        os.set_inheritable(held.descriptor, True)
    os.umask(0o077)
    try:
        os.execvpe("rsync", command, _RSYNC_ENVIRONMENT)  # noqa: S606  # no shell is wanted
    except OSError as error:
        raise StoreError("offsite_refused", cause=f"rsync: {error.strerror or error}") from error


def _answer(directory: Path, direction: str, words: list[str], stdin: BinaryIO) -> dict[str, Any]:
    answers = _PUSH if direction == PUSH else _PULL
    if words[0] != PROTOCOL or len(words) < 2 or words[1] not in answers:
        raise StoreError("offsite_refused", cause="the command is not allowed for this key")
    wanted, work = answers[words[1]]
    if len(words) - 2 != wanted:
        raise StoreError("offsite_refused", cause="the command is not allowed for this key")
    found: dict[str, Any] = work(directory, words[2:], stdin)
    return found


def _read(stdin: BinaryIO, longest: int) -> bytes:
    data = stdin.read(longest + 1)
    if len(data) > longest:
        raise StoreError("offsite_refused", cause="too much was sent")
    return data


def _document(stdin: BinaryIO, longest: int) -> dict[str, Any]:
    try:
        return fields.parse(_read(stdin, longest))
    except ValueError as error:
        raise StoreError("offsite_refused", cause=error) from error


def _at(size: str, sha256: str) -> Extent:
    if not _NUMBER.fullmatch(size) or not _SHA256.fullmatch(sha256):
        raise StoreError("offsite_refused", cause="the command is not allowed for this key")
    return Extent(int(size), sha256)


def _list_copies(directory: Path, words: list[str], stdin: BinaryIO) -> dict[str, Any]:
    return inventory.to_json(LocalDestination(directory).inventory())


def _publish(directory: Path, words: list[str], stdin: BinaryIO) -> dict[str, Any]:
    LocalDestination(directory).publish(
        inventory.require_archive(words[0]), _document(stdin, _LONGEST_SIDECAR)
    )
    return {}


def _discard(directory: Path, words: list[str], stdin: BinaryIO) -> dict[str, Any]:
    LocalDestination(directory).discard(inventory.require_archive(words[0]))
    return {}


def _check(directory: Path, words: list[str], stdin: BinaryIO) -> dict[str, Any]:
    return {"whole": LocalDestination(directory).check(inventory.require_archive(words[0]))}


def _put_record(directory: Path, words: list[str], stdin: BinaryIO) -> dict[str, Any]:
    return {"changed": LocalDestination(directory).put_record(_document(stdin, _LONGEST_RECORD))}


def _append(directory: Path, words: list[str], stdin: BinaryIO) -> dict[str, Any]:
    LocalDestination(directory).append(words[0], _at(words[1], words[2]), _read(stdin, _LONGEST_LINES))
    return {}


def _list_backups(directory: Path, words: list[str], stdin: BinaryIO) -> dict[str, Any]:
    return inventory.to_json(LocalSource(directory).inventory())


def _sidecar(directory: Path, words: list[str], stdin: BinaryIO) -> dict[str, Any]:
    return {"sidecar": LocalSource(directory).sidecar(inventory.require_archive(words[0]))}


def _rest(directory: Path, words: list[str], stdin: BinaryIO) -> dict[str, Any]:
    found = LocalSource(directory).rest(words[0], _at(words[1], words[2]))
    return {"data": None if found is None else base64.b64encode(found).decode("ascii")}


_Work = Callable[[Path, list[str], BinaryIO], dict[str, Any]]
#: command → number of its arguments, and its function
_PUSH: dict[str, tuple[int, _Work]] = {
    "list": (0, _list_copies),
    "publish": (1, _publish),
    "discard": (1, _discard),
    "check": (1, _check),
    "put-record": (0, _put_record),
    "append": (3, _append),
}
_PULL: dict[str, tuple[int, _Work]] = {
    "list": (0, _list_backups),
    "sidecar": (1, _sidecar),
    "rest": (3, _rest),
}
