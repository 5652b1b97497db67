# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of the errors and warnings of: store."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "store_missing": (
        "The backup directory {path} does not exist. Create it, or correct the option {o[backup_dir]}.",
        "O diretório de backups {path} não existe. Crie-o, ou corrija a opção {o[backup_dir]}.",
    ),
    "store_not_mounted": (
        "The backup directory {path} is below {mount}, which /etc/fstab has and which is not mounted: the backups "
        "there can't be seen. Mount it, and run this again. To begin a new directory of backups without that "
        "disk, set {o[backup_init: true]} once.",
        "O diretório de backups {path} está abaixo de {mount}, que consta em /etc/fstab e não está montado: os "
        "backups de lá não podem ser vistos. Monte-o, e execute novamente. Para começar um novo diretório de "
        "backups sem esse disco, use uma vez {o[backup_init: true]}.",
    ),
    "store_lost": (
        "This host has had its backups in {path} (last seen {seen}), and none are there now: the disk is not "
        "mounted, or the directory was moved or emptied. Bring it back, or correct {o[backup_dir]}. To "
        "begin a new one there, set {o[backup_init: true]} once.",
        "Este servidor tinha seus backups em {path} (vistos por último em {seen}), e agora não há nenhum lá: o "
        "disco não está montado, ou o diretório foi movido ou esvaziado. Traga-o de volta, ou corrija a opção "
        "{o[backup_dir]}. Para começar um novo ali, use uma vez {o[backup_init: true]}.",
    ),
    "store_not_directory": (
        "The backup directory {path} is not a directory. Correct the option {o[backup_dir]}.",
        "O diretório de backups {path} não é um diretório. Corrija a opção {o[backup_dir]}.",
    ),
    "store_unreadable": (
        "The backup directory {path} can't be read: {cause}. Correct its permissions, or run this as its "
        "owner.",
        "O diretório de backups {path} não pode ser lido: {cause}. Corrija as permissões, ou execute como o"
        " dono dele.",
    ),
    "store_read_only": (
        "The backup directory {path} is on a file system that is mounted read-only. Mount it for writing, or choose "
        "another directory with {o[backup_dir]}.",
        "O diretório de backups {path} está em um sistema de arquivos montado somente para leitura. Monte-o para gravação, "
        "ou escolha outro diretório em {o[backup_dir]}.",
    ),
    "store_not_writable": (
        "User {user} may not write to the backup directory {path} (owner {owner}, mode {mode}). Correct its"
        " permissions, or run this as its owner.",
        "O usuário {user} não pode gravar no diretório de backups {path} (dono {owner}, modo {mode}). "
        "Corrija as permissões, ou execute como o dono dele.",
    ),
    "store_permissions": (
        "The backup directory {path} has mode {mode}: others than its owner can enter it. Correct it with "
        "'chmod 0700'.",
        "O diretório de backups {path} tem o modo {mode}: outros além do dono podem entrar nele. Corrija "
        "com 'chmod 0700'.",
    ),
    "store_record_damaged": (
        "{path} can't be read: {cause}. It says whose backups these are; restore it from a copy of this "
        "directory, or delete it, and it is made again from the newest backup.",
        "{path} não pode ser lido: {cause}. Ele diz de quem são estes backups; recupere-o de uma cópia "
        "deste diretório, ou apague-o, e ele será refeito a partir do backup mais novo.",
    ),
    "store_other_source": (
        "The backup directory {path} belongs to the database {owner}, not to {source}. Choose another directory with "
        "{o[backup_dir]}; or, if this database takes the other's place for good, set {o[adopt_store: true]} once.",
        "O diretório de backups {path} pertence ao banco de dados {owner}, e não a {source}. Escolha outro diretório em "
        "{o[backup_dir]}; ou, se este banco assume de vez o lugar do outro, use uma vez {o[adopt_store: true]}.",
    ),
    "store_source_restored": (
        "The backup directory {path} belonged to the database {owner}; {source} was restored from it and "
        "continues it.",
        "O diretório de backups {path} pertencia ao banco de dados {owner}; {source} foi restaurado a "
        "partir dele e o continua.",
    ),
    "store_source_adopted": (
        "The backup directory {path} belonged to the database {owner} and was adopted for {source}, as "
        "asked. If the former one still exists, give it another directory.",
        "O diretório de backups {path} pertencia ao banco de dados {owner} e foi adotado para {source}, "
        "como pedido. Se o anterior ainda existe, dê a ele outro diretório.",
    ),
    "backup_stuck": (
        "{cause} So backup {id}, which no rule keeps, is still there.",
        "{cause} Por isso o backup {id}, que nenhuma regra mantém, continua lá.",
    ),
    "lock_held": (
        "{path} is locked by {holder}; waited {waited}. Wait for it to end, or give this run more time with "
        "{o[lock_timeout]}; nothing was changed.",
        "{path} está bloqueado por {holder}; a espera foi de {waited}. Aguarde o término, ou dê mais tempo a esta execução "
        "com {o[lock_timeout]}; nada foi alterado.",
    ),
    "lock_unusable": (
        "The lock file {path} can't be used: {cause}. Correct its permissions, or run this as its owner; "
        "the directory must be on a file system with locks.",
        "O arquivo de bloqueio {path} não pode ser usado: {cause}. Corrija as permissões, ou execute como o"
        " dono dele; o diretório precisa estar em um sistema de arquivos com bloqueios.",
    ),
    "sidecar_missing": (
        "{path} has no sidecar file next to it, so that nothing is known of it. If it is a backup of this "
        "collection, verify it fully and its sidecar is made again; otherwise move it elsewhere.",
        "{path} não tem o arquivo de informações (.json) ao lado, portanto nada se sabe dele. Se é um "
        "backup desta coleção, verifique-o por completo e o arquivo será refeito; caso contrário, mova-o "
        "para outro lugar.",
    ),
    "sidecar_damaged": (
        "The sidecar file {path} can't be used: {cause}. Verify the backup fully, and its sidecar is made "
        "again.",
        "O arquivo de informações {path} não pode ser usado: {cause}. Verifique o backup por completo, e o "
        "arquivo será refeito.",
    ),
    "sidecar_orphaned": (
        "The archive {path} is gone, and only its sidecar file is left. Bring the archive back from another"
        " copy, or delete the sidecar.",
        "O arquivo {path} não existe mais, e só restou o arquivo de informações (.json) dele. Traga-o de "
        "volta de outra cópia, ou apague o .json.",
    ),
    "backup_of_other_store": (
        "{path} was made in another backup directory, and is neither counted nor removed here. Restore it "
        "by its path, or move it elsewhere.",
        "{path} foi feito em outro diretório de backups, e aqui não é contado nem removido. Restaure-o pelo"
        " caminho, ou mova-o para outro lugar.",
    ),
    "backup_damaged": (
        "The archive {path} is damaged: {problem}. Bring it back from another copy and verify it again, or delete it "
        "with its sidecar file.",
        "O arquivo {path} está danificado: {problem}. Traga-o de volta de outra cópia e verifique-o de novo, ou "
        "apague-o junto com o arquivo .json.",
    ),
    "backup_renamed": (
        "The archive {path} says that it is {id}. Under another name an older backup could pass for a newer one. Give it "
        "that name again.",
        "O arquivo {path} diz que é {id}. Com outro nome, um backup mais antigo poderia passar por um mais novo. Devolva a "
        "ele esse nome.",
    ),
    "backup_permissions": (
        "{count} archives can be read by others than their owner: {files}. Correct them with 'chmod 0600'.",
        "{count} arquivos podem ser lidos por outros além do dono: {files}. Corrija com 'chmod 0600'.",
    ),
    "backup_gone": (
        "{path} is gone: it was removed while this run was looking at it. List the backups, and choose "
        "another.",
        "{path} não existe mais: foi removido enquanto esta execução o examinava. Liste os backups, e "
        "escolha outro.",
    ),
    "publish_exists": (
        "{path} exists already and is never overwritten. Move it elsewhere, and run this again.",
        "{path} já existe e nunca é sobrescrito. Mova-o para outro lugar, e execute novamente.",
    ),
    "publish_changed": (
        "{path} was changed by something else while the backup was being written; nothing was published. "
        "Find out what writes to that directory, and run this again.",
        "{path} foi alterado por outra coisa enquanto o backup era gravado; nada foi publicado. Descubra o "
        "que grava nesse diretório, e execute novamente.",
    ),
    "disk_filled": (
        "The disk that holds {path} became full ({cause}). What had been begun is removed and nothing else "
        "was changed; free some space, and run this again.",
        "O disco que contém {path} ficou cheio ({cause}). O que tinha começado foi removido e nada mais "
        "mudou; libere espaço, e execute novamente.",
    ),
    "no_backup": (
        "There is no good backup. Make one now, and look at why there is none.",
        "Não há nenhum backup bom. Faça um agora, e veja por que não há nenhum.",
    ),
    "backup_too_old": (
        "The newest good backup, {id}, is {age} old; the limit is {limit}. See why none was made since.",
        "O backup bom mais novo, {id}, tem {age}; o limite é {limit}. Veja por que nenhum foi feito desde "
        "então.",
    ),
    "backup_too_small": (
        "The newest good backup, {id}, has {size}; less than {limit} is suspicious, unless Ticketz is new. "
        "See whether the right database and directories are backed up, or lower {o[min_size]}.",
        "O backup bom mais novo, {id}, tem {size}; menos de {limit} é suspeito, a não ser que o Ticketz seja "
        "novo. Veja se o banco e os diretórios certos são copiados, ou reduza {o[min_size]}.",
    ),
    "backup_from_future": (
        "These backups bear a time to come (it is {now} now), so that their age is unknown and they don't "
        "count as the newest: {ids}. Correct the clock; to use one of them, choose it by its id.",
        "Estes backups têm uma data futura (agora são {now}), portanto sua idade é desconhecida e eles não "
        "contam como o mais novo: {ids}. Acerte o relógio; para usar um deles, escolha-o pelo id.",
    ),
    "backup_shrunk": (
        "Much is missing in the newest good backup, {id}, that {before} still has: {what}. {before} is kept "
        "until that is settled. If it was a mishap, restore {before} by its id; if it is meant, prune once "
        "with {o[accept_changes: true]}.",
        "Falta muito no backup bom mais novo, {id}, que {before} ainda tem: {what}. {before} é mantido até "
        "que isso se esclareça. Se foi um acidente, restaure {before} pelo id; se foi intencional, execute "
        "uma vez a limpeza com {o[accept_changes: true]}.",
    ),
    "backup_incomplete": (
        "Backup {id} is incomplete: something is missing in {missing}; its own warnings say what. The newest ones in "
        "which this is whole, which retention keeps and a restore takes by their ids: {whole}. End the cause, or exclude "
        "what is not needed, and make another backup.",
        "O backup {id} está incompleto: falta algo em {missing}; os avisos dele dizem o quê. Os mais novos em que isso "
        "está inteiro, que a retenção mantém e que podem ser restaurados pelo id: {whole}. Elimine a causa, ou exclua o "
        "que não é necessário, e faça outro backup.",
    ),
    "unpin_unknown": (
        "There is no backup {id} whose pin could be taken off; it may have been removed since. If it should "
        "be there, list the backups and correct the option unpin.",
        "Não há nenhum backup {id} do qual tirar a fixação; talvez já tenha sido removido. Se ele deveria "
        "existir, liste os backups e corrija a opção unpin.",
    ),
    "pin_not_set": (
        "{id} is young enough, so that no new backup was made, and {o[pin]} has no effect: {id} has no "
        "pin. Make one without {o[if_older_than]} to pin it.",
        "{id} é recente o bastante, portanto nenhum backup novo foi feito, e {o[pin]} não teve efeito: "
        "{id} não está fixado. Faça um sem {o[if_older_than]} para fixá-lo.",
    ),
    "not_verified": (
        "Nothing proves that the newest good backup, {id}, was ever verified. Verify it; an encrypted one fully, with its key.",
        "Nada comprova que o backup bom mais novo, {id}, já foi verificado. Verifique-o; se for criptografado, por inteiro e "
        "com a sua chave.",
    ),
    "proofs_not_own": (
        "The sidecars of these backups claim a verification or a drill that was not written with the encryption key that is "
        "given, and does not count: {ids}. Either somebody has changed it, or it was written with another key. Verify "
        "them fully, with the key that they were made with.",
        "O que está escrito ao lado destes backups sobre terem sido verificados ou ensaiados não foi gravado com a chave de "
        "criptografia informada, e não conta: {ids}. Ou alguém o alterou, ou foi gravado com outra chave. Verifique-os por "
        "inteiro, com a chave com que foram feitos.",
    ),
    "disk_nearly_full": (
        "The disk of the backup directory is {percent} % full (limit {limit} %), {free} are free. Free some"
        " space, or keep fewer backups.",
        "O disco do diretório de backups está {percent} % cheio (limite de {limit} %), com {free} livres. "
        "Libere espaço, ou guarde menos backups.",
    ),
    "leftovers": (
        "{count} files with {size} were left by runs that were killed: {files}. The next backup or prune "
        "removes them.",
        "{count} arquivos com {size} foram deixados por execuções interrompidas: {files}. O próximo backup "
        "ou a próxima limpeza os remove.",
    ),
    "job_state_unavailable": (
        "The state of this run can't be kept in {path}: {cause}. The run goes on, but others can't watch or"
        " cancel it; correct the directory's permissions.",
        "O estado desta execução não pode ser guardado em {path}: {cause}. A execução continua, mas outros "
        "não podem acompanhá-la nem cancelá-la; corrija as permissões do diretório.",
    ),
}

#: code → fact ``problem`` → what the text says of it, in both languages
PROBLEMS: dict[str, dict[str, tuple[str, str]]] = {
    "backup_damaged": {
        "size": (
            "it has {size}, and was published with {expected}",
            "tem {size}, e foi publicado com {expected}",
        ),
        "checked": (
            "a check has found it so",
            "uma verificação o encontrou assim",
        ),
    },
}
