"""Runs the static checks: all of them, even if one fails, or the named ones.

``python tools/lint.py [STEP...]``, in the development environment.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import awx_collection
import build_tree

ROOT = build_tree.ROOT
PACKAGE = "ansible_collections.ticketz.sidekick"
PROGRAMS = Path(sys.executable).parent


class Checks:
    """The checks, one method each; a method returns whether its check passed."""

    def __init__(self, build: Path) -> None:
        self.build = build
        self.tree = build_tree.build_tree(build)
        home = build / "home"
        home.mkdir(exist_ok=True)
        self.environment = {
            **os.environ,
            "HOME": str(home),
            "PATH": f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "LC_ALL": "C.UTF-8",  # Ansible insists on UTF-8
            "ANSIBLE_COLLECTIONS_PATH": str(build),
        }

    def _run(self, *command: str, cwd: Path | None = None, **environment: str) -> bool:
        done = subprocess.run(
            command, cwd=cwd or self.tree, env={**self.environment, **environment}, check=False
        )
        return done.returncode == 0

    def ruff(self) -> bool:
        """Python: likely bugs, imports, docstrings, format."""
        # Run in the working tree, so that the messages name the files to edit.
        checked = self._run("ruff", "check", "--output-format", "concise", "--quiet", ".", cwd=ROOT)
        return self._run("ruff", "format", "--check", "--output-format", "concise", ".", cwd=ROOT) and checked

    def mypy(self) -> bool:
        """Python: types, strictly."""
        settings = ["--config-file", str(ROOT / "pyproject.toml")]
        tools = self._run(
            "mypy",
            *settings,
            *(path.name for path in sorted((ROOT / "tools").glob("*.py"))),
            cwd=ROOT / "tools",
        )
        packages = [f"{PACKAGE}.plugins.{name}" for name in ("module_utils", "modules")]
        arguments = [part for name in packages if self._has(name) for part in ("-p", name)]
        if not arguments:
            return tools
        return self._run("mypy", *settings, *arguments, cwd=self.build) and tools

    def _has(self, package: str) -> bool:
        return any((self.build / package.replace(".", "/")).rglob("*.py"))

    def yamllint(self) -> bool:
        """YAML files."""
        return self._run("yamllint", "--strict", ".", cwd=ROOT)

    def ansible_lint(self) -> bool:
        """Roles, playbooks and examples, by the production profile."""
        return self._ansible_lint("roles", "playbooks", "examples", "meta", "galaxy.yml")

    def ansible_lint_all(self) -> bool:
        """All files that ansible-lint supports, including integration targets and metadata."""
        return self._ansible_lint()

    def _ansible_lint(self, *paths: str) -> bool:
        # To check the playbook awx, ansible-lint needs the modules that it calls.
        awx_collection.ensure(self.build)
        return self._run("ansible-lint", "--offline", "--nocolor", "-q", *paths)

    def docs(self) -> bool:
        """The modules' documentation, and every reference in it."""
        return self._run(
            "antsibull-docs",
            "lint-collection-docs",
            "--plugin-docs",
            "--skip-rstcheck",
            "--disallow-unknown-collection-refs",
            ".",
        )

    def requirements(self) -> bool:
        """The two requirement files for ansible-test are equal to those in requirements/."""
        runtime = _requirements("requirements/runtime.txt")
        tests = runtime | _requirements("requirements/postgres.txt") | _requirements("requirements/test.txt")
        expected = {
            "tests/unit/requirements.txt": {line for line in tests if not line.startswith("ansible-core")},
            "tests/integration/requirements.txt": runtime,
        }
        for name, lines in expected.items():
            for line in sorted(lines ^ _requirements(name)):
                print(f"{name}: {'lacks' if line in lines else 'has too much'}: {line}")
        return all(_requirements(name) == lines for name, lines in expected.items())

    def changelog(self) -> bool:
        """The changelog's fragments."""
        return self._run("antsibull-changelog", "lint")

    def artifact(self) -> bool:
        """The artifact: built, installed, and checked as Galaxy does, without its ansible-lint."""
        return self._import_artifact(GALAXY_IMPORTER_RUN_ANSIBLE_LINT="false")

    def galaxy(self) -> bool:
        """The artifact, checked as Galaxy does, including its ansible-lint."""
        return self._import_artifact()

    def _import_artifact(self, **settings: str) -> bool:
        with tempfile.TemporaryDirectory() as scratch:
            if not self._run("ansible-galaxy", "collection", "build", "--output-path", scratch):
                return False
            artifact = next(Path(scratch).glob("ticketz-sidekick-*.tar.gz"))
            if not self._run(
                *("ansible-galaxy", "collection", "install", "--offline", str(artifact)),
                cwd=Path(scratch),
                ANSIBLE_COLLECTIONS_PATH=scratch,
            ):
                return False
            importer = (sys.executable, "-m", "galaxy_importer.main", str(artifact))
            return self._run(*importer, cwd=Path(scratch), **settings)


def _requirements(name: str) -> set[str]:
    """Return the requirements of a file, without comments and included files."""
    lines = [
        line.partition("#")[0].strip() for line in (ROOT / name).read_text(encoding="utf-8").splitlines()
    ]
    return {line for line in lines if line and not line.startswith("-r")}


def main() -> int:
    steps: dict[str, Callable[[Checks], bool]] = {
        "ruff": Checks.ruff,
        "mypy": Checks.mypy,
        "yamllint": Checks.yamllint,
        "requirements": Checks.requirements,
        "changelog": Checks.changelog,
        "docs": Checks.docs,
        "ansible-lint": Checks.ansible_lint,
        "artifact": Checks.artifact,
    }
    # Longer variants of the steps above, which run only if they are named.
    steps_at_length: dict[str, Callable[[Checks], bool]] = {
        "ansible-lint-all": Checks.ansible_lint_all,
        "galaxy": Checks.galaxy,
    }
    known = {**steps, **steps_at_length}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(known))
    parser.add_argument("--build", type=Path, default=ROOT / ".build", help="default: .build")
    args = parser.parse_args()
    unknown = sorted(set(args.steps) - set(known))
    if unknown:
        parser.error(f"no such step: {', '.join(unknown)} (there is: {', '.join(known)})")
    checks = Checks(args.build.absolute())
    failed = []
    for name in args.steps or steps:
        began = time.monotonic()
        print(f"--- {name}: {known[name].__doc__}", flush=True)
        if not known[name](checks):
            failed.append(name)
            print(f"--- {name} FAILED after {time.monotonic() - began:.0f} s", flush=True)
    if failed:
        print(f"FAILED: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
