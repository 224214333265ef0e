"""The filter options of the command line as one query of the store."""

from __future__ import annotations

import re
from argparse import Namespace
from typing import TYPE_CHECKING, Any, Final

from autolog._cli.errors import CommandError

if TYPE_CHECKING:
    from autolog._store import Query

__all__ = ["condition_of", "moment", "query_of"]

_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][\w.-]*")


def query_of(arguments: Namespace, *, max_results: int | None, include_spans: bool) -> Query:
    """Give the query. Raises ``CommandError`` for a time that is none."""
    from autolog._store import Query

    return Query(
        filter_string=condition_of(arguments),
        text=getattr(arguments, "text", None),
        session_id=arguments.session,
        user_id=arguments.user,
        since_ns=moment("--since", arguments.since),
        until_ns=moment("--until", arguments.until),
        order_by=arguments.order_by,
        max_results=max_results,
        include_spans=include_spans,
    )


def moment(option: str, text: str | None) -> int | None:
    """Read a time of the command line, in nanoseconds since 1970."""
    if text is None:
        return None
    from autolog._store.times import parse_since

    try:
        return parse_since(text)
    except ValueError as e:
        raise CommandError(f"{option}: {e}") from e


def condition_of(arguments: Namespace) -> str | None:
    """Give the options as one condition in the store's language, ``None`` where there are none."""
    parts: list[str] = []
    if arguments.status is not None:
        parts.append(f"status = {_text(arguments.status.upper())}")
    if arguments.model is not None:
        parts.append(f"model LIKE {_text(arguments.model + '%')}")
    for key, value in arguments.tag:
        name = "tag." + (key if _PLAIN_KEY.fullmatch(key) else _quoted(key, '"'))
        parts.append(f"{name} = {_text(value)}")
    for name, least in (("cost", arguments.min_cost), ("duration_ms", arguments.slow)):
        if least is not None:
            parts.append(f"{name} >= {_number(least)}")
    if arguments.filter is not None and arguments.filter.strip():
        # First, so that the place that a complaint points at is the place in what was typed.
        parts.insert(0, f"({arguments.filter})" if parts else arguments.filter)
    return " AND ".join(parts) or None


def _text(value: str) -> str:
    return _quoted(value, "'")


def _quoted(value: str, quote: str) -> str:
    return quote + value.replace(quote, quote * 2) + quote


def _number(value: float) -> Any:
    return int(value) if value.is_integer() else repr(value)
