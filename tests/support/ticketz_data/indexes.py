# SPDX-License-Identifier: GPL-3.0-or-later
"""Unique keys and indexes. With the primary keys there are 95 indexes, ten of them on "Messages"."""

from __future__ import annotations

UNIQUE_KEYS: list[tuple[str, str, list[str]]] = [
    ("Companies_name_key", "Companies", ["name"]),
    ("ContactTags_contactId_tagId_key", "ContactTags", ["contactId", "tagId"]),
    ("number_companyid_unique", "Contacts", ["number", "companyId"]),
    ("Plans_name_key", "Plans", ["name"]),
    ("Queues_color_key", "Queues", ["color", "companyId"]),
    ("Queues_name_key", "Queues", ["name", "companyId"]),
    ("TicketTags_ticketId_tagId_key", "TicketTags", ["ticketId", "tagId"]),
    ("Users_email_key", "Users", ["email"]),
    ("Wavoips_whatsappId_key", "Wavoips", ["whatsappId"]),
    ("WhatsappLidMaps_lid_companyId_key", "WhatsappLidMaps", ["lid", "companyId"]),
    ("company_name_constraint", "Whatsapps", ["companyId", "name"]),
]

INDEXES: list[str] = [
    # Messages: nine in addition to the primary key
    'CREATE INDEX "idx_messages_ticket_created" ON "Messages" ("ticketId", "createdAt" DESC)',
    'CREATE INDEX "idx_messages_company_created" ON "Messages" ("companyId", "createdAt")',
    'CREATE INDEX "idx_messages_contact_id" ON "Messages" ("contactId")',
    'CREATE INDEX "idx_messages_quoted" ON "Messages" ("quotedMsgId") WHERE "quotedMsgId" IS NOT NULL',
    'CREATE INDEX "idx_messages_queue_id" ON "Messages" ("queueId") WHERE "queueId" IS NOT NULL',
    'CREATE INDEX "idx_messages_remote_jid" ON "Messages" ("remoteJid", "companyId")',
    'CREATE INDEX "idx_messages_unread" ON "Messages" ("ticketId") WHERE "read" = false AND "fromMe" = false',
    'CREATE INDEX "idx_messages_media_url" ON "Messages" ("mediaUrl") WHERE "mediaUrl" IS NOT NULL',
    'CREATE INDEX "idx_messages_updated_at" ON "Messages" ("updatedAt" DESC NULLS LAST)',
    # Tags: with the expression that depends on the search path
    'CREATE UNIQUE INDEX "idx_tags_company_unaccent_name" ON "Tags" '
    '("companyId", immutable_unaccent(lower((name)::text)))',
    'CREATE INDEX "idx_tags_kanban" ON "Tags" ("companyId", kanban) WHERE kanban IS NOT NULL',
    # Tickets
    'CREATE UNIQUE INDEX "idx_tickets_uuid" ON "Tickets" (uuid)',
    'CREATE INDEX "idx_tickets_company_status" ON "Tickets" ("companyId", status, "updatedAt" DESC)',
    'CREATE INDEX "idx_tickets_contact_id" ON "Tickets" ("contactId", "whatsappId")',
    'CREATE INDEX "idx_tickets_user_id" ON "Tickets" ("userId") WHERE "userId" IS NOT NULL',
    'CREATE INDEX "idx_tickets_queue_id" ON "Tickets" ("queueId")',
    'CREATE INDEX "idx_tickets_open" ON "Tickets" ("companyId") WHERE (status)::text = ANY '
    "(ARRAY['open', 'pending'])",
    # Contacts
    'CREATE INDEX "idx_contacts_company_name" ON "Contacts" ("companyId", lower((name)::text))',
    'CREATE INDEX "idx_contacts_number" ON "Contacts" (number varchar_pattern_ops)',
    'CREATE INDEX "idx_contacts_groups" ON "Contacts" ("companyId") WHERE "isGroup"',
    'CREATE INDEX "idx_contact_custom_fields_contact" ON "ContactCustomFields" ("contactId")',
    'CREATE INDEX "idx_contact_list_items_list" ON "ContactListItems" ("contactListId", "isWhatsappValid")',
    'CREATE INDEX "idx_contact_tags_tag" ON "ContactTags" ("tagId")',
    'CREATE INDEX "idx_ticket_tags_tag" ON "TicketTags" ("tagId")',
    # Settings and translations have no primary key
    'CREATE UNIQUE INDEX "idx_settings_key_company" ON "Settings" (key, "companyId")',
    'CREATE UNIQUE INDEX "idx_translations_key" ON "Translations" (language, namespace, key)',
    'CREATE INDEX "idx_campaign_settings_company" ON "CampaignSettings" ("companyId", key)',
    # Reports
    'CREATE INDEX "idx_counters_day" ON "Counters" ("companyId", serie, day)',
    'CREATE INDEX "idx_counters_hour" ON "Counters" ("companyId", serie, hour)',
    'CREATE INDEX "idx_counters_six_hours" ON "Counters" ("companyId", serie, six_hours)',
    'CREATE INDEX "idx_ticket_traking_ticket" ON "TicketTraking" ("ticketId")',
    'CREATE INDEX "idx_ticket_traking_company_finished" ON "TicketTraking" ("companyId", "finishedAt" DESC)',
    'CREATE INDEX "idx_ticket_traking_unrated" ON "TicketTraking" ("ratingAt") '
    "WHERE rated = false AND expired = false",
    'CREATE INDEX "idx_user_ratings_user" ON "UserRatings" ("companyId", "userId")',
    # Others
    'CREATE INDEX "idx_campaign_shipping_campaign" ON "CampaignShipping" ("campaignId", "contactId")',
    'CREATE INDEX "idx_campaigns_scheduled" ON "Campaigns" ("scheduledAt") WHERE "completedAt" IS NULL',
    'CREATE INDEX "idx_chat_messages_chat" ON "ChatMessages" ("chatId", "createdAt" DESC)',
    'CREATE INDEX "idx_chat_users_user" ON "ChatUsers" ("userId")',
    'CREATE INDEX "idx_invoices_company" ON "Invoices" ("companyId", status)',
    'CREATE INDEX "idx_old_messages_message" ON "OldMessages" ("messageId")',
    'CREATE INDEX "idx_quick_messages_shortcode" ON "QuickMessages" ("companyId", lower((shortcode)::text))',
    'CREATE INDEX "idx_schedules_pending" ON "Schedules" ("sendAt") WHERE "sentAt" IS NULL',
    'CREATE INDEX "idx_user_socket_sessions_active" ON "UserSocketSessions" ("userId") WHERE active',
]
