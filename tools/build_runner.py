"""Builds the runner: the engine and its command line in one file, for any Python that has the libraries.

``python tools/build_runner.py [--output FILE]`` writes ``dist/ticketz-sidekick.pyz``. The same sources result in the
same bytes. Standard library only. The role ``runtime`` builds the runner in the same way.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "plugins" / "plugin_utils"))

from _zipapp import SOURCES, build  # type: ignore[import-not-found]  # noqa: E402  # the path comes first

__all__ = ["DEFAULT", "SOURCES", "build"]

DEFAULT = ROOT / "dist" / "ticketz-sidekick.pyz"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--output", type=Path, default=DEFAULT, metavar="FILE", help="default: dist/ticketz-sidekick.pyz"
    )
    print(build(parser.parse_args().output.absolute()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
