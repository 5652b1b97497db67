# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong between two hosts, done to two containers that the role has set up; each case fails by itself.

``python trouble.py DESK VAULT``: names of the container with the backups and of the one with the copies.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

DESK, VAULT = sys.argv[1:3]
STORE, PUSHED, PULLED = "/backups/ticketz", "/srv/small/pushed", "/srv/ticketz/pulled"
PLAN = "/etc/ticketz-sidekick/offsite_push/push.json"
PUSH = f"/opt/ticketz-sidekick/bin/ticketz-sidekick run --plan {PLAN}"
#: KiB a second while a copy is interrupted: so slow that it is still under way when a busy machine has looked.
SLOW = "60"
#: Bytes that must have arrived until then.
ENOUGH = 100_000
#: A backup of that many random bytes, as the engine publishes one.
ADD = """
import os, sys
sys.path[:0] = ["/opt/ticketz-sidekick/ticketz-sidekick.pyz"]
from dataclasses import replace
from pathlib import Path
from hashlib import sha256
from ticketz_sidekick._store import listing
from ticketz_sidekick._store.publish import Publication
from ticketz_sidekick._store.store import Store
store = Store.open(Path("/backups/ticketz"))
known = next(item.sidecar for item in listing.list_backups(store.path) if item.sidecar)
data = os.urandom(int(sys.argv[2]))
name = sys.argv[1] + ".tar.gz"
changed = replace(known, id=sys.argv[1], file=name, size=len(data), sha256=sha256(data).hexdigest(), proofs={})
with Publication(store, name) as publication:
    publication.file.write(data)
    publication.publish(changed)
"""


def on(host: str, command: str, status: int | None = 0) -> str:
    """Run a command in a container, with its output shown as in the journal; return all it says."""
    done = subprocess.run(
        ["docker", "exec", "--env=JOURNAL_STREAM=1:1", host, "sh", "-c", command],
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert status is None or done.returncode == status, f"{host}: {command}: {done.returncode}\n{said}"
    return said


def add(id: str, size: int) -> None:
    subprocess.run(
        ["docker", "exec", "--interactive", DESK, "python3", "-", id, str(size)],
        input=ADD,
        text=True,
        check=True,
    )


def copies(directory: str = PUSHED) -> str:
    """Names, sizes and checksums of what counts there."""
    return on(VAULT, f"cd {directory} && sha256sum backup_*.tar.gz 2>/dev/null | sort")


def plan(option: str, value: str) -> None:
    """Have the schedule of the sending side say something else."""
    on(
        DESK,
        f"sed -i 's/\"{option}\": [^,}}]*/\"{option}\": {value}/' {PLAN}; grep -q '{option}.: {value}' {PLAN}",
    )


def begin() -> subprocess.Popen[bytes]:
    """Begin to send."""
    return subprocess.Popen(
        ["docker", "exec", "--env=JOURNAL_STREAM=1:1", DESK, *PUSH.split()], stdout=subprocess.PIPE
    )


def arrived(id: str) -> int:
    """How much of an archive has arrived in the private place."""
    return int(on(VAULT, f"stat -c %s {PUSHED}/.incoming/{id}.tar.gz 2>/dev/null || echo 0"))


def account() -> str:
    """The account that copies are sent to."""
    return on(VAULT, "getent passwd | grep ^tz_ | grep push").split(":")[0]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 600
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.2)


def host_key_changed() -> None:
    """Another host answers at the same address."""
    before = copies()
    on(VAULT, "cd /etc/ssh && mkdir kept && mv ssh_host_* kept && ssh-keygen -q -A && systemctl restart ssh")
    try:
        said = on(DESK, PUSH, 1)
    finally:
        on(VAULT, "cd /etc/ssh && rm ssh_host_* && mv kept/* . && rmdir kept && systemctl restart ssh")
    assert "The host key of" in said and "Nothing was sent" in said, said
    assert copies() == before
    on(DESK, PUSH)


