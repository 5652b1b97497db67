# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._store import (
    audit,
    audit_check,
    audit_lines,
    listing,
    sidecar,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.audit_check import AuditReport, Witness
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.audit_lines import Head
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.store_samples import (
    SOURCE,
    add_backup,
    forked,
    id_before,
    kill_at_each_line,
    on_own_mount,
)

PAGE = Path(__file__).resolve().parents[5] / "docs" / "audit.md"


def _write(directory: Path, count: int) -> list[Head]:
    return [audit.append(directory, {"verb": "backup", "number": number}) for number in range(count)]


def _lines(directory: Path) -> list[bytes]:
    return (directory / audit.LOG_FILE).read_bytes().splitlines(keepends=True)


def _replace(directory: Path, lines: list[bytes]) -> None:
    (directory / audit.LOG_FILE).write_bytes(b"".join(lines))


def _codes(report: AuditReport) -> list[str]:
    """Return the codes of the problems; for altered lines, the kind of change."""
    return [str(problem.notice.facts.get("problem", problem.code)) for problem in report.problems]


def _facts(report: AuditReport, code: str) -> dict[str, object]:
    (found,) = [
        problem.notice.facts
        for problem in report.problems
        if problem.notice.facts.get("problem", problem.code) == code
    ]
    return found


@pytest.fixture
def eight(tmp_path: Path) -> tuple[Path, list[Witness]]:
    """A log with eight lines, and a backup that has recorded the fifth."""
    heads = _write(tmp_path, 8)
    return tmp_path, [Witness(heads[4], "the sidecar of backup_1")]


def test_each_line_names_the_one_above(tmp_path: Path) -> None:
    heads = _write(tmp_path, 3)
    path = tmp_path / audit.LOG_FILE
    told = [json.loads(line) for line in _lines(tmp_path)]
    assert [line["sequence"] for line in told] == [1, 2, 3]
    assert [line["previous"] for line in told] == ["0" * 64, heads[0].sha256, heads[1].sha256]
    assert [line["number"] for line in told] == [0, 1, 2]
    assert audit.head(tmp_path) == audit.remembered(tmp_path) == heads[2]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    report = audit_check.check(tmp_path, [])
    assert (report.lines, report.torn, report.head, report.problems) == (3, 0, heads[2], ())
    assert report.intact


