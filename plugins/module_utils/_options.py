# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Option groups: the argument spec that modules share, and the engine's value that it stands for.

Each group has a documentation fragment of the same name in ``plugins/doc_fragments``. The specs have
no defaults: a default would hide what the env file says. Order: given option, what the containers of a
stack say, env file, documented default.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _env_values
from ._archive.keys import Key
from ._archive.names import LONGEST_DIRECTORY_NAME, is_directory_name, printable
from ._errors import HostError, Notice
from ._libraries import optional
from ._postgres.server import DiskSpace, Server

# What knows Docker is loaded where a stack may be meant: compiling it takes half of a short run of a module.
if TYPE_CHECKING:
    from ._stack.model import DatabaseContainer, Stack, Wanted
    from ._stack.redis_server import RedisServer

Spec = dict[str, dict[str, Any]]
Params = Mapping[str, Any]

#: characters of a file with a secret that are read: an SSH key has a few thousand
_LARGEST_SECRET = 64 * 1024

SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]


def database_options() -> Spec:
    """Return the options that say where the database is."""
    return {
        "login_host": {"type": "str"},
        "login_port": {"type": "int"},
        "login_user": {"type": "str"},
        "login_password": {"type": "str", "no_log": True},
        "login_password_file": {"type": "path", "no_log": False},
        "login_db": {"type": "str"},
        "login_maintenance_db": {"type": "str"},
        "login_unix_socket": {"type": "path"},
        "ssl_mode": {"type": "str", "choices": SSL_MODES},
        "ca_cert": {"type": "path"},
        "connect_timeout": {"type": "int", "default": 10},
        "env_file": {"type": "path"},
    }


def stack_options() -> Spec:
    """Return the options that say which containers Ticketz consists of."""
    return {
        "compose_project": {"type": "str"},
        "postgres_container": {"type": "str"},
        "backend_container": {"type": "str"},
        "redis_container": {"type": "str"},
        "docker_host": {"type": "str"},
    }


def key_options() -> Spec:
    """Return the options that give the key of encrypted backups."""
    return {
        "encryption_key": {"type": "str", "no_log": True},
        "encryption_key_file": {"type": "path", "no_log": False},
    }


def plain_options() -> Spec:
    """Return the option that takes archives without encryption."""
    return {"allow_plain": {"type": "bool", "default": False}}


def file_options() -> Spec:
    """Return the options for the owner and mode of the files that are written."""
    return {
        "owner": {"type": "str"},
        "group": {"type": "str"},
        "mode": {"type": "str"},
    }


def message_options() -> Spec:
    """Return the options for what is said to the user."""
    return {
        "language": {"type": "str", "choices": ["en", "pt"], "default": "en"},
        "option_prefix": {"type": "str"},
    }


def audit_options() -> Spec:
    """Return the options for what the audit log is told."""
    return {"requested_by": {"type": "str"}}


def names_stack(params: Params) -> bool:
    """Return whether an option of the stack group says that there is a stack."""
    return any(params.get(option) for option in stack_options())


def wanted_stack(params: Params) -> Wanted:
    """Return what the options say of the stack."""
    from ._stack.model import Wanted

    return Wanted(
        project=params.get("compose_project"),
        postgres=params.get("postgres_container"),
        backend=params.get("backend_container"),
        redis=params.get("redis_container"),
        docker_host=params.get("docker_host"),
        env_file=params.get("env_file"),
    )


def stack(params: Params) -> Stack | None:
    """Return the stack that is meant, or None where the options lead elsewhere.

    Without an option of the stack group, there is a stack if neither an option nor the env file says where the
    database is, in words that this host understands, and the engine has exactly one backend of Ticketz.

    Raise HostError where a stack is asked for and can't be found, or where more than one could be meant.
    """
    named = names_stack(params)
    elsewhere = params.get("login_host") or params.get("login_unix_socket")
    if elsewhere and not named and (params.get("login_host") or not params.get("env_file")):
        return None
    from ._stack.address import resolves
    from ._stack.discover import discover
    from ._stack.engine import may_be_used

    wanted = wanted_stack(params)
    if named:
        return discover(wanted)
    host = elsewhere or environment(params).get("DB_HOST")
    if host and (not params.get("env_file") or resolves(host)):
        return None
    if not may_be_used() or optional("docker") is None or optional("jmespath") is None:
        return None
    try:
        return discover(replace(wanted, by_itself=True))
    except HostError as error:
        if error.code == "stack_absent" or error.code.startswith("engine_"):
            return None
        raise


def environment(params: Params, found: Stack | None = None) -> Mapping[str, str]:
    """Return the variables of the env file, if one is named, and above them those of the backend's container.

    A variable of the file that can't be read is an error for those who ask for it.
    """
    path = params.get("env_file")
    given = found.environment if found else {}
    if not path:
        return given
    from ._stack.env_file import read_env

    return read_env(path).below(given)


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read(_LARGEST_SECRET)
    except (OSError, UnicodeDecodeError) as error:
        raise HostError(
            "file_unreadable", path=path, cause=getattr(error, "strerror", None) or error
        ) from error


def secret(value: str | None, path: str | None) -> str | None:
    """Return a secret that is given as it is, or as the first line of a file."""
    if value is not None:
        return value
    return _text(path).partition("\n")[0].rstrip("\r") if path else None


def _named_elsewhere(params: Params) -> bool:
    """Return whether an option says where the database is, whatever containers there are."""
    return bool(params.get("login_host") or params.get("login_unix_socket"))


def _without_brackets(host: str) -> str:
    """Return a host as libpq takes it: an IPv6 address is written in brackets only where a port follows."""
    return host[1:-1] if host.startswith("[") and host.endswith("]") and ":" in host else host


