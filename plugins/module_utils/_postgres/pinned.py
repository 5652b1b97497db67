# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Settings that every session has, whatever is set for the role, the database or the server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

#: What anybody may set: on which the text of a value, how it is read, or its being seen at all depends; and nothing
#: that could keep a session from writing or cut a long run short. A server without one of them is passed over.
_ANYBODY = {
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
    # how they are read
    "array_nulls": "on",
    "backslash_quote": "safe_encoding",
    "escape_string_warning": "on",
    "standard_conforming_strings": "on",
    "timezone_abbreviations": "Default",
    "transform_null_equals": "off",
    "xmloption": "content",
    # which rows and objects are seen, and what is looked at for that
    "constraint_exclusion": "partition",
    "gin_fuzzy_search_limit": "0",
    "restrict_nonsystem_relation_kind": "",
    "row_security": "off",
    "search_path": "",
    "synchronize_seqscans": "off",
    # what new transactions and tables are like
    "default_table_access_method": "heap",
    "default_transaction_deferrable": "off",
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "icu_validation_level": "warning",
    # what is said, and when a session ends
    "client_min_messages": "notice",
    "exit_on_error": "off",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "lock_timeout": "0",
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "jit": "off",
}
#: What only some may set: user code that would run because of what is restored, and damage that would be hidden.
_PRIVILEGED = {
    "allow_system_table_mods": "off",
    "event_triggers": "off",
    "ignore_checksum_failure": "off",
    "lo_compat_privileges": "off",
    "session_replication_role": "origin",
    "zero_damaged_pages": "off",
}
#: Those of which pg_dump's output depends without its setting them itself.
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
_MAY_SET = "(SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user)"
#: Privileges on settings came with this version.
_GRANTED_SINCE = 150000

#: Defaults of the session's account that differ, but for the one that is of no consequence without a value of its type.
_DEFAULTS = """
SELECT name, reset_val FROM pg_catalog.pg_settings
 WHERE name = ANY (%s) AND (name <> 'lc_monetary' OR EXISTS (
     SELECT FROM pg_catalog.pg_attribute WHERE attrelid >= 16384 AND atttypid = 'pg_catalog.money'::pg_catalog.regtype))
"""


def pin_statement(version: int, *, as_bytes: bool) -> str:
    """Return the statement that pins the settings of a session.

    :param version: of the server.
    :param as_bytes: whether the database's encoding can't be converted, so that bytes must pass through as they are.
    """
    anybody = {**_ANYBODY, "client_encoding": "SQL_ASCII"} if as_bytes else _ANYBODY
    may = _MAY_SET
    if version >= _GRANTED_SINCE:
        may += " OR pg_catalog.has_parameter_privilege(s.name, 'SET')"
    # By itself and before everything else: until then, names may lead wherever the database's owner wants.
    first = "SELECT pg_catalog.set_config('search_path', '', false)"
    return f"{first}; {_set(anybody)}; {_set(_PRIVILEGED)} AND ({may})"


def _set(settings: Mapping[str, str]) -> str:
    values = ", ".join(f"('{name}', '{value}')" for name, value in settings.items())
    return (
        f"SELECT pg_catalog.set_config(s.name, s.value, false) FROM (VALUES {values}) AS s (name, value)"
        " WHERE pg_catalog.current_setting(s.name, true) IS NOT NULL"
    )


def dump_defaults() -> tuple[str, list[list[str]]]:
    """Return the query, with its arguments, for the defaults that :func:`dump_options` looks at."""
    return _DEFAULTS, [list(_DUMP)]


def dump_options(defaults: Iterable[tuple[str, str]]) -> str:
    """Return libpq's ``options`` for pg_dump: those settings of which the account's defaults differ.

    Nothing where none does: not every connection pool takes such options.

    :param defaults: name and value.
    """
    different = [name for name, value in defaults if value != _ANYBODY[name]]
    values = {name: _ANYBODY[name].replace("\\", "\\\\").replace(" ", "\\ ") for name in different}
    return " ".join(f"-c {name}={value}" for name, value in values.items())
