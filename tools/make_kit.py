"""Writes the recovery kit, with which Ticketz can be restored without Ansible.

``python tools/make_kit.py [--output DIR]`` writes ``dist/recovery-kit`` with the runner, the names of the packages that it
needs, options files to fill in, and the instructions. The kit contains no secrets. Standard library only.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

# Tests import this file from the collection.
sys.path.insert(0, str(Path(__file__).resolve().parent))

import build_runner

ROOT = Path(__file__).resolve().parent.parent
DEFAULT = ROOT / "dist" / "recovery-kit"

KEY_FILE = "/etc/ticketz-sidekick/backup.key"
_COMMON: dict[str, Any] = {"backup": "@BACKUP@", "encryption_key_file": KEY_FILE}
#: file → options of a verb, in the order of the instructions
OPTIONS: dict[str, dict[str, Any]] = {
    "open.json": {**_COMMON, "level": "open"},
    # Any host will do, since restoring configuration files needs no database.
    "config.json": {**_COMMON, "components": ["config"], "login_host": "localhost"},
    "data.json": {
        **_COMMON,
        "components": ["database", "directories", "redis"],
        "compose_project": "ticketz",
    },
}


def make(directory: Path) -> Path:
    """Write the kit, overwriting an older one; return its directory."""
    directory.mkdir(parents=True, exist_ok=True)
    build_runner.build(directory / "ticketz-sidekick.pyz")
    for name, options in OPTIONS.items():
        (directory / name).write_text(json.dumps(options, indent=2) + "\n", encoding="utf-8")
        # The runner refuses options files that other users can change.
        (directory / name).chmod(0o600)
    shutil.copyfile(ROOT / "requirements" / "runtime.txt", directory / "requirements.txt")
    shutil.copyfile(ROOT / "docs" / "recovery-kit.md", directory / "README.md")
    shutil.copyfile(ROOT / "LICENSE", directory / "LICENSE")
    return directory


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--output", type=Path, default=DEFAULT, metavar="DIR", help="default: dist/recovery-kit"
    )
    print(make(parser.parse_args().output.absolute()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
