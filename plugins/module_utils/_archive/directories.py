# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packing a directory: walk, read, hash, compress and append, in threads and with flat memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from .._errors import Notice
from .batches import SPARE, Source
from .buffers import Buffers
from .codec import Codec
from .directory_entry import DirectoryEntry
from .dirfd import open_root
from .frames import FRAME_SIZE
from .names import directory_prefix
from .notes import Notes
from .owners import Owners
from .packer import Packer
from .parallel import Progress, threads
from .spool import Spool
from .walk import Excludes, walk
from .writer import ArchiveWriter

#: with more threads than this, frames are half as large, so that memory stays the same
_MANY_THREADS = 4


def pack_directory(
    name: str,
    path: str,
    *,
    writer: ArchiveWriter,
    codec: Codec,
    jobs: int,
    exclude: Sequence[str] = (),
    notices: list[Notice],
    progress: Progress | None = None,
    spool: Spool | None = None,
) -> DirectoryEntry:
    """Append a directory's contents and index to an archive and return its entry for the manifest.

    :param name: what the directory is called in the archive.
    :param path: path of the directory; it may itself be a symbolic link, nothing in it is followed.
    :param jobs: threads that read, hash and compress, in addition to the calling one (at most 8 are used).
    :param exclude: shell patterns of paths relative to ``path``; ``*`` matches slashes too, and what is below
        an excluded directory is excluded with it.
    :param notices: gets what vanished, changed while it was read, or can't be in a backup.
    :param spool: the names that were there at an earlier moment; what came since is left out, and what went is noted.

    Other threads may add frames to the same writer meanwhile. Raise HostError: ``directory_absent``,
    ``file_unreadable``, and what the writer raises.
    """
    notes = Notes(notices, directory=name)
    root = open_root(name, path)
    try:
        with ThreadPoolExecutor(threads(jobs), "sidekick-pack") as pool:
            target = FRAME_SIZE if threads(jobs) <= _MANY_THREADS else FRAME_SIZE // 2
            prefix = directory_prefix(name).encode("ascii")
            source = Source(root, path, prefix, codec, Buffers(target + SPARE), notes, Owners())
            packer = Packer(name, source, writer, pool, threads(jobs) + 2, target, progress)
            try:
                listed = spool.reader() if spool else None
                for found in walk(root, path, Excludes(exclude), notes, listed):
                    packer.add(found)
                return packer.finish()
            finally:
                packer.close()
                notes.finish()
    finally:
        os.close(root)
