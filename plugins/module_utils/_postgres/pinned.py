# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings that every session uses, regardless of the settings of role, database and server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

#: Settings that any role may change. They determine how values are written and read and which rows are visible, and
#: prevent that a session is read-only or is ended by a timeout. Settings that a server does not have are skipped.
_UNPRIVILEGED = {
    # how values are written
    "client_encoding": "UTF8",
    "timezone": "UTC",
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "xmlbinary": "base64",
    "lc_monetary": "C",
    "quote_all_identifiers": "off",
    # how values are read
    "array_nulls": "on",
    "backslash_quote": "safe_encoding",
    "escape_string_warning": "on",
    "standard_conforming_strings": "on",
    "timezone_abbreviations": "Default",
    "transform_null_equals": "off",
    "xmloption": "content",
    # which rows and objects are visible, and how they are searched
    "constraint_exclusion": "partition",
    "gin_fuzzy_search_limit": "0",
    "restrict_nonsystem_relation_kind": "",
    "row_security": "off",
    "search_path": "",
    "synchronize_seqscans": "off",
    # properties of new transactions and tables
    "default_table_access_method": "heap",
    "default_transaction_deferrable": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "icu_validation_level": "warning",
    # messages, and timeouts of a session
    "client_min_messages": "notice",
    "exit_on_error": "off",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "lock_timeout": "0",
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "jit": "off",
}
#: Settings that require privileges. They could make a restore run the user's code, or hide damaged data.
_PRIVILEGED = {
    "allow_system_table_mods": "off",
    "event_triggers": "off",
    "ignore_checksum_failure": "off",
    "lo_compat_privileges": "off",
    "session_replication_role": "origin",
    "zero_damaged_pages": "off",
}
#: Settings that affect pg_dump's output, and that pg_dump does not set.
_DUMP = (
    "array_nulls",
    "backslash_quote",
    "bytea_output",
    "default_transaction_deferrable",
    "default_transaction_isolation",
    "default_transaction_read_only",
    "idle_session_timeout",
    "lc_monetary",
    "quote_all_identifiers",
    "restrict_nonsystem_relation_kind",
    "standard_conforming_strings",
    "transaction_timeout",
    "transform_null_equals",
    "xmlbinary",
    "xmloption",
)
_IS_SUPERUSER = "(SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)"
#: The first version with privileges on settings.
_GRANTED_SINCE = 150000

#: Defaults of the session's account, without ``lc_monetary`` if no column has the type ``money``.
_DEFAULTS = """
SELECT name, reset_val FROM pg_catalog.pg_settings
 WHERE name = ANY (%s) AND (name <> 'lc_monetary' OR EXISTS (
     SELECT FROM pg_catalog.pg_attribute WHERE attrelid >= 16384 AND atttypid = 'pg_catalog.money'::pg_catalog.regtype))
"""


def pin_statement(version: int, *, as_bytes: bool) -> str:
    """Return the statement that pins the settings of a session.

    :param version: the server's version, such as 160014.
    :param as_bytes: whether the database's encoding can't be converted, so that the client must get the bytes unchanged.
    """
    anybody = {**_UNPRIVILEGED, "client_encoding": "SQL_ASCII"} if as_bytes else _UNPRIVILEGED
    may = _IS_SUPERUSER
    if version >= _GRANTED_SINCE:
        may += " OR pg_catalog.has_parameter_privilege(s.name, 'SET')"
    # In a statement of its own before all others: until then, names may resolve to objects of the database's owner.
    first = "SELECT pg_catalog.set_config('search_path', '', false)"
    return f"{first}; {_set(anybody)}; {_set(_PRIVILEGED)} AND ({may})"


def _set(settings: Mapping[str, str]) -> str:
    values = ", ".join(f"('{name}', '{value}')" for name, value in settings.items())
    return (
        f"SELECT pg_catalog.set_config(s.name, s.value, false) FROM (VALUES {values}) AS s (name, value)"
        " WHERE pg_catalog.current_setting(s.name, true) IS NOT NULL"
    )


def dump_defaults() -> tuple[str, list[list[str]]]:
    """Return the query, with its arguments, for the defaults that :func:`dump_options` requires."""
    return _DEFAULTS, [list(_DUMP)]


def dump_options(defaults: Iterable[tuple[str, str]]) -> str:
    """Return libpq's ``options`` for pg_dump, with the settings that differ from the account's defaults.

    Empty if none differs, since not every connection pooler accepts such options.

    :param defaults: names and values of the account's defaults.
    """
    different = [name for name, value in defaults if value != _UNPRIVILEGED[name]]
    values = {name: _UNPRIVILEGED[name].replace("\\", "\\\\").replace(" ", "\\ ") for name in different}
    return " ".join(f"-c {name}={value}" for name, value in values.items())
