"""A set of traces, however somebody names it: the traces themselves, their ids, what a search gave, or a filter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

from autolog._model import Trace
from autolog._store.frame import STRUCTURES
from autolog._store.jsontext import loads

__all__ = ["FORMS", "ids_of", "traces_of"]

FORMS: Final = "traces are Trace objects, their ids, a DataFrame or Arrow table of search_traces(), or a filter string"

_ID: Final = re.compile(r"[0-9a-f]{32}|@\S+")
_CONDITION: Final = re.compile(r"[\s=<>]")


def traces_of(source: Any) -> list[Trace]:
    """Give the traces of whatever names some: see :data:`FORMS`.

    A text is a filter, unless it is a whole id or ``@last``. Raises ``TypeError`` for anything else, ``ValueError`` for
    an id that no stored trace has, ``FilterError`` for a filter that is wrong.
    """
    if isinstance(source, str) and not _ID.fullmatch(source):
        from autolog._finding import search_traces

        return search_traces(source, max_results=None, return_type="list")
    return [_trace_of(one) for one in _members(source)]


def ids_of(source: Any) -> list[str]:
    """Give the trace ids of whatever names traces, but for a filter. Raises ``TypeError``, ``ValueError`` for a filter."""
    found = [_id_of(one) for one in _members(source)]
    for trace_id in found:
        if _CONDITION.search(trace_id):
            raise ValueError(f"{trace_id!r} is no trace id; a condition is given as filter_string={trace_id!r}")
    return found


def _members(source: Any) -> Iterator[Any]:
    """Yield traces, ids, and rows."""
    if isinstance(source, (Trace, str, Mapping)):
        yield source
    elif hasattr(source, "column_names") and hasattr(source, "to_pylist"):
        for row in source.to_pylist():
            yield {name: loads(v) if name in STRUCTURES else v for name, v in row.items()}
    elif hasattr(source, "columns") and hasattr(source, "to_dict"):
        yield from source.to_dict("records")
    elif isinstance(source, Iterable):
        yield from cast("Iterable[Any]", source)
    else:
        raise _wrong(source)


def _trace_of(one: Any) -> Trace:
    match one:
        case Trace():
            return one
        case str():
            return _stored(one)
        case Mapping():
            return _of_row(cast("Mapping[str, Any]", one))
        case _:
            raise _wrong(one)


def _id_of(one: Any) -> str:
    match one:
        case Trace():
            return one.trace_id
        case str():
            return one
        case Mapping():
            found: Any = cast("Mapping[str, Any]", one).get("trace_id")
            if isinstance(found, str):
                return found
            raise TypeError(f"a row without a trace_id names no trace; {FORMS}")
        case _:
            raise _wrong(one)


def _stored(trace_id: str) -> Trace:
    from autolog import _control
    from autolog._finding import get_trace

    found = get_trace(trace_id)
    if found is None:
        raise ValueError(f"there is no trace {trace_id!r} in {_control.store().path}")
    return found


def _of_row(row: Mapping[str, Any]) -> Trace:
    try:
        data = {name: row.get(name) for name in ("trace_id", "tags", "metadata", "feedback", "expectations", "spans")}
        # In a frame, what is missing may have become NaN.
        names = {n: v if isinstance(v := row.get(n), str) else None for n in ("session_id", "user_id")}
        return Trace.from_dict({**data, **names})
    except ValueError as e:
        raise TypeError(f"a row is not one of search_traces(), or has lost its spans: {e}; {FORMS}") from e


def _wrong(what: object) -> TypeError:
    return TypeError(f"{FORMS}; not {type(what).__name__}")
