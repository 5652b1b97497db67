# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backup fails if a restore would refuse it. The tests simulate defects of the writer."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import indexing, packer
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.age import Recipients
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.entries import Entry
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.manifest import Manifest
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.readback import (
    check_readback,
    restorable,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import ArchiveError
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import build

pyrage = pytest.importorskip("pyrage")

to_json = Entry.to_json
add = indexing.IndexWriter.add


def instead(old: bytes, new: bytes) -> Callable[[Entry], bytes]:
    return lambda entry: to_json(entry).replace(old, new)


#: possible defects in a line of an index
LINES = {
    "a time without a bound": instead(b'"mtime_ns":', b'"mtime_ns":' + b"9" * 40),
    "no name": instead(b'"links":1', b'"links":0'),
    "an id of 33 bits": instead(b'"uid":', b'"uid":9999999999'),
    "a float": instead(b'"size":', b'"size":1.'),
    "a key of another version": instead(b'"type"', b'"inode":1,"type"'),
    "a path that leaves the directory": instead(b"company1/", b"company1/../"),
    "an owner that is no text": lambda entry: to_json(entry._replace(user="x" * 300)),
}


@pytest.fixture(params=["none", "aes256", "age"])
def key(request: pytest.FixtureRequest, passphrase: Key) -> Key | Recipients | None:
    if request.param == "age":
        return Recipients.parse([str(pyrage.x25519.Identity.generate().to_public())])
    return passphrase if request.param == "aes256" else None


def refused(tmp_path: Path, media: Path, key: Key | Recipients | None) -> ArchiveError:
    """Write an archive like a backup; return the error that it raises."""
    with pytest.raises(ArchiveError) as caught:
        with restorable("archive"):
            written = build(tmp_path / "archive", key=key, directories={"public": media})
        check_readback(str(tmp_path / "archive"), written, key)
    assert caught.value.text("en") != caught.value.text("pt")
    return caught.value


@pytest.mark.parametrize("defect", LINES)
def test_a_line_that_no_restore_takes_fails_the_backup(
    tmp_path: Path, media: Path, key: Key | Recipients | None, defect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Entry, "to_json", LINES[defect])
    assert refused(tmp_path, media, key).code == "backup_unrestorable"


def test_entries_out_of_order_fail_the_backup(
    tmp_path: Path, media: Path, key: Key | Recipients | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing.IndexWriter, "add", lambda self, entries: add(self, entries[::-1]))
    assert refused(tmp_path, media, key).code == "backup_unrestorable"


def test_frames_that_nothing_lists_fail_the_backup(
    tmp_path: Path, media: Path, passphrase: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgets(self: indexing.IndexWriter, entries: list[Entry]) -> None:
        add(self, [entry for entry in entries if entry.path != b"video.mp4"])

    monkeypatch.setattr(indexing.IndexWriter, "add", forgets)
    assert refused(tmp_path, media, passphrase).code == "backup_unrestorable"


def test_false_totals_fail_the_backup(
    tmp_path: Path, media: Path, passphrase: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = packer.Packer.finish
    monkeypatch.setattr(
        packer.Packer, "finish", lambda self: dataclasses.replace(finish(self), files=finish(self).files + 1)
    )
    assert refused(tmp_path, media, passphrase).code == "backup_unrestorable"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"search_path":"', b'"search_path":1,"x":"'),
        (b'"mtime_ns":', b'"mtime_ns":' + b"9" * 40),
        (b'"created":"', b'"created":"' + b"x" * 50),
    ],
)
def test_a_manifest_that_no_reader_takes_fails_the_backup(
    tmp_path: Path,
    media: Path,
    key: Key | Recipients | None,
    old: bytes,
    new: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = Manifest.to_json
    monkeypatch.setattr(Manifest, "to_json", lambda self: plain(self).replace(old, new))
    assert refused(tmp_path, media, key).code == "backup_unrestorable"


def test_an_archive_without_defects_passes(tmp_path: Path, media: Path, key: Key | Recipients | None) -> None:
    written = build(tmp_path / "archive", key=key, directories={"public": media})
    check_readback(str(tmp_path / "archive"), written, key)
