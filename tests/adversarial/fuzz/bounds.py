# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a parser may do with hostile content: take it, or refuse it by an error of its own, soon and in little memory."""

from __future__ import annotations

import time
import tracemalloc
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

import hypothesis

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError

#: A third of the everyday examples, since there are so many parsers; all of the thorough ones.
examples = hypothesis.settings(
    max_examples=10 if hypothesis.settings().max_examples < 100 else hypothesis.settings().max_examples
)

#: Seconds of processor time for one input of some kilobytes; an ordinary one takes milliseconds.
_SECONDS = 10.0
#: Bytes that Python's objects may take meanwhile.
_BYTES = 64 * 1024 * 1024
_LONGEST_MESSAGE = 20_000


@contextmanager
def refused_or_taken(*errors: type[Exception]) -> Iterator[None]:
    """Let content be parsed.

    :param errors: what the parser says it raises beside the product's own errors.
    """
    tracemalloc.start()
    began = time.process_time()
    try:
        yield
    except SidekickError as error:
        for text in (error.text("en"), error.text("pt")):
            assert len(text) < _LONGEST_MESSAGE
            assert not any(
                unicodedata.category(character) == "Cc" for character in text if character != "\n"
            ), text
    except errors:
        pass
    finally:
        took, (_now, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert took < _SECONDS
    assert peak < _BYTES
