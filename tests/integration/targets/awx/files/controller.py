# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stand-in for the interface of AWX, as far as awx.awx's modules use it here: there is no AWX to be had.

controller.py ADDRESS RECORD: writes its address into one file, and each request into the other, a line each. It keeps
objects in memory, answers with what it was given, and refuses what AWX refuses: names that are there already, references
to what is not there, surveys and schedules that are wrong, playbooks that the project does not have.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlparse

TOKEN = "made-up-token"
PREFIX = "/api/v2/"
KEYS = ("id", "type", "url", "related", "summary_fields")
#: The fields that refer to other objects, and where these are.
REFERENCES = {
    "organization": "organizations",
    "project": "projects",
    "source_project": "projects",
    "inventory": "inventories",
    "execution_environment": "execution_environments",
    "credential": "credentials",
    "unified_job_template": "job_templates",
}
QUESTION_TYPES = {"text": str, "textarea": str, "multiplechoice": str, "multiselect": str, "integer": int}
RULE = re.compile(
    r"DTSTART;TZID=[A-Za-z_]+/[A-Za-z_]+:\d{8}T\d{6} RRULE:FREQ=(DAILY|WEEKLY);INTERVAL=\d+(;BYDAY=[A-Z,]+)?"
)

Item = dict[str, Any]


