"""A real registry of images, in which an image's tag comes to mean another one.

``registry.py start DIR``: serve one on a free port until ``registry.py stop DIR``.
``registry.py publish DIR STACK_PROGRAMS NAMING PROJECT PLACE COMPOSE``: push the frontend's image there, and make the stack use
it under that name; print the name and the image's id. ``registry.py replace DIR STACK_PROGRAMS NAMING PROJECT PLACE COMPOSE``:
push another image under that name, and remove the first one's from this host.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_CONFIG = """\
version: 0.1
storage: {{filesystem: {{rootdirectory: "{directory}/images"}}}}
http: {{addr: "127.0.0.1:0"}}
"""


def start(directory: Path) -> None:
    directory.mkdir(mode=0o700)
    if shutil.which("docker-registry") is None:
        raise SystemExit("docker-registry is needed here: as root, apt-get install docker-registry")
    config, log = directory / "config.yml", directory / "log"
    config.write_text(_CONFIG.format(directory=directory), encoding="utf-8")
    with open(log, "wb") as output:
        server = subprocess.Popen(
            ["docker-registry", "serve", str(config)], stdout=output, stderr=output, start_new_session=True
        )
    (directory / "pid").write_text(str(server.pid), encoding="ascii")
    for _attempt in range(100):
        found = re.search(r"listening on (127\.0\.0\.1:\d+)", log.read_text(encoding="utf-8"))
        if found:
            (directory / "address").write_text(found[1], encoding="ascii")
            return
        time.sleep(0.1)
    raise SystemExit(log.read_text(encoding="utf-8"))


def stop(directory: Path) -> None:
    if (directory / "pid").exists():
        os.kill(int((directory / "pid").read_text(encoding="ascii")), signal.SIGTERM)


def publish(name: str, stack: Any, docker: Any) -> dict[str, str]:
    container = stack.container("frontend")
    local = docker("inspect", "--format={{.Config.Image}}", container)
    docker("tag", local, name)
    docker("push", name)
    directory, project = stack.projects()[0]
    compose = directory / "docker-compose.yml"
    compose.write_text(compose.read_text(encoding="utf-8").replace(local, name), encoding="utf-8")
    stack.compose(directory, project, "up", "--detach")
    return {"name": name, "id": docker("image", "inspect", "--format={{.Id}}", name)}


def replace(name: str, docker: Any, other: str) -> None:
    docker("rmi", name)
    docker("tag", other, name)
    docker("push", name)
    docker("rmi", name)


def main() -> None:
    action, directory = sys.argv[1], Path(sys.argv[2])
    if action in ("start", "stop"):
        {"start": start, "stop": stop}[action](directory)
        return
    programs, naming, project, place, compose = sys.argv[3:]
    sys.path.insert(0, programs)
    import images
    import stack as module

    name = (directory / "address").read_text(encoding="ascii") + "/frontend:1"
    if action == "publish":
        print(json.dumps(publish(name, module.Stack(naming, project, Path(place), compose), module.docker)))
    else:
        replace(name, module.docker, images.build()["redis"])


main()
