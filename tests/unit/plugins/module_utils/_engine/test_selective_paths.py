# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Single files and directories are restored to a live directory, without changing other files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import indexing
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.directories.entry import (
    directories_of,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._engine import selective_install
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    ArchiveError,
    HostError,
    SidekickError,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._swap import exchange
from ansible_collections.ticketz.sidekick.tests.support import runs
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import (
    PASSPHRASE,
    ROOT,
    Forge,
    as_another_user,
    build,
    entry,
    open_to_others,
)
from ansible_collections.ticketz.sidekick.tests.support.selected import Restored, restore

MEGABYTE = 1024 * 1024
FIRST = 1_700_000_000_000_000_000


def make_media(root: Path) -> None:
    """Create a small Ticketz folder: companies, odd names, links, a large file."""
    for number, path in enumerate(
        [
            "1/a.jpg",
            "1/b.ogg",
            "1/fila/c.pdf",
            "2/a.jpg",
            "100%.txt",
            'espaço & "aspas".txt',
            "a%41.txt",
            "nova\nlinha",
        ]
    ):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"content of %d\n" % number * 1000)
        os.utime(root / path, ns=(FIRST, FIRST + number))
    (root / os.fsdecode(b"inv\xe1lido")).write_bytes(b"no utf-8")
    (root / "2" / "large.mp4").write_bytes(os.urandom(9 * MEGABYTE))
    os.link(root / "1" / "a.jpg", root / "2" / "same.jpg")
    os.link(root / "2" / "large.mp4", root / "3-too.mp4")
    os.symlink("1/a.jpg", root / "logo")
    os.symlink("../1", root / "2" / "one")
    (root / "2" / "empty").mkdir()
    (root / "1").chmod(0o750)
    (root / "1" / "a.jpg").chmod(0o640)


@pytest.fixture
def media(tmp_path: Path) -> Path:
    root = tmp_path / "public"
    make_media(root)
    return root


