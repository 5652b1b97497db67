# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Actor: whoever writes what is parsed. Claim: an accident of the parser, or more time and memory than the content is worth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.tests.adversarial.frame import STORE_WRITER, attack
from ansible_collections.ticketz.sidekick.tests.adversarial.fuzz.bounds import examples, refused_or_taken
from ansible_collections.ticketz.sidekick.tests.adversarial.fuzz.mutations import changed_bytes, changed_json
from ansible_collections.ticketz.sidekick.tests.adversarial.fuzz.parsers import PARSERS, Parser


def test_honest_content_is_taken() -> None:
    for parser in PARSERS:
        for seed in parser.seeds:
            parser.read(seed)


@attack(STORE_WRITER, "has a parser fail by an accident, or take the host's memory or time, with any bytes")
@pytest.mark.parametrize("parser", PARSERS, ids=repr)
@examples
@given(data=st.data())
def test_any_bytes(parser: Parser, data: st.DataObject) -> None:
    content = data.draw(changed_bytes(parser.seeds))
    with refused_or_taken(*parser.raises):
        parser.read(content)


@attack(STORE_WRITER, "does so with JSON of another shape")
@pytest.mark.parametrize("parser", [parser for parser in PARSERS if parser.json], ids=repr)
@examples
@given(data=st.data())
def test_any_json(parser: Parser, data: st.DataObject) -> None:
    content = data.draw(changed_json(parser.seeds))
    with refused_or_taken(*parser.raises):
        parser.read(content)
