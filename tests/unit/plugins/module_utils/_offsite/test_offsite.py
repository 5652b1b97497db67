# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies to and from another host, with a real sshd and rsync: transfers, refusals, and interrupted transfers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import SidekickError
from ansible_collections.ticketz.sidekick.plugins.module_utils._offsite import rsync
from ansible_collections.ticketz.sidekick.plugins.module_utils._outcome import Outcome
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.options import validate
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.verbs import load
from ansible_collections.ticketz.sidekick.plugins.module_utils._store import listing
from ansible_collections.ticketz.sidekick.plugins.module_utils._store.store import Store
from ansible_collections.ticketz.sidekick.tests.support.second_host import PROGRAM, SecondHost
from ansible_collections.ticketz.sidekick.tests.support.store_samples import SOURCE, add_backup
from ansible_collections.ticketz.sidekick.tests.support.waiting import wait_until

OLD, MIDDLE, NEW = "backup_20260110_020000", "backup_20260111_020000", "backup_20260112_020000"


class Sides(NamedTuple):
    """This host's directory, the other host, and functions for tests."""

    here: Path
    there: SecondHost
    source: Store
    copies: Path

    def sync(self, check: bool = False, **more: Any) -> Outcome:
        verb = load("offsite")
        given = self.there.options(self.here, **more)
        return verb.run(validate(verb.spec, given, verb="offsite", source="test"), check)

    def refusal(self, **more: Any) -> SidekickError:
        with pytest.raises(SidekickError) as caught:
            self.sync(**more)
        return caught.value


def contents(directory: Path) -> dict[str, bytes]:
    """Return the files in a directory, except locks, the directory of incoming archives, and the log, which each run changes."""
    return {
        path.name: path.read_bytes()
        for path in sorted(directory.iterdir())
        if path.is_file() and not path.name.startswith(".") and path.name != "audit.jsonl"
    }


def archives(directory: Path) -> list[str]:
    return [name.split(".")[0] for name in contents(directory) if name.endswith(".tar.gz")]


@pytest.fixture
def sides(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Sides]:
    """A store with a backup, an empty directory for copies, and a second host that has one of them."""
    direction = getattr(request, "param", "push")
    for name in ("store", "copies", "host"):
        (tmp_path / name).mkdir(mode=0o700)
    store = Store.open(tmp_path / "store")
    store.claim(SOURCE)
    add_backup(store, OLD, b"old" * 50_000)
    copies = tmp_path / "copies"
    here, directory = (store.path, copies) if direction == "push" else (copies, store.path)
    there = SecondHost(tmp_path / "host", directory, direction)
    with there.running():
        yield Sides(here, there, store, copies)


both = pytest.mark.parametrize("sides", ["push", "pull"], indirect=True)


@pytest.mark.parametrize("sides", ["push", pytest.param("pull", marks=pytest.mark.long)], indirect=True)
def test_what_is_missing_is_copied_newest_first_and_proved(sides: Sides) -> None:
    add_backup(sides.source, MIDDLE, b"middle" * 50_000)
    would = sides.sync(check=True)
    assert would.changed and contents(sides.copies) == {}
    done = sides.sync()
    assert [item["file"] for item in done.results["copied"]] == [f"{MIDDLE}.tar.gz", f"{OLD}.tar.gz"]
    assert done.results["copied"] == would.results["copied"]
    ours, theirs = contents(sides.source.path), contents(sides.copies)
    assert theirs.keys() == ours.keys()
    assert all(theirs[name] == ours[name] for name in ours if not name.endswith(".tar.gz.json"))
    for backup in listing.list_backups(sides.copies):
        assert backup.good and backup.mode == 0o600
        assert backup.sidecar and {"synced", "verified"} <= backup.sidecar.proofs.keys()
    assert list((sides.copies / ".incoming").glob("backup*")) == []
    again = sides.sync()
    assert (again.changed, again.results["known"], again.results["healthy"]) == (False, 2, True)
    assert contents(sides.copies) == theirs
    for backup in listing.list_backups(sides.source.path):
        assert backup.sidecar
        # The sender records the copy; a key that may only read does not change the store.
        proof = backup.sidecar.proofs.get("synced")
        assert (proof and proof.by) == (
            f"offsite {again.results['host']}" if sides.here != sides.copies else None
        )


