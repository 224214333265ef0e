"""A filter's conditions as SQL. Every value is bound; what is pasted are column names from :mod:`columns` alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from autolog._names import SpanType
from autolog._store.filter import And, Compare, Node, Not, Or, Value


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL and the values of its parameter marks."""

    text: str
    params: tuple[Any, ...] = ()


_NEGATED: Final = ("!=", "NOT LIKE", "NOT ILIKE", "NOT IN", "NOT BETWEEN", "IS NULL")

# Attributes are JSON. Text of more levels than SQLite reads counts as without attributes; true and false are words.
_ATTRIBUTE: Final = "CASE {0}.type WHEN 'true' THEN 'true' WHEN 'false' THEN 'false' ELSE {0}.value END"
_ATTRIBUTES: Final = (
    "spans x JOIN payload p ON p.span = x.id, "
    "json_each(CASE WHEN json_valid(p.attributes) THEN p.attributes ELSE '{}' END) j"
)


def condition(node: Node) -> Sql:
    """Give a condition on the trace ``t``, which no index serves: the caller says which one drives the query."""
    match node:
        case Compare():
            return _compare(node)
        case Not(term):
            inner = condition(term)
            # What is unknown is not so: NOT session_id = 'x' holds for a trace without session
            return Sql(f"NOT coalesce({inner.text}, 0)", inner.params)
        case And(terms) | Or(terms):
            parts = [condition(t) for t in terms]
            joined = (" AND " if isinstance(node, And) else " OR ").join(p.text for p in parts)
            return Sql(f"({joined})", tuple(v for p in parts for v in p.params))


def matches(found: Node) -> Sql | None:
    """Give a select of all traces (row ids) for which a condition holds, if an index finds them; else ``None``."""
    if isinstance(found, Or):
        each = [matches(term) for term in found.terms]
        known = [sql for sql in each if sql is not None]
        if len(known) < len(each):
            return None
        return Sql(" UNION ALL ".join(sql.text for sql in known), tuple(v for sql in known for v in sql.params))
    if not isinstance(found, Compare) or not found.column.indexed or found.operator in _NEGATED:
        return None
    test = _test(f"x.{found.column.sql}", found)
    match found.column.table:
        case "traces":
            return Sql(f"SELECT x.id FROM traces x WHERE {test.text}", test.params)
        case "spans":
            return Sql(f"SELECT x.trace FROM spans x WHERE {test.text}", test.params)
        case "tags" | "metadata" | "feedback" | "expectations" as table:
            key = (found.column.key,)
            return Sql(f"SELECT x.trace FROM {table} x WHERE x.key = ? AND {test.text}", key + test.params)
        case "attributes":
            return None


def newest(found: Compare) -> Sql | None:
    """Give a select of the latest start among what equals a value, which an index knows; no trace starts after it."""
    ordered = found.column.table in ("traces", "spans") and found.column.kind in ("text", "type", "status")
    if found.operator != "=" or not ordered or not found.column.indexed or found.column.sql == "trace_id":
        return None
    test = _test(f"x.{found.column.sql}", found)
    return Sql(f"SELECT max(x.start_ns) FROM {found.column.table} x WHERE {test.text}", test.params)


def _compare(found: Compare) -> Sql:
    column = found.column
    if column.table == "traces":
        return _test(f"+t.{column.sql}", found)
    absent = found.operator == "IS NULL"
    if absent:
        found = replace(found, operator="IS NOT NULL")
    test = _test_attribute(found) if column.table == "attributes" else _test(f"+x.{column.sql}", found)
    match column.table:
        case "spans":
            rows, params = f"spans x WHERE x.trace = t.id AND {test.text}", test.params
        case "attributes":
            rows = f"{_ATTRIBUTES} WHERE x.trace = t.id AND j.key = ? AND {test.text}"
            params = (column.key, *test.params)
        case _:
            rows = f"{column.table} x WHERE x.trace = t.id AND x.key = ? AND {test.text}"
            params = (column.key, *test.params)
    return Sql(f"{'NOT ' * absent}EXISTS (SELECT 1 FROM {rows})", params)


