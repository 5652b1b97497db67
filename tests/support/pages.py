# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Extracts files from the documentation's pages: code blocks that are preceded by a file name.

``python pages.py DIRECTORY PAGE...`` writes them unchanged, and prints the names of the playbooks as JSON.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

_FILE = re.compile(
    r"^`(?P<name>[\w/-]+\.yml|inventory)`(?:, [^\n]*)?:\n\n```(?:yaml|ini)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


def files(page: Path) -> dict[str, str]:
    """Return the text of each file on a page.

    :return: name → text, in the order of the page.

    Raise ValueError if a name occurs twice.
    """
    found: dict[str, str] = {}
    for match in _FILE.finditer(page.read_text(encoding="utf-8")):
        if match["name"] in found:
            raise ValueError(f"{page.name} has {match['name']} twice")
        found[match["name"]] = match["text"]
    return found


def playbooks(page: Path) -> list[str]:
    """Return the names of the files on a page that are playbooks."""
    return [name for name, text in files(page).items() if re.search("^  hosts: ", text, re.MULTILINE)]


def main() -> None:
    directory, *pages = map(Path, sys.argv[1:])
    for page in pages:
        for name, text in files(page).items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    print(json.dumps({page.name: playbooks(page) for page in pages}))


if __name__ == "__main__":
    main()