@pytest.mark.long
def test_an_emptied_origin_removes_nothing_and_is_told(sides: Sides) -> None:
    sides.sync()
    kept = contents(sides.copies)
    for path in sides.source.path.iterdir():
        if path.is_file():
            path.unlink()
    done = sides.sync()
    assert done.results["healthy"] is False
    told = [item["code"] for item in done.results["problems"]]
    assert told == ["offsite_source_empty", "offsite_log_changed"]
    assert contents(sides.copies) == kept


@pytest.mark.long
def test_an_archive_that_became_another_is_not_copied_over_its_copy(sides: Sides) -> None:
    sides.sync()
    kept = contents(sides.copies)
    # Like an attacker who encrypts a host's files and updates the sidecars.
    for name in (f"{OLD}.tar.gz", f"{OLD}.tar.gz.json"):
        (sides.source.path / name).unlink()
    add_backup(sides.source, OLD, b"held to ransom")
    done = sides.sync()
    assert [item["code"] for item in done.results["problems"]] == ["offsite_copy_differs"]
    assert contents(sides.copies) == kept


@pytest.mark.long
def test_what_is_not_what_its_sidecar_says_becomes_no_copy(sides: Sides) -> None:
    archive = sides.source.path / f"{OLD}.tar.gz"
    archive.write_bytes(archive.read_bytes()[:-1] + b"!")
    error = sides.refusal()
    assert "offsite_arrived_damaged" in (error.code, error.facts.get("remote_code"))
    assert archives(sides.copies) == []
    assert list((sides.copies / ".incoming").glob("backup*")) == []


@pytest.mark.long
def test_a_damaged_copy_is_found_and_never_replaced(sides: Sides) -> None:
    sides.sync()
    copy = sides.copies / f"{OLD}.tar.gz"
    copy.write_bytes(b"!" + copy.read_bytes()[1:])
    damaged = copy.read_bytes()
    # Copies are not checked again before they are due.
    assert sides.sync().results["healthy"] is True
    # The damage is found when the check is due, and reported by each later run.
    for recheck in ("0", "never"):
        done = sides.sync(offsite_recheck=recheck)
        told = [(item["code"], OLD in item["message"]) for item in done.results["problems"]]
        assert told == [("offsite_copy_damaged", True)]
    assert copy.read_bytes() == damaged
    (found,) = [item for item in listing.list_backups(sides.copies) if item.id == OLD]
    assert found.state == listing.DAMAGED


def test_another_stores_copies_are_left_alone(sides: Sides, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir(mode=0o700)
    other = Store.open(tmp_path / "other")
    other.claim(SOURCE)
    record = other.path / "store.json"
    (sides.copies / "store.json").write_bytes(record.read_bytes())
    error = sides.refusal()
    assert "offsite_other_store" in (error.code, error.facts.get("remote_code"))
    assert contents(sides.copies)["store.json"] == record.read_bytes()
    assert archives(sides.copies) == []


@pytest.mark.long
def test_a_log_is_continued_and_one_that_was_shortened_is_told(sides: Sides) -> None:
    log, copy = sides.source.path / "audit.jsonl", sides.copies / "audit.jsonl"
    sides.sync()
    # Lines that the run writes after the log was copied, and incomplete lines, are copied by the next run.
    assert copy.read_bytes() and log.read_bytes().startswith(copy.read_bytes())
    first = copy.read_bytes()
    with log.open("a") as more:
        more.write('{"half')
    sides.sync()
    assert copy.read_bytes().startswith(first) and len(copy.read_bytes()) > len(first)
    assert b"half" not in copy.read_bytes().splitlines()[-1]
    kept = copy.read_bytes()
    log.write_text('{"a": 1}\n')
    done = sides.sync()
    assert [item["code"] for item in done.results["problems"]] == ["offsite_log_changed"]
    assert copy.read_bytes() == kept


@pytest.mark.long
def test_what_is_done_to_copies_is_not_written_into_their_origins_log(sides: Sides) -> None:
    sides.sync()
    kept = contents(sides.copies)
    verb = load("prune")
    given = {"backup_dir": str(sides.copies), "keep_last": 1}
    verb.run(validate(verb.spec, given, verb="prune", source="test"), False)
    assert contents(sides.copies) == kept


@both
def test_a_changed_host_key_ends_it(sides: Sides, tmp_path: Path) -> None:
    sides.there.trust(tmp_path / "another")
    error = sides.refusal()
    assert error.code == "offsite_host_key"
    assert str(sides.there.known_hosts) in str(error)
    sides.there.known_hosts.write_text("")
    assert sides.refusal().code == "offsite_host_key"
    assert contents(sides.copies) == {}


def test_other_trouble_with_the_connection_has_names_of_its_own(sides: Sides, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "k")], check=True)
    assert sides.refusal(offsite_identity_file=str(tmp_path / "k")).code == "offsite_key_refused"
    sides.there.key.chmod(0o644)
    assert sides.refusal().code == "offsite_key_open"
    sides.there.key.chmod(0o600)
    assert sides.refusal(offsite_port=1).code == "offsite_unreachable"
    for option, value in {
        "offsite_host": "-oProxyCommand=id",
        "offsite_user": "a b",
        "offsite_port": 0,
    }.items():
        assert sides.refusal(**{option: value}).code == "option_invalid"


