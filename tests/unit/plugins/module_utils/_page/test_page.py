# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page shows the results, escapes all texts, and loads no other files."""

from __future__ import annotations

import datetime
import html
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._page.model import HostState
from ansible_collections.ticketz.sidekick.plugins.module_utils._page.page import page
from ansible_collections.ticketz.sidekick.tests.support.page_samples import (
    CRITICAL,
    NOW,
    PLANS,
    WARNING,
    backup,
    info,
)

HOSTILE = '<script>alert("1")</script>&\udcff\x00" onload="x'
VOID = {"meta"}


class Parsed(HTMLParser):
    """Parses a page's elements, texts and attributes; raises if an element is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(self.texts)


def shown(*hosts: HostState, language: str = "en") -> Parsed:
    return Parsed(page(hosts, language, NOW))


@pytest.mark.parametrize(
    ("problems", "verdict", "sentence"),
    [
        ((), "All is well", "No problem was found."),
        ((WARNING,), "Needs attention", "to look at: 1"),
        ((CRITICAL, WARNING), "Act now", "critical: 1, to look at: 1"),
    ],
)
def test_the_verdict_comes_first(problems: tuple[Any, ...], verdict: str, sentence: str) -> None:
    found = shown(HostState("desk", info(30, problems)))
    text = found.text
    assert text.index(verdict) < text.index("Newest good backup")
    assert sentence in text
    for problem in problems:
        assert problem["message"] in text


def test_ages_sizes_proofs_and_the_disk_are_those_of_the_results() -> None:
    found = shown(HostState("desk", info(30))).text
    for words in (
        "6 h ago",
        "1.2 GB",
        "every row and every file",
        "12 d ago",
        "database and media, back in 3 min 4 s",
    ):
        assert words in found
    assert "42.2 %" in found and "58 GB free of 100 GB" in found and "room for 48 more" in found
    assert "3.6 GB" in found and "186 lines" in found


def test_what_nobody_proved_is_said() -> None:
    unproved = info(2)
    for each in (*unproved["backups"], unproved["latest"]):
        each["proofs"] = {"verified": {"when": each["created"], "level": "quick", "proved": False}}
    unproved.update(last_drill=None, last_copied=None)
    found = shown(HostState("desk", unproved)).text
    assert "claimed, not proved by a key" in found and "never" in found


def test_a_drill_of_the_database_alone_promises_no_time() -> None:
    part = info(2)
    part["last_drill"].update(complete=False, covers=["database"])
    found = shown(HostState("desk", part)).text
    assert "only database" in found and "back in" not in found


def test_each_backup_and_proof_is_a_mark_in_the_timeline() -> None:
    found = shown(HostState("desk", info(10, damaged=(3,))))
    marks = [attributes.get("class") for tag, attributes in found.tags if tag in ("circle", "path")]
    assert marks.count("dot") == 9 and marks.count("cross") == 1
    # All were verified, all except the newest were copied, none was drilled.
    assert marks.count("dot proof") == 10 + 9
    bars = [attributes for tag, attributes in found.tags if (attributes.get("class") or "").startswith("bar")]
    assert len(bars) == 9


@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_any_number_of_backups(count: int) -> None:
    found = shown(HostState("desk", info(count)))
    rows = sum(tag == "tr" for tag, _attributes in found.tags)
    assert rows == (min(count, 40) + 1 if count else 0)
    assert ("and 460 older ones" in found.text) == (count == 500)
    assert sum(tag == "circle" for tag, _attributes in found.tags) < 500


def test_everything_that_comes_from_outside_is_escaped() -> None:
    made = info(2, ({"severity": "critical", "code": "x", "message": HOSTILE},))
    for each in made["backups"]:
        each.update(id=HOSTILE, label=HOSTILE, components=[HOSTILE], encryption=HOSTILE, state=HOSTILE)
    made["last_copied"] = HOSTILE
    made["audit"]["head"]["sha256"] = HOSTILE
    plans = [{"name": HOSTILE, "state": HOSTILE, "finished": HOSTILE, "error": {"message": HOSTILE}}]
    hosts = [HostState(HOSTILE, made, plans=plans), HostState("b", None, HOSTILE)]
    for text in (page(hosts, "en", NOW), page(hosts[:1], "pt", NOW)):
        assert "<script" not in text
        found = Parsed(text)
        assert not [name for _tag, attributes in found.tags for name in attributes if name.startswith("on")]
        assert '<script>alert("1")</script>&?' in html.unescape(text)


def test_it_loads_and_runs_nothing() -> None:
    text = page([HostState("desk", info(30), plans=PLANS), HostState("b", None, "away")], "en", NOW)
    found = Parsed(text)
    assert {tag for tag, _attributes in found.tags}.isdisjoint(
        {"script", "link", "img", "iframe", "object", "base"}
    )
    assert not re.search(r"url\(|@import|https?://", text)
    assert not [value for _tag, each in found.tags for name, value in each.items() if name == "src"]
    policy = next(each for _tag, each in found.tags if each.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in str(policy["content"])


def test_many_hosts_have_a_line_each_the_worst_first() -> None:
    hosts = [
        HostState("good", info(3)),
        HostState("away", None, "could not be reached"),
        HostState("full", info(3, (WARNING,))),
        HostState("bad", info(3, (CRITICAL,))),
    ]
    found = shown(*hosts)
    links = [attributes["href"] for tag, attributes in found.tags if tag == "a"]
    targets = {f"#{attributes['id']}" for _tag, attributes in found.tags if "id" in attributes}
    assert len(links) == 4 and set(links) == targets
    order = [found.texts.index(name) for name in ("away", "bad", "full", "good")]
    assert order == sorted(order)
    assert "Could not be examined" in found.text and "could not be reached" in found.text


def test_portuguese() -> None:
    found = shown(HostState("desk", info(30, (CRITICAL,)), plans=PLANS), language="pt").text
    for words in (
        "Aja agora",
        "há 6 h",
        "1,2 GB",
        "42,2 %",
        "Última restauração de teste",
        "Criptografia",
        "30 nov 2026",
    ):
        assert words in found
    assert not re.search("cifra|container", found)


def test_both_languages_have_the_same_facts() -> None:
    from ansible_collections.ticketz.sidekick.plugins.module_utils._page.words import _WORDS

    for english, portuguese in _WORDS.values():
        assert set(re.findall(r"{(\w+)}", english)) == set(re.findall(r"{(\w+)}", portuguese))


def test_times_that_are_none_are_passed_over() -> None:
    odd = info(2)
    odd["backups"].append({**backup(1), "created": "yesterday"})
    odd["previous"] = [{"created": "-", "size": None}]
    assert "yesterday" not in shown(HostState("desk", odd)).text
    later = NOW + datetime.timedelta(days=300)
    assert "All is well" in Parsed(page([HostState("desk", info(2))], "en", later)).text
