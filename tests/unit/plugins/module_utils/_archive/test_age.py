# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import errno
import io
import os
import random
import subprocess
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import age
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.age import (
    AgeEncryptingFile,
    Recipients,
)
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.check import check_archive
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.codec import Buffer
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.keys import Key
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.readback import check_readback
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.reader import ArchiveReader
from ansible_collections.ticketz.sidekick.plugins.module_utils._components.registry import KINDS
from ansible_collections.ticketz.sidekick.plugins.module_utils._errors import (
    ArchiveError,
    EncryptionError,
    HostError,
    SidekickError,
)
from ansible_collections.ticketz.sidekick.tests.support.archive_samples import build

HEX = "0123456789abcdef" * 4


def native() -> tuple[str, str]:
    """A key pair in age-keygen's format."""
    identity = pyrage.x25519.Identity.generate()
    text = f"# created: 2026-08-01T02:00:00Z\n# public key: {identity.to_public()}\n{identity}\n"
    return text, str(identity.to_public())


def ssh(kind: str) -> tuple[str, str]:
    """Return a key pair in ssh-keygen's format."""
    private = (
        ed25519.Ed25519PrivateKey.generate()
        if kind == "ed25519"
        else rsa.generate_private_key(public_exponent=65537, key_size=2048)
    )
    text = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return text.decode(), public.decode() + " backup@example"


@pytest.fixture(scope="module")
def pair() -> tuple[str, str]:
    return native()


def refusal(path: Path, key: Key | None) -> SidekickError:
    with pytest.raises(SidekickError) as caught:
        ArchiveReader.open(str(path), key, KINDS)
    return caught.value


def media(root: Path) -> Path:
    root.mkdir()
    for number in range(40):
        (root / f"{number}.bin").write_bytes(random.Random(number).randbytes(97_531 * (number % 5)))
    return root


@pytest.mark.parametrize("kind", ["native", "ed25519", "rsa"])
def test_what_is_encrypted_for_a_recipient_comes_back(tmp_path: Path, kind: str) -> None:
    secret, public = native() if kind == "native" else ssh(kind)
    others = [native()[1], public]
    archive = tmp_path / "a.tar.gz.age"
    recipients = Recipients.parse(others)
    written = build(archive, key=recipients, directories={"public": media(tmp_path / "media")})
    check_readback(str(archive), written, recipients)
    with ArchiveReader.open(str(archive), Key.from_text(secret), KINDS) as reader:
        assert (reader.encryption, reader.compression) == ("age", "gzip")
        assert reader.size == written.size == archive.stat().st_size
        done = check_archive(reader, 2)
        assert done.files == 40
        # The decrypted file has no name, so that nothing remains after a crash.
        assert sorted(os.listdir(tmp_path)) == ["a.tar.gz.age", "media"]
    assert Recipients.of(Key.from_text(secret)).texts[0].split()[:2] == public.split()[:2]


def test_the_library_of_the_format_opens_it_and_tar_reads_it(tmp_path: Path, pair: tuple[str, str]) -> None:
    secret, public = pair
    build(tmp_path / "a", "zstd", key=Recipients.parse([public]))
    identity = pyrage.x25519.Identity.from_str(secret.splitlines()[-1])
    (tmp_path / "a.tar.zst").write_bytes(pyrage.decrypt((tmp_path / "a").read_bytes(), [identity]))
    listed = subprocess.run(
        ["tar", "--zstd", "-tf", str(tmp_path / "a.tar.zst")], check=True, capture_output=True, text=True
    )
    assert "backup.json" in listed.stdout and "manifest.json" in listed.stdout


@pytest.mark.long
def test_any_damage_is_found(tmp_path: Path, pair: tuple[str, str]) -> None:
    secret, public = pair
    build(tmp_path / "a", key=Recipients.parse([public]), directories={"public": media(tmp_path / "media")})
    whole, key = (tmp_path / "a").read_bytes(), Key.from_text(secret)
    dice, damaged = random.Random(8), tmp_path / "damaged"
    places = [*range(0, 400, 3), *(dice.randrange(len(whole)) for _turn in range(60)), len(whole) - 1]
    for place in places:
        damaged.write_bytes(
            whole[:place] + bytes([whole[place] ^ 1 << dice.randrange(8)]) + whole[place + 1 :]
        )
        # A flipped bit in the recipients may look like a wrong key, and one at the beginning like another file type.
        assert refusal(damaged, key).code in ("archive_damaged", "key_wrong", "archive_foreign"), place
    # a truncated file is detected, even if it ends at the end of one of age's chunks of 64 KiB
    for length in [1, 100, 200, *(dice.randrange(len(whole)) for _turn in range(40)), len(whole) - 1]:
        damaged.write_bytes(whole[:length])
        assert refusal(damaged, key).code in ("archive_damaged", "archive_foreign"), length
    damaged.write_bytes(whole + b"x")
    assert refusal(damaged, key).facts.get("problem") == "age"


