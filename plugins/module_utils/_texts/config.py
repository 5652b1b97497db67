# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of the errors and warnings about configuration files."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "config_unencrypted": (
        "The configuration files in this backup are readable for everyone who has the archive, as it is not encrypted. Set "
        "{o[encryption: aes256]} to protect the secrets in them.",
        "Os arquivos de configuração deste backup podem ser lidos por quem tiver o arquivo, pois ele não é cifrado. Use "
        "{o[encryption: aes256]} para proteger os segredos neles.",
    ),
    "config_left_out": (
        "Not in this backup, because it is not encrypted and they can hold passwords: {paths}. Give {o[encryption_key]} to "
        "have them in it, or set {o[stack_config: false]} to do without them.",
        "Não estão neste backup, porque ele não é cifrado e eles podem conter senhas: {paths}. Informe {o[encryption_key]} "
        "para incluí-los, ou use {o[stack_config: false]} para ficar sem eles.",
    ),
    "config_not_kept": (
        "The configuration file {path} is not in this backup. {cause}",
        "O arquivo de configuração {path} não está neste backup. {cause}",
    ),
    "config_too_large": (
        "{problem}. Name those that count in {o[config_files]}; for data there is {o[directories]}.",
        "{problem}. Informe os que importam em {o[config_files]}; para dados existe {o[directories]}.",
    ),
    "config_in_the_way": (
        "Configuration files are there already, with another content than in the backup: {paths}. Nothing was changed; set "
        "{o[if_not_empty: replace]} to put them aside, or skip to leave them, or leave config out of {o[components]}.",
        "Arquivos de configuração já existem, com outro conteúdo que o do backup: {paths}. Nada foi alterado; use "
        "{o[if_not_empty: replace]} para guardá-los ao lado, ou skip para deixá-los, ou tire config de {o[components]}.",
    ),
    "config_untrusted": (
        "The archive does not prove who made it (it is not encrypted with a key of yours), and configuration files decide "
        "what programs run. Nothing was changed. If you trust it, name the directories that may be written to in "
        "{o[config_mapping]}; it has: {paths}.",
        "O arquivo não prova quem o fez (não é cifrado com uma chave sua), e arquivos de configuração decidem quais "
        "programas executam. Nada foi alterado. Se confia nele, indique os diretórios onde gravar em {o[config_mapping]}; "
        "ele tem: {paths}.",
    ),
    "config_of_the_system": (
        "These configuration files belong to the system's own directories, or to a login: {paths}. Nothing was changed. "
        "Name their directory in {o[config_mapping]} if they must be written there, or another one.",
        "Estes arquivos de configuração pertencem a diretórios do sistema, ou a um login: {paths}. Nada foi alterado. "
        "Indique o diretório deles em {o[config_mapping]} se devem ser gravados ali, ou outro.",
    ),
    "config_through_link": (
        "The configuration file {path} can't be restored: {link} is a symbolic link, or no directory. Nothing was changed. "
        "Name the directory that is meant in {o[config_mapping]}.",
        "O arquivo de configuração {path} não pode ser restaurado: {link} é um link simbólico, ou não é um diretório. Nada "
        "foi alterado. Indique o diretório desejado em {o[config_mapping]}.",
    ),
}

#: code → fact ``problem`` → what the text says of it, in both languages
PROBLEMS: dict[str, dict[str, tuple[str, str]]] = {
    "config_too_large": {
        "one": (
            "{path} is larger than {limit} MB, which is no configuration file",
            "{path} tem mais de {limit} MB, o que não é um arquivo de configuração",
        ),
        "all": (
            "The configuration files that were found are more than {count}, or more than {limit} MB together",
            "Os arquivos de configuração encontrados são mais de {count}, ou têm juntos mais de {limit} MB",
        ),
    },
}
