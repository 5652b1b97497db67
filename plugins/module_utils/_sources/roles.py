# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks whether the objects of a database can be given to their owners on a server, for all source formats."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from .._components.database.load import LoadOptions, role_map
from .._components.database.server_checks import check_owners
from .._errors import Notice
from .._postgres.target import Target


def check_roles(
    target: Target,
    needed: Set[str],
    owners: Set[str],
    wanted: Mapping[str, Any],
    options: LoadOptions,
    notices: list[Notice] | None,
) -> None:
    """Check that the account may give each object to its owner.

    :param needed: all roles that the database refers to.
    :param owners: those of them that own objects.
    :param wanted: properties of the new database.
    :param notices: receives the warnings that the run would give; None if this is the run.

    Raise DatabaseError (``role_unknown``, ``role_not_member``).
    """
    warnings: list[Notice] = [] if notices is None else notices
    roles = role_map(set(needed), target.roles(), options.role_mapping, target.user, warnings)
    check_owners(target, owners, roles)
    if notices is not None:
        target.predict_finish(wanted, roles, notices)
