"""What is seen of the stack from outside, by those who use it and by those who look for secrets.

``world.py before|after STACK_PROGRAMS NAMING PROJECT DIR COMPOSE FILE``: what users see before a disaster, into a file;
after it, compared with that. ``world.py watch`` with the same arguments: look for the secrets on standard input, one a line,
in the arguments of all processes and the environments of those outside containers, and for the first one in what Docker tells
of the containers, until there is the file; then in the logs of the containers.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def rows(stack: Any, module: Any, statement: str) -> list[str]:
    names = stack.names
    command = [
        "psql",
        "--no-psqlrc",
        "-h",
        "127.0.0.1",
        "-U",
        names.user,
        "-d",
        names.database,
        "-Atc",
        statement,
    ]
    return module.docker("exec", stack.container("postgres"), *command).splitlines()


def media(stack: Any, messages: list[dict[str, Any]]) -> dict[str, str]:
    """SHA-256 of each file that a message refers to, as the backend serves it; empty where it does not."""
    address = stack.address("backend")
    found = {}
    for name in sorted({message["mediaUrl"] for message in messages if message["mediaUrl"]}):
        try:
            with urllib.request.urlopen(
                f"http://{address}:3000/public/{urllib.parse.quote(name)}", timeout=10
            ) as answer:
                found[name] = hashlib.sha256(answer.read()).hexdigest()
        except urllib.error.HTTPError:
            found[name] = ""
    return found


def highest_ticket(stack: Any, module: Any) -> int:
    return int(rows(stack, module, 'SELECT max(id) FROM "Tickets"')[0])


def before(stack: Any, module: Any) -> dict[str, Any]:
    email = rows(stack, module, 'SELECT email FROM "Users" ORDER BY id LIMIT 1')[0]
    messages = stack.get("/messages")
    return {
        "token": stack.get("/auth/login", body={"email": email})["token"],
        "messages": [message["id"] for message in messages],
        "media": media(stack, messages),
        "ticket": highest_ticket(stack, module),
    }


def after(stack: Any, module: Any, seen: dict[str, Any]) -> dict[str, Any]:
    # Enough for a new ticket.
    deadline = time.monotonic() + 60
    while stack.get("/messages/count")["written"] < 12 and time.monotonic() < deadline:
        time.sleep(0.2)
    messages = stack.get("/messages")
    known = {message["id"] for message in messages}
    old = [message for message in messages if message["id"] in seen["messages"]]
    served = media(stack, messages)
    return {
        "messages": len(messages),
        "lost": [each for each in seen["messages"] if each not in known],
        "media": len([message for message in old if message["mediaUrl"]]),
        "other_media": [name for name, digest in seen["media"].items() if served.get(name) != digest],
        "missing_media": [name for name, digest in served.items() if not digest],
        "user": stack.get("/auth/me", token=seen["token"])["id"],
        "sessions": [
            each for each in stack.get("/whatsapps") if each["session"] or each["status"] == "CONNECTED"
        ],
        "new_tickets": highest_ticket(stack, module) - seen["ticket"],
        "written": stack.get("/messages/count")["written"],
        "failed": stack.get("/messages/count")["failed"],
    }


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it has ended
        return b""


def processes() -> Iterator[tuple[str, bytes]]:
    """The arguments and environments of all processes, but not what Compose gives those in containers."""
    for process in Path("/proc").glob("[0-9]*"):
        arguments, environment = _read(process / "cmdline"), _read(process / "environ")
        yield "arguments", arguments
        # Asked last: one that has just been begun in a container moves there first, and then gets its environment.
        inside = b"docker" in _read(process / "cgroup")
        # libpq has no better way to give pg_dump its password.
        if not inside and b"pg_dump\0" not in arguments:
            yield "environment", environment


def watch(stack: Any, module: Any, end: Path) -> dict[str, Any]:
    secrets = [line.encode() for line in sys.stdin.read().splitlines() if line]
    filters = [
        f"--filter=label=com.docker.compose.project={project}" for _directory, project in stack.projects()
    ]
    seen: set[str] = set()
    inspected = 0
    ids: list[str] = []
    while not end.exists():
        ids = sorted({each for one in filters for each in module.docker("ps", "-aq", one).split()})
        told = module.docker("inspect", *ids, check=False).encode() if ids else b""
        inspected += bool(told)
        seen |= {
            f"{place}, line {number}"
            for place, content in processes()
            for number, secret in enumerate(secrets)
            if secret in content
        }
        # The others are what the stack itself gives its containers.
        seen |= {"docker inspect"} if secrets[0] in told else set()
        time.sleep(0.3)
    logs = {each: logged(each) for each in ids}
    seen |= {
        f"log of {each}, line {number}"
        for each, log in logs.items()
        for number, secret in enumerate(secrets)
        if secret in log
    }
    return {
        "inspected": inspected,
        "logs": sum(map(bool, logs.values())),
        "seen": sorted(seen),
        "secrets": len(secrets),
    }


def logged(container: str) -> bytes:
    """All that a container has said."""
    return subprocess.run(
        ["docker", "logs", container], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True
    ).stdout


def main() -> None:
    action, programs, naming, project, directory, compose, file = sys.argv[1:]
    sys.path.insert(0, programs)
    import stack as module

    stack = module.Stack(naming, project, Path(directory), compose)
    path = Path(file)
    if action == "before":
        path.write_text(json.dumps(before(stack, module)), encoding="utf-8")
    elif action == "watch":
        print(json.dumps(watch(stack, module, path)))
    else:
        print(json.dumps(after(stack, module, json.loads(path.read_text(encoding="utf-8")))))


main()
