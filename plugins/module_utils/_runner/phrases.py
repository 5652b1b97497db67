# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner's own texts in English and Portuguese. Those of errors and warnings are in ``_texts``."""

from __future__ import annotations

from .._errors import LANGUAGES
from .._store.units import human_duration

PHRASES: dict[str, tuple[str, str]] = {
    "error": ("Error: {text}", "Erro: {text}"),
    "warning": ("Warning: {text}", "Aviso: {text}"),
    "took": ("Took {duration}.", "Levou {duration}."),
    # backup
    "backup_made": ("Backup made: {id}", "Backup feito: {id}"),
    "backup_would": (
        "Would make the backup {path} ({components}).",
        "Faria o backup {path} ({components}).",
    ),
    "backup_recent": (
        "No new backup: {id}, made {created}, is young enough.",
        "Nenhum backup novo: {id}, feito em {created}, é recente o bastante.",
    ),
    "archive": (
        "{path}: {size}, compression {compression}, encryption {encryption}",
        "{path}: {size}, compressão {compression}, cifragem {encryption}",
    ),
    "database": (
        "database {name}, PostgreSQL {version}: {tables} tables, {rows} rows, {size} on the server",
        "banco {name}, PostgreSQL {version}: {tables} tabelas, {rows} linhas, {size} no servidor",
    ),
    "directory": (
        "directory {name} ({path}): {files} files, {size}",
        "diretório {name} ({path}): {files} arquivos, {size}",
    ),
    "read_back": (
        "It was read back from the disk, and is what was written.",
        "Foi lido de volta do disco, e é o que foi gravado.",
    ),
    "quiesced_for": (
        "{containers} quiesced for {duration} ({mode})",
        "{containers} em pausa por {duration} ({mode})",
    ),
    "next_verify": (
        "Next: prove all its contents now and then, with verify and the option level set to full.",
        "A seguir: comprove todo o conteúdo de vez em quando, com verify e a opção level em full.",
    ),
    "redis_kept": ("keys of Redis: {count} ({patterns})", "chaves do Redis: {count} ({patterns})"),
    # restore
    "restored": ("Restored: {id}", "Restaurado: {id}"),
    "restored_would": ("Would restore: {id}", "Restauraria: {id}"),
    "restored_selection": ("Restored what was asked for of {id}:", "Restaurado o que foi pedido de {id}:"),
    "restored_selection_would": (
        "Would restore what was asked for of {id}:",
        "Restauraria o que foi pedido de {id}:",
    ),
    "selected_rows": (
        "database {name}: {inserted} rows inserted, {updated} updated, {removed} removed, {relinked} linked again",
        "banco {name}: {inserted} linhas inseridas, {updated} atualizadas, {removed} removidas, {relinked} religadas",
    ),
    "selected_table": (
        "{table}: {inserted} inserted, {updated} updated, {removed} removed, {relinked} linked again",
        "{table}: {inserted} inseridas, {updated} atualizadas, {removed} removidas, {relinked} religadas",
    ),
    "more_tables": ("and {count} more tables", "e mais {count} tabelas"),
    "selected_paths": (
        "directory {name} ({path}): {created} files created, {replaced} replaced, {size}; {kept} with another content "
        "left alone, {unchanged} there already",
        "diretório {name} ({path}): {created} arquivos criados, {replaced} substituídos, {size}; {kept} com outro "
        "conteúdo deixados como estão, {unchanged} já presentes",
    ),
    "undone": ("Undone: the restore of {id}", "Desfeita: a restauração de {id}"),
    "undone_would": ("Would undo the restore of {id}", "Desfaria a restauração de {id}"),
    "undo_nothing": (
        "Nothing to undo: the restore of {id} is undone already.",
        "Nada a desfazer: a restauração de {id} já foi desfeita.",
    ),
    "undone_database": ("database {name}, as it was before", "banco {name}, como era antes"),
    "undone_directory": (
        "directory {name} ({path}), as it was before",
        "diretório {name} ({path}), como era antes",
    ),
    "config_replaced": (
        "file {path}; what was there is now {aside}",
        "arquivo {path}; o que havia lá agora é {aside}",
    ),
    "redis_keys": (
        "Redis {server}: {restored} keys created, {replaced} replaced, {kept} with another content left alone, "
        "{unchanged} there already",
        "Redis {server}: {restored} chaves criadas, {replaced} substituídas, {kept} com outro conteúdo deixadas como "
        "estão, {unchanged} já presentes",
    ),
    "redis_expired": (
        "keys whose time ran out since the backup: {count}",
        "chaves cujo prazo acabou desde o backup: {count}",
    ),
    "previous_kept": (
        "what was in use before is kept until prune removes it: {places}",
        "o que estava em uso antes fica guardado até a limpeza removê-lo: {places}",
    ),
    "previous_backup": (
        "what was in the database before is in the backup {path}",
        "o que havia no banco antes está no backup {path}",
    ),
    "place_database": ("database {name}", "banco {name}"),
    "place_directory": ("directory {path}", "diretório {path}"),
    "restore_nothing": ("Nothing was restored from {id}.", "Nada foi restaurado de {id}."),
    "restored_database": (
        "database {name}: {tables} tables, {rows} rows, the same as in the backup",
        "banco {name}: {tables} tabelas, {rows} linhas, iguais às do backup",
    ),
    "would_database": (
        "database {name}: {tables} tables, {rows} rows",
        "banco {name}: {tables} tabelas, {rows} linhas",
    ),
    "adapted": (
        "adapted to this server: {object} ({detail})",
        "adaptado a este servidor: {object} ({detail})",
    ),
    "sequences_set": ("sequences set forward: {count}", "sequências avançadas: {count}"),
    "sessions_cleared": (
        "WhatsApp connections disconnected: {count}",
        "conexões do WhatsApp desconectadas: {count}",
    ),
    "outage": (
        "{containers} stopped for {duration}, and started again",
        "{containers} parados por {duration}, e iniciados de novo",
    ),
    "next_connect_only": (
        "Next: connect the WhatsApp numbers of Ticketz again.",
        "A seguir: conecte os números do WhatsApp do Ticketz novamente.",
    ),
    "next_connect": (
        "Next: start Ticketz, and connect its WhatsApp numbers again.",
        "A seguir: inicie o Ticketz, e conecte os números do WhatsApp novamente.",
    ),
    "next_start": ("Next: start Ticketz.", "A seguir: inicie o Ticketz."),
    "next_connect_unknown": (
        "Next: start Ticketz if it doesn't run, and connect its WhatsApp numbers again.",
        "A seguir: inicie o Ticketz se não estiver em execução, e conecte os números do WhatsApp novamente.",
    ),
    "next_start_unknown": (
        "Next: start Ticketz if it doesn't run.",
        "A seguir: inicie o Ticketz se não estiver em execução.",
    ),
    # verify
    "opened": ("Opens: {id}, the state of {created}", "Abre: {id}, o estado de {created}"),
    "config_file": ("file {path}", "arquivo {path}"),
    "verified": ("Whole: {id} ({level})", "Íntegro: {id} ({level})"),
    "checked_quick": ("{size}, the same as when it was published", "{size}, iguais aos publicados"),
    "checked_full": (
        "{size}: {frames} frames, {parts} parts of tables with {rows} rows, {files} files",
        "{size}: {frames} blocos, {parts} partes de tabelas com {rows} linhas, {files} arquivos",
    ),
    # drill
    "drill_would": (
        "would restore into a scratch database on {server}, PostgreSQL {version}: {tables} tables, {rows} rows",
        "restauraria em um banco descartável em {server}, PostgreSQL {version}: {tables} tabelas, {rows} linhas",
    ),
    "drilled": (
        "restored into a scratch database on {server}, PostgreSQL {version}: {tables} tables, {rows} rows, "
        "the same as in the backup",
        "restaurado em um banco descartável em {server}, PostgreSQL {version}: {tables} tabelas, {rows} linhas, "
        "iguais às do backup",
    ),
    "drilled_files": ("files unpacked: {files}", "arquivos extraídos: {files}"),
    "drilled_sequences": (
        "sequences: {inserted} wrote a row, {value} proved by their next value, {none} not proved",
        "sequências: {inserted} gravaram uma linha, {value} comprovadas pelo próximo valor, {none} não comprovadas",
    ),
    "drilled_rto": (
        "ready to be switched to after {rto} ({covers})",
        "pronto para entrar em uso após {rto} ({covers})",
    ),
    "drilled_part": (
        "{covers}, ready after {rto}: this is not the time of a restore of the whole backup",
        "{covers}, pronto após {rto}: não é o tempo de uma restauração do backup inteiro",
    ),
    "drill_would_part": (
        "{covers}: the time will not be that of a restore of the whole backup",
        "{covers}: o tempo não será o de uma restauração do backup inteiro",
    ),
    "database_only": ("database only", "somente o banco"),
    "drilled_dropped": (
        "The drill took {duration}; what it made was removed.",
        "O ensaio levou {duration}; o que ele criou foi removido.",
    ),
    # backup_info
    "last_drill": (
        "last drill: {id}, {age} ago, {word}, ready after {rto} ({covers})",
        "último ensaio: {id}, há {age}, {word}, pronto após {rto} ({covers})",
    ),
    "last_drill_part": (
        "last drill: {id}, {age} ago, {word}, {covers}: how long a restore of the whole backup takes is not known",
        "último ensaio: {id}, há {age}, {word}, {covers}: não se sabe quanto leva uma restauração do backup inteiro",
    ),
    "last_copied": (
        "newest backup with a copy on another host: {id}",
        "backup mais novo com cópia em outro servidor: {id}",
    ),
    "previous_data": (
        "kept for undoing restores: {count}, {size}, the oldest {age} old",
        "guardado para desfazer restaurações: {count}, {size}, o mais antigo há {age}",
    ),
    "previous_item": ("replaced {created}: {places}, {size}", "substituído em {created}: {places}, {size}"),
    "all_well": ("All is well with the backups.", "Tudo em ordem com os backups."),
    "not_serious": ("The backups are usable, with warnings.", "Os backups são utilizáveis, com avisos."),
    "not_well": ("The backups need attention.", "Os backups precisam de atenção."),
    "problem_critical": ("critical: {text}", "crítico: {text}"),
    "problem_warning": ("warning: {text}", "aviso: {text}"),
    "newest": ("newest good backup: {id}, {age} old, {size}", "backup bom mais novo: {id}, há {age}, {size}"),
    "newest_verified": ("verified {age} ago ({level}), {word}", "verificado há {age} ({level}), {word}"),
    # of what a sidecar says: whether the encryption key proves it
    "proved": ("proved", "comprovado"),
    "claimed": ("claimed", "declarado"),
    "disk": ("disk: {percent} % used, {free} free", "disco: {percent} % usado, {free} livres"),
    "count": ("backups: {count}", "backups: {count}"),
    "listed": ("{id}  {state}  {size}  {components}", "{id}  {state}  {size}  {components}"),
    "labelled": ('"{label}"', '"{label}"'),
    "pinned": ("pinned", "fixado"),
    "pinned_until": ("pinned until {until}", "fixado até {until}"),
    "more": ("and {count} older ones", "e {count} mais antigos"),
    # find
    "found_nothing": (
        "Backups searched: {count}; nothing was found.",
        "Backups pesquisados: {count}; nada foi encontrado.",
    ),
    "found": (
        "Backups searched: {count}; found: contacts {contacts}, tickets {tickets}, files {files}.",
        "Backups pesquisados: {count}; encontrados: contatos {contacts}, tickets {tickets}, arquivos {files}.",
    ),
    "found_contact": ("contact {id}: {name}, {number}", "contato {id}: {name}, {number}"),
    "found_ticket": (
        "ticket {id}, {status}: messages {messages}, {first} to {last}",
        "ticket {id}, {status}: mensagens {messages}, de {first} a {last}",
    ),
    "found_ticket_empty": ("ticket {id}, {status}: no messages", "ticket {id}, {status}: nenhuma mensagem"),
    "found_media": ("files {files}, {size}", "arquivos {files}, {size}"),
    "found_file": ("{path}, {size}, {modified}", "{path}, {size}, {modified}"),
    "found_present": ("still in Ticketz", "ainda no Ticketz"),
    "found_absent": ("no longer in Ticketz", "não está mais no Ticketz"),
    "found_less": (
        "still in Ticketz, with fewer messages ({present})",
        "ainda no Ticketz, com menos mensagens ({present})",
    ),
    "found_in": (
        "last in {id} (backups with it: {count})",
        "por último em {id} (backups que o têm: {count})",
    ),
    "found_more": (
        "There is more than the {limit} that were used last; name more of it, or set the option find_limit.",
        "Há mais do que os {limit} usados por último; indique mais detalhes, ou defina a opção find_limit.",
    ),
    "found_restore": (
        "To restore what is missing of it: restore with the option backup set to {id}, and {option} to {value}.",
        "Para restaurar o que falta: restore com a opção backup em {id}, e {option} em {value}.",
    ),
    # prune
    "pruned": (
        "Backups removed: {removed}, kept: {kept}; {freed} are free again.",
        "Backups removidos: {removed}, mantidos: {kept}; {freed} liberados.",
    ),
    "prune_would": (
        "Backups to remove: {removed}, to keep: {kept}; {freed} would become free.",
        "Backups a remover: {removed}, a manter: {kept}; {freed} seriam liberados.",
    ),
    "prune_nothing": (
        "Nothing to remove; backups kept: {kept}.",
        "Nada a remover; backups mantidos: {kept}.",
    ),
    "removed": ("removed: {id}", "removido: {id}"),
    "would_remove": ("to remove: {id}", "a remover: {id}"),
    "removed_previous": (
        "removed, replaced by the restore of {created}: {places}, {size}",
        "removido, substituído pela restauração de {created}: {places}, {size}",
    ),
    "would_remove_previous": (
        "to remove, replaced by the restore of {created}: {places}, {size}",
        "a remover, substituído pela restauração de {created}: {places}, {size}",
    ),
    "would_remove_leftovers": (
        "left by killed runs, to remove: {count} files",
        "deixados por execuções interrompidas, a remover: {count}",
    ),
    "unpinned": ("pin taken off: {id}", "não mais fixado: {id}"),
    "unpin_would": ("pin to take off: {id}", "a deixar de fixar: {id}"),
    "accepted": (
        "accepted: what {id} has lost against the backups before it",
        "aceito: o que {id} perdeu em relação aos backups anteriores",
    ),
    "accept_would": (
        "to accept: what {id} has lost against the backups before it",
        "a aceitar: o que {id} perdeu em relação aos backups anteriores",
    ),
    "leftovers": (
        "left by killed runs, removed: {count} files",
        "deixados por execuções interrompidas, removidos: {count}",
    ),
    # offsite
    "offsite_pushed": (
        "Copied to {host} and proved there: {count}; copies known before: {known}.",
        "Copiados para {host} e comprovados lá: {count}; cópias já conhecidas: {known}.",
    ),
    "offsite_pulled": (
        "Fetched from {host} and proved here: {count}; copies known before: {known}.",
        "Buscados de {host} e comprovados aqui: {count}; cópias já conhecidas: {known}.",
    ),
    "offsite_push_would": (
        "Would copy to {host}: {count}; copies known: {known}.",
        "Copiaria para {host}: {count}; cópias conhecidas: {known}.",
    ),
    "offsite_pull_would": (
        "Would fetch from {host}: {count}; copies known: {known}.",
        "Buscaria de {host}: {count}; cópias conhecidas: {known}.",
    ),
    "offsite_nothing": (
        "Nothing new to copy ({host}); copies known: {known}.",
        "Nada novo a copiar ({host}); cópias conhecidas: {known}.",
    ),
    "offsite_copy": ("{file}: {size}", "{file}: {size}"),
    "offsite_checked": (
        "compared with their checksums again, and whole: {count}",
        "comparadas de novo com as somas de verificação, e íntegras: {count}",
    ),
    "offsite_check_would": (
        "would be compared with their checksums again: {count}",
        "seriam comparadas de novo com as somas de verificação: {count}",
    ),
    # import, export
    "imported": ("Imported: {path}", "Importado: {path}"),
    "import_would": ("Would import: {path}", "Importaria: {path}"),
    "import_nothing": ("Nothing was imported from {path}.", "Nada foi importado de {path}."),
    "imported_database": (
        "database {name}: {tables} tables, {rows} rows",
        "banco {name}: {tables} tabelas, {rows} linhas",
    ),
    "exported": ("Exported, format {format}: {path}", "Exportado, formato {format}: {path}"),
    "export_would": ("Would export, format {format}: {path}", "Exportaria, formato {format}: {path}"),
    "exported_tables": ("{tables} tables, {rows} rows", "{tables} tabelas, {rows} linhas"),
    "exported_files": (
        "directory {name}: {files} files, {size}",
        "diretório {name}: {files} arquivos, {size}",
    ),
    # fix_sequences
    "sequences_right": ("All {count} sequences are right.", "Todas as {count} sequências estão certas."),
    "sequences_changed": (
        "Sequences set: {changed} of {count}",
        "Sequências ajustadas: {changed} de {count}",
    ),
    "sequences_would": (
        "Would set sequences: {changed} of {count}",
        "Ajustaria sequências: {changed} de {count}",
    ),
    "sequence": (
        "{sequence}: {old} → {new} ({table}, {column})",
        "{sequence}: {old} → {new} ({table}, {column})",
    ),
    # jobs
    "job": ("{id}  {outcome}  {age}  {where}", "{id}  {outcome}  {age}  {where}"),
    "job_state": ("{id}: {outcome}", "{id}: {outcome}"),
    "job_times": ("started {started}, {elapsed} ago", "iniciado em {started}, há {elapsed}"),
    "job_ended": ("started {started}, ended {finished}", "iniciado em {started}, terminado em {finished}"),
    "job_process": ("process {pid} on {host}", "processo {pid} em {host}"),
    "job_phase": ("phase: {phase}", "fase: {phase}"),
    "job_bytes": ("bytes: {done} of {expected}", "bytes: {done} de {expected}"),
    "job_bytes_done": ("bytes: {done}", "bytes: {done}"),
    "job_rows": ("rows: {done} of {expected}", "linhas: {done} de {expected}"),
    "job_rows_done": ("rows: {done}", "linhas: {done}"),
    "job_about": ("{option}: {value}", "{option}: {value}"),
    # plans
    "run_waits": (
        "Waiting {seconds} s before the work, so that not all hosts begin at once.",
        "Aguardando {seconds} s antes do trabalho, para que nem todos os servidores comecem juntos.",
    ),
    "run_begins": ("Begin of {name}: {steps}", "Início de {name}: {steps}"),
    "run_would_follow": ("Then it would go on with: {verbs}", "Depois continuaria com: {verbs}"),
    "plan": (
        "{name}  {outcome}  {when}  (last success: {success})  {error}",
        "{name}  {outcome}  {when}  (último sucesso: {success})  {error}",
    ),
    "run_ended": ("End of {name}, status {status}", "Fim de {name}, status {status}"),
    "run_cut_off": (
        "The run before this one, begun {started}, was cut off before its end. What it left is removed by the next "
        "backup, prune or restore.",
        "A execução anterior, iniciada em {started}, foi interrompida antes do fim. O que ela deixou é removido pelo "
        "próximo backup, limpeza ou restauração.",
    ),
    "run_more_causes": (
        "and {count} more, in the log",
        "e mais {count}, no registro",
    ),
    "run_success": ("{host}: {name} is done", "{host}: {name} concluído"),
    "run_warning": ("{host}: {name} is done, with warnings", "{host}: {name} concluído, com avisos"),
    "run_failure": ("{host}: {name} FAILED", "{host}: {name} FALHOU"),
    "run_test": (
        "{host}: {name}, a test of its messages",
        "{host}: {name}, um teste das mensagens",
    ),
    "notify_sent": ("Sent: {channel}", "Enviado: {channel}"),
    "notify_none": (
        "Nobody will be told: the plan has neither mail_to nor webhook_url.",
        "Ninguém será avisado: o plano não tem mail_to nem webhook_url.",
    ),
    # stack_info
    "stack_found": ("Ticketz: project {project} at {engine}", "Ticketz: projeto {project} em {engine}"),
    "stack_database": ("database {name} for {user}: {place}", "banco {name} para {user}: {place}"),
    "stack_redis": ("Redis: {place}", "Redis: {place}"),
    "stack_directory": ("directory {name}: {path}", "diretório {name}: {path}"),
    "stack_file": ("Compose file: {path}", "arquivo do Compose: {path}"),
    "stack_container": ("container {name} ({image}): {state}", "contêiner {name} ({image}): {state}"),
    # monitoring
    "overview_title": ("Backups of {name} in {path}", "Backups de {name} em {path}"),
    "overview_time": ("Time: {time}", "Hora: {time}"),
    "overview_audit": (
        "  audit log: {lines} lines ({path})",
        "  registro de auditoria: {lines} linhas ({path})",
    ),
    "overview_plans": ("Scheduled jobs:", "Tarefas agendadas:"),
    "overview_no_plans": ("No scheduled job has run yet.", "Nenhuma tarefa agendada foi executada ainda."),
    "overview_errors": ("Errors in {path}: {count}. The last ones:", "Erros em {path}: {count}. Os últimos:"),
    "overview_no_errors": ("No errors in {path}.", "Nenhum erro em {path}."),
    "overview_no_log": ("There is no log {path} yet.", "Ainda não há o log {path}."),
    "overview_log_unreadable": (
        "The log {path} can't be read: {cause}.",
        "O log {path} não pode ser lido: {cause}.",
    ),
    "exporter_ready": (
        "Metrics are served on http://{address}:{port}/metrics.",
        "Métricas disponíveis em http://{address}:{port}/metrics.",
    ),
    # how a job stands
    "running": ("running", "em execução"),
    "finished": ("finished", "concluído"),
    "failed": ("failed", "falhou"),
    "cancelled": ("cancelled", "cancelado"),
    "died": ("died", "morreu"),
}


def say(phrase: str, language: str, **facts: object) -> str:
    """Return a phrase.

    :param phrase: a key of :data:`PHRASES`.
    :param language: ``en`` or ``pt``.
    :param facts: values for its placeholders.
    """
    return PHRASES[phrase][LANGUAGES.index(language)].format_map(facts)


def number(value: int, language: str) -> str:
    """Return a number with its thousands apart."""
    return f"{value:,}" if language == "en" else f"{value:,}".replace(",", ".")


def seconds(value: float) -> str:
    """Return a number of seconds as people say it."""
    return human_duration(value) if value >= 10 else f"{value:.1f} s"
