# SPDX-License-Identifier: GPL-3.0-or-later
"""A demo Ticketz: its schema, realistic conversations, and the pictures and sounds that they refer to."""

from __future__ import annotations

from .load import BuildResult, build
from .media import MediaPlan, MediaTree, generate

__all__ = ["BuildResult", "MediaPlan", "MediaTree", "build", "generate"]
