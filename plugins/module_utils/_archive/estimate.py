# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""About how large a directory will be in an archive, told from all sizes and a few contents."""

from __future__ import annotations

import heapq
import os
import stat
import zlib
from collections.abc import Sequence

from .codec import Codec
from .dirfd import open_file
from .holes import MOST_HOLES, hole_size
from .linktable import MOST_LINKED_FILES
from .notes import Notes
from .walk import Excludes, Found, walk

#: Files that are looked into, the larger ones rather, and bytes of each.
_SAMPLES = 48
_SAMPLE = 64 * 1024


def estimate_packed(path: str, codec: Codec, exclude: Sequence[str] = ()) -> int:
    """Return about how many bytes the files below a directory will have when compressed.

    Raise HostError as :func:`.walk.walk` does.
    """
    total = holes = 0
    chosen: list[tuple[float, int, int, float]] = []
    linked: set[tuple[int, int]] = set()
    root = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for number, found in enumerate(walk(root, path, Excludes(exclude), Notes([]))):
            status = found.status
            if not stat.S_ISREG(status.st_mode) or not status.st_size:
                continue
            if status.st_nlink > 1 and len(linked) < MOST_LINKED_FILES:
                if (status.st_dev, status.st_ino) in linked:
                    continue
                linked.add((status.st_dev, status.st_ino))
            data = max(status.st_size - hole_size(status), 1)
            total += data
            holes += status.st_size - data
            # Priority sampling (Duffield, Lund and Thorup): those with the highest stay, and one more for the threshold.
            priority = data * 2**32 / (zlib.crc32(found.path) + 1)
            if len(chosen) <= _SAMPLES:
                heapq.heappush(chosen, (priority, number, data, _ratio(found, codec)))
            elif priority > chosen[0][0]:
                heapq.heapreplace(chosen, (priority, number, data, _ratio(found, codec)))
    finally:
        os.close(root)
    threshold = heapq.heappop(chosen)[0] if len(chosen) > _SAMPLES else 0
    # A file that is larger than the threshold stands for itself alone, each of the others for that many bytes.
    weights = [max(found[2], threshold) for found in chosen]
    packed = sum(weight * found[3] for weight, found in zip(weights, chosen))
    share = packed / sum(weights) if weights else 0
    # What exceeds the limit is left out.
    holes = min(holes, MOST_HOLES)
    return int(total * share + holes * len(codec.compress(bytes(_SAMPLE))) / _SAMPLE)


def _ratio(found: Found, codec: Codec) -> float:
    """Return what is left of a file's beginning when it is compressed."""
    try:
        fd = open_file(found.name, found.parent)
    except OSError:
        return 0
    try:
        content = os.read(fd, _SAMPLE)
    except OSError:
        return 0
    finally:
        os.close(fd)
    return min(len(codec.compress(content)) / len(content), 1) if content else 0