def test_where_there_is_no_log_nothing_is_wrong(tmp_path: Path) -> None:
    assert audit.head(tmp_path) is None
    report = audit_check.check(tmp_path, [])
    assert (report.lines, report.head, report.problems, report.intact) == (0, None, (), True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_makes_it_the_stores_owners(tmp_path: Path) -> None:
    os.chown(tmp_path, 1001, 1001)
    audit.append(tmp_path, {})
    for name in (audit.LOG_FILE, audit.HEAD_FILE):
        found = (tmp_path / name).stat()
        assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (1001, 1001, 0o600)


def test_any_altered_line_shows(eight: tuple[Path, list[Witness]]) -> None:
    directory, known = eight
    lines = _lines(directory)
    for number, line in enumerate(lines, 1):
        changed = line.replace(f'"number":{number - 1}'.encode(), b'"number":9')
        assert changed != line
        _replace(directory, [*lines[: number - 1], changed, *lines[number:]])
        report = audit_check.check(directory, known)
        assert not report.intact
        assert _codes(report) == ["altered"], number
        assert _facts(report, "altered")["lines"] == str(number)


def test_any_flipped_byte_shows(eight: tuple[Path, list[Witness]]) -> None:
    directory, known = eight
    data = (directory / audit.LOG_FILE).read_bytes()
    for position in range(len(data)):
        flipped = bytearray(data)
        flipped[position] ^= 1
        (directory / audit.LOG_FILE).write_bytes(flipped)
        assert not audit_check.check(directory, known).intact, position


def test_any_removed_line_shows(eight: tuple[Path, list[Witness]]) -> None:
    directory, known = eight
    lines = _lines(directory)
    for number in range(1, 9):
        _replace(directory, lines[: number - 1] + lines[number:])
        report = audit_check.check(directory, known)
        if number == 8:
            assert _codes(report) == ["cut"]
            assert _facts(report, "cut")["last"] == 7
        else:
            assert _codes(report) == ["missing"]
            assert _facts(report, "missing")["lines"] == str(number)
    _replace(directory, lines[:2] + lines[5:])
    assert _facts(audit_check.check(directory, known), "missing")["lines"] == "3-5"


def test_any_two_swapped_lines_show(eight: tuple[Path, list[Witness]]) -> None:
    directory, known = eight
    lines = _lines(directory)
    for first in range(8):
        for second in range(first + 1, 8):
            changed = list(lines)
            changed[first], changed[second] = changed[second], changed[first]
            _replace(directory, changed)
            report = audit_check.check(directory, known)
            assert not report.intact, (first, second)
            assert "order" in _codes(report)


def test_a_repeated_and_an_added_line_show(eight: tuple[Path, list[Witness]]) -> None:
    directory, known = eight
    lines = _lines(directory)
    _replace(directory, [*lines[:4], lines[2], *lines[4:]])
    assert _facts(audit_check.check(directory, known), "order")["lines"] == "3"
    for foreign in (b"\n", b'{"verb":"backup"}\n', b"\0" * 200_000 + b"\n"):
        for place in range(9):
            _replace(directory, [*lines[:place], foreign, *lines[place:]])
            assert not audit_check.check(directory, known).intact, (foreign[:9], place)


def test_a_line_written_anew_together_with_all_that_follow_shows(eight: tuple[Path, list[Witness]]) -> None:
    """An attacker can compute a valid chain, but other files have recorded the original hashes."""
    directory, known = eight
    lines = _lines(directory)
    _replace(directory, lines[:3])
    (directory / audit.HEAD_FILE).unlink()
    forged = [audit.append(directory, {"verb": "backup", "number": 99}), *_write(directory, 4)]
    assert audit_check.check(directory, []).intact
    report = audit_check.check(directory, known)
    assert _codes(report) == ["altered"]
    assert _facts(report, "altered")["lines"] == "5"
    assert forged[1].sequence == 5


@pytest.mark.long
def test_a_log_cut_at_any_byte_shows_now_and_after_the_next_runs(eight: tuple[Path, list[Witness]]) -> None:
    directory, known = eight
    data, head = (directory / audit.LOG_FILE).read_bytes(), (directory / audit.HEAD_FILE).read_bytes()
    for size in range(len(data)):
        (directory / audit.LOG_FILE).write_bytes(data[:size])
        (directory / audit.HEAD_FILE).write_bytes(head)
        report = audit_check.check(directory, known)
        assert not report.intact, size
        assert "cut" in _codes(report)
        if size % 5 and size < len(data) - 3:
            continue
        # Further lines do not hide it, not even without any other witness.
        _write(directory, 1 if size % 50 else 9)
        assert not audit_check.check(directory, []).intact, size
        assert (directory / audit.LOG_FILE).read_bytes().startswith(data[:size])


def test_without_the_file_beside_it_a_backup_shows_a_cut(eight: tuple[Path, list[Witness]]) -> None:
    directory, known = eight
    lines = _lines(directory)
    (directory / audit.HEAD_FILE).unlink()
    for kept in range(5):
        _replace(directory, lines[:kept])
        found = _facts(audit_check.check(directory, known), "cut")
        assert (found["last"], found["lines"], found["witness"]) == (kept, 5, "the sidecar of backup_1")


def test_a_log_that_is_gone_shows(eight: tuple[Path, list[Witness]]) -> None:
    directory, known = eight
    (directory / audit.LOG_FILE).unlink()
    assert _codes(audit_check.check(directory, known)) == ["audit_missing"]
    (directory / audit.HEAD_FILE).unlink()
    report = audit_check.check(directory, known)
    assert _facts(report, "audit_missing")["witness"] == "the sidecar of backup_1"
    # A new log does not replace the old one.
    _write(directory, 3)
    assert _codes(audit_check.check(directory, known)) == ["cut"]
    _write(directory, 3)
    assert _codes(audit_check.check(directory, known)) == ["altered"]


def test_something_else_in_its_place_is_told_and_never_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"other")
    os.symlink(other, tmp_path / audit.LOG_FILE)
    assert _codes(audit_check.check(tmp_path, [])) == ["audit_unreadable"]
    with pytest.raises(OSError):
        audit.append(tmp_path, {})
    (tmp_path / audit.LOG_FILE).unlink()
    os.mkfifo(tmp_path / audit.LOG_FILE)
    assert _codes(audit_check.check(tmp_path, [])) == ["audit_unreadable"]
    assert audit.head(tmp_path) is None
    assert other.read_bytes() == b"other"


