# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest's entry for configuration files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ..._archive.component_entry import ComponentEntry, Described
from ..._archive.config_entry import ConfigEntry, parse_config
from ..._archive.jsonfields import Fields
from ..._archive.manifest import Manifest
from ..._archive.names import CONFIG_PREFIX

if TYPE_CHECKING:
    from ..._archive.layout import Layout

CONFIG = "config"


@dataclass(frozen=True)
class ConfigFiles(ComponentEntry):
    """All configuration files of a backup. Each is one member."""

    key: ClassVar[str] = CONFIG
    required: ClassVar[bool] = True

    files: tuple[ConfigEntry, ...] = ()

    @classmethod
    def parse(cls, fields: Fields) -> ConfigFiles:
        return cls(fields.array(CONFIG, parse_config))

    def plain(self) -> object:
        return self.files

    def own_members(self) -> tuple[ConfigEntry, ...]:
        return self.files

    def claim(self, layout: Layout) -> None:
        for position, entry in enumerate(self.files):
            layout.claim_member(entry, CONFIG_PREFIX, f"{CONFIG}[{position}]")

    def describe(self, encrypted: bool) -> Described:
        shown = {CONFIG: [entry.path for entry in self.files]}
        return Described(names=(CONFIG,) if self.files else (), shown=shown, made=shown)


def config_files(manifest: Manifest) -> tuple[ConfigEntry, ...]:
    """Return the configuration files in a backup."""
    entry = ConfigFiles.of(manifest)
    return entry.files if entry else ()
