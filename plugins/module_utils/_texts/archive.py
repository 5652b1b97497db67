# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of the errors and warnings of: archive."""

from __future__ import annotations

_DAMAGED_EN = "Nothing was restored from it; use another copy of this backup, or an older one."
_DAMAGED_PT = "Nada foi restaurado dele; use outra cópia deste backup, ou um mais antigo."
_FALSE_EN = "It was altered or made by a faulty program and nothing was restored from it; use another backup."
_FALSE_PT = "Ele foi alterado ou feito por um programa com defeito e nada foi restaurado; use outro backup."

TEXTS: dict[str, tuple[str, str]] = {
    # what the file is
    "archive_missing": (
        "There is no backup at {path}. Check the path, or list the backups that there are and name one by its id.",
        "Não há backup em {path}. Verifique o caminho, ou liste os backups existentes e informe o id de um.",
    ),
    "archive_unreadable": (
        "The backup {path} can't be read: {cause}. Check its permissions and its disk, and run this again.",
        "O backup {path} não pode ser lido: {cause}. Verifique as permissões e o disco, e execute novamente.",
    ),
    "archive_special": (
        "{path} is {problem}, so it can't be a backup. Give the path of an archive.",
        "{path} é {problem}, portanto não pode ser um backup. Informe o caminho de um arquivo de backup.",
    ),
    "archive_foreign": (
        "{path} is not a backup made by ticketz.sidekick. Give the path of one that is.",
        "{path} não é um backup feito por ticketz.sidekick. Informe o caminho de um que seja.",
    ),
    "archive_truncated": (
        "The backup {path} is cut short: its end is missing. " + _DAMAGED_EN,
        "O backup {path} está truncado: falta o final. " + _DAMAGED_PT,
    ),
    "archive_newer": (
        "The backup {path} has format {format}, and this version reads up to format {highest}. "
        "Update the collection ticketz.sidekick and run this again.",
        "O backup {path} tem o formato {format}, e esta versão lê até o formato {highest}. "
        "Atualize a coleção ticketz.sidekick e execute novamente.",
    ),
    "age_no_room": (
        "The backup {path} is encrypted by age and is decrypted into a temporary file before it is read. That takes "
        "{needed} bytes, and none of {directories} has them free for this account. Free some space and run this again.",
        "O backup {path} está cifrado com age e é decifrado em um arquivo temporário antes de ser lido. Isso ocupa "
        "{needed} bytes, e nenhum destes diretórios os tem livres para esta conta: {directories}. Libere espaço e "
        "execute novamente.",
    ),
    # damage
    "archive_damaged": (
        "The backup {path} is damaged: {problem}. " + _DAMAGED_EN,
        "O backup {path} está danificado: {problem}. " + _DAMAGED_PT,
    ),
    # contradictions
    "json_invalid": (
        "{source} has an impossible value ({where}). " + _FALSE_EN,
        "{source} tem um valor impossível ({where}). " + _FALSE_PT,
    ),
    "manifest_false": (
        "The manifest of the backup {path} does not fit the rest of it: {problem}. " + _FALSE_EN,
        "O manifesto do backup {path} não combina com o resto dele: {problem}. " + _FALSE_PT,
    ),
    "header_false": (
        "The tar header '{name}' at byte {offset} of frame {frame} of the backup {path} is not valid. "
        + _FALSE_EN,
        "O cabeçalho tar '{name}' no byte {offset} do bloco {frame} do backup {path} não é válido. "
        + _FALSE_PT,
    ),
    "backup_unrestorable": (
        "The new backup {path} was not published, because a restore would refuse it: {cause} What you have is unchanged. "
        "Leave out what is named there if you can, and report this with the message.",
        "O novo backup {path} não foi publicado, porque uma restauração o recusaria: {cause} O que você tem continua como "
        "estava. Deixe de fora o que é nomeado ali, se puder, e relate isto com a mensagem.",
    ),
    "name_invalid": (
        "A member of a backup has the forbidden name '{name}'. " + _FALSE_EN,
        "Um membro de um backup tem o nome proibido '{name}'. " + _FALSE_PT,
    ),
    "unsafe_link": (
        "The link '{entry}' in the directory {name} of the backup {path} points out of that directory ('{target}'). "
        "Nothing was changed; if you trust this backup and want the link, set {o[force: true]}.",
        "O link '{entry}' no diretório {name} do backup {path} aponta para fora desse diretório ('{target}'). Nada foi "
        "alterado; se você confia neste backup e quer o link, use {o[force: true]}.",
    ),
    # options
    "compression_level": (
        "The compression {compression} has no level {level}. Choose 1 to {highest}, or leave out {o[compression_level]}, "
        "which takes the recommended one.",
        "A compressão {compression} não tem o nível {level}. Escolha de 1 a {highest}, ou não informe "
        "{o[compression_level]}, e vale o recomendado.",
    ),
    "key_invalid": (
        "The encryption key can't be used: {problem}. Give 64 hex digits, or a passphrase of at least {shortest} "
        "characters.",
        "A chave de cifragem não pode ser usada: {problem}. Informe 64 dígitos hexadecimais, ou uma senha de pelo menos "
        "{shortest} caracteres.",
    ),
    "key_missing": (
        "The backup {path} is encrypted (key fingerprint {fingerprint}) and no key was given. Set {o[encryption_key]} or "
        "{o[encryption_key_file]}.",
        "O backup {path} está cifrado (impressão digital da chave {fingerprint}) e nenhuma chave foi informada. Defina "
        "{o[encryption_key]} ou {o[encryption_key_file]}.",
    ),
    "archive_plain": (
        "The backup {path} must be encrypted ({demanded} demands it) and is not: somebody may have put it in the place of "
        "the right one, or its beginning is damaged. Use another copy; if a plain one is meant, set "
        "{o[allow_plain: true]}.",
        "O backup {path} precisa estar cifrado ({demanded} exige isso) e não está: alguém pode tê-lo posto no lugar do "
        "certo, ou o início dele está danificado. Use outra cópia; se é mesmo um sem cifragem, defina "
        "{o[allow_plain: true]}.",
    ),
    "encryption_differs": (
        "The backup {path} is encrypted by {found} where {told} says {expected}: it is not the file that was published "
        "under that name. Use another copy, or an older backup.",
        "O backup {path} está cifrado com {found}, e {told} diz {expected}: não é o arquivo que foi publicado com esse "
        "nome. Use outra cópia, ou um backup mais antigo.",
    ),
    "format_needed": (
        "{path} is an archive of the old sidekick, which proves nothing of itself, in a place where a backup of "
        "ticketz.sidekick is expected. If you mean it, set {o[format: sidekick]}.",
        "{path} é um arquivo do sidekick antigo, que não prova nada de si mesmo, em um lugar onde se espera um backup de "
        "ticketz.sidekick. Se é esse mesmo, defina {o[format: sidekick]}.",
    ),
    "format_differs": (
        "{path} is no archive of the format {format}. Correct {o[format]}, or leave it out.",
        "{path} não é um arquivo do formato {format}. Corrija {o[format]}, ou deixe essa opção de fora.",
    ),
    "key_wrong": (
        "The given key does not open the backup {path}: {problem}. Give the key with which it was made; for one that "
        "was encrypted by age, the private half of one of its recipients, as {o[encryption_key_file]}.",
        "A chave informada não abre o backup {path}: {problem}. Informe a chave com que ele foi feito; para um cifrado "
        "com age, a metade privada de um dos destinatários, em {o[encryption_key_file]}.",
    ),
    "identity_missing": (
        "The backup {path} is encrypted by age, and no identity was given. Set {o[encryption_key_file]} to the file that "
        "age-keygen made, or to the private SSH key.",
        "O backup {path} está cifrado com age, e nenhuma identidade foi informada. Indique em {o[encryption_key_file]} o "
        "arquivo criado pelo age-keygen, ou a chave SSH privada.",
    ),
    "identity_invalid": (
        "The given identity can't be used: {cause}. It must be a secret key of age, or a private SSH key (ed25519 or "
        "RSA) without a passphrase.",
        "A identidade informada não pode ser usada: {cause}. Ela deve ser uma chave secreta do age, ou uma chave SSH "
        "privada (ed25519 ou RSA) sem senha.",
    ),
    "identity_for_backup": (
        "With {o[encryption: aes256]} the key must be a passphrase or 64 hex digits, and an identity of age was given. Set "
        "{o[encryption: age]} and {o[encryption_recipients]}; a backup needs no identity.",
        "Com {o[encryption: aes256]} a chave deve ser uma senha ou 64 dígitos hexadecimais, e foi informada uma identidade "
        "do age. Use {o[encryption: age]} e {o[encryption_recipients]}; um backup não precisa de identidade.",
    ),
    "recipients_missing": (
        "Encryption by age is asked for, but for nobody. Give the public keys in {o[encryption_recipients]}.",
        "A cifragem com age foi pedida, mas para ninguém. Informe as chaves públicas em {o[encryption_recipients]}.",
    ),
    "recipient_invalid": (
        "'{recipient}' in {o[encryption_recipients]} is no public key: {cause}. Give one that begins with age1, "
        "ssh-ed25519 or ssh-rsa.",
        "'{recipient}' em {o[encryption_recipients]} não é uma chave pública: {cause}. Informe uma que comece com age1, "
        "ssh-ed25519 ou ssh-rsa.",
    ),
    "recipient_is_identity": (
        "One of {o[encryption_recipients]} is a secret key, which the host that backs up must not have. Give its public "
        "key, which begins with age1, and consider the secret one known.",
        "Um dos {o[encryption_recipients]} é uma chave secreta, que o servidor dos backups não deve ter. Informe a chave "
        "pública dela, que começa com age1, e considere a secreta exposta.",
    ),
    # reading back
    "readback_failed": (
        "The new backup {path} does not read back as it was written: {cause}. It was not published; check "
        "the "
        "disk and run this again.",
        "O novo backup {path} não é lido de volta como foi gravado: {cause}. Ele não foi publicado; "
        "verifique o "
        "disco e execute novamente.",
    ),
    # directories, while backing up
    "path_left_out": (
        "{path}, with whatever is in it, is not in the backup, which has everything else: it is nested too deeply, or its name "
        "is too long (the limit is {limit}). Rename it or move it up; if nobody needs it, remove it.",
        "{path}, com tudo o que há dentro, não está no backup, que tem todo o resto: está aninhado fundo demais, ou o nome é "
        "longo demais (o limite é {limit}). Renomeie-o ou mova-o para cima; se ninguém precisa dele, remova-o.",
    ),
    "path_refused": (
        "{path} can't be created, since the file system there refuses such a name or path: {cause}. Restore to another file "
        "system, or leave it out of the restore by {o[restore_exclude_paths]}, with its path in the directory as a pattern.",
        "{path} não pode ser criado, pois o sistema de arquivos dali recusa esse nome ou caminho: {cause}. Restaure em outro "
        "sistema de arquivos, ou deixe-o fora da restauração com {o[restore_exclude_paths]}, dando o caminho dele no "
        "diretório como padrão.",
    ),
    "sparse_left_out": (
        "{path} is not in the backup, which has everything else: it is a sparse file of {size}, and the holes of such files "
        "may have {limit} together in a directory. If it is needed, make it smaller; if not, remove it or add it to "
        "{o[exclude_paths]}.",
        "{path} não está no backup, que tem todo o resto: é um arquivo esparso de {size}, e os buracos desses arquivos podem "
        "somar {limit} em um diretório. Se for necessário, reduza-o; se não, remova-o ou inclua-o em {o[exclude_paths]}.",
    ),
    "private_left_out": (
        "{path} bears a name that only restores give to what they work on, and is not in the backup. If no restore is at work "
        "and none has kept it for an undo, find out who made it.",
        "{path} tem um nome que só restaurações dão àquilo em que trabalham, e não está no backup. Se nenhuma restauração "
        "está em andamento nem o guardou para ser desfeita, descubra quem o criou.",
    ),
    "file_vanished": (
        "{path} vanished or was replaced while the backup was reading it, and is not in the backup. "
        "Nothing needs to be done unless it should still be there.",
        "{path} desapareceu ou foi substituído enquanto o backup o lia, e não está no backup. "
        "Nada precisa ser feito, a menos que ele ainda devesse existir.",
    ),
    "file_changed": (
        "{path} changed while the backup was reading it; what the backup has of it may be mixed or "
        "incomplete. "
        "Back up again when nothing writes to it, or exclude it.",
        "{path} mudou enquanto o backup o lia; o que o backup tem dele pode estar misturado ou incompleto. "
        "Faça outro backup quando nada estiver gravando nele, ou exclua-o.",
    ),
    "file_special": (
        "{path} is a socket, FIFO or device and is not in the backup. Exclude it to silence this.",
        "{path} é um socket, FIFO ou dispositivo e não está no backup. Exclua-o para silenciar este aviso.",
    ),
    "link_leaves": (
        "The link {path} points out of its directory ('{target}'); it is only restored with {o[force: true]}. Back up what "
        "it points to by itself.",
        "O link {path} aponta para fora do diretório ('{target}'); ele só é restaurado com {o[force: true]}. Faça backup "
        "separado daquilo para que ele aponta.",
    ),
    "hardlinks_not_kept": (
        "{path} has more hard-linked files than the backup keeps track of ({limit}); from there on each was "
        "backed up as a file of its own. Nothing is missing, but a restore takes more space.",
        "{path} tem mais arquivos com hard links do que o backup acompanha ({limit}); daí em diante cada um "
        "foi "
        "salvo como arquivo próprio. Nada falta, mas uma restauração ocupa mais espaço.",
    ),
    "notices_more": (
        "There were {count} more warnings like the ones before (code {kind}). Look into their cause.",
        "Houve mais {count} avisos como os anteriores (código {kind}). Verifique a causa.",
    ),
    # directories, while restoring
    "owner_not_set": (
        "Owners and groups of the files in {path} were not restored, because this is not run as root. "
        "Run it as root, or set them afterwards.",
        "Donos e grupos dos arquivos em {path} não foram restaurados, porque a execução não é como root. "
        "Execute como root, ou defina-os depois.",
    ),
    "special_bits_dropped": (
        "Files in {path} have a setuid or setgid bit in the backup, and did not get it ({count}): {names}. Media need none, "
        "and somebody may have made a program of them; if these bits are meant, set them by hand.",
        "Arquivos em {path} têm bit setuid ou setgid no backup, e não o receberam ({count}): {names}. Mídias não precisam "
        "dele, e alguém pode ter feito deles um programa; se esses bits são desejados, defina-os à mão.",
    ),
    "time_not_kept": (
        "Some files in {path} have times that the disk there can't keep, such as 1601 or 2500; they got the nearest that "
        "it can. Contents are as in the backup; set these times again if they matter.",
        "Alguns arquivos em {path} têm datas que o disco ali não consegue guardar, como 1601 ou 2500; receberam a mais "
        "próxima possível. Os conteúdos são os do backup; defina essas datas de novo, se importarem.",
    ),
    "staging_not_empty": (
        "{path} is not an empty private directory, so nothing can be unpacked into it: {cause}. "
        "Remove what is in it and run this again.",
        "{path} não é um diretório vazio e privado, portanto nada pode ser extraído nele: {cause}. "
        "Remova o que há nele e execute novamente.",
    ),
}

