# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""English and Portuguese texts of the errors and warnings about the database."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "connections_exhausted": (
        "The server {server} has {free} free connections for user {user}, and {needed} are needed. Nothing was changed; raise "
        "the CONNECTION LIMIT of the database or role, or max_connections, or end connections that nobody needs.",
        "O servidor {server} tem {free} conexões livres para o usuário {user}, e são necessárias {needed}. Nada foi alterado; "
        "aumente o CONNECTION LIMIT do banco ou da role, ou o max_connections, ou encerre conexões de que ninguém precisa.",
    ),
    "connections_fewer": (
        "The server {server} has {free} free connections for user {user}: {used} of the {jobs} that jobs asks for are used. "
        "Nothing is missing; it takes longer. Raise the CONNECTION LIMIT of the database or role, or max_connections.",
        "O servidor {server} tem {free} conexões livres para o usuário {user}: são usadas {used} das {jobs} que jobs pede. "
        "Nada falta; só demora mais. Aumente o CONNECTION LIMIT do banco ou da role, ou o max_connections.",
    ),
    "migration_running": (
        "A migration of Ticketz was at work while the database was read ({signs}). Ticketz may refuse to start on what this "
        "backup holds; make another one when the migration has ended.",
        "Uma migração do Ticketz estava em andamento enquanto o banco era lido ({signs}). O Ticketz pode recusar-se a iniciar "
        "com o que este backup contém; faça outro quando a migração terminar.",
    ),
    "login_refused": (
        "The server {server} refused the password of user {user} for database {database}. Check {o[login_user]} and "
        "{o[login_password]} (or DB_USER and DB_PASS in the env file).",
        "O servidor {server} recusou a senha do usuário {user} para o banco {database}. Confira {o[login_user]} e "
        "{o[login_password]} (ou DB_USER e DB_PASS no arquivo env).",
    ),
    "login_not_allowed": (
        "The server {server} does not let user {user} into database {database} from here: {cause}. "
        "Add a line for this address to its pg_hba.conf, or choose another user.",
        "O servidor {server} não permite o usuário {user} no banco {database} a partir daqui: {cause}. "
        "Acrescente uma linha para este endereço no pg_hba.conf, ou escolha outro usuário.",
    ),
    "database_missing": (
        "The server {server} has no database {database}. Check {o[login_db]} (or DB_NAME in the env file).",
        "O servidor {server} não tem o banco {database}. Confira {o[login_db]} (ou DB_NAME no arquivo env).",
    ),
    "maintenance_database_missing": (
        "The server {server} has no database {database}, from which others are created and renamed. Name an existing one "
        "with {o[login_maintenance_db]}.",
        "O servidor {server} não tem o banco {database}, a partir do qual outros são criados e renomeados. Indique um "
        "existente com {o[login_maintenance_db]}.",
    ),
    "tls_failed": (
        "No TLS connection to {server} ({o[ssl_mode]} {ssl_mode}): {cause}. Check {o[ssl_mode]} and {o[ca_cert]} against "
        "what the server offers.",
        "Sem conexão TLS com {server} ({o[ssl_mode]} {ssl_mode}): {cause}. Confira {o[ssl_mode]} e {o[ca_cert]} com o que "
        "o servidor oferece.",
    ),
    "host_unknown": (
        "The name of the database server {server} can't be resolved here: {cause}. "
        "A name that only exists inside the Compose network must be replaced by an address that this host reaches.",
        "O nome do servidor de banco {server} não pode ser resolvido aqui: {cause}. "
        "Um nome que só existe na rede do Compose precisa ser trocado por um endereço que este host alcance.",
    ),
    "server_unreachable": (
        "No PostgreSQL answered at {server} within {seconds} s: {cause}. Check that it runs, and {o[login_host]} and "
        "{o[login_port]}.",
        "Nenhum PostgreSQL respondeu em {server} dentro de {seconds} s: {cause}. Confira se ele está em execução, e "
        "{o[login_host]} e {o[login_port]}.",
    ),
    "permission_denied": (
        "User rights are missing on the server {server}, database {database}, at {context}: {cause}. "
        "Grant them, or log in as the owner of the database.",
        "Faltam direitos ao usuário no servidor {server}, banco {database}, em {context}: {cause}. "
        "Conceda-os, ou entre como dono do banco.",
    ),
    "server_disk_full": (
        "The disk of the server {server} is full ({context}): {cause}. Free some space there and run this again.",
        "O disco do servidor {server} está cheio ({context}): {cause}. Libere espaço nele e execute novamente.",
    ),
    "server_out_of_memory": (
        "The server {server} ran out of memory at {context}: {cause}. "
        "If the text speaks of max_locks_per_transaction, raise that setting and restart the server.",
        "O servidor {server} ficou sem memória em {context}: {cause}. "
        "Se o texto fala de max_locks_per_transaction, aumente esse parâmetro e reinicie o servidor.",
    ),
    "lock_not_available": (
        "Another session holds a lock on what is needed in database {database} ({context}): {cause}. "
        "Wait until its ALTER, TRUNCATE or VACUUM FULL has ended, and run this again.",
        "Outra sessão mantém um bloqueio no que é preciso do banco {database} ({context}): {cause}. "
        "Espere o ALTER, TRUNCATE ou VACUUM FULL dela terminar, e execute novamente.",
    ),
    "connection_lost": (
        "The connection to the server {server} was lost at {context}: {cause}. "
        "Nothing was published or switched; run this again when the server answers.",
        "A conexão com o servidor {server} caiu em {context}: {cause}. "
        "Nada foi publicado ou trocado; execute novamente quando o servidor responder.",
    ),
    "statement_cancelled": (
        "The server {server} was told to stop at {context}: {cause}. Nothing was published or switched; run this again.",
        "O servidor {server} recebeu ordem de parar em {context}: {cause}. Nada foi publicado ou trocado; "
        "execute novamente.",
    ),
    "statement_failed": (
        "The server {server} refused a statement in database {database} at {context}: {cause}.",
        "O servidor {server} recusou um comando no banco {database} em {context}: {cause}.",
    ),
    "tables_unsteady": (
        "The tables of database {database} could not be locked together in {attempts} attempts: {cause}. "
        "Wait for the migration or maintenance that is running there, and run this again.",
        "As tabelas do banco {database} não puderam ser bloqueadas em conjunto em {attempts} tentativas: {cause}. "
        "Espere a migração ou manutenção que está em execução, e execute novamente.",
    ),
    "large_objects": (
        "Database {database} holds {count} large objects, which are in no backup of this format, and would be left behind "
        "by a replacement in place. Nothing was changed; remove them by lo_unlink, or restore with {o[strategy: swap]}.",
        "O banco {database} contém {count} large objects, que não estão em nenhum backup deste formato e ficariam para trás "
        "em uma substituição no lugar. Nada foi alterado; remova-os com lo_unlink, ou restaure com {o[strategy: swap]}.",
    ),
    "large_objects_left": (
        "The {count} large objects of database {database} are not in this backup, which has everything else. Keep such data in "
        "bytea columns or files, or back them up by pg_dump as well; if nobody needs them, remove them by lo_unlink.",
        "Os {count} large objects do banco {database} não estão neste backup, que tem todo o resto. Guarde esses dados em "
        "colunas bytea ou arquivos, ou faça também um backup deles com pg_dump; se ninguém precisa deles, remova-os com "
        "lo_unlink.",
    ),
    "rows_hidden": (
        "Row-level security would hide rows of {database} from user {user}: {cause}. "
        "Log in as a superuser or a role with BYPASSRLS; a backup without these rows was not written.",
        "A segurança em nível de linha esconderia linhas de {database} do usuário {user}: {cause}. "
        "Entre como superusuário ou papel com BYPASSRLS; não foi gravado um backup sem essas linhas.",
    ),
    "foreign_code": (
        "{problem}. Nothing was changed; log in as the owner of the tables ({o[login_user]}), who runs nothing but what "
        "is his own, or remove what calls these functions.",
        "{problem}. Nada foi alterado; entre como o dono das tabelas ({o[login_user]}), que só executa o que é dele, ou "
        "remova o que chama essas funções.",
    ),
    "rows_differ": (
        "Table {table} gave {rows} rows by COPY and {counted} by count in the same snapshot. "
        "The backup was not written; check the table with amcheck and the server's log.",
        "A tabela {table} deu {rows} linhas por COPY e {counted} por contagem no mesmo snapshot. "
        "O backup não foi gravado; verifique a tabela com amcheck e o log do servidor.",
    ),
    "pg_dump_failed": (
        "pg_dump could not write section {section} of database {database} (exit status {status}): {cause}. "
        "Nothing was published; correct this and run again.",
        "O pg_dump não conseguiu gravar a seção {section} do banco {database} (status {status}): {cause}. "
        "Nada foi publicado; corrija isso e execute novamente.",
    ),
    "digest_differs": (
        "The rows of table {table} in {database} are not those of the backup: {problem}. The restore was stopped, and "
        "what it had loaded is gone; live data was not touched.",
        "As linhas da tabela {table} em {database} não são as do backup: {problem}. A restauração foi interrompida, e o "
        "que ela tinha carregado foi descartado; os dados em uso não foram tocados.",
    ),
    "comment_not_restored": (
        "The comment on {object} was not restored, as only the owner of the extension may set it: {cause}.",
        "O comentário em {object} não foi restaurado, pois só o dono da extensão pode defini-lo: {cause}.",
    ),
    "function_adapted": (
        "Function {function} names something without a schema, which this server does not allow in indexes and "
        "materialized views; it was given SET search_path = {path}.",
        "A função {function} usa nomes sem esquema, o que este servidor não permite em índices e visões "
        "materializadas; ela recebeu SET search_path = {path}.",
    ),
    "role_missing": (
        "Role {role} does not exist on this server; what it owns or may do is given to {substitute}. Use "
        "{o[role_mapping]}, or create the role and restore again, to have it otherwise.",
        "O papel {role} não existe neste servidor; o que ele possui ou pode fazer passa a {substitute}. Use "
        "{o[role_mapping]}, ou crie o papel e restaure novamente, para que seja diferente.",
    ),
    "catalog_differs": (
        "{count} objects of the restored database are not as in the backup, the first: {first}. "
        "The restore was stopped, and what it had loaded is gone; live data was not touched.",
        "{count} objetos do banco restaurado não estão como no backup, o primeiro: {first}. "
        "A restauração foi interrompida, e o que ela carregou foi removido; os dados em uso não foram tocados.",
    ),
    "target_not_empty": (
        "Database {database} on {server} is not empty: {tables}. Nothing was changed; set {o[if_not_empty: replace]} to "
        "put the backup in its place (what is there is kept), or restore into another database.",
        "O banco {database} em {server} não está vazio: {tables}. Nada foi alterado; use {o[if_not_empty: replace]} para "
        "pôr o backup em seu lugar (o que está lá é guardado), ou restaure em outro banco.",
    ),
    "target_in_use": (
        "Database {database} on {server} is in use by {count} other sessions ({users}). Nothing was changed; "
        "stop the application and run this again.",
        "O banco {database} em {server} está em uso por {count} outras sessões ({users}). Nada foi alterado; "
        "pare a aplicação e execute novamente.",
    ),
    "restore_running": (
        "Another restore of database {database} is running on {server}. Wait for its end.",
        "Outra restauração do banco {database} está em execução em {server}. Espere ela terminar.",
    ),
    "createdb_missing": (
        "User {user} may not create databases on {server}, which strategy swap needs. "
        "Grant it CREATEDB, or log in as another user.",
        "O usuário {user} não pode criar bancos em {server}, o que a estratégia swap exige. "
        "Conceda CREATEDB, ou entre com outro usuário.",
    ),
    "server_too_old": (
        "The backup was made on PostgreSQL {source}, and the server {server} is PostgreSQL {target}. "
        "Restore to version {source} or newer.",
        "O backup foi feito no PostgreSQL {source}, e o servidor {server} é PostgreSQL {target}. "
        "Restaure na versão {source} ou mais nova.",
    ),
    "extension_refused": (
        "User {user} may not create extensions that the backup needs on {server}: {extension} ({cause}). Nothing was "
        "changed; log in as a superuser, or have an administrator create them (CREATE EXTENSION) in the database that "
        "is replaced, or in an empty one, and restore into that with {o[strategy: in_place]}.",
        "O usuário {user} não pode criar extensões de que o backup precisa em {server}: {extension} ({cause}). Nada foi "
        "alterado; conecte-se como superusuário, ou peça a um administrador que as crie (CREATE EXTENSION) no banco que "
        "será substituído, ou em um vazio, e restaure nele com {o[strategy: in_place]}.",
    ),
    "role_not_member": (
        "User {user} can't give objects of the backup to their owners on {server}, as it is no member of {roles}. "
        "Nothing was changed; have these roles granted to it (GRANT), log in as a superuser, or name other roles with "
        "{o[role_mapping]}.",
        "O usuário {user} não pode dar os objetos do backup aos seus donos em {server}, pois não é membro de {roles}. "
        "Nada foi alterado; peça que esses papéis lhe sejam concedidos (GRANT), entre como superusuário, ou indique "
        "outros papéis com {o[role_mapping]}.",
    ),
    "target_not_owner": (
        "User {user} may not rename database {database} on {server}: it belongs to {owner}. Nothing was changed; log "
        "in as {owner} or a member of that role, or restore with {o[strategy: in_place]}.",
        "O usuário {user} não pode renomear o banco {database} em {server}: ele pertence a {owner}. Nada foi alterado; "
        "entre como {owner} ou um membro desse papel, ou restaure com {o[strategy: in_place]}.",
    ),
    "database_properties_refused": (
        "Database {database} does not get the backup's {properties}: user {user} may not set them, the server does not "
        "know them, or they can't be changed in place. Have an administrator set what is still wanted (ALTER DATABASE).",
        "O banco {database} não recebe {properties} do backup: o usuário {user} não pode defini-los, o servidor não os "
        "conhece, ou não podem ser mudados no próprio banco. Peça a um administrador que defina o que ainda for "
        "desejado (ALTER DATABASE).",
    ),
    "extension_missing": (
        "The server {server} lacks extensions that the backup needs: {extension} ({cause}). "
        "Install their packages on the server, or use another server, and run this again.",
        "Faltam no servidor {server} extensões exigidas pelo backup: {extension} ({cause}). "
        "Instale os pacotes delas no servidor, ou use outro servidor, e execute novamente.",
    ),
    "indexes_invalid": (
        "Database {database} has {count} invalid indexes, which are not in force and are not restored: {objects}. Find out "
        "why they failed (duplicates, for example), and run REINDEX, or drop them.",
        "O banco {database} tem {count} índices inválidos, que não estão em vigor e não serão restaurados: {objects}. Descubra "
        "por que falharam (duplicatas, por exemplo) e execute REINDEX, ou remova-os.",
    ),
    "constraints_unvalidated": (
        "Database {database} has {count} constraints that were never validated, so that rows may violate them: {objects}. They "
        "are restored as they are; run ALTER TABLE … VALIDATE CONSTRAINT to find out.",
        "O banco {database} tem {count} restrições que nunca foram validadas; pode haver linhas que as violam: {objects}. Elas "
        "são restauradas como estão; execute ALTER TABLE … VALIDATE CONSTRAINT para descobrir.",
    ),
    "template_kept": (
        "{object} is not as it was in the source: a new database has it from its template, and only a superuser may change "
        "that. Have a superuser do it, or take it as it is.",
        "{object} não está como na origem: um banco novo o recebe do modelo, e só um superusuário pode alterá-lo. "
        "Peça isso a um superusuário, ou deixe como está.",
    ),
    "constraint_not_validated": (
        "The constraint {constraint} was added NOT VALID: it applies to rows that are written from now on, and was not "
        "proved for those of the backup, because of this: {cause} Correct what is wrong, and run ALTER … VALIDATE CONSTRAINT.",
        "A restrição {constraint} foi adicionada como NOT VALID: vale para as linhas gravadas a partir de agora, e não foi "
        "comprovada para as do backup, por isto: {cause} Corrija o que está errado, e execute ALTER … VALIDATE CONSTRAINT.",
    ),
    "rows_refused": (
        "The backup's rows do not satisfy {object}: {cause}. The source was broken when it was backed up. What had been "
        "loaded is gone; live data was not touched. Take an older backup, or restore the rest of this one with {o[leave_out]}: "
        "name the constraint, index or table there, or write broken.",
        "As linhas do backup não satisfazem {object}: {cause}. A origem já estava com defeito quando o backup foi feito. O que "
        "foi carregado foi removido; os dados em uso não foram tocados. Use um backup mais antigo, ou restaure o resto deste "
        "com {o[leave_out]}: indique ali a restrição, o índice ou a tabela, ou escreva broken.",
    ),
    "object_left_out": (
        "{object} was left out of the restored database, as {o[leave_out]} says: {cause} Create it when the rows allow it.",
        "{object} ficou fora do banco restaurado, como indica {o[leave_out]}: {cause} Crie-o quando as linhas permitirem.",
    ),
    "rows_left_out": (
        "The rows of table {table} were left out, as {o[leave_out]} says: the table is there, without them.",
        "As linhas da tabela {table} ficaram de fora, como indica {o[leave_out]}: a tabela existe, sem elas.",
    ),
    "left_out_as_asked": (
        "{o[leave_out]} names it.",
        "{o[leave_out]} o indica.",
    ),
    "leave_out_unknown": (
        "{o[leave_out]} names what the backup does not have: {names}. Similar there: {near}. Name constraints, indexes, triggers "
        "and tables as name, schema.name, table.name or schema.table.name, or write broken.",
        "{o[leave_out]} indica o que o backup não tem: {names}. Parecidos nele: {near}. Indique restrições, índices, gatilhos e "
        "tabelas como nome, esquema.nome, tabela.nome ou esquema.tabela.nome, ou escreva broken.",
    ),
    "entry_failed": (
        "The server {server} could not create {object}: {cause}. "
        "The restore was stopped, and what it had loaded is gone; live data was not touched.",
        "O servidor {server} não conseguiu criar {object}: {cause}. "
        "A restauração foi interrompida, e o que ela carregou foi removido; os dados em uso não foram tocados.",
    ),
    "schema_sql_invalid": (
        "The backup's SQL for the database schema is not what pg_dump writes: {cause}. "
        "Nothing was changed; verify the backup, or take an older one.",
        "O SQL do esquema do banco neste backup não é o que o pg_dump grava: {cause}. "
        "Nada foi alterado; verifique o backup, ou use um mais antigo.",
    ),
    "sequence_unknown": (
        "Database {database} has no {name} among the schemas and sequences that are looked at. Check {o[sequences]} and "
        "{o[schemas]}.",
        "O banco {database} não tem {name} entre os esquemas e sequências considerados. Verifique {o[sequences]} e "
        "{o[schemas]}.",
    ),
    "sequence_exhausted": (
        "Sequence {sequence} has come to its end ({limit}) and gives no further value. "
        "Enlarge it and its column (ALTER SEQUENCE, ALTER TABLE).",
        "A sequência {sequence} chegou ao fim ({limit}) e não fornece mais valores. "
        "Aumente-a e também sua coluna (ALTER SEQUENCE, ALTER TABLE).",
    ),
    "sequence_range": (
        "Column {column} of table {table} holds the value {value}, and sequence {sequence} ends at {limit}, "
        "so it can't go on behind it. Enlarge the sequence, or correct the value.",
        "A coluna {column} da tabela {table} contém o valor {value}, e a sequência {sequence} termina em {limit}, "
        "portanto não pode continuar depois dele. Aumente a sequência, ou corrija o valor.",
    ),
    "sequence_cycles": (
        "Sequence {sequence} starts over at its end (CYCLE), so it was left where it stands, "
        "although column {column} of table {table} holds {value}.",
        "A sequência {sequence} recomeça ao chegar ao fim (CYCLE), por isso ficou onde está, "
        "embora a coluna {column} da tabela {table} contenha {value}.",
    ),
    "sequence_unclear": (
        "Column {column} of table {table} does not tell where its sequence must stand, which was left alone: {problem}.",
        "A coluna {column} da tabela {table} não diz onde a sequência dela deve estar, e esta ficou como estava: "
        "{problem}.",
    ),
}