# --- crashes ------------------------------------------------------------------


def test_what_a_killed_run_left_is_kept_and_explained(tmp_path: Path) -> None:
    """A partially written line is not reported as tampering, and does not prevent further lines."""
    _write(tmp_path, 3)
    log, head = (tmp_path / audit.LOG_FILE).read_bytes(), (tmp_path / audit.HEAD_FILE).read_bytes()
    audit.append(tmp_path, {"verb": "restore", "number": 3})
    following = (tmp_path / audit.LOG_FILE).read_bytes()[len(log) :]
    for size in range(1, len(following)):
        (tmp_path / audit.LOG_FILE).write_bytes(log + following[:size])
        (tmp_path / audit.HEAD_FILE).write_bytes(head)
        report = audit_check.check(tmp_path, [])
        assert (_codes(report), report.intact, report.torn) == (["audit_torn"], True, 1), size
        added = audit.append(tmp_path, {"verb": "backup"})
        report = audit_check.check(tmp_path, [])
        assert (report.problems, report.torn, report.lines, report.head) == ((), 1, 5, added), size
        lines = _lines(tmp_path)
        assert lines[3] == following[:size] + b"\n"
        assert json.loads(lines[4])["torn"] is True
        # The preserved partial line is protected like any other line.
        _replace(tmp_path, [*lines[:3], b"x" + lines[3][1:], lines[4]])
        assert not audit_check.check(tmp_path, []).intact


def test_an_unexplained_fragment_is_no_excuse(eight: tuple[Path, list[Witness]]) -> None:
    directory, known = eight
    lines = _lines(directory)
    _replace(directory, [*lines[:3], lines[3][:20] + b"\n", *lines[4:]])
    assert _facts(audit_check.check(directory, known), "altered")["lines"] == "4"


@pytest.mark.long
def test_a_run_killed_at_any_moment_blocks_nobody(tmp_path: Path) -> None:
    def fresh(number: int) -> Path:
        directory = tmp_path / str(number)
        directory.mkdir()
        _write(directory, 2)
        return directory

    def action(directory: Path) -> None:
        audit.append(directory, {"verb": "killed"})

    count = 0
    for directory in kill_at_each_line(action, fresh, "audit.py"):
        assert audit_check.check(directory, []).intact
        assert audit.append(directory, {"verb": "after"}).sequence in (3, 4)
        report = audit_check.check(directory, [])
        assert report.problems == ()
        count += 1
    assert count > 50


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    def fill() -> None:
        _write(tmp_path, 3)
        before = (tmp_path / audit.LOG_FILE).read_bytes()
        filler = tmp_path / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass
        with pytest.raises(OSError):
            for _turn in range(100):
                audit.append(tmp_path, {"text": "x" * 10_000})
                before = (tmp_path / audit.LOG_FILE).read_bytes()
        assert (tmp_path / audit.LOG_FILE).read_bytes() == before
        filler.unlink()
        _write(tmp_path, 1)
        assert audit_check.check(tmp_path, []).problems == ()

    assert on_own_mount(tmp_path, "size=256k", fill) in {"", *({"no mount"} if os.geteuid() else ())}


