# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of what exchanges data in use: restores by swap, their undoing, their journal."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "swap_disturbed": (
        "{path} is neither what was there nor what was to be put there: somebody else has changed it at this moment. "
        "What the restore had exchanged was exchanged back as far as it is ours; look at {path}, and run this again.",
        "{path} não é nem o que estava lá nem o que deveria ser posto lá: alguém mais o alterou neste momento. "
        "O que a restauração tinha trocado foi destrocado até onde é nosso; verifique {path} e execute novamente.",
    ),
    "swap_undecided": (
        "The connection to {server} broke at the very moment at which database {database} was exchanged, and the "
        "server does not answer ({cause}). Nothing is lost: start the server, and run any backup or restore of "
        "this database; it brings the exchange to its end.",
        "A conexão com {server} caiu no exato momento em que o banco {database} era trocado, e o servidor não "
        "responde ({cause}). Nada foi perdido: inicie o servidor e execute qualquer backup ou restauração deste "
        "banco; isso leva a troca até o fim.",
    ),
    "swap_interrupted": (
        "A restore of backup {backup} was interrupted at {created} while it exchanged {path} together with database "
        "{database} on {server}. Run this with that server's login (it must answer), so that the exchange is "
        "brought to its end first.",
        "Uma restauração do backup {backup} foi interrompida em {created} enquanto trocava {path} junto com o banco "
        "{database} em {server}. Execute com o login desse servidor (ele precisa responder), para que a troca seja "
        "levada ao fim antes.",
    ),
    "swap_pending": (
        "A {verb} of backup {backup} was interrupted at {created}; the next run that is no check brings it to its end.",
        "Uma operação {verb} do backup {backup} foi interrompida em {created}; a próxima execução que não seja "
        "verificação a leva ao fim.",
    ),
    "swap_settled": (
        "A {verb} of backup {backup} that was interrupted at {created} {problem}.",
        "Uma operação {verb} do backup {backup}, interrompida em {created}, {problem}.",
    ),
    "backend_stays": (
        "Process {pid} on {server} has not ended within {seconds} s after its connection broke. "
        "Look at the server, and run this again.",
        "O processo {pid} em {server} não terminou em {seconds} s depois que a conexão caiu. "
        "Verifique o servidor e execute novamente.",
    ),
    "journal_unusable": (
        "{path}, where restores are written down before they exchange anything, can't be used: {cause}. "
        "Nothing was changed; make it writable for this user.",
        "{path}, onde as restaurações são registradas antes de trocar qualquer coisa, não pode ser usado: {cause}. "
        "Nada foi alterado; torne-o gravável para este usuário.",
    ),
    "journal_damaged": (
        "{path} tells of a restore, and can't be read: {cause}. Nothing was changed; "
        "ask for help before you remove it: it says where the previous data are.",
        "{path} descreve uma restauração e não pode ser lido: {cause}. Nada foi alterado; "
        "peça ajuda antes de removê-lo: ele diz onde estão os dados anteriores.",
    ),
    "target_written": (
        "Database {database} on {server} holds backup {id}, restored earlier, and has been written to since: {tables}. "
        "Nothing was changed; set {o[if_not_empty: replace]} to put the backup in its place (what is there is kept for an "
        "undo).",
        "O banco {database} em {server} contém o backup {id}, restaurado antes, e foi alterado desde então: {tables}. Nada "
        "foi alterado; use {o[if_not_empty: replace]} para pôr o backup em seu lugar (o que está lá é guardado para "
        "desfazer).",
    ),
    "target_held": (
        "Database {database} on {server} can't be replaced, because this belongs to it and would be left behind: "
        "{objects}. Nothing was changed; end the transactions, drop the slots and subscriptions, and run this again.",
        "O banco {database} em {server} não pode ser substituído, porque isto pertence a ele e ficaria para trás: "
        "{objects}. Nada foi alterado; encerre as transações, remova os slots e as assinaturas, e execute novamente.",
    ),
    "previous_not_removed": (
        "The restore is done, but what it took out of service could not be removed: {cause}. "
        "The next run tries again.",
        "A restauração foi concluída, mas o que ela tirou de serviço não pôde ser removido: {cause}. "
        "A próxima execução tentará novamente.",
    ),
    "previous_left": (
        "Previous data were left (restores: {number}, the oldest of {created}): they are on {server}, where this run "
        "is not logged in. Log in there to remove them. If that server is gone for good, look in {path} for records "
        "that name it and are done or undone; delete the directories that they call spare, never those called live, "
        "and then these records.",
        "Dados anteriores foram deixados (restaurações: {number}, a mais antiga de {created}): eles estão em {server}, "
        "onde esta execução não fez login. Entre nesse servidor para removê-los. Se ele não existe mais, procure em "
        "{path} os registros que o citam e estão done ou undone; apague os diretórios que eles chamam de spare, nunca "
        "os chamados de live, e depois esses registros.",
    ),
    "previous_unreachable": (
        "Databases that restores took out of service were left; the next run tries again. {cause}",
        "Os bancos que as restaurações tiraram de serviço foram deixados; a próxima execução tentará novamente. {cause}",
    ),
    "undo_nothing": (
        "There is no restore to undo of database {database} on {server} or of the directories {directories}: "
        "{path} knows of none that has kept the previous data.",
        "Não há restauração a desfazer do banco {database} em {server} nem dos diretórios {directories}: "
        "{path} não conhece nenhuma que tenha guardado os dados anteriores.",
    ),
    "undo_in_place": (
        "The newest restore of database {database} replaced it in place, which can't be undone. What was there is in "
        "the backup that was made before: {path}. Restore that.",
        "A restauração mais recente do banco {database} o substituiu no lugar, o que não pode ser desfeito. O que "
        "estava lá está no backup feito antes: {path}. Restaure-o.",
    ),
    "format_1_needed": (
        "{path} is of the old format {format}, and can only be restored as a whole, into a database of its own: neither "
        "single tables and paths, nor in place, nor as a drill. Restore it where databases can be created, back that "
        "up, and use the new backup.",
        "{path} é do formato antigo {format}, e só pode ser restaurado por inteiro, em um banco próprio: nem tabelas e "
        "caminhos isolados, nem no próprio banco, nem como ensaio. Restaure-o onde se possam criar bancos, faça backup "
        "disso, e use o novo backup.",
    ),
    "undo_stale": (
        "The restore of backup {backup} at {created} can't be undone: {object} has been replaced or removed since. "
        "Nothing was changed.",
        "A restauração do backup {backup} em {created} não pode ser desfeita: {object} foi substituído ou removido "
        "desde então. Nada foi alterado.",
    ),
    "undo_done_already": (
        "The restore of backup {backup} was undone at {created} already.",
        "A restauração do backup {backup} já foi desfeita em {created}.",
    ),
    "config_stays": (
        "Configuration files that the restore had put in place stay as they are: {paths}.",
        "Os arquivos de configuração que a restauração pôs no lugar ficam como estão: {paths}.",
    ),
    "previous_data_old": (
        "What {count} restores or undoings replaced is kept for up to {age} ({size}); the limit is {limit}. If nobody "
        "wants to undo them, remove it by ticketz_prune with {o[keep_previous_days]}.",
        "O que {count} restaurações ou desfeitas substituíram está guardado há até {age} ({size}); o limite é {limit}. Se "
        "ninguém quer desfazê-las, remova-o por ticketz_prune com {o[keep_previous_days]}.",
    ),
}

#: code → fact ``problem`` → what the text says of it, in both languages
PROBLEMS: dict[str, dict[str, tuple[str, str]]] = {
    "swap_settled": {
        "taken_back": (
            "has been taken back: all is as before it",
            "foi desfeita: tudo está como antes dela",
        ),
        "completed": (
            "has been brought to its end",
            "foi levada até o fim",
        ),
    },
}
