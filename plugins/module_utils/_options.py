# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Option groups: the argument spec that modules share, and the engine's value that it stands for.

Each group has a documentation fragment of the same name in ``plugins/doc_fragments``. The specs have
no defaults: a default would hide what the env file says. Order: given option, env file, documented
default.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._archive.keys import Key
from ._errors import HostError
from ._postgres.server import Server
from ._stack.env_file import read_env

Spec = dict[str, dict[str, Any]]
Params = Mapping[str, Any]

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


def key_options() -> Spec:
    """Return the options that give the key of encrypted backups."""
    return {
        "encryption_key": {"type": "str", "no_log": True},
        "encryption_key_file": {"type": "path", "no_log": False},
    }


def file_options() -> Spec:
    """Return the options for the owner and mode of the files that are written."""
    return {
        "owner": {"type": "str"},
        "group": {"type": "str"},
        "mode": {"type": "str"},
    }


def message_options() -> Spec:
    """Return the options for what is said to the user."""
    return {"language": {"type": "str", "choices": ["en", "pt"], "default": "en"}}


def environment(params: Params) -> dict[str, str]:
    """Return the variables of the env file, or none where no file is named."""
    path = params.get("env_file")
    return read_env(path) if path else {}


def _first_line(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise HostError(
            "file_unreadable", path=path, cause=getattr(error, "strerror", None) or error
        ) from error


def secret(value: str | None, path: str | None) -> str | None:
    """Return a secret that is given as it is, or as the first line of a file."""
    if value is not None:
        return value
    return _first_line(path) if path else None


def database(params: Params, env: Mapping[str, str]) -> Server:
    """Return the server that the options of the database group, or the env file, mean."""

    def pick(option: str, variable: str | None, default: Any) -> Any:
        given = params.get(option)
        if given is not None:
            return given
        found = env.get(variable, "") if variable else ""
        return found if found != "" else default

    port = pick("login_port", "DB_PORT", 5432)
    if not str(port).isdigit():
        raise HostError("env_value_invalid", path=params.get("env_file"), variable="DB_PORT", value=port)
    return Server(
        host=pick("login_host", "DB_HOST", "localhost"),
        port=int(port),
        user=pick("login_user", "DB_USER", "ticketz"),
        password=secret(params.get("login_password"), params.get("login_password_file"))
        or env.get("DB_PASS")
        or None,
        database=pick("login_db", "DB_NAME", "ticketz"),
        maintenance_database=pick("login_maintenance_db", None, "postgres"),
        unix_socket=params.get("login_unix_socket"),
        ssl_mode=params.get("ssl_mode"),
        ca_cert=params.get("ca_cert"),
        connect_timeout=params.get("connect_timeout") or 10,
    )


def key(params: Params, env: Mapping[str, str]) -> Key | None:
    """Return the key of encrypted backups, or None where none is given.

    Raise EncryptionError if it is malformed.
    """
    text = secret(params.get("encryption_key"), params.get("encryption_key_file"))
    text = text if text is not None else env.get("BACKUP_ENCRYPTION_KEY") or None
    return Key.from_text(text) if text is not None else None


def jobs(params: Params) -> int:
    """Return how many workers to use: the option, else the CPUs that this process may use."""
    given = params.get("jobs")
    if given:
        return max(1, int(given))
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)


def directories(params: Params) -> dict[str, Path]:
    """Return the directories by their names.

    Raise HostError (``option_invalid``) for a path that would mean another place in each run's working directory.
    """
    found = {}
    for name, path in params["directories"].items():
        if not isinstance(path, str) or not os.path.isabs(path):
            value = f"{name}: '{'' if path is None else path}'"
            raise HostError(
                "option_invalid", option="directories", value=value, cause="its path must begin with /"
            )
        found[str(name)] = Path(path)
    return found


def whole_number(env: Mapping[str, str], variable: str, path: object) -> int | None:
    """Return the number in an env file's variable, or None where it is not set.

    Raise HostError (``env_value_invalid``) if it is no whole number.
    """
    value = env.get(variable, "")
    if value == "":
        return None
    if not value.isdigit():
        raise HostError("env_value_invalid", path=path, variable=variable, value=value)
    return int(value)
