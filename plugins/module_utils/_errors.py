# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors and notices as values: a stable code, the facts, and one sentence in the reader's language.

An error or warning is raised with a code and its facts only; the sentence comes from the catalogue
in ``_texts``, so that code, English and Portuguese text can't drift apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from ._reader import OptionNames
from ._texts import (
    archive,
    audit,
    config,
    database,
    drill,
    host,
    in_place,
    legacy,
    offsite,
    playbooks,
    redis,
    runner,
    runs,
    selective,
    stack,
    store,
    swap,
)

#: code → (English, Portuguese); each text names the object, the cause and the next step. One thing that a user fixes in one
#: way has one code.
TEXTS: dict[str, tuple[str, str]] = {
    **archive.TEXTS,
    **audit.TEXTS,
    **config.TEXTS,
    **database.TEXTS,
    **drill.TEXTS,
    **legacy.TEXTS,
    **host.TEXTS,
    **in_place.TEXTS,
    **offsite.TEXTS,
    **playbooks.TEXTS,
    **redis.TEXTS,
    **runner.TEXTS,
    **runs.TEXTS,
    **selective.TEXTS,
    **stack.TEXTS,
    **store.TEXTS,
    **swap.TEXTS,
}

#: Codes that have several causes which are fixed in the same way: code → fact ``problem`` → what the text says of it.
PROBLEMS: dict[str, dict[str, tuple[str, str]]] = {
    **archive.PROBLEMS,
    **audit.PROBLEMS,
    **config.PROBLEMS,
    **database.PROBLEMS,
    **host.PROBLEMS,
    **in_place.PROBLEMS,
    **legacy.PROBLEMS,
    **redis.PROBLEMS,
    **runner.PROBLEMS,
    **runs.PROBLEMS,
    **stack.PROBLEMS,
    **store.PROBLEMS,
    **swap.PROBLEMS,
}

LANGUAGES = ("en", "pt")
#: Maximum number of objects that a message names.
MOST_NAMED = 10


#: Line ends, with the blanks around them.
_LINE_ENDS = re.compile(r"[ \t]*[\r\n]+[ \t]*")


def listed(names: Iterable[object], count: int | None = None) -> str:
    """Format names for messages: the first ones, and the number of the rest.

    :param count: total number, if ``names`` has only the first of them.
    """
    found = [str(name) for name in names]
    more = (len(found) if count is None else count) - MOST_NAMED
    return ", ".join(found[:MOST_NAMED]) + (f", … (+{more})" if more > 0 else "")


def render(code: str, facts: dict[str, object], language: str = "en") -> str:
    """Return the sentence for a code.

    :param code: a key of :data:`TEXTS`.
    :param facts: values for the placeholders of the text.
    :param language: ``en`` or ``pt``; a :class:`Reader` also determines the names of options.
    """
    said: dict[str, object] = {name: _said(value, language) for name, value in facts.items()}
    names = OptionNames(language)
    if "option" in said:
        said["option"] = names[str(said["option"])]
    said["o"] = names
    if code in PROBLEMS:
        problem = PROBLEMS[code].get(str(facts.get("problem")))
        # What is none of those that are known of is a cause, in the words of who said it.
        said["problem"] = problem[LANGUAGES.index(language)].format_map(said) if problem else said["cause"]
    return TEXTS[code][LANGUAGES.index(language)].format_map(said)


def _said(value: object, language: str) -> object:
    """Format a fact for a sentence, with control characters of untrusted names and answers escaped."""
    if isinstance(value, (SidekickError, Notice)):
        # The cause of an error is included as a sentence in the same language.
        return value.text(language)
    if isinstance(value, (int, float)):
        return value
    return one_line(str(value))


def one_line(text: str) -> str:
    """Return a text without control characters: line ends become spaces, others are escaped."""
    if text.isprintable():
        return text
    joined = _LINE_ENDS.sub(" ", text)
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in joined)


class SidekickError(Exception):
    """A failure that the user is told about in one sentence.

    :param code: a key of :data:`TEXTS`, stable between releases.
    :param facts: what the sentence and the module's ``error`` result name (never secrets).
    """

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(render(code, facts))
        self.code = code
        self.facts = facts

    def text(self, language: str = "en") -> str:
        """Return the sentence in the given language (``en`` or ``pt``)."""
        return render(self.code, self.facts, language)


class DatabaseError(SidekickError):
    """The PostgreSQL server refused something, or can't be reached."""


class ArchiveError(SidekickError):
    """An archive is damaged, hostile, incomplete or not a backup."""


class EncryptionError(SidekickError):
    """A key is missing, malformed or wrong for the archive."""


class StoreError(SidekickError):
    """The directory of backups can't be used, is locked, or belongs to another source."""


class HostError(SidekickError):
    """Something on the managed host is missing or failed: a file, a library, a program, disk space."""


class CancelledError(SidekickError):
    """The run was cancelled, and has cleaned up."""


class Notice:
    """A warning: the run continues, but the user must be informed.

    :param code: a key of :data:`TEXTS`.
    :param facts: values for the text's placeholders.
    """

    def __init__(self, code: str, **facts: object) -> None:
        self.code = code
        self.facts = facts

    def text(self, language: str = "en") -> str:
        """Return the sentence in the given language (``en`` or ``pt``)."""
        return render(self.code, self.facts, language)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"Notice({self.code!r}, {self.facts!r})"
