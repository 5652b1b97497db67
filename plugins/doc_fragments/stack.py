# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option group ``stack``: the containers of Ticketz."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in ``_options.specs.stack_options``."""

    DOCUMENTATION = r"""
options:
  compose_project:
    description:
      - Name of the Compose project that Ticketz's backend, or its database, belongs to.
      - Containers are recognised by their role, never by their names. The backend is the container with a mount
        at C(/usr/src/app/public) or C(/usr/src/app/private). The database is the container that the backend's
        C(DB_HOST) refers to, also in another project on the same network.
      - If there is only one Ticketz on the engine, no option of this group is needed.
    type: str
  postgres_container:
    description:
      - Name or id of the database's container, if it is not found automatically.
    type: str
  backend_container:
    description:
      - Name or id of the container of Ticketz's backend, if it is not found automatically.
    type: str
  redis_container:
    description:
      - Name or id of Redis's container, if it is not found automatically.
    type: str
  docker_host:
    description:
      - Address of the Docker engine. The engine must run on the managed host, because files of volumes are read
        there.
      - If not given, C(unix:///var/run/docker.sock) is used.
      - The user must be allowed to use the engine and to read the volumes. Usually only root is.
    type: str
"""
