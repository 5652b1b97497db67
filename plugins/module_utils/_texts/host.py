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
        "What is not needed any more can't be removed ({count}): {paths}. It only takes space. If it is marked "
        "immutable or append-only (lsattr), have the mark taken off (chattr -i -a); the next run as its owner removes "
        "it then.",
        "O que não é mais necessário não pode ser removido ({count}): {paths}. Só ocupa espaço. Se está marcado como "
        "imutável ou só para acréscimo (lsattr), peça que a marca seja retirada (chattr -i -a); a próxima execução como "
        "dono então o remove.",
    ),
    "write_failed": (
        "{path} can't be written: {cause}. Nothing was published or changed; correct this and run again.",
        "{path} não pode ser gravado: {cause}. Nada foi publicado ou alterado; corrija isso e execute novamente.",
    ),
    "pg_dump_missing": (
        "No pg_dump of version {needed} or newer was found, which this server needs: {problem}. Install the package "
        "postgresql-client-{needed} on this host, or name the program with the option {o[pg_dump]}.",
        "Não foi encontrado um pg_dump da versão {needed} ou mais nova, de que este servidor precisa: {problem}. "
        "Instale o pacote postgresql-client-{needed} neste host, ou indique o programa com a opção {o[pg_dump]}.",
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
    "env_line_invalid": (
        "Line {line} of the env file {path} gives {variable} no value that can be read: {problem}. Correct it there, or "
        "give the option.",
        "A linha {line} do arquivo env {path} não dá a {variable} um valor que possa ser lido: {problem}. Corrija-a "
        "ali, ou informe a opção.",
    ),
    "option_invalid": (
        "The option {option} can't be {value}: {problem}.",
        "A opção {option} não pode ser {value}: {problem}.",
    ),
    "directory_absent": (
        "The directory {name} should be backed up, but {path} can't be opened: {cause}. Correct the path, or leave it "
        "out; nothing was written.",
        "O diretório {name} deveria entrar no backup, mas {path} não pode ser aberto: {cause}. Corrija o caminho, ou "
        "deixe-o de fora; nada foi gravado.",
    ),
}

#: code → fact ``problem`` → what the text says of it, in both languages
PROBLEMS: dict[str, dict[str, tuple[str, str]]] = {
    "pg_dump_missing": {
        "none": (
            "there is none here (looked in: {looked})",
            "não há nenhum aqui (procurado em: {looked})",
        ),
        "old": (
            "found were only {found}",
            "foram encontrados somente {found}",
        ),
        "none_in_container": (
            "container {container} has none, and this host none that fits",
            "o contêiner {container} não tem nenhum, e este host nenhum que sirva",
        ),
        "old_in_container": (
            "the one in container {container} has version {found}, and this host has none that fits",
            "o do contêiner {container} tem a versão {found}, e este host nenhum que sirva",
        ),
    },
    "env_line_invalid": {
        "quote": (
            "it opens a quote that nothing closes",
            "ela abre aspas que nada fecha",
        ),
        "reference": (
            "it has a reference that Docker Compose does not take, such as ${{NAME without its brace (a dollar sign "
            "itself is written $$)",
            "tem uma referência que o Docker Compose não aceita, como ${{NOME sem a chave final (o próprio cifrão se "
            "escreve $$)",
        ),
        "variable": (
            "it needs {missing}, which the file does not set before ({reason})",
            "ela precisa de {missing}, que o arquivo não define antes ({reason})",
        ),
    },
    "option_invalid": {
        "duration": (
            "it is no duration; write weeks, days, hours, minutes and seconds, largest first, such as 24h, 7d, 1w2d or "
            "90m, where a plain number means seconds",
            "não é uma duração; escreva semanas, dias, horas, minutos e segundos, do maior ao menor, como 24h, 7d, 1w2d "
            "ou 90m, em que um número sozinho são segundos",
        ),
        "pin": (
            "it is neither a duration nor forever; write it like 30d, 12w or forever, where a plain number means "
            "seconds",
            "não é uma duração nem forever; escreva como 30d, 12w ou forever, em que um número sozinho são segundos",
        ),
        "size": (
            "it is no size; write it like 500 kB, 1 MB, 1.5 GB or 1 MiB, where a plain number means bytes",
            "não é um tamanho; escreva como 500 kB, 1 MB, 1.5 GB ou 1 MiB, em que um número sozinho são bytes",
        ),
        "negative": (
            "a number of backups or days can't be negative",
            "um número de backups ou dias não pode ser negativo",
        ),
        "label": (
            "it must be one line of at most {most} printable characters, and has {length}, or some that can't be shown",
            "deve ser uma linha de no máximo {most} caracteres imprimíveis, e tem {length}, ou alguns que não podem ser "
            "mostrados",
        ),
        "mode": (
            "it must be octal digits that let the owner read and write, such as '0600' or '0640', with quotes around "
            "them in YAML",
            "devem ser dígitos octais que deixem o dono ler e gravar, como '0600' ou '0640', entre aspas em YAML",
        ),
        "find_nothing": (
            "it names nothing; write part of a name, a phone number, a ticket's number or a file's name, or give "
            "{o[find_since]} or {o[find_until]}",
            "não indica nada; escreva parte de um nome, um telefone, o número de um ticket ou o nome de um arquivo, ou "
            "informe {o[find_since]} ou {o[find_until]}",
        ),
        "find_date": (
            "it is no date; write it like 2026-01-31 or 31/01/2026, and a time like 14:30 after it if needed",
            "não é uma data; escreva como 2026-01-31 ou 31/01/2026 e, se preciso, um horário como 14:30 depois",
        ),
        "not_positive": ("it must be at least 1", "deve ser no mínimo 1"),
        "time_zone": (
            "this host knows no such time zone; write it like America/Sao_Paulo or UTC, and if it is right, install the "
            "package tzdata",
            "este servidor não conhece esse fuso horário; escreva como America/Sao_Paulo ou UTC e, se estiver certo, "
            "instale o pacote tzdata",
        ),
        "user": (
            "there is no such user on this host; create it, or name another",
            "não existe esse usuário neste servidor; crie-o, ou informe outro",
        ),
        "group": (
            "there is no such group on this host; create it, or name another",
            "não existe esse grupo neste servidor; crie-o, ou informe outro",
        ),
        "compression": (
            "there is no such compression; choose one of {known}",
            "não existe essa compressão; escolha uma destas: {known}",
        ),
        "same_place": (
            "two configuration files of the backup would both be restored to it",
            "dois arquivos de configuração do backup seriam restaurados nele",
        ),
        "nothing": (
            "neither tables nor files would be exported",
            "não seriam exportadas tabelas nem arquivos",
        ),
        "no_database": (
            "the format {format} always has a database, so database must be among them",
            "o formato {format} sempre tem um banco de dados, portanto database precisa constar",
        ),
    },
}
