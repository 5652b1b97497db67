# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds partitions whose rows may belong to another partition after a restore."""

from __future__ import annotations

from .session import Session

# An enum value is hashed by its OID, which differs between databases. So a row of a table that is partitioned
# by such a hash can belong to another partition than in the source. pg_dump handles the case ("force partition
# root load") by also loading those tables through their root.
_ROUTED = """
SELECT n.nspname, c.relname, rn.nspname, r.relname
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_class r ON r.oid = pg_partition_root(c.oid) JOIN pg_namespace rn ON rn.oid = r.relnamespace
 WHERE c.relkind = 'r' AND c.relispartition
   AND EXISTS (
       SELECT FROM pg_partition_ancestors(c.oid) a
         JOIN pg_partitioned_table p ON p.partrelid = a.relid
         JOIN pg_opclass o ON o.oid = ANY (p.partclass)
        WHERE p.partstrat = 'h' AND o.opcname IN ('enum_ops', 'array_ops', 'record_ops', 'range_ops'))
"""

Name = tuple[str, str]


def routed_partitions(session: Session) -> dict[Name, Name]:
    """Return the partitions that must be loaded, and compared, through their root: partition → root."""
    return {(schema, name): (root_schema, root) for schema, name, root_schema, root in session.query(_ROUTED)}
