# SPDX-License-Identifier: GPL-3.0-or-later
"""The schema of Ticketz as SQL: columns from the CSV next to this file, everything else from lists."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .indexes import INDEXES, UNIQUE_KEYS

CSV_FILE = Path(__file__).with_name("ticketz-schema.csv")

# Ticketz's function. It calls unaccent() without a schema, so it depends on the search path.
IMMUTABLE_UNACCENT = (
    "CREATE FUNCTION immutable_unaccent(text) RETURNS text LANGUAGE sql IMMUTABLE{pinned} "
    "AS $$ SELECT unaccent($1) $$"
)

# Replacements of the extensions, for servers that do not have them.
FALLBACKS = {
    "uuid-ossp": [
        "CREATE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE sql VOLATILE "
        "AS $$ SELECT gen_random_uuid() $$"
    ],
    "unaccent": [
        "CREATE FUNCTION unaccent(text) RETURNS text LANGUAGE sql STABLE STRICT AS "
        "$$ SELECT translate($1, 'ÁÀÂÃÄÉÈÊËÍÌÎÏ"
        "ÓÒÔÕÖÚÙÛÜÇÑ"
        "áàâãäéèêëíìîï"
        "óòôõöúùûüçñ', "
        "'AAAAAEEEEIIIIOOOOOUUUUCNaaaaaeeeeiiiiooooouuuucn') $$"
    ],
}


@dataclass(frozen=True)
class Column:
    """One line of the CSV."""

    table: str
    position: int
    name: str
    type: str
    nullable: bool
    default: str
    constraints: str
    references: str

    @property
    def serial(self) -> bool:
        return self.default.startswith("nextval(")

    @property
    def generated(self) -> bool:
        """Whether it is a generated column: only these have defaults that refer to columns."""
        return '"' in self.default and not self.serial


def quote(name: str) -> str:
    """Given a name, return it as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def read_columns(path: Path = CSV_FILE) -> dict[str, list[Column]]:
    """Given the CSV, return the columns of every table, in their order."""
    tables: dict[str, list[Column]] = {}
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            column = Column(
                table=row["table_name"],
                position=int(row["position"]),
                name=row["column_name"],
                type=row["type"],
                nullable=row["nullable"] == "t",
                default=row["default_expression"].strip(),
                constraints=row["constraints"],
                references=row["references"].strip('"'),
            )
            tables.setdefault(column.table, []).append(column)
    return tables


def extension_statements(available: Sequence[str]) -> list[str]:
    """Return the statements that create Ticketz's two extensions, or their replacements if they are not available."""
    statements: list[str] = []
    for name, fallback in FALLBACKS.items():
        if name in available:
            statements.append("CREATE EXTENSION IF NOT EXISTS %s WITH SCHEMA public" % quote(name))
        else:
            statements.extend(fallback)
    return statements


def function_statements(server_version: int) -> list[str]:
    """Return the function. Since PostgreSQL 17, indexes are built with a safe search path, so the function sets its own."""
    pinned = " SET search_path = public, pg_catalog" if server_version >= 170000 else ""
    return [IMMUTABLE_UNACCENT.format(pinned=pinned)]


def table_statements(server_version: int) -> list[str]:
    """Return the statements that create all tables, including columns that are dropped afterwards."""
    statements: list[str] = []
    for table, columns in read_columns().items():
        parts: list[str] = []
        dropped: list[str] = []
        for column in columns:
            while len(parts) + 1 < column.position:
                dropped.append("dropped%d" % (len(parts) + 1))
                parts.append("%s integer" % quote(dropped[-1]))
            parts.append(_column_sql(column, server_version))
        statements.append("CREATE TABLE %s (\n    %s\n)" % (quote(table), ",\n    ".join(parts)))
        statements.extend("ALTER TABLE %s DROP COLUMN %s" % (quote(table), quote(name)) for name in dropped)
    return statements


def key_statements() -> list[str]:
    """Return the statements that add primary and unique keys, after the rows are loaded."""
    statements: list[str] = []
    for table, columns in read_columns().items():
        primary = [column.name for column in columns if "p" in column.constraints]
        if primary:
            statements.append(_add_key(table, "%s_pkey" % table, "PRIMARY KEY", primary))
    statements.extend(_add_key(table, name, "UNIQUE", names) for name, table, names in UNIQUE_KEYS)
    return statements


def index_statements() -> list[str]:
    """Return the statements that create indexes without constraints."""
    return list(INDEXES)


def foreign_key_statements() -> list[str]:
    """Return the statements that add the 71 foreign keys, all of them to an `id`."""
    statements: list[str] = []
    for table, columns in read_columns().items():
        for column in columns:
            if "f" not in column.constraints:
                continue
            action = "SET NULL" if column.nullable else "CASCADE"
            statements.append(
                "ALTER TABLE %s ADD CONSTRAINT %s FOREIGN KEY (%s) REFERENCES %s (id) ON UPDATE CASCADE ON "
                "DELETE %s"
                % (
                    quote(table),
                    quote("%s_%s_fkey" % (table, column.name)),
                    quote(column.name),
                    quote(column.references),
                    action,
                )
            )
    return statements


def serials() -> list[tuple[str, str]]:
    """Return table and column of every serial."""
    return [
        (column.table, column.name)
        for columns in read_columns().values()
        for column in columns
        if column.serial
    ]


def _add_key(table: str, name: str, kind: str, columns: Sequence[str]) -> str:
    listed = ", ".join(quote(column) for column in columns)
    return "ALTER TABLE %s ADD CONSTRAINT %s %s (%s)" % (quote(table), quote(name), kind, listed)


def _column_sql(column: Column, server_version: int) -> str:
    if column.serial:
        return "%s serial" % quote(column.name)
    sql = "%s %s" % (quote(column.name), column.type)
    if column.generated:
        sql += " GENERATED ALWAYS AS (%s) STORED" % _expression(column.default, server_version)
    elif column.default:
        sql += " DEFAULT %s" % column.default
    return sql if column.nullable else sql + " NOT NULL"


def _expression(expression: str, server_version: int) -> str:
    """Cast the arguments of div() before PostgreSQL 14, where EXTRACT returns double precision."""
    if server_version >= 140000:
        return expression
    hour = "EXTRACT(hour FROM (\"timestamp\" AT TIME ZONE 'UTC'::text))"
    return expression.replace("div(%s" % hour, "div((%s)::numeric" % hour)
