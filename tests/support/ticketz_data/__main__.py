# SPDX-License-Identifier: GPL-3.0-or-later
"""Command line: `python -m ticketz_data --dsn-json FILE --messages 2000 --media-dir DIR`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from .load import build
from .media import MediaPlan


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="ticketz_data", description="Build a demo Ticketz database with its media."
    )
    parser.add_argument(
        "--dsn-json", required=True, help="file with libpq's connection parameters as JSON; - reads stdin"
    )
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--media-dir", type=Path, help="gets the folders public and private")
    parser.add_argument("--media-bytes", type=int, default=20_000_000)
    parser.add_argument("--media-mean-bytes", type=int, default=150_000, help="mean size of a file")
    parser.add_argument(
        "--odd-names", action="store_true", help="add files whose names break careless scripts"
    )
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args(argv)
    text = sys.stdin.read() if options.dsn_json == "-" else Path(options.dsn_json).read_text(encoding="utf-8")
    parameters: dict[str, Any] = json.loads(text)
    plan = None
    if options.media_dir is not None:
        plan = MediaPlan(options.media_dir, options.media_bytes, options.media_mean_bytes, options.odd_names)
    result = build(parameters, options.messages, options.seed, plan)
    summary: dict[str, Any] = {
        "rows": result.rows,
        "seconds": result.seconds,
        "database_bytes": result.database_bytes,
    }
    if result.media is not None:
        media = dataclasses.asdict(result.media)
        summary["media"] = {key: media[key] for key in ("files", "bytes")}
    print(json.dumps(summary, indent=2, sort_keys=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
