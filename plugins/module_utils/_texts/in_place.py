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
    "objects_not_owned": (
        "User {user} does not own everything that would be changed in database {database} on {server}: {objects}. "
        "Nothing was changed; log in as its owner or as a role that is a member of the owners' roles, or have these "
        "objects removed if nobody needs them.",
        "O usuário {user} não é dono de tudo o que seria mudado no banco {database} em {server}: {objects}. Nada foi "
        "alterado; conecte-se como o dono ou como uma role que seja membro das roles dos donos, ou peça que esses "
        "objetos sejam removidos se ninguém precisa deles.",
    ),
    "in_place_no_create": (
        "User {user} may not create {what} in database {database} on {server}. Nothing was changed; "
        "have that right granted to it (GRANT CREATE), or log in as the owner of the database.",
        "O usuário {user} não pode criar {what} no banco {database} em {server}. Nada foi alterado; "
        "peça esse direito (GRANT CREATE), ou entre como dono do banco.",
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
    "commit_undecided": (
        "The connection to the server {server} was lost while changes to database {database} were being committed, so "
        "it is not known whether it holds all of the old or all of the new data: {cause} When the server answers, run "
        "this again to be sure of it.",
        "A conexão com o servidor {server} caiu enquanto mudanças no banco {database} eram confirmadas, e não se sabe "
        "se ele tem todos os dados antigos ou todos os novos: {cause} Quando o servidor responder, execute novamente "
        "para ter certeza.",
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
    "locale_differs": (
        "Database {database} does not get the backup's locale {source}: {problem}. Text may sort differently.",
        "O banco {database} não recebe o locale {source} do backup: {problem}. Os textos podem ser ordenados de outro "
        "modo.",
    ),
    "digests_not_compared": (
        "Database {database} has the encoding {target} and the backup's source had {source}, so rows were compared by "
        "number, and by the checksums of what was loaded, but not by the digests of the server.",
        "O banco {database} tem a codificação {target} e a origem do backup tinha {source}; por isso as linhas foram "
        "comparadas pelo número e pelas somas do que foi carregado, mas não pelos digests do servidor.",
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

#: code → fact ``problem`` → what the text says of it, in both languages
PROBLEMS: dict[str, dict[str, tuple[str, str]]] = {
    "locale_differs": {
        "unknown": (
            "this server can't create a database with it ({cause}), and its default was taken",
            "este servidor não consegue criar um banco com ele ({cause}), e foi usado o padrão",
        ),
        "kept": (
            "it keeps {target}, which can't be changed in place",
            "ele mantém {target}, que não pode ser mudado no próprio banco",
        ),
    },
}