class RefusedError(Exception):
    """AWX would answer with this status and these words."""

    def __init__(self, status: int, detail: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Controller:
    """The objects, by kind and number."""

    def __init__(self, playbooks: set[str]) -> None:
        self.playbooks = playbooks
        self.number = 0
        self.kinds: dict[str, dict[int, Item]] = {}
        self.surveys: dict[int, Item] = {}
        self.associated: dict[str, list[int]] = {}
        self.create("organizations", {"name": "Default"})
        for name in ("Machine", "Our key"):
            self.create("credentials", {"name": name})

    def create(self, kind: str, fields: Item) -> Item:
        self.check(kind, fields)
        if any(item["name"] == fields["name"] for item in self.kinds.get(kind, {}).values()):
            raise RefusedError(400, {"__all__": [f"{kind} with this name already exists."]})
        self.number += 1
        url = f"{PREFIX}{kind}/{self.number}/"
        related = {name: f"{url}{name}/" for name in ("survey_spec", "update")}
        item = {
            "id": self.number,
            "type": kind.rstrip("s"),
            "url": url,
            "related": related,
            "summary_fields": {},
        }
        if kind == "projects":
            item["scm_revision"] = "0123abcd"
        item.update(fields)
        self.kinds.setdefault(kind, {})[self.number] = item
        return self.shown(item)

    def change(self, kind: str, number: int, fields: Item) -> Item:
        self.check(kind, fields)
        item = self.find(kind, number)
        item.update(fields)
        return self.shown(item)

    def find(self, kind: str, number: int) -> Item:
        try:
            return self.kinds[kind][number]
        except KeyError:
            raise RefusedError(404, {"detail": "Not found."}) from None

    def listed(self, kind: str, query: Item) -> Item:
        kinds = ("job_templates", "projects") if kind == "unified_job_templates" else (kind,)
        found = [
            self.shown(item)
            for name in kinds
            for item in self.kinds.get(name, {}).values()
            if all(str(item.get(key)) == value for key, value in query.items())
        ]
        return {"count": len(found), "next": None, "previous": None, "results": found}

    def shown(self, item: Item) -> Item:
        """What is secret in a notification's configuration is never given back."""
        configuration = item.get("notification_configuration")
        if not configuration:
            return dict(item)
        hidden = {
            key: "$encrypted$" if key == "password" and value else value
            for key, value in configuration.items()
        }
        return {**item, "notification_configuration": hidden}

    def check(self, kind: str, fields: Item) -> None:
        for name, where in REFERENCES.items():
            if fields.get(name) is not None and fields[name] not in self.kinds.get(where, {}):
                raise RefusedError(400, {name: [f'Invalid pk "{fields[name]}" - object does not exist.']})
        if "playbook" in fields and fields["playbook"] not in self.playbooks:
            raise RefusedError(400, {"playbook": ["Playbook not found for project."]})
        if "rrule" in fields and not RULE.fullmatch(fields["rrule"]):
            raise RefusedError(400, {"rrule": ["rrule parsing failed validation."]})
        if kind == "schedules" and fields.get("extra_data"):
            asked = self.surveys.get(fields["unified_job_template"], {}).get("spec", [])
            choices = {question["variable"]: question.get("choices") for question in asked}
            for name, value in fields["extra_data"].items():
                if name not in choices or (choices[name] and value not in choices[name]):
                    raise RefusedError(
                        400, {"extra_data": [f"{name} is not asked for, or can't be {value}."]}
                    )

    def survey(self, number: int, spec: Item) -> None:
        """What AWX checks of a survey."""
        for field, kind in (("name", str), ("description", str), ("spec", list)):
            if not isinstance(spec.get(field), kind):
                raise RefusedError(
                    400, {"error": f"Field '{field}' is missing from survey spec, or of another type."}
                )
        seen = set()
        for question in spec["spec"]:
            for field, kind in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
                if not isinstance(question.get(field), kind):
                    raise RefusedError(
                        400, {"error": f"'{field}' in survey question {question} is missing or wrong."}
                    )
            kind, default = question["type"], question.get("default", "")
            choices = question.get("choices")
            wrong = question["variable"] in seen or kind not in QUESTION_TYPES
            wrong |= default != "" and not isinstance(default, QUESTION_TYPES.get(kind, str))
            wrong |= kind.startswith("multi") and not choices
            wrong |= bool(choices) and not set(str(default).splitlines()) <= set(choices)
            wrong |= kind == "multiplechoice" and len(default.splitlines()) > 1
            wrong |= any(not isinstance(question.get(limit, 0), int) for limit in ("min", "max"))
            if wrong:
                raise RefusedError(400, {"error": f"Survey question {question} is wrong."})
            seen.add(question["variable"])
        self.surveys[number] = spec

    def associate(self, path: str, body: Item) -> None:
        numbers = self.associated.setdefault(path, [])
        if body.get("disassociate"):
            numbers.remove(body["id"])
        elif body["id"] not in numbers:
            numbers.append(body["id"])

    def associations(self, path: str) -> Item:
        items = [{"id": number} for number in self.associated.get(path, [])]
        return {"count": len(items), "next": None, "previous": None, "results": items}

    def answer(self, method: str, path: str, query: Item, body: Item) -> tuple[int, Any]:
        parts = path[len(PREFIX) :].strip("/").split("/")
        kind, number = parts[0], int(parts[1]) if len(parts) > 1 else 0
        if kind == "project_updates":
            done = {
                "id": number,
                "status": "successful",
                "failed": False,
                "finished": "now",
                "scm_revision": "0123abcd",
            }
            return 200, {**done, "event_processing_finished": True}
        if len(parts) == 1:
            return (200, self.listed(kind, query)) if method == "GET" else (201, self.create(kind, body))
        if len(parts) == 2:
            return 200, self.change(kind, number, body) if method == "PATCH" else self.shown(
                self.find(kind, number)
            )
        self.find(kind, number)
        if parts[2] == "survey_spec":
            if method == "POST":
                self.survey(number, body)
            return 200, self.surveys.get(number, {})
        if parts[2] == "update":
            return 202, {"id": number, "url": f"{PREFIX}project_updates/{number}/"}
        if method == "POST":
            self.associate(path, body)
            return 204, None
        return 200, self.associations(path)


def serve(address: Path, record: Path, playbooks: set[str]) -> None:
    controller, lock = Controller(playbooks), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            url = urlparse(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}") if length else {}
            with lock:
                try:
                    if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                        raise RefusedError(401, {"detail": "Authentication credentials were not provided."})
                    status, content = controller.answer(
                        self.command, url.path, dict(parse_qsl(url.query)), body
                    )
                except RefusedError as refused:
                    status, content = refused.status, refused.detail
                with record.open("a", encoding="utf-8") as lines:
                    line = {"method": self.command, "path": url.path, "status": status, "body": body}
                    lines.write(json.dumps(line) + "\n")
            encoded = b"" if content is None else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(encoded)))
            self.send_header("X-API-Product-Name", "AWX")
            self.send_header("X-API-Product-Version", "24.6.1")
            self.end_headers()
            self.wfile.write(encoded)

        do_GET = do_POST = do_PATCH = answer  # noqa: N815 - the names that the library wants

        def log_message(self, *_arguments: Any) -> None:
            """The record says it all."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        temporary = address.with_suffix(".new")
        temporary.write_text(f"http://127.0.0.1:{server.server_port}", encoding="utf-8")
        temporary.rename(address)
        server.serve_forever()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Path(sys.argv[2]), set(sys.argv[3:]))
