# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decides whether definition texts of two servers of different versions are equivalent.

Between servers of the same version, texts must be equal. Different versions write the same view, rule or
expression differently: since 16, columns are not qualified if a query reads only one table, some versions write
more parentheses, and some words became keywords that must be quoted. So the texts are compared
as sequences of tokens:

- without white space,
- without parentheses: the target has parsed the source's text with all its parentheses, so they can't change the
  structure,
- without unnecessary quotes of names,
- and one text may omit the name of a table or alias before a column (``t.id``, ``id``), but only of one
  table, and never the name of a schema.

All columns, tables, functions, operators, literals, casts and keywords must occur in both texts, in the same order.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from ..names import LETTER, WORD_CHARACTER, quoted, unquoted

_TOKEN = re.compile(
    rf"""(?P<space>\s+)
      | (?P<string>'(?:[^']|'')*')
      | (?P<name>"(?:[^"]|"")*"|{LETTER}{WORD_CHARACTER}*)
      | (?P<number>[0-9][0-9A-Za-z_]*(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)
      | (?P<parenthesis>[()])
      | (?P<operator>::|[-+*/<>=~!@\#%^&|`?]+|.)""",
    re.VERBOSE | re.DOTALL,
)


def tokens(sql: str) -> list[str]:
    """Return the tokens of a definition, without white space, parentheses and unnecessary quotes."""
    found = []
    for match in _TOKEN.finditer(sql):
        kind, text = match.lastgroup, match.group()
        if kind == "name":
            # Servers write keywords in capitals, and quote names with capitals.
            found.append(text if text.isupper() else quoted(unquoted(text)))
        elif kind not in ("space", "parenthesis"):
            found.append(text)
    return found


def equivalent(one: str, other: str, schemas: Collection[str]) -> bool:
    """Return whether two definitions are equal except for the differences between server versions.

    :param schemas: names of all schemas, to recognize qualified names.
    """
    if one == other:
        return True
    left, right = tokens(one), tokens(other)
    # A schema's name that also occurs without a dot is the name of a table or alias, too.
    kept = {quoted(schema) for schema in schemas}
    kept -= {word for number, word in enumerate(left) if left[number + 1 : number + 2] != ["."]}
    left_out: set[str] = set()
    i = j = 0
    while i < len(left) or j < len(right):
        if left[i : i + 1] == right[j : j + 1]:
            i, j = i + 1, j + 1
            continue
        # "id.id" and "id": the token before was compared as the column, but is the table of the same name
        if 0 < i < len(left) - 1 and left[i] == "." and left[i + 1] == left[i - 1]:
            left_out.add(left[i - 1])
            i += 2
        elif 0 < j < len(right) - 1 and right[j] == "." and right[j + 1] == right[j - 1]:
            left_out.add(right[j - 1])
            j += 2
        elif i + 1 < len(left) and left[i + 1] == "." and left[i] not in kept:
            left_out.add(left[i])
            i += 2
        elif j + 1 < len(right) and right[j + 1] == "." and right[j] not in kept:
            left_out.add(right[j])
            j += 2
        else:
            return False
    return len(left_out) <= 1
