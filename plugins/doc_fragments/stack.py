# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option group ``stack``: which containers Ticketz consists of."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options that ``_options.specs.stack_options`` has."""

    DOCUMENTATION = r"""
options:
  compose_project:
    description:
      - Name of the Compose project that Ticketz's backend, or its database, belongs to.
      - Its containers are found by what they do, never by what they are called. The backend is the one with a mount at
        C(/usr/src/app/public) or C(/usr/src/app/private), the database the container that the backend's C(DB_HOST)
        leads to, also in another project on the same network.
      - If there is only one Ticketz on the engine, no option of this group is needed.
    type: str
  postgres_container:
    description:
      - Name or id of the container that the database runs in, where it can't be told otherwise.
    type: str
  backend_container:
    description:
      - Name or id of the container of Ticketz's backend, where it can't be told otherwise.
    type: str
  redis_container:
    description:
      - Name or id of the container that Redis runs in, where it can't be told otherwise.
    type: str
  docker_host:
    description:
      - Where the Docker engine listens. It must be one of the managed host, as the files of volumes are read there.
      - If not given, C(unix:///var/run/docker.sock) is used.
      - The user must be allowed to use the engine, and to read the volumes, which usually only root is.
    type: str
"""
