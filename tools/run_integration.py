"""Runs the integration targets against a real PostgreSQL server.

``python tools/run_integration.py [TARGET...]``, in the development environment: starts a
server, tells the targets about it, runs ansible-test on this machine, and stops the server.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import build_tree
import cores
import servers

ROOT = build_tree.ROOT


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="default: all")
    parser.add_argument("--postgresql", type=int, default=servers.DEFAULT_VERSION, metavar="MAJOR")
    parser.add_argument("--build", type=Path, default=ROOT / ".build", help="default: .build")
    parser.add_argument("-v", dest="verbosity", action="count", default=0)
    args = parser.parse_args()
    build = args.build.absolute()
    tree = build_tree.build_tree(build)
    with servers.start_server(args.postgresql) as server:
        config = tree / "tests" / "integration" / "integration_config.yml"
        # JSON is YAML, too.
        config.write_text(
            json.dumps({"postgresql_server": server.as_dict(), "in_ci": bool(os.environ.get("CI"))}),
            encoding="utf-8",
        )
        config.chmod(0o600)
        version = "{}.{}".format(*sys.version_info)
        # This Python runs the modules as well: it has the libraries that they need.
        arguments = ["integration", "--python", version, "--color", "no", *args.targets]
        if args.verbosity:
            arguments.append("-" + "v" * args.verbosity)
        try:
            return cores.ansible_test(Path(sys.executable).parent, build, arguments)
        finally:
            # The server ends here, and so does the use of its address and password.
            config.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
