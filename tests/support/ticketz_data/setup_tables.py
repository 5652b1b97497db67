# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of a company's configuration: plans, users, queues, connections, campaigns."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from . import people
from .baileys import Noise, session
from .tables import Maker, Table, at, timed
from .world import QUEUES, START


class SetupTables(Maker):
    """Makes companies and their configuration."""

    def tables(self) -> Iterator[Table]:
        """Yield the tables of this maker."""
        for group in (self._companies(), self._texts(), self._whatsapp(), self._marketing()):
            yield from group

    def _companies(self) -> Iterator[Table]:
        world, born, rng = self.world, self.born, self.rng
        plans: list[Sequence[Any]] = [
            [1, "Básico", 3, 1, 3, 49.9, "BRL", *born],
            [2, "Profissional", 10, 3, 10, 149.0, "BRL", *born],
            [3, "Ilimitado", 999, 99, 999, 399.99, "BRL", *born],
        ]
        yield Table("Plans", timed("id name users connections queues value currency"), plans)
        days = ("Segunda-feira", "Terça-feira", "Quarta-feira", "Quinta-feira", "Sexta-feira")
        hours = [{"weekday": day, "startTime": "08:00", "endTime": "18:00"} for day in days]
        rows: list[Sequence[Any]] = []
        for n in self.companies:
            due, mail = datetime.date(2027, n, 10), "contato@empresa%d.com.br" % n
            name, phone = world.companies[n - 1], people.phone(rng)
            rows.append([n, name, phone, mail, n, True, hours, due, "MENSAL", "pt_BR", *born])
        columns = timed("id name phone email planId status schedules dueDate recurrence language")
        yield Table("Companies", columns, rows)
        rows = []
        for user in world.users:
            mail = "usuario%d@empresa%d.com.br" % (user.id, user.company)
            secret = "$2a$08$" + Noise(rng).take(53)
            profile = "admin" if user.id % 5 == 1 else "user"
            rows.append([user.id, user.name, mail, secret, profile, user.company, user.id == 1, *born])
        yield Table("Users", timed("id name email passwordHash profile companyId super"), rows)
        queues = [[*queue, "Bem-vindo ao setor %s! 😀" % queue[0], hours, ""] for queue in QUEUES]
        columns = timed("id name color greetingMessage schedules outOfHoursMessage companyId")
        yield Table("Queues", columns, self.per_company(queues))
        columns = timed("id title message option queueId parentId exitChatbot")
        yield Table("QueueOptions", columns, self._queue_options())
        pairs = [[user.id, queue, *born] for user in world.users for queue in world.queue_ids(user.company)]
        yield Table("UserQueues", timed("userId queueId"), [*pairs])
        rows = [[Noise(rng).take(20), user.id, user.id % 3 == 0, *born] for user in world.users]
        yield Table("UserSocketSessions", timed("id userId active"), rows)

    def _queue_options(self) -> list[Sequence[Any]]:
        """Return rows in which some children precede their parents."""
        rows: list[Sequence[Any]] = []
        for queue in range(1, len(QUEUES) * len(self.world.companies) + 1):
            first = len(rows) + 1
            rows.append([first, "Falar com atendente", "Um momento...", "1", queue, None, False, *self.born])
            rows.append([first + 1, "Horários", "Das 8h às 18h", "1", queue, first + 2, False, *self.born])
            rows.append(
                [first + 2, "Informações", "Escolha:\n1 - Horários", "2", queue, None, False, *self.born]
            )
            rows.append([first + 3, "Sair", "Até logo! 👋", "0", queue, first, True, *self.born])
        return rows

    def _texts(self) -> Iterator[Table]:
        born = self.born
        settings = ("userCreation", "disabled"), ("scheduleType", "company"), ("timeCreateNewTicket", "0")
        yield Table("Settings", timed("id key value companyId"), self.per_company([*settings, ("motd", "")]))
        tags: list[Sequence[Any]] = [
            ["Urgência", "#c62828", 1],
            ["Cobrança", "#1565c0", 2],
            ["Pós-venda", "#2e7d32", None],
            ["São João", "#f9a825", None],
        ]
        yield Table("Tags", timed("id name color kanban companyId"), self.per_company(tags))
        quick = [["pix", "Chave PIX (CNPJ):\n12.345.678/0001-90"], ["obg", "Obrigado pela preferência! 💛"]]
        yield Table("QuickMessages", timed("id shortcode message companyId"), self.per_company(quick))
        link, steps = "https://ajuda.exemplo.com.br", "Passo a passo:\n\t1. abra\\feche"
        helps = [[n, "Como usar %d" % n, steps, "dQw4w9WgXcQ", link, *born] for n in range(1, 4)]
        yield Table("Helps", timed("id title description video link"), [*helps])
        words = (("pt_BR", "Entrar", "Senha"), ("en", "Log in", "Password"))
        translations: list[Sequence[Any]] = []
        for language, enter, password in words:
            translations.append([language, "translation", "login.enter", enter])
            translations.append([language, "translation", "login.password", password])
        yield Table("Translations", ["language", "namespace", "key", "value"], translations)
        yield Table("SequelizeMeta", ["name"], [["%s.ts" % name] for name in self._migrations()])
        seeds = ["20210109192513-create-default-company.ts", "20210109192519-create-default-user.ts"]
        yield Table("SequelizeData", ["name"], [[name] for name in seeds])
        announcements: list[Sequence[Any]] = [
            [1, "Manutenção programada", "No domingo, das 2h às 4h.\r\nDesculpem!", 1, True, 1, *born],
            [2, "Novidade!", "Agora com 'respostas rápidas' e \"etiquetas\"", 3, True, 1, *born],
        ]
        yield Table("Announcements", timed("id title text priority status companyId"), announcements)

    @staticmethod
    def _migrations() -> list[str]:
        day = datetime.date(2020, 7, 17)
        tables = [
            "users",
            "contacts",
            "tickets",
            "messages",
            "whatsapps",
            "queues",
            "settings",
            "tags",
            "companies",
            "plans",
        ]
        verbs = [
            "create",
            "add-company-to",
            "add-index-to",
            "remove-column-from",
            "change-type-in",
            "add-uuid-to",
        ]
        names = ["%s-%s" % (verb, table) for verb in verbs for table in tables] * 2
        days = [day + datetime.timedelta(9 * n) for n in range(len(names))]
        return ["%s%06d-%s" % (days[n].strftime("%Y%m%d"), 133_000 + n, name) for n, name in enumerate(names)]

    def _whatsapp(self) -> Iterator[Table]:
        rng, world, born = self.rng, self.world, self.born
        noise = Noise(rng)
        rows: list[Sequence[Any]] = []
        for w in world.whatsapps:
            state = [session(rng, w.number), "", "CONNECTED", "87", False]
            texts = ["Olá! 👋", w.company, "De 1 a 5, como foi o atendimento?", noise.take(32)]
            rows.append([w.id, *state, w.name, w.name == "Principal", *texts, *born])
        columns = (
            "id session qrcode status battery plugged name isDefault greetingMessage companyId ratingMessage"
        )
        yield Table("Whatsapps", timed(columns + " token"), rows)
        rows = [[w.id, queue, *born] for w in world.whatsapps for queue in world.queue_ids(w.company)]
        yield Table("WhatsappQueues", timed("whatsappId queueId"), rows)
        kinds = [("pre-key", str(n)) for n in range(1, 61)]
        kinds += [("session", "%s.%d" % (c.number, n)) for c in world.contacts[:200] for n in (0, 7)]
        kinds += [
            ("app-state-sync-key", "AAAAA" + noise.take(3)),
            ("sender-key", "120363012345678@g.us::55119::0"),
        ]
        value = '{"private":{"type":"Buffer","data":"%s="},"public":{"type":"Buffer","data":"%s="}}'
        rows = []
        for w in world.whatsapps:
            rows += [[w.id, kind, key, value % (noise.take(43), noise.take(43))] for kind, key in kinds]
        yield Table("BaileysKeys", ["whatsappId", "type", "key", "value"], rows)
        rows = [[w.id, w.id, '[{"id":"%s@s.whatsapp.net"}]' % w.number, "[]", *born] for w in world.whatsapps]
        yield Table("Baileys", timed("id whatsappId contacts chats"), rows)
        first = {w.company: w.id for w in reversed(world.whatsapps)}
        some = world.contacts[:2000]
        rows = [[first[c.company], c.jid, {"id": c.jid, "notify": c.name}, *born] for c in some]
        yield Table("BaileysContacts", timed("whatsappId contactId payload"), rows)
        rows = [[w.id, noise.take(36), w.id, *born] for w in world.whatsapps]
        yield Table("Wavoips", timed("id token whatsappId"), rows)
        data = '{"key":{"remoteJid":"status@broadcast","fromMe":false}}'
        every = [w.id for w in world.whatsapps for _number in range(5)]
        rows = [["3EB0%018X" % rng.getrandbits(72), w, data, *born] for w in every]
        yield Table("OutOfTicketMessages", timed("id whatsappId dataJson"), rows)

    def _marketing(self) -> Iterator[Table]:
        world, born, rng = self.world, self.born, self.rng
        lists = [["Clientes VIP"], ["Inadimplentes"]]
        yield Table("ContactLists", timed("id name companyId"), self.per_company(lists))
        items = list(enumerate(world.contacts[:60], 1))
        rows: list[Sequence[Any]] = []
        for n, c in items:
            rows.append([n, c.name, c.number, "", c.company * 2 - n % 2, n % 6 > 0, c.company, *born])
        columns = timed("id name number email contactListId isWhatsappValid companyId")
        yield Table("ContactListItems", columns, rows)
        settings = [["messageInterval", "20"], ["variables", '[{"key":"nome","value":"\\"Ana\\""}]']]
        yield Table("CampaignSettings", timed("id key value companyId"), self.per_company(settings))
        text = "Oi {nome}! 🔥 Até *50%* de desconto"
        first = {w.company: w.id for w in reversed(world.whatsapps)}
        rows = [
            [n, "Black Friday", text, "FINALIZADA", n * 2, first[n], born[0], n, *born]
            for n in self.companies
        ]
        columns = timed("id name message1 status contactListId whatsappId scheduledAt companyId")
        yield Table("Campaigns", columns, rows)
        columns = timed("id jobId number message confirmation contactId campaignId deliveredAt")
        rows = []
        for n, c in items:
            rows.append(
                [n, str(n * 3), c.number, "Oi %s! 🔥" % c.name, None, n, c.company, at(START + n), *born]
            )
        yield Table("CampaignShipping", columns, rows)
        invoices: list[Sequence[Any]] = []
        for month, status in enumerate(("paid", "paid", "open"), 1):
            payment = [Noise(rng).take(26), "efi", '{"location":"pix.exemplo"}', "BRL"]
            invoices.append(["Mensalidade", status, 149.0, "2024-0%d-10" % month, *payment])
        columns = timed("id detail status value dueDate txId payGw payGwData currency companyId")
        yield Table("Invoices", columns, self.per_company(invoices))
        columns = timed(
            "id isActive expiresAt userPriceCents whatsPriceCents providerSubscriptionId companyId"
        )
        subscription = [True, at(START + 10**8), 990, 4990, "sub_" + Noise(rng).take(14)]
        yield Table("Subscriptions", columns, self.per_company([subscription]))
