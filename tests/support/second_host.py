# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real sshd on a separate port, with a key that is restricted to a forced command, for tests of copies on other hosts."""

from __future__ import annotations

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.ticketz.sidekick.tests.support.ports import free_port

PROGRAM = """
import sys
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner import cli
sys.exit(cli.main())
"""

#: The same as the command offsite-gate, without the time for importing the other commands.
GATE = """
import os, pathlib, sys
from ansible_collections.ticketz.sidekick.plugins.module_utils._offsite import forced_command
sys.exit(forced_command.serve(pathlib.Path(sys.argv[2]), sys.argv[1], os.environ, sys.stdin.buffer, print))
"""


class SecondHost:
    """The other host.

    :param base: an empty directory for keys and settings.
    :param directory: the directory to which the key gives access: the copies (``push``) or the store (``pull``).
    """

    def __init__(self, base: Path, directory: Path, direction: str) -> None:
        self.base, self.directory, self.direction = base, directory, direction
        self.port = free_port()
        self.user = getpass.getuser()
        self.key, self.known_hosts = base / "key", base / "known_hosts"
        self._make_key(base / "host_key")
        self._make_key(self.key)
        self._write_settings()
        self.trust(base / "host_key")

    def _make_key(self, path: Path) -> None:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)

    def trust(self, key: Path) -> None:
        """Make a key the only known host key of this host."""
        if not key.exists():
            self._make_key(key)
        words = key.with_suffix(".pub").read_text().split()[:2]
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {' '.join(words)}\n")

    def _write_settings(self) -> None:
        forced_command = self.base / "gate"
        paths = os.pathsep.join(path for path in sys.path if path)
        forced_command.write_text(
            f"#!/bin/sh\nPYTHONPATH='{paths}' exec '{sys.executable}' -c '{GATE}' {self.direction} '{self.directory}'\n"
        )
        forced_command.chmod(0o755)
        public = self.key.with_suffix(".pub").read_text()
        (self.base / "authorized_keys").write_text(f'restrict,command="{forced_command}" {public}')
        (self.base / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.base}/host_key\nUsePAM no\nPidFile none\n"
            f"AuthorizedKeysFile {self.base}/authorized_keys\nStrictModes no\nPasswordAuthentication no\nUseDNS no\n"
            "PermitRootLogin forced-commands-only\nSubsystem sftp internal-sftp\n"
        )

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Run the server during the block."""
        program = shutil.which("sshd") or "/usr/sbin/sshd"
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        with (self.base / "sshd.log").open("wb") as log:
            server = subprocess.Popen(
                [program, "-D", "-e", "-f", str(self.base / "sshd_config")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait(server)
            yield
        finally:
            server.terminate()
            server.wait(10)

    def _wait(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                log = (self.base / "sshd.log").read_text()
                assert server.poll() is None, f"sshd does not start: {log}"
                assert time.monotonic() < deadline, f"sshd does not answer: {log}"
                time.sleep(0.02)

    def options(self, backup_dir: Path, **more: Any) -> dict[str, Any]:
        """Return the module's options for this host."""
        return {
            "backup_dir": str(backup_dir),
            "offsite_direction": self.direction,
            "offsite_host": "127.0.0.1",
            "offsite_port": self.port,
            "offsite_user": self.user,
            "offsite_identity_file": str(self.key),
            "offsite_known_hosts": str(self.known_hosts),
            **more,
        }

    def ssh(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        """Run ssh with the key, like an attacker who has stolen it."""
        given = ["-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "BatchMode=yes", "-F", "none"]
        return subprocess.run(
            ["ssh", *given, "-i", str(self.key), "-p", str(self.port), f"{self.user}@127.0.0.1", *words],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            **{"stdin": subprocess.DEVNULL, **more},
        )

    def rsync(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run rsync with the key; ``{host}`` in a word is replaced by account and host."""
        shell = f"ssh -F none -o UserKnownHostsFile={self.known_hosts} -o BatchMode=yes -i {self.key} -p {self.port}"
        host = f"{self.user}@127.0.0.1"
        return subprocess.run(
            ["rsync", f"--rsh={shell}", *(word.format(host=host) for word in words)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
