# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Imports and exports in a few lines for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._store.units import human_size
from .phrases import number, say, seconds
from .report_lines import directory_lines

_INDENT = "  "

Results = Mapping[str, Any]


def import_lines(results: Results, changed: bool, check: bool, language: str) -> list[str]:
    """Return what an import has done, or would do."""
    path = results["backup"]["path"]
    if not changed:
        return [say("import_nothing", language, path=path)]
    lines = []
    database = results["database"]
    if database:
        lines.append(
            say(
                "imported_database",
                language,
                name=database["name"],
                tables=number(len(database["tables"]), language),
                rows=number(sum(database["tables"].values()), language),
            )
        )
    lines += directory_lines(results["directories"], language)
    if not check:
        lines.append(say("took", language, duration=seconds(results["duration"])))
    head = say("import_would" if check else "imported", language, path=path)
    return [head, *(_INDENT + line for line in lines), *([] if check else [say("next_connect", language)])]


def export_lines(results: Results, changed: bool, check: bool, language: str) -> list[str]:
    """Return what an export has written, or would write."""
    paths = ", ".join(path for path in (results["path"], results["public_path"]) if path)
    head = say("export_would" if check else "exported", language, path=paths, format=results["format"])
    if check:
        return [head]
    lines = []
    if results["tables"]:
        rows = sum(results["tables"].values())
        lines.append(
            say(
                "exported_tables",
                language,
                tables=number(len(results["tables"]), language),
                rows=number(rows, language),
            )
        )
    lines += [
        say(
            "exported_files",
            language,
            name=name,
            files=number(found["files"], language),
            size=human_size(found["bytes"]),
        )
        for name, found in results["directories"].items()
    ]
    lines += [say("read_back", language), say("took", language, duration=seconds(results["duration"]))]
    return [head, *(_INDENT + line for line in lines)]
