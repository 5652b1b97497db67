# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Drills in a few lines for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._store import times
from .._store.units import human_duration
from .phrases import number, say, seconds


def drill_lines(found: Mapping[str, Any] | None, check: bool, language: str) -> list[str]:
    """Return what a drill has done, or would do; nothing where none was asked for."""
    if not found:
        return []
    where = {
        "server": found["server"],
        "version": found["database_version"],
        "tables": number(found["tables"], language),
        "rows": number(found["rows"], language),
    }
    if check:
        would = [say("drill_would", language, **where)]
        if not found["complete"]:
            would.append(say("drill_would_part", language, covers=_covers(found["covers"], language)))
        return would
    lines = [say("drilled", language, **where)]
    if found["files"]:
        lines.append(say("drilled_files", language, files=number(found["files"], language)))
    proofs = [proof["proof"] for proof in found["sequences"]]
    lines.append(
        say(
            "drilled_sequences",
            language,
            inserted=number(proofs.count("insert"), language),
            value=number(proofs.count("value"), language),
            none=number(proofs.count("none"), language),
        )
    )
    phrase = "drilled_rto" if found["complete"] else "drilled_part"
    covers = _covers(found["covers"], language)
    lines.append(say(phrase, language, rto=seconds(found["ready_after"]), covers=covers))
    steps = ", ".join(f"{step} {seconds(taken)}" for step, taken in found["steps"].items())
    return [*lines, "  " + steps, say("drilled_dropped", language, duration=seconds(found["duration"]))]


def last_drill_lines(found: Mapping[str, Any] | None, language: str) -> list[str]:
    """Return when a store's last drill was; nothing where there was none."""
    if not found:
        return []
    age = human_duration((times.utc_now() - times.from_text(found["when"])).total_seconds())
    facts = {"id": found["id"], "age": age, "covers": _covers(found["covers"], language)}
    facts["word"] = proof_word(found, language)
    if not found["complete"]:
        return [say("last_drill_part", language, **facts)]
    rto = "?" if found["rto"] is None else seconds(found["rto"])
    return [say("last_drill", language, rto=rto, **facts)]


def proof_word(found: Mapping[str, Any], language: str) -> str:
    """Return whether the encryption key proves a verification or a drill, in a word."""
    return say("proved" if found["proved"] else "claimed", language)


def _covers(covers: Sequence[str], language: str) -> str:
    """Return what a drill restored."""
    return say("database_only", language) if list(covers) == ["database"] else ", ".join(covers)
