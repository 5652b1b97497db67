# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of the errors and warnings of copies on other hosts."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "offsite_host_key": (
        "The host key of {host} is not the one in {known_hosts}. Nothing was sent or fetched. Either that host was "
        "installed again, or another one answers in its place. Find out which; if the new key is right, put it into that "
        "file.",
        "A chave de host de {host} não é a que está em {known_hosts}. Nada foi enviado nem buscado. Ou esse servidor foi "
        "reinstalado, ou outro responde no lugar dele. Descubra qual; se a chave nova estiver certa, coloque-a nesse "
        "arquivo.",
    ),
    "offsite_key_refused": (
        "{host} does not accept the key {path} for the account {user}. Set the key up again, or look at the log of "
        "its sshd.",
        "{host} não aceita a chave {path} para a conta {user}. Configure a chave novamente, ou veja o log do sshd "
        "de lá.",
    ),
    "offsite_key_open": (
        "Others than its owner can read the private key {path} (mode {mode}). Run 'chmod 0600 {path}', and make a "
        "new one if somebody may have read it.",
        "Outros além do dono podem ler a chave privada {path} (modo {mode}). Execute 'chmod 0600 {path}', e crie "
        "outra se alguém pode tê-la lido.",
    ),
    "offsite_unreachable": (
        "{host} can't be reached by ssh: {cause}. Nothing was changed by this attempt; the next run goes on from here.",
        "{host} não pode ser alcançado por ssh: {cause}. Nada foi alterado por esta tentativa; a próxima execução "
        "continua daqui.",
    ),
    "offsite_no_gate": (
        "The account {user} on {host} does not answer as it should: {cause}. Set it up again, so that its key "
        "is restricted to this collection's runner, of the same version.",
        "A conta {user} em {host} não responde como deveria: {cause}. Configure-a novamente, para que a chave "
        "fique restrita ao runner desta coleção, da mesma versão.",
    ),
    "offsite_answer": (
        "{host} answers ({remote_code}): {message}",
        "{host} responde ({remote_code}): {message}",
    ),
    "offsite_refused": (
        "Refused: {cause}. This key is for copies of backups alone; see docs/offsite.md.",
        "Recusado: {cause}. Esta chave serve somente para cópias de backups; veja docs/offsite.md.",
    ),
    "offsite_interrupted": (
        "The connection to {host} broke while {file} was copied: {cause}. What has arrived is kept in a private place, "
        "and the next run goes on from there.",
        "A conexão com {host} caiu enquanto {file} era copiado: {cause}. O que chegou fica guardado em um lugar privado, "
        "e a próxima execução continua dali.",
    ),
    "offsite_transfer_failed": (
        "{file} could not be copied to or from {host}: {cause}. Nothing that was there has changed.",
        "{file} não pôde ser copiado de ou para {host}: {cause}. Nada do que estava lá mudou.",
    ),
    "offsite_timeout": (
        "{program} did not come to its end within {seconds} seconds, and was ended. The next run goes on from there; raise "
        "{o[offsite_time_limit]} if the connection is that slow.",
        "{program} não terminou em {seconds} segundos, e foi encerrado. A próxima execução continua dali; aumente "
        "{o[offsite_time_limit]} se a conexão é tão lenta.",
    ),
    "offsite_flood": (
        "{program} sent more than {bytes} bytes where an answer is much shorter, and was ended. Nothing of it was believed. "
        "Find out what answers at the other end.",
        "{program} enviou mais de {bytes} bytes onde uma resposta é bem mais curta, e foi encerrado. Nada disso foi "
        "aceito. Descubra quem responde do outro lado.",
    ),
    "offsite_program_missing": (
        "The program {program} can't be started: {cause}. Install it (packages rsync and openssh-client).",
        "O programa {program} não pode ser iniciado: {cause}. Instale-o (pacotes rsync e openssh-client).",
    ),
    "offsite_no_space": (
        "There is no room for {file} on {host}: {needed} are needed, {free} are free. Nothing was copied, and the copies "
        "there are as they were. Make room there, or tighten the retention of the copies.",
        "Não há espaço para {file} em {host}: são necessários {needed}, e há {free} livres. Nada foi copiado, e as cópias "
        "de lá estão como estavam. Libere espaço lá, ou aperte a retenção das cópias.",
    ),
    "offsite_disk_full": (
        "The disk of {host} filled up while {file} was copied. What had arrived of it was removed, and the copies there "
        "are as they were. Make room there, or tighten the retention of the copies.",
        "O disco de {host} encheu enquanto {file} era copiado. O que tinha chegado foi removido, e as cópias de lá estão "
        "como estavam. Libere espaço lá, ou aperte a retenção das cópias.",
    ),
    "offsite_arrived_damaged": (
        "What has arrived of {file} is not what its sidecar says (size and SHA-256). It was not made a backup, and was "
        "removed. Verify the original; if it is whole, the next run copies it again.",
        "O que chegou de {file} não é o que o sidecar diz (tamanho e SHA-256). Não virou backup, e foi removido. Verifique "
        "o original; se estiver íntegro, a próxima execução o copia novamente.",
    ),
    "offsite_other_store": (
        "The copies in {path} are those of another store ({here}), not of {there}. Nothing was copied. Give each Ticketz a "
        "directory of its own there; or, if somebody changed store.json here, find out why.",
        "As cópias em {path} são de outro diretório de backups ({here}), não de {there}. Nada foi copiado. Dê a cada "
        "Ticketz um diretório próprio lá; ou, se alguém alterou store.json aqui, descubra por quê.",
    ),
    "offsite_log_differs": (
        "{path} is not what the other side takes it for, so nothing was added to it. Run this again; if it stays, compare "
        "the two files.",
        "{path} não é o que o outro lado supõe, então nada foi acrescentado. Execute novamente; se persistir, compare os "
        "dois arquivos.",
    ),
    "offsite_log_changed": (
        "{file} was shortened or changed at its origin since it was copied to {where}. The copy was left as it is: it tells "
        "what was there before. Compare the two, and find out who changed it.",
        "{file} foi encurtado ou alterado na origem desde que foi copiado para {where}. A cópia ficou como está: ela conta "
        "o que havia antes. Compare os dois, e descubra quem alterou.",
    ),
    "offsite_copy_differs": (
        "{file} is another archive at its origin than on {where}, under the same name. The copy was not replaced. An archive "
        "never changes: find out what changed the one at its origin, and keep the copy.",
        "{file} é outro arquivo na origem do que em {where}, com o mesmo nome. A cópia não foi substituída. Um arquivo de "
        "backup nunca muda: descubra o que alterou o da origem, e guarde a cópia.",
    ),
    "offsite_copy_damaged": (
        "The copy {file} on {where} is not whole ({state}). Nothing was replaced. Look at the disk there; then move the copy "
        "and its sidecar out of the directory, and the next run brings it again.",
        "A cópia {file} em {where} não está íntegra ({state}). Nada foi substituído. Verifique o disco de lá; depois mova a "
        "cópia e o sidecar para fora do diretório, e a próxima execução a traz novamente.",
    ),
    "offsite_not_copied": (
        "At the origin these are not good, and have no copy on {where}: {files}. None was copied. Run ticketz_verify with "
        "level: full or drill there: what is whole after all is then copied by the next run.",
        "Na origem estes não estão bons, e não têm cópia em {where}: {files}. Nenhum foi copiado. Execute lá "
        "ticketz_verify com level: full ou drill: o que afinal está íntegro é copiado pela próxima execução.",
    ),
    "offsite_source_empty": (
        "There is no good backup at the origin, but there are {count} copies on {where}. None was removed. Find out whether "
        "the origin's disk is mounted, and what happened to its backups.",
        "Não há nenhum backup bom na origem, mas há {count} cópias em {where}. Nenhuma foi removida. Descubra se o disco da "
        "origem está montado, e o que aconteceu com os backups de lá.",
    ),
    "prune_limited": (
        "No rule keeps {count} more backups, but {o[max_removals]} lets one run remove {limit} only. If that many were "
        "expected, the next runs remove them; if not, find out why before they do.",
        "Nenhuma regra mantém outros {count} backups, mas {o[max_removals]} deixa uma execução remover somente {limit}. Se "
        "isso era esperado, as próximas execuções os removem; se não, descubra por quê antes delas.",
    ),
    "copy_missing": (
        "No good backup has a copy on another host; the limit is {limit}. Run ticketz_offsite, or see why its job makes none.",
        "Nenhum backup bom tem cópia em outro servidor; o limite é {limit}. Execute ticketz_offsite, ou veja por que a "
        "tarefa dele não faz nenhuma.",
    ),
    "copy_too_old": (
        "The newest backup with a copy on another host, {id}, is {age} old; the limit is {limit}. See why none was copied "
        "since.",
        "O backup mais novo com cópia em outro servidor, {id}, tem {age}; o limite é {limit}. Veja por que nenhum foi "
        "copiado desde então.",
    ),
}
