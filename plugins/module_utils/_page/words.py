# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page's words in English and Portuguese, and how it writes moments, sizes and durations."""

from __future__ import annotations

import datetime

from .._store import times
from .._store.units import human_duration, human_size

_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Backups of {name}", "Backups de {name}"),
    "fleet": ("Backups of {count} hosts", "Backups de {count} servidores"),
    "seen": ("As of {moment}", "Situação em {moment}"),
    "good": ("All is well", "Tudo em ordem"),
    "warning": ("Needs attention", "Requer atenção"),
    "critical": ("Act now", "Aja agora"),
    "unseen": ("Could not be examined", "Não pôde ser examinado"),
    "count_critical": ("critical: {count}", "críticos: {count}"),
    "count_warning": ("to look at: {count}", "a verificar: {count}"),
    "no_problems": ("No problem was found.", "Nenhum problema foi encontrado."),
    "problems": ("What to do", "O que fazer"),
    "newest": ("Newest good backup", "Backup bom mais recente"),
    "ago": ("{age} ago", "há {age}"),
    "none": ("none", "nenhum"),
    "never": ("never", "nunca"),
    "verified": ("Contents verified", "Conteúdo verificado"),
    "level_quick": ("the file's checksum", "soma de verificação do arquivo"),
    "level_full": ("every row and every file", "cada linha e cada arquivo"),
    "level_drill": ("by a trial restore", "por uma restauração de teste"),
    "claimed": ("claimed, not proved by a key", "declarado, não comprovado por chave"),
    "drilled": ("Last trial restore", "Última restauração de teste"),
    "drill_whole": ("database and media, back in {duration}", "banco e mídias, de volta em {duration}"),
    "drill_part": ("only {covers}", "somente {covers}"),
    "database": ("database", "banco"),
    "copied": ("Newest copy elsewhere", "Cópia externa mais recente"),
    "disk": ("Disk of the backups", "Disco dos backups"),
    "disk_free": ("{free} free of {total}", "{free} livres de {total}"),
    "disk_room": (
        "room for {count} more like the newest",
        "espaço para mais {count} como o mais recente",
    ),
    "previous": ("Kept for undoing restores", "Guardado para desfazer restaurações"),
    "previous_since": ("since {moment}", "desde {moment}"),
    "timeline": ("Timeline", "Linha do tempo"),
    "timeline_caption": (
        "Each mark is one backup or one proof of it, over {days} days.",
        "Cada marca é um backup ou uma comprovação dele, ao longo de {days} dias.",
    ),
    "lane_backup": ("made", "feito"),
    "lane_verified": ("verified", "verificado"),
    "lane_drilled": ("trial restore", "restaurado"),
    "lane_synced": ("copied", "copiado"),
    "sizes": ("Size", "Tamanho"),
    "sizes_caption": (
        "The last {count} good backups. {change} over {days} days.",
        "Os últimos {count} backups bons. {change} em {days} dias.",
    ),
    "sizes_same": ("No change", "Sem mudança"),
    "jobs": ("Scheduled jobs", "Tarefas agendadas"),
    "job": ("Job", "Tarefa"),
    "state": ("State", "Situação"),
    "ended": ("Ended", "Terminou"),
    "last_success": ("Last success", "Último sucesso"),
    "reason": ("Reason", "Motivo"),
    "running": ("running", "em andamento"),
    "finished": ("finished", "concluída"),
    "failed": ("failed", "falhou"),
    "died": ("cut off", "interrompida"),
    "backups": ("Backups", "Backups"),
    "backup": ("Backup", "Backup"),
    "made": ("Made", "Feito"),
    "size": ("Size", "Tamanho"),
    "proofs": ("Proofs", "Comprovações"),
    "holds": ("Holds", "Contém"),
    "encryption": ("Encryption", "Criptografia"),
    "more": ("and {count} older ones", "e mais {count} anteriores"),
    "host": ("Host", "Servidor"),
    "whole": ("good", "bom"),
    "audit": ("Audit log", "Registro de auditoria"),
    "audit_lines": ("{lines} lines, last hash {head}", "{lines} linhas, último hash {head}"),
    "audit_intact": ("as it was written", "como foi gravado"),
    "audit_changed": ("not as it was written", "não está como foi gravado"),
}

_MONTHS = (
    ("Jan", "jan"), ("Feb", "fev"), ("Mar", "mar"), ("Apr", "abr"), ("May", "mai"), ("Jun", "jun"),
    ("Jul", "jul"), ("Aug", "ago"), ("Sep", "set"), ("Oct", "out"), ("Nov", "nov"), ("Dec", "dez"),
)  # fmt: skip


class Words:
    """One language's words and numbers.

    :param language: ``en`` or ``pt``.
    :param now: what ages are counted from.
    """

    def __init__(self, language: str, now: datetime.datetime) -> None:
        self._portuguese = language == "pt"
        self.now = now

    @property
    def tag(self) -> str:
        """The language as HTML names it."""
        return "pt-BR" if self._portuguese else "en"

    def say(self, key: str, **facts: object) -> str:
        """Return a word or sentence."""
        return _WORDS[key][self._portuguese].format(**facts)

    def knows(self, key: str) -> bool:
        """Return whether there is such a word."""
        return key in _WORDS

    def size(self, size: int) -> str:
        """Return a number of bytes: ``1.2 GB``, ``1,2 GB``."""
        return self._number(human_size(size))

    def count(self, count: int) -> str:
        """Return a number, its thousands apart."""
        text = f"{count:,}"
        return text.replace(",", ".") if self._portuguese else text

    def percent(self, percent: float) -> str:
        """Return a percentage."""
        return self._number(f"{percent:g}") + " %"

    def _number(self, text: str) -> str:
        return text.replace(".", ",") if self._portuguese else text

    def duration(self, seconds: float) -> str:
        """Return a duration, in its two largest units."""
        return human_duration(seconds)

    def age(self, moment: datetime.datetime) -> str:
        """Return how long ago a moment is."""
        return self.say("ago", age=human_duration(max(0.0, (self.now - moment).total_seconds())))

    def moment(self, moment: datetime.datetime) -> str:
        """Return a moment in this host's time, with the offset from UTC."""
        local = moment.astimezone()
        month = _MONTHS[local.month - 1][self._portuguese]
        offset = local.strftime("%z")
        zone = "UTC" if offset in ("+0000", "-0000") else f"UTC{offset[:3]}:{offset[3:]}"
        return f"{local.day} {month} {local.year} {local:%H:%M} {zone}"

    def day(self, moment: datetime.datetime) -> str:
        """Return a day without its year."""
        local = moment.astimezone()
        return f"{local.day} {_MONTHS[local.month - 1][self._portuguese]}"


def parse(text: object) -> datetime.datetime | None:
    """Return a moment as results write it; None for what is none."""
    try:
        return times.from_text(str(text))
    except (ValueError, OverflowError):
        return None
