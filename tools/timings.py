"""Records the last duration of each gate and each test, and writes them to TESTING.md.

``python3 tools/timings.py`` writes the tables between the marks in TESTING.md, from the files of the last runs in
``.build/timings/``: wall times in seconds by name, as JSON, and pytest's report of the unit tests. Standard library only.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import xml.etree.ElementTree
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIRECTORY = ROOT / ".build" / "timings"
PAGE = ROOT / "TESTING.md"
BEGIN = "<!-- Written by tools/timings.py. -->"
END = "<!-- The end of what tools/timings.py writes. -->"

# Number of unit tests that are listed.
SLOWEST = 50

_SANITY = re.compile(r'Running sanity test "(.+?)"(?: on Python ([0-9.]+))?$')


def read(kind: str) -> dict[str, float]:
    """Return name → seconds for a kind of runs; empty if nothing was recorded."""
    try:
        found = json.loads((DIRECTORY / f"{kind}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): float(seconds) for name, seconds in found.items()}


def record(kind: str, seconds: dict[str, float]) -> None:
    """Record name → seconds; the values of other names are kept."""
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    merged = {**read(kind), **{name: round(value, 1) for name, value in seconds.items()}}
    temporary = DIRECTORY / f".{kind}.{os.getpid()}.json"
    temporary.write_text(json.dumps(merged, indent=1, sort_keys=True), encoding="utf-8")
    temporary.replace(DIRECTORY / f"{kind}.json")


class SanityClock:
    """Measures the tests of ansible-test sanity by its output: a test ends when the next one begins."""

    def __init__(self, core: str) -> None:
        self._core = core
        self._name = ""
        self._began = 0.0
        self.seconds: dict[str, float] = {}

    def line(self, text: str) -> None:
        """Process a line of the output."""
        begun = _SANITY.match(text.rstrip())
        if begun:
            self.end()
            self._name = " ".join(filter(None, (self._core, begun[1], begun[2] and f"Python {begun[2]}")))
            self._began = time.monotonic()

    def end(self) -> None:
        """Record the end of the last test."""
        if self._name:
            self.seconds[self._name] = time.monotonic() - self._began
        self._name = ""


def unit_tests(report: Path) -> dict[str, float]:
    """Return test → seconds, including fixtures, from a report in JUnit's format; empty if there is none."""
    if not report.exists():
        return {}
    cases = xml.etree.ElementTree.parse(report).getroot().iter("testcase")
    return {
        f"{case.get('classname', '').replace('tests.unit.', '')}::{case.get('name')}": float(
            case.get("time", 0)
        )
        for case in cases
    }


def _table(title: str, unit: str, seconds: dict[str, float], rows: int = sys.maxsize) -> Iterator[str]:
    """Yield the lines of a table, slowest first; the last row has the sum of the rows that are left out."""
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    if not ordered:
        return
    yield from ("", f"| {title} | {unit} |", "| --- | --- |")
    scale = 60 if unit == "min" else 1
    for name, value in ordered[:rows]:
        yield f"| {_cell(name)} | {value / scale:.1f} |"
    others = ordered[rows:]
    if others:
        yield f"| {len(others)} others | {sum(value for _name, value in others) / scale:.1f} |"


def _cell(name: str) -> str:
    return f"`{name}`".replace("|", "\\|")


def tables() -> Iterable[str]:
    """Yield the lines of all tables, in Markdown."""
    processors = os.cpu_count()
    yield f"Wall time on {processors} processors, {time.strftime('%Y-%m-%d')}; gates of different lanes run at the same time."
    yield from _table("Gate", "min", read("gates"))
    yield from _table("Integration target", "s", read("integration"))
    yield from _table("Sanity test (ansible-core, test, Python)", "s", _at_least_a_second(read("sanity")))
    for title, name in (("Unit test", "units"), ("Unit test marked `long`", "units-long")):
        yield from _table(title, "s", unit_tests(DIRECTORY / f"{name}.xml"), SLOWEST)


def _at_least_a_second(seconds: dict[str, float]) -> dict[str, float]:
    """Return the tests that take a second or more, since most sanity tests take less."""
    return {name: value for name, value in seconds.items() if value >= 1}


def main() -> int:
    text = PAGE.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        print(f"{PAGE} has no lines {BEGIN} and {END}.", file=sys.stderr)
        return 1
    lines = "\n".join(tables())
    PAGE.write_text(f"{before}{BEGIN}\n\n{lines}\n\n{END}{after}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
