# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import random
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import (
    batches,
    linktable,
    packer,
    slices,
    walk,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.buffers import Buffers
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.check import check_archive
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.codec import codec
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.directory_entry import DirectoryEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.notes import Notes
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.owners import Owners
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.unpack import (
    Unpacked,
    unpack_directory,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.entry import (
    directories_of,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import HostError, Notice
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import (
    AnotherUserError,
    as_another_user,
    build,
    entry,
    open_to_others,
    tree,
)

MEGABYTE = 1024 * 1024


def unpack(archive: Path, out: Path, key: Key | None = None, **options: object) -> Unpacked:
    out.mkdir(mode=0o700)
    with ArchiveReader.open(str(archive), key, KINDS) as reader:
        (directory,) = directories_of(reader.manifest)
        return unpack_directory(reader, directory, str(out), jobs=2, **options)  # type: ignore[arg-type]


def pack(tmp_path: Path, media: Path, **options: object) -> tuple[list[Notice], DirectoryEntry]:
    notices: list[Notice] = []
    written = build(
        tmp_path / "archive",
        "zstd",
        directories={"media": media},
        notices=notices,
        **options,  # type: ignore[arg-type]
    )
    return notices, directories_of(written.manifest)[0]


def codes(notices: list[Notice]) -> list[str]:
    for notice in notices:
        assert notice.text("en") != notice.text("pt")
    return sorted(notice.code for notice in notices)


@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.variants
def test_everything_comes_back(
    tmp_path: Path, media: Path, passphrase: Key, compression: str, encrypted: bool, jobs: int
) -> None:
    key = passphrase if encrypted else None
    notices: list[Notice] = []
    before = tree(media)
    written = build(
        tmp_path / "a", compression, key=key, directories={"media": media}, jobs=jobs, notices=notices
    )
    assert not notices
    with ArchiveReader.open(str(tmp_path / "a"), key, KINDS) as reader:
        checked = check_archive(reader, jobs)
    unpacked = unpack(tmp_path / "a", tmp_path / "out", key)
    assert tree(tmp_path / "out") == before
    files = sum(facts[0] != "dir" for facts in before.values())
    directory = directories_of(written.manifest)[0]
    assert unpacked.files == checked.files == directory.files == files
    assert unpacked.bytes == directory.bytes
    assert unpacked.notices == ()


def test_packing_twice_gives_the_same_members(tmp_path: Path, media: Path) -> None:
    listings = []
    for number, jobs in enumerate((1, 4)):
        path = tmp_path / str(number)
        build(path, "none", directories={"media": media}, jobs=jobs)
        listings.append(subprocess.run(["tar", "-tvf", path], capture_output=True, check=True).stdout)
    assert listings[0] == listings[1]


def test_an_empty_directory_comes_back(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    _notices, directory = pack(tmp_path, tmp_path / "empty")
    assert (directory.files, directory.bytes, directory.index[0].entries) == (0, 0, 1)
    unpack(tmp_path / "archive", tmp_path / "out")
    assert tree(tmp_path / "out") == tree(tmp_path / "empty")


def test_special_files_are_noted_and_left_out(tmp_path: Path) -> None:
    root = tmp_path / "media"
    root.mkdir()
    os.mkfifo(root / "fifo")
    (root / "file").write_bytes(b"x")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "socket"))
        notices, directory = pack(tmp_path, root)
    assert codes(notices) == ["file_special", "file_special"]
    assert directory.files == 1


def test_links_out_of_the_directory_are_noted(tmp_path: Path) -> None:
    root = tmp_path / "media"
    root.mkdir()
    os.symlink("/etc/passwd", root / "absolute")
    os.symlink("../other", root / "up")
    notices, _directory = pack(tmp_path, root)
    assert codes(notices) == ["link_leaves", "link_leaves"]


def test_nothing_behind_a_link_is_read(tmp_path: Path) -> None:
    root, outside = tmp_path / "media", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    os.symlink(outside, root / "link")
    _notices, directory = pack(tmp_path, root)
    assert (directory.files, directory.bytes) == (1, 0)


def test_the_directory_itself_may_be_a_link(tmp_path: Path, media: Path) -> None:
    os.symlink(media, tmp_path / "alias")
    pack(tmp_path, tmp_path / "alias")
    unpack(tmp_path / "archive", tmp_path / "out")
    assert tree(tmp_path / "out") == tree(media)


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        ((), ["a.tmp", "b", "cache", "cache/x", "sub", "sub/cache", "sub/cache/y", "sub/ç.tmp"]),
        (("*.tmp",), ["b", "cache", "cache/x", "sub", "sub/cache", "sub/cache/y"]),
        (("cache",), ["a.tmp", "b", "sub", "sub/cache", "sub/cache/y", "sub/ç.tmp"]),
        (("cache/", "/sub/cache"), ["a.tmp", "b", "sub", "sub/ç.tmp"]),
        (("*/cache", "?.tmp"), ["b", "cache", "cache/x", "sub", "sub/ç.tmp"]),
        (("sub/?.tmp", "[!b-z]*"), ["b", "cache", "cache/x", "sub", "sub/cache", "sub/cache/y"]),
        (("*",), []),
        (("", "/"), ["a.tmp", "b", "cache", "cache/x", "sub", "sub/cache", "sub/cache/y", "sub/ç.tmp"]),
    ],
)
def test_excludes(tmp_path: Path, patterns: tuple[str, ...], left: list[str]) -> None:
    root = tmp_path / "media"
    for name in ("cache/x", "sub/cache/y", "sub/ç.tmp", "a.tmp", "b"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    pack(tmp_path, root, exclude=patterns)
    unpack(tmp_path / "archive", tmp_path / "out")
    found = [os.fsdecode(path) for path in tree(tmp_path / "out") if path.strip(b"./")]
    assert sorted({path[:-2] if path.endswith("/.") else path for path in found}) == left


def test_missing_directories_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "missing", tmp_path / "file", "/a\0b"):
        with pytest.raises(HostError) as caught:
            pack(tmp_path, Path(path))
        assert caught.value.code == "directory_absent"
        assert not (tmp_path / "archive").exists()


