# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fixtures of the unit tests, for the attacks."""

from __future__ import annotations

from ansible_collections.ticketz.sidekick.tests.unit.conftest import (  # noqa: F401  # fixtures, and Hypothesis's profiles
    database,
    host_state,
    make_database,
    memory,
    pg_servers,
    pytest_configure,
    shared_state,
)
