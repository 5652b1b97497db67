# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import string

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._texts import store


def _placeholders(text: str) -> set[str]:
    return {part[1] for part in string.Formatter().parse(text) if part[1]}


@pytest.mark.parametrize("code", sorted(store.TEXTS))
def test_both_languages_tell_the_same_facts_in_whole_sentences(code: str) -> None:
    english, portuguese = store.TEXTS[code]
    assert _placeholders(english) == _placeholders(portuguese)
    assert english != portuguese
    for text in (english, portuguese):
        assert text.endswith(".")
        assert "  " not in text
    assert re.fullmatch("[a-z][a-z_]*", code)
