# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stack of Ticketz on this host in a few lines for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .phrases import say

_INDENT = "  "


def stack_lines(results: Mapping[str, Any], changed: bool, check: bool, language: str) -> list[str]:
    """Return where database, Redis and directories are, the files of Compose, and the containers."""
    found = results["stack"]
    lines = []
    for phrase, name in (("stack_database", "database"), ("stack_redis", "redis")):
        server = found[name]
        if server:
            lines.append(
                say(
                    phrase,
                    language,
                    name=server.get("name") or "?",
                    user=server["user"] or "-",
                    place=_place(server),
                )
            )
    lines += [
        say("stack_directory", language, name=name, path=each["path"])
        for name, each in found["directories"].items()
    ]
    lines += [say("stack_file", language, path=path) for path in found["compose"]["files"]]
    lines += [
        say(
            "stack_container",
            language,
            name=each["name"],
            image=each["image"],
            state=each["health"] or each["status"],
        )
        for each in found["containers"]
    ]
    return [
        say("stack_found", language, project=found["project"] or "-", engine=found["docker_host"]),
        *(_INDENT + line for line in lines),
    ]


def _place(server: Mapping[str, Any]) -> str:
    address = f"{server['host']}:{server['port']}" if server["host"] else server["status"] or "-"
    return f"{server['container']}, {address}" if server["container"] else address
