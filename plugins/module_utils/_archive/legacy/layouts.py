# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the archives of the old tools consist of.

Source: the public repositories ``ticketz-oss/ticketz-sidekick`` (``sidekick.sh``) and ``ticketz-oss/ticketz``
(``load-retrieved.sh``), and archives that were made with them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

#: ``pg_dump``'s plain output, in the archives of the sidekick
DUMP = b"backups/db_dump.sql"
#: name of a directory, as format 1 has it → what its members begin with in the archives of the sidekick
PREFIXES = {"public": b"backend-public", "private": b"backend-private"}

_CSV = re.compile(rb"([0-9]{1,9})-([^/]+)\.csv")


@dataclass(frozen=True)
class Layout:
    """Which members an archive may have.

    :param documents: pattern of the paths of documents.
    :param above: directories that documents lie in; they mean nothing.
    :param directories: what the paths in a directory begin with (empty: all of them) → its name.
    """

    documents: re.Pattern[bytes] | None = None
    above: frozenset[bytes] = frozenset((b".",))
    directories: Mapping[bytes, str] = field(default_factory=dict)

    def is_document(self, path: bytes) -> bool:
        """Return whether a path is a document's."""
        return self.documents is not None and self.documents.fullmatch(path) is not None

    def place(self, path: bytes) -> tuple[str | None, bytes] | None:
        """Return the directory that a path belongs to (None for documents), and its path there.

        :returns: None if the layout has no such path.
        """
        if self.is_document(path):
            return None, path
        for prefix, name in self.directories.items():
            if not prefix:
                return name, path
            if path == prefix:
                return name, b"."
            if path.startswith(prefix + b"/"):
                return name, path[len(prefix) + 1 :]
        return (None, path) if path in self.above else None


#: ``ticketz-backup-YYYYmmddHHMMSS.tar.gz``
SIDEKICK = Layout(
    documents=re.compile(re.escape(DUMP)),
    above=frozenset((b".", b"backups")),
    directories={prefix: name for name, prefix in PREFIXES.items()},
)
#: ``retrieved_data.tar.gz``
RETRIEVED = Layout(documents=_CSV)
#: ``public_data.tar.gz``
PUBLIC = Layout(directories={b"": "public"})


def table_of(path: bytes) -> tuple[int, str]:
    """Return number and table of a document of :data:`RETRIEVED`. Raise ValueError if it is none."""
    match = _CSV.fullmatch(path)
    if match is None:
        raise ValueError(path)
    return int(match[1]), match[2].decode("utf-8")
