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
PUSH = "/opt/ticketz-sidekick/bin/ticketz-sidekick run --plan /etc/ticketz-sidekick/offsite_push/push.json"
#: A backup of so many random bytes, as the engine publishes one.
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


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
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


def disk_full() -> None:
    """There is no room from the start; then the disk fills while a copy arrives."""
    before = copies()
    add("backup_20251122_020000", 40_000_000)
    said = on(DESK, PUSH, 1)
    assert "There is no room for backup_20251122_020000.tar.gz" in said, said
    on(DESK, f"rm {STORE}/backup_20251122_020000*")
    add("backup_20251123_020000", 8_000_000)
    on(DESK, f'sed -i \'s/"offsite_bandwidth": 0/"offsite_bandwidth": 500/\' {PUSH.split()[-1]}')
    run = subprocess.Popen(
        ["docker", "exec", "--env=JOURNAL_STREAM=1:1", DESK, *PUSH.split()], stdout=subprocess.PIPE
    )
    staged = f"{PUSHED}/.incoming/backup_20251123_020000.tar.gz"
    until(lambda: int(on(VAULT, f"stat -c %s {staged} 2>/dev/null || echo 0")) > 500_000)
    on(VAULT, "dd if=/dev/zero of=/srv/small/filler bs=64k", None)
    output = run.communicate(timeout=300)[0].decode()
    assert run.returncode == 1 and "The disk of" in output and "filled up" in output, output
    assert copies() == before
    on(VAULT, f"test ! -e {staged}")
    on(VAULT, "rm /srv/small/filler")
    on(DESK, f'sed -i \'s/"offsite_bandwidth": 500/"offsite_bandwidth": 0/\' {PUSH.split()[-1]}')
    assert "Copied to" in on(DESK, PUSH)
    assert copies().startswith(before.splitlines()[0]) and len(copies().splitlines()) == 1 + len(
        before.splitlines()
    )


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
    on(DESK, f'sed -i \'s/"offsite_recheck": "7d"/"offsite_recheck": "0"/\' {PUSH.split()[-1]}')
    said = on(DESK, PUSH, 3)
    on(DESK, f'sed -i \'s/"offsite_recheck": "0"/"offsite_recheck": "7d"/\' {PUSH.split()[-1]}')
    assert f"The copy {copy.rpartition('/')[2]} on" in said and "is not whole" in said, said
    assert copies() == damaged


def key_stolen() -> None:
    """Somebody takes the key that sends, and tries what it is not for."""
    before = copies()
    account = on(VAULT, "getent passwd | grep ^tz_ | grep push").split(":")[0]
    keys = "/etc/ticketz-sidekick/offsite/push"
    host = on(DESK, f"cut -d ' ' -f 1 {keys}/known_hosts | head -n 1").strip()
    ssh = f"ssh -F none -o UserKnownHostsFile={keys}/known_hosts -o BatchMode=yes -i {keys}/key"
    first = "backup_20251120_020000.tar.gz"
    for command in (
        f"{ssh} {account}@{host} id",
        f"{ssh} {account}@{host} cat /etc/passwd",
        f"{ssh} {account}@{host} rm {PUSHED}/{first}",
        f"rsync -t --inplace -e '{ssh}' /etc/hostname {account}@{host}:{first}",
        f"rsync -r --delete -e '{ssh}' /etc/apt/ {account}@{host}:{PUSHED}/",
        f"rsync -t --inplace -e '{ssh}' {account}@{host}:{first} /tmp/read",
        f"rsync -t --inplace -e '{ssh}' {account}@{host}:/etc/passwd /tmp/read",
        f"ssh -N -o ExitOnForwardFailure=yes -L 1:localhost:22 -W localhost:22 {ssh[4:]} {account}@{host}",
    ):
        said = on(DESK, f"{command} < /dev/null; test $? -ne 0")
        assert "root:x:" not in said and "uid=" not in said, said
    on(DESK, "test ! -s /tmp/read")
    assert copies() == before
    assert "refused for" in on(VAULT, "journalctl --no-pager -t ticketz-sidekick-offsite")


def main() -> int:
    for case in (host_key_changed, disk_full, store_emptied, copy_damaged, key_stolen):
        case()
        print(case.__name__, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
