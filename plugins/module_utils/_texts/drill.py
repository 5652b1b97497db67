# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of the errors and warnings of drills."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "drill_no_database": (
        "Backup {id} ({path}) has no database, and a drill restores one. Verify it with {o[level: full]} instead.",
        "O backup {id} ({path}) não tem banco de dados, e um ensaio restaura um. Verifique-o com {o[level: full]}.",
    ),
    "drill_live_name": (
        "{database} on {server} bears a name that only scratch databases may have: any restore or drill would drop it as "
        "a leftover. Nothing was created; rename that database, or correct {o[login_db]} and {o[login_maintenance_db]}.",
        "{database} em {server} tem um nome reservado a bancos descartáveis: qualquer restauração ou ensaio o removeria "
        "como sobra. Nada foi criado; renomeie esse banco, ou corrija {o[login_db]} e {o[login_maintenance_db]}.",
    ),
    "drill_not_alone": (
        "Others are connected to the scratch database {database} on {server} and can't be sent away: {others}. "
        "It was dropped before anything was in it. Keep them from connecting to every database, and drill again.",
        "Outros estão conectados ao banco descartável {database} em {server} e não podem ser desconectados: "
        "{others}. Ele foi removido antes de conter algo. Impeça que se conectem a todo banco, e ensaie novamente.",
    ),
    "drill_subscription": (
        "{path} would create the subscription {subscription}, which ties a database to another server. "
        "Backups of this product never have one; nothing was created. Make a new backup, and drill that.",
        "{path} criaria a assinatura {subscription}, que liga um banco a outro servidor. "
        "Backups deste produto nunca têm uma; nada foi criado. Faça um novo backup, e ensaie esse.",
    ),
    "drill_rows_differ": (
        "{path} does not restore to what its manifest says: the rows of table {table} differ. {cause} "
        "Restore from another backup, and make a new one.",
        "{path} não restaura o que seu manifesto diz: as linhas da tabela {table} diferem. {cause} "
        "Restaure de outro backup, e faça um novo.",
    ),
    "drill_value_taken": (
        "The next value of sequence {sequence}, {value}, is in column {column} of {table} already: after this "
        "restore the next insert would fail. Run ticketz_fix_sequences on the live database, and make a new backup.",
        "O próximo valor da sequência {sequence}, {value}, já está na coluna {column} de {table}: após esta "
        "restauração a próxima inserção falharia. Execute ticketz_fix_sequences no banco em uso, e faça um novo backup.",
    ),
    "drill_sequences_unproved": (
        "In the drill, {count} sequences could not be proved: {sequences}.",
        "No ensaio, {count} sequências não puderam ser comprovadas: {sequences}.",
    ),
    "drill_unsafe_link": (
        "Directory {name} has links that lead out of it; the drill unpacked them, a restore does so only with {o[force: "
        "true]}. {cause}",
        "O diretório {name} tem links que levam para fora dele; o ensaio os extraiu, uma restauração só o faz com "
        "{o[force: true]}. {cause}",
    ),
    "drill_files_lost": (
        "The drill unpacked {expected} files, and {found} are there: the disk lost or changed some. Check the file system "
        "of {o[scratch_dir]}, and drill again.",
        "O ensaio extraiu {expected} arquivos, e há {found}: o disco perdeu ou alterou alguns. Verifique o sistema de "
        "arquivos de {o[scratch_dir]}, e ensaie novamente.",
    ),
    "drill_leftover": (
        "The scratch database {database} on {server} could not be dropped. Nobody can connect to it; "
        "the next drill or restore drops it.",
        "O banco descartável {database} em {server} não pôde ser removido. Ninguém pode se conectar a ele; "
        "o próximo ensaio ou restauração o remove.",
    ),
    "scratch_missing": (
        "{o[scratch_dir]} {path} is not there, or is no directory. Create it, or correct the path.",
        "{o[scratch_dir]} {path} não existe, ou não é um diretório. Crie-o, ou corrija o caminho.",
    ),
    "embedded_missing": (
        "There is no embedded PostgreSQL for {python}. Install one of the packages {packages} for it, or drill on another "
        "server with {o[drill_server: login]}.",
        "Não há PostgreSQL embutido para {python}. Instale um dos pacotes {packages} para ele, ou ensaie em outro servidor "
        "com {o[drill_server: login]}.",
    ),
    "embedded_account": (
        "PostgreSQL does not run as root, and there is no account to run it as (looked for: {accounts}). "
        "Create one of them, or drill as another user than root.",
        "O PostgreSQL não executa como root, e não há conta para executá-lo (procuradas: {accounts}). "
        "Crie uma delas, ou ensaie com outro usuário que não root.",
    ),
    "embedded_unreachable": (
        "PostgreSQL does not run as root, and the account {account} that is to run it can't get into {path}. Choose "
        "another {o[scratch_dir]}, one whose parents everybody may pass through (mode 0711).",
        "O PostgreSQL não executa como root, e a conta {account} que deve executá-lo não consegue entrar em {path}. "
        "Escolha outro {o[scratch_dir]}, cujos diretórios acima possam ser atravessados por todos (modo 0711).",
    ),
    "embedded_failed": (
        "{server} did not start: {cause}. Nothing is left of it; correct this, or drill on another server with "
        "{o[drill_server: login]}.",
        "{server} não iniciou: {cause}. Nada restou dele; corrija isso, ou ensaie em outro servidor com {o[drill_server: "
        "login]}.",
    ),
    "drill_missing": (
        "None of the good backups was ever drilled; the limit is {limit}. Run ticketz_verify with {o[level: drill]}.",
        "Nenhum dos backups bons foi ensaiado; o limite é {limit}. Execute ticketz_verify com {o[level: drill]}.",
    ),
    "drill_too_old": (
        "The last drill, of {id}, was {age} ago; the limit is {limit}. Run ticketz_verify with {o[level: drill]}.",
        "O último ensaio, de {id}, foi há {age}; o limite é {limit}. Execute ticketz_verify com {o[level: drill]}.",
    ),
    "drill_failed": (
        "The last drill, of {id} at {when}, failed ({error}): nobody knows whether this backup can be restored. Run "
        "ticketz_verify with {o[level: drill]} to see why, and correct that.",
        "O último ensaio, de {id} em {when}, falhou ({error}): não se sabe se este backup pode ser restaurado. Execute "
        "ticketz_verify com {o[level: drill]} para ver por quê, e corrija isso.",
    ),
    "drill_database_only": (
        "The drill restores the database only: its directories need {needed}, and no place for temporary files has that "
        "and 1 GB to spare: {places}. Name one with more space by {o[scratch_dir]}, or set {o[drill_directories]} to false.",
        "O ensaio restaura somente o banco: os diretórios precisam de {needed}, e nenhum lugar para arquivos temporários "
        "tem isso e mais 1 GB de sobra: {places}. Informe um com mais espaço em {o[scratch_dir]}, ou defina "
        "{o[drill_directories]} como false.",
    ),
}
