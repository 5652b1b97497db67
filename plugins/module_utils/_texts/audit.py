# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""English and Portuguese texts of the errors and warnings of: the audit log."""

from __future__ import annotations

TEXTS: dict[str, tuple[str, str]] = {
    "audit_elsewhere": (
        "The audit log {path} can't be written: {cause}. This run is recorded in {elsewhere} instead; keep "
        "that file, and correct what is wrong with the directory.",
        "O registro de auditoria {path} não pode ser gravado: {cause}. Esta execução fica registrada em "
        "{elsewhere}; guarde esse arquivo, e corrija o que há de errado com o diretório.",
    ),
    "audit_unwritable": (
        "The audit log {path} can't be written: {cause}. The run went on, but is recorded nowhere; note it "
        "by hand, and correct what is wrong with the directory.",
        "O registro de auditoria {path} não pode ser gravado: {cause}. A execução continuou, mas não está "
        "registrada em lugar nenhum; anote-a à mão, e corrija o que há de errado com o diretório.",
    ),
    "audit_missing": (
        "The audit log {path} is gone, though {witness} says that it has {lines} lines. Bring it back from "
        "another copy, and find out who removed it.",
        "O registro de auditoria {path} sumiu, embora {witness} diga que ele tem {lines} linhas. Traga-o de "
        "volta de outra cópia, e descubra quem o removeu.",
    ),
    "audit_unreadable": (
        "The audit log {path} can't be read: {cause}. Nothing can be said of it; correct that, and look "
        "again.",
        "O registro de auditoria {path} não pode ser lido: {cause}. Nada se pode dizer dele; corrija isso, "
        "e olhe de novo.",
    ),
    "audit_altered": (
        "The audit log {path} is not as it was written: {problem}. Compare it with another copy, and find out who "
        "changed it.",
        "O registro de auditoria {path} não está como foi gravado: {problem}. Compare-o com outra cópia, e descubra quem o "
        "alterou.",
    ),
    "audit_torn": (
        "The last line of the audit log {path} is not whole: a run was killed while it wrote it. The next "
        "run keeps it, and says so in a line of its own.",
        "A última linha do registro de auditoria {path} não está inteira: uma execução foi morta enquanto a "
        "gravava. A próxima execução a mantém, e diz isso em uma linha própria.",
    ),
}

#: code → fact ``problem`` → what the text says of it, in both languages
PROBLEMS: dict[str, dict[str, tuple[str, str]]] = {
    "audit_altered": {
        "altered": (
            "line {lines} was changed",
            "a linha {lines} foi alterada",
        ),
        "missing": (
            "lines were taken out ({lines})",
            "foram retiradas linhas ({lines})",
        ),
        "order": (
            "lines are not in their place, or there twice ({lines})",
            "há linhas fora do lugar, ou repetidas ({lines})",
        ),
        "cut": (
            "it was cut off after line {last}, and {witness} says that it had {lines} lines",
            "foi cortado depois da linha {last}, e {witness} diz que tinha {lines} linhas",
        ),
    },
}
