# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""HTML and SVG as strings: every text and every attribute's value is escaped here, and nowhere else."""

from __future__ import annotations

import html
from typing import Union


class Markup(str):
    """Text that is markup already. Only this file makes it."""

    __slots__ = ()


#: What an element can hold; a plain text is escaped.
Content = Union[str, Markup, "list[Content]", "tuple[Content, ...]"]


def _markup(content: Content) -> str:
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return html.escape(_printable(content))
    return "".join(map(_markup, content))


#: Characters that HTML has no place for.
_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127), "�")


def _printable(text: str) -> str:
    """Return a text that a page can carry: undecodable bytes of file names and control characters are replaced."""
    return text.encode("utf-8", "replace").decode("utf-8").translate(_CONTROL)


def element(name: str, *content: Content, **attributes: object) -> Markup:
    """Return an element.

    :param name: its tag.
    :param content: texts, which are escaped, and elements.
    :param attributes: names with ``_`` in place of ``-``; a trailing ``_`` is for words that Python reserves. A value of None
        leaves the attribute out.
    """
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(_printable(str(value)))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{shown}>{_markup(list(content))}</{name}>")


def group(*content: Content) -> Markup:
    """Return contents one after the other, without an element around them."""
    return Markup(_markup(list(content)))


def document(language: str, title: str, style: str, body: Content) -> str:
    """Return a whole page, which loads nothing and runs nothing.

    :param language: BCP 47 tag, for readers' screens and hyphenation.
    :param style: CSS of ours, put in as it is.
    """
    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    head = [
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{policy}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
        Markup('<meta name="referrer" content="no-referrer">'),
        element("title", title),
        Markup(f"<style>{style}</style>"),
    ]
    page = element("html", element("head", *head), element("body", body), lang=language)
    return f"<!DOCTYPE html>\n{page}\n"