def database(params: Params, env: Mapping[str, str], found: Stack | None = None) -> Server:
    """Return the server that the options of the database group, the stack, or the env file, mean.

    Raise HostError (``stack_container_down``, ``stack_container_unreachable``) if it is a container's.
    """
    inside = found.database if found else None
    if inside and found and not _named_elsewhere(params):
        from ._stack.servers import check_database

        check_database(inside, found.containers)

    def pick(option: str, discovered: Any, variable: str | None, default: Any) -> Any:
        value = params.get(option)
        if value is not None:
            return value
        if discovered is not None:
            return discovered
        value = env.get(variable, "") if variable else ""
        return value if value != "" else default

    here = inside if not _named_elsewhere(params) else None
    port = pick("login_port", here and here.port, "DB_PORT", 5432)
    if not str(port).isdigit():
        source = _env_values.where(params, found)
        raise HostError("env_value_invalid", path=source, variable="DB_PORT", value=port, allowed="1-65535")
    user = pick("login_user", inside and inside.user, "DB_USER", "ticketz")
    password = secret(params.get("login_password"), params.get("login_password_file"))
    if password is None:
        # The application's password is nobody else's.
        password = env.get("DB_PASS") if inside is None else inside.password if inside.user == user else None
    container = database_container(params, found)
    return Server(
        host=_without_brackets(pick("login_host", here and here.host, "DB_HOST", "localhost")),
        port=int(port),
        user=user,
        password=password or None,
        database=pick("login_db", inside and inside.name, "DB_NAME", "ticketz"),
        maintenance_database=pick("login_maintenance_db", None, None, "postgres"),
        unix_socket=params.get("login_unix_socket"),
        ssl_mode=params.get("ssl_mode"),
        ca_cert=params.get("ca_cert"),
        connect_timeout=params.get("connect_timeout") or 10,
        disk=partial(_disk_inside, container) if container else None,
    )


def _disk_inside(container: DatabaseContainer, path: str) -> DiskSpace | None:
    from ._stack.disk import disk_inside

    return disk_inside(container, path)


def redis(params: Params, found: Stack | None) -> RedisServer | None:
    """Return the Redis that ``redis_url`` means, else that of the stack if this host reaches it, else None.

    Raise HostError (``option_invalid``).
    """
    from ._stack.redis_server import RedisServer, redis_server

    if params.get("redis_url"):
        return redis_server(params["redis_url"])
    inside = found.redis if found else None
    if inside is None or inside.host is None:
        return None
    return RedisServer(
        host=inside.host,
        port=inside.port,
        user=inside.user,
        password=inside.password,
        database=inside.database,
    )


def database_container(params: Params, found: Stack | None) -> DatabaseContainer | None:
    """Return the container that the database runs in, or None where it runs in none that is known."""
    inside = found.database if found else None
    if not found or not inside or not inside.container:
        return None
    if _named_elsewhere(params) and not params.get("postgres_container"):
        return None
    from ._stack.model import DatabaseContainer

    return DatabaseContainer(found.docker_host, inside.container.name, inside.inner_port)


def key(params: Params, env: Mapping[str, str]) -> Key | None:
    """Return the key of encrypted backups, or None where none is given.

    Raise EncryptionError if it is malformed.
    """
    if params.get("encryption_key") is None and params.get("encryption_key_file"):
        return Key.from_file(_text(params["encryption_key_file"]))
    text = secret(params.get("encryption_key"), None)
    if text is not None:
        return Key.from_text(text)
    text = env.get("BACKUP_ENCRYPTION_KEY") or None
    found = Key.from_text(text) if text is not None else None
    if found and env.get("BACKUP_ENCRYPTION") == "none":
        # The same file says that this host's backups are not encrypted; the key is for those that are.
        found.demands = False
    return found


def jobs(params: Params) -> int:
    """Return how many workers to use: the option, else the CPUs that this process may use."""
    given = params.get("jobs")
    if given:
        return max(1, int(given))
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def directories(params: Params, found: Stack | None = None) -> dict[str, Path]:
    """Return the directories by their names: those of the option, else those of the stack.

    Raise HostError (``option_invalid``) for a path that would mean another place in each run's working directory, and
    for a name that no archive can have.
    """
    given = params.get("directories")
    if given is None:
        return {name: each.path for name, each in found.directories.items()} if found else {}
    paths = {}
    for name, path in given.items():
        if not isinstance(path, str) or not os.path.isabs(path):
            value = f"{name}: '{'' if path is None else path}'"
            raise HostError(
                "option_invalid", option="directories", value=value, cause="its path must begin with /"
            )
        if not is_directory_name(str(name)):
            cause = f"a directory's name has 1 to {LONGEST_DIRECTORY_NAME} characters of Unicode"
            value = printable(str(name).encode("utf-8", "backslashreplace"))
            raise HostError("option_invalid", option="directories", value=value, cause=cause)
        paths[str(name)] = Path(path)
    return paths


def directory_notices(params: Params, found: Stack | None) -> list[Notice]:
    """Return what the user should know of directories that the stack was asked for and does not have."""
    if found is None or params.get("directories") is not None:
        return []
    codes = ("stack_directory_unmounted", "stack_without_backend")
    return [notice for notice in found.notices if notice.code in codes]


def whole_number(env: Mapping[str, str], variable: str, path: object) -> int | None:
    """Return the number in an env file's variable, or None where it is not set.

    Raise HostError (``env_value_invalid``) if it is no whole number.
    """
    value = env.get(variable, "")
    if value == "":
        return None
    if not value.isdigit():
        raise HostError("env_value_invalid", path=path, variable=variable, value=value, allowed="0, 1, 2, …")
    return int(value)
