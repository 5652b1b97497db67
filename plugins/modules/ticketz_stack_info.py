#!/usr/bin/python
# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Module ``ticketz_stack_info``: documentation, and one call."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticketz_stack_info
short_description: Find a Ticketz that runs in Docker
version_added: 0.1.0
description:
  - Finds the containers of a Ticketz, the address under which the host reaches its database, its directories,
    env files and Compose files, and its images.
  - The other modules discover the same with the same options. Use this module to see what they would use.
  - Containers are recognised by their mounts, environment and image. Names of services, containers and projects
    do not matter, so it also works for renamed installations.
  - Passwords and other secrets are never part of the result.
options: {}
extends_documentation_fragment:
  - ticketz.sidekick.attributes
  - ticketz.sidekick.messages
  - ticketz.sidekick.stack
attributes:
  check_mode:
    support: full
    details:
      - Nothing is ever changed.
  diff_mode:
    support: none
    details:
      - Nothing is ever changed.
requirements:
  - Python packages C(docker) (7.0 or newer), C(jmespath) and C(PyYAML)
notes:
  - A container that is stopped, paused or restarting is found, too. Its server then has no address in the result, and
    there is a warning. Modules that need the server fail.
seealso:
  - module: ticketz.sidekick.ticketz_backup
author:
  - Ticketz Sidekick contributors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Find the Ticketz of a Compose project
  ticketz.sidekick.ticketz_stack_info:
    compose_project: helpdesk
  register: found

- name: Print the address of its database
  ansible.builtin.debug:
    msg: "{{ found.stack.database.host }}:{{ found.stack.database.port }}"

- name: Find the only Ticketz of an engine
  ticketz.sidekick.ticketz_stack_info:
    docker_host: unix:///var/run/docker.sock

- name: Find the stack by explicit container names
  ticketz.sidekick.ticketz_stack_info:
    backend_container: helpdesk-api-prd-latest
    postgres_container: helpdesk-postgres-1
