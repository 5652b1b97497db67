# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Discovers the stack of containers according to the options of the stack group."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .._errors import HostError
from .._libraries import optional
from .environment import environment
from .specs import Params, stack_options

# Code for Docker is imported only when it is needed: compiling it takes half of a module's short run.
if TYPE_CHECKING:
    from .._stack.model import Stack, Wanted


def names_stack(params: Params) -> bool:
    """Return whether an option of the stack group is set."""
    return any(params.get(option) for option in stack_options())


def wanted_stack(params: Params) -> Wanted:
    """Return the options of the stack group as search criteria."""
    from .._stack.model import Wanted

    return Wanted(
        project=params.get("compose_project"),
        postgres=params.get("postgres_container"),
        backend=params.get("backend_container"),
        redis=params.get("redis_container"),
        docker_host=params.get("docker_host"),
        env_file=params.get("env_file"),
    )


def stack(params: Params) -> Stack | None:
    """Return the stack, or None if the options name a database outside any stack.

    Without an option of the stack group, a stack is used if no option names the database's host, the env file names none
    that this host can resolve, and Docker runs exactly one backend of Ticketz.

    Raise HostError if a requested stack is not found, or if several stacks match.
    """
    named = names_stack(params)
    elsewhere = params.get("login_host") or params.get("login_unix_socket")
    if elsewhere and not named and (params.get("login_host") or not params.get("env_file")):
        return None
    from .._stack.address import resolves
    from .._stack.discover import discover
    from .._stack.engine import may_be_used

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
