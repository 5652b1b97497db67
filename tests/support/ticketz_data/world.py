# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of the demo: companies, their employees, numbers and queues, the customers and their tickets."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field

from . import people

START = 1_704_103_200  # 2024-01-01 10:00 UTC
QUEUES = (("Vendas", "#2e7d32"), ("Financeiro", "#1565c0"), ("Suporte", "#ef6c00"))
SHARES = (0.6, 0.3, 0.1)


@dataclass(frozen=True)
class User:
    """An employee of a company."""

    id: int
    name: str
    company: int


@dataclass(frozen=True)
class Whatsapp:
    """A connected phone number."""

    id: int
    name: str
    number: str
    company: int


@dataclass(frozen=True)
class Contact:
    """A customer, or a group."""

    id: int
    name: str
    number: str
    company: int
    is_group: bool

    @property
    def jid(self) -> str:
        return self.number + ("@g.us" if self.is_group else "@s.whatsapp.net")


@dataclass
class Ticket:
    """A conversation with one contact. `last_message` and `end` are set when its messages are generated."""

    id: int
    uuid: str
    contact: Contact
    user: User | None
    queue: int | None
    whatsapp: int
    status: str
    start: int
    messages: int
    last_message: str = ""
    end: int = 0


@dataclass
class World:
    """Everything that messages and the small tables refer to."""

    companies: list[str]
    users: list[User] = field(default_factory=list)
    whatsapps: list[Whatsapp] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    media: dict[int, dict[str, list[str]]] = field(default_factory=dict)

    def users_of(self, company: int) -> list[User]:
        return [user for user in self.users if user.company == company]

    def queue_ids(self, company: int) -> list[int]:
        return [(company - 1) * len(QUEUES) + number for number in range(1, len(QUEUES) + 1)]


def create(rng: random.Random, messages: int) -> World:
    """Given the number of messages, return a world of matching size."""
    world = World(companies=list(people.COMPANIES[: len(SHARES)]))
    for company in range(1, len(SHARES) + 1):
        for _number in range(5):
            world.users.append(User(len(world.users) + 1, people.person(rng), company))
        for name in ("Principal", "Cobrança")[: 2 if company == 1 else 1]:
            world.whatsapps.append(Whatsapp(len(world.whatsapps) + 1, name, people.phone(rng), company))
    _add_contacts(rng, world, max(30, messages // 50))
    _add_tickets(rng, world, messages)
    return world


def _add_contacts(rng: random.Random, world: World, count: int) -> None:
    seen = set()
    for company, share in enumerate(SHARES, 1):
        for _number in range(max(8, int(count * share))):
            is_group = rng.random() < 0.03
            number = "1203630%011d" % rng.randrange(10**11) if is_group else people.phone(rng)
            if number in seen:
                continue
            seen.add(number)
            name = "Grupo %s" % rng.choice(people.LAST_NAMES) if is_group else people.person(rng)
            world.contacts.append(Contact(len(world.contacts) + 1, name, number, company, is_group))


def _add_tickets(rng: random.Random, world: World, messages: int) -> None:
    users = {company: world.users_of(company) for company in range(1, len(SHARES) + 1)}
    left, start = messages, START
    while left > 0 or len(world.tickets) < 12:
        size = min(left, max(2, int(rng.lognormvariate(2.9, 0.8))))
        left -= size
        start += rng.randrange(30, 1200)
        contact = rng.choice(world.contacts)
        chance = rng.random()
        status = "closed" if chance < 0.9 else "open" if chance < 0.97 else "pending"
        world.tickets.append(
            Ticket(
                id=len(world.tickets) + 1,
                uuid=str(uuid.UUID(int=rng.getrandbits(128), version=4)),
                contact=contact,
                user=None if status == "pending" else rng.choice(users[contact.company]),
                queue=rng.choice(world.queue_ids(contact.company)) if rng.random() < 0.9 else None,
                whatsapp=rng.choice([w.id for w in world.whatsapps if w.company == contact.company]),
                status=status,
                start=start,
                messages=size,
            )
        )
