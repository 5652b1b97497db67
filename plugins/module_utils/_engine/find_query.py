# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person looks for in backups: part of a name, a phone number, a ticket number, a file name, or a period."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

#: A phone number in the usual ways of writing; a part of one needs this many digits.
_PHONE = re.compile(r"[+(]?\d[\d\s().+-]*")
_LEAST_DIGITS = 4
#: PostgreSQL's integer has ten digits.
_TICKET = re.compile(r"#?(\d{1,10})")
#: Mobile numbers of Brazil: WhatsApp knows older ones without the 9 that was put before them in 2016.
#: Source: Anatel, Resolução nº 553/2010 and its schedule.
_BRAZILIAN = re.compile(r"(55\d\d|^\d\d|^)9(\d{8})$")
_LARGEST_ID = (1 << 31) - 1


@dataclass(frozen=True)
class Query:
    """What to look for.

    :param words: all of them must occur in a name; folded, see :func:`fold`.
    :param digits: part of a phone number, in one or two spellings; empty if the text is not one.
    :param ticket: number of a ticket; None if the text is not one.
    :param since: first second of the period, as ``2026-01-31 02:00:00`` in UTC; None without a limit.
    :param until: first second after it, or None.
    """

    words: tuple[str, ...] = ()
    digits: tuple[str, ...] = ()
    ticket: int | None = None
    since: str | None = None
    until: str | None = None

    @property
    def is_period_only(self) -> bool:
        """Whether nothing but a period is asked for."""
        return not self.words and self.ticket is None

    @property
    def has_period(self) -> bool:
        """Whether a period is asked for."""
        return self.since is not None or self.until is not None

    def fits_contact(self, name: str, number: str, email: str) -> bool:
        """Return whether a contact is looked for."""
        if self.digits:
            known = "".join(re.findall(r"\d", number))
            return any(each in known or each in _without_nine(known) for each in self.digits)
        return self._fits_words(name) or self._fits_words(email)

    def fits_file(self, name: str) -> bool:
        """Return whether a file is looked for, by its name without directories."""
        return self._fits_words(name)

    def fits_period(self, first: str, last: str) -> bool:
        """Return whether a time, or anything between two, is in the period. Times as PostgreSQL writes them in UTC."""
        return (self.since is None or last[:19] >= self.since) and (
            self.until is None or first[:19] < self.until
        )

    def _fits_words(self, text: str) -> bool:
        folded = fold(text)
        return bool(self.words) and all(word in folded for word in self.words)


def parse_query(text: str, since: str | None = None, until: str | None = None) -> Query:
    """Return what a text asks for.

    ``#4711`` is a ticket. Digits, with the signs that phone numbers are written with, are a phone number or part of
    one (from 4 digits on), and without such signs also a ticket's number. Everything else are words of a name.
    """
    text = text.strip().rstrip("…").strip()
    number = _TICKET.fullmatch(text)
    ticket = int(number[1]) if number and int(number[1]) <= _LARGEST_ID else None
    digits = "".join(re.findall(r"\d", text)) if _PHONE.fullmatch(text) else ""
    spellings = tuple(dict.fromkeys((digits, _without_nine(digits)))) if len(digits) >= _LEAST_DIGITS else ()
    return Query(tuple(fold(text).split()), spellings, ticket, since, until)


def fold(text: str) -> str:
    """Return a text without case and accents, for comparisons."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(each for each in decomposed if not unicodedata.combining(each)).casefold()


def _without_nine(digits: str) -> str:
    return _BRAZILIAN.sub(r"\1\2", digits)
