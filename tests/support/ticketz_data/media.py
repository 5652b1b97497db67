# SPDX-License-Identifier: GPL-3.0-or-later
"""Directory trees like Ticketz's `public` and `private`, filled with valid pictures, sounds and documents."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from . import formats

_MODES = (0o644, 0o644, 0o644, 0o640, 0o600)
_FIRST_MS = 1_700_000_000_000
_WORDS = (
    "comprovante",
    "foto",
    "nota fiscal",
    "orçamento",
    "catálogo verão",
    "endereço",
    "IMG",
    "PTT",
    "devolução",
    "boleto",
    "Captura de tela",
    "recibo nº",
)


@dataclass(frozen=True)
class MediaPlan:
    """The media to generate for a demo database, in the folders `public` and `private` of `directory`."""

    directory: Path
    total_bytes: int
    mean_bytes: int = 150_000
    odd_names: bool = False


@dataclass
class MediaTree:
    """The generated media. `by_company` lists the files below `public`, by company and kind."""

    public: Path
    private: Path
    by_company: dict[int, dict[str, list[str]]] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0


def generate(
    directory: Path,
    total_bytes: int,
    seed: int,
    *,
    mean_bytes: int = 150_000,
    companies: int = 3,
    odd_names: bool = False,
) -> MediaTree:
    """Fill `public` and `private` in a directory with files of about `total_bytes` in total."""
    rng = random.Random(seed)
    tree = MediaTree(public=directory / "public", private=directory / "private")
    for root in (tree.public, tree.private):
        root.mkdir(parents=True, exist_ok=True)
    writer = _Writer(rng, tree, mean_bytes)
    while tree.files < 12 * companies or tree.bytes < total_bytes:
        writer.next_file(1 + tree.files % companies, total_bytes - tree.bytes)
    _add_links_and_empties(tree)
    if odd_names:
        _add_odd_names(tree, rng)
    return tree


class _Writer:
    """Writes files with increasing names and times, as in a running system."""

    def __init__(self, rng: random.Random, tree: MediaTree, mean_bytes: int) -> None:
        jpeg_file: Callable[[random.Random, int], bytes] = formats.JpegMaker(rng).make
        self._rng = rng
        self._tree = tree
        self._mean = max(1, mean_bytes)
        self._clock_ms = _FIRST_MS
        self._makers: list[tuple[str, str, Callable[[random.Random, int], bytes]]] = (
            [("image", ".jpeg", jpeg_file)] * 6
            + [("image", ".png", formats.PngMaker(rng).make)] * 2
            + [("audio", ".wav", formats.wav)] * 2
            + [("document", ".pdf", formats.pdf)] * 2
        )
        self._directories: dict[str, bool] = {}

    def next_file(self, company: int, left: int) -> None:
        rng, number = self._rng, self._tree.files
        kind, suffix, make = self._makers[(number // 3) % 12]
        size = max(256, min(int(rng.expovariate(1 / self._mean)), 8 * self._mean, max(left, 256)))
        self._clock_ms += rng.randrange(1, 400_000)
        relative = "%d/%s%s" % (company, self._name(rng), suffix)
        root = self._tree.public
        if number % 40 == 33:
            root, relative = self._tree.private, "%d/certs/%s%s" % (company, self._clock_ms, suffix)
        else:
            kinds = self._tree.by_company.setdefault(company, {})
            kinds.setdefault(kind, []).append(relative)
        path = os.path.join(str(root), relative)
        folder = os.path.dirname(path)
        if folder not in self._directories:
            os.makedirs(folder, exist_ok=True)
            self._directories[folder] = True
        content = make(rng, size)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(handle, content)
            os.fchmod(handle, rng.choice(_MODES))
            stamp = self._clock_ms * 1_000_000 + rng.randrange(1_000_000)
            os.utime(handle, ns=(stamp, stamp))
        finally:
            os.close(handle)
        self._tree.files += 1
        self._tree.bytes += len(content)

    def _name(self, rng: random.Random) -> str:
        if rng.random() < 0.3:
            return "%d_%s %d" % (self._clock_ms, rng.choice(_WORDS), rng.randrange(1, 100))
        folder = "queues/%d/" % rng.randrange(1, 9) if rng.random() < 0.05 else ""
        return "%s%d-%06x" % (folder, self._clock_ms, rng.getrandbits(24))


def _add_links_and_empties(tree: MediaTree) -> None:
    """Add links inside the tree, two hard-linked files, an empty directory and an empty file."""
    first = next(iter(next(iter(tree.by_company.values())).values()))[0]
    os.symlink(first, str(tree.public / "logotipo.jpeg"))
    os.symlink("1", str(tree.public / "principal"))
    os.symlink("nunca-existiu.png", str(tree.public / "quebrado.png"))
    os.link(str(tree.public / first), str(tree.public / "encaminhado.jpeg"))
    (tree.public / "uploads" / "vazio").mkdir(parents=True)
    (tree.public / "uploads" / "vazio.txt").write_bytes(b"")
    (tree.private / "exports").mkdir(mode=0o700)
    (tree.private / "exports" / "relatório.csv").write_bytes(b"data;total\n2024-01-02;17\n")
    tree.files += 5
    tree.bytes += 25


def _add_odd_names(tree: MediaTree, rng: random.Random) -> None:
    """Add files with names that are valid on a file system, but break many scripts."""
    folder = tree.public / "nomes estranhos"
    folder.mkdir()
    names = [
        "nova\nlinha.txt",
        "retorno\r.txt",
        "😀 emoji 👍🏽.txt",
        "-rf",
        "--checkpoint-action=exec=true",
        "espaço no fim ",
        " espaço no começo",
        "a" * 221 + ".txt",
        "é" * 120 + ".txt",
        os.fsdecode(b"inv\xe1lido \xff\xfe.txt"),
        "tab\tulado",
        "aspas \"duplas\" e 'simples'",
        "contra\\barra",
        "$(touch fora) `x` ${y} %s %(a)s {{ z }}",
        "*?[a-z].txt",
        "...",
        ".oculto",
        "e\u0301 decomposto",
        "é composto",
        "MAIÚSCULA.txt",
        "maiúscula.txt",
        "\u202egnp.exe",
        "C:\\x.txt",
        "con",
    ]
    for name in names:
        content = rng.randbytes(rng.randrange(0, 400))
        (folder / name).write_bytes(content)
        tree.files += 1
        tree.bytes += len(content)
    deep = folder.joinpath(*["d" * 40 for _level in range(30)])
    deep.mkdir(parents=True)
    (deep / "fundo.txt").write_bytes(b"fundo")
    tree.files += 1
    tree.bytes += 5
