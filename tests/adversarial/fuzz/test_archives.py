# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whole archives: changed as bytes, and put together again with right hashes around what was changed."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.check import check_archive
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.entries import Entry
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.legacy.entries import LegacyArchive
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.legacy.layouts import SIDEKICK
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.legacy.survey import (
    recognise,
    survey,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.tests.adversarial.frame import STORE_WRITER, attack
from ansible_collections.ticketz.sidekick.tests.adversarial.fuzz.bounds import examples, refused_or_taken
from ansible_collections.ticketz.sidekick.tests.adversarial.fuzz.mutations import changed_bytes, changed_json
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import ROOT, Forge, build, entry
from ansible_collections.ticketz.sidekick.tests.support.legacy_samples import sidekick

KEY = Key.from_text("7f" * 32)


def _read(path: Path) -> None:
    with ArchiveReader.open(str(path), KEY, KINDS) as reader:
        check_archive(reader, 2)


@attack(STORE_WRITER, "has a reader fail by an accident")
@pytest.mark.parametrize("compression", ["gzip", "zstd", "none"])
@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "encrypted"])
@examples
@given(data=st.data())
def test_any_bytes_of_an_archive(
    tmp_path: Path, compression: str, key: Key | None, data: st.DataObject
) -> None:
    honest, changed = tmp_path / "honest", tmp_path / "changed"
    if not honest.exists():
        build(honest, compression, key=key)
        _read(honest)
    changed.write_bytes(data.draw(changed_bytes([honest.read_bytes()])))
    with refused_or_taken():
        _read(changed)


def _forge(compression: str) -> Forge:
    forge = Forge(compression)
    forge.table(b"id\n1\n2\n", 2)
    forge.member("config/x", b"y", "config")
    forge.directory([ROOT, (entry(b"a"), b"content"), (entry(b"d", "dir"), b"")])
    return forge


@attack(
    STORE_WRITER, "has a reader fail by an accident, with a manifest of another shape whose hashes are right"
)
@pytest.mark.parametrize("compression", ["gzip", "none"])
@examples
@given(data=st.data())
def test_any_manifest(tmp_path: Path, compression: str, data: st.DataObject) -> None:
    forge = _forge(compression)
    text = data.draw(changed_json([json.dumps(forge.manifest).encode()]))
    path = forge.write(tmp_path / "forged", lambda _text: text)
    with refused_or_taken():
        _read(path)


@attack(STORE_WRITER, "has a reader fail by an accident, with frames of other content whose hashes are right")
@examples
@given(data=st.data())
def test_any_frame(tmp_path: Path, data: st.DataObject) -> None:
    honest = _forge("none")
    number = data.draw(st.integers(0, len(honest.blobs) - 1))
    raw = data.draw(changed_bytes([honest.blobs[number]]))
    forge = Forge("none")
    forge.blobs.clear()
    forge.manifest = {**honest.manifest, "frames": []}
    for position, blob in enumerate(honest.blobs):
        content = raw + bytes(-len(raw) % 512) if position == number else blob
        forge.frame(content, honest.manifest["frames"][position]["first"])
    path = forge.write(tmp_path / "forged")
    with refused_or_taken():
        _read(path)


@attack(STORE_WRITER, "has the reader of old archives fail by an accident")
@pytest.mark.parametrize("compressed", [False, True])
@examples
@given(data=st.data())
def test_any_old_archive(tmp_path: Path, compressed: bool, data: st.DataObject) -> None:
    tar = (
        sidekick()
        .directory("backups/public")
        .add("backups/public/a.jpg", b"picture", pax={"path": "backups/public/ç"})
    )
    whole = gzip.compress(tar.data(), 1, mtime=0) if compressed else tar.data()
    content = data.draw(changed_bytes([whole]))
    path = tmp_path / "old.tar.gz"
    path.write_bytes(content if compressed else gzip.compress(content, 1))
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with refused_or_taken():
            recognise(descriptor, str(path))
            survey(LegacyArchive(descriptor, str(path), SIDEKICK), _through)
    finally:
        os.close(descriptor)


def _through(_entry: Entry, content: Iterator[memoryview]) -> None:
    for _piece in content:
        pass
