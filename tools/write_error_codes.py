"""Writes ``docs/error-codes.md``: every code of an error or warning, with its texts.

``python tools/write_error_codes.py [--check]``. Standard library only.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

sys.path.insert(0, str(Path(__file__).resolve().parent))
from error_code_sections import divided

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "error-codes.md"
SOURCES = ROOT / "plugins" / "module_utils"

_INTRODUCTION = """\
# Codes of errors and warnings

<!-- Written by tools/write_error_codes.py; do not edit. -->

**You have a message.** A module that fails returns `error.code`, and what went wrong as a sentence in `msg`.
Warnings have their codes in `warning_codes`, problems of the backups theirs in `problems`; the runner gives
the same codes with `--json`. Search this page (Ctrl+F) for the code, or for some words of the sentence that
are no names of yours: what is in braces here is replaced by the facts, which `error` also has one by one.
Each text says what happened, to what, and what to do next.

**You see that something is wrong, and have no code.** Look into the section that sounds like it:

{contents}

A code is one thing that is put right in one way. Where that has several causes, the fact `problem` says which
one it is; they stand in the lines with → below the code, and are what the sentence has in place of
`{{problem}}`.

**Em português:** procure nesta página (Ctrl+F) o código, ou algumas palavras da frase que não sejam nomes
seus; o texto em português está na terceira coluna. Onde um código tem várias causas, o fato `problem` diz
qual é, e elas estão nas linhas com → abaixo dele.

There are {count} codes. They stay the same between versions and languages, and a change is in the changelog;
texts may change. The option `language` chooses between English (`en`) and Portuguese (`pt`).
"""


def _catalogues() -> tuple[dict[str, tuple[str, str]], dict[str, dict[str, tuple[str, str]]]]:
    """Return the texts of all codes, and those of their problems."""
    texts: dict[str, tuple[str, str]] = {}
    problems: dict[str, dict[str, tuple[str, str]]] = {}
    for path in sorted((SOURCES / "_texts").glob("[!_]*.py")):
        module = _loaded(path)
        texts.update(module.TEXTS)
        problems.update(getattr(module, "PROBLEMS", {}))
    return texts, problems


def _loaded(path: Path) -> ModuleType:
    # Loaded by path, since the collection may not be importable.
    spec = importlib.util.spec_from_file_location(f"sidekick_texts_{path.stem}", path)
    if not (spec and spec.loader):
        raise FileNotFoundError(path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _shown(text: str) -> str:
    """Return a message template as Markdown for a table cell."""
    text = re.sub(r"\{o\[([^]]*)\]\}", lambda match: match[1].replace("(", "[").replace(")", "]"), text)
    text = re.sub(r"\{(\w+)![a-z]\}", r"{\1}", text.replace("{{", "{").replace("}}", "}"))
    return re.sub(r"([|*_<>`\\])", r"\\\1", text)


def _anchor(title: str) -> str:
    """Return the anchor of a heading in rendered Markdown."""
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-")


def _row(name: str, texts: tuple[str, str]) -> str:
    return f"| {name} | {_shown(texts[0])} | {_shown(texts[1])} |\n"


def page() -> str:
    """Return the text of the page."""
    texts, problems = _catalogues()
    sections = divided(texts)
    contents = "\n".join(f"- [{title}](#{_anchor(title)})" for title in sections)
    parts = [_INTRODUCTION.format(contents=contents, count=len(texts))]
    for title, codes in sections.items():
        parts.append(f"\n## {title}\n\n| Code | English | Portuguese |\n| --- | --- | --- |\n")
        for code in codes:
            parts.append(_row(f"`{code}`", texts[code]))
            parts += [
                _row(f"→ `{problem}`", texts_of_problem)
                for problem, texts_of_problem in problems.get(code, {}).items()
            ]
    return "".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="only say whether the page is up to date")
    if not parser.parse_args().check:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if PAGE.is_file() and PAGE.read_text(encoding="utf-8") == page():
        return 0
    print(f"{PAGE} is not up to date: run {Path(__file__).name}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