@pytest.mark.parametrize(("sides", "victim"), [("push", "rsync"), ("pull", "ssh")], indirect=["sides"])
@pytest.mark.long
def test_a_transfer_that_was_cut_off_goes_on_from_there(sides: Sides, tmp_path: Path, victim: str) -> None:
    archive = add_backup(sides.source, NEW, os.urandom(3_000_000))
    options = tmp_path / "options.json"
    options.write_text(json.dumps(sides.there.options(sides.here, offsite_bandwidth=1000)))
    options.chmod(0o600)
    run = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "offsite", "--options", str(options)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    staged = sides.copies / ".incoming" / archive.name
    wait_until(lambda: staged.exists() and staged.stat().st_size > 1_000_000)
    for pid in children(run.pid, victim):
        os.kill(pid, signal.SIGKILL)
    _out, said = run.communicate(timeout=300)
    assert run.returncode == 1 and "goes on from there" in said
    assert archives(sides.copies) == []
    wait_until(lambda: not_held(sides.copies))
    assert staged.stat().st_size >= 1_000_000
    arrived = staged.stat().st_ino
    done = sides.sync()
    assert done.results["copied"][0]["file"] == archive.name
    copy = sides.copies / archive.name
    assert copy.read_bytes() == archive.read_bytes() and copy.stat().st_ino == arrived


def not_held(copies: Path) -> bool:
    """Return whether the other host's rsync has ended, too."""
    from ansible_collections.ticketz.sidekick.plugins.module_utils._offsite import incoming

    try:
        incoming.lock(copies).acquire().release()
    except SidekickError:
        return False
    return True


def children(pid: int, name: str) -> list[int]:
    """Return the descendants of a process that have a name."""
    found, parents = [], {pid}
    table = subprocess.run(
        ["ps", "-eo", "pid=,ppid=,comm="], capture_output=True, text=True, check=True
    ).stdout
    rows = sorted((int(a), int(b), c) for a, b, c in (line.split(None, 2) for line in table.splitlines()))
    for child, parent, command in rows:
        if parent in parents:
            parents.add(child)
            if command.strip() == name:
                found.append(child)
    assert found
    return found


@pytest.mark.long
def test_a_stolen_key_that_sends_can_only_add(sides: Sides, tmp_path: Path) -> None:
    sides.sync()
    kept = contents(sides.copies)
    (tmp_path / "evil").mkdir()
    evil = tmp_path / "evil" / f"{OLD}.tar.gz"
    evil.write_bytes(b"evil")
    there = sides.there
    for words in (
        ("id",),
        (),
        ("rm", "-rf", str(sides.copies)),
        ("ticketz-offsite-1", "list;id"),
        ("ticketz-offsite-1", "sidecar", f"{OLD}.tar.gz"),
        ("ticketz-offsite-1", "discard", "../store.json"),
        ("ticketz-offsite-1", "append", "store.json", "0", "0" * 64),
        ("rsync", "--server", "-te.LsfxCIvu", "--inplace", ".", "/etc/cron.d/evil"),
        ("rsync", "--server", "-te.LsfxCIvu", "--inplace", ".", f"../{OLD}.tar.gz"),
        ("rsync", "--server", "-te.LsfxCIvu", "--inplace", "--delete", ".", f"{NEW}.tar.gz"),
    ):
        done = there.ssh(*words)
        assert done.returncode == 1, words
        assert json.loads(done.stdout)["error"]["code"] == "offsite_refused", words
    flags = ("--inplace", "--no-whole-file", "--times", "--timeout=30")
    for words in (
        (*flags, str(evil), f"{{host}}:{evil.name}"),  # overwrite
        ("-r", "--delete", f"{tmp_path}/evil/", "{host}:./"),
        (*flags, "{host}:" + evil.name, str(tmp_path)),  # read
        ("--list-only", "{host}:"),
    ):
        done = there.rsync(*words)
        assert done.returncode != 0, words
        assert "passwd" not in done.stdout
    described = json.dumps({**json.loads(kept[f"{OLD}.tar.gz.json"]), "size": 4})
    answer = there.ssh("ticketz-offsite-1", "publish", evil.name, stdin=None, input=described)
    assert answer.returncode == 1
    sftp = subprocess.run(
        [
            *("sftp", "-F", "none", "-o", f"UserKnownHostsFile={there.known_hosts}", "-i", str(there.key)),
            *("-P", str(there.port), "-b", "-", f"{there.user}@127.0.0.1"),
        ],
        input=f"rm {sides.copies}/{OLD}.tar.gz\n",
        text=True,
        capture_output=True,
        check=False,
    )
    assert sftp.returncode != 0
    assert contents(sides.copies) == kept


