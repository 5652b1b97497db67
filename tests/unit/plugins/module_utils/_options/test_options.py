# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import EncryptionError, HostError
from ansible_collections.ticketz.sidekick.plugins.module_utils._options import (
    encryption,
    environment,
    login,
    media,
    specs,
)

ENV = {
    "DB_HOST": "postgres",
    "DB_PORT": "5433",
    "DB_USER": "helpdesk",
    "DB_PASS": "from the file",
    "DB_NAME": "helpdesk_db",
}


def test_the_database_is_ticketz_own_by_default() -> None:
    server = login.database({}, {})
    assert (server.host, server.port, server.user, server.database) == (
        "localhost",
        5432,
        "ticketz",
        "ticketz",
    )
    assert (server.password, server.maintenance_database, server.connect_timeout) == (None, "postgres", 10)


def test_the_env_file_says_where_the_database_is() -> None:
    server = login.database({"login_host": None}, ENV)
    assert (server.host, server.port, server.user, server.database) == (
        *("postgres", 5433),
        *("helpdesk", "helpdesk_db"),
    )
    assert server.password == "from the file"


def test_options_win_over_the_env_file() -> None:
    given = {
        "login_host": "db.example.org",
        "login_port": 6432,
        "login_user": "admin",
        "login_password": "given",
        "login_db": "other",
        "login_maintenance_db": "template1",
        "login_unix_socket": "/run/postgresql",
        "ssl_mode": "require",
        "ca_cert": "/etc/ca.pem",
        "connect_timeout": 3,
    }
    server = login.database(given, ENV)
    assert (server.host, server.port, server.user, server.database) == (
        "db.example.org",
        6432,
        "admin",
        "other",
    )
    assert server.password == "given"
    assert (server.maintenance_database, server.unix_socket, server.ssl_mode, server.ca_cert) == (
        *("template1", "/run/postgresql"),
        *("require", "/etc/ca.pem"),
    )
    assert server.connect_timeout == 3


def test_empty_variables_are_as_good_as_none() -> None:
    server = login.database({}, dict.fromkeys(ENV, ""))
    assert (server.host, server.port, server.user, server.password) == ("localhost", 5432, "ticketz", None)


@pytest.mark.parametrize("port", ["5432x", "-1", "${PORT}", "54 32"])
def test_a_port_that_is_none_is_refused_by_the_files_name(port: str) -> None:
    with pytest.raises(HostError) as caught:
        login.database({"env_file": "/opt/.env-backend"}, {"DB_PORT": port})
    assert caught.value.code == "env_value_invalid"
    assert "/opt/.env-backend" in str(caught.value)


def test_a_password_is_never_shown(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret of mine\r\nsecond line\n")
    server = login.database({"login_password_file": str(file)}, ENV)
    assert server.password == "s3cret of mine"
    assert "s3cret" not in repr(server)
    assert "s3cret" not in str(server.libpq())


def test_the_password_itself_wins_over_its_file() -> None:
    assert environment.secret("given", "/nonexistent") == "given"
    assert environment.secret("", "/nonexistent") == ""
    assert environment.secret(None, None) is None


def test_a_missing_password_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(HostError) as caught:
        environment.secret(None, str(tmp_path / "missing"))
    assert caught.value.code == "file_unreadable"


def test_the_key_comes_from_option_file_or_env_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("ab" * 32 + "\n")
    env = {"BACKUP_ENCRYPTION_KEY": "correct horse battery"}
    assert encryption.key({}, {}) is None
    assert encryption.key({}, {"BACKUP_ENCRYPTION_KEY": ""}) is None
    assert repr(encryption.key({}, env)) == "Key(passphrase, not shown)"
    assert repr(encryption.key({"encryption_key_file": str(file)}, env)) == "Key(raw, not shown)"
    assert repr(encryption.key({"encryption_key": "another long one"}, {})) == "Key(passphrase, not shown)"


def test_a_key_that_is_too_short_is_refused() -> None:
    with pytest.raises(EncryptionError) as caught:
        encryption.key({"encryption_key": "short"}, {})
    assert caught.value.facts.get("problem") == "short"
    assert "'short'" not in str(caught.value)


@pytest.mark.parametrize(("given", "expected"), [(3, 3), (1, 1), (-2, 1)])
def test_jobs_are_what_was_asked_for(given: int, expected: int) -> None:
    assert specs.jobs({"jobs": given}) == expected


def test_jobs_are_the_cpus_by_default() -> None:
    assert specs.jobs({}) >= 1
    assert specs.jobs({"jobs": 0}) == specs.jobs({"jobs": None})


def test_whole_numbers_of_an_env_file() -> None:
    assert environment.whole_number({}, "RETENTION_FILES", "/env") is None
    assert environment.whole_number({"RETENTION_FILES": ""}, "RETENTION_FILES", "/env") is None
    assert environment.whole_number({"RETENTION_FILES": "7"}, "RETENTION_FILES", "/env") == 7
    with pytest.raises(HostError) as caught:
        environment.whole_number({"RETENTION_FILES": "seven"}, "RETENTION_FILES", "/env")
    assert caught.value.code == "env_value_invalid"


def test_the_env_file_is_read_only_where_one_is_named(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("DB_NAME=other\n")
    assert environment.environment({}) == {}
    assert environment.environment({"env_file": None}) == {}
    assert environment.environment({"env_file": str(file)}) == {"DB_NAME": "other"}


@pytest.mark.parametrize("name", ["", "n" * 256, "\ud83d", "público\udfff\ud800"])
def test_a_directorys_name_that_no_archive_can_have_is_refused(name: str) -> None:
    with pytest.raises(HostError) as caught:
        media.directories({"directories": {"public": "/srv/public", name: "/srv/other"}})
    assert caught.value.code == "option_invalid" and "255" in str(caught.value)
    str(caught.value).encode()


def test_other_names_of_directories_are_taken() -> None:
    given = {"ação": "/a", "a/b": "/b", "..": "/c", "n" * 255: "/d", "bad\udcff": "/e", 5: "/f"}
    assert list(media.directories({"directories": given})) == [str(name) for name in given]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("[fe80::1%eth0]", "fe80::1%eth0"),
        ("db.example", "db.example"),
        ("[x]", "[x]"),
    ],
)
def test_brackets_around_an_address_are_no_part_of_it(given: str, expected: str) -> None:
    assert login.database({"login_host": given}, {}).host == expected
    assert login.database({}, {"DB_HOST": given}).host == expected
