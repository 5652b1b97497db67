"""Writes ``docs/error-codes.md``: every code of an error or warning, with its texts.

``python tools/write_error_codes.py [--check]``. Standard library only.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "error-codes.md"
SOURCES = ROOT / "plugins" / "module_utils"

#: catalogue → title of its section
SECTIONS = {
    "archive": "Archives, keys and directories",
    "database": "The database server",
    "host": "The managed host",
    "runner": "The runner",
    "runs": "What was asked for, and what is there",
    "store": "The directory of backups",
    "audit": "The audit log",
    "config": "Files of the stack",
    "redis": "Redis",
    "offsite": "Copies on another host",
    "swap": "Exchanging data in use, and undoing it",
    "in_place": "Replacing a database in place",
    "selective": "Restoring single tables and paths",
    "drill": "Drills",
    "legacy": "Archives of earlier tools",
    "stack": "Ticketz in Docker",
    "playbooks": "Playbooks and roles, on the control node",
}

_INTRODUCTION = """\
# Codes of errors and warnings

<!-- Written by tools/write_error_codes.py; do not edit. -->

A module that fails returns `error.code`, and what went wrong as a sentence in `msg`. Warnings have
their codes in `warning_codes`, problems of the backups theirs in `problems`. The runner gives the same
codes with `--json`. Codes stay the same between versions and languages; texts may change. What is in
braces is replaced by the facts, which `error` also has one by one.

The option `language` chooses between English (`en`) and Portuguese (`pt`).
"""


def _catalogue(name: str) -> Mapping[str, tuple[str, str]]:
    # By its path, since the collection may lie anywhere.
    path = SOURCES / "_texts" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"sidekick_texts_{name}", path)
    if not (spec and spec.loader):
        raise FileNotFoundError(path)
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    texts: Mapping[str, tuple[str, str]] = module.TEXTS
    return texts


def _shown(text: str) -> str:
    """A template as Markdown shows it in a table."""
    text = re.sub(r"\{o\[([^]]*)\]\}", lambda match: match[1].replace("(", "[").replace(")", "]"), text)
    text = re.sub(r"\{(\w+)![a-z]\}", r"{\1}", text.replace("{{", "{").replace("}}", "}"))
    return re.sub(r"([|*_<>`\\])", r"\\\1", text)


def page() -> str:
    """The whole page."""
    parts = [_INTRODUCTION]
    for name, title in SECTIONS.items():
        parts.append(f"\n## {title}\n\n| Code | English | Portuguese |\n| --- | --- | --- |\n")
        for code, (english, portuguese) in sorted(_catalogue(name).items()):
            parts.append(f"| `{code}` | {_shown(english)} | {_shown(portuguese)} |\n")
    return "".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="only say whether the page is up to date")
    if not parser.parse_args().check:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page():
        return 0
    print(f"{PAGE} is not up to date: run {Path(__file__).name}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