@pytest.fixture
def archive(tmp_path: Path, media: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive of the folder, with few entries in each index member."""
    monkeypatch.setattr(indexing, "MOST_ENTRIES", 3)
    path = tmp_path / "backup_20260801_020000.tar"
    build(path, "none", directories={"public": media, "private": media})
    return path


def bring(archive: Path, media: Path, *paths: str, **options: Any) -> Restored:
    options.setdefault("directories", {"public": media})
    return restore(archive, paths=paths, **options)


def looks(root: Path) -> dict[str, Any]:
    """Return all attributes except the times of directories, which change when entries are added or removed."""
    return {
        path: facts[:3] + facts[4:] if facts[4] is None else facts for path, facts in runs.tree(root).items()
    }


def leftovers(root: Path) -> list[str]:
    return [name for path in (root, root.parent) for name in os.listdir(path) if name.startswith(".ticketz")]


@pytest.mark.parametrize(
    ("path", "lost"),
    [
        ("public/1/a.jpg", ["1/a.jpg"]),
        ("public/1", ["1"]),
        ("public/1/", ["1"]),
        ("public/1/fila", ["1/fila"]),
        ("public/2/large.mp4", ["2/large.mp4"]),
        ("public/2", ["2/empty", "2/one", "2/same.jpg"]),
        ("public/2/same.jpg", ["2/same.jpg"]),
        ("public/3-too.mp4", ["3-too.mp4"]),
        ("public/logo", ["logo"]),
        ("public/100%.txt", ["100%.txt"]),
        ("public/a%41.txt", ["a%41.txt"]),
        ("public/a%2541.txt", ["a%41.txt"]),
        ('public/espaço & "aspas".txt', ['espaço & "aspas".txt']),
        ("public/inv%E1lido", [os.fsdecode(b"inv\xe1lido")]),
        ("public/nova%0Alinha", ["nova\nlinha"]),
        ("public/nova\nlinha", ["nova\nlinha"]),
        ("public", ["1", "2/a.jpg", "logo"]),
    ],
)
def test_what_was_lost_comes_back_as_it_was(archive: Path, media: Path, path: str, lost: list[str]) -> None:
    before = looks(media)
    for name in lost:
        if (media / name).is_dir() and not (media / name).is_symlink():
            shutil.rmtree(media / name)
        else:
            (media / name).unlink()
    without = looks(media)
    assert without != before
    predicted = bring(archive, media, path, dry_run=True)
    assert looks(media) == without
    done = bring(archive, media, path)
    assert looks(media).keys() == before.keys()
    after = looks(media)
    # A restored name becomes a separate file, because no hard links to live files are created.
    single = {name for name in before if before[name][4:] != after[name][4:]}
    assert {name: facts[:-1] for name, facts in after.items()} == {
        name: facts[:-1] for name, facts in before.items()
    }
    for name in single:
        assert after[name][-1][1] == before[name][-1][1]
    assert done.result.changed
    assert predicted.result == done.result
    assert leftovers(media) == []
    again = bring(archive, media, path)
    assert not again.result.changed
    assert again.result.directories["public"]["files"] == 0
    assert looks(media) == after


def test_names_of_a_file_that_come_back_together_stay_one_file(archive: Path, media: Path) -> None:
    shutil.rmtree(media / "2")
    (media / "1" / "a.jpg").unlink()
    (media / "3-too.mp4").unlink()
    bring(archive, media, "public/2", "public/1/a.jpg", "public/3-too.mp4")
    assert os.path.samefile(media / "2" / "same.jpg", media / "1" / "a.jpg")
    assert os.path.samefile(media / "2" / "large.mp4", media / "3-too.mp4")


def test_a_file_that_is_there_with_another_content(archive: Path, media: Path) -> None:
    original = (media / "1" / "a.jpg").read_bytes()
    (media / "1" / "a.jpg").unlink()
    (media / "1" / "a.jpg").write_bytes(b"another one")
    (media / "1" / "b.ogg").unlink()
    (media / "logo").unlink()
    (media / "logo").symlink_to("elsewhere")
    before = looks(media)
    for options in ({}, {"dry_run": True}):
        with pytest.raises(HostError) as caught:
            bring(archive, media, "public/1", "public/logo", **options)
        assert caught.value.code == "paths_differ"
        assert "2 files" in str(caught.value)
        assert "public/1/a.jpg, public/logo" in str(caught.value)
        assert looks(media) == before
    for options in ({"if_not_empty": "skip"}, {"merge": True}):
        (media / "1" / "b.ogg").unlink(missing_ok=True)
        done = bring(archive, media, "public/1", "public/logo", **options)
        assert done.codes == ["content_kept"]
        assert (media / "1" / "a.jpg").read_bytes() == b"another one"
        assert (media / "1" / "b.ogg").exists()
        assert os.readlink(media / "logo") == "elsewhere"
        assert done.result.directories["public"]["created"] == 1
        assert done.result.directories["public"]["kept"] == 2
        assert done.result.changed
    done = bring(archive, media, "public/1", "public/logo", if_not_empty="replace")
    assert (media / "1" / "a.jpg").read_bytes() == original
    assert (media / "1" / "a.jpg").stat().st_mode & 0o777 == 0o640
    assert os.readlink(media / "logo") == "1/a.jpg"
    assert done.result.directories["public"]["replaced"] == 2
    assert leftovers(media) == []
    assert not bring(archive, media, "public/1", if_not_empty="replace").result.changed


def test_nothing_else_in_the_directory_changes(archive: Path, media: Path) -> None:
    (media / "1" / "new.jpg").write_bytes(b"written since")
    (media / "1" / "a.jpg").unlink()
    shutil.rmtree(media / "2")
    before = looks(media)
    bring(archive, media, "public/1/a.jpg")
    after = looks(media)
    assert after.pop("1/a.jpg")
    # its other hard link was deleted with that directory
    assert after == before
    assert not (media / "2").exists()


def test_missing_directories_above_come_back_as_they_were(archive: Path, media: Path) -> None:
    shutil.rmtree(media / "1")
    bring(archive, media, "public/1/fila/c.pdf")
    assert sorted(os.listdir(media / "1")) == ["fila"]
    assert (media / "1").stat().st_mode & 0o777 == 0o750


def test_links_in_the_directory_in_use_are_never_followed(archive: Path, media: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.rmtree(media / "1")
    (media / "1").symlink_to(elsewhere)
    for path in ("public/1/a.jpg", "public/1"):
        with pytest.raises(HostError) as caught:
            bring(archive, media, path, if_not_empty="replace")
        assert caught.value.code == "paths_blocked"
        assert path in str(caught.value)
    assert os.listdir(elsewhere) == []


def test_a_file_in_place_of_a_directory_and_the_other_way_round(archive: Path, media: Path) -> None:
    shutil.rmtree(media / "1")
    (media / "1").write_bytes(b"a file")
    (media / "logo").unlink()
    (media / "logo").mkdir()
    for path in ("public/1", "public/1/a.jpg", "public/logo"):
        with pytest.raises(HostError) as caught:
            bring(archive, media, path, if_not_empty="replace")
        assert caught.value.code == "paths_blocked"
    assert (media / "1").read_bytes() == b"a file"


@pytest.mark.parametrize(
    ("path", "similar"),
    [
        ("public/1/a.jpeg", "public/1/a.jpg"),
        ("public/1/A.JPG", "public/1/a.jpg"),
        ("public/2/larg.mp4", "public/2/large.mp4"),
        ("public/1/a.jpg/x", ""),
        ("public/9/a.jpg", ""),
    ],
)
def test_a_path_that_is_not_in_the_backup(archive: Path, media: Path, path: str, similar: str) -> None:
    with pytest.raises(ArchiveError) as caught:
        bring(archive, media, "public/1/b.ogg", path)
    assert caught.value.code == "paths_not_in_backup"
    assert path in str(caught.value)
    assert similar in str(caught.value.facts["similar"])


@pytest.mark.parametrize(
    "path", ["1/a.jpg", "/srv/public/1/a.jpg", "publica/1", "public/../x", "public//1", ""]
)
def test_what_is_no_path_in_a_directory(archive: Path, media: Path, path: str) -> None:
    with pytest.raises(HostError) as caught:
        bring(archive, media, path)
    assert caught.value.code == "option_invalid"
    assert "paths" in str(caught.value)


def test_directories_that_have_no_place(archive: Path, media: Path, tmp_path: Path) -> None:
    with pytest.raises(HostError) as caught:
        bring(archive, media, "public/1", "private/1")
    assert caught.value.code == "directories_unplaced"
    assert "private" in str(caught.value)
    with pytest.raises(HostError) as caught:
        bring(archive, media, "public/1", directories={"public": tmp_path / "nowhere"})
    assert caught.value.code == "live_directory_missing"


def test_a_directory_that_is_a_link_is_as_good(archive: Path, media: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(media)
    (media / "1" / "a.jpg").unlink()
    done = bring(archive, media, "public/1/a.jpg", directories={"public": tmp_path / "link"})
    assert (media / "1" / "a.jpg").exists()
    assert done.result.directories["public"]["path"] == str(media)


def test_a_link_that_leads_out_needs_force(tmp_path: Path) -> None:
    forge = Forge()
    forge.directory([ROOT, (entry(b"out", type="symlink", link=b"/etc/hostname"), b"")])
    archive = tmp_path / "forged"
    forge.write(archive)
    live = tmp_path / "live"
    live.mkdir()
    name = forge_directory(archive)
    for options in ({}, {"dry_run": True}):
        with pytest.raises(ArchiveError) as caught:
            restore(archive, paths=[f"{name}/out"], directories={name: live}, **options)
        assert caught.value.code == "unsafe_link"
    restore(archive, paths=[f"{name}/out"], directories={name: live}, force=True)
    assert os.readlink(live / "out") == "/etc/hostname"


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ([(entry(b"a", "symlink", link=b"/tmp"), b""), (entry(b"a/x"), b"x")], "a/x"),
        ([(entry(b"a"), b"x"), (entry(b"a/x"), b"x")], "a/x"),
        ([(entry(b"a/x"), b"x")], "a/x"),
        ([(entry(b"a", "hardlink", link=b"gone"), b"")], "a"),
        ([(entry(b"a", "dir"), b""), (entry(b"a/b", "hardlink", link=b"a"), b"")], "a/b"),
    ],
)
def test_an_index_that_lies_is_refused(tmp_path: Path, members: Any, path: str) -> None:
    forge = Forge()
    forge.directory([ROOT, *members])
    archive = forge.write(tmp_path / "forged")
    live = tmp_path / "live"
    live.mkdir()
    name = forge_directory(archive)
    for options in ({}, {"dry_run": True}):
        with pytest.raises(ArchiveError) as caught:
            restore(archive, paths=[f"{name}/{path}"], directories={name: live}, force=True, **options)
        assert caught.value.code == "json_invalid"
    assert os.listdir(live) == []


def forge_directory(archive: Path) -> str:
    from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader

    with ArchiveReader.open(str(archive), None, KINDS) as reader:
        return directories_of(reader.manifest)[0].name


def test_a_damaged_frame_changes_nothing(archive: Path, media: Path) -> None:
    wanted = (media / "2" / "large.mp4").read_bytes()
    content = bytearray(archive.read_bytes())
    content[content.index(wanted[-1000:])] ^= 1
    archive.write_bytes(content)
    shutil.rmtree(media / "2")
    before = looks(media)
    with pytest.raises(ArchiveError) as caught:
        bring(archive, media, "public/2")
    assert caught.value.facts.get("problem") == "frame"
    assert looks(media) == before
    assert leftovers(media) == []
    # Other files can still be restored.
    (media / "1" / "b.ogg").unlink()
    assert bring(archive, media, "public/1/b.ogg").result.changed


@pytest.mark.parametrize("able", [True, False])
def test_a_failure_in_the_middle_is_taken_back(
    archive: Path, media: Path, monkeypatch: pytest.MonkeyPatch, able: bool
) -> None:
    """The changes are reverted, also if the kernel can't exchange names."""
    if not able:
        monkeypatch.setattr(exchange, "_RENAMEAT2", None)
    shutil.rmtree(media / "1" / "fila")
    (media / "1" / "a.jpg").write_bytes(b"changed")
    (media / "1" / "b.ogg").unlink()
    before = looks(media)
    real, seen = selective_install.move, []

    def move(source: bytes, target: bytes) -> None:
        if target.endswith(b"logo") and not seen:
            seen.append(target)
            (media / "logo").symlink_to("somebody else's")
        real(source, target)

    (media / "logo").unlink()
    monkeypatch.setattr(selective_install, "move", move)
    with pytest.raises(HostError) as caught:
        bring(archive, media, "public/1", "public/logo", if_not_empty="skip")
    assert caught.value.code == "path_appeared"
    assert os.readlink(media / "logo") == "somebody else's"
    after = looks(media)
    assert {**after, "logo": None} == {**before, "logo": None}
    assert leftovers(media) == []


@pytest.mark.parametrize("able", [True, False])
def test_replaced_files_come_back_after_a_failure(
    archive: Path, media: Path, monkeypatch: pytest.MonkeyPatch, able: bool
) -> None:
    if not able:
        monkeypatch.setattr(exchange, "_RENAMEAT2", None)
    (media / "1" / "a.jpg").write_bytes(b"changed")
    (media / "logo").unlink()
    before = looks(media)
    real = selective_install.move

    def move(source: bytes, target: bytes) -> None:
        if target.endswith(b"logo"):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(selective_install, "move", move)
    with pytest.raises(HostError) as caught:
        bring(archive, media, "public/1", "public/logo", if_not_empty="replace")
    assert caught.value.code == "write_failed"
    assert looks(media) == before
    monkeypatch.undo()
    assert bring(archive, media, "public/1", "public/logo", if_not_empty="replace").result.changed
    assert (media / "1" / "a.jpg").read_bytes() != b"changed"


def test_what_a_killed_run_has_left_is_removed(archive: Path, media: Path) -> None:
    (media.parent / ".ticketz-sidekick-restore.public.0123456789ab").mkdir()
    (media / "1" / "b.ogg").unlink()
    bring(archive, media, "public/1/b.ogg")
    assert leftovers(media) == []


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.long
def test_little_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encrypted: bool) -> None:
    """Only the index members on the way to the path, and only the frame with the file, are read."""
    monkeypatch.setattr(indexing, "MOST_ENTRIES", 100)
    root = tmp_path / "public"
    for folder in range(4):
        (root / str(folder)).mkdir(parents=True)
        for number in range(500):
            (root / str(folder) / f"{number:06d}.jpg").write_bytes(os.urandom(60_000))
    key = Key.from_text(PASSPHRASE) if encrypted else None
    archive = tmp_path / "archive"
    build(archive, "gzip", directories={"public": root}, key=key)
    expected = looks(root)
    for path in ("0/000000.jpg", "2/000250.jpg", "3/000499.jpg"):
        (root / path).unlink()
        done = bring(archive, root, f"public/{path}", key=key)
        assert done.result.changed
        # In an encrypted archive, each small read needs one or two segments of 1 MB.
        assert done.bytes_read < (20 if encrypted else 6) * MEGABYTE < 0.2 * archive.stat().st_size
    assert looks(root) == expected


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_owners_that_can_not_be_set_are_told(tmp_path: Path) -> None:
    open_to_others(tmp_path)
    root = tmp_path / "public"
    root.mkdir()
    (root / "a").write_bytes(b"a")
    os.chown(root / "a", 12345, 12345)
    archive = tmp_path / "archive"
    build(archive, "none", directories={"public": root})
    archive.chmod(0o644)
    (root / "a").unlink()
    os.chown(root, 65534, 65534)
    tmp_path.chmod(0o777)

    def run() -> list[str]:
        return bring(archive, root, "public/a").codes

    assert as_another_user(run) == ["owner_not_set"]
    assert (root / "a").read_bytes() == b"a"


def test_an_unreadable_directory_in_use_is_named(tmp_path: Path) -> None:
    open_to_others(tmp_path)
    root = tmp_path / "public"
    (root / "closed").mkdir(parents=True)
    (root / "closed" / "a").write_bytes(b"a")
    archive = tmp_path / "archive"
    build(archive, "none", directories={"public": root})
    archive.chmod(0o644)
    (root / "closed").chmod(0)
    tmp_path.chmod(0o777)

    def run() -> str:
        try:
            bring(archive, root, "public/closed/a")
        except SidekickError as error:
            return f"{error.code} {error}"
        return ""

    said = as_another_user(run)
    assert str(said).startswith("file_unreadable")
    assert "closed" in str(said)
