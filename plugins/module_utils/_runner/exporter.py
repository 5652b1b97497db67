# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics for Prometheus: in a file that node_exporter reads, and over HTTP."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

from .._errors import HostError
from .._libraries import require
from .._os_errors import Writing
from .._store import files
from .._store.ownership import Ownership
from . import metrics
from .monitoring import Settings
from .page_server import PageServer

#: Others than root read it: node_exporter has an account of its own.
_READABLE = Ownership(mode=0o644)


def write_textfile(settings: Settings, path: Path) -> None:
    """Replace the file in one step: node_exporter never reads half of it.

    Raise HostError (``library_missing``, ``write_failed``, ``disk_filled``).
    """
    data = metrics.text(settings)
    with Writing(path):
        # Its name begins with a dot and ends with .partial, so that node_exporter passes it over.
        partial = files.write_partial(path.parent, path.name, data, _READABLE)
        try:
            os.replace(partial, path)
        except OSError:
            partial.unlink()
            raise


def serve(settings: Settings, on_ready: Callable[[], None], wait: Callable[[], None]) -> None:
    """Serve the metrics over HTTP until ``wait`` returns or raises; what is served is some seconds old at most.

    :param on_ready: called once requests are answered.
    :raises HostError: ``library_missing``, ``exporter_address``.
    """
    client = require("prometheus_client")
    # A setting that no library fits must fail before anything listens.
    registry = metrics.registry(settings)

    def page() -> tuple[str, bytes]:
        return client.CONTENT_TYPE_LATEST, client.generate_latest(registry)

    try:
        server = PageServer(settings.address, settings.port, page)
    except OSError as error:
        raise HostError(
            "exporter_address", address=settings.address, port=settings.port, cause=error.strerror or error
        ) from error
    thread = threading.Thread(target=server.run, name="metrics", daemon=True)
    thread.start()
    try:
        on_ready()
        wait()
    finally:
        server.stop()
        thread.join()
