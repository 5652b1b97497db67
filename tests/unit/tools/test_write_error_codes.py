# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import PROBLEMS, TEXTS
from ansible_collections.ticketz.sidekick.tools import error_code_sections, write_error_codes


def test_the_page_is_up_to_date() -> None:
    assert write_error_codes.PAGE.read_text(encoding="utf-8") == write_error_codes.page(), (
        "run tools/write_error_codes.py"
    )


def test_the_page_has_every_code_once_and_every_problem_below_its_code() -> None:
    found: dict[str, list[str]] = {}
    code = ""
    for line in write_error_codes.page().splitlines():
        if line.startswith("| `"):
            code = line.split("`")[1]
            assert code not in found
            found[code] = []
        elif line.startswith("| → `"):
            found[code].append(line.split("`")[1])
    assert found == {each: list(PROBLEMS.get(each, ())) for each in TEXTS}


def test_every_section_has_codes_and_is_linked_to() -> None:
    page = write_error_codes.page()
    for title, codes in error_code_sections.divided(TEXTS).items():
        assert codes, title
        assert page.count(f"\n## {title}\n") == page.count(f"- [{title}](#") == 1


def test_a_code_that_no_section_has_is_named() -> None:
    with pytest.raises(ValueError, match="something_new"):
        error_code_sections.divided([*TEXTS, "something_new"])
