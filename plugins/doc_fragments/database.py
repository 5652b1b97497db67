# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option group ``database``: where the database is, and who logs in there."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the options that ``_options.specs.database_options`` has."""

    DOCUMENTATION = r"""
options:
  login_host:
    description:
      - Name or address of the PostgreSQL server, as the managed host reaches it.
      - If not given, the address of the database's container is used where Ticketz is found in Docker, else C(DB_HOST) of
        O(env_file), else C(localhost).
      - In a Compose project, C(DB_HOST) is a name that only exists inside the project's network. It is replaced by the
        container's address then.
    type: str
  login_port:
    description:
      - Port of the server.
      - If not given, that of the container is used, else C(DB_PORT) of O(env_file), else C(5432).
    type: int
  login_user:
    description:
      - Role to log in as.
      - If not given, the role that Ticketz itself uses in Docker, else C(DB_USER) of O(env_file), else C(ticketz).
    type: str
  login_password:
    description:
      - Password of the role.
      - If neither this nor O(login_password_file) is given, the one that Ticketz itself uses in Docker, else C(DB_PASS) of
        O(env_file), else none.
      - "It is never shown. Ansible masks every text in the results that equals it, so a password that is an ordinary
        word, such as C(ticketz), makes results unreadable; a warning says so."
    type: str
  login_password_file:
    description:
      - File on the managed host whose first line is the password.
      - Ignored where O(login_password) is given.
    type: path
  login_db:
    description:
      - Name of Ticketz's database.
      - If not given, the one that Ticketz itself uses in Docker, else C(DB_NAME) of O(env_file), else C(ticketz).
    type: str
  login_maintenance_db:
    description:
      - An existing database to connect to while O(login_db) is missing, or is being renamed.
      - If not given, C(postgres) is used.
    type: str
  login_unix_socket:
    description:
      - Directory of the server's Unix socket. The connection is made through it, and no host is asked.
    type: path
  ssl_mode:
    description:
      - How TLS is used for the connection, as PostgreSQL's C(sslmode) says. If not given, TLS is used where the
        server offers it.
      - "V(disable): No TLS."
      - "V(allow): TLS only if the server insists on it."
      - "V(prefer): TLS if the server offers it."
      - "V(require): TLS always; the server's certificate is not checked."
      - "V(verify-ca): TLS always, with a certificate that O(ca_cert) has signed."
      - "V(verify-full): As V(verify-ca), and the certificate must be for O(login_host)."
    type: str
    choices: [disable, allow, prefer, require, verify-ca, verify-full]
  ca_cert:
    description:
      - File with the certificates of the authorities that may have signed the server's certificate.
    type: path
  connect_timeout:
    description:
      - Seconds in which the server must have answered. A server that is just starting is asked again until then.
    type: int
    default: 10
  env_file:
    description:
      - Env file of Ticketz's backend on the managed host, such as C(.env-backend).
      - What is given as an option wins; what is not is taken from the file where it is there. It is read as Docker
        Compose reads it, with quotes, comments and references such as C(${NAME}).
      - "The variables that are looked at: C(DB_HOST), C(DB_PORT), C(DB_USER), C(DB_PASS) and C(DB_NAME) for the
        connection, C(BACKUP_COMPRESSION), C(BACKUP_ENCRYPTION) and C(BACKUP_ENCRYPTION_KEY) for backups,
        C(BACKUP_RETENTION_DAYS) and C(RETENTION_FILES) for retention."
    type: path
"""