def test_keys_are_told_apart(tmp_path: Path, pair: tuple[str, str]) -> None:
    secret, public = pair
    build(tmp_path / "age", key=Recipients.parse([public]))
    build(tmp_path / "aes", key=Key.from_text(HEX))
    assert refusal(tmp_path / "age", None).code == "identity_missing"
    assert refusal(tmp_path / "age", Key.from_text(HEX)).facts.get("problem") == "not_identity"
    assert (
        refusal(tmp_path / "age", Key.from_text("a long passphrase")).facts.get("problem") == "not_identity"
    )
    assert refusal(tmp_path / "age", Key.from_text(native()[0])).facts.get("problem") == "other_identity"
    assert (
        refusal(tmp_path / "age", Key.from_text(ssh("ed25519")[0])).facts.get("problem") == "other_identity"
    )
    assert refusal(tmp_path / "aes", Key.from_text(secret)).facts.get("problem") == "identity"
    broken = secret.strip()[:-1] + ("Q" if secret.strip()[-1] != "Q" else "P")
    error = refusal(tmp_path / "age", Key.from_text(broken))
    assert error.code == "identity_invalid"
    assert secret.splitlines()[-1][20:40] not in str(error) + repr(Key.from_text(secret))


def test_recipients_that_are_none_are_refused(pair: tuple[str, str]) -> None:
    secret, public = pair
    for texts, code in (
        ([], "recipients_missing"),
        ([public, "age1x"], "recipient_invalid"),
        (["ssh-dss AAAA"], "recipient_invalid"),
        ([secret.splitlines()[-1]], "recipient_is_identity"),
    ):
        with pytest.raises(EncryptionError) as caught:
            Recipients.parse(texts)
        assert caught.value.code == code
        assert "SECRET" not in str(caught.value)


def test_a_file_of_keys_is_read_whole_and_a_passphrase_is_its_first_line(pair: tuple[str, str]) -> None:
    assert Key.from_file(pair[0]).text().strip() == pair[0].strip()
    assert repr(Key.from_file("a long passphrase\nand a remark\n")) == "Key(passphrase, not shown)"
    assert repr(Key.from_file(HEX + "\n")) == "Key(raw, not shown)"


class _FullDisk:
    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, data: Buffer) -> None:
        self.room -= len(data)
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")


def test_an_error_of_the_disk_reaches_whoever_writes(pair: tuple[str, str]) -> None:
    file = AgeEncryptingFile(_FullDisk(3_000_000), Recipients.parse([pair[1]]))
    with pytest.raises(OSError, match="No space left") as caught:
        for _turn in range(100):
            file.write(os.urandom(1_000_000))
        file.finish()
    assert caught.value.errno == errno.ENOSPC
    file.close()


def test_a_writer_that_is_given_up_ends(pair: tuple[str, str]) -> None:
    out = io.BytesIO()
    file = AgeEncryptingFile(out, Recipients.parse([pair[1]]))
    file.write(b"x" * 5_000_000)
    file.close()
    file.close()


def test_what_is_not_on_the_disk_as_it_was_written_is_found(tmp_path: Path, pair: tuple[str, str]) -> None:
    recipients = Recipients.parse([pair[1]])
    written = build(tmp_path / "a", key=recipients)
    whole = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ArchiveError) as caught:
        check_readback(str(tmp_path / "a"), written, recipients)
    assert caught.value.code == "readback_failed"


def test_no_room_for_the_decrypted_file_is_said(
    tmp_path: Path, pair: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    build(tmp_path / "a", key=Recipients.parse([pair[1]]))
    monkeypatch.setattr(age, "_room", lambda directory: 100)
    error = refusal(tmp_path / "a", Key.from_text(pair[0]))
    assert isinstance(error, HostError) and error.code == "age_no_room"
    assert str(tmp_path) in str(error)
