# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of the errors and warnings about the managed host."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "library_missing": (
        "The Python library {library} is needed ({purpose}) and {python} does not have it: {cause}. "
        "Install it for that interpreter, for example with 'pip install {package}', and run this again.",
        "A biblioteca Python {library} é necessária ({purpose}) e {python} não a tem: {cause}. "
        "Instale-a para esse interpretador, por exemplo com 'pip install {package}', e execute novamente.",
    ),
    "cancelled": (
        "The run was asked to stop ({signal}); it has removed what it had begun, and nothing else was changed.",
        "Foi pedido que a execução parasse ({signal}); o que ela tinha começado foi removido e nada mais mudou.",
    ),
    "file_unreadable": (
        "{path} can't be read: {cause}. Correct the path or its permissions, or leave it out, and run this again.",
        "{path} não pode ser lido: {cause}. Corrija o caminho ou as permissões, ou deixe-o de fora, e execute "
        "novamente.",
    ),
    "disk_full": (
        "There is not enough space on the disk that holds {path}: {needed} more are needed and {free} are free. "
        "Free some space, or choose another directory; nothing was changed.",
        "Não há espaço suficiente no disco que contém {path}: são necessários mais {needed} e há {free} livres. "
        "Libere espaço, ou escolha outro diretório; nada foi alterado.",
    ),
    "inodes_used_up": (
        "The disk that holds {path} takes no more files, however small they are: {needed} are needed and {free} are free "
        "(df -i). What had been begun is removed and nothing else was changed; delete files there that nobody needs, or "
        "choose another disk.",
        "O disco que contém {path} não aceita mais arquivos, por menores que sejam: são necessários {needed} e há {free} "
        "livres (df -i). O que tinha começado foi removido e nada mais mudou; apague nele arquivos de que ninguém precisa, "
        "ou escolha outro disco.",
    ),
    "not_permitted": (
        "{path} can't be changed, not even by root: {cause}. If it, its directory or something in it is marked immutable or "
        "append-only (lsattr shows i or a), have the mark taken off (chattr -i -a); otherwise run this as its owner. "
        "Then run it again.",
        "{path} não pode ser alterado, nem pelo root: {cause}. Se ele, seu diretório ou algo nele está marcado como imutável "
        "ou só para acréscimo (lsattr mostra i ou a), peça que a marca seja retirada (chattr -i -a); senão, execute como "
        "o dono dele. Depois execute novamente.",
    ),
    "leftovers_stuck": (
        "What an earlier run left can't be removed ({count}): {paths}. It only takes space. If it is marked immutable or "
        "append-only (lsattr), have the mark taken off (chattr -i -a); the next run as its owner removes it then.",
        "O que uma execução anterior deixou não pode ser removido ({count}): {paths}. Só ocupa espaço. Se está marcado como "
        "imutável ou só para acréscimo (lsattr), peça que a marca seja retirada (chattr -i -a); a próxima execução como dono "
        "então o remove.",
    ),
    "write_failed": (
        "{path} can't be written: {cause}. Nothing was published or changed; correct this and run again.",
        "{path} não pode ser gravado: {cause}. Nada foi publicado ou alterado; corrija isso e execute novamente.",
    ),
    "pg_dump_missing": (
        "No pg_dump was found here; version {needed} or newer is needed for this server (looked in: {looked}). Install the "
        "package postgresql-client-{needed}, or name the program with the option {o[pg_dump]}.",
        "Nenhum pg_dump foi encontrado aqui; este servidor precisa da versão {needed} ou mais nova (procurado em: "
        "{looked}). Instale o pacote postgresql-client-{needed}, ou indique o programa com a opção {o[pg_dump]}.",
    ),
    "pg_dump_too_old": (
        "This server needs pg_dump {needed} or newer; found were only {found}. Install the package "
        "postgresql-client-{needed}, or name the program with the option {o[pg_dump]}.",
        "Este servidor precisa do pg_dump {needed} ou mais novo; só foram encontrados {found}. Instale o pacote "
        "postgresql-client-{needed}, ou indique o programa com a opção {o[pg_dump]}.",
    ),
    "internal_error": (
        "Something happened that this program does not expect ({kind}: {cause}). Live data and existing backups "
        "were left as they were; please report this with the output of -vvv.",
        "Aconteceu algo que este programa não espera ({kind}: {cause}). Os dados em uso e os backups existentes "
        "ficaram como estavam; por favor relate isto com a saída de -vvv.",
    ),
    "secret_masks_results": (
        "The value of {option} is a word that also occurs in the results, and Ansible masks it there. "
        "Choose a secret that is no ordinary word.",
        "O valor de {option} é uma palavra que também aparece nos resultados, e o Ansible a oculta neles. "
        "Escolha um segredo que não seja uma palavra comum.",
    ),
    "env_value_invalid": (
        "Ticketz's environment ({path}) has {variable}={value}, which can't be used; it may be {allowed}. Correct it there, or "
        "give the option. Nothing was changed.",
        "O ambiente do Ticketz ({path}) tem {variable}={value}, que não pode ser usado; pode ser {allowed}. Corrija-o, ou "
        "informe a opção. Nada foi alterado.",
    ),
    "env_name_similar": (
        "Ticketz's environment ({path}) has {name}, which nothing reads. If {similar} was meant, correct the name there.",
        "O ambiente do Ticketz ({path}) tem {name}, que nada lê. Se a intenção era {similar}, corrija o nome lá.",
    ),
    "env_quote_open": (
        "Line {line} of the env file {path} opens a quote for {variable} that nothing closes, so its value is not known. "
        "Close it, or give the option.",
        "A linha {line} do arquivo env {path} abre aspas para {variable} que nada fecha, por isso o valor não é conhecido. "
        "Feche-as, ou informe a opção.",
    ),
    "env_reference_invalid": (
        "Line {line} of the env file {path} has a reference in {variable} that Docker Compose does not take, such as "
        "${{NAME without its brace. Correct it (a dollar sign itself is written $$), or give the option.",
        "A linha {line} do arquivo env {path} tem em {variable} uma referência que o Docker Compose não aceita, como "
        "${{NOME sem a chave. Corrija-a (o próprio cifrão se escreve $$), ou informe a opção.",
    ),
    "env_variable_missing": (
        "Line {line} of the env file {path} needs {missing} for {variable}, which the file does not set before ({reason}). "
        "Set it there, or give the option.",
        "A linha {line} do arquivo env {path} precisa de {missing} para {variable}, que o arquivo não define antes ({reason}). "
        "Defina-a ali, ou informe a opção.",
    ),
    "option_invalid": (
        "The option {option} can't be {value}: {cause}.",
        "A opção {option} não pode ser {value}: {cause}.",
    ),
    "directory_absent": (
        "The directory {name} should be backed up, but {path} is not there or is no directory. "
        "Correct the path; nothing was written.",
        "O diretório {name} deve ser copiado, mas {path} não existe ou não é um diretório. "
        "Corrija o caminho; nada foi gravado.",
    ),
}
