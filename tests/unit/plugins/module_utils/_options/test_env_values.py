# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guide's variables in an env file: invalid values are refused, and similar names cause a warning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError
from ansible_collections.ticketz.sidekick.plugins.module_utils._options import env_values
from ansible_collections.ticketz.sidekick.plugins.module_utils._runner.options import validate
from ansible_collections.ticketz.sidekick.plugins.module_utils._verbs import backup


def params(tmp_path: Path, text: str, **options: Any) -> dict[str, Any]:
    file = tmp_path / "env"
    file.write_text(text, encoding="utf-8")
    given = {"backup_dir": str(tmp_path), "env_file": str(file), **options}
    return validate(backup.spec(), given, verb="backup", source="test")


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("BACKUP_COMPRESSION=gzipp", "gzip, zstd, none"),
        ("BACKUP_COMPRESSION='GZIP'", "gzip, zstd, none"),
        ("BACKUP_COMPRESSION=9", "gzip, zstd, none"),
        ("BACKUP_ENCRYPTION=aes-256", "none, aes256, age"),
        ("BACKUP_ENCRYPTION=true", "none, aes256, age"),
    ],
)
def test_a_wrong_value_is_refused_by_the_name_of_the_variable(
    tmp_path: Path, text: str, allowed: str
) -> None:
    with pytest.raises(HostError) as caught:
        backup.request(params(tmp_path, text), True)
    assert caught.value.code == "env_value_invalid"
    for language in ("en", "pt"):
        said = caught.value.text(language)
        assert text.replace("'", "") in said
        assert allowed in said
        assert str(tmp_path / "env") in said


def test_an_option_makes_the_value_unimportant(tmp_path: Path) -> None:
    text = "BACKUP_COMPRESSION=gzipp\nBACKUP_ENCRYPTION=aes-256\n"
    request = backup.request(params(tmp_path, text, compression="zstd", encryption="none"), True)
    assert request.compression == "zstd"


@pytest.mark.parametrize(
    ("name", "similar"),
    [
        ("BACKUP_COMPRESION", "BACKUP_COMPRESSION"),
        ("BACKUP_ENCRIPTION", "BACKUP_ENCRYPTION"),
        ("BACKUP_RETENTION_DAY", "BACKUP_RETENTION_DAYS"),
        ("RETENTION_FILE", "RETENTION_FILES"),
        ("backup_compression", "BACKUP_COMPRESSION"),
    ],
)
def test_a_name_that_is_nearly_right_is_told(name: str, similar: str) -> None:
    (found,) = env_values.misspelt({name: "x", "DB_HOST": "postgres"}, "/opt/env")
    assert found.code == "env_name_similar"
    assert found.facts == {"path": "/opt/env", "name": name, "similar": similar}


def test_names_of_the_application_and_of_others_are_left_alone() -> None:
    env = dict.fromkeys(
        [*env_values.NAMES, "DB_HOST", "BACKUP_DIR", "BACKUP_BUCKET", "REDIS_URI", "RETENTION"], "x"
    )
    assert env_values.misspelt(env, "/opt/env") == []
