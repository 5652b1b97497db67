# Copyright (c) 2026, ticketz.sidekick contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads functions, procedures, aggregates, operators, operator classes and families."""

from __future__ import annotations

from collections.abc import Iterator

from ..names import qualified, quoted
from .model import CatalogObject
from .source import USER_SCHEMA, Source, definition, effective, flag, sorted_array

#: SQL for the types of a function's input arguments, without the schema of built-in ones.
TYPES = "ARRAY(SELECT format_type(u.t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY u(t, i) ORDER BY u.i)"

_KINDS = {"f": "function", "p": "procedure", "a": "aggregate", "w": "window function"}

_AGGREGATE = """(SELECT json_strip_nulls(json_build_object(
    'kind', a.aggkind, 'direct_arguments', a.aggnumdirectargs,
    'state', format_type(a.aggtranstype, NULL), 'space', a.aggtransspace, 'initial', a.agginitval,
    'transition', a.aggtransfn::text, 'final', nullif(a.aggfinalfn, 0)::regproc::text,
    'combine', nullif(a.aggcombinefn, 0)::regproc::text, 'serialize', nullif(a.aggserialfn, 0)::regproc::text,
    'deserialize', nullif(a.aggdeserialfn, 0)::regproc::text, 'final_extra', a.aggfinalextra,
    'final_modify', a.aggfinalmodify, 'sort_operator', nullif(a.aggsortop, 0)::regoperator::text,
    'moving_transition', nullif(a.aggmtransfn, 0)::regproc::text,
    'moving_inverse', nullif(a.aggminvtransfn, 0)::regproc::text,
    'moving_final', nullif(a.aggmfinalfn, 0)::regproc::text, 'moving_final_extra', a.aggmfinalextra,
    'moving_final_modify', a.aggmfinalmodify,
    'moving_state', CASE WHEN a.aggmtranstype <> 0 THEN format_type(a.aggmtranstype, NULL) END,
    'moving_space', a.aggmtransspace, 'moving_initial', a.aggminitval))
   FROM pg_aggregate a WHERE a.aggfnoid = p.oid)"""


def signature(schema: str, name: str, types: list[str], *, aggregate: bool = False) -> str:
    """Return a function's name with its input types, as in ALTER FUNCTION."""
    return f"{qualified(schema, name)}({', '.join(types) or ('*' if aggregate else '')})"


def read(source: Source) -> Iterator[CatalogObject]:
    """Yield the objects of these kinds."""
    yield from _functions(source)
    yield from _operators(source)
    yield from _operator_classes(source)
    yield from _operator_families(source)


def _functions(source: Source) -> Iterator[CatalogObject]:
    parts = definition(
        arguments="pg_get_function_arguments(p.oid)",
        returns="pg_get_function_result(p.oid)",
        language="l.lanname",
        body="CASE WHEN p.prokind <> 'a' THEN p.prosrc END",
        object_file="p.probin",
        sql="pg_get_function_sqlbody(p.oid)" if source.version >= 140000 else "NULL::text",
        volatility="p.provolatile",
        parallel="p.proparallel",
        strict=flag("p.proisstrict"),
        security_definer=flag("p.prosecdef"),
        leakproof=flag("p.proleakproof"),
        cost="p.procost",
        rows="nullif(p.prorows, 0)",
        support="nullif(p.prosupport, 0)::regproc::text",
        settings="p.proconfig",
        transforms="ARRAY(SELECT format_type(t, NULL) FROM unnest(p.protrftypes) t)",
        aggregate=_AGGREGATE,
    )
    rows = source.own(
        "pg_proc",
        f"""SELECT p.oid, n.nspname, p.proname, {TYPES}, p.prokind::text, pg_get_userbyid(p.proowner),
                   {effective("f", "p.proacl", "p.proowner")}, {parts}
              FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
             WHERE {USER_SCHEMA}""",
    )
    for oid, schema, name, types, letter, owner, acl, body in rows:
        yield CatalogObject(
            _KINDS[letter],
            signature(schema, name, types, aggregate=letter == "a"),
            body,
            owner,
            tuple(sorted(acl)),
            source.comment("pg_proc", int(oid)),
        )


