# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._engine.find_query import parse_query


@pytest.mark.parametrize(
    ("text", "name", "number"),
    [
        ("+55 11 9…", "Maria", "5511987654321"),
        ("+55 11 98765-4321", "Maria", "5511987654321"),
        # Older accounts of WhatsApp don't have the ninth digit, and people leave out the country.
        ("(11) 98765-4321", "Maria", "551187654321"),
        ("98765-4321", "Maria", "551187654321"),
        ("8765", "Maria", "5511987654321"),
        ("maria", "Maria da Silva", "1"),
        ("SILVA  maria", "Maria da Silva", "1"),
        ("jose antonio", "José António", "1"),
        ("ção", "CONCEIÇÃO", "1"),
        ("ﬁna", "Fina", "1"),
        ("loja@example.org", "Loja", "1"),
        ("Straße", "STRASSE 7", "1"),
    ],
)
def test_a_contact_is_found(text: str, name: str, number: str) -> None:
    assert parse_query(text).fits_contact(name, number, "loja@example.org")


@pytest.mark.parametrize(
    ("text", "name", "number"),
    [
        ("+55 11 98765-4321", "Maria", "5511987654322"),
        ("(21) 98765-4321", "Maria", "551187654321"),
        ("maria souza", "Maria da Silva", "1"),
        # Three digits are too few for a phone number, and are not searched in names of numbers.
        ("876", "Maria", "5511987654321"),
        ("#4711", "Maria", "5511944711321"),
        ("", "Maria", "5511987654321"),
        ("   ", "Maria", "5511987654321"),
    ],
)
def test_another_contact_is_not(text: str, name: str, number: str) -> None:
    assert not parse_query(text).fits_contact(name, number, "")


@pytest.mark.parametrize(
    ("text", "ticket"),
    [("4711", 4711), ("#4711", 4711), (" 7 ", 7), ("+4711", None), ("47-11", None), ("9999999999", None)],
)
def test_a_ticket_has_a_number(text: str, ticket: int | None) -> None:
    assert parse_query(text).ticket == ticket


def test_files_are_found_by_their_own_name() -> None:
    query = parse_query("orcamento.pdf")
    assert query.fits_file("Orçamento.PDF")
    assert not query.fits_file("orcamento.docx")


def test_a_period_begins_and_ends_within_the_second() -> None:
    query = parse_query("", "2026-01-31 00:00:00", "2026-02-01 00:00:00")
    assert query.is_period_only
    for first, last, fits in (
        ("2026-01-30 23:59:59.999+00", "2026-01-31 00:00:00+00", True),
        ("2026-01-30 10:00:00+00", "2026-01-30 23:59:59.999+00", False),
        ("2026-01-31 23:59:59.9+00", "2026-03-01 00:00:00+00", True),
        ("2026-02-01 00:00:00+00", "2026-03-01 00:00:00+00", False),
    ):
        assert query.fits_period(first, last) == fits