@pytest.mark.parametrize("what", ["file", "directory", "large", "shared"])
def test_what_can_not_be_read_fails_unless_excluded(tmp_path: Path, what: str) -> None:
    root = open_to_others(tmp_path) / "media"
    root.mkdir()
    (root / "good").write_bytes(b"x")
    bad = root / "bad"
    if what == "directory":
        bad.mkdir()
    else:
        bad.write_bytes(bytes(9 * MEGABYTE if what == "large" else 10))
    if what == "shared":
        os.link(bad, root / "other")
    bad.chmod(0)
    with pytest.raises((HostError, AnotherUserError), match=r"file_unreadable|can't be read"):
        as_another_user(lambda: pack(tmp_path, root)[1].files)
    assert not (tmp_path / "archive").exists()
    assert as_another_user(lambda: pack(tmp_path, root, exclude=["bad", "other"])[1].files) == 1
    bad.chmod(0o700)


def test_files_that_vanish_while_the_backup_runs_are_noted(tmp_path: Path) -> None:
    root = tmp_path / "media"
    (root / "z-folder").mkdir(parents=True)
    (root / "a-large").write_bytes(os.urandom(40 * MEGABYTE))
    (root / "z-file").write_bytes(b"x")

    def remove(files: int, size: int) -> None:
        if (root / "z-file").exists():
            (root / "z-file").unlink()
            (root / "z-folder").rmdir()

    notices, directory = pack(tmp_path, root, progress=remove)
    assert codes(notices) == ["file_vanished", "file_vanished"]
    assert directory.files == 1
    unpack(tmp_path / "archive", tmp_path / "out")
    assert sorted(os.listdir(tmp_path / "out")) == ["a-large"]


def rewrite_in_place(path: Path, content: bytes) -> None:
    """Write to a file and restore its modification time; its change time (ctime) is then new."""
    before = path.stat()
    while path.stat().st_ctime_ns == before.st_ctime_ns:
        with path.open("r+b") as file:
            file.write(content)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("kind", ["small", "linked", "large"])
