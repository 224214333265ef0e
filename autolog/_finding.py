"""Finding traces again, and what they add up to: what :mod:`autolog` offers over the configured store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

from autolog import _control

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from pandas import DataFrame

    from autolog._analysis.stats import Stats
    from autolog._model import Trace

__all__ = ["delete_traces", "get_trace", "search_traces", "stats"]


def get_trace(trace_id: str) -> Trace | None:
    """Give a trace by its id, by an unambiguous beginning of it, or ``"@last"``; ``None`` where there is none.

    Raises ``StoreError`` where the store cannot be read.
    """
    _control.flush(30.0)
    return _control.store().get_trace(trace_id)


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
    max_results: int = 100,
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
    max_results: int = 100,
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
    max_results: int = 100,
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
    max_results: int = 100,
    offset: int = 0,
    return_type: Literal["pandas", "list", "arrow"] = "pandas",
) -> Any:
    """Find traces, the newest first.

    ``filter_string`` is a condition such as ``"status = 'ERROR' AND model LIKE 'gpt%' AND total_tokens > 1000"``;
    ``text`` searches what was said; ``since`` and ``until`` are times (``"2h"``, ``"2026-11-01"``, a ``datetime``);
    ``order_by`` names columns, with ``-`` for falling (``"-cost"``); pages are ``max_results`` long and begin after
    ``offset`` traces. Gives a pandas ``DataFrame``; :class:`Trace` objects with ``return_type="list"``; an Arrow table
    of the same columns with ``"arrow"``. Raises ``FilterError`` pointing at what is wrong in a filter, ``StoreError``
    where the store cannot be read, ``ImportError`` where pandas or pyarrow is asked for and not installed.
    """
    from autolog._store import Query
    from autolog._store.times import parse_time

    if return_type not in ("pandas", "list", "arrow"):
        raise ValueError(f"return_type is 'pandas', 'list' or 'arrow', not {return_type!r}")
    query = Query(
        filter_string=filter_string,
        text=text,
        session_id=session_id,
        user_id=user_id,
        since_ns=None if since is None else parse_time(since),
        until_ns=None if until is None else parse_time(until),
        order_by=order_by,
        max_results=max_results,
        offset=offset,
    )
    _control.flush(30.0)
    traces = _control.store().search(query)
    if return_type == "list":
        return traces
    from autolog._store.frame import traces_arrow, traces_frame

    return traces_frame(traces) if return_type == "pandas" else traces_arrow(traces)


def delete_traces(
    trace_ids: Iterable[str] | str | None = None,
    *,
    older_than: str | datetime | timedelta | None = None,
    filter_string: str | None = None,
) -> int:
    """Delete traces by id, by age (``"30d"``) or by filter from the store, and tell how many.

    Raises ``ValueError`` where nothing is named, ``FilterError`` and ``StoreError`` as :func:`search_traces`.
    """
    from autolog._store.times import parse_time

    if trace_ids is None and older_than is None and filter_string is None:
        raise ValueError("delete_traces() needs trace_ids, older_than or filter_string: it does not delete everything")
    _control.flush(30.0)
    return _control.store().delete(
        trace_ids=[trace_ids] if isinstance(trace_ids, str) else None if trace_ids is None else list(trace_ids),
        older_than_ns=None if older_than is None else parse_time(older_than),
        filter_string=filter_string,
    )


def stats(
    by: str = "model", *, since: str | datetime | timedelta | None = None, filter_string: str | None = None
) -> Stats:
    """Give a row for each value of ``by``: calls, error rate, latencies, tokens, cost, and how fast answers came.

    ``by`` is ``model``, ``provider``, ``session``, ``user``, ``day`` (of model calls), ``integration``, ``span_name``,
    ``span_type``, ``operation`` (of all spans), ``tag:<key>``, or several of them with commas. Latencies (``p50_ms``,
    ``p95_ms``, ``p99_ms``) and the time to the first chunk of a stream (``first_chunk_p50_ms``, ``first_chunk_p95_ms``)
    are milliseconds, ``tokens_per_second`` is output tokens over the seconds that their calls took, ``cost`` US
    dollars. The result is a list of dicts that has ``plot()`` and ``to_pandas()``. Raises ``FilterError`` for what
    there are no statistics by.
    """
    from autolog._analysis.stats import Stats
    from autolog._store.times import parse_time

    _control.flush(30.0)
    return Stats(
        _control.store().stats(
            by=by, since_ns=None if since is None else parse_time(since), filter_string=filter_string
        )
    )
