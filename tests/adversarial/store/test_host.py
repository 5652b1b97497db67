# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actors: a local user, the network, and who chooses names. Claims: a file of theirs decides what root does, an alert is
swallowed, TLS is downgraded, a name steers the terminal.
"""

from __future__ import annotations

import datetime
import http.server
import io
import ipaddress
import json
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError, Notice, SidekickError
from ansible_collections.ticketz.sidekick.plugins.module_utils._offsite import record
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner import channels
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.options import UsageError
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.options_file import (
    OptionsFile,
    read_options,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._stack import redis_server
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import audit, audit_check
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap.places import (
    apply_directory_metadata,
    looks,
    make_private,
)


class _Elsewhere(http.server.BaseHTTPRequestHandler):
    """Sends everybody to another page, which is glad about anything."""

    status, reason = 302, "Found"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(self.status, self.reason)
        self.send_header("Location", "/glad")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_words: Any) -> None:
        """Say nothing."""


@pytest.fixture
def elsewhere() -> Iterator[Any]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere)
    server.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_swallows_no_alert(elsewhere: Any, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Elsewhere, "status", status)
    for send in (
        lambda url: channels.webhook(url, {}, pause=0),
        lambda url: channels.ping(url, "fail", "", pause=0),
    ):
        with pytest.raises(HostError) as caught:
            send(f"http://127.0.0.1:{elsewhere.server_port}/hook")
        assert caught.value.code == "notify_failed"
        assert str(status) in str(caught.value)
    assert "/glad" not in elsewhere.asked


def test_the_reason_of_an_answer_steers_no_terminal(elsewhere: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Elsewhere, "status", 404)
    monkeypatch.setattr(_Elsewhere, "reason", "no\x1b]0;owned\x07\x9b31m")
    with pytest.raises(HostError) as caught:
        channels.webhook(f"http://127.0.0.1:{elsewhere.server_port}/hook", {}, pause=0)
    for language in ("en", "pt"):
        assert caught.value.text(language).isprintable()


NAMES = ["t\x1b[2J", "a\nroot: all is well", "\u202egpj.exe", "\x9b1A", "b\r\n\tc", "\udc80", "\x00"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_steers_no_terminal(name: str) -> None:
    inner = HostError("file_unreadable", path=Path("/x") / name.replace("\x00", ""), cause=name)
    for said in (
        inner,
        Notice("file_unreadable", path=name, cause=OSError(2, name)),
        SidekickError("internal_error", kind=name, cause=inner),
    ):
        for language in ("en", "pt"):
            assert said.text(language).isprintable()
    # What programs read stays as it is.
    assert inner.facts["cause"] == name


@pytest.mark.parametrize(("owner", "taken"), [(0, True), (os.geteuid(), True), (65534, False), (1000, False)])
def test_an_options_file_of_somebody_else(owner: int, taken: bool) -> None:
    found = OptionsFile("/etc/plan.json", {}, 0o600, owner)
    if taken:
        found.require_safe([])
        return
    with pytest.raises(UsageError) as caught:
        found.require_safe([])
    assert caught.value.facts.get("problem") == "owner"


def test_an_options_file_tells_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "options.json"
    path.write_text(json.dumps({"backup_dir": "/x"}))
    path.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
        with pytest.raises(UsageError):
            read_options(str(path), io.BytesIO()).require_safe([])
        os.chown(path, 0, 0)
    read_options(str(path), io.BytesIO()).require_safe([])


@pytest.mark.parametrize("kind", ["to a directory", "to a file", "to nothing"])
def test_a_link_in_the_place_of_a_private_directory(tmp_path: Path, kind: str) -> None:
    """Actor: the owner of a mounted media volume, in which private directories lie. Claim: rights elsewhere are changed."""
    victim = tmp_path / "victim"
    if kind == "to a directory":
        victim.mkdir(mode=0o755)
    elif kind == "to a file":
        victim.write_text("x")
        victim.chmod(0o644)
    link = tmp_path / ".ticketz-sidekick-restore.public.000000000000"
    link.symlink_to(victim)
    before = victim.stat() if victim.exists() else None
    with pytest.raises(OSError):
        make_private(link)
    with pytest.raises(OSError):
        apply_directory_metadata(link, (os.geteuid(), os.getegid(), 0o777, 0))
    assert (victim.stat() if victim.exists() else None) == before


def test_a_private_directory_gets_its_looks_back(tmp_path: Path) -> None:
    """Held: what is no link is changed as it was."""
    place = tmp_path / "place"
    place.mkdir(mode=0o750)
    before = looks(place)
    assert make_private(place) == before
    assert looks(place)[2] == 0o700
    apply_directory_metadata(place, before)
    assert looks(place) == before


@pytest.mark.parametrize("kind", ["directory", "fifo", "link"])
def test_something_else_in_the_place_of_the_audit_log(tmp_path: Path, kind: str) -> None:
    path = tmp_path / audit.LOG_FILE
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.symlink_to("/etc/passwd")
    report = audit_check.check(tmp_path, [])
    assert [problem.notice.code for problem in report.problems] == ["audit_unreadable"]
    assert audit.head(tmp_path) is None
    with pytest.raises(HostError) as caught:
        record.extents(tmp_path)
    assert caught.value.code == "file_unreadable"


def _certificate(directory: Path, name: str) -> tuple[Path, Path]:
    """A certificate for a name, signed by itself, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.timezone.utc)
    try:
        alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    public, private = directory / "cert.pem", directory / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return public, private


@pytest.mark.parametrize(
    ("name", "reaches"), [("redis.example", False), ("127.0.0.2", False), ("127.0.0.1", True)]
)
def test_redis_over_tls_with_the_certificate_of_another_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, reaches: bool
) -> None:
    """Actor: the network, with a certificate that is valid for a host of its own. Claim: it can play the server."""
    public, private = _certificate(tmp_path, name)
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(public, private)

    class Server(threading.Thread):
        def __init__(self) -> None:
            super().__init__()
            self.socket = socket.create_server(("127.0.0.1", 0))
            self.port = self.socket.getsockname()[1]
            self.said = b""

        def run(self) -> None:
            # The client tries more than once.
            while True:
                try:
                    connection, _address = self.socket.accept()
                except OSError:
                    return
                connection.settimeout(10)
                try:
                    with context.wrap_socket(connection, server_side=True) as inner:
                        while piece := inner.recv(4096):
                            self.said += piece
                            inner.sendall(b"-ERR no\r\n" * piece.count(b"*"))
                except OSError:
                    connection.close()

    server = Server()
    server.start()
    target = redis_server.redis_server(f"rediss://:geheim1234@127.0.0.1:{server.port}/0")
    with pytest.raises(HostError), redis_server.connected(target) as client:
        client.ping()
    server.socket.shutdown(socket.SHUT_RDWR)
    server.join()
    server.socket.close()
    assert (b"geheim1234" in server.said) is reaches