def cut_off() -> None:
    """The connection breaks, then the sending host dies; each time the next run goes on from there."""
    before, id = copies(), "backup_20251122_010000"
    add(id, 4_000_000)
    plan("offsite_bandwidth", SLOW)
    run = begin()
    until(lambda: arrived(id) > ENOUGH)
    on(VAULT, f"pkill -9 -u {account()}")
    output = run.communicate(timeout=900)[0].decode()
    assert run.returncode == 1 and "broke while" in output and "goes on from there" in output, output
    first = arrived(id)
    inode = on(VAULT, f"stat -c %i {PUSHED}/.incoming/{id}.tar.gz")
    assert first > ENOUGH and copies() == before
    run = begin()
    until(lambda: arrived(id) > first + ENOUGH)
    # What it has started has this word among its arguments, too; the shell that says so here has not.
    on(DESK, "pkill -9 -f ticketz-sidekic[k]")
    run.communicate(timeout=900)
    until(lambda: on(VAULT, f"pgrep -u {account()}", None) == "")
    assert arrived(id) > first and copies() == before
    plan("offsite_bandwidth", "0")
    assert "Copied to" in on(DESK, PUSH)
    assert on(VAULT, f"stat -c %i {PUSHED}/{id}.tar.gz") == inode
    assert set(copies().splitlines()) > set(before.splitlines())


def disk_full() -> None:
    """There is no room from the start; then the disk fills while a copy arrives."""
    before = copies()
    add("backup_20251122_020000", 40_000_000)
    said = on(DESK, PUSH, 1)
    assert "There is no room for backup_20251122_020000.tar.gz" in said, said
    on(DESK, f"rm {STORE}/backup_20251122_020000*")
    add("backup_20251123_020000", 8_000_000)
    plan("offsite_bandwidth", SLOW)
    run = begin()
    until(lambda: arrived("backup_20251123_020000") > ENOUGH)
    on(VAULT, "dd if=/dev/zero of=/srv/small/filler bs=64k", None)
    output = run.communicate(timeout=900)[0].decode()
    assert run.returncode == 1 and "The disk of" in output and "filled up" in output, output
    assert copies() == before
    assert arrived("backup_20251123_020000") == 0
    on(VAULT, "rm /srv/small/filler")
    plan("offsite_bandwidth", "0")
    assert "Copied to" in on(DESK, PUSH)
    assert set(copies().splitlines()) > set(before.splitlines())


def store_emptied() -> None:
    """The disk with the backups is not mounted."""
    before = copies(), copies(PULLED)
    on(DESK, f"mv {STORE} {STORE}.away && mkdir -m 0700 {STORE}")
    try:
        said = on(DESK, PUSH, 3)
        assert "There is no good backup at the origin" in said, said
    finally:
        on(DESK, f"rm -rf {STORE} && mv {STORE}.away {STORE}")
    assert (copies(), copies(PULLED)) == before


def copy_damaged() -> None:
    """A disk flips a byte of a copy."""
    copy = f"{PUSHED}/backup_20251120_020000.tar.gz"
    on(VAULT, f"printf X | dd of={copy} bs=1 seek=1000 conv=notrunc 2>/dev/null")
    damaged = copies()
    plan("offsite_recheck", '"0"')
    said = on(DESK, PUSH, 3)
    plan("offsite_recheck", '"7d"')
    assert f"The copy {copy.rpartition('/')[2]} on" in said and "is not whole" in said, said
    assert copies() == damaged


def key_stolen() -> None:
    """Somebody takes the key that sends, and tries what it is not for."""
    before = copies()
    keys = "/etc/ticketz-sidekick/offsite/push"
    to = account() + "@" + on(DESK, f"cut -d ' ' -f 1 {keys}/known_hosts | head -n 1").strip()
    ssh = f"ssh -F none -o UserKnownHostsFile={keys}/known_hosts -o BatchMode=yes -i {keys}/key"
    first = "backup_20251120_020000.tar.gz"
    for command in (
        f"{ssh} {to} id",
        f"{ssh} {to} cat /etc/passwd",
        f"{ssh} {to} rm {PUSHED}/{first}",
        f"rsync -t --inplace -e '{ssh}' /etc/hostname {to}:{first}",
        f"rsync -r --delete -e '{ssh}' /etc/apt/ {to}:{PUSHED}/",
        f"rsync -t --inplace -e '{ssh}' {to}:{first} /tmp/read",
        f"rsync -t --inplace -e '{ssh}' {to}:/etc/passwd /tmp/read",
        f"ssh -N -o ExitOnForwardFailure=yes -L 1:localhost:22 -W localhost:22 {ssh[4:]} {to}",
    ):
        said = on(DESK, f"{command} < /dev/null; test $? -ne 0")
        assert "root:x:" not in said and "uid=" not in said, said
    on(DESK, "test ! -s /tmp/read")
    assert copies() == before
    assert "refused for" in on(VAULT, "journalctl --no-pager -t ticketz-sidekick-offsite")


def main() -> int:
    for case in (host_key_changed, cut_off, disk_full, store_emptied, copy_damaged, key_stolen):
        case()
        print(case.__name__, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
