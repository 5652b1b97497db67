# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The list of other tools' formats that a restore can read, and the only code that names them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Callable, Optional

from .._components.source import Source
from .._run.run import Run

#: Opens an archive and verifies as much of it as its format allows; returns None if the file has another format. The
#: last argument is true if symbolic links that point outside their directory are accepted. Raises ArchiveError, HostError.
Opener = Callable[[Path, Run, bool], Optional["AbstractContextManager[Source]"]]


def _sidekick(path: Path, run: Run, force: bool) -> AbstractContextManager[Source] | None:
    # Imported here because few restores need it, and it is a fifth of the code that a restore loads.
    from .sidekick import Sidekick
    from .sidekick_archive import open_legacy

    found = open_legacy(path, run, allow_unsafe_links=force)
    return Sidekick(found) if found else None


#: Name of the format in options and results → opener, in the order in which they are tried.
OTHER_FORMATS: dict[str, Opener] = {"sidekick": _sidekick}
