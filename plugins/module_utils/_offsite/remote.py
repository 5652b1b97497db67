# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client for the other host over ssh; each request returns one JSON document."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from .._errors import HostError, StoreError
from .._store import fields
from . import child, inventory, ssh
from .inventory import Inventory
from .record import Extent
from .target import Target

#: First word of each request, the protocol version, so that a side with another version can report that.
PROTOCOL = "ticketz-offsite-1"


class Remote:
    """Sends requests to the other host.

    :param limit: seconds for one answer; hashing a large archive takes long.
    :param check: raises if the run was asked to stop.
    """

    def __init__(self, target: Target, limit: float, check: Callable[[], None]) -> None:
        self._target = target
        self._limit = limit
        self._check = check

    def ask(self, *words: str, data: bytes = b"") -> dict[str, Any]:
        """Return the answer.

        Raise HostError: connection errors, ``offsite_no_gate``, or the other side's error.
        """
        command = ssh.command(self._target, [PROTOCOL, *words])
        ended = child.run(command, limit=self._limit, check=self._check, data=data)
        try:
            answer = fields.parse(ended.output)
        except ValueError as error:
            raise ssh.failure(self._target, ended) or HostError(
                "offsite_no_gate",
                host=self._target.label,
                user=self._target.user,
                cause=ended.errors[-1] if ended.errors else error,
            ) from error
        refused = answer.get("error")
        if isinstance(refused, dict):
            code, message = str(refused.get("code")), str(refused.get("message"))[:1000]
            raise StoreError("offsite_answer", host=self._target.label, remote_code=code, message=message)
        return answer

    def _value(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (ValueError, TypeError) as error:
            raise HostError(
                "offsite_no_gate", host=self._target.label, user=self._target.user, cause=error
            ) from error

    def inventory(self) -> Inventory:
        """Return the inventory."""
        answer = self.ask("list")
        found: Inventory = self._value(lambda: inventory.from_json(answer))
        return found


class RemoteSource(Remote):
    """A store on another host, with a pull key."""

    def sidecar(self, file: str) -> dict[str, Any]:
        """Return an archive's sidecar."""
        answer = self.ask("sidecar", file)
        found: dict[str, Any] = self._value(lambda: fields.field(answer, "sidecar", dict))
        return found

    def rest(self, file: str, at: Extent) -> bytes | None:
        """Return the continuation of a file; None if its beginning differs, or it is missing."""
        answer = self.ask("rest", file, str(at.size), at.sha256)
        text: str | None = self._value(lambda: fields.optional(answer, "data", str))
        found: bytes | None = self._value(
            lambda: None if text is None else base64.b64decode(text, validate=True)
        )
        return found


class RemoteDestination(Remote):
    """A directory of copies on another host, with a push key."""

    def publish(self, file: str, described: dict[str, Any]) -> None:
        """Publish a received archive if it matches its sidecar."""
        self.ask("publish", file, data=fields.serialize(described))

    def discard(self, file: str) -> None:
        """Discard the received part of an archive."""
        self.ask("discard", file)

    def check(self, file: str) -> bool:
        """Compare a copy with its sidecar again; return whether it is intact."""
        answer = self.ask("check", file)
        whole: bool = self._value(lambda: fields.field(answer, "whole", bool))
        return whole

    def put_record(self, new: dict[str, Any]) -> bool:
        """Take a ``store.json``; return whether it was new."""
        answer = self.ask("put-record", data=fields.serialize(new))
        changed: bool = self._value(lambda: fields.field(answer, "changed", bool))
        return changed

    def append(self, file: str, at: Extent, data: bytes) -> None:
        """Append to an append-only file."""
        self.ask("append", file, str(at.size), at.sha256, data=data)
