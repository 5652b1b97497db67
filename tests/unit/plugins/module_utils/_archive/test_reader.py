# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import gzip
import os
import random
import socket
import tarfile
import threading
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.check import check_archive
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.codec import COMPRESSIONS
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.config.entry import config_files
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.database.entry import DatabaseEntry
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    ArchiveError,
    EncryptionError,
    SidekickError,
)
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import TABLES, Forge, build, sha256

FLIPS, CUTS = 2000, 500


def refusal(path: Path, key: Key | None = None) -> SidekickError:
    """Return the error of opening and verifying a file that is not a complete archive."""
    with pytest.raises(SidekickError) as caught, ArchiveReader.open(str(path), key, KINDS) as reader:
        check_archive(reader, 1)
    assert str(path) in str(caught.value)
    assert str(path) in caught.value.text("pt")
    return caught.value


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("encrypted", [False, True])
def test_what_is_written_is_read(tmp_path: Path, passphrase: Key, compression: str, encrypted: bool) -> None:
    path, key = tmp_path / "any.name", passphrase if encrypted else None
    written = build(path, compression, key=key)
    assert path.stat().st_mode & 0o777 == 0o600
    assert (written.size, written.sha256) == (path.stat().st_size, sha256(path.read_bytes()))
    with ArchiveReader.open(str(path), key, KINDS) as reader:
        assert (reader.compression, reader.encryption) == (compression, "aes256" if encrypted else "none")
        assert reader.manifest == written.manifest
        database = DatabaseEntry.of(reader.manifest)
        assert database is not None
        for table in database.tables:
            for part, csv in zip(table.parts, TABLES[table.schema, table.name]):
                assert reader.part(table, part) == csv
        assert reader.member(config_files(reader.manifest)[0]) == b"DB_NAME=ticketz\n"
        assert reader.bytes_read > 0
        checked = check_archive(reader, 2)
    assert (checked.frames, checked.parts, checked.rows, checked.files) == (written.frames, 2, 3, 0)


def test_frames_are_read_by_threads_at_once(tmp_path: Path, media: Path, passphrase: Key) -> None:
    written = build(tmp_path / "a", "zstd", key=passphrase, directories={"media": media})
    with ArchiveReader.open(str(tmp_path / "a"), passphrase, KINDS) as reader:
        expected = [sha256(reader.frame(number)) for number in range(written.frames)]
        wrong: list[int] = []

        def read(seed: int) -> None:
            order = list(range(written.frames)) * 3
            random.Random(seed).shuffle(order)
            wrong.extend(number for number in order if sha256(reader.frame(number)) != expected[number])

        threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong


