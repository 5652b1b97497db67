# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import email
import email.policy
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner import channels


class Asked(NamedTuple):
    path: str
    body: bytes
    kind: str


class Web:
    """A web server that records requests, and returns given answers."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        #: status codes of the next answers; 200 after the last one
        self.answers: list[int] = []
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                web.asked.append(Asked(self.path, body, self.headers["Content-Type"]))
                status = web.answers.pop(0) if web.answers else 200
                if status == 0:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def web() -> Iterator[Web]:
    found = Web()
    thread = threading.Thread(target=found.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def test_pings_go_where_the_service_wants_them(web: Web) -> None:
    for signal in ("start", "", "fail"):
        channels.ping(f"{web.url}/uuid?create=1", signal, f"olá {signal}")
    channels.ping(f"{web.url}/uuid/", "fail", "")
    assert [asked.path for asked in web.asked] == [
        "/uuid/start?create=1",
        "/uuid?create=1",
        "/uuid/fail?create=1",
        "/uuid/fail",
    ]
    assert web.asked[1].body == "olá ".encode()


def test_a_webhook_gets_json(web: Web) -> None:
    channels.webhook(f"{web.url}/hook", {"text": "olá\ud800", "event": "failure"})
    (asked,) = web.asked
    assert (asked.path, asked.kind) == ("/hook", "application/json")
    assert json.loads(asked.body)["event"] == "failure"


def test_a_server_in_trouble_is_asked_again(web: Web) -> None:
    web.answers = [503, 0, 200]
    channels.ping(f"{web.url}/uuid", "", "x", pause=0.01)
    assert len(web.asked) == 3


def test_it_ends_after_some_attempts_and_keeps_the_address_to_itself(web: Web) -> None:
    web.answers = [500] * 9
    with pytest.raises(HostError) as caught:
        channels.webhook(f"{web.url}/hunter2", {}, pause=0.01)
    assert caught.value.code == "notify_failed"
    assert "HTTP 500" in str(caught.value)
    assert "hunter2" not in str(caught.value) + repr(caught.value.facts)
    assert len(web.asked) == 3


def test_what_was_refused_is_not_asked_again(web: Web) -> None:
    web.answers = [404]
    with pytest.raises(HostError, match="HTTP 404"):
        channels.ping(f"{web.url}/uuid", "", "x", pause=0.01)
    assert len(web.asked) == 1


def test_nobody_listens(web: Web) -> None:
    port = web.server.server_port
    web.server.socket.close()
    with pytest.raises(HostError) as caught:
        channels.ping(f"http://127.0.0.1:{port}/hunter2", "", "x", pause=0.01)
    assert "hunter2" not in str(caught.value)


def test_a_long_report_keeps_its_end(web: Web) -> None:
    channels.ping(f"{web.url}/uuid", "", "é" * 20_000 + "the end")
    (asked,) = web.asked
    assert len(asked.body) < 10_100
    assert asked.body.endswith(b"the end")


def sendmail(tmp_path: Path, script: str) -> str:
    """Create a program with the interface of sendmail, which every mail server provides."""
    path = tmp_path / "sendmail"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_mail(tmp_path: Path) -> None:
    program = sendmail(tmp_path, f'echo "$@" > {tmp_path}/arguments; cat > {tmp_path}/mail')
    channels.mail(program, ["root", "a@example.org"], "backup@example.org", "host: olá\nBcc: x", "é\n" * 3)
    assert (tmp_path / "arguments").read_text() == "-t -i\n"
    mail = email.message_from_bytes((tmp_path / "mail").read_bytes(), policy=email.policy.default)
    assert (mail["To"], mail["From"], mail["Bcc"]) == ("root, a@example.org", "backup@example.org", None)
    assert mail["Subject"] == "host: olá Bcc: x"
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_body()
    assert body
    assert body.get_content() == "é\n" * 3


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("cat > /dev/null; echo no such user >&2; exit 67", "no such user"),
        ("exit 75", "75"),
        ("kill -9 $$", "-9"),
    ],
)
def test_a_mail_server_that_refuses(tmp_path: Path, script: str, says: str) -> None:
    with pytest.raises(HostError) as caught:
        channels.mail(sendmail(tmp_path, script), ["root"], None, "s", "t")
    assert (caught.value.code, caught.value.facts["channel"]) == ("notify_failed", "mail")
    assert says in str(caught.value)


def test_no_mail_server(tmp_path: Path) -> None:
    with pytest.raises(HostError, match=f"there is no {tmp_path}/none"):
        channels.mail(f"{tmp_path}/none", ["root"], None, "s", "t")
