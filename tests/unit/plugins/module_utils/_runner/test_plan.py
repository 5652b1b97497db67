# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.options import UsageError
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.plan import Plan, read_plan

INFO = {"backup_info": {"backup_dir": "/backups"}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def read(path: Path, mode: int = 0o600, **plan: Any) -> Plan:
    path.write_text(json.dumps({"name": "daily", "steps": [INFO], **plan}))
    path.chmod(mode)
    return read_plan(str(path), io.BytesIO())


def refused(path: Path, **plan: Any) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read(path, **plan)
    assert str(path) in str(caught.value)
    return caught.value


def test_steps_come_with_all_their_options_in_order(path: Path) -> None:
    prune = {"prune": {"backup_dir": "/backups", "keep_last": "7"}}
    plan = read(path, steps=[prune, INFO], lock_file="/run/x", language="pt", mail_to=["root"])
    assert [step.verb.name for step in plan.steps] == ["prune", "backup_info"]
    assert (plan.steps[0].params["keep_last"], plan.steps[0].params["min_keep"]) == (7, 3)
    assert (plan.name, plan.lock_file, plan.language, plan.mail_to) == (
        "daily",
        Path("/run/x"),
        "pt",
        ("root",),
    )
    assert (plan.delay, plan.lock_timeout, plan.notify) == (0, 3600, "warning")
    assert plan.log_file is plan.status_file is plan.ping_url is None


@pytest.mark.parametrize(
    "steps",
    [
        None,
        [],
        {},
        "backup",
        ["backup"],
        [{}],
        [{"frobnicate": {}}],
        [{"backup_info": None}],
        [{**INFO, "prune": {}}],
    ],
)
def test_steps_that_are_none(path: Path, steps: object) -> None:
    error = refused(path, steps=steps)
    assert error.code == "plan_steps"
    assert "backup, restore" in str(error)


def test_an_option_of_a_step_is_checked_before_anything_is_begun(path: Path) -> None:
    assert (
        refused(path, steps=[INFO, {"prune": {"backup_dir": "/b", "keep_lats": 1}}]).code == "option_unknown"
    )
    assert refused(path, steps=[{"prune": {}}]).code == "option_missing"


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("name", "a/b", "option_value"),
        ("name", "", "option_value"),
        ("delay", -1, "option_value"),
        ("lock_timeout", -1, "option_value"),
        ("mail_to", ["-oQ/tmp"], "option_value"),
        ("mail_to", ["a@b.c\nBcc: d@e.f"], "option_value"),
        ("mail_to", ["a@b.c, d@e.f"], "option_value"),
        ("mail_from", "|sh", "option_value"),
        ("notify", "never", "option_value"),
        ("mailto", "root", "option_unknown"),
    ],
)
def test_values_that_make_no_sense(path: Path, option: str, value: object, code: str) -> None:
    assert refused(path, **{option: value}).code == code


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hc.example.org/x",
        "ftp://h/x",
        "file:///etc/shadow",
        "http://",
        "http://h:x/",
        "http://h/ x",
        "http://é/",
    ],
)
def test_addresses_that_are_none_are_refused_and_not_shown(path: Path, url: str) -> None:
    for option in ("ping_url", "webhook_url"):
        if not url:
            assert getattr(read(path, **{option: url}), option) is None
            continue
        error = refused(path, **{option: url})
        assert error.facts.get("problem") == "url"
        assert url not in str(error).replace("http://", "", 1)


@pytest.mark.parametrize(
    "secret",
    [
        {"ping_url": "https://hc.example.org/hunter2"},
        {"webhook_url": "https://hooks.example.org/hunter2"},
        {"steps": [{"backup": {"backup_dir": "/b", "login_password": "hunter2"}}]},
    ],
)
def test_a_plan_with_secrets_must_be_private(path: Path, secret: dict[str, Any]) -> None:
    plan = read(path, **secret)
    assert "hunter2" not in repr(plan)
    error = refused(path, mode=0o640, **secret)
    assert error.code == "options_not_private"
    assert "hunter2" not in str(error)


def test_a_plan_that_others_can_change_is_refused(path: Path) -> None:
    assert refused(path, mode=0o622).code == "options_not_safe"
