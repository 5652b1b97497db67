# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-builder's results for the collection, and for the example for users."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "execution-environment.yml"


def builder(cwd: Path, *arguments: str) -> str:
    program = Path(sys.executable).parent / "ansible-builder"
    done = subprocess.run(
        [str(program), *arguments], capture_output=True, text=True, check=False, timeout=600, cwd=cwd
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.long
@pytest.mark.parametrize(("platform", "package"), [("rpm", "openssh-clients"), ("dpkg", "openssh-client")])
def test_the_collection_asks_for_ssh_and_for_nothing_else(
    tmp_path: Path, platform: str, package: str
) -> None:
    """The collection's requirements, as introspected by ansible-builder and evaluated by bindep in an image."""
    from bindep.depends import Depends

    place = tmp_path / "ansible_collections" / "ticketz"
    place.mkdir(parents=True)
    (place / "sidekick").symlink_to(ROOT)
    found = yaml.safe_load(builder(tmp_path, "introspect", str(tmp_path)).partition("---\n")[2])
    assert found["python"] == []
    rules = Depends("\n".join(line.partition("#")[0].strip() for line in found["system"]))
    assert [rule[0] for rule in rules.active_rules([f"platform:{platform}"])] == [package]


def test_the_example_becomes_a_context_with_the_collection(tmp_path: Path) -> None:
    context = tmp_path / "context"
    builder(tmp_path, "create", "--file", str(EXAMPLE), "--context", str(context))
    definition = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    recipe = next(path for path in context.iterdir() if path.name in ("Containerfile", "Dockerfile"))
    lines = recipe.read_text(encoding="utf-8").splitlines()
    assert f'ARG EE_BASE_IMAGE="{definition["images"]["base_image"]["name"]}"' in lines
    assert 'ARG ANSIBLE_INSTALL_REFS="ansible-core>=2.16 ansible-runner>=2.4"' in lines
    # ansible-core 2.16 needs Python 3.10.
    python = next(line for line in lines if line.startswith("ARG PYPKG=")).partition('"')[2].rstrip('"')
    assert tuple(map(int, python[len("python") :].split("."))) >= (3, 10)
    wanted = yaml.safe_load((context / "_build" / "requirements.yml").read_text(encoding="utf-8"))
    assert "ticketz.sidekick" in [collection["name"] for collection in wanted["collections"]]
    assert any("ansible-galaxy collection install" in line for line in lines)
    # The collection's requirements are added by introspection.
    assert any("introspect.py introspect" in line for line in lines)