#: code → fact ``problem`` → what the text says of it, in both languages
PROBLEMS: dict[str, dict[str, tuple[str, str]]] = {
    "sequence_unclear": {
        "type": (
            "its values are of type {type}, and can't be compared with it",
            "os valores são do tipo {type}, e não podem ser comparados com ela",
        ),
        "expression": (
            "its values are computed from it ({expression})",
            "os valores são calculados a partir dela ({expression})",
        ),
        "late_bound": (
            "its default ({expression}) finds the sequence by the search path of each session; write the schema into it",
            "o valor padrão ({expression}) encontra a sequência pelo search_path de cada sessão; escreva o esquema nele",
        ),
    },
    "digest_differs": {
        "digest": (
            "their digests differ",
            "os digests diferem",
        ),
        "count": (
            "it has {found} after loading, and {expected} in the backup",
            "ela tem {found} depois da carga, e {expected} no backup",
        ),
    },
    "foreign_code": {
        "write": (
            "Writing to {tables} in {database} on {server} as {user} would run functions of {roles}, with the rights of "
            "{user}",
            "Gravar em {tables} no banco {database} em {server} como {user} executaria funções de {roles}, com os "
            "direitos de {user}",
        ),
        "query": (
            "A query on {tables} in {database} on {server} as {user}, which foreign keys make necessary, would run "
            "functions of {roles}, with the rights of {user}",
            "Uma consulta em {tables} no banco {database} em {server} como {user}, que chaves estrangeiras tornam "
            "necessária, executaria funções de {roles}, com os direitos de {user}",
        ),
        "read": (
            "Reading those rows of {tables} that its extension does not make itself ({condition}) would run functions "
            "of others, which an index, rule or constraint of it calls",
            "Ler as linhas de {tables} que a extensão dela não cria ({condition}) executaria funções de outros, "
            "chamadas por um índice, regra ou restrição dela",
        ),
    },
}
