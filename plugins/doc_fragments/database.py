# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option group ``database``: address of the database, and login."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options in ``_options.specs.database_options``."""

    DOCUMENTATION = r"""
options:
  login_host:
    description:
      - Name or address of the PostgreSQL server, as seen from the managed host.
      - If not given, the address of the database's container is used if Ticketz is found in Docker, else C(DB_HOST) of
        O(env_file), else C(localhost).
      - In a Compose project, C(DB_HOST) is a name that only exists inside the project's network. It is then
        replaced by the container's address.
    type: str
  login_port:
    description:
      - Port of the server.
      - If not given, the port of the container is used, else C(DB_PORT) of O(env_file), else C(5432).
    type: int
  login_user:
    description:
      - Role to log in as.
      - If not given, the role of Ticketz in Docker is used, else C(DB_USER) of O(env_file), else C(ticketz).
    type: str
  login_password:
    description:
      - Password of the role.
      - If neither this nor O(login_password_file) is given, the password of Ticketz in Docker is used, else C(DB_PASS) of
        O(env_file), else none.
      - "It is never shown. Ansible masks every occurrence of it in results, so a password that is an ordinary
        word, such as C(ticketz), makes results unreadable, and a warning is given."
    type: str
  login_password_file:
    description:
      - File on the managed host whose first line is the password.
      - Ignored if O(login_password) is given.
    type: path
  login_db:
    description:
      - Name of Ticketz's database.
      - If not given, the database of Ticketz in Docker is used, else C(DB_NAME) of O(env_file), else C(ticketz).
    type: str
  login_maintenance_db:
    description:
      - An existing database to connect to if O(login_db) does not exist, or while it is being renamed.
      - If not given, C(postgres) is used.
    type: str
  login_unix_socket:
    description:
      - Directory of the server's Unix socket. The connection is made through it instead of a host.
    type: path
  ssl_mode:
    description:
      - How TLS is used for the connection, like C(sslmode) of PostgreSQL. If not given, TLS is used if the
        server offers it.
      - "V(disable): No TLS."
      - "V(allow): TLS only if the server requires it."
      - "V(prefer): TLS if the server offers it."
      - "V(require): TLS always; the server's certificate is not checked."
      - "V(verify-ca): TLS always, with a certificate that O(ca_cert) has signed."
      - "V(verify-full): As V(verify-ca), and the certificate must be for O(login_host)."
    type: str
    choices: [disable, allow, prefer, require, verify-ca, verify-full]
  ca_cert:
    description:
      - File with the certificates of trusted certificate authorities.
    type: path
  connect_timeout:
    description:
      - Maximum seconds to wait for the server. If it is just starting, the connection is retried until then.
    type: int
    default: 10
  env_file:
    description:
      - Env file of Ticketz's backend on the managed host, such as C(.env-backend).
      - Options override it; values that are not given as options are taken from the file if it has them. It is
        read as Docker Compose reads it, with quotes, comments and references such as C(${NAME}).
      - "These variables are used: C(DB_HOST), C(DB_PORT), C(DB_USER), C(DB_PASS) and C(DB_NAME) for the
        connection, C(BACKUP_COMPRESSION), C(BACKUP_ENCRYPTION) and C(BACKUP_ENCRYPTION_KEY) for backups,
        C(BACKUP_RETENTION_DAYS) and C(RETENTION_FILES) for retention."
    type: path
"""
