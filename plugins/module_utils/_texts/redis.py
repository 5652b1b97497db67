# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of the errors and warnings about Redis."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "redis_unreachable": (
        "Redis at {server} gives no connection: {cause}. Check that it runs, and {o[redis_url]}; with {o[redis_keys: ()]} "
        "a backup does without it.",
        "O Redis em {server} não aceita conexão: {cause}. Verifique se está em execução, e {o[redis_url]}; com "
        "{o[redis_keys: ()]} o backup fica sem ele.",
    ),
    "redis_refused": (
        "Redis at {server} refuses the login, or a command: {cause}. Check user and password in {o[redis_url]}, or the "
        "REDIS_URI of the backend, and the rights of the user.",
        "O Redis em {server} recusa o login, ou um comando: {cause}. Verifique usuário e senha em {o[redis_url]}, ou o "
        "REDIS_URI do backend, e os direitos do usuário.",
    ),
    "redis_failed": (
        "Redis at {server} answers with an error: {cause}. Nothing in it was changed; see its log.",
        "O Redis em {server} responde com um erro: {cause}. Nada nele foi alterado; veja o log dele.",
    ),
    "redis_not_kept": (
        "Redis is not in this backup, so users would have to log in again after a restore. {cause}",
        "O Redis não está neste backup, e os usuários teriam que entrar de novo após uma restauração. {cause}",
    ),
    "redis_no_keys": (
        "Redis at {server} has no key that fits {patterns}. If Ticketz runs on another one, correct {o[redis_url]} or "
        "{o[redis_keys]}.",
        "O Redis em {server} não tem chave que corresponda a {patterns}. Se o Ticketz usa outro, corrija {o[redis_url]} ou "
        "{o[redis_keys]}.",
    ),
    "redis_left_out": (
        "The keys of Redis ({patterns}) are not in this backup, because it is not encrypted and they are secrets: users "
        "would have to log in again after a restore. Give {o[encryption_key]} to have them in it, or set {o[redis_keys: "
        "()]} to do without.",
        "As chaves do Redis ({patterns}) não estão neste backup, porque ele não é cifrado e elas são segredos: os usuários "
        "teriam que entrar de novo após uma restauração. Informe {o[encryption_key]} para incluí-las, ou use "
        "{o[redis_keys: ()]}.",
    ),
    "redis_unencrypted": (
        "The keys of Redis in this backup are readable for everyone who has the archive, as it is not encrypted: who has them "
        "can log in as any user. Set {o[encryption: aes256]} to protect them.",
        "As chaves do Redis deste backup podem ser lidas por quem tiver o arquivo, pois ele não é cifrado: quem as tem "
        "pode entrar como qualquer usuário. Use {o[encryption: aes256]} para protegê-las.",
    ),
    "redis_unplaced": (
        "Backup {id} has keys of Redis, and nothing says where they go: there is no {o[redis_url]}, and no stack whose "
        "Redis runs. Nothing was changed. Give {o[redis_url]}, or start Redis.",
        "O backup {id} tem chaves do Redis, e nada diz para onde elas vão: não há {o[redis_url]}, nem uma stack cujo Redis "
        "esteja em execução. Nada foi alterado. Informe {o[redis_url]}, ou inicie o Redis.",
    ),
    "redis_in_the_way": (
        "Redis at {server} has keys with another content than in the backup ({count}): {names}. Nothing was changed; set "
        "{o[if_not_empty: replace]} to replace them, or skip to leave them, or leave redis out of {o[components]}.",
        "O Redis em {server} tem chaves com outro conteúdo que o do backup ({count}): {names}. Nada foi alterado; use "
        "{o[if_not_empty: replace]} para substituí-las, ou skip para deixá-las, ou tire redis de {o[components]}.",
    ),
    "redis_kept": (
        "Left as they are in Redis at {server}, with another content than in the backup, as asked for by {o[if_not_empty: "
        "skip]} ({count}): {names}.",
        "Deixadas como estão no Redis em {server}, com outro conteúdo que o do backup, conforme {o[if_not_empty: skip]} "
        "({count}): {names}.",
    ),
    "redis_unproved": (
        "Left as they are in Redis at {server}, though with another content than in the backup ({count}): {names}. Nothing "
        "proves who made this backup, and who knows the secrets of logins can log in as any user. If it is yours, set "
        "{o[force: true]} to replace them.",
        "Deixadas como estão no Redis em {server}, embora com outro conteúdo que o do backup ({count}): {names}. Nada prova "
        "quem fez este backup, e quem conhece os segredos dos logins pode entrar como qualquer usuário. Se ele é seu, use "
        "{o[force: true]} para substituí-las.",
    ),
    "redis_expired": (
        "Keys whose time has run out since the backup are not restored to Redis at {server}: {count}.",
        "Chaves cujo prazo terminou desde o backup não são restauradas no Redis em {server}: {count}.",
    ),
    "redis_value_refused": (
        "Redis at {server} does not take a key of the backup: {cause}. Nothing was changed. Types other than strings need a "
        "server that is not older than the one of the backup.",
        "O Redis em {server} não aceita uma chave do backup: {cause}. Nada foi alterado. Tipos que não sejam strings precisam "
        "de um servidor que não seja mais antigo que o do backup.",
    ),
    "redis_differs": (
        "The key {key} in Redis at {server} is not what the restore has put there: another program writes to it, or the "
        "memory is full. Nothing was changed; stop the backend and run the restore again, or set {o[if_not_empty: "
        "replace]}.",
        "A chave {key} no Redis em {server} não é o que a restauração pôs ali: outro programa a grava, ou a memória "
        "está cheia. Nada foi alterado; pare o backend e execute a restauração novamente, ou use {o[if_not_empty: "
        "replace]}.",
    ),
    "redis_not_undone": (
        "Keys of Redis that the restore had replaced are not all brought back. They are there under names that begin "
        "with {prefix}; give {o[redis_url]} to an undo, or rename them. {problem}",
        "Chaves do Redis que a restauração tinha substituído não voltaram todas. Elas estão lá com nomes que começam "
        "com {prefix}; informe {o[redis_url]} ao desfazer, ou renomeie-as. {problem}",
    ),
    "redis_not_switched": (
        "The last step of restoring backup {id} failed: the keys of Redis at {server} are not all in place. {cause} In "
        "place are: {parts}. Run the restore again with {o[components: (redis)]}, which changes nothing else.",
        "O último passo da restauração do backup {id} falhou: nem todas as chaves do Redis em {server} estão no lugar. "
        "{cause} Estão no lugar: {parts}. Execute a restauração de novo com {o[components: (redis)]}, que não altera mais "
        "nada.",
    ),
}

#: code → fact ``problem`` → what the text says of it, in both languages
PROBLEMS: dict[str, dict[str, tuple[str, str]]] = {
    "redis_not_undone": {
        "no_server": (
            "Nothing says where Redis is.",
            "Nada diz onde está o Redis.",
        ),
    },
}
