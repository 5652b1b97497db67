# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The state of the backups as metrics in Prometheus's text format."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .._libraries import require
from .._run.run_status import FINISHED, RUNNING
from .._store import sidecar, times
from .._store.listing import Backup
from .._version import VERSION
from .monitoring import Seen, Settings, look

#: metric (without ``ticketz_``) → (what it is, labels next to ``name``)
METRICS: dict[str, tuple[str, tuple[str, ...]]] = {
    "sidekick_info": ("Version of the collection; always 1.", ("version",)),
    "seen_timestamp_seconds": ("When all this was looked at.", ()),
    "seen_duration_seconds": ("How long looking took.", ()),
    "store_readable": ("Whether the directory of backups can be looked at (1) or not (0).", ()),
    "healthy": ("Whether nothing critical is wrong (1) or something is (0).", ()),
    "problems": ("Problems by their codes, as ticketz_backup_info reports them.", ("severity", "code")),
    "backups": ("Backups in the directory.", ("state", "format")),
    "backups_size_bytes": ("Size of all archives in the directory.", ()),
    "backup_last_success_timestamp_seconds": ("When the newest good backup was made.", ()),
    "backup_last_success_size_bytes": ("Size of the newest good backup.", ()),
    "backup_last_success_duration_seconds": ("How long making the newest good backup took.", ()),
    "backup_last_success_files": ("Files in the newest good backup.", ()),
    "backup_last_success_rows": ("Rows in the newest good backup.", ()),
    "backup_max_age_seconds": ("How old the newest good backup may be.", ()),
    "backup_min_size_bytes": ("How large the newest good backup must be.", ()),
    "proof_last_timestamp_seconds": (
        "When a good backup was last proved, as its sidecar claims.",
        ("proof", "level"),
    ),
    "drill_last_complete": (
        "Whether the last drill restored the database and all directories (1) or not (0).",
        (),
    ),
    "drill_last_rto_seconds": (
        "How long the last drill took until everything was restored, if it restored all.",
        (),
    ),
    "previous_data": ("What restores replaced and is kept for an undo, by number.", ()),
    "previous_data_size_bytes": ("What all of that takes on the disks, as far as it is known.", ()),
    "previous_data_oldest_timestamp_seconds": (
        "When the oldest of it was replaced; 0 where there is none.",
        (),
    ),
    "disk_size_bytes": ("Size of the disk that holds the backups.", ()),
    "disk_used_bytes": ("What of that disk is used.", ()),
    "disk_free_bytes": ("What may still be written to it.", ()),
    "disk_used_ratio": ("Used part of what is used or free, from 0 to 1.", ()),
    "disk_warning_ratio": ("From which part on there is a warning.", ()),
    "disk_critical_ratio": ("From which part on it is critical.", ()),
    "audit_intact": ("Whether the audit log is as it was written (1) or not (0).", ()),
    "audit_lines": ("Lines of the audit log.", ()),
    "plan_last_start_timestamp_seconds": ("When a scheduled plan last began.", ("plan",)),
    "plan_last_end_timestamp_seconds": ("When it last ended.", ("plan",)),
    "plan_last_success_timestamp_seconds": ("When it last ended without any warning.", ("plan",)),
    "plan_last_exit_status": (
        "How it last ended: 0 is well, 3 needs a person, others are failures.",
        ("plan",),
    ),
    "plan_last_failed": ("Whether its last run failed or died (1) or not (0).", ("plan",)),
    "plan_running": ("Whether it is at work (1) or not (0).", ("plan",)),
}

#: One value: metric, values of its labels next to ``name``, value.
Sample = tuple[str, tuple[str, ...], float]


def text(settings: Settings) -> bytes:
    """Look, and return the metrics.

    Raise HostError (``library_missing``).
    """
    found: bytes = require("prometheus_client").generate_latest(registry(settings))
    return found


def registry(settings: Settings) -> Any:
    """Return a registry of prometheus_client that looks each time it is asked.

    Raise HostError (``library_missing``).
    """
    client, core = require("prometheus_client"), require("prometheus_client.core")

    class Collector:
        """Makes families of what is seen."""

        def describe(self) -> list[Any]:
            """Return nothing: registering should not look."""
            return []

        def collect(self) -> Iterator[Any]:
            """Look, and yield the families."""
            by_metric: dict[str, list[Sample]] = {}
            for sample in samples(settings, look(settings)):
                by_metric.setdefault(sample[0], []).append(sample)
            for metric, found in by_metric.items():
                meaning, labels = METRICS[metric]
                family = core.GaugeMetricFamily(f"ticketz_{metric}", meaning, labels=("name", *labels))
                for _metric, values, value in found:
                    family.add_metric((settings.name, *values), value)
                yield family

    made = client.CollectorRegistry(auto_describe=False)
    made.register(Collector())
    return made


