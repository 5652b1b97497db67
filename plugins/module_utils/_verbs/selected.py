# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options and results of a restore of single tables and paths."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._errors import HostError, listed


def row_filter(given: Mapping[Any, Any]) -> dict[str, dict[str, list[Any]]]:
    """Return the option ``rows``, each value as a list. Raise HostError (``option_invalid``)."""
    found: dict[str, dict[str, list[Any]]] = {}
    for table, columns in given.items():
        if not isinstance(columns, Mapping):
            cause = "the name of a table is followed by columns and their values"
            raise HostError("option_invalid", option="rows", value=table, cause=cause)
        found[str(table)] = {
            str(column): list(value) if isinstance(value, (list, tuple)) else [value]
            for column, value in columns.items()
        }
    return found


def check_selection(params: Mapping[str, Any]) -> None:
    """Refuse options that do not apply to the requested kind of restore. Raise HostError (``option_invalid``)."""
    parts = params["tables"] or params["paths"]
    for option in ("rows", "merge"):
        if params[option] and not parts:
            value = listed(params[option]) if option == "rows" else "true"
            raise HostError("option_invalid", option=option, value=value, cause="it is for tables and paths")
    for option, about in (("leave_out", "databases"), ("restore_exclude_paths", "directories")):
        if params[option] and parts:
            value, cause = listed(params[option]), f"it is for whole {about}"
            raise HostError("option_invalid", option=option, value=value, cause=cause)
    _check_undelete(params)


def _check_undelete(params: Mapping[str, Any]) -> None:
    """Refuse options that can't be combined with ``tickets`` and ``contacts``."""
    requested = [option for option in ("tickets", "contacts") if params[option]]
    if not requested:
        return
    cause = f"{' and '.join(requested)} find out by themselves what belongs to them, and replace nothing"
    for option in ("tables", "paths", "rows", "leave_out", "restore_exclude_paths"):
        if params[option]:
            raise HostError("option_invalid", option=option, value=listed(params[option]), cause=cause)
    for option, value in (("if_not_empty", "replace"), ("strategy", "swap"), ("state", "undone")):
        if params[option] == value:
            raise HostError("option_invalid", option=option, value=value, cause=cause)


def selected_diff(database: Mapping[str, Any] | None, directories: Mapping[str, Any]) -> dict[str, str]:
    """Return the diff: numbers of rows and files before and after."""
    before, after = [], []
    if database is not None:
        for table, found in database["changes"].items():
            rows = database["tables"][table]
            counts = [f"{count} {what}" for what, count in found.items() if count]
            before.append(f"table {table}: {rows - found['inserted'] + found['removed']} rows\n")
            after.append(f"table {table}: {rows} rows{', ' if counts else ''}{', '.join(counts)}\n")
    for name, found in directories.items():
        before.append(f"directory {name}: {found['unchanged']} files as in the backup\n")
        after.append(f"directory {name}: {found['unchanged'] + found['files']} files as in the backup\n")
    return {"before": "".join(before), "after": "".join(after)}
