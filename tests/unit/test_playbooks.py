# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Playbooks with an invalid inventory fail, and their summary has the cause and the next step."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import TEXTS
from ansible_collections.ticketz.sidekick.plugins.plugin_utils import _variables

ROOT = Path(__file__).resolve().parents[2]
COLLECTIONS = ROOT.parents[2]
PROGRAMS = Path(sys.executable).parent

ROLE = "ansible.builtin.include_role"
PLAYBOOKS = sorted(path for path in (ROOT / "playbooks").glob("*.yml") if path.stem != "awx")
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())

#: A host for local runs, without a runtime in its runtime_dir.
HERE = {
    "ansible_connection": "local",
    "ansible_python_interpreter": sys.executable,
    "ansible_become": False,
    "runtime_dir": "/nonexistent/runtime",
    "ticketz_backup_dir": "/nonexistent/backups",
}


@dataclass(frozen=True)
class Ran:
    status: int
    output: str

    def line(self, host: str) -> str:
        """Return the summary's line for a host."""
        (found,) = re.findall(rf'^ +"({host} +FAILED .*)",?$', self.output, re.M)
        return json.loads(f'"{found}"').split("FAILED", 1)[1].strip()


def begin(code: str, portuguese: bool = False) -> str:
    """Return the beginning of a text, before its first fact."""
    return TEXTS[code][portuguese].partition("{")[0]