def test_a_file_that_is_rewritten_with_its_time_put_back_is_noticed(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "media"
    root.mkdir()
    path = root / "foto.jpg"
    path.write_bytes(b"before" * (1 if kind != "large" else MEGABYTE))
    (root / "other").write_bytes(b"steady")
    if kind == "linked":
        os.link(path, root / "second")
    inode = path.stat().st_ino
    read_into = batches.read_into

    def read(fd: int, view: memoryview) -> int:
        count = read_into(fd, view)
        if os.fstat(fd).st_ino == inode:
            rewrite_in_place(path, b"AFTER!")
        return count

    for module in (batches, packer, slices):
        monkeypatch.setattr(module, "read_into", read)
    notices, _directory = pack(tmp_path, root)
    assert codes(notices) == ["file_changed"] and str(path) in str(notices[0])


@pytest.mark.parametrize("change", ["shrink", "empty", "grow", "rewrite"])
@pytest.mark.long
def test_a_large_file_that_changes_still_gives_a_valid_archive(tmp_path: Path, change: str) -> None:
    root = tmp_path / "media"
    root.mkdir()
    size = 60 * MEGABYTE + 5
    (root / "large").write_bytes(b"\1" * size)
    (root / "zz").write_bytes(b"after")
    done: list[int] = []

    def alter(files: int, content: int) -> None:
        if not done:
            done.append(1)
            if change == "grow":
                with (root / "large").open("ab") as file:
                    file.write(b"more")
            elif change == "rewrite":
                with (root / "large").open("r+b") as file:
                    file.seek(size - 5)
                    file.write(b"\2\2\2\2\2")
            else:
                os.truncate(root / "large", 0 if change == "empty" else size - MEGABYTE)

    notices, directory = pack(tmp_path, root, progress=alter, jobs=1)
    assert codes(notices) == ["file_changed"]
    assert "large" in str(notices[0])
    assert directory.bytes == size + 5
    with ArchiveReader.open(str(tmp_path / "archive"), None, KINDS) as reader:
        check_archive(reader, 2)
    unpack(tmp_path / "archive", tmp_path / "out")
    content = (tmp_path / "out" / "large").read_bytes()
    assert len(content) == size
    assert content.startswith(b"\1" * MEGABYTE)
    assert (tmp_path / "out" / "zz").read_bytes() == b"after"
    assert content.endswith(
        {"shrink": b"\0" * MEGABYTE, "empty": b"\0" * MEGABYTE, "grow": b"\1", "rewrite": b"\2"}[change]
    )


def source(root: Path, notices: list[Notice], spare: int = batches.SPARE) -> batches.Source:
    fd = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    notes = Notes(notices)
    return batches.Source(
        fd, str(root), b"files/x/", codec("none"), Buffers(MEGABYTE + spare), notes, Owners()
    )


def test_small_files_that_changed_since_they_were_listed(tmp_path: Path) -> None:
    (tmp_path / "grown").write_bytes(b"g" * 5000)
    (tmp_path / "shrunk").write_bytes(b"s" * 10)
    (tmp_path / "huge").write_bytes(b"h" * 3 * MEGABYTE)
    (tmp_path / "now-a-directory").mkdir()
    os.symlink("grown", tmp_path / "now-a-link")
    os.mkfifo(tmp_path / "now-a-fifo")
    listed = [
        b"grown",
        b"huge",
        b"gone",
        b"gone/too",
        b"now-a-directory",
        b"now-a-fifo",
        b"now-a-link",
        b"shrunk",
    ]
    batch = [batches.Planned(entry(name, size=100)) for name in listed]
    notices: list[Notice] = []
    origin = source(tmp_path, notices)
    try:
        frame, entries, content = batches.pack_batch(origin, batch, "x")
    finally:
        os.close(origin.root)
    assert frame is not None
    sizes = {found.path: found.size for found in entries}
    # a replaced file is archived with its current content; a file that has become too large is truncated, with a warning
    assert sizes == {b"grown": 5000, b"shrunk": 10, b"huge": sizes[b"huge"]}
    assert MEGABYTE < sizes[b"huge"] < 3 * MEGABYTE
    assert codes(notices) == ["file_changed", *["file_vanished"] * 5]
    assert content == sum(sizes.values())
    assert frame.raw_size % 512 == 0


def test_a_batch_of_which_nothing_is_left_gives_no_frame(tmp_path: Path) -> None:
    origin = source(tmp_path, [])
    try:
        assert batches.pack_batch(origin, [batches.Planned(entry(b"gone", size=9))], "x").frame is None
    finally:
        os.close(origin.root)


def test_many_warnings_of_a_kind_are_summed_up(tmp_path: Path) -> None:
    root = tmp_path / "media"
    root.mkdir()
    for number in range(150):
        os.mkfifo(root / str(number))
    notices, _directory = pack(tmp_path, root)
    assert codes(notices) == [*["file_special"] * 100, "notices_more"]
    assert notices[-1].facts == {"kind": "file_special", "count": 50}


def test_paths_that_are_too_deep_are_named(tmp_path: Path) -> None:
    root = tmp_path / "media"
    root.mkdir()
    here = os.open(root, os.O_RDONLY)
    for _turn in range(220):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    (root / "kept.jpg").write_bytes(b"x")
    notices, packed = pack(tmp_path, root)
    assert packed.files == 1
    assert codes(notices) == ["path_left_out"]
    (tmp_path / "archive").unlink()
    assert pack(tmp_path, root, exclude=["d/d"])[1].files == 1
    shutil.rmtree(root)


def test_hard_links_beyond_what_is_remembered_become_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linktable, "MOST_LINKED_FILES", 3)
    root = tmp_path / "media"
    root.mkdir()
    for number in range(6):
        (root / f"a{number}").write_bytes(bytes(str(number), "ascii"))
        os.link(root / f"a{number}", root / f"b{number}")
    notices, directory = pack(tmp_path, root)
    assert codes(notices) == ["hardlinks_not_kept"]
    assert (directory.files, directory.bytes) == (12, 9)
    unpack(tmp_path / "archive", tmp_path / "out")
    assert {path: facts[1] for path, facts in tree(tmp_path / "out").items() if facts[0] == "file"} == {
        path: facts[1] for path, facts in tree(root).items() if facts[0] == "file"
    }