"""

RETURN = r"""
stack:
  description: What was found.
  returned: success
  type: dict
  contains:
    docker_host:
      description: Address of the Docker engine.
      returned: always
      type: str
      sample: unix:///var/run/docker.sock
    project:
      description: The Compose project of the backend, or of the database if there is no backend.
      returned: always
      type: str
      sample: ticketz
    database:
      description: The application's database; null if there is none.
      returned: always
      type: dict
      contains:
        container:
          description: Name of its container; null if it runs outside Docker.
          returned: always
          type: str
          sample: ticketz-postgres-1
        status:
          description: State of the container, as reported by Docker.
          returned: always
          type: str
          sample: running
        host:
          description: Address under which this host reaches it; null if it can't.
          returned: always
          type: str
          sample: 172.18.0.2
        port:
          description: The port at O(ignore:host).
          returned: always
          type: int
          sample: 5432
        container_port:
          description: The port in the container.
          returned: always
          type: int
          sample: 5432
        user:
          description: The login role.
          returned: always
          type: str
          sample: ticketz
        password_known:
          description: Whether a password was found. It is not shown.
          returned: always
          type: bool
          sample: true
        name:
          description: The database's name.
          returned: always
          type: str
          sample: ticketz
    redis:
      description: The application's Redis; null if there is none.
      returned: always
      type: dict
      contains:
        container:
          description: Name of its container; null if it runs outside Docker.
          returned: always
          type: str
          sample: ticketz-redis-1
        status:
          description: State of the container, as reported by Docker.
          returned: always
          type: str
          sample: running
        host:
          description: Address under which this host reaches it; null if it can't.
          returned: always
          type: str
          sample: 172.18.0.3
        port:
          description: The port at O(ignore:host).
          returned: always
          type: int
          sample: 6379
        container_port:
          description: The port in the container.
          returned: always
          type: int
          sample: 6379
        user:
          description: The login user; null for the default user.
          returned: always
          type: str
          sample: default
        password_known:
          description: Whether a password was found. It is not shown.
          returned: always
          type: bool
          sample: false
        database:
          description: Number of the database that the backend uses.
          returned: always
          type: int
          sample: 0
    backends:
      description: Containers of the backend, the running ones first.
      returned: always
      type: list
      elements: dict
      contains:
        name:
          description: The container's name.
          returned: always
          type: str
          sample: ticketz-backend-1
        project:
          description: Its Compose project; null if it belongs to none.
          returned: always
          type: str
          sample: ticketz
        service:
          description: Its service in the project.
          returned: always
          type: str
          sample: backend
        image:
          description: The name of its image.
          returned: always
          type: str
          sample: ghcr.io/ticketz-oss/ticketz-backend:latest
        status:
          description: Its state, as reported by Docker.
          returned: always
          type: str
          sample: running
        health:
          description: Result of its health check; null if it has none.
          returned: always
          type: str
          sample: healthy
    directories:
      description: The backend's directories, by their names in backups.
      returned: always
      type: dict
      sample:
        public:
          path: /var/lib/docker/volumes/ticketz_backend_public/_data
          kind: volume
          volume: ticketz_backend_public
          mounted_at: /usr/src/app/public
    compose:
      description: Files from which Compose created the containers, if they exist.
      returned: always
      type: dict
      contains:
        working_dir:
          description: The project's directory.
          returned: always
          type: str
          sample: /opt/ticketz
        files:
          description: Compose files, in the order in which they apply.
          returned: always
          type: list
          elements: str
          sample: [/opt/ticketz/docker-compose.yml]
        env_files:
          description: Env files of the services, the backend's first, and the project's own.
          returned: always
          type: list
          elements: str
          sample: [/opt/ticketz/.env-backend]
        bound_files:
          description: Single files of the host that containers have mounted.
          returned: always
          type: list
          elements: str
          sample: [/opt/ticketz/nginx.conf]
    images:
      description: Images in use.
      returned: always
      type: list
      elements: dict
      contains:
        name:
          description: The image's name, as used by the container.
          returned: always
          type: str
          sample: postgres:16-alpine
        id:
          description: The image's id on this engine.
          returned: always
          type: str
          sample: sha256:9d4bc7a41c5b9b9ee6d86e1e3a8f8a5b2b3f4d0c7b9d60a3a2c1ff0f5d1f0b52
        digests:
          description: Its digests in registries; empty for an image that was built locally.
          returned: always
          type: list
          elements: str
          sample: ["postgres@sha256:20edbde7749f822887a1a022ad526fde0a47d6b2be9a8364433605cf65099416"]
        containers:
          description: Containers that use it.
          returned: always
          type: list
          elements: str
          sample: [ticketz-postgres-1]
    containers:
      description: The containers of the project, and the others that were found.
      returned: always
      type: list
      elements: dict
      contains:
        name:
          description: The container's name.
          returned: always
          type: str
          sample: ticketz-backend-1
        project:
          description: Its Compose project; null if it belongs to none.
          returned: always
          type: str
          sample: ticketz
        service:
          description: Its service in the project.
          returned: always
          type: str
          sample: backend
        image:
          description: The name of its image.
          returned: always
          type: str
          sample: ghcr.io/ticketz-oss/ticketz-backend:latest
        status:
          description: Its state, as reported by Docker.
          returned: always
          type: str
          sample: running
        health:
          description: Result of its health check; null if it has none.
          returned: always
          type: str
          sample: healthy
warning_codes:
  description: Codes of the warnings, in order. They are stable across versions and languages.
  returned: success
  type: list
  elements: str
  sample: [stack_container_down]
error:
  description: The error, for programs. C(msg) has it as a sentence.
  returned: failure
  type: dict
  contains:
    code:
      description: Code of the error. It is stable across versions and languages.
      returned: always
      type: str
      sample: stack_ambiguous
  sample: {"code": "stack_ambiguous", "what": "backend", "option": "compose_project"}
"""

from ansible_collections.ticketz.sidekick.plugins.module_utils._module import run_module
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import stack_info


def main() -> None:
    """Find the stack."""
    run_module(stack_info.spec(), stack_info.run)


if __name__ == "__main__":
    main()