#: code → fact ``problem`` → what the text says of it, in both languages
PROBLEMS: dict[str, dict[str, tuple[str, str]]] = {
    "archive_damaged": {
        "empty": (
            "it is empty",
            "ele está vazio",
        ),
        "frame": (
            "frame {frame} ({first}) is not what was written",
            "o bloco {frame} ({first}) não é o que foi gravado",
        ),
        "segment": (
            "its encrypted segment {segment} of {segments} is not what was written, or is cut short",
            "o segmento cifrado {segment} de {segments} não é o que foi gravado, ou está truncado",
        ),
        "header": (
            "its first bytes, those of the encryption, are not what was written",
            "os primeiros bytes dele, os da cifragem, não são os que foram gravados",
        ),
        "derivation": (
            "it asks for a key derivation beyond all bounds ({parameters})",
            "ele pede uma derivação de chave além de todos os limites ({parameters})",
        ),
        "age": (
            "it does not decrypt ({cause})",
            "ele não decifra ({cause})",
        ),
        "gzip": (
            "it does not decompress ({cause})",
            "ele não descomprime ({cause})",
        ),
    },
    "manifest_false": {
        "value": (
            "the manifest can't be true at {where}",
            "o manifesto não pode estar certo em {where}",
        ),
        "frame_size": (
            "frame {frame} ({first}) holds more data than the manifest says",
            "o bloco {frame} ({first}) contém mais dados do que o manifesto diz",
        ),
        "frame_content": (
            "frame {frame} ({first}) holds something that the manifest does not list",
            "o bloco {frame} ({first}) contém algo que o manifesto não lista",
        ),
        "member": (
            "{member} is not what the manifest says",
            "{member} não é o que o manifesto diz",
        ),
        "missing": (
            "the manifest lists no {member}, which every backup has",
            "o manifesto não lista {member}, que todo backup tem",
        ),
        "rows": (
            "{member} has {found} rows where the manifest says {expected}",
            "{member} tem {found} linhas onde o manifesto diz {expected}",
        ),
        "columns": (
            "{member} has other columns than the manifest says",
            "{member} tem outras colunas que as do manifesto",
        ),
        "totals": (
            "the directory {name} has {files} files with {bytes} bytes where the manifest says {expected_files} and "
            "{expected_bytes}",
            "o diretório {name} tem {files} arquivos com {bytes} bytes onde o manifesto diz {expected_files} e {expected_bytes}",
        ),
    },
    "key_wrong": {
        "fingerprint": (
            "its fingerprint is {given}, and the backup needs {fingerprint}",
            "a impressão digital dela é {given}, e o backup precisa de {fingerprint}",
        ),
        "not_passphrase": (
            "64 hex digits were given, and the backup was made with a passphrase (fingerprint {fingerprint})",
            "foram informados 64 dígitos hexadecimais, e o backup foi feito com uma senha (impressão digital "
            "{fingerprint})",
        ),
        "not_hex": (
            "a passphrase was given, and the backup was made with 64 hex digits (fingerprint {fingerprint})",
            "foi informada uma senha, e o backup foi feito com 64 dígitos hexadecimais (impressão digital "
            "{fingerprint})",
        ),
        "identity": (
            "an identity of age was given, and the backup was made with a key or passphrase (fingerprint {fingerprint})",
            "foi informada uma identidade do age, e o backup foi feito com uma chave ou senha (impressão digital "
            "{fingerprint})",
        ),
        "not_identity": (
            "it is encrypted by age, and what was given is neither the file that age-keygen made nor a private SSH key",
            "ele está cifrado com age, e o que foi informado não é o arquivo criado pelo age-keygen nem uma chave SSH "
            "privada",
        ),
        "other_identity": (
            "it is encrypted by age, for others than the given identity",
            "ele está cifrado com age, para outros que não a identidade informada",
        ),
    },
    "key_invalid": {
        "empty": (
            "it is empty",
            "ela está vazia",
        ),
        "short": (
            "it is a passphrase with fewer than {shortest} characters",
            "ela é uma senha com menos de {shortest} caracteres",
        ),
        "not_text": (
            "it is no valid UTF-8 text",
            "ela não é um texto UTF-8 válido",
        ),
    },
    "archive_special": {
        "directory": (
            "a directory",
            "um diretório",
        ),
        "special": (
            "a FIFO, socket or device",
            "um FIFO, socket ou dispositivo",
        ),
    },
}
