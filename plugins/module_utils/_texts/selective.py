# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of the errors and warnings of restoring single tables and paths."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    # tables
    "table_not_in_backup": (
        "Backup {id} has no table {table}. Names of tables are case-sensitive; similar ones there are: {similar}.",
        "O backup {id} não tem a tabela {table}. Nomes de tabelas diferenciam maiúsculas; parecidas nele: {similar}.",
    ),
    "table_ambiguous": (
        "The name {table} can mean several tables of backup {id}. Write it as one of these: {candidates}.",
        "O nome {table} pode significar várias tabelas do backup {id}. Escreva-o como uma destas: {candidates}.",
    ),
    "table_rows_left_out": (
        "Backup {id} was made without the rows of table {table} ({o[exclude_table_data]}). Choose another backup.",
        "O backup {id} foi feito sem as linhas da tabela {table} ({o[exclude_table_data]}). Escolha outro backup.",
    ),
    # find
    "find_skipped": (
        "Backup {path} was not searched: {cause}",
        "O backup {path} não foi pesquisado: {cause}",
    ),
    "find_not_compared": (
        "It is not known what Ticketz itself still has, because its database can't be asked: {cause}",
        "Não se sabe o que o próprio Ticketz ainda tem, porque não é possível consultar o banco dele: {cause}",
    ),
    # tickets and contacts
    "undelete_absent": (
        "Backup {id} does not have these tickets: {tickets}; contacts: {contacts}. It was made after the deletion, or the number "
        "is another one. Nothing was changed; choose an older backup.",
        "O backup {id} não tem estes tickets: {tickets}; contatos: {contacts}. Foi feito depois da exclusão, ou o número é "
        "outro. Nada foi alterado; escolha um backup mais antigo.",
    ),
    "undelete_not_ticketz": (
        "Backup {id} has no table {table} such as Ticketz has, so nothing is known of its tickets and contacts. "
        "Choose another backup, or name tables and paths.",
        "O backup {id} não tem uma tabela {table} como a do Ticketz, por isso nada se sabe de seus tickets e contatos. "
        "Escolha outro backup, ou indique tables e paths.",
    ),
    "undelete_contact_gone": (
        "The tickets belong to contacts that database {database} on {server} does not have any more: {contacts}. Nothing was "
        "changed; bring these contacts back instead (contacts), with all of their tickets.",
        "Os tickets pertencem a contatos que o banco {database} em {server} não tem mais: {contacts}. Nada foi alterado; "
        "traga de volta esses contatos (contacts), com todos os seus tickets.",
    ),
    "undelete_references_gone": (
        "Rows that come back referred to others that have been deleted since, and that stay deleted; these references are "
        "empty now, as if they had been there: {references}.",
        "Linhas que voltam se referiam a outras que foram excluídas desde então, e que continuam excluídas; essas referências "
        "ficam vazias, como se elas tivessem estado lá: {references}.",
    ),
    "undelete_without_media": (
        "Backup {id} has no directories, so files of the tickets do not come back. Choose a backup with them if there were any.",
        "O backup {id} não tem diretórios, por isso os arquivos dos tickets não voltam. Escolha um backup que os tenha, se "
        "havia algum.",
    ),
    "selected_tables_missing": (
        "Database {database} on {server} has no table {tables}. Nothing was changed; "
        "restore the whole database, or create the table first.",
        "O banco {database} em {server} não tem a tabela {tables}. Nada foi alterado; "
        "restaure o banco inteiro, ou crie a tabela antes.",
    ),
    "selected_table_differs": (
        "Rows of the backup can't be put into table {table} of database {database} on {server}: {differences}. "
        "Nothing was changed; restore the whole backup into another database, and copy from there.",
        "As linhas do backup não cabem na tabela {table} do banco {database} em {server}: {differences}. "
        "Nada foi alterado; restaure o backup inteiro em outro banco, e copie de lá.",
    ),
    "selected_not_empty": (
        "Tables of database {database} on {server} have rows that are not those of the backup: {tables}. Nothing was "
        "changed; set {o[merge: true]} to add what is missing, or {o[if_not_empty: replace]}.",
        "Tabelas do banco {database} em {server} têm linhas que não são as do backup: {tables}. Nada foi alterado; use "
        "{o[merge: true]} para acrescentar o que falta, ou {o[if_not_empty: replace]}.",
    ),
    "selected_no_key": (
        "Table {table} of database {database} on {server} has rows, and neither a primary key nor another unique key "
        "without NULLs that tells them apart. Nothing was changed; empty the table first, or leave it out.",
        "A tabela {table} do banco {database} em {server} tem linhas, e nem chave primária nem outra chave única sem "
        "NULL que as distinga. Nada foi alterado; esvazie a tabela antes, ou deixe-a de fora.",
    ),
    "selected_columns_new": (
        "Table {table} has columns that the backup does not know ({columns}); they get their default values in the "
        "rows that come back.",
        "A tabela {table} tem colunas que o backup não conhece ({columns}); elas recebem seus valores padrão nas "
        "linhas que voltam.",
    ),
    "foreign_keys_broken": (
        "{count} rows of other tables in database {database} on {server} refer to rows that the backup does not have, or "
        "has otherwise: {report}. Nothing was changed; name these tables too, or set {o[merge: true]} instead.",
        "{count} linhas de outras tabelas do banco {database} em {server} se referem a linhas que o backup não tem, ou tem "
        "de outra forma: {report}. Nada foi alterado; indique também essas tabelas, ou use {o[merge: true]}.",
    ),
    "parents_missing": (
        "{count} rows of the backup refer to rows that are neither in database {database} on {server} nor among those "
        "that come back: {report}. Nothing was changed; name the tables that they refer to as well.",
        "{count} linhas do backup se referem a linhas que não estão no banco {database} em {server} nem entre as que "
        "voltam: {report}. Nada foi alterado; indique também as tabelas a que elas se referem.",
    ),
    "selected_values_taken": (
        "Rows of the backup can't be added to database {database} on {server}, as other rows have their unique values "
        "now: {report}. Nothing was changed; delete or change those rows, or leave the table out.",
        "Linhas do backup não podem ser acrescentadas ao banco {database} em {server}, pois outras linhas têm agora "
        "seus valores únicos: {report}. Nada foi alterado; apague ou altere essas linhas, ou deixe a tabela de fora.",
    ),
    "selected_children_left": (
        "Rows of {tables} come back, and the tables {others}, which refer to them, were not named: what was deleted or "
        "unlinked there together with them does not come back. Name those that matter, too.",
        "Linhas de {tables} voltam, e as tabelas {others}, que se referem a elas, não foram indicadas: o que foi "
        "apagado ou desligado nelas não volta. Indique também as que importam.",
    ),
    "materialized_views_stale": (
        "These materialized views are computed from restored tables and still show what was there before: {views}. "
        "Refresh them (REFRESH MATERIALIZED VIEW).",
        "Estas visões materializadas são calculadas de tabelas restauradas e ainda mostram o que havia antes: {views}. "
        "Atualize-as (REFRESH MATERIALIZED VIEW).",
    ),
    "sessions_left_out": (
        "Table {table} holds nothing but keys of WhatsApp sessions and was left as it is ({o[whatsapp_sessions: clear]}). "
        "Set {o[whatsapp_sessions: keep]} to restore it.",
        "A tabela {table} só contém chaves de sessões do WhatsApp e ficou como está ({o[whatsapp_sessions: clear]}). Use "
        "{o[whatsapp_sessions: keep]} para restaurá-la.",
    ),
    "selected_locked": (
        "The tables {tables} of database {database} on {server} could not be locked in {attempts} attempts, each of "
        "about a second. Nothing was changed. They are held by: {holders}. Wait for the end of that, and run again.",
        "As tabelas {tables} do banco {database} em {server} não puderam ser bloqueadas em {attempts} tentativas, de "
        "cerca de um segundo cada. Nada foi alterado. Estão presas por: {holders}. Espere o fim disso, e execute "
        "novamente.",
    ),
    "selected_rows_refused": (
        "The server {server} refused rows of the backup in database {database}, at {context}: {cause}. "
        "Nothing was changed; correct that, or leave the table out.",
        "O servidor {server} recusou linhas do backup no banco {database}, em {context}: {cause}. "
        "Nada foi alterado; corrija isso, ou deixe a tabela de fora.",
    ),
    "selected_rows_differ": (
        "Table {table} of database {database} on {server} did not become what it should have been. All of it was rolled "
        "back; run this again, and report it if it stays.",
        "A tabela {table} do banco {database} em {server} não ficou como deveria. Tudo foi desfeito; execute "
        "novamente, e relate se persistir.",
    ),
    # paths
    "paths_not_in_backup": (
        "Backup {id} does not have {paths}. Similar there: {similar}. A path begins with the name of its directory in "
        "the backup; bytes that are no UTF-8 are written %XX.",
        "O backup {id} não tem {paths}. Parecidos nele: {similar}. Um caminho começa com o nome do diretório no backup; "
        "bytes que não são UTF-8 se escrevem %XX.",
    ),
    "live_directory_missing": (
        "Single paths can't be restored into {path}: {cause}. Restore the whole directory, or correct the path.",
        "Não é possível restaurar caminhos avulsos em {path}: {cause}. Restaure o diretório inteiro, ou corrija o "
        "caminho.",
    ),
    "paths_differ": (
        "{count} files are there already, with another content than in the backup: {paths}. Nothing was changed; set "
        "{o[merge: true]} to leave them, or {o[if_not_empty: replace]}.",
        "{count} arquivos já existem, com outro conteúdo que o do backup: {paths}. Nada foi alterado; use {o[merge: true]} "
        "para deixá-los, ou {o[if_not_empty: replace]}.",
    ),
    "content_kept": (
        "Left as they are, as asked for, though they have another content than in the backup ({count}): {names}.",
        "Deixados como estão, como pedido, embora tenham outro conteúdo que no backup ({count}): {names}.",
    ),
    "paths_blocked": (
        "{count} paths can't be restored, because something of another kind is in their place, a link leads to them, "
        "or another disk is mounted there: {paths}. Nothing was changed; move that away first.",
        "{count} caminhos não podem ser restaurados, porque há algo de outro tipo no lugar, um link leva até eles, ou "
        "outro disco está montado ali: {paths}. Nada foi alterado; mova isso antes.",
    ),
    "path_appeared": (
        "{path} appeared while it was being restored. Everything was taken back; run this again.",
        "{path} apareceu enquanto era restaurado. Tudo foi desfeito; execute novamente.",
    ),
    "paths_not_taken_back": (
        "What was restored to {path} could not be taken back after a failure: {cause}. The files that were replaced are "
        "in {kept}. Move them back, or run this again once the cause is gone, and then remove {kept}.",
        "O que foi restaurado em {path} não pôde ser desfeito após uma falha: {cause}. Os arquivos substituídos estão em "
        "{kept}. Mova-os de volta, ou execute novamente quando a causa passar, e depois remova {kept}.",
    ),
}