def test_names_outside_of_the_directory_do_no_harm(tmp_path: Path) -> None:
    root = tmp_path / "media"
    root.mkdir()
    (root / "a").write_bytes(b"x")
    os.link(root / "a", tmp_path / "outside")
    pack(tmp_path, root)
    unpack(tmp_path / "archive", tmp_path / "out")
    assert (tmp_path / "out" / "a").stat().st_nlink == 1


def test_names_are_sorted_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "_RUN", 7)
    dice = random.Random(3)
    names = {
        bytes(dice.choices(range(1, 256), k=dice.randrange(1, 200))).replace(b"/", b"x")
        for _turn in range(300)
    }
    names -= {b".", b".."}
    for name in names:
        os.close(os.open(os.path.join(os.fsencode(tmp_path), name), os.O_CREAT))
    fd = os.open(tmp_path, os.O_RDONLY)
    try:
        assert list(walk.sorted_names(fd, "x", b"")) == sorted(names)
    finally:
        os.close(fd)


@pytest.mark.long
def test_many_small_files_take_little_memory(tmp_path: Path) -> None:
    """With 60,000 files, the process needs much less than 200 MB, the limit for any number."""
    root = tmp_path / "media"
    for folder in range(3):
        (root / str(folder)).mkdir(parents=True)
        for number in range(20_000):
            os.close(
                os.open(root / str(folder) / f"message-attachment-{number:08}.bin", os.O_CREAT | os.O_WRONLY)
            )
    script = (
        "import sys, pathlib\n"
        "from ansible_collections.ticketz.sidekick.tests.support.archive_samples import build\n"
        "from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader\n"
        "from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.unpack import unpack_directory\n"
        "from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.entry import directories_of\n"
        "from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS\n"
        "root = pathlib.Path(sys.argv[1])\n"
        "build(root / 'a', 'zstd', directories={'media': root / 'media'})\n"
        "(root / 'out').mkdir(mode=0o700)\n"
        "with ArchiveReader.open(str(root / 'a'), None, KINDS) as reader:\n"
        "    (entry,) = directories_of(reader.manifest)\n"
        "    done = unpack_directory(reader, entry, str(root / 'out'), jobs=2)\n"
        "status = pathlib.Path('/proc/self/status').read_text()\n"
        "print(len(entry.index), done.files, status.split('VmHWM:')[1].split()[0])\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, env=environment, check=True
    )
    indexes, files, kilobytes = map(int, done.stdout.split())
    assert (indexes, files) == (4, 60_000)
    assert kilobytes < 150_000
