"""Copies the working tree into the directory layout in which Ansible finds collections.

Copies the files that git tracks or would add to ``DIR/ansible_collections/ticketz/sidekick``,
writes only files that differ, and deletes files that no longer exist. Standard library only.
"""

from __future__ import annotations

import argparse
import fcntl
import filecmp
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Files that tests write into the tree, which must not be deleted.
_WRITTEN_THERE = ("tests/output", "tests/integration/integration_config.yml")
_NOT_FROM_HERE = {".git", ".build", ".venv", "__pycache__"}


def _by_git(root: Path) -> list[Path] | None:
    """Return the files that git tracks or would add; None if this is not a git checkout."""
    if not (root / ".git").exists():
        return None
    # Git refuses a checkout of another user, even for root, unless it is declared safe.
    command = ["git", "-c", f"safe.directory={root}", "ls-files", "-z"]
    command += ["--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(
            command,
            cwd=root,
            stdout=subprocess.PIPE,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return [Path(os.fsdecode(name)) for name in done.stdout.split(b"\0") if name]


def _by_walking(root: Path) -> list[Path]:
    found = []
    for directory, names, files in os.walk(root):
        names[:] = [
            name
            for name in names
            if name not in _NOT_FROM_HERE and not name.startswith((".build", ".venv")) and "cache" not in name
        ]
        found += [(Path(directory) / name).relative_to(root) for name in files]
    return found


def _same(source: Path, target: Path) -> bool:
    if not target.is_file() or target.is_symlink():
        return False
    old, new = target.stat(), source.stat()
    return (old.st_size, old.st_mode) == (new.st_size, new.st_mode) and filecmp.cmp(
        source, target, shallow=False
    )


def _copy(source: Path, target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    # By rename, so that a concurrent test run reads either the old or the new file.
    temporary = target.with_name(f".{target.name}.tmp")
    shutil.copy(source, temporary)
    temporary.replace(target)


def _remove_others(tree: Path, wanted: set[Path]) -> None:
    for directory, _names, files in os.walk(tree, topdown=False):
        here = Path(directory).relative_to(tree)
        if here.parts[:1] == (".git",):
            continue
        if here.as_posix().startswith(_WRITTEN_THERE):
            continue
        for name in files:
            relative = here / name
            if relative in wanted or relative.as_posix().startswith(_WRITTEN_THERE):
                continue
            # Keep bytecode caches of existing files.
            if name.endswith(".pyc") and here.parent / f"{name.split('.')[0]}.py" in wanted:
                continue
            (tree / relative).unlink(missing_ok=True)
        if here != Path(".") and not os.listdir(directory):
            os.rmdir(directory)


def build_tree(build: Path, root: Path = ROOT) -> Path:
    """Copy the working tree below ``build``; return the collection's directory there."""
    tree = build / "ansible_collections" / "ticketz" / "sidekick"
    tree.mkdir(parents=True, exist_ok=True)
    with open(build / ".lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        by_git = _by_git(root)
        candidates = by_git if by_git is not None else _by_walking(root)
        # Git also lists files whose deletion is not committed yet.
        wanted = {path for path in candidates if (root / path).is_file()}
        for path in sorted(wanted):
            if not _same(root / path, tree / path):
                _copy(root / path, tree / path)
        _remove_others(tree, wanted)
        # ansible-test searches parent directories for a repository. It would find this one, which ignores
        # the whole tree, and pass without any test.
        if by_git is not None and not (tree / ".git").exists():
            subprocess.run(["git", "init", "--quiet", "."], cwd=tree, check=True)
    return tree


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("directory", type=Path, nargs="?", default=ROOT / ".build")
    print(build_tree(parser.parse_args().directory.absolute()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