@pytest.mark.parametrize(
    "compression",
    [pytest.param(name, marks=() if name == "zstd" else pytest.mark.long) for name in COMPRESSIONS],
)
@pytest.mark.parametrize("encrypted", [pytest.param(False, marks=pytest.mark.long), True])
def test_every_flip_and_every_cut_is_found(
    tmp_path: Path, passphrase: Key, compression: str, encrypted: bool
) -> None:
    (tmp_path / "files").mkdir()
    for number in range(3):
        (tmp_path / "files" / str(number)).write_bytes(os.urandom(100 * number))
    key = passphrase if encrypted else None
    build(tmp_path / "good", compression, key=key, directories={"public": tmp_path / "files"})
    good = (tmp_path / "good").read_bytes()
    bad = tmp_path / "bad"
    dice = random.Random(5)
    bits = {dice.randrange(len(good) * 8) for _turn in range(FLIPS)}
    for bit in sorted(bits):
        spoilt = bytearray(good)
        spoilt[bit // 8] ^= 1 << bit % 8
        bad.write_bytes(spoilt)
        refusal(bad, key)
    for length in sorted({dice.randrange(len(good)) for _turn in range(CUTS)}):
        bad.write_bytes(good[:length])
        refusal(bad, key)
    for more in (b"\0", b"\0" * 512, good, good[-100:]):
        bad.write_bytes(good + more)
        refusal(bad, key)


@pytest.mark.parametrize("encrypted", [False, True])
@pytest.mark.long
def test_damage_in_an_archive_of_many_frames_is_found_and_named(
    tmp_path: Path, media: Path, passphrase: Key, encrypted: bool
) -> None:
    key = passphrase if encrypted else None
    build(tmp_path / "good", "gzip", key=key, directories={"media": media})
    good = bytearray((tmp_path / "good").read_bytes())
    dice = random.Random(6)
    for _turn in range(25):
        place = dice.randrange(len(good))
        good[place] ^= 0x10
        (tmp_path / "bad").write_bytes(good)
        good[place] ^= 0x10
        error = refusal(tmp_path / "bad", key)
        assert error.code in ("archive_damaged", "archive_truncated"), error


def test_cut_archives_are_said_to_be_cut(tmp_path: Path) -> None:
    for compression in COMPRESSIONS:
        build(tmp_path / "a", compression)
        (tmp_path / "a").write_bytes((tmp_path / "a").read_bytes()[:-1])
        assert refusal(tmp_path / "a").code == "archive_truncated"
        (tmp_path / "a").unlink()


def test_what_is_no_backup_is_said_to_be_none(tmp_path: Path) -> None:
    noise, text, stock = tmp_path / "noise", tmp_path / "text", tmp_path / "stock.tar.gz"
    noise.write_bytes(random.Random(1).randbytes(5000))
    text.write_text("-- PostgreSQL database dump\n" * 100)
    with tarfile.open(stock, "w:gz") as archive:
        archive.add(text, "backups/db_dump.sql")
    packed = tmp_path / "packed.gz"
    packed.write_bytes(gzip.compress(b"backup.json is not the first member here"))
    tiny = tmp_path / "tiny"
    tiny.write_bytes(b"\x1f\x8b\x08")
    for path in (noise, text, stock, packed, tiny):
        assert refusal(path).code == "archive_foreign"


def test_things_that_are_no_files_are_told_apart(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "empty").touch()
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(tmp_path)
        server.bind("socket")
    expected = {
        tmp_path / "nothing": "archive_missing",
        tmp_path: "archive_special",
        tmp_path / "fifo": "archive_special",
        tmp_path / "socket": "archive_special",
        Path("/dev/null"): "archive_special",
        tmp_path / "empty": "archive_damaged",
    }
    assert {path: refusal(path).code for path in expected} == expected
    with pytest.raises(ArchiveError) as caught:
        ArchiveReader.open("a\0b", None, KINDS)
    assert caught.value.code == "archive_unreadable"


def test_keys_are_asked_for_and_held_against_the_archive(tmp_path: Path, passphrase: Key) -> None:
    build(tmp_path / "secret", key=passphrase)
    with pytest.raises(EncryptionError) as caught:
        ArchiveReader.open(str(tmp_path / "secret"), None, KINDS)
    assert caught.value.code == "key_missing"
    with pytest.raises(EncryptionError) as caught:
        ArchiveReader.open(str(tmp_path / "secret"), Key.from_text("another passphrase"), KINDS)
    assert caught.value.code == "key_wrong"
    build(tmp_path / "plain")
    ArchiveReader.open(str(tmp_path / "plain"), passphrase, KINDS).close()


def test_a_newer_format_is_said_to_be_newer(tmp_path: Path) -> None:
    for compression in COMPRESSIONS:
        path = Forge(compression).write(tmp_path / "a")
        data = path.read_bytes()
        place = data.rindex(b"TKZSKEND") + 8
        path.write_bytes(data[:place] + b"\0\x02" + data[place + 2 :])
        error = refusal(path)
        assert (error.code, error.facts["format"]) == ("archive_newer", 2)


def test_descriptors_are_closed_whatever_happens(tmp_path: Path) -> None:
    (tmp_path / "noise").write_bytes(b"x" * 5000)
    before = len(os.listdir("/proc/self/fd"))
    for _turn in range(20):
        refusal(tmp_path / "noise")
    assert len(os.listdir("/proc/self/fd")) == before