def play(
    tmp_path: Path,
    playbook: str,
    hosts: dict[str, dict[str, Any]] | None,
    *arguments: str,
    group: str = "ticketz",
) -> Ran:
    inventory: list[str] = []
    if hosts is not None:
        file = tmp_path / "inventory.json"
        file.write_text(
            json.dumps({group: {"hosts": hosts}, "others": {"hosts": {"web": HERE}}}), encoding="utf-8"
        )
        inventory = ["-i", str(file)]
    done = subprocess.run(
        [PROGRAMS / "ansible-playbook", *inventory, playbook, *arguments],
        cwd=tmp_path,
        env={
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_LOCAL_TEMP": str(tmp_path / "tmp"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "HOME": str(tmp_path),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout)


def encrypted(tmp_path: Path, value: str) -> dict[str, str]:
    """Return a value encrypted by Ansible Vault, for an inventory in JSON."""
    password = tmp_path / "password"
    password.write_text("of the vault", encoding="utf-8")
    done = subprocess.run(
        [PROGRAMS / "ansible-vault", "encrypt_string", "--vault-password-file", password, value],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {"__ansible_vault": "\n".join(line.strip() for line in done.stdout.splitlines()[1:]) + "\n"}


def tasks_in(node: Any) -> Iterator[dict[str, Any]]:
    """Yield all tasks of a playbook or a tasks file, including those within blocks."""
    for task in node if isinstance(node, list) else []:
        yield task
        for part in ("tasks", "block", "rescue", "always"):
            yield from tasks_in(task.get(part))


#: A runtime without an installation: this environment's Python and this collection's runner.
RUNTIME = {
    "env/bin/python": f'#!/bin/sh\nexec {sys.executable} "$@"\n',
    "bin/ticketz-sidekick": f"""#!/bin/sh
PYTHONPATH={COLLECTIONS} exec {sys.executable} -c '
import sys
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner import cli
sys.exit(cli.main())' "$@"
""",
    "ticketz-sidekick.pyz": "",
}


@pytest.fixture
def working(tmp_path: Path, database: Any) -> dict[str, Any]:
    """The variables of a host on which playbooks succeed, with a database of one table."""
    for name, text in RUNTIME.items():
        file = tmp_path / "runtime" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755)
    database.execute("CREATE TABLE rooms (id serial PRIMARY KEY)")
    return {
        **HERE,
        "ansible_async_dir": str(tmp_path / "async"),
        "runtime_dir": str(tmp_path / "runtime"),
        "backup_poll": 1,
        "restore_poll": 1,
        "ticketz_backup_dir": str(tmp_path / "backups"),
        "ticketz_directories": {},
        "ticketz_login_host": database.host,
        "ticketz_login_port": database.port,
        "ticketz_login_user": database.user,
        "ticketz_login_password": database.password,
        "ticketz_login_db": database.name,
    }


@pytest.mark.parametrize("path", PLAYBOOKS, ids=lambda path: path.stem)
def test_each_playbook_begins_by_checking(path: Path) -> None:
    (found,) = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert "lookup('ticketz.sidekick.hosts', " in found["hosts"]
    block = found["tasks"][0]["block"]
    first, rest = block[0], block[1:]
    assert first["ansible.builtin.include_tasks"] == "tasks/begin.yml"
    included = [task.get("ansible.builtin.include_role", {}).get("name", "") for task in rest]
    used = {name.rpartition(".")[2] for name in included if name}
    used |= {key.rpartition(".")[2] for task in rest for key in task if key.startswith("ticketz.sidekick.")}
    assert used <= set(first["vars"]["__runtime_checked"])


@pytest.mark.parametrize("path", sorted((ROOT / "playbooks").glob("*.yml")), ids=lambda path: path.stem)
def test_no_playbook_takes_its_own_variables_for_the_users(path: Path) -> None:
    """The check of variables at the beginning of a playbook also checks the variables that the playbook itself sets."""
    (found,) = DataLoader().load_from_file(str(path))
    blocks = [task for task in found["tasks"] if "block" in task]
    files = [DataLoader().load_from_file(str(path.parent / name)) for name in found.get("vars_files", ())]
    names = {name for each in (found, *blocks) for name in each.get("vars", {})}.union(*files)
    assert _variables.unknown(names, ROLES) == []


@pytest.mark.parametrize("role", ROLES)
def test_each_role_begins_by_checking(role: str) -> None:
    path = ROOT / "roles" / role / "tasks" / "main.yml"
    first = yaml.safe_load(path.read_text(encoding="utf-8"))[0]
    assert first["vars"] == {"__runtime_checked": [role]}


@pytest.mark.parametrize(
    "path",
    [*PLAYBOOKS, *(ROOT / "playbooks" / "tasks").glob("*.yml"), *(ROOT / "roles").glob("*/tasks/*.yml")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_failure_is_left_to_the_summary(path: Path) -> None:
    """A failed task prints its message, and Ansible 2.19 and later twice, so fail.yml leaves the message to the summary."""
    if path.name in ("fail.yml", "outcome.yml"):
        return
    tasks = list(tasks_in(yaml.safe_load(path.read_text(encoding="utf-8"))))
    assert [
        task["name"] for task in tasks if {"ansible.builtin.fail", "ansible.builtin.assert"} & task.keys()
    ] == []
    failed = {str(task["vars"].get("__runtime_result")) for task in tasks if "fail" in str(task.get(ROLE))}
    for task in tasks:
        if any(key.startswith("ticketz.sidekick.ticketz_") for key in task):
            assert "not __runtime_summary | default(false)" in str(task["failed_when"])
            assert "{{ " + task["register"] + " }}" in failed


@pytest.mark.long
def test_the_reason_of_a_failure_is_printed_once(tmp_path: Path, working: dict[str, Any]) -> None:
    ssh = {
        name: value for name, value in HERE.items() if name not in ("ansible_connection", "ansible_become")
    }
    hosts = {
        "refused": working,
        "unknown": {**working, "ticketz_backup_dirr": "/srv"},
        "unreachable": {**ssh, "ansible_host": "127.0.0.9", "ansible_port": 9},
    }
    reasons = {
        "refused": "There is no good backup in",
        "unknown": "has no variable ticketz_backup_dirr",
        "unreachable": "Ansible can't reach unreachable:",
    }
    (tmp_path / "backups").mkdir()
    ran = play(tmp_path, "ticketz.sidekick.restore", hosts)
    assert ran.status == 2
    for host, reason in reasons.items():
        assert reason in ran.line(host)
        assert ran.output.count(reason) == 1, ran.output
    assert "backup_none: see the reason and the next step in the summary at the end." in ran.output
    # The second summary also names the previous run. With batches of hosts, each summary is for one batch.
    ran = play(tmp_path, "ticketz.sidekick.restore", hosts, "-e", "ticketz_serial=1")
    assert "The restore before this one" in ran.output
    assert ran.output.count(reasons["refused"]) == 1, ran.output


@pytest.mark.long
def test_the_reason_of_a_failed_backup_is_printed_once(tmp_path: Path, working: dict[str, Any]) -> None:
    hosts = {
        "databaseless": {
            **working,
            "ticketz_login_db": "no_such",
            "ticketz_backup_dir": str(tmp_path / "other"),
        },
        "serverless": {**working, "ticketz_login_port": 9, "ticketz_language": "pt"},
        "placeless": {**working, "ticketz_backup_dir": "relative"},
    }
    reasons = {
        "databaseless": "has no database no_such",
        "serverless": "Nenhum PostgreSQL respondeu",
        "placeless": "is relative. Set it to a path",
    }
    ran = play(tmp_path, "ticketz.sidekick.backup", hosts)
    assert ran.status == 2
    for host, reason in reasons.items():
        assert reason in ran.line(host)
        assert ran.output.count(reason) == 1, ran.output


@pytest.mark.long
def test_status_writes_a_page_on_all_hosts(tmp_path: Path, working: dict[str, Any]) -> None:
    """Including hosts that can't be examined. Only the page's owner can read it."""
    file = tmp_path / "page.html"
    hosts = {
        "desk": working,
        "away": {**HERE, "ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9},
    }
    assert play(tmp_path, "ticketz.sidekick.backup", {"desk": working}).status == 0
    ran = play(
        tmp_path, "ticketz.sidekick.status", hosts, "-e", f"ticketz_page={file}", "-e", "ticketz_language=pt"
    )
    assert ran.line("away") and file.stat().st_mode & 0o777 == 0o600
    page = file.read_text(encoding="utf-8")
    (made,) = (tmp_path / "backups").glob("backup_*.gz")
    assert made.name.split(".")[0] in page and "Não pôde ser examinado" in page


def test_a_role_of_ones_own_play_fails_with_the_modules_result(
    tmp_path: Path, working: dict[str, Any]
) -> None:
    """There is no summary, so the failed task prints the reason, and its result has the code."""
    work = [{"ansible.builtin.include_role": {"name": "ticketz.sidekick.restore"}}]
    show = [{"ansible.builtin.debug": {"msg": "caught {{ ansible_failed_result.error.code }}"}}]
    own = [{"hosts": "ticketz", "gather_facts": False, "tasks": [{"block": work, "rescue": show}]}]
    (tmp_path / "own.yml").write_text(json.dumps(own), encoding="utf-8")
    (tmp_path / "backups").mkdir()
    ran = play(tmp_path, "own.yml", {"desk": working, "lost": {**working, "restore_zzz": 1}})
    assert "There is no good backup in" in ran.output
    assert "caught backup_none" in ran.output
    assert "has no variable restore_zzz" in ran.output


@pytest.mark.long
def test_misspelt_variables_are_named_with_what_is_meant(tmp_path: Path) -> None:
    hosts = {
        "first": {**HERE, "schedule_mail_too": ["a@example.org"]},
        "second": {**HERE, "ticketz_keep_dayly": 7, "ticketz_quiesc": "stop"},
        "third": {**HERE, "monitoring_stat": "present"},
        "fourth": {**HERE, "tickets_encryption": "aes256", "ticketz_language": "pt"},
    }
    for arguments in ([], ["--check"]):
        ran = play(tmp_path, "ticketz.sidekick.site", hosts, *arguments)
        assert ran.status == 2
        assert "schedule_mail_too (schedule_mail_to?)" in ran.line("first")
        assert "ticketz_keep_dayly (ticketz_keep_daily?); ticketz_quiesc (" in ran.line("second")
        assert "monitoring_stat (monitoring_state?)" in ran.line("third")
        assert "tickets_encryption (ticketz_encryption?)" in ran.line("fourth")
        assert "ticketz_own_variables" in ran.line("first")


@pytest.mark.long
def test_the_users_own_variables_are_left_alone(tmp_path: Path) -> None:
    own = {"ticketz_own_variables": ["ticketz_mine_*", "runtime_server"]}
    hosts = {
        "fine": {**HERE, **own, "ticketz_mine_a": 1, "runtime_server": "nas"},
        "another": {**HERE, **own, "ticketz_minf": 1},
    }
    ran = play(tmp_path, "ticketz.sidekick.status", hosts)
    assert "The runtime is not installed" in ran.line("fine")
    assert "no variable ticketz_minf" in ran.line("another")


@pytest.mark.long
def test_each_role_refuses_unknown_variables(tmp_path: Path) -> None:
    tasks = [{"ansible.builtin.include_role": {"name": "ticketz.sidekick.{{ inventory_hostname }}"}}]
    own = [{"hosts": "ticketz", "gather_facts": False, "tasks": tasks}]
    (tmp_path / "own.yml").write_text(json.dumps(own), encoding="utf-8")
    ran = play(tmp_path, "own.yml", {role: {**HERE, f"{role}_zzz": 7} for role in ROLES})
    assert ran.status == 2
    for role in ROLES:
        assert f"{begin('variables_unknown')}{role}_zzz" in ran.output


@pytest.mark.parametrize(
    ("hosts", "arguments", "code", "cause"),
    [
        (
            None,
            [],
            "hosts_none",
            "The inventory has 0 hosts",
        ),
        ({"desk": HERE}, ["-e", "ticketz_hosts=ticket"], "hosts_none", "No host matches 'ticket'"),
        (
            {"desk": HERE},
            ["-e", "ticketz_hosts=ticketz:!desk"],
            "hosts_none",
            "No host matches 'ticketz:!desk'",
        ),
        (
            {"desk": HERE},
            ["--limit", "web"],
            "hosts_outside_limit",
            "None of the hosts that 'ticketz' means (desk) is within --limit 'web'",
        ),
        (
            {"desk": HERE},
            ["-e", "ticketz_hosts=ticket", "-e", "ticketz_language=pt"],
            "hosts_none",
            "Nenhum host corresponde a 'ticket'",
        ),
    ],
)
@pytest.mark.long
def test_a_run_on_no_host_fails(
    tmp_path: Path, hosts: dict[str, dict[str, Any]] | None, arguments: list[str], code: str, cause: str
) -> None:
    ran = play(tmp_path, "ticketz.sidekick.backup", hosts, *arguments)
    assert ran.status not in (0, 2)
    said = " ".join(ran.output.split())
    assert begin(code, "ticketz_language=pt" in arguments) in said and cause in said


@pytest.mark.long
def test_a_group_of_another_name_is_told(tmp_path: Path) -> None:
    ran = play(tmp_path, "ticketz.sidekick.status", {"desk": HERE}, group="helpdesk")
    assert ran.status != 0
    assert "in these groups: helpdesk, others." in " ".join(ran.output.split())


@pytest.mark.parametrize("arguments", [["--syntax-check"], ["--list-hosts"], ["--list-tasks"]])
@pytest.mark.long
def test_a_look_at_the_playbook_needs_no_hosts(tmp_path: Path, arguments: list[str]) -> None:
    assert play(tmp_path, "ticketz.sidekick.backup", None, *arguments).status == 0


@pytest.mark.long
def test_hosts_that_can_not_be_worked_on_have_a_line_with_the_next_step(tmp_path: Path) -> None:
    refusing = tmp_path / "refusing"
    refusing.write_text("#!/bin/sh\necho 'desk is not in the sudoers file.' >&2\nexit 1\n", encoding="utf-8")
    refusing.chmod(0o755)
    ssh = {
        name: value for name, value in HERE.items() if name not in ("ansible_connection", "ansible_become")
    }
    become = {**HERE, "ansible_become": True, "ansible_become_user": "nobody"}
    hosts = {
        "localhost": {**ssh, "ansible_ssh_common_args": "-o ProxyCommand=false"},
        "refused": {**ssh, "ansible_host": "127.0.0.9", "ansible_port": 9},
        "nameless": {**ssh, "ansible_host": "no.such.host.invalid"},
        "forbidden": {**become, "ansible_become_exe": str(refusing)},
        "without": {**become, "ansible_become_exe": "/nonexistent/sudo"},
    }
    for playbook in ("site", "backup"):
        ran = play(tmp_path, f"ticketz.sidekick.{playbook}", hosts)
        assert ran.status == 2
        assert "set ansible_connection: local" in ran.line("localhost")
        assert "Connection refused" in ran.line("refused")
        assert "ansible -m ping refused" in ran.line("refused")
        assert "can't reach nameless" in ran.line("nameless")
        assert "may not become nobody on forbidden" in ran.line("forbidden")
        assert "is not in the sudoers file" in ran.line("forbidden")
        assert "--ask-become-pass" in ran.line("forbidden")
        assert "may not become nobody on without" in ran.line("without")


@pytest.mark.parametrize("wrong", [False, True])
@pytest.mark.long
def test_secrets_that_can_not_be_decrypted_are_named(tmp_path: Path, wrong: bool) -> None:
    secret = encrypted(tmp_path, "correct horse")
    hosts = {
        "itself": {**HERE, "ticketz_encryption_key": secret},
        "referred": {**HERE, "ticketz_login_password": "{{ vault_password }}", "vault_password": secret},
        "inside": {**HERE, "ticketz_directories": {"public": secret}},
        "role": {**HERE, "backup_verify": secret, "ticketz_language": "pt"},
    }
    arguments = []
    if wrong:
        (tmp_path / "other").write_text("another", encoding="utf-8")
        arguments = ["--vault-password-file", str(tmp_path / "other")]
    ran = play(tmp_path, "ticketz.sidekick.backup", hosts, *arguments)
    assert ran.status == 2
    for host, variable in [
        ("itself", "ticketz_encryption_key"),
        ("referred", "ticketz_login_password"),
        ("inside", "ticketz_directories"),
    ]:
        assert f"{begin('variable_undecryptable')}{variable} can't be decrypted by Ansible Vault" in ran.line(
            host
        )
        assert "--ask-vault-pass" in ran.line(host)
    assert "O valor de backup_verify não pode ser decifrado" in ran.line("role")


@pytest.mark.long
def test_secrets_that_a_playbook_does_not_need_are_left_alone(tmp_path: Path) -> None:
    ran = play(
        tmp_path,
        "ticketz.sidekick.status",
        {"desk": {**HERE, "ticketz_login_password": encrypted(tmp_path, "correct horse")}},
    )
    assert "The runtime is not installed" in ran.line("desk")
