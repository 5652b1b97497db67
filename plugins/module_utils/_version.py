# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version of the product, as archives and sidecars name their producer."""

from __future__ import annotations

#: The same as in galaxy.yml; a test holds them together.
VERSION = "0.1.0"
PRODUCER = f"ticketz.sidekick {VERSION}"