def samples(settings: Settings, seen: Seen) -> Iterator[Sample]:
    """Return the values of what was seen."""
    limits = settings.request.limits
    yield "sidekick_info", (VERSION,), 1
    yield "seen_timestamp_seconds", (), seen.at
    yield "seen_duration_seconds", (), seen.took
    yield "store_readable", (), seen.info is not None
    yield "backup_max_age_seconds", (), limits.max_age
    yield "backup_min_size_bytes", (), limits.min_size
    yield "disk_warning_ratio", (), limits.disk_warning / 100
    yield "disk_critical_ratio", (), limits.disk_critical / 100
    yield "healthy", (), seen.info is not None and seen.info.healthy
    if seen.error:
        yield "problems", ("critical", seen.error.code), 1
    if seen.info:
        found = Counter((problem.severity, problem.code) for problem in seen.info.problems)
        for (severity, code), count in sorted(found.items()):
            yield "problems", (severity, code), count
        yield from _backups(seen.info.backups, seen.info.latest)
        disk = seen.info.disk
        yield "disk_size_bytes", (), disk.total
        yield "disk_used_bytes", (), disk.used
        yield "disk_free_bytes", (), disk.free
        yield "disk_used_ratio", (), disk.percent / 100
        drill = seen.info.last_drill
        if drill:
            yield "drill_last_complete", (), drill.complete
        if drill and drill.rto is not None:
            yield "drill_last_rto_seconds", (), drill.rto
        yield from _previous(seen.info.previous)
        yield "audit_intact", (), seen.info.audit.intact
        yield "audit_lines", (), seen.info.audit.lines
    for run in seen.runs:
        yield from _run(run, settings.name)


def _backups(backups: Iterable[Backup], latest: Backup | None) -> Iterator[Sample]:
    states = Counter((backup.state, backup.format) for backup in backups)
    # Also where there is none: an alert can't be made of what is not there.
    states.setdefault(("good", "1"), 0)
    for labels, count in sorted(states.items()):
        yield "backups", labels, count
    yield "backups_size_bytes", (), sum(backup.size for backup in backups)
    yield "backup_last_success_timestamp_seconds", (), latest.created.timestamp() if latest else 0
    yield "backup_last_success_size_bytes", (), latest.size if latest else 0
    if latest and latest.sidecar:
        yield "backup_last_success_duration_seconds", (), latest.sidecar.duration
        files = sum(directory.files for directory in latest.sidecar.directories.values())
        yield "backup_last_success_files", (), files
        yield "backup_last_success_rows", (), latest.sidecar.database.rows if latest.sidecar.database else 0
    yield from _proofs(backups)


def _previous(found: Sequence[Mapping[str, Any]]) -> Iterator[Sample]:
    yield "previous_data", (), len(found)
    yield "previous_data_size_bytes", (), sum(item["size"] or 0 for item in found)
    oldest = times.from_text(found[0]["created"]).timestamp() if found else 0
    yield "previous_data_oldest_timestamp_seconds", (), oldest


def _proofs(backups: Iterable[Backup]) -> Iterator[Sample]:
    newest: dict[tuple[str, str], float] = {}
    for backup in backups:
        if not backup.good or not backup.sidecar:
            continue
        for kind, proof in backup.sidecar.proofs.items():
            if kind not in (sidecar.DAMAGED, sidecar.DRILL_FAILED):
                labels = (kind, proof.level or "")
                newest[labels] = max(newest.get(labels, 0), times.from_text(proof.when).timestamp())
    for labels, when in sorted(newest.items()):
        yield "proof_last_timestamp_seconds", labels, when


def _run(run: Mapping[str, Any], name: str) -> Iterator[Sample]:
    plan = (str(run.get("name", "?")).removeprefix(f"{name}-"),)
    state = run.get("state")
    for metric, field in (
        ("plan_last_start_timestamp_seconds", "started"),
        ("plan_last_end_timestamp_seconds", "finished"),
        ("plan_last_success_timestamp_seconds", "last_success"),
    ):
        moment = _moment(run.get(field))
        if moment is not None:
            yield metric, plan, moment
    status = run.get("exit_status")
    if isinstance(status, int):
        yield "plan_last_exit_status", plan, status
    yield "plan_last_failed", plan, state not in (RUNNING, FINISHED)
    yield "plan_running", plan, state == RUNNING


def _moment(value: object) -> float | None:
    try:
        return times.from_text(value).timestamp() if isinstance(value, str) else None
    except ValueError:
        return None
