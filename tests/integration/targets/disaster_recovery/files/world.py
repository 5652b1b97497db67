"""What the users of the stack see, asked from outside: ``before`` a disaster into a file, and ``after`` it compared with that.

``world.py before|after STACK_PROGRAMS NAMING PROJECT DIR FILE``
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any


def rows(stack: Any, module: Any, statement: str) -> list[str]:
    names = stack.names
    command = ["psql", "--no-psqlrc", "-U", names.user, "-d", names.database, "-Atc", statement]
    return module.docker("exec", stack.container("postgres"), *command).splitlines()


def before(stack: Any, module: Any) -> dict[str, Any]:
    email = rows(stack, module, 'SELECT email FROM "Users" ORDER BY id LIMIT 1')[0]
    return {
        "token": stack.get("/auth/login", body={"email": email})["token"],
        "messages": stack.get("/messages"),
        "tickets": max(int(row) for row in rows(stack, module, 'SELECT id FROM "Tickets"')),
    }


def after(stack: Any, module: Any, seen: dict[str, Any]) -> dict[str, Any]:
    messages = stack.get("/messages")
    known = {message["id"] for message in messages}
    lost = [message["id"] for message in seen["messages"] if message["id"] not in known]
    old = [
        message
        for message in messages
        if message["mediaUrl"] and message["id"] in {each["id"] for each in seen["messages"]}
    ]
    address = stack.address("backend")
    missing = []
    for message in old:
        with urllib.request.urlopen(
            f"http://{address}:3000/public/{message['mediaUrl']}", timeout=10
        ) as answer:
            if not answer.read():
                missing.append(message["mediaUrl"])
    identities = rows(
        stack, module, "SELECT id || ':' || count(*) FROM \"Tickets\" GROUP BY id HAVING count(*) > 1"
    )
    deadline = time.monotonic() + 60
    while not stack.get("/messages/count")["written"] and time.monotonic() < deadline:
        time.sleep(0.2)
    return {
        "lost": lost,
        "media": len(old),
        "missing": missing,
        "user": stack.get("/auth/me", token=seen["token"])["id"] if seen.get("token") else None,
        "sessions": [
            each for each in stack.get("/whatsapps") if each["session"] or each["status"] == "CONNECTED"
        ],
        "twice": identities,
        "new": stack.get("/messages/count")["written"],
        "failed": stack.get("/messages/count")["failed"],
    }


def main() -> None:
    action, programs, naming, project, directory, file = sys.argv[1:]
    sys.path.insert(0, programs)
    import stack as module

    stack = module.Stack(naming, project, Path(directory))
    path = Path(file)
    if action == "before":
        path.write_text(json.dumps(before(stack, module)), encoding="utf-8")
    else:
        print(json.dumps(after(stack, module, json.loads(path.read_text(encoding="utf-8")))))


main()
