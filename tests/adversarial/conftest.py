# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fixtures of the unit tests, for the attacks."""

from __future__ import annotations

from ansible_collections.ticketz.sidekick.tests.unit import conftest as units

database = units.database
host_state = units.host_state
make_database = units.make_database
memory = units.memory
pg_servers = units.pg_servers
pytest_configure = units.pytest_configure
shared_state = units.shared_state
