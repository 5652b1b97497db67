# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of "Messages": conversations as lines of COPY. For speed, repeated texts are in templates."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from json.encoder import encode_basestring

from . import content
from .baileys import MIMES, TEMPLATES, THUMBNAILS, Noise
from .copytext import escape
from .world import Ticket, World

COLUMNS = [
    "id",
    "body",
    "ack",
    "read",
    "mediaType",
    "mediaUrl",
    "ticketId",
    "createdAt",
    "updatedAt",
    "fromMe",
    "isDeleted",
    "contactId",
    "quotedMsgId",
    "companyId",
    "remoteJid",
    "dataJson",
    "participant",
    "queueId",
    "channel",
    "isEdited",
    "thumbnailUrl",
    "error",
]
_LINE = "%s\t%s\t%d\t%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%d\t%s\t%d\t%s\t%s\t%s\t%s\twhatsapp\t%s\t\\N\t%s\n"
_TOGETHER = 48  # conversations that run at the same time

Row = tuple[int, str]


class MessageMaker:
    """Makes the messages of tickets, and sets the end and the last message of each ticket."""

    def __init__(self, rng: random.Random, world: World) -> None:
        self._rng = rng
        self._world = world
        self._noise = Noise(rng)
        self._scripts = content.parse_scripts()
        self._clock = ["%02d:%02d:%02d" % (s // 3600, s // 60 % 60, s % 60) for s in range(86_400)]
        self._days: dict[int, str] = {}
        self.deleted: list[tuple[str, int, str]] = []

    def chunks(self) -> Iterator[bytes]:
        """Yield all messages as lines, in the order of their arrival."""
        tickets = self._world.tickets
        for at in range(0, len(tickets), _TOGETHER):
            rows: list[Row] = []
            for ticket in tickets[at : at + _TOGETHER]:
                self._conversation(ticket, rows)
            rows.sort()
            yield "".join([line for _time, line in rows]).encode()

    def _stamp(self, second: int) -> str:
        day, rest = divmod(second, 86_400)
        text = self._days.get(day)
        if text is None:
            text = self._days[day] = time.strftime("%Y-%m-%d ", time.gmtime(second))
        return text + self._clock[rest]

    def _conversation(self, ticket: Ticket, rows: list[Row]) -> None:
        rng = self._rng
        contact = ticket.contact
        employee = ticket.user.name if ticket.user else "Assistente virtual"
        company = self._world.companies[contact.company - 1]
        customer = contact.name.split()[0]
        script: list[content.Line] = []
        second, number, previous = ticket.start, 0, ""
        values: dict[str, str] = {}
        while number < ticket.messages:
            if not script:
                script = rng.choice(self._scripts)[::-1]
                values = content.fields(rng, customer, company, employee)
            mine, kind, text = script.pop()
            second += int(rng.expovariate(1 / 90)) + 1
            unread = ticket.status != "closed" and not mine and number > ticket.messages - 4
            body = text % values
            previous = self._message(ticket, rows, (mine, kind, body), second, previous, unread)
            number += 1
            if body:
                ticket.last_message = body
        ticket.end = second

    def _message(
        self, ticket: Ticket, rows: list[Row], line: content.Line, second: int, previous: str, unread: bool
    ) -> str:
        """Given one line of a conversation, add its row and return its id."""
        rng, take, contact = self._rng, self._noise.take, ticket.contact
        mine, kind, body = line
        chance = rng.random()
        identity = (
            ("3EB0%018X" % rng.getrandbits(72))
            if mine or chance < 0.6
            else ("BAE5%012X" % rng.getrandbits(48))
        )
        media_url = "\\N"
        if kind == "chat":
            kind = "extendedTextMessage" if chance < (0.35 if mine else 0.08) else "conversation"
        elif kind != "location":
            media_url = self._media(contact.company, kind)
            if kind == "document":
                body = body or media_url.rsplit("/", 1)[-1]
        text = encode_basestring(body)
        ack = 3 if mine else 0
        participant = "5511999990000@s.whatsapp.net" if contact.is_group and not mine else ""
        values = {
            "jid": contact.jid,
            "me": "true" if mine else "false",
            "id": identity,
            "participant": ',"participant":"%s"' % participant if participant else "",
            "ts": second,
            "push": encode_basestring(contact.name),
            "ack": ack,
            "text": text,
            "n14": take(14),
            "m14": take(14),
            "p43": take(43),
            "size": second % 9973,
            "tail": ',"verifiedBizName":%s' % encode_basestring(self._world.companies[contact.company - 1])
            if mine
            else "",
        }
        if kind in THUMBNAILS:
            low, high = THUMBNAILS[kind]
            values.update(
                path="%d_%d" % (rng.getrandbits(50), rng.getrandbits(60)),
                n30=take(30),
                n43=take(43),
                m43=take(43),
                o43=take(43),
                mime=MIMES.get(kind, ""),
                seconds=second % 60,
                thumb=take(low + int((high - low) * rng.random() ** 3)),
            )
        data = TEMPLATES[kind] % values
        if "\\" in data or "\n" in body:
            data, body = escape(data), escape(body)
        elif "\t" in body:
            body = escape(body)
        stamp = self._stamp(second)
        rare = second % 512
        if rare == 77:
            self.deleted.append((identity, ticket.id, body))
        rows.append(
            (
                second,
                _LINE
                % (
                    identity,
                    body,
                    ack,
                    "f" if unread else "t",
                    kind,
                    media_url,
                    ticket.id,
                    "%s.%03d+00" % (stamp, rng.getrandbits(9)),
                    self._stamp(second + rng.getrandbits(3)) + ".5+00",
                    "t" if mine else "f",
                    "t" if rare == 77 else "f",
                    contact.id,
                    previous if previous and chance > 0.95 else "\\N",
                    contact.company,
                    contact.jid,
                    data,
                    participant or "\\N",
                    ticket.queue or "\\N",
                    "t" if rare == 78 else "f",
                    '{"code": 463, "message": "não entregue"}' if rare == 79 else "\\N",
                ),
            )
        )
        return identity

    def _media(self, company: int, kind: str) -> str:
        """Return a file of the company; without generated files, a name in Ticketz's format."""
        files = self._world.media.get(company, {}).get(kind)
        if files:
            return escape(self._rng.choice(files))
        suffix = {"image": "jpeg", "audio": "wav", "document": "pdf"}[kind]
        return "%d/%d-%06x.%s" % (
            company,
            1_700_000_000_000 + self._rng.getrandbits(34),
            self._rng.getrandbits(24),
            suffix,
        )
