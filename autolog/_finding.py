"""Finding traces again, and what they add up to: what :mod:`autolog` offers over the configured store."""

from __future__ import annotations

import logging
import operator
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from autolog import _control

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from pandas import DataFrame

    from autolog._analysis.stats import Stats
    from autolog._model import Trace

_log = logging.getLogger("autolog")

__all__ = ["delete_traces", "get_trace", "search_traces", "stats"]


def get_trace(trace_id: str, *, silent: bool = True) -> Trace | None:
    """Give a trace by its id, by an unambiguous beginning of it, or ``"@last"``; ``None`` where there is none.

    With ``silent=False`` a warning is logged where there is none. Where tracing is off, ``None`` is taken for the id
    of the last trace. Raises ``StoreError`` where the store cannot be read,
    ``TypeError`` for what is no text.
    """
    if not isinstance(trace_id, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        from autolog._tracing.unrecorded import is_off

        if trace_id is None and is_off():  # the id of the last trace, of which there is none
            return None
        raise TypeError(f"a trace id is a text such as 'a1b2…', or '@last', not {type(trace_id).__name__}")
    _control.flush(30.0)
    found = _control.store().get_trace(trace_id)
    if found is None and not silent:
        _log.warning("there is no trace %r in %s", trace_id, _control.store().path)
    return found


@overload
def search_traces(
    filter_string: str | None = None,
    *,
    text: str | None = None,
    session_id: str | None = None,
    user_id: str | None = None,
    since: str | datetime | timedelta | None = None,
    until: str | datetime | timedelta | None = None,
    order_by: str | Sequence[str] | None = None,
    max_results: int | None = 100,
    offset: int = 0,
    return_type: Literal["pandas"] = "pandas",
) -> DataFrame: ...


@overload
def search_traces(
    filter_string: str | None = None,
    *,
    text: str | None = None,
    session_id: str | None = None,
    user_id: str | None = None,
    since: str | datetime | timedelta | None = None,
    until: str | datetime | timedelta | None = None,
    order_by: str | Sequence[str] | None = None,
    max_results: int | None = 100,
    offset: int = 0,
    return_type: Literal["list"],
) -> list[Trace]: ...


@overload
def search_traces(
    filter_string: str | None = None,
    *,
    text: str | None = None,
    session_id: str | None = None,
    user_id: str | None = None,
    since: str | datetime | timedelta | None = None,
    until: str | datetime | timedelta | None = None,
    order_by: str | Sequence[str] | None = None,
    max_results: int | None = 100,
    offset: int = 0,
    return_type: Literal["arrow"],
) -> Any: ...


def search_traces(
    filter_string: str | None = None,
    *,
    text: str | None = None,
    session_id: str | None = None,
    user_id: str | None = None,
    since: str | datetime | timedelta | None = None,
    until: str | datetime | timedelta | None = None,
    order_by: str | Sequence[str] | None = None,
    max_results: int | None = 100,
    offset: int = 0,
    return_type: Literal["pandas", "list", "arrow"] = "pandas",
) -> Any:
    """Find traces, the newest first.

    ``filter_string`` is a condition such as ``"status = 'ERROR' AND model LIKE 'gpt%' AND total_tokens > 1000"``;
    ``text`` searches what was said; ``since`` and ``until`` are times (``"2h"``, ``"2026-11-01"``, a ``datetime``);
    ``order_by`` names columns, with ``-`` for falling (``"-cost"``); pages are ``max_results`` long (``None`` is all) and
    begin after ``offset`` traces. Gives a pandas ``DataFrame``; :class:`Trace` objects with ``return_type="list"``; an
    Arrow table of the same columns with ``"arrow"``. Raises ``FilterError`` pointing at what is wrong in a filter,
    ``StoreError`` where the store cannot be read, ``ImportError`` where pandas or pyarrow is asked for and not
    installed, ``ValueError`` or ``TypeError`` for a time or a number that is none.
    """
    from autolog._store import Query
    from autolog._store.times import parse_since

    if return_type not in ("pandas", "list", "arrow"):
        raise ValueError(f"return_type is 'pandas', 'list' or 'arrow', not {return_type!r}")
    query = Query(
        filter_string=filter_string,
        text=text,
        session_id=session_id,
        user_id=user_id,
        since_ns=None if since is None else parse_since(since),
        until_ns=None if until is None else parse_since(until),
        order_by=order_by,
        max_results=None if max_results is None else _count("max_results", max_results),
        offset=_count("offset", offset),
    )
    _control.flush(30.0)
    traces = _control.store().search(query)
    if return_type == "list":
        return traces
    from autolog._store.frame import traces_arrow, traces_frame

    return traces_frame(traces) if return_type == "pandas" else traces_arrow(traces)


def delete_traces(
    trace_ids: DataFrame | Iterable[Trace | str] | Trace | str | None = None,
    *,
    older_than: str | datetime | timedelta | None = None,
    filter_string: str | None = None,
) -> int:
    """Delete traces by id, by age (``"30d"``) or by filter from the store, and tell how many.

    ``trace_ids`` may also be traces, or a DataFrame or Arrow table of :func:`search_traces`. Raises ``ValueError`` where
    nothing is named, ``TypeError`` for what names no traces, ``FilterError`` and ``StoreError`` as
    :func:`search_traces`.
    """
    from autolog._store.chosen import ids_of
    from autolog._store.times import parse_since

    if trace_ids is None and older_than is None and filter_string is None:
        raise ValueError("delete_traces() needs trace_ids, older_than or filter_string: it does not delete everything")
    _control.flush(30.0)
    return _control.store().delete(
        trace_ids=None if trace_ids is None else ids_of(trace_ids),
        older_than_ns=None if older_than is None else parse_since(older_than),
        filter_string=filter_string,
    )


def _count(name: str, value: object) -> int:
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    except TypeError as e:
        raise TypeError(f"{name} is a whole number, not {value!r}") from e
    if number < 0:
        raise ValueError(f"{name} is 0 or more, not {number}{' (None is all)' if name == 'max_results' else ''}")
    return number


def stats(
    by: str | Sequence[str] = "model",
    *,
    since: str | datetime | timedelta | None = None,
    filter_string: str | None = None,
) -> Stats:
    """Give a row for each value of ``by``: calls, error rate, latencies, tokens, cost, and how fast answers came.

    ``by`` is ``model``, ``provider``, ``session``, ``user``, ``day`` (of model calls), ``integration``, ``span_name``,
    ``span_type``, ``operation`` (of all spans), ``tag:<key>``, or several of them, in a list or with commas. Latencies
    (``p50_ms``, ``p95_ms``, ``p99_ms``) and the time to the first chunk of a stream (``first_chunk_p50_ms``,
    ``first_chunk_p95_ms``) are milliseconds, ``tokens_per_second`` is output tokens over the seconds that their calls
    took, ``cost`` US dollars. The result is a list of dicts that has ``plot()`` and ``to_pandas()``. Raises
    ``FilterError`` for what there are no statistics by.
    """
    from autolog._analysis.stats import Stats, why_none
    from autolog._store.times import parse_since

    since_ns = None if since is None else parse_since(since)
    _control.flush(30.0)
    store = _control.store()
    rows = store.stats(by=by, since_ns=since_ns, filter_string=filter_string)
    return Stats(rows, none="" if rows else why_none(store, since_ns=since_ns, filter_string=filter_string))
