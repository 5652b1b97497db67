# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of what playbooks refuse before they begin: variables, hosts."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "variables_unknown": (
        "The collection ticketz.sidekick has no variable {variables}. Correct the name in the inventory; names of "
        "your own that begin like this belong in ticketz_own_variables. Nothing was changed.",
        "A coleção ticketz.sidekick não tem a variável {variables}. Corrija o nome no inventário; nomes seus que "
        "começam assim devem constar em ticketz_own_variables. Nada foi alterado.",
    ),
    "variable_undecryptable": (
        "The value of {variables} can't be decrypted by Ansible Vault: {cause}. Give the password with which it was "
        "encrypted, by --ask-vault-pass, --vault-id or ANSIBLE_VAULT_PASSWORD_FILE. Nothing was changed.",
        "O valor de {variables} não pode ser decifrado pelo Ansible Vault: {cause}. Informe a senha com que ele foi cifrado, "
        "com --ask-vault-pass, --vault-id ou ANSIBLE_VAULT_PASSWORD_FILE. Nada foi alterado.",
    ),
    "hosts_none": (
        "No host matches '{pattern}', so there is nothing to do. The inventory has {count} hosts, in these groups: "
        "{known}. Put the hosts of Ticketz into the group ticketz, set ticketz_hosts to a group or host that is there, "
        "or name another inventory with -i.",
        "Nenhum host corresponde a '{pattern}', portanto não há nada a fazer. O inventário tem {count} hosts, nestes "
        "grupos: {known}. Ponha os hosts do Ticketz no grupo ticketz, defina ticketz_hosts com um grupo ou host "
        "existente, ou indique outro inventário com -i.",
    ),
    "hosts_outside_limit": (
        "None of the hosts that '{pattern}' means ({known}) is within --limit '{limit}', so there is nothing to do. Correct "
        "--limit, or set ticketz_hosts.",
        "Nenhum dos hosts de '{pattern}' ({known}) está dentro de --limit '{limit}', portanto não há nada a fazer. Corrija "
        "--limit, ou defina ticketz_hosts.",
    ),
}