def _test_attribute(found: Compare) -> Sql:
    """Give the condition on an attribute: one that is a list meets it where one of its values does."""
    whole = _test(_ATTRIBUTE.format("j"), found)
    if not found.values:
        return whole
    negated = found.operator in _NEGATED
    meant = found.operator.removeprefix("NOT ").replace("!=", "=")
    each = _test(_ATTRIBUTE.format("e"), replace(found, operator=meant))
    inside = f"EXISTS (SELECT 1 FROM json_each(j.value) e WHERE {each.text})"
    if negated:
        return Sql(f"CASE j.type WHEN 'array' THEN NOT {inside} ELSE {whole.text} END", each.params + whole.params)
    return Sql(f"({whole.text} OR (j.type = 'array' AND {inside}))", whole.params + each.params)


def _test(expression: str, found: Compare) -> Sql:
    """Give the condition on one value."""
    operator, values = found.operator, found.values
    bound = tuple(v.bound for v in values)
    negation = "NOT " if operator.startswith("NOT ") else ""
    match operator.removeprefix("NOT "):
        case "IS NULL" | "IS NOT NULL":
            return Sql(f"{expression} {operator}")
        case "LIKE":
            return Sql(f"{expression} {negation}GLOB ?", (_glob(values[0].text),))
        case "ILIKE":
            return Sql(f"{expression} {negation}LIKE ? ESCAPE '\\'", (values[0].text,))
        case "IN" | "=" | "!=" as plain:
            if found.column.kind in ("type", "label"):
                spell = _spellings if found.column.kind == "label" else _spellings_of_type
                bound = tuple(v for value in values for v in spell(value))
                negation = "NOT " if operator in ("!=", "NOT IN") else ""
                return Sql(f"{expression} {negation}IN ({', '.join('?' * len(bound))})", bound)
            if plain == "IN":
                return Sql(f"{expression} {operator} ({', '.join('?' * len(bound))})", bound)
        case _:
            pass
    if found.column.kind == "label":
        return _compare_labels(expression, found)
    marks = "? AND ?" if operator.endswith("BETWEEN") else "?"
    return Sql(f"{expression} {operator} {marks}", bound)


def _compare_labels(expression: str, found: Compare) -> Sql:
    """Compare tags, metadata or attributes by size: as numbers where the filter's values are numbers, else as text."""
    marks = "? AND ?" if found.operator.endswith("BETWEEN") else "?"
    numbers = [_as_number(v.text) for v in found.values]
    if all(n is not None for n in numbers):
        numeric = f"(typeof({expression}) <> 'text' OR {expression} GLOB '[-+.0-9]*')"
        return Sql(f"({numeric} AND CAST({expression} AS REAL) {found.operator} {marks})", tuple(numbers))
    texts = tuple(v.text for v in found.values)
    return Sql(f"(typeof({expression}) = 'text' AND {expression} {found.operator} {marks})", texts)


def _spellings(value: Value) -> tuple[str | float, ...]:
    """A label may hold 3 or '3': both equal what the filter wrote, quoted or not."""
    number = _as_number(value.text)
    return (value.text,) if number is None else (value.text, number)


def _spellings_of_type(value: Value) -> tuple[str, ...]:
    """A span's type may be any text, which is meant as it is written; ours are found in any case."""
    known = value.text.upper()
    return (value.text, known) if known in vars(SpanType) and known != value.text else (value.text,)


def _as_number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 2**63 else None


def _glob(pattern: str) -> str:
    r"""Give a LIKE pattern (``%`` any text, ``_`` any character, ``\%`` a percent) for GLOB, which minds capitals."""
    found: list[str] = []
    characters = iter(pattern)
    for char in characters:
        match char:
            case "%":
                found.append("*")
            case "_":
                found.append("?")
            case _:
                literal = next(characters, "\\") if char == "\\" else char
                found.append(f"[{literal}]" if literal in "*?[" else literal)
    return "".join(found)
