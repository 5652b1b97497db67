# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page in a real browser: it fits on a phone, loads no resources, and violates no content security policy."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.ticketz.sidekick.plugins.module_utils._page.model import HostState
from ansible_collections.ticketz.sidekick.plugins.module_utils._page.page import page
from ansible_collections.ticketz.sidekick.tests.support.page_samples import (
    CRITICAL,
    NOW,
    PLANS,
    WARNING,
    info,
)

#: Writes measurements to the dumped page. The page's content security policy would refuse this script.
LOOK = """<script>addEventListener("load", () => {
  const root = document.documentElement, out = document.createElement("pre");
  const clipped = [...document.querySelectorAll("h1, h2, b, p, li")].filter(e => e.scrollWidth > e.clientWidth + 1);
  out.id = "seen";
  out.textContent = JSON.stringify({
    width: innerWidth, needed: root.scrollWidth, clipped: clipped.length,
    ground: getComputedStyle(document.body).backgroundColor,
    drawn: [...document.querySelectorAll("svg")].every(e => e.getBoundingClientRect().width > 0),
    loaded: performance.getEntriesByType("resource").length,
  });
  document.body.append(out);
})</script>"""
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')

LONG = {
    **CRITICAL,
    "message": "/backups/" + "averylongnameofadirectory" * 12 + " is missing. Mount its disk.",
}
HOSTS = {
    "one": [HostState("helpdesk.example.org", info(30, (WARNING,)), plans=PLANS)],
    "failed": [HostState("a" * 90, info(30, (LONG,), damaged=(0,)), plans=PLANS)],
    "fleet": [HostState("desk", info(3)), HostState("away", None, "x" * 300)],
}


def chromium(tmp_path: Path, *arguments: str) -> str:
    program = shutil.which("chromium")
    assert program, "Chromium is missing. Install the package chromium."
    # Without a sandbox, which does not work for root.
    base = [program, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    done = subprocess.run([*base, *arguments], capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


@pytest.mark.long
@pytest.mark.parametrize("width", [500, 1280])
@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("which", sorted(HOSTS))
def test_it_fits(tmp_path: Path, which: str, language: str, width: int) -> None:
    file = tmp_path / "page.html"
    text = page(HOSTS[which], language, NOW)
    file.write_text(
        POLICY.sub("", text).replace("</body>", LOOK + "</body>").replace("<details ", "<details open "),
        encoding="utf-8",
    )
    dumped = chromium(tmp_path, f"--window-size={width},900", "--dump-dom", file.as_uri())
    match = re.search(r'<pre id="seen">(.*?)</pre>', dumped)
    assert match, dumped[-2000:]
    seen = json.loads(match[1].replace("&quot;", '"'))
    assert seen["needed"] <= seen["width"] == width
    assert seen["clipped"] == 0 and seen["drawn"] and seen["loaded"] == 0


@pytest.mark.long
def test_the_policy_refuses_nothing_of_the_page_and_every_script(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    text = page(HOSTS["one"], "en", NOW)
    logging = ("--enable-logging=stderr", "--v=0", "--dump-dom")
    file.write_text(text, encoding="utf-8")
    assert "Content Security Policy" not in chromium(tmp_path, *logging, file.as_uri())
    file.write_text(text.replace("</body>", LOOK + "</body>"), encoding="utf-8")
    refused = chromium(tmp_path, *logging, file.as_uri())
    assert "Content Security Policy" in refused and '<pre id="seen">' not in refused
