# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Restores of selected files, owners, and malicious archives."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import tarfmt
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.check import check_archive
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.codec import COMPRESSIONS
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.index_totals import remaining
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.staging import Owner
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.tarfmt import Header
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.unpack import (
    Unpacked,
    unpack_directory,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.walk import Excludes
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.entry import (
    directories_of,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    ArchiveError,
    HostError,
    SidekickError,
)
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import (
    ROOT,
    AnotherUserError,
    Forge,
    as_another_user,
    build,
    entry,
    open_to_others,
    tree,
)

MEGABYTE = 1024 * 1024


def unpack(archive: Path, out: Path, **options: Any) -> Unpacked:
    if not out.exists():
        out.mkdir(mode=0o700)
    with ArchiveReader.open(str(archive), None, KINDS) as reader:
        (directory,) = directories_of(reader.manifest)
        return unpack_directory(reader, directory, str(out), jobs=2, **options)


def contents(root: Path) -> dict[bytes, object]:
    return {path: facts[1] for path, facts in tree(root, metadata=False).items() if facts[0] != "dir"}


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return an archive with many frames, and its directory; hard links refer to other frames."""
    base = tmp_path_factory.mktemp("packed")
    root = base / "media"
    for folder in ("a", "b/inner", "c"):
        (root / folder).mkdir(parents=True)
        for number in range(3):
            (root / folder / f"{number}.bin").write_bytes(os.urandom(3 * MEGABYTE))
    (root / "b" / "large").write_bytes(os.urandom(20 * MEGABYTE))
    os.link(root / "b" / "large", root / "c" / "large-too")
    os.link(root / "a" / "1.bin", root / "c" / "small-too")
    os.link(root / "a" / "1.bin", root / "c" / "small-again")
    os.symlink("../a/1.bin", root / "c" / "link")
    os.utime(root / "b", ns=(5, 5_000_000_005))
    build(base / "archive", "gzip", directories={"media": root})
    return base / "archive", root


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["a"], ["a/0.bin", "a/1.bin", "a/2.bin"]),
        (["a/"], ["a/0.bin", "a/1.bin", "a/2.bin"]),
        (["b/inner/2.bin"], ["b/inner/2.bin"]),
        (["b"], ["b/inner/0.bin", "b/inner/1.bin", "b/inner/2.bin", "b/large"]),
        (["a/0.bin", "c/link"], ["a/0.bin", "c/link"]),
        (["c/small-again", "c/small-too"], ["c/small-again", "c/small-too"]),
        (["c/large-too"], ["c/large-too"]),
        (["a/1.bin", "c/small-too"], ["a/1.bin", "c/small-too"]),
        ([], []),
    ],
)
def test_only_some_paths(
    tmp_path: Path, packed: tuple[Path, Path], paths: list[str], expected: list[str]
) -> None:
    archive, root = packed
    done = unpack(archive, tmp_path / "out", paths=paths)
    originals = contents(root)
    assert contents(tmp_path / "out") == {
        os.fsencode(path): originals[os.fsencode(path)] for path in expected
    }
    assert done.files == len(expected)
    for folder in {os.path.dirname(path) for path in expected}:
        assert (tmp_path / "out" / folder).stat().st_mtime_ns == (root / folder).stat().st_mtime_ns


ALL_BINS = [f"{folder}/{number}.bin" for folder in ("a", "b/inner", "c") for number in range(3)]


@pytest.mark.parametrize(
    ("patterns", "missing", "excluded"),
    [
        (["nothing"], [], 0),
        (["b/large"], ["b/large"], 1),
        (["b/large", "c/large-too"], ["b/large", "c/large-too"], 2),
        (["b"], [*(f"b/inner/{number}.bin" for number in range(3)), "b/large"], 6),
        (["/b/inner/"], [f"b/inner/{number}.bin" for number in range(3)], 4),
        # If a file is excluded, its other hard links are restored with its content.
        (["*.bin"], ALL_BINS, 9),
        (["c/l*", "a/1.bin"], ["c/link", "c/large-too", "a/1.bin"], 3),
        (["*"], None, 18),
    ],
)
def test_all_but_some_paths(
    tmp_path: Path, packed: tuple[Path, Path], patterns: list[str], missing: list[str] | None, excluded: int
) -> None:
    archive, root = packed
    out = tmp_path / "out"
    out.mkdir(mode=0o700)
    with ArchiveReader.open(str(archive), None, KINDS) as reader:
        (directory,) = directories_of(reader.manifest)
        rest = remaining(reader, directory, Excludes(patterns))
        before = reader.bytes_read
        done = unpack_directory(reader, rest.entry, str(out), jobs=2, exclude=Excludes(patterns))
        read = reader.bytes_read - before
    originals = contents(root)
    wanted = {
        path: content
        for path, content in originals.items()
        if missing is not None and os.fsdecode(path) not in missing
    }
    assert contents(out) == wanted
    assert rest.excluded == excluded
    assert (done.files, done.bytes) == (rest.entry.files, rest.entry.bytes)
    assert done.files == len(wanted)
    # Excluded files are not read.
    assert read <= done.bytes + 10 * MEGABYTE


def test_what_is_excluded_can_be_harmful(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    os.symlink("/etc", tmp_path / "media" / "away")
    (tmp_path / "media" / "kept").write_bytes(b"x")
    build(tmp_path / "archive", directories={"media": tmp_path / "media"})
    with pytest.raises(ArchiveError) as caught:
        unpack(tmp_path / "archive", tmp_path / "out")
    assert caught.value.code == "unsafe_link"
    (tmp_path / "again").mkdir(mode=0o700)
    with ArchiveReader.open(str(tmp_path / "archive"), None, KINDS) as reader:
        rest = remaining(reader, directories_of(reader.manifest)[0], Excludes(["away"]))
        place = str(tmp_path / "again")
        unpack_directory(reader, rest.entry, place, jobs=2, exclude=Excludes(["away"]))
    assert os.listdir(tmp_path / "again") == ["kept"]


@pytest.mark.parametrize(
    ("function", "name", "number"),
    [
        ("mkdir", "folder", errno.ENAMETOOLONG),
        ("open", "file", errno.EINVAL),
        ("symlink", "link", errno.EILSEQ),
    ],
)
def test_a_name_that_the_file_system_refuses_says_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str, name: str, number: int
) -> None:
    """Simulates the error of FAT or an encrypted file system, which are not available in tests."""
    root = tmp_path / "media"
    (root / "folder").mkdir(parents=True)
    (root / "file").write_bytes(b"x")
    os.symlink("file", root / "link")
    build(tmp_path / "archive", directories={"media": root})
    real = getattr(os, function)

    def refuse(*arguments: Any, **options: Any) -> Any:
        if os.fsencode(name) in arguments:
            raise OSError(number, os.strerror(number))
        return real(*arguments, **options)

    monkeypatch.setattr(os, function, refuse)
    with pytest.raises(HostError) as caught:
        unpack(tmp_path / "archive", tmp_path / "out")
    assert caught.value.code == "path_refused"
    for language in ("en", "pt"):
        assert "restore_exclude_paths" in caught.value.text(language)
        assert f"out/{name}" in caught.value.text(language)


def test_hard_links_of_a_selection_stay_links(tmp_path: Path, packed: tuple[Path, Path]) -> None:
    unpack(packed[0], tmp_path / "out", paths=["c"])
    small = [(tmp_path / "out" / "c" / name).stat() for name in ("small-too", "small-again")]
    assert small[0].st_ino == small[1].st_ino
    assert small[0].st_nlink == 2


def test_a_selection_reads_only_the_frames_it_needs(tmp_path: Path, packed: tuple[Path, Path]) -> None:
    with ArchiveReader.open(str(packed[0]), None, KINDS) as reader:
        before = reader.bytes_read
        (directory,) = directories_of(reader.manifest)
        (tmp_path / "out").mkdir(mode=0o700)
        unpack_directory(reader, directory, str(tmp_path / "out"), jobs=2, paths=["c/2.bin"])
        assert reader.bytes_read - before < 17 * MEGABYTE < reader.size // 2


@pytest.mark.parametrize("path", ["missing", "a/missing", "a/0.bin/x", "../a", "/a", "", "a//b"])
def test_selected_paths_that_are_not_there_are_named(
    tmp_path: Path, packed: tuple[Path, Path], path: str
) -> None:
    with pytest.raises(ArchiveError) as caught:
        unpack(packed[0], tmp_path / "out", paths=["a/0.bin", path])
    assert caught.value.code == "paths_not_in_backup"


def test_owners_can_be_mapped(tmp_path: Path, packed: tuple[Path, Path]) -> None:
    seen = set()

    def mapping(owner: Owner) -> tuple[int, int]:
        seen.add(owner)
        return (os.geteuid() + 7, os.getegid() + 8) if os.geteuid() == 0 else (os.geteuid(), os.getegid())

    unpack(packed[0], tmp_path / "out", owner_map=mapping, paths=["a/0.bin", "c/link"])
    assert {(owner.uid, owner.gid) for owner in seen} == {(os.geteuid(), os.getegid())}
    status = (tmp_path / "out" / "a" / "0.bin").stat()
    assert (status.st_uid, status.st_gid) == mapping(next(iter(seen)))
    status = os.lstat(tmp_path / "out" / "c" / "link")
    assert (status.st_uid, status.st_gid) == mapping(next(iter(seen)))


def test_without_rights_owners_are_lost_with_a_warning(tmp_path: Path) -> None:
    open_to_others(tmp_path)
    forge = Forge()
    stranger: dict[str, Any] = {"uid": 12345, "gid": 12345}
    forge.directory(
        [ROOT, (entry(b"a", mode=0o6755, **stranger), b"x"), (entry(b"b", mode=0o4755, **stranger), b"y")]
    )
    forge.write(tmp_path / "a").chmod(0o644)

    def work() -> object:
        done = unpack(tmp_path / "a", tmp_path / "out")
        return [notice.code for notice in done.notices], oct((tmp_path / "out" / "a").stat().st_mode & 0o7777)

    assert as_another_user(work) == (["owner_not_set", "special_bits_dropped"], "0o755")


@pytest.mark.parametrize("group", ["own", "shared", "another"])
@pytest.mark.parametrize("kind", ["setgid", "setgid further up", "plain"])
def test_groups_below_a_directory_that_gives_its_own(tmp_path: Path, kind: str, group: str) -> None:
    """Entries created in a directory with the setgid bit get its group, not the account's."""
    own = os.getegid()
    shared, another = (12345, 54321) if os.geteuid() == 0 else (max(os.getgroups()), own)
    wanted = {"own": own, "shared": shared, "another": another}[group]
    root = tmp_path / "media"
    (root / "d").mkdir(parents=True)
    (root / "d" / "f").write_bytes(b"x")
    (root / "g").write_bytes(b"y" * 5 * MEGABYTE)
    (root / "d" / "l").symlink_to("f")
    for path in (root, root / "d", root / "d" / "f", root / "g", root / "d" / "l"):
        os.chown(path, -1, wanted, follow_symlinks=False)
    (root / "d").chmod(0o2750)
    build(tmp_path / "archive", "gzip", directories={"media": root})
    parent = tmp_path / "shared"
    parent.mkdir()
    os.chown(parent, -1, shared)
    parent.chmod(0o770 if kind == "plain" else 0o2770)
    if kind == "setgid further up":
        parent = parent / "below"
        parent.mkdir()
    unpack(tmp_path / "archive", parent / "out")
    assert tree(parent / "out") == tree(root)
    assert {os.lstat(path).st_gid for path in (parent / "out").rglob("*")} == {wanted}


@pytest.mark.parametrize("state", ["full", "public", "missing", "file", "link"])
def test_staging_must_be_empty_and_private(tmp_path: Path, packed: tuple[Path, Path], state: str) -> None:
    out = tmp_path / "out"
    if state == "file":
        out.write_bytes(b"precious")
    elif state == "link":
        (tmp_path / "real").mkdir(mode=0o700)
        os.symlink(tmp_path / "real", out)
    elif state != "missing":
        out.mkdir(mode=0o755 if state == "public" else 0o700)
    if state == "full":
        (out / "precious").touch()
    with pytest.raises(HostError) as caught, ArchiveReader.open(str(packed[0]), None, KINDS) as reader:
        unpack_directory(reader, directories_of(reader.manifest)[0], str(out), jobs=1)
    assert caught.value.code == ("staging_not_empty" if state in ("full", "public") else "write_failed")


def forged(tmp_path: Path, *entries: Any, **options: Any) -> Path:
    forge = Forge()
    forge.directory([ROOT, *entries], **options)
    return forge.write(tmp_path / "evil")


def refused(archive: Path, tmp_path: Path, *, by_check: bool = True) -> SidekickError:
    """Assert that check and restore refuse an archive, and that nothing is written outside the staging directory."""
    stage = tmp_path / "stage"
    stage.mkdir()
    (tmp_path / "victim").write_bytes(b"unharmed")
    before = tree(tmp_path)
    if by_check:
        with pytest.raises(ArchiveError), ArchiveReader.open(str(archive), None, KINDS) as reader:
            check_archive(reader, 2)
    with pytest.raises(SidekickError) as caught:
        unpack(archive, stage / "out")
    after = {path: facts for path, facts in tree(tmp_path).items() if not path.startswith(b"stage")}
    assert after == {path: facts for path, facts in before.items() if not path.startswith(b"stage")}
    assert sorted(os.listdir(stage)) in ([], ["out"])
    return caught.value


def test_an_honest_forgery_is_taken(tmp_path: Path) -> None:
    for compression in COMPRESSIONS:
        forge = Forge(compression)
        forge.directory([ROOT, (entry(b"a"), b"x" * 600), (entry(b"d", "dir"), b""), (entry(b"d/b"), b"")])
        with ArchiveReader.open(str(forge.write(tmp_path / compression)), None, KINDS) as reader:
            assert check_archive(reader, 2).files == 2
        assert unpack(tmp_path / compression, tmp_path / f"{compression}-out").bytes == 600


FILE_A = (entry(b"a"), b"x")


@pytest.mark.parametrize(
    "path", ["../victim", "/tmp/victim", "d/../../victim", "", ".", "a/", "d//a", "a\0b", "..", "%2e%2e/x"]
)
def test_hostile_paths(tmp_path: Path, path: str) -> None:
    def spoil(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [lines[0], {**lines[1], "path": path}]

    refused(forged(tmp_path, FILE_A, lines=spoil), tmp_path)


@pytest.mark.parametrize(
    "name", [b"files/public/../../victim", b"/victim", b"files/public/b", b"files/other/a", b"a"]
)
def test_tar_headers_that_say_another_name_than_the_index(tmp_path: Path, name: bytes) -> None:
    header = tarfmt.encode(
        Header(name, size=1, mode=0o644, uid=os.geteuid(), gid=os.getegid(), mtime=1_700_000_000)
    )
    assert refused(forged(tmp_path, FILE_A, headers={1: header}), tmp_path).code == "json_invalid"


@pytest.mark.parametrize(
    "changes",
    [
        {"size": 0},
        {"size": 2},
        {"mode": 0o4755},
        {"uid": 77},
        {"gid": 77},
        {"user": "x"},
        {"group": "x"},
        {"mtime_ns": 5},
        {"type": "dir"},
        {"type": "symlink", "link": "x"},
        {"offset": 511},
        {"offset": 1536},
        {"offset": 0},
        {"offset": 10**12},
        {"frame": 0},
        {"frame": 10**6},
        {"frame": 2},
        {"sha256": "0" * 64},
        {"size": 10**9},
        {"size": 2**62},
    ],
)
def test_index_entries_that_lie(tmp_path: Path, changes: dict[str, Any]) -> None:
    def spoil(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        line = {**lines[1], **changes}
        if line["type"] != "file":
            for key in ("size", "sha256", "links"):
                line.pop(key, None)
        return [lines[0], line, *lines[2:]]

    after = (entry(b"b"), b"y")
    refused(forged(tmp_path, FILE_A, after, lines=spoil), tmp_path)


@pytest.mark.parametrize("kind", [b"3", b"4", b"6", b"7", b"S"])
def test_devices_and_other_types_in_the_tar(tmp_path: Path, kind: bytes) -> None:
    header = bytearray(FILE_A[0]._replace(size=1).header(b"files/public/"))
    header[156:157] = kind
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    refused(forged(tmp_path, FILE_A, headers={1: bytes(header)}), tmp_path)


@pytest.mark.parametrize(
    "entries",
    [
        [FILE_A, FILE_A],
        [(entry(b"b"), b"x"), FILE_A],
        [(entry(b"d/a"), b"x")],
        [(entry(b"d/a"), b"x"), (entry(b"d", "dir"), b"")],
        [FILE_A, (entry(b"a/b"), b"x")],
        [(entry(b"d", "symlink", link=b"/tmp"), b""), (entry(b"d/victim"), b"x")],
        [(entry(b"d", "dir"), b""), (entry(b"d", "dir"), b"")],
        [(entry(b"d", "dir"), b""), (entry(b"d", "symlink", link=b"/"), b""), (entry(b"d/x"), b"x")],
        [(entry(b"d", "dir"), b""), (entry(b"e"), b""), (entry(b"d/x"), b"x")],
        [(entry(b".", "dir"), b"")],
    ],
)
def test_duplicates_orphans_and_writing_through_links(tmp_path: Path, entries: list[Any]) -> None:
    assert refused(forged(tmp_path, *entries), tmp_path).code in ("json_invalid", "unsafe_link")


def test_a_directory_that_does_not_begin_with_its_root(tmp_path: Path) -> None:
    forge = Forge()
    forge.directory([FILE_A])
    assert refused(forge.write(tmp_path / "evil"), tmp_path).code == "json_invalid"


@pytest.mark.parametrize("target", [b"../victim", b"/victim", b"missing", b"d", b"z"])
def test_hard_links_to_outside_and_to_what_is_no_file(tmp_path: Path, target: bytes) -> None:
    entries = [
        (entry(b"a", links=2), b"x"),
        (entry(b"d", "dir"), b""),
        (entry(b"h", "hardlink", link=target), b""),
        (entry(b"z", links=2), b"x"),
    ]
    refused(forged(tmp_path, *entries), tmp_path)


def test_more_hard_links_than_the_file_has_names(tmp_path: Path) -> None:
    links = [(entry(bytes([letter]), "hardlink", link=b"a"), b"") for letter in b"bcd"]
    refused(forged(tmp_path, (entry(b"a", links=3), b"x"), *links), tmp_path)


@pytest.mark.parametrize("frame", [0, 2, 10**6])
def test_a_selected_hard_link_to_a_file_that_is_nowhere(tmp_path: Path, frame: int) -> None:
    def spoil(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [lines[0], {**lines[1], "frame": frame}, lines[2]]

    link = (entry(b"b", "hardlink", link=b"a"), b"")
    archive = forged(tmp_path, (entry(b"a", links=2), b"x"), link, lines=spoil)
    with pytest.raises(ArchiveError):
        unpack(archive, tmp_path / "out", paths=["b"])


def test_hard_links_to_a_link(tmp_path: Path) -> None:
    entries = [(entry(b"s", "symlink", link=b"a"), b""), (entry(b"t", "hardlink", link=b"s"), b"")]
    refused(forged(tmp_path, FILE_A, *entries), tmp_path)


@pytest.mark.parametrize(
    "target", [b"/etc/passwd", b"../victim", b"../../victim", b"x/../../victim", b"a/.."]
)
def test_links_that_leave_are_refused_unless_allowed(tmp_path: Path, target: bytes) -> None:
    archive = forged(tmp_path, FILE_A, (entry(b"link", "symlink", link=target), b""))
    assert refused(archive, tmp_path, by_check=False).code == "unsafe_link"
    unpack(archive, tmp_path / "allowed", allow_unsafe_links=True)
    assert os.readlink(os.fsencode(tmp_path / "allowed" / "link")) == target


def test_content_that_the_index_does_not_list(tmp_path: Path) -> None:
    hidden = (entry(b"b"), b"hidden")
    assert (
        refused(forged(tmp_path, FILE_A, hidden, lines=lambda lines: lines[:2]), tmp_path).code
        == "manifest_false"
    )


def test_bytes_after_the_last_member_and_in_the_padding(tmp_path: Path) -> None:
    assert (
        refused(forged(tmp_path, FILE_A, tail=bytes(512)), tmp_path).facts.get("problem") == "frame_content"
    )


def test_a_frame_that_nothing_lists(tmp_path: Path) -> None:
    forge = Forge()
    forge.directory([ROOT, FILE_A])
    forge.frame(bytes(512))
    with (
        pytest.raises(ArchiveError) as caught,
        ArchiveReader.open(str(forge.write(tmp_path / "a")), None, KINDS) as reader,
    ):
        check_archive(reader, 1)
    assert caught.value.facts.get("problem") == "frame_content"


def test_one_frame_for_two_directories(tmp_path: Path) -> None:
    forge = Forge()
    first = forge.directory([ROOT, FILE_A])
    forge.directory([ROOT, FILE_A], name="other")["index"] = first["index"]
    with pytest.raises(ArchiveError):
        ArchiveReader.open(str(forge.write(tmp_path / "a")), None, KINDS)


@pytest.mark.parametrize("changes", [{"files": 0}, {"files": 2}, {"bytes": 0}, {"bytes": 10**9}])
def test_totals_that_lie(tmp_path: Path, changes: dict[str, int]) -> None:
    forge = Forge()
    forge.directory([ROOT, FILE_A]).update(changes)
    assert refused(forge.write(tmp_path / "evil"), tmp_path).facts.get("problem") == "totals"


def test_a_large_file_whose_frames_do_not_fit(tmp_path: Path) -> None:
    def claim(size: int) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
        return lambda lines: [lines[0], {**lines[1], "size": size}]

    for size in (1000, 1024, 5000, 10**15):
        (tmp_path / str(size)).mkdir()
        refused(forged(tmp_path / str(size), FILE_A, lines=claim(size)), tmp_path / str(size))


def test_a_directory_s_frame_may_not_be_huge(tmp_path: Path) -> None:
    forge = Forge()
    forge.directory([ROOT, FILE_A])
    bomb = bytes(33 * MEGABYTE)
    forge.frame(bomb)
    with pytest.raises(ArchiveError) as caught:
        ArchiveReader.open(str(forge.write(tmp_path / "evil")), None, KINDS)
    assert caught.value.code == "manifest_false"


def test_a_full_disk_while_restoring(tmp_path: Path, packed: tuple[Path, Path]) -> None:
    import resource
    import signal

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (MEGABYTE, limits[1]))
    try:
        with pytest.raises(HostError) as caught:
            unpack(packed[0], tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert caught.value.code == "disk_filled"


def test_a_staging_that_can_not_be_written(tmp_path: Path, packed: tuple[Path, Path]) -> None:
    open_to_others(tmp_path)
    open_to_others(packed[0].parent)
    packed[0].chmod(0o644)

    def work() -> None:
        out = tmp_path / "out"
        out.mkdir(mode=0o500)
        unpack(packed[0], out)

    with pytest.raises((HostError, AnotherUserError), match=r"write_failed|can't be written"):
        as_another_user(work)
