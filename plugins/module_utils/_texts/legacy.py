# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of the errors and warnings about the old formats: restore, import and export."""

from __future__ import annotations

_REFUSED_EN = "Nothing was changed; use another copy of this archive, or make it again."
_REFUSED_PT = "Nada foi alterado; use outra cópia deste arquivo, ou gere-o novamente."

TEXTS: dict[str, tuple[str, str]] = {
    # the archive
    "legacy_archive_invalid": (
        "The archive {path} is not such as the old tools make: {problem}. Nothing was changed; use another copy of this "
        "archive, or make it again.",
        "O arquivo {path} não é como as ferramentas antigas fazem: {problem}. Nada foi alterado; use outra cópia deste "
        "arquivo, ou faça-o novamente.",
    ),
    "legacy_changed": (
        "The archive {path} changed while it was read. Nothing was changed here; run this again when nothing writes "
        "to it.",
        "O arquivo {path} mudou enquanto era lido. Nada foi alterado aqui; execute novamente quando nada gravar nele.",
    ),
    # the database's dump
    "legacy_dump_incomplete": (
        "The database's dump {path} is {problem}: pg_dump did not come to its end when this backup was made, and the "
        "old tool did not notice. Nothing was changed; use another backup.",
        "O dump do banco {path} {problem}: o pg_dump não chegou ao fim quando este backup foi feito, e a ferramenta "
        "antiga não percebeu. Nada foi alterado; use outro backup.",
    ),
    "legacy_dump_unreadable": (
        "The database's dump {path} can't be read: {problem}. Plain output of pg_dump can, also with --inserts, --clean "
        "and --create. Nothing was changed; restore this one with psql (or pg_restore, if it is in the custom format) "
        "and make a new backup, or use another one.",
        "O dump do banco {path} não pode ser lido: {problem}. A saída simples do pg_dump pode, também com --inserts, "
        "--clean e --create. Nada foi alterado; restaure este com psql (ou pg_restore, se estiver no formato custom) e "
        "faça um novo backup, ou use outro.",
    ),
    "legacy_passed_over": (
        "Not restored from the database's dump: {what}.",
        "Não restaurado do dump do banco: {what}.",
    ),
    "legacy_retrieved": (
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
    "import_unknown": (
        "Database {database} on {server} does not have these tables or columns of the archive, or can't take them: "
        "{names}. Nothing was changed; let Ticketz make its tables first, in a version that has them, or set "
        "{o[ignore_unknown: true]} to leave these out.",
        "O banco {database} em {server} não tem estas tabelas ou colunas do arquivo, ou não pode recebê-las: {names}. "
        "Nada foi alterado; deixe o Ticketz criar as tabelas antes, em uma versão que as tenha, ou use "
        "{o[ignore_unknown: true]} para deixá-las de fora.",
    ),
    "import_columns_missing": (
        "Database {database} on {server} needs values for columns that the archive does not have: {names}. "
        "Nothing was changed; add them to the files.",
        "O banco {database} em {server} exige valores para colunas que o arquivo não tem: {names}. "
        "Nada foi alterado; acrescente-as aos arquivos.",
    ),
    "import_ignored": (
        "Not imported, as the database does not have them: {names}.",
        "Não importados, porque o banco não os tem: {names}.",
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

#: code → fact ``problem`` → what the text says of it, in both languages
PROBLEMS: dict[str, dict[str, tuple[str, str]]] = {
    "legacy_archive_invalid": {
        "tail": (
            "it goes on behind its end",
            "ele continua depois do fim",
        ),
        "bomb": (
            "it has {size} bytes and expands to more than {ratio} times as much, as no backup does",
            "ele tem {size} bytes e se expande a mais de {ratio} vezes isso, como nenhum backup faz",
        ),
        "header": (
            "there is an invalid tar header before byte {offset} ('{name}', {cause})",
            "há um cabeçalho tar inválido antes do byte {offset} ('{name}', {cause})",
        ),
        "type": (
            "a member can't be there: '{member}' is {kind}",
            "um membro não pode estar ali: '{member}' é {kind}",
        ),
        "name": (
            "a member has the forbidden name '{member}'",
            "um membro tem o nome proibido '{member}'",
        ),
        "unknown": (
            "it has '{member}', which such an archive does not have",
            "ele tem '{member}', que um arquivo assim não tem",
        ),
        "link": (
            "it has '{member}' as another name of '{target}', which is no file before it",
            "ele tem '{member}' como outro nome de '{target}', que não é um arquivo anterior",
        ),
        "many_links": (
            "it has more hard links than can be checked",
            "ele tem mais hard links do que se pode verificar",
        ),
        "duplicate": (
            "'{member}' is there twice, or has something below it although it is no directory",
            "'{member}' está lá duas vezes, ou tem algo abaixo embora não seja um diretório",
        ),
    },
    "legacy_dump_incomplete": {
        "missing": (
            "missing",
            "não existe",
        ),
        "empty": (
            "empty",
            "está vazio",
        ),
        "truncated": (
            "cut short",
            "está truncado",
        ),
    },
    "legacy_dump_unreadable": {
        "begin": (
            "it does not begin as such output does, but as {found}",
            "não começa como essa saída, e sim como {found}",
        ),
        "encoding": (
            "it is in the encoding {encoding}, and those that can be read are {known}",
            "está na codificação {encoding}, e as que podem ser lidas são {known}",
        ),
        "sql": (
            "{cause}",
            "{cause}",
        ),
        "large": (
            "it has more than {limit} of SQL in one piece, without rows",
            "tem mais de {limit} de SQL em um só trecho, sem linhas",
        ),
        "large_objects": (
            "it has large objects, which are not restored from such archives",
            "tem large objects, que não são restaurados desses arquivos",
        ),
    },
}
