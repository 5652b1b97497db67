# SPDX-License-Identifier: GPL-3.0-or-later
"""A database with objects that are hard to dump and restore, and a bank whose accounts must balance."""

from __future__ import annotations

from .assemble import add_large_object, build, create_roles, drop_roles, set_database_properties
from .context import Roles
from .invariants import Disturber, Writer, build_bank, check
from .sequences import add_broken_sequences

__all__ = [
    "Disturber",
    "Roles",
    "Writer",
    "add_broken_sequences",
    "add_large_object",
    "build",
    "build_bank",
    "check",
    "create_roles",
    "drop_roles",
    "set_database_properties",
]
