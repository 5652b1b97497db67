# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of the errors and warnings about Docker and the stack's containers."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "engine_absent": (
        "No Docker engine answers at {host}: {cause}. Start Docker, or say where it listens with {o[docker_host]}; for a "
        "database outside Docker, give {o[login_host]} instead.",
        "Nenhum Docker responde em {host}: {cause}. Inicie o Docker, ou indique onde ele escuta com {o[docker_host]}; para "
        "um banco de dados fora do Docker, informe {o[login_host]}.",
    ),
    "engine_refused": (
        "User {user} may not use the Docker engine at {host}. Run this as root (become: true), "
        "or as a member of the group that owns the socket.",
        "O usuário {user} não pode usar o Docker em {host}. Execute isto como root (become: true), "
        "ou como membro do grupo dono do socket.",
    ),
    "engine_elsewhere": (
        "{o[docker_host]} can't be {host}: the engine must be one of the managed host itself, such as "
        "unix:///var/run/docker.sock, because the files of its volumes are read there. Run this on the host where the "
        "engine is.",
        "{o[docker_host]} não pode ser {host}: o Docker deve ser o do próprio host gerenciado, como "
        "unix:///var/run/docker.sock, pois os arquivos dos volumes são lidos ali. Execute isto no host onde o Docker está.",
    ),
    "engine_failed": (
        "The Docker engine at {host} refused or failed: {cause}. Look at its log, and run this again.",
        "O Docker em {host} recusou ou falhou: {cause}. Veja o log dele e execute novamente.",
    ),
    "stack_project_unknown": (
        "There is no container of a Compose project '{project}'; projects with containers: {found}. Correct "
        "{o[compose_project]}, or start that project first.",
        "Não há nenhum contêiner do projeto Compose '{project}'; projetos com contêineres: {found}. Corrija "
        "{o[compose_project]}, ou inicie esse projeto antes.",
    ),
    "stack_container_unknown": (
        "There is no container '{name}' ({option}); containers on this engine: {found}. Correct the name.",
        "Não há nenhum contêiner '{name}' ({option}); contêineres neste Docker: {found}. Corrija o nome.",
    ),
    "stack_absent": (
        "No Ticketz database was found in {where}: no container there has Ticketz's media and a DB_HOST that leads to a "
        "container, and none seems to be PostgreSQL. Containers: {found}. Name it with {o[postgres_container]}, or give "
        "{o[login_host]}.",
        "Nenhum banco de dados do Ticketz foi encontrado em {where}: nenhum contêiner ali tem as mídias do Ticketz e um "
        "DB_HOST que leve a um contêiner, e nenhum parece ser PostgreSQL. Contêineres: {found}. Indique-o com "
        "{o[postgres_container]}, ou informe {o[login_host]}.",
    ),
    "stack_ambiguous": (
        "More than one {what} was found, and nothing says which one is meant: {found}. Name it with {option}.",
        "Foi encontrado mais de um {what}, e nada diz qual deles vale: {found}. Indique-o com {option}.",
    ),
    "stack_container_down": (
        "Container {container} does not run: it is {state}. Use '{command}', and run this again.",
        "O contêiner {container} não está em execução: {state}. Use '{command}' e execute novamente.",
    ),
    "stack_container_unreachable": (
        "This host gets no connection to container {container}; tried: {tried}. Give {o[login_host]} and {o[login_port]}, "
        "or publish the port on 127.0.0.1.",
        "Este host não consegue conexão com o contêiner {container}; tentativas: {tried}. Informe {o[login_host]} e "
        "{o[login_port]}, ou publique a porta em 127.0.0.1.",
    ),
    "stack_volume_elsewhere": (
        "The files of volume {volume} are not to be found on this host (driver {driver}, device {device}). "
        "Start the containers that use it, or give the paths in directories.",
        "Os arquivos do volume {volume} não se encontram neste host (driver {driver}, dispositivo {device}). "
        "Inicie os contêineres que o usam, ou informe os caminhos em directories.",
    ),
    "stack_directory_unmounted": (
        "Container {container} has no volume at {path}: the directory {name} is kept in the container only, gets lost "
        "with it, and is not found here. Mount a volume there, or give the path in directories.",
        "O contêiner {container} não tem volume em {path}: o diretório {name} existe só no contêiner, perde-se com "
        "ele e não é encontrado aqui. Monte um volume ali, ou informe o caminho em directories.",
    ),
    "stack_without_backend": (
        "No backend container of Ticketz was found ({names}), so nothing is known of its directories and env file. Name it "
        "with {o[backend_container]}, or give directories.",
        "Nenhum contêiner do backend do Ticketz foi encontrado ({names}), por isso nada se sabe dos diretórios e do "
        "arquivo env. Indique-o com {o[backend_container]}, ou informe directories.",
    ),
    "stack_file_unknown": (
        "{problem}. Such files are not backed up; bring back what is missing, set the variable in the project's .env, "
        "or name the files in {o[config_files]}.",
        "{problem}. Esses arquivos não entram no backup; traga de volta o que falta, defina a variável no .env do "
        "projeto, ou informe os arquivos em {o[config_files]}.",
    ),
    "quiesce_unknown": (
        "quiesce: {mode} needs Ticketz in Docker, and no container of its backend is known here. Name its project with "
        "{o[compose_project]}, or its container with {o[backend_container]}, or use {o[quiesce: none]}.",
        "quiesce: {mode} precisa do Ticketz no Docker, e nenhum contêiner do backend é conhecido aqui. Indique o projeto "
        "com {o[compose_project]}, ou o contêiner com {o[backend_container]}, ou use {o[quiesce: none]}.",
    ),
    "quiesce_failed": (
        "Container {container} could not be quiesced: {cause}. All containers go on. Look at 'docker ps', and run "
        "this again.",
        "O contêiner {container} não pôde ser posto em pausa: {cause}. Todos os contêineres seguem em execução. Veja 'docker ps' "
        "e execute novamente.",
    ),
    "quiesce_stuck": (
        "{containers} could not be resumed: {cause}. Ticketz does not work until you use '{command}'; "
        "the next backup or restore on this host tries it, too.",
        "{containers} não puderam voltar à execução: {cause}. O Ticketz não funciona até que você use '{command}'; "
        "o próximo backup ou restauração neste host também tenta.",
    ),
    "quiesce_expired": (
        "{containers} went on after {seconds} s ({o[quiesce_timeout]}), before all files were listed. What was deleted "
        "after that may be missing in the backup, though its messages are in it. Raise {o[quiesce_timeout]}, or look at "
        "what is slow.",
        "{containers} voltaram à execução após {seconds} s ({o[quiesce_timeout]}), antes que todos os arquivos fossem "
        "listados. O que foi apagado depois pode faltar no backup, embora as mensagens estejam nele. Aumente "
        "{o[quiesce_timeout]}, ou veja o que está lento.",
    ),
    "quiesce_recovered": (
        "{containers} were still quiesced by a run that was killed, and have been resumed.",
        "{containers} ainda estavam em pausa por uma execução que foi encerrada à força, e voltaram à execução.",
    ),
    "application_unhealthy": (
        "The data are restored and in place, but Ticketz is not well after {seconds} s ({containers}): {cause}. Look at "
        "'{command}'. {problem}",
        "Os dados estão restaurados e no lugar, mas o Ticketz não está bem após {seconds} s ({containers}): {cause}. "
        "Veja '{command}'. {problem}",
    ),
    "application_unhealthy_undone": (
        "Ticketz was not well with the restored data after {seconds} s ({containers}): {cause}. What was there before is "
        "back ({o[if_unhealthy: undo]}), and Ticketz is well with it. Look at '{command}', or restore another backup.",
        "O Ticketz não ficou bem com os dados restaurados após {seconds} s ({containers}): {cause}. O que havia antes está "
        "de volta ({o[if_unhealthy: undo]}), e com isso o Ticketz está bem. Veja '{command}', ou restaure outro backup.",
    ),
    "application_unhealthy_twice": (
        "The restore was followed by this: {trouble} It was to be undone ({o[if_unhealthy: undo]}), and that ended so: "
        "{cause}",
        "À restauração seguiu-se isto: {trouble} Ela devia ser desfeita ({o[if_unhealthy: undo]}), o que terminou assim: "
        "{cause}",
    ),
    "application_started_early": (
        "{containers} were started again after {seconds} s, before the exchange was complete, and may hold what was there "
        "before. Restart them.",
        "{containers} foram iniciados de novo após {seconds} s, antes que a troca terminasse, e podem guardar o que havia "
        "antes. Reinicie-os.",
    ),
}

#: code → fact ``problem`` → what the text says of it, in both languages
PROBLEMS: dict[str, dict[str, tuple[str, str]]] = {
    "stack_file_unknown": {
        "missing": (
            "{path} is named by the Compose project, but is not there; it was moved, or is on another host",
            "{path} é citado pelo projeto do Compose, mas não está lá; foi movido, ou está em outro servidor",
        ),
        "unreadable": (
            "The Compose file {path} can't be read ({cause}), so that the files that it names are not known",
            "O arquivo do Compose {path} não pode ser lido ({cause}), e não se sabe que arquivos ele cita",
        ),
        "variable": (
            "The Compose file {path} names the file {name}, and no env file of the project sets its variable",
            "O arquivo do Compose {path} cita o arquivo {name}, e nenhum arquivo env do projeto define a variável dele",
        ),
    },
    "application_unhealthy": {
        "undo": (
            "If it can't be helped, {o[state: undone]} brings back what was there before.",
            "Se não houver remédio, {o[state: undone]} traz de volta o que havia antes.",
        ),
        "for_good": (
            "Nothing was kept that an undo could bring back.",
            "Nada foi guardado que pudesse ser trazido de volta.",
        ),
    },
}
