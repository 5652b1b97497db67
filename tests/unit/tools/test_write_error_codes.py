# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import TEXTS
from ansible_collections.ticketz.sidekick.tools import write_error_codes


def test_the_page_is_up_to_date() -> None:
    assert write_error_codes.PAGE.read_text(encoding="utf-8") == write_error_codes.page(), (
        "run tools/write_error_codes.py"
    )


def test_the_page_has_every_code_once() -> None:
    lines = write_error_codes.page().splitlines()
    codes = [line.split("`")[1] for line in lines if line.startswith("| `")]
    assert sorted(codes) == sorted(TEXTS)


def test_every_catalogue_is_a_section() -> None:
    files = {path.stem for path in (write_error_codes.SOURCES / "_texts").glob("*.py")}
    assert files - {"__init__"} == set(write_error_codes.SECTIONS)
