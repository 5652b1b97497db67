# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of the errors and warnings of a restore in place."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "in_place_database_missing": (
        "Database {database} does not exist on {server}, and a restore in place only replaces what an existing one "
        "holds. Have an empty database of that name created for user {user}, and run this again.",
        "O banco {database} não existe em {server}, e uma restauração in_place só substitui o conteúdo de um banco "
        "existente. Peça a criação de um banco vazio com esse nome para o usuário {user}, e execute novamente.",
    ),
    "in_place_encoding": (
        "Database {database} on {server} has the encoding {target}, and the backup was made from {source}: it could "
        "not hold all of its texts. Nothing was changed; restore into a database with encoding {source} or UTF8.",
        "O banco {database} em {server} tem a codificação {target}, e o backup foi feito de {source}: ele não poderia "
        "guardar todos os textos. Nada foi alterado; restaure em um banco com codificação {source} ou UTF8.",
    ),
    "in_place_not_owner": (
        "User {user} may not drop everything that a restore would replace in database {database} on {server}: "
        "{count} objects belong to others, as {objects}. Nothing was changed; log in as a role that is a member of "
        "their owners', or have them removed.",
        "O usuário {user} não pode remover tudo o que uma restauração substituiria no banco {database} em {server}: "
        "{count} objetos são de outros, como {objects}. Nada foi alterado; entre com um papel que seja membro dos "
        "donos deles, ou peça a remoção deles.",
    ),
    "in_place_no_create": (
        "User {user} may not create {what} in database {database} on {server}. Nothing was changed; "
        "have that right granted to it (GRANT CREATE), or log in as the owner of the database.",
        "O usuário {user} não pode criar {what} no banco {database} em {server}. Nada foi alterado; "
        "peça esse direito (GRANT CREATE), ou entre como dono do banco.",
    ),
    "in_place_extension": (
        "The backup needs the extension {extension}, which database {database} on {server} does not have, and which "
        "user {user} may not create there: {cause}. Nothing was changed; have it created by an administrator "
        "(CREATE EXTENSION), and run this again.",
        "O backup precisa da extensão {extension}, que o banco {database} em {server} não tem, e que o usuário "
        "{user} não pode criar nele: {cause}. Nada foi alterado; peça a um administrador que a crie "
        "(CREATE EXTENSION), e execute novamente.",
    ),
    "in_place_held": (
        "Database {database} on {server} has {objects}, which tables that are replaced would leave behind. "
        "Nothing was changed; end the transactions, drop the slots and subscriptions, and run this again.",
        "O banco {database} em {server} tem {objects}, que a substituição das tabelas deixaria para trás. "
        "Nada foi alterado; encerre as transações, remova os slots e as assinaturas, e execute novamente.",
    ),
    "in_place_locks": (
        "Replacing everything in database {database} takes about {needed} locks in one transaction, and the server "
        "{server} has room for about {available} (max_locks_per_transaction = {setting}). Nothing was changed; set "
        "max_locks_per_transaction = {wanted} there and restart it, or use {o[strategy: swap]}.",
        "Substituir tudo no banco {database} exige cerca de {needed} bloqueios em uma transação, e o servidor {server} "
        "comporta cerca de {available} (max_locks_per_transaction = {setting}). Nada foi alterado; defina "
        "max_locks_per_transaction = {wanted} nele e reinicie-o, ou use {o[strategy: swap]}.",
    ),
    "in_place_blocked": (
        "{object} in database {database} on {server} could not be locked within {seconds} s, as others use it: "
        "{sessions}. Nothing was changed; stop the application, or end these sessions, and run this again.",
        "{object} no banco {database} em {server} não pôde ser bloqueado em {seconds} s, pois outros o usam: "
        "{sessions}. Nada foi alterado; pare a aplicação, ou encerre essas sessões, e execute novamente.",
    ),
    "in_place_undecided": (
        "The connection to the server {server} was lost while the restore of database {database} was to be committed, so "
        "it is not known whether it holds all of the old or all of the new data. When the server answers, run this "
        "again. {cause}",
        "A conexão com o servidor {server} caiu quando a restauração do banco {database} seria confirmada; não se sabe se "
        "ele tem todos os dados antigos ou todos os novos. Quando o servidor responder, execute novamente. {cause}",
    ),
    "transaction_undecided": (
        "Transaction {transaction} is {status}.",
        "A transação {transaction} está {status}.",
    ),
    "safety_backup_needed": (
        "A restore in place can't be undone, so what database {database} holds is backed up first, and there is no place "
        "for that. Nothing was changed; name a directory with {o[safety_backup_dir]}.",
        "Uma restauração in_place não pode ser desfeita; por isso o conteúdo do banco {database} é salvo antes, e não há "
        "lugar para isso. Nada foi alterado; indique um diretório com {o[safety_backup_dir]}.",
    ),
    "safety_backup_failed": (
        "A restore in place can't be undone, so what database {database} holds is backed up first, to {path}, and that "
        "failed. Nothing was changed. {cause}",
        "Uma restauração in_place não pode ser desfeita; por isso o conteúdo do banco {database} é salvo antes, em "
        "{path}, e isso falhou. Nada foi alterado. {cause}",
    ),
    "locale_kept": (
        "Database {database} keeps its locale {target}; the backup's is {source}. Text may sort differently.",
        "O banco {database} mantém seu locale {target}; o do backup é {source}. "
        "A ordenação de textos pode ser diferente.",
    ),
    "digests_not_compared": (
        "Database {database} has the encoding {target} and the backup's source had {source}, so rows were compared by "
        "number, and by the checksums of what was loaded, but not by the digests of the server.",
        "O banco {database} tem a codificação {target} e a origem do backup tinha {source}; por isso as linhas foram "
        "comparadas pelo número e pelas somas do que foi carregado, mas não pelos digests do servidor.",
    ),
    "database_properties_kept": (
        "Database {database} keeps its own {properties}, which differ from the backup's and can't be changed by this "
        "account, or not in place.",
        "O banco {database} mantém seus próprios {properties}, que diferem dos do backup e não podem ser alterados "
        "por esta conta, ou não in_place.",
    ),
    "extension_kept": (
        "Extension {extension} is not in the backup and was left in database {database}, in schema {schema}.",
        "A extensão {extension} não está no backup e foi mantida no banco {database}, no esquema {schema}.",
    ),
    "schema_kept": (
        "Schema {schema} belongs to another role; its owner, privileges and comment stayed as they are.",
        "O esquema {schema} é de outro papel; seu dono, seus privilégios e seu comentário ficaram como estão.",
    ),
}
