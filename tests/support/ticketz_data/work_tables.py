# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows that result from daily work: contacts, tickets, notes, ratings, counters, chats."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from . import content, people
from .tables import Maker, Table, at, timed
from .world import START, World


class WorkTables(Maker):
    """Makes these rows. The messages must be made before, since they set the end of each ticket."""

    def __init__(self, rng: random.Random, world: World, deleted: Sequence[tuple[str, int, str]]) -> None:
        super().__init__(rng, world)
        self._deleted = deleted or [("3EB0FFFFFFFFFFFFFFFFFF", world.tickets[0].id, "apagada")]

    def tables(self) -> Iterator[Table]:
        """Yield the tables of this maker."""
        for group in (self._contacts(), self._tickets(), self._notes(), self._chats()):
            yield from group

    def _contacts(self) -> Iterator[Table]:
        rng, world, born = self.rng, self.world, self.born
        rows: list[Sequence[Any]] = []
        for c in world.contacts:
            picture = "https://pps.whatsapp.net/v/t61.24694-24/%d_n.jpg" % c.id if c.id % 3 else None
            mail = "" if c.id % 7 else "cliente%d@exemplo.com.br" % c.id
            language = None if c.id % 5 else "pt"
            rows.append([c.id, c.name, c.number, picture, mail, c.is_group, c.company, language, *born])
        columns = timed("id name number profilePicUrl email isGroup companyId language")
        yield Table("Contacts", columns, rows)
        some = list(enumerate(world.contacts[:: max(1, len(world.contacts) // 500)], 1))
        rows = [[n, "Cidade", rng.choice(people.CITIES), c.id, *born] for n, c in some]
        yield Table("ContactCustomFields", timed("id name value contactId"), rows)
        rows = [[c.id, c.company * 4 - c.id % 4, *born] for _n, c in some]
        yield Table("ContactTags", timed("contactId tagId"), rows)
        rows = [[n, "%d@lid" % (10**14 + c.id), c.company, c.id, *born] for n, c in some if not c.is_group]
        yield Table("WhatsappLidMaps", timed("id lid companyId contactId"), rows)

    def _tickets(self) -> Iterator[Table]:
        rows: list[Sequence[Any]] = []
        for t in self.world.tickets:
            unread = 0 if t.status == "closed" else 2
            people_of = [t.contact.id, t.user and t.user.id, t.whatsapp, t.contact.is_group, unread, t.queue]
            times = [at(t.start), at(t.end or t.start)]
            rest = [t.contact.company, t.uuid, t.id % 50 == 0, *times]
            rows.append([t.id, t.status, t.last_message, *people_of, *rest])
        columns = (
            "id status lastMessage contactId userId whatsappId isGroup unreadMessages queueId companyId uuid"
        )
        yield Table("Tickets", timed(columns + " chatbot"), rows)
        rows = []
        for n, t in enumerate(self.sample, 1):
            ids = [n, t.id, t.contact.company, t.whatsapp, t.user and t.user.id]
            finished = at(t.end) if t.status == "closed" and t.end else None
            chatbot = at(t.start + 9) if n % 3 else None
            steps: list[str | None] = [at(t.start + 5), at(t.start + 60.25), finished]
            rows.append([*ids, *steps, n % 4 == 0, n % 9 == 0, chatbot, at(t.start), at(t.start + 70)])
        columns = (
            "id ticketId companyId whatsappId userId queuedAt startedAt finishedAt rated expired chatbotendAt"
        )
        yield Table("TicketTraking", timed(columns), rows)
        hours = sorted({(t.contact.company, t.start - t.start % 3600) for t in self.sample})
        series = [(company, serie, hour) for company, hour in hours for serie in ("tickets", "messages")]
        rows = [[company, serie, at(hour), self.rng.randrange(1, 40)] for company, serie, hour in series]
        yield Table("Counters", ["companyId", "serie", "timestamp", "value"], rows)

    def _notes(self) -> Iterator[Table]:
        rng, born = self.rng, self.born
        rows: list[Sequence[Any]] = []
        for n, t in enumerate(self.sample[::4], 1):
            rows.append([n, t.id, t.contact.company, t.user and t.user.id, rng.randrange(1, 6), *born])
        yield Table("UserRatings", timed("id ticketId companyId userId rate"), rows)
        rows = [[t.id, t.contact.company * 4 - t.id % 4, *born] for t in self.sample[::3]]
        yield Table("TicketTags", timed("ticketId tagId"), rows)
        rows = []
        for n, t in enumerate(self.sample[::5], 1):
            text = "Cliente pediu retorno após as %dh" % rng.randrange(9, 18)
            rows.append([n, text, t.user and t.user.id, t.contact.id, t.id, *born])
        yield Table("TicketNotes", timed("id note userId contactId ticketId"), rows)
        rows = [[n, *deleted, *born] for n, deleted in enumerate(self._deleted, 1)]
        yield Table("OldMessages", timed("id messageId ticketId body"), rows)
        rows = []
        for n, t in enumerate(self.sample[:200:7], 1):
            send, sent = at(t.start + 86_400), at(t.start + 86_401) if n % 2 else None
            ids = [t.contact.id, t.id, t.user and t.user.id, t.contact.company]
            status = "ENVIADA" if n % 2 else "PENDENTE"
            rows.append([n, "Lembrete: sua consulta é amanhã 😉", send, sent, *ids, status, *born])
        columns = timed("id body sendAt sentAt contactId ticketId userId companyId status")
        yield Table("Schedules", columns, rows)

    def _chats(self) -> Iterator[Table]:
        world, born, rng = self.world, self.born, self.rng
        rows: list[Sequence[Any]] = []
        for n in self.companies:
            identity = str(uuid.UUID(int=rng.getrandbits(128), version=4))
            rows.append([n, "Equipe", identity, n * 5 - 4, "Valeu!", n, *born])
        yield Table("Chats", timed("id title uuid ownerId lastMessage companyId"), rows)
        users = [(n, user) for n in self.companies for user in world.users_of(n)]
        rows = [[number, n, user.id, number % 3, *born] for number, (n, user) in enumerate(users, 1)]
        yield Table("ChatUsers", timed("id chatId userId unreads"), rows)
        rows = []
        for number in range(1, 121):
            n, user = rng.choice(users)
            values = content.fields(rng, user.name, world.companies[n - 1], user.name)
            text = "Pessoal, o pedido %(pedido)s de %(cidade)s já saiu? Valor R$ %(valor)s" % values
            rows.append([number, n, user.id, text, at(START + 60 * number), at(START + 60 * number)])
        yield Table("ChatMessages", timed("id chatId senderId message"), rows)
