# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of all makers of rows."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .world import START, Ticket, World


class Table(NamedTuple):
    """Rows for some columns of a table."""

    name: str
    columns: list[str]
    rows: list[Sequence[Any]]


def at(second: float) -> str:
    """Given seconds since 1970, return a timestamp."""
    moment = datetime.datetime.fromtimestamp(second, datetime.timezone.utc)
    return moment.isoformat(sep=" ", timespec="milliseconds")


def timed(columns: str) -> list[str]:
    """Given column names in one string, return them with the two time columns at the end of most tables."""
    return [*columns.split(), "createdAt", "updatedAt"]


class Maker:
    """Makes rows from a world; `born` are the times of the rows that exist from the beginning."""

    def __init__(self, rng: random.Random, world: World) -> None:
        self.rng = rng
        self.world = world
        self.born = [at(START - 86_400), at(START - 3_600)]
        self.companies = range(1, len(world.companies) + 1)
        # At most about 5,000 tickets, for small tables.
        self.sample: list[Ticket] = world.tickets[:: max(1, len(world.tickets) // 5000)]

    def per_company(self, rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
        """Given rows, return them for each company, with a number, the company's id, and its creation time."""
        every = [(company, row) for company in self.companies for row in rows]
        return [[number, *row, company, *self.born] for number, (company, row) in enumerate(every, 1)]

    def tables(self) -> Iterator[Table]:
        """Yield the tables of this maker."""
        raise NotImplementedError
