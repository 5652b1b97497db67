# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that are known to break dumps, CSV files, shells and templates."""

from __future__ import annotations

import random

TEXTS: list[str | None] = [
    None,
    "",
    " ",
    "NULL",
    "\\N",
    "\\.",
    "a\n\\.\nb",
    "\\.\n",
    "\n",
    "\r",
    "\r\n",
    "line one\nline two\r\nline three\rline four",
    "tab\there",
    "comma,\"quote\",'single'",
    '"',
    '""',
    "'",
    "\\",
    "ends with a backslash\\",
    "\\\\server\\share\\new\\table",
    "  spaces around  ",
    "COPY public.x (id) FROM stdin;\n1\n\\.\n",
    "--\n-- Name: fake; Type: TABLE; Schema: public; Owner: -\n--\n",
    "\\restrict abc\n\\unrestrict abc\n",
    "$$ $body$ $1 :name :'name' %s %(x)s %% {{ jinja }} {% raw %} ${HOME} `id` $(id)",
    "; DROP TABLE x; --",
    "\x01\x02\x1f\x7f",
    "\ufeffbyte order mark",
    "\u00e9 e\u0301 \u00df \u0130 \u01c4",
    "\u65e5\u672c\u8a9e \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u05e2\u05d1\u05e8\u05d9\u05ea "
    "\u202etfel ot thgir",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e7\U0001f1f7 \U0001f44d\U0001f3fd",
    "\uffff\U0010ffff\u2028\u2029\u0085\u00a0",
    "x" * 9_000,
    "1e5",
    "true",
    "{}",
    "<&>\u00e7",
]

_ALPHABET = "abcxyz ABC019'\"\\\n\r\t,;.%${}\u00e1\u00e7\u00f5\u65e5\U0001f600"


def random_text(rng: random.Random) -> str | None:
    """Return one of TEXTS or a new random text."""
    if rng.random() < 0.3:
        return rng.choice(TEXTS)
    return "".join(rng.choice(_ALPHABET) for _number in range(rng.randrange(0, 60)))
