# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides where configuration files of a backup may be restored.

The backup contains their original paths. An attacker who can write an archive could therefore make root run any
program (with a crontab, a systemd unit or an ssh key). For this reason, files are restored to paths that the user has
not named only if the archive proves that its writer had the key, and never to system directories.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..._archive.config_entry import ConfigEntry
from ..._archive.demand import is_proved
from ..._archive.names import printable
from ..._errors import HostError, listed

#: Paths from which the system or a login shell executes commands.
_SYSTEM_PATHS = re.compile(
    r"/(?:etc|usr|bin|sbin|lib[0-9a-z]*|boot|dev|proc|sys|run|var/(?:run|spool|lib/systemd))(?:/|$)"
    r"|/(?:root|home/[^/]+)/\."
    r"|.*/\.ssh(?:/|$)"
)


@dataclass(frozen=True)
class ConfigPlaces:
    """The user's options for the paths of configuration files.

    :param mapping: directory or file in the backup → path on this host.
    :param replace: replace existing files with other content, which are renamed.
    :param skip: keep existing files with other content.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    replace: bool = False
    skip: bool = False

    def mapped(self, path: str) -> tuple[str, str | None]:
        """Return the target of a path in the backup, and the part of the target that the user has named (or None)."""
        fitting = [source for source in self.mapping if _below(path, os.path.normpath(source))]
        if not fitting:
            return path, None
        source = max(fitting, key=lambda each: len(os.path.normpath(each)))
        target = os.path.normpath(self.mapping[source])
        relative = os.path.relpath(path, os.path.normpath(source))
        return os.path.normpath(os.path.join(target, relative)), target

    def resolve(self, entries: Sequence[ConfigEntry], encryption: str) -> list[tuple[ConfigEntry, Path]]:
        """Return the target of each file.

        :param encryption: the archive's encryption.

        Raise HostError: ``config_untrusted``, ``config_of_the_system``, ``config_through_link``, ``option_invalid``.
        """
        found: dict[str, ConfigEntry] = {}
        untrusted, system = [], []
        for entry in entries:
            path, named = self.mapped(entry.path)
            if named is None and not is_proved(encryption):
                untrusted.append(path)
            elif named is None and _SYSTEM_PATHS.match(path):
                system.append(path)
            if path in found:
                raise HostError(
                    "option_invalid", problem="same_place", option="config_mapping", value=printable(path)
                )
            found[path] = entry
        if untrusted:
            raise HostError("config_untrusted", paths=_listed(untrusted))
        if system:
            raise HostError("config_of_the_system", paths=_listed(system))
        for path in found:
            _check_above(path, self.mapped(found[path].path)[1])
        return [(entry, Path(path)) for path, entry in found.items()]

    def stack(self, kept: dict[str, Any] | None) -> dict[str, Any] | None:
        """Return the backup's description of its stack, with the Compose files at their targets."""
        if kept is None or not self.mapping:
            return kept
        return {
            name: self._moved(value) if name in ("compose", "projects") else value
            for name, value in kept.items()
        }

    def _moved(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._moved(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._moved(each) for each in value]
        return self.mapped(value)[0] if isinstance(value, str) and value.startswith("/") else value


def _below(path: str, directory: str) -> bool:
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def _listed(paths: Sequence[str]) -> str:
    return listed(printable(path) for path in paths)


def _check_above(path: str, named: str | None) -> None:
    """Check that a path has no symbolic links above it, except in the part that the user has named."""
    for above in reversed(Path(path).parents):
        if named is not None and _below(named, str(above)):
            continue
        if os.path.lexists(above) and (above.is_symlink() or not above.is_dir()):
            raise HostError("config_through_link", path=printable(path), link=printable(str(above)))
