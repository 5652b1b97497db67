# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ticketz.sidekick.plugins.module_utils._archive import tarfmt
from ansible_collections.ticketz.sidekick.plugins.module_utils._archive.tarfmt import Header

TYPES = [tarfmt.FILE, tarfmt.HARDLINK, tarfmt.SYMLINK, tarfmt.DIRECTORY]
component = st.binary(min_size=1, max_size=120).filter(lambda name: b"/" not in name and b"\0" not in name)
path = st.lists(component, min_size=1, max_size=5).map(b"/".join)
HEADERS = st.builds(
    Header,
    name=path,
    type=st.just(tarfmt.FILE),
    size=st.one_of(st.integers(0, 10_000), st.integers(8**11 - 2, 8**11 + 2)),
    mode=st.integers(0, 0o7777),
    uid=st.one_of(st.integers(0, 70_000), st.integers(8**7 - 2, 2**32 - 1)),
    gid=st.one_of(st.integers(0, 70_000), st.integers(8**7 - 2, 2**32 - 1)),
    user=st.text("abcé", max_size=20),
    group=st.text("abcé", max_size=20),
    mtime=st.integers(-(10**12), 10**12),
    link=st.one_of(st.just(b""), path),
)


@given(HEADERS, st.integers(0, 3))
def test_headers_come_back(header: Header, before: int) -> None:
    raw = bytes(512 * before) + tarfmt.encode(header)
    assert len(raw) % 512 == 0
    back, payload = tarfmt.decode(raw, 512 * before)
    assert back == header
    assert payload == len(raw)


@given(HEADERS)
def test_the_standard_library_reads_the_same(header: Header) -> None:
    header = header._replace(size=min(header.size, 3000), link=b"")
    raw = tarfmt.encode(header) + bytes(header.size + tarfmt.padding(header.size)) + tarfmt.END
    with tarfile.open(fileobj=io.BytesIO(raw), encoding="utf-8", errors="surrogateescape") as archive:
        (member,) = archive.getmembers()
    # tarfile removes a slash at the end of a name
    assert member.name.encode("utf-8", "surrogateescape").rstrip(b"/") == header.name.rstrip(b"/")
    assert (member.size, member.mode, member.uid, member.gid) == (
        header.size,
        header.mode,
        header.uid,
        header.gid,
    )
    assert (member.uname, member.gname, member.mtime) == (header.user, header.group, header.mtime)


def test_names_that_fit_need_no_pax_record() -> None:
    for name in (b"a" * 100, b"p" * 155 + b"/" + b"n" * 100, "ção/é.ogg".encode(), b"\xff\xfe"):
        assert len(tarfmt.encode(Header(name))) == 512
    for name in (b"a" * 101, b"p" * 156 + b"/" + b"n" * 100, b"p/" + b"n" * 101, b"d" * 100 + b"/"):
        raw = tarfmt.encode(Header(name))
        assert tarfmt.decode(raw, 0)[0].name == name


def test_no_flipped_bit_of_a_header_passes_unseen() -> None:
    header = Header(b"files/public/" + b"x" * 100, size=12, mode=0o644, uid=3_000_000, user="node", mtime=5)
    raw = tarfmt.encode(header)
    for bit in range(len(raw) * 8):
        bad = bytearray(raw)
        bad[bit // 8] ^= 1 << bit % 8
        try:
            assert tarfmt.decode(bytes(bad), 0) != (header, len(raw))
        except tarfmt.HeaderError as error:
            assert error.offset == 0


def _sealed(block: bytearray) -> bytes:
    block[148:156] = b"        "
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


@pytest.mark.parametrize(
    ("start", "value"),
    [
        (156, b"3"),
        (156, b"4"),
        (156, b"6"),
        (156, b"7"),
        (156, b"L"),
        (156, b"g"),
        (156, b"\0"),
        (156, b"S"),
        (124, b"-0000000001\0"),
        (124, b"\x80" + bytes(10) + b"\x01"),
        (124, b"99999999999\0"),
        (257, b"ustar  \0"),
        (329, b"0000001\0"),
        (500, b"hidden"),
        (100, b"   644 \0"),
        (10, b"\0hidden"),
    ],
)
def test_other_types_and_other_forms_are_refused(start: int, value: bytes) -> None:
    block = bytearray(tarfmt.encode(Header(b"name")))
    block[start : start + len(value)] = value
    with pytest.raises(tarfmt.HeaderError):
        tarfmt.decode(_sealed(block), 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"5 a=\n",
        b"9999999 path=x\n",
        b"12 comment=\n",
        b"-5 path=x\n",
        b"10 size=-1\n",
        b"13 size=1e99\n",
        b"11 path=a\0\n",
        b"10 path=a\n10 path=b\n",
        b"10 path=ab\n",
        b" 9 path=a\n",
        b"30 size=" + b"9" * 21 + b"\n",
    ],
)
def test_other_pax_records_are_refused(body: bytes) -> None:
    holder = bytearray(tarfmt.encode(Header(b"././@PaxHeader", type=tarfmt.FILE, size=len(body), mode=0o644)))
    holder[156:157] = b"x"
    raw = _sealed(holder) + body + bytes(tarfmt.padding(len(body))) + tarfmt.encode(Header(b"name"))
    with pytest.raises(tarfmt.HeaderError):
        tarfmt.decode(raw, 0)


@given(st.binary(max_size=2000), st.integers(0, 3000))
def test_noise_is_refused(raw: bytes, offset: int) -> None:
    with pytest.raises(tarfmt.HeaderError):
        tarfmt.decode(raw, offset)