@pytest.mark.long
def test_what_a_hostile_rsync_leaves_in_the_private_place_does_no_harm(sides: Sides) -> None:
    sides.sync()
    incoming = sides.copies / ".incoming"
    # A directory, then a link to existing data, with the name of the next archive.
    (incoming / f"{NEW}.tar.gz").mkdir()
    (incoming / f"{NEW}.tar.gz" / "x").write_text("x")
    add_backup(sides.source, NEW, b"new")
    assert [item["file"] for item in sides.sync().results["copied"]] == [f"{NEW}.tar.gz"]
    later = "backup_20260113_020000"
    os.link(sides.copies / f"{NEW}.tar.gz", incoming / f"{later}.tar.gz")
    add_backup(sides.source, later, b"later")
    sides.sync()
    assert (sides.copies / f"{NEW}.tar.gz").read_bytes() == b"new"
    assert (sides.copies / f"{later}.tar.gz").read_bytes() == b"later"


@pytest.mark.parametrize("sides", ["pull"], indirect=True)
@pytest.mark.long
def test_a_stolen_key_that_reads_can_only_read_backups(sides: Sides, tmp_path: Path) -> None:
    (sides.source.path / "secret").write_text("x")
    kept = contents(sides.source.path)
    for words in (
        ("id",),
        ("ticketz-offsite-1", "publish", f"{NEW}.tar.gz"),
        ("ticketz-offsite-1", "check", f"{OLD}.tar.gz"),
        ("ticketz-offsite-1", "sidecar", "../host/key"),
        ("ticketz-offsite-1", "rest", "secret", "0", "0" * 64),
        ("rsync", "--server", "-te.LsfxCIvu", "--inplace", ".", f"{NEW}.tar.gz"),
        ("rsync", "--server", "--sender", "-te.LsfxCIvu", "--inplace", ".", "secret"),
        ("rsync", "--server", "--sender", "-te.LsfxCIvu", "--inplace", ".", "/etc/passwd"),
        ("rsync", "--server", "--sender", "-tLe.LsfxCIvu", "--inplace", ".", f"{OLD}.tar.gz"),
    ):
        done = sides.there.ssh(*words)
        assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (1, "offsite_refused"), words
    assert contents(sides.source.path) == kept


@pytest.mark.parametrize(
    "asked",
    [
        "rsync --server -te.LsfxC --timeout=120 --inplace . backup_20260110_020000.tar.gz",  # 3.1.3
        "rsync --server -te.LsfxCIvu --timeout=120 --bwlimit=500 --inplace . backup_20260110_020000.tar.zst.enc",
    ],
)
def test_what_our_own_rsync_asks_in_each_version_is_allowed(asked: str) -> None:
    command, file = rsync.server_command(asked, sending=False)
    assert command == asked.split(" ") and file == asked.rsplit(" ", 1)[1]
    assert rsync.server_command(asked.replace("--server", "--server --sender"), sending=True)[1] == file


@pytest.mark.long
def test_the_newest_few_are_enough_where_that_is_asked(sides: Sides) -> None:
    add_backup(sides.source, MIDDLE, b"middle")
    sides.sync(offsite_newest=1)
    assert archives(sides.copies) == [MIDDLE]