def _operators(source: Source) -> Iterator[CatalogObject]:
    parts = definition(
        function="nullif(o.oprcode, 0)::regproc::text",
        result="format_type(nullif(o.oprresult, 0), NULL)",
        commutator="nullif(o.oprcom, 0)::regoperator::text",
        negator="nullif(o.oprnegate, 0)::regoperator::text",
        restrict="nullif(o.oprrest, 0)::regproc::text",
        join="nullif(o.oprjoin, 0)::regproc::text",
        hashes=flag("o.oprcanhash"),
        merges=flag("o.oprcanmerge"),
    )
    rows = source.own(
        "pg_operator",
        f"""SELECT o.oid, n.nspname, o.oprname, coalesce(format_type(nullif(o.oprleft, 0), NULL), 'NONE'),
                   coalesce(format_type(nullif(o.oprright, 0), NULL), 'NONE'), pg_get_userbyid(o.oprowner), {parts}
              FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
             WHERE {USER_SCHEMA} AND o.oprcode <> 0""",
    )
    for oid, schema, name, left, right, owner, body in rows:
        full = f"{quoted(schema)}.{name}({left}, {right})"
        yield CatalogObject("operator", full, body, owner, comment=source.comment("pg_operator", int(oid)))


def _operator_classes(source: Source) -> Iterator[CatalogObject]:
    parts = definition(
        family="quote_ident(fn.nspname) || '.' || quote_ident(f.opfname)",
        type="format_type(o.opcintype, NULL)",
        key_type="format_type(nullif(o.opckeytype, 0), NULL)",
        default=flag("o.opcdefault"),
    )
    rows = source.own(
        "pg_opclass",
        f"""SELECT o.oid, n.nspname, o.opcname, a.amname, pg_get_userbyid(o.opcowner), {parts}
              FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace JOIN pg_am a ON a.oid = o.opcmethod
              JOIN pg_opfamily f ON f.oid = o.opcfamily JOIN pg_namespace fn ON fn.oid = f.opfnamespace
             WHERE {USER_SCHEMA}""",
    )
    for oid, schema, name, method, owner, body in rows:
        full = f"{qualified(schema, name)} USING {quoted(method)}"
        comment = source.comment("pg_opclass", int(oid))
        yield CatalogObject("operator class", full, body, owner, comment=comment)


def _operator_families(source: Source) -> Iterator[CatalogObject]:
    # Members of the family's operator classes are listed with the family, since the server stores them there.
    parts = definition(
        operators=sorted_array(
            """x.amopstrategy || ' ' || x.amopopr::regoperator::text || CASE x.amoppurpose WHEN 'o'
               THEN ' FOR ORDER BY ' || (SELECT s.opfname FROM pg_opfamily s WHERE s.oid = x.amopsortfamily)
               ELSE '' END""",
            "FROM pg_amop x WHERE x.amopfamily = f.oid",
        ),
        functions=sorted_array(
            """x.amprocnum || ' (' || format_type(x.amproclefttype, NULL) || ', '
               || format_type(x.amprocrighttype, NULL) || ') ' || x.amproc::regprocedure::text""",
            "FROM pg_amproc x WHERE x.amprocfamily = f.oid",
        ),
    )
    rows = source.own(
        "pg_opfamily",
        f"""SELECT f.oid, n.nspname, f.opfname, a.amname, pg_get_userbyid(f.opfowner), {parts}
              FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am a ON a.oid = f.opfmethod
             WHERE {USER_SCHEMA}""",
    )
    for oid, schema, name, method, owner, body in rows:
        full = f"{qualified(schema, name)} USING {quoted(method)}"
        comment = source.comment("pg_opfamily", int(oid))
        yield CatalogObject("operator family", full, body, owner, comment=comment)
