# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Removes libpq's variables from the process's environment."""

from __future__ import annotations

import os
import re


def forget_libpq_environment() -> None:
    """Remove PG* variables, so that nothing but the options says which server is meant.

    libpq reads them by itself: a PGOPTIONS or PGSSLMODE left over from an interactive shell would
    change what a backup sees.
    """
    for name in [name for name in os.environ if re.fullmatch(r"PG[A-Z]+", name)]:
        del os.environ[name]
