# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of the errors and warnings of a run: what was asked for, and what is there."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "key_missing_for_backup": (
        "Encryption is asked for, but there is no key. Give {o[encryption_key]} or {o[encryption_key_file]} (or "
        "BACKUP_ENCRYPTION_KEY in the env file).",
        "A cifragem foi pedida, mas não há chave. Informe {o[encryption_key]} ou {o[encryption_key_file]} (ou "
        "BACKUP_ENCRYPTION_KEY no arquivo env).",
    ),
    "component_absent": (
        "Backup {id} has no {component}; it has: {present}. Correct the option, or choose another backup.",
        "O backup {id} não tem {component}; ele tem: {present}. Corrija a opção, ou escolha outro backup.",
    ),
    "application_older": (
        "Backup {id} is of a newer Ticketz than the image of the backend that runs here: it has migrations that the image "
        "does not know ({count}, the last one {last}), and they only go forward. Nothing was changed. Start the version "
        "that the backup was made with, or a newer one; or set {o[force: true]} if the image is going to be replaced "
        "anyway.",
        "O backup {id} é de um Ticketz mais novo que a imagem do backend daqui: ele tem migrations que a imagem não "
        "conhece ({count}, a última {last}), e elas só vão para a frente. Nada foi alterado. Inicie a versão com que o "
        "backup foi feito, ou uma mais nova; ou use {o[force: true]} se a imagem será trocada de qualquer forma.",
    ),
    "directories_unplaced": (
        "Nothing says where these directories of the backup are, or go: {names}. Give their paths in {o[directories]}.",
        "Nada diz onde estes diretórios do backup estão, ou vão: {names}. Informe os caminhos em {o[directories]}.",
    ),
    "paths_excluded": (
        "Not restored of directory {name}, because they match {patterns}: {count} paths ({size}). Without them it is not what "
        "was backed up; to have them, restore again without {o[restore_exclude_paths]}.",
        "Não restaurados do diretório {name}, porque combinam com {patterns}: {count} caminhos ({size}). Sem eles, ele não é o "
        "que foi copiado; para tê-los, restaure de novo sem {o[restore_exclude_paths]}.",
    ),
    "directories_left": (
        "Not restored, because directories does not say where to put them: {names} of backup {id}.",
        "Não restaurados, porque directories não diz onde colocá-los: {names} do backup {id}.",
    ),
    "restore_skipped": (
        "Nothing was restored, as asked for by {o[if_not_empty: skip]}. {reason}",
        "Nada foi restaurado, conforme {o[if_not_empty: skip]}. {reason}",
    ),
    "restore_path_unusable": (
        "Directory {name} can't be restored to {path}: {problem}. Correct that, or the path.",
        "O diretório {name} não pode ser restaurado em {path}: {problem}. Corrija isso, ou o caminho.",
    ),
    "restore_target_full": (
        "Directory {name} can't be restored to {path}: it is not empty ({count} entries). Nothing was changed; set "
        "{o[if_not_empty: replace]} to put the backup in its place (what is there is kept for an undo), or restore to "
        "another path.",
        "O diretório {name} não pode ser restaurado em {path}: ele não está vazio ({count} entradas). Nada foi alterado; "
        "use {o[if_not_empty: replace]} para pôr o backup em seu lugar (o que está lá é guardado para desfazer), ou "
        "restaure em outro caminho.",
    ),
    "server_space_unknown": (
        "The free space of the database server {server} can't be seen from here; the restore needs about {needed}.",
        "O espaço livre do servidor de banco {server} não pode ser visto daqui; a restauração precisa de cerca "
        "de {needed}.",
    ),
    "server_space": (
        "The disk of the database server {server} has {free} free, and the restore needs about {needed}. "
        "Free some space there; nothing was changed.",
        "O disco do servidor de banco {server} tem {free} livres, e a restauração precisa de cerca de {needed}. "
        "Libere espaço nele; nada foi alterado.",
    ),
    "mark_not_set": (
        "User {user} is no superuser and could not note in database {database} which backup it holds. The first backup of "
        "it into the same store needs {o[adopt_store: true]}.",
        "O usuário {user} não é superusuário e não pôde anotar no banco {database} qual backup ele contém. O primeiro "
        "backup dele no mesmo diretório precisa de {o[adopt_store: true]}.",
    ),
    "role_unknown": (
        "{o[role_mapping]} gives what belongs to {source} to {role}, which is no role of this server. Create the role, or "
        "correct the mapping.",
        "{o[role_mapping]} dá o que pertence a {source} a {role}, que não é um papel deste servidor. Crie o papel, ou "
        "corrija o mapeamento.",
    ),
    "archive_differs": (
        "{path} is not the file that was published: {problem}. Restore from another backup, or from the offsite copy.",
        "{path} não é o arquivo que foi publicado: {problem}. Restaure de outro backup, ou da cópia externa.",
    ),
    "proof_not_recorded": (
        "The result of the verification could not be written next to {path}: {cause}",
        "O resultado da verificação não pôde ser gravado ao lado de {path}: {cause}",
    ),
    "proof_only_claimed": (
        "The backup {id} is what its sidecar says, but nothing proves that the sidecar was written with the encryption "
        "key, so that the verification is recorded as a claim. Verify it fully once ({o[level]} full).",
        "O backup {id} é o que o arquivo ao seu lado diz, mas nada comprova que esse arquivo foi gravado com a chave de "
        "criptografia; por isso a verificação foi registrada como mera declaração. Verifique-o por inteiro uma vez "
        "({o[level]} full).",
    ),
    "sidecar_rebuilt": (
        "{path} had no usable sidecar; it was made again from the verified archive. {cause}",
        "{path} não tinha um sidecar utilizável; ele foi refeito a partir do arquivo verificado. {cause}",
    ),
    "store_needed": (
        "The backup {backup} is named by its id, and {o[backup_dir]} does not say where to look. Give {o[backup_dir]}, or "
        "the archive's path.",
        "O backup {backup} foi indicado pelo id, e {o[backup_dir]} não diz onde procurar. Informe {o[backup_dir]}, ou o "
        "caminho do arquivo.",
    ),
    "backup_unknown": (
        "There is no backup {backup} in {path}; the newest there are: {known}.",
        "Não há backup {backup} em {path}; os mais novos ali são: {known}.",
    ),
    "store_inside_directory": (
        "{o[backup_dir]} {path} lies inside {directory}, which would be backed up: each backup would hold all those before "
        "it. Choose a {o[backup_dir]} outside; nothing was written.",
        "{o[backup_dir]} {path} fica dentro de {directory}, que deve ser copiado: cada backup conteria todos os "
        "anteriores. Escolha um {o[backup_dir]} fora dele; nada foi gravado.",
    ),
    "backup_none": (
        "There is no good backup in {path} (backups in whatever state: {count}). "
        "Run ticketz_backup_info to see what is wrong with them, or name an archive by its path.",
        "Não há backup bom em {path} (backups em qualquer estado: {count}). "
        "Execute ticketz_backup_info para ver o que há com eles, ou indique um arquivo pelo caminho.",
    ),
    "latest_from_future": (
        "latest means {id}. Passed over were backups that bear a time to come (it is {now} now): {ids}. Correct the "
        "clock; to use one of them, give its id instead of latest.",
        "latest significa {id}. Foram ignorados backups com data futura (agora são {now}): {ids}. Acerte o relógio; "
        "para usar um deles, informe o id dele em vez de latest.",
    ),
    "latest_not_good": (
        "latest means {id}. Newer ones were passed over, since they are damaged, incomplete or not of this directory: "
        "{ids}. Look at them with ticketz_backup_info; to use one all the same, give its id instead of latest.",
        "latest significa {id}. Outros mais novos foram ignorados, por estarem danificados, incompletos ou não serem "
        "deste diretório: {ids}. Examine-os com ticketz_backup_info; para usar um deles mesmo assim, informe o id dele "
        "em vez de latest.",
    ),
    "latest_only_future": (
        "latest means none of the backups in {path}: all good ones bear a time to come (it is {now} now): {ids}. Correct "
        "the clock, or give the id of one of them instead of latest.",
        "latest não significa nenhum dos backups em {path}: todos os bons têm data futura (agora são {now}): {ids}. "
        "Acerte o relógio, ou informe o id de um deles em vez de latest.",
    ),
}

#: code → fact ``problem`` → what the text says of it, in both languages
PROBLEMS: dict[str, dict[str, tuple[str, str]]] = {
    "archive_differs": {
        "size": (
            "it has {found} bytes instead of {expected}",
            "tem {found} bytes em vez de {expected}",
        ),
        "sha256": (
            "its SHA-256 is another one",
            "o SHA-256 dele é outro",
        ),
    },
    "restore_path_unusable": {
        "no_parent": (
            "{parent} does not exist, or is no directory",
            "{parent} não existe, ou não é um diretório",
        ),
        "no_directory": (
            "there is something else than a directory",
            "há ali outra coisa que não um diretório",
        ),
    },
}
