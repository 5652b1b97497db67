# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of the runner's errors: the command line and the options file."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "options_not_json": (
        "The options file {path} is not a JSON object with options: {cause}. "
        'Write it like {{"backup_dir": "/backups/ticketz"}}.',
        "O arquivo de opções {path} não é um objeto JSON com opções: {cause}. "
        'Escreva-o como {{"backup_dir": "/backups/ticketz"}}.',
    ),
    "options_not_private": (
        "The options file {path} holds {options}, and others than its owner can read it (mode {mode}). "
        "Run 'chmod 0600 {path}', and change these secrets if others may have seen them.",
        "O arquivo de opções {path} contém {options}, e outros além do dono podem lê-lo (modo {mode}). "
        "Execute 'chmod 0600 {path}', e troque esses segredos se outros podem tê-los visto.",
    ),
    "options_not_safe": (
        "{problem}, and so decides what is run here as the user {user}. Check what is in it, and run 'chown {user} "
        "{path}' and 'chmod 0600 {path}'.",
        "{problem}, e assim decide o que é executado aqui como o usuário {user}. Verifique o que há nele, e execute "
        "'chown {user} {path}' e 'chmod 0600 {path}'.",
    ),
    "option_unknown": (
        "There is no option {option} for {verb}, but it is in {path}. Remove it, or correct its name; similar ones are: "
        "{similar}.",
        "Não existe a opção {option} em {verb}, mas ela está em {path}. Remova-a, ou corrija o nome; parecidas são: "
        "{similar}.",
    ),
    "option_missing": (
        "The option {option} is missing in {path}, and {verb} needs it. Add it.",
        "Falta a opção {option} em {path}, e {verb} precisa dela. Acrescente-a.",
    ),
    "option_value": (
        "The option {option} in {path} can't be {value}: {problem}. Correct it.",
        "A opção {option} em {path} não pode ser {value}: {problem}. Corrija-a.",
    ),
    "plan_steps": (
        "The plan {path} has no usable steps. Write them like "
        '"steps": [{{"backup": {{"backup_dir": "/backups/ticketz"}}}}], each with one of: {verbs}.',
        "O plano {path} não tem passos utilizáveis. Escreva-os como "
        '"steps": [{{"backup": {{"backup_dir": "/backups/ticketz"}}}}], cada um com um destes: {verbs}.',
    ),
    "notify_failed": (
        "The result could not be sent by {channel}: {cause}. The work itself is not affected; correct the channel, "
        "and try it with 'ticketz-sidekick notify'.",
        "O resultado não pôde ser enviado por {channel}: {cause}. O trabalho em si não foi afetado; corrija o canal, "
        "e teste-o com 'ticketz-sidekick notify'.",
    ),
    "job_unknown": (
        "There is no job {job} in {path}; the newest there are: {known}. Each user has jobs of their own; root's are in "
        "/var/lib/ticketz-sidekick/jobs.",
        "Não existe a tarefa {job} em {path}; as mais novas ali são: {known}. Cada usuário tem as suas tarefas; as do "
        "root estão em /var/lib/ticketz-sidekick/jobs.",
    ),
    "exporter_address": (
        "Metrics can't be served on {address}, port {port}: {cause}. Choose another address or port, or end the program that "
        "has it.",
        "As métricas não podem ser servidas em {address}, porta {port}: {cause}. Escolha outro endereço ou porta, ou "
        "encerre o programa que os ocupa.",
    ),
    "textfile_missing": (
        "The settings {path} name no textfile to write to. Add textfile, with a path that ends in .prom.",
        "A configuração {path} não informa um textfile para gravar. Acrescente textfile, com um caminho terminado em .prom.",
    ),
    "plan_failed": (
        "The scheduled job {name} failed at {when}: {cause}",
        "A tarefa agendada {name} falhou em {when}: {cause}",
    ),
    "plan_died": (
        "The scheduled job {name}, begun at {started}, was cut off before its end. Find out who or what ended it, and run it "
        "again.",
        "A tarefa agendada {name}, iniciada em {started}, foi interrompida antes do fim. Descubra quem ou o que a encerrou, "
        "e execute-a de novo.",
    ),
    "plan_warned": (
        "The scheduled job {name} ended at {when} with warnings: {codes}. Its log says more.",
        "A tarefa agendada {name} terminou em {when} com avisos: {codes}. O log dela diz mais.",
    ),
}

#: code → fact ``problem`` → what the text says of it, in both languages
PROBLEMS: dict[str, dict[str, tuple[str, str]]] = {
    "option_value": {
        "type": (
            "it must be written like {example}",
            "deve ser escrita como {example}",
        ),
        "choice": (
            "it must be one of {choices}",
            "deve ser uma destas: {choices}",
        ),
        "form": (
            "it must be like this: {example}",
            "deve ser assim: {example}",
        ),
        "url": (
            "it must be an address that begins with http:// or https://",
            "deve ser um endereço que começa com http:// ou https://",
        ),
    },
    "options_not_safe": {
        "owner": (
            "The options file {path} belongs to the user {owner}, who can change it",
            "O arquivo de opções {path} pertence ao usuário {owner}, que pode alterá-lo",
        ),
        "mode": (
            "Somebody else than the owner of the options file {path} can change it (mode {mode})",
            "Outro além do dono do arquivo de opções {path} pode alterá-lo (modo {mode})",
        ),
    },
}