def test_several_writers_at_once_make_one_chain(tmp_path: Path) -> None:
    def write(name: str) -> Callable[[], None]:
        def run() -> None:
            for number in range(25):
                audit.append(tmp_path, {"by": name, "number": number})

        return run

    with forked(write("a")) as a, forked(write("b")) as b, forked(write("c")) as c:
        for pid in (a, b, c):
            while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT) is None:
                time.sleep(0.01)
    report = audit_check.check(tmp_path, [])
    assert (report.lines, report.problems) == (75, ())
    told = [json.loads(line) for line in _lines(tmp_path)]
    for name in "abc":
        assert [line["number"] for line in told if line["by"] == name] == list(range(25))


def test_a_line_is_never_longer_than_what_is_read_back(tmp_path: Path) -> None:
    audit.append(
        tmp_path, {"previous": 0, "verb": "prune", "removed": ["\udce9" * 100] * 5000, "result": "done"}
    )
    _write(tmp_path, 1)
    first = _lines(tmp_path)[0]
    assert len(first) <= audit_lines.LINE_LIMIT
    told = json.loads(first)
    assert (told["verb"], told["result"], list(told["removed"])) == ("prune", "done", ["cut_short"])
    assert audit_check.check(tmp_path, []).problems == ()


# --- backups ------------------------------------------------------------------


def test_each_backup_remembers_the_log(tmp_path: Path) -> None:
    store = Store.open(tmp_path / "store", create=True)
    store.claim(SOURCE)
    first = add_backup(store, id_before(days=2))
    assert sidecar.load(sidecar.sidecar_path(first)).audit is None
    head = _write(store.path, 5)[-1]
    second = add_backup(store, id_before(days=1))
    assert sidecar.load(sidecar.sidecar_path(second)).audit == head
    (found,) = audit_check.witnesses(listing.list_backups(store.path))
    assert found == Witness(head, f"the sidecar of {id_before(days=1)}")


def test_a_backup_of_another_store_says_nothing_of_this_ones_log(tmp_path: Path) -> None:
    store, other = (Store.open(tmp_path / name, create=True) for name in ("store", "other"))
    for each in (store, other):
        each.claim(SOURCE)
        _write(each.path, 3)
    made = add_backup(other, id_before(days=1))
    for path in (made, sidecar.sidecar_path(made)):
        path.rename(store.path / path.name)
    assert audit_check.witnesses(listing.list_backups(store.path)) == []


@pytest.mark.long
def test_a_log_of_100000_lines_is_checked_and_goes_on(tmp_path: Path) -> None:
    told = {"verb": "backup", "padding": "x" * 500}
    _first, rest = audit_lines.line(audit_lines.Links("0" * 64, 1), told).split(b'"sequence":1')
    head = audit_lines.EMPTY
    with open(tmp_path / audit.LOG_FILE, "wb") as file:
        for number in range(1, 100_001):
            line = b'{"previous":"%b","sequence":%d%b' % (head.sha256.encode(), number, rest)
            head = Head(number, hashlib.sha256(line).hexdigest())
            file.write(line)
    report = audit_check.check(tmp_path, [Witness(head, "the test")])
    assert (report.lines, report.problems) == (100_000, ())
    assert audit.append(tmp_path, told).sequence == 100_001


# --- documentation ------------------------------------------------------------


def _script() -> str:
    return re.findall(r"^```shell\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)[0]


def test_the_pages_script_finds_what_the_collection_finds(eight: tuple[Path, list[Witness]]) -> None:
    """A third party needs only a shell."""
    directory, _known = eight
    script = _script()

    def run() -> tuple[int, str]:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=directory,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stderr == ""
        return done.returncode, done.stdout

    assert run() == (0, "8 lines, the last one " + _sha256(_lines(directory)[-1]) + "\n")
    lines = _lines(directory)
    _replace(directory, [*lines[:2], lines[2].replace(b"backup", b"backuP"), *lines[3:]])
    assert run() == (1, "line 4 does not follow line 3\n")
    _replace(directory, lines[:4] + lines[5:])
    assert run()[0] == 1


def _sha256(line: bytes) -> str:
    return audit_lines.digest(line)
