# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of the errors and warnings about the old formats: restore, import and export."""

from __future__ import annotations

_REFUSED_EN = "Nothing was changed; use another copy of this archive, or make it again."
_REFUSED_PT = "Nada foi alterado; use outra cópia deste arquivo, ou gere-o novamente."

TEXTS: dict[str, tuple[str, str]] = {
    # the archive
    "foreign_damaged": (
        "The archive {path} is damaged, it does not decompress: {cause}. " + _REFUSED_EN,
        "O arquivo {path} está danificado, não descomprime: {cause}. " + _REFUSED_PT,
    ),
    "foreign_bomb": (
        "The archive {path} has {size} bytes and expands to more than {ratio} times as much, as no backup does. "
        + _REFUSED_EN,
        "O arquivo {path} tem {size} bytes e se expande para mais de {ratio} vezes isso, como nenhum backup. "
        + _REFUSED_PT,
    ),
    "foreign_tail": (
        "The archive {path} goes on behind its end. " + _REFUSED_EN,
        "O arquivo {path} continua depois do seu final. " + _REFUSED_PT,
    ),
    "foreign_changed": (
        "The archive {path} changed while it was read. Nothing was changed here; run this again when nothing writes "
        "to it.",
        "O arquivo {path} mudou enquanto era lido. Nada foi alterado aqui; execute novamente quando nada gravar nele.",
    ),
    "foreign_header": (
        "The archive {path} has an invalid tar header before byte {offset} ('{name}'): {cause}. "
        + _REFUSED_EN,
        "O arquivo {path} tem um cabeçalho tar inválido antes do byte {offset} ('{name}'): {cause}. "
        + _REFUSED_PT,
    ),
    "foreign_type": (
        "The archive {path} has a member that can't be there: '{member}' is {kind}. " + _REFUSED_EN,
        "O arquivo {path} tem um membro que não pode estar ali: '{member}' é {kind}. " + _REFUSED_PT,
    ),
    "foreign_name": (
        "The archive {path} has a member with the forbidden name '{member}'. " + _REFUSED_EN,
        "O arquivo {path} tem um membro com o nome proibido '{member}'. " + _REFUSED_PT,
    ),
    "foreign_unknown": (
        "The archive {path} has '{member}', which such an archive does not have. " + _REFUSED_EN,
        "O arquivo {path} tem '{member}', que um arquivo desses não tem. " + _REFUSED_PT,
    ),
    "foreign_link": (
        "The archive {path} has '{member}' as another name of '{target}', which is no file before it. "
        + _REFUSED_EN,
        "O arquivo {path} tem '{member}' como outro nome de '{target}', que não é um arquivo anterior a ele. "
        + _REFUSED_PT,
    ),
    "foreign_many_links": (
        "The archive {path} has more hard links than can be checked. " + _REFUSED_EN,
        "O arquivo {path} tem mais hard links do que se pode verificar. " + _REFUSED_PT,
    ),
    "foreign_duplicate": (
        "The archive {path} has '{member}' twice, or something below it although it is no directory. "
        + _REFUSED_EN,
        "O arquivo {path} tem '{member}' duas vezes, ou algo abaixo dele embora não seja um diretório. "
        + _REFUSED_PT,
    ),
    # the database's dump
    "foreign_dump_missing": (
        "The archive {path} has no {member}, and so no database. Nothing was changed; use another backup.",
        "O arquivo {path} não tem {member}, portanto nenhum banco. Nada foi alterado; use outro backup.",
    ),
    "foreign_dump_empty": (
        "The database's dump {path} is empty: pg_dump failed when this backup was made, and the old tool did not notice. "
        "Nothing was changed; use another backup.",
        "O dump do banco {path} está vazio: o pg_dump falhou quando este backup foi feito, e a ferramenta antiga não "
        "percebeu. Nada foi alterado; use outro backup.",
    ),
    "foreign_dump_truncated": (
        "The database's dump {path} is cut short: pg_dump did not come to its end when this backup was made. "
        "Nothing was changed; use another backup.",
        "O dump do banco {path} está truncado: o pg_dump não chegou ao fim quando este backup foi feito. "
        "Nada foi alterado; use outro backup.",
    ),
    "foreign_dump_foreign": (
        "The database's dump {path} does not begin as plain output of pg_dump does: it begins as {found}. Nothing was changed; "
        "turn a dump of pg_dump's custom format into a plain one with pg_restore --file, or use another backup.",
        "O dump do banco {path} não começa como a saída em texto do pg_dump: começa como {found}. Nada foi alterado; "
        "transforme um dump no formato custom do pg_dump em texto com pg_restore --file, ou use outro backup.",
    ),
    "foreign_dump_encoding": (
        "The database's dump {path} is in the encoding {encoding}; those that can be read are {known}. "
        "Nothing was changed; restore it with psql, and make a new backup.",
        "O dump do banco {path} está na codificação {encoding}; as que podem ser lidas são {known}. "
        "Nada foi alterado; restaure-o com psql, e faça um novo backup.",
    ),
    "foreign_dump_invalid": (
        "The database's dump {path} can't be read: {cause}. Plain output of pg_dump can, also with --inserts, --clean and "
        "--create. Nothing was changed; use another backup, or restore this one with psql.",
        "O dump do banco {path} não pode ser lido: {cause}. A saída em texto do pg_dump pode, também com --inserts, --clean e "
        "--create. Nada foi alterado; use outro backup, ou restaure este com o psql.",
    ),
    "foreign_dump_large": (
        "The database's dump {path} has more than {limit} of SQL in one piece, without rows. "
        "Nothing was changed; use another backup.",
        "O dump do banco {path} tem mais de {limit} de SQL de uma só vez, sem linhas. "
        "Nada foi alterado; use outro backup.",
    ),
    "foreign_large_objects": (
        "The database's dump {path} has large objects, which are not restored from such archives. Nothing was changed; "
        "restore it with psql.",
        "O dump do banco {path} tem large objects, que não são restaurados desses arquivos. Nada foi alterado; "
        "restaure-o com psql.",
    ),
    "foreign_passed_over": (
        "Not restored from the database's dump: {what}.",
        "Não restaurado do dump do banco: {what}.",
    ),
    "foreign_retrieved": (
        "{path} holds tables as CSV, for a database that is there already. Import it with ticketz_import.",
        "{path} contém tabelas em CSV, para um banco que já existe. Importe-o com ticketz_import.",
    ),
    # import
    "import_empty": (
        "The archive {path} has no table. Nothing was changed; give the path of a retrieved_data.tar.gz.",
        "O arquivo {path} não tem nenhuma tabela. Nada foi alterado; informe o caminho de um retrieved_data.tar.gz.",
    ),
    "import_csv_invalid": (
        "{file} in {path} is no CSV of a table, at line {line}: {cause}. Nothing was changed; correct the file, "
        "or retrieve the data again.",
        "{file} em {path} não é o CSV de uma tabela, na linha {line}: {cause}. Nada foi alterado; corrija o arquivo, "
        "ou extraia os dados novamente.",
    ),
    "import_table_twice": (
        "The archive {path} has the table {table} twice: {files}. Nothing was changed; leave one of them out.",
        "O arquivo {path} tem a tabela {table} duas vezes: {files}. Nada foi alterado; retire uma delas.",
    ),
    "import_tables_unknown": (
        "Database {database} on {server} does not have these tables of the archive: {tables}. Nothing was changed; let "
        "Ticketz make its tables first, or set {o[ignore_unknown: true]} to leave these out.",
        "O banco {database} em {server} não tem estas tabelas do arquivo: {tables}. Nada foi alterado; deixe o Ticketz "
        "criar suas tabelas antes, ou use {o[ignore_unknown: true]} para deixar estas de fora.",
    ),
    "import_columns_unknown": (
        "Database {database} on {server} can't take these columns of the archive: {tables}. Nothing was changed; set "
        "{o[ignore_unknown: true]} to leave them out.",
        "O banco {database} em {server} não aceita estas colunas do arquivo: {tables}. Nada foi alterado; use "
        "{o[ignore_unknown: true]} para deixá-las de fora.",
    ),
    "import_columns_missing": (
        "Database {database} on {server} needs values for columns that the archive does not have: {tables}. "
        "Nothing was changed; add them to the files.",
        "O banco {database} em {server} exige valores para colunas que o arquivo não tem: {tables}. "
        "Nada foi alterado; acrescente-as aos arquivos.",
    ),
    "import_ignored": (
        "Not imported, as the database does not have them: {names}.",
        "Não importados, porque o banco não os tem: {names}.",
    ),
    "import_not_owner": (
        "User {user} does not own these tables of database {database} on {server}: {tables}. Nothing was changed; log in "
        "as their owner, which is Ticketz's own user.",
        "O usuário {user} não é dono destas tabelas do banco {database} em {server}: {tables}. Nada foi alterado; entre "
        "como o dono delas, que é o usuário do próprio Ticketz.",
    ),
    "import_not_empty": (
        "An import fills empty tables only, and database {database} on {server} has rows in {tables}. "
        "Nothing was changed; import into a new Ticketz that has only made its tables.",
        "Uma importação só preenche tabelas vazias, e o banco {database} em {server} tem linhas em {tables}. "
        "Nada foi alterado; importe em um Ticketz novo que apenas criou suas tabelas.",
    ),
    "import_target_full": (
        "An import fills an empty directory only, and {path}, where {name} would go, has {count} entries. Nothing was changed; "
        "name an empty one in {o[directories]}, or leave out {o[public_archive]}.",
        "Uma importação só preenche um diretório vazio, e {path}, o lugar de {name}, tem {count} entradas. Nada foi alterado; "
        "indique um vazio em {o[directories]}, ou não informe {o[public_archive]}.",
    ),
    "import_csv_refused": (
        "Table {table} does not take line {line} of {file} (column: {column}): {cause}. Nothing was imported; "
        "correct the file, or leave the line out.",
        "A tabela {table} não aceita a linha {line} de {file} (coluna: {column}): {cause}. Nada foi importado; "
        "corrija o arquivo, ou retire a linha.",
    ),
    "import_reference_missing": (
        "A row of table {table} refers to one that the archive does not have ({constraint}): {cause}. "
        "Nothing was imported; add the missing row, or correct the reference.",
        "Uma linha da tabela {table} se refere a outra que o arquivo não tem ({constraint}): {cause}. "
        "Nada foi importado; acrescente a linha que falta, ou corrija a referência.",
    ),
    "import_rows_lost": (
        "Table {table} has {found} rows after the load of {file}, which has {expected}. Nothing was imported; "
        "look for a line in it that is only \\., or for a rule of the database that drops rows.",
        "A tabela {table} tem {found} linhas após a carga de {file}, que tem {expected}. Nada foi importado; "
        "procure nele uma linha que seja só \\., ou uma regra do banco que descarte linhas.",
    ),
    "import_undecided": (
        "The connection to {server} broke when the import into database {database} was to be committed, and the server "
        "does not answer: {cause} All of it is there or nothing. When the server answers, look whether the tables "
        "have rows; if they have none, remove the imported directory and import again.",
        "A conexão com {server} caiu quando a importação no banco {database} seria confirmada, e o servidor não "
        "responde: {cause} Ou está tudo lá, ou nada. Quando o servidor responder, veja se as tabelas têm linhas; se não "
        "tiverem, remova o diretório importado e importe novamente.",
    ),
    "csv_encoding": (
        "The rows of a table are not in UTF-8, and can't be written in another form. Nothing was changed; "
        "use the backup as it is, with ticketz_restore.",
        "As linhas de uma tabela não estão em UTF-8, e não podem ser gravadas em outra forma. Nada foi alterado; "
        "use o backup como ele é, com ticketz_restore.",
    ),
    # export
    "export_exists": (
        "{path} is there already. Nothing was written; choose another {o[dest]}, or set {o[force: true]} to replace it.",
        "{path} já existe. Nada foi gravado; escolha outro {o[dest]}, ou use {o[force: true]} para substituí-lo.",
    ),
    "export_nothing": (
        "There is nothing to export: neither tables nor files are asked for by {o[components]}: {components}.",
        "Não há nada a exportar: nem tabelas nem arquivos são pedidos por {o[components]}: {components}.",
    ),
    "export_needs_database": (
        "The format {format} has a database always. Add database to {o[components]}.",
        "O formato {format} sempre tem um banco. Acrescente database a {o[components]}.",
    ),
    "export_unencrypted": (
        "Backup {id} is encrypted, and what was exported from it is not: everyone who has the file can read it. "
        "Keep it in a safe place, and delete it after use.",
        "O backup {id} é cifrado, e o que foi exportado dele não é: quem tiver o arquivo pode lê-lo. "
        "Guarde-o em lugar seguro, e apague-o depois de usar.",
    ),
    "export_config_left": (
        "Configuration files, and keys of Redis, of backup {id} are not exported: the old formats have no place for them.",
        "Arquivos de configuração, e chaves do Redis, do backup {id} não são exportados: os formatos antigos não têm lugar "
        "para eles.",
    ),
    "export_directories_left": (
        "Not exported, as the format {format} has no place for them: the directories {names}.",
        "Não exportados, porque o formato {format} não tem lugar para eles: os diretórios {names}.",
    ),
    "export_tables_missing": (
        "The database does not have these tables of the format, so they are not in the archive: {tables}.",
        "O banco não tem estas tabelas do formato, portanto elas não estão no arquivo: {tables}.",
    ),
    "export_columns_left": (
        "Left out, as they refer to tables that are imported later or not at all: {columns}.",
        "Deixadas de fora, porque se referem a tabelas que são importadas depois ou nunca: {columns}.",
    ),
    "export_end_of_data": (
        "Values in {tables} have a line that is only \\., where psql before version 18 ends the data. ticketz_import "
        "reads them; for the old import, change them first.",
        "Valores em {tables} têm uma linha que é só \\., na qual o psql anterior à versão 18 encerra os dados. "
        "O ticketz_import os lê; para a importação antiga, altere-os antes.",
    ),
    "export_unequal": (
        "What was written as {path} is not what it should be ({what}). It was removed; check the disk, and run this "
        "again.",
        "O que foi gravado como {path} não é o que deveria ser ({what}). Foi removido; verifique o disco, e execute "
        "novamente.",
    ),
}
