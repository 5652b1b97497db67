# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Option groups: the argument specs that modules share.

Each group has a documentation fragment of the same name in ``plugins/doc_fragments``. Options that the env file can
also set have no default in the spec, since it would override the env file. Order of precedence: option, containers of
the stack, env file, documented default. The other modules of this package translate the options for the engine.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

Spec = dict[str, dict[str, Any]]
Params = Mapping[str, Any]

SSL_MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]


def database_options() -> Spec:
    """Return the options for the connection to the database."""
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
    """Return the options that identify Ticketz's containers."""
    return {
        "compose_project": {"type": "str"},
        "postgres_container": {"type": "str"},
        "backend_container": {"type": "str"},
        "redis_container": {"type": "str"},
        "docker_host": {"type": "str"},
    }


def key_options() -> Spec:
    """Return the options for the key of encrypted backups."""
    return {
        "encryption_key": {"type": "str", "no_log": True},
        "encryption_key_file": {"type": "path", "no_log": False},
    }


def plain_options() -> Spec:
    """Return the option to accept archives without encryption."""
    return {"allow_plain": {"type": "bool", "default": False}}


def file_options() -> Spec:
    """Return the options for the owner and mode of the files that are written."""
    return {
        "owner": {"type": "str"},
        "group": {"type": "str"},
        "mode": {"type": "str"},
    }


def message_options() -> Spec:
    """Return the options for messages."""
    return {
        "language": {"type": "str", "choices": ["en", "pt"], "default": "en"},
        "option_prefix": {"type": "str"},
    }


def audit_options() -> Spec:
    """Return the options for the audit log."""
    return {"requested_by": {"type": "str"}}


def jobs(params: Params) -> int:
    """Return how many workers to use: the option, or else the number of CPUs available to this process."""
    given = params.get("jobs")
    if given:
        return max(1, int(given))
    return max(1, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
