"""What a filter and an order can name: columns of the trace and of any of its spans, and what is found by key."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from autolog._store.schema import USAGE_COLUMNS

Table = Literal["traces", "spans", "tags", "metadata", "feedback", "expectations", "attributes"]
Kind = Literal["text", "number", "time", "duration", "status", "type", "label"]


@dataclass(frozen=True, slots=True)
class Column:
    """A name that filters know: where its value is, what kind of value that is, and whether an index finds it."""

    name: str
    table: Table
    sql: str
    kind: Kind = "text"
    indexed: bool = False
    key: str = ""


def _named(columns: Iterable[Column]) -> dict[str, Column]:
    return {c.name: c for c in columns}


TRACE_COLUMNS: Final = _named(
    (
        Column("status", "traces", "status", "status", indexed=True),
        Column("name", "traces", "name", indexed=True),
        Column("trace_id", "traces", "trace_id", indexed=True),
        Column("session_id", "traces", "session_id", indexed=True),
        Column("user_id", "traces", "user_id", indexed=True),
        Column("start_time", "traces", "start_ns", "time", indexed=True),
        Column("end_time", "traces", "end_ns", "time"),
        Column("duration_ms", "traces", "duration_ns", "duration", indexed=True),
        Column("duration", "traces", "duration_ns", "duration", indexed=True),
        *(Column(c, "traces", c, "number", indexed=c == "total_tokens") for c in USAGE_COLUMNS),
        Column("cost", "traces", "cost", "number", indexed=True),
        Column("unpriced_calls", "traces", "unpriced", "number"),
        Column("span_count", "traces", "span_count", "number"),
    )
)

SPAN_COLUMNS: Final = _named(
    (
        Column("span_name", "spans", "name", indexed=True),
        Column("span_type", "spans", "span_type", "type", indexed=True),
        Column("span_status", "spans", "status", "status"),
        Column("span_duration_ms", "spans", "duration_ns", "duration"),
        Column("model", "spans", "model", indexed=True),
        Column("provider", "spans", "provider", indexed=True),
        Column("integration", "spans", "integration", indexed=True),
        Column("operation", "spans", "operation", indexed=True),
        Column("error_type", "spans", "error_type", indexed=True),
        Column("finish_reason", "spans", "finish_reason", indexed=True),
        Column("outcome", "spans", "outcome", indexed=True),
        Column("http_status", "spans", "http_status", "number"),
        Column("first_chunk_ms", "spans", "first_chunk_ms", "number"),
    )
)

# The spellings of MLflow's search, which many users know
_ALIASES: Final = {
    "timestamp": "start_time",
    "timestamp_ms": "start_time",
    "execution_time": "duration_ms",
    "execution_time_ms": "duration_ms",
    "request_id": "trace_id",
    # As people say it
    "session": "session_id",
    "user": "user_id",
    "time": "start_time",
    "tokens": "total_tokens",
}

# What was said is in no column: to look through it is to read all of it, which the text index saves.
_CONTENT: Final = frozenset({"text", "content", "inputs", "outputs", "input", "output", "request", "response"})
SEARCHED: Final = (
    "What was said is searched for words and phrases with text=, beside the filter: search_traces(text='refund'), "
    "or `autolog traces search refund`"
)

_KEYED: Final[dict[str, Table]] = {
    "tag": "tags",
    "tags": "tags",
    "metadata": "metadata",
    "request_metadata": "metadata",
    "feedback": "feedback",
    "expectation": "expectations",
    "expectations": "expectations",
    "attribute": "attributes",
    "attributes": "attributes",
}

EXISTING: Final = (
    f"Of the trace: {', '.join(TRACE_COLUMNS)}.\n"
    f"Of any span in it: {', '.join(SPAN_COLUMNS)}.\n"
    "By key: tag.KEY, metadata.KEY, feedback.NAME, expectation.NAME, attributes.KEY "
    "(tag.`KEY` where it has more than letters, digits, dots, _ and -)."
)


def column(name: str) -> Column | None:
    """Give the column of a name as users write it, ``None`` where there is none."""
    head, dot, rest = name.partition(".")
    head = head.lower()
    if not dot:
        head = _ALIASES.get(head, head)
        return TRACE_COLUMNS.get(head) or SPAN_COLUMNS.get(head)
    if head in _KEYED and rest:
        table = _KEYED[head]
        return Column(f"{head}.{rest}", table, "value", "label", indexed=table != "attributes", key=rest)
    if head == "trace":
        return TRACE_COLUMNS.get(_ALIASES.get(rest.lower(), rest.lower()))
    if head == "span":
        if rest.lower().startswith(("attributes.", "attribute.")):
            return column(rest)
        return SPAN_COLUMNS.get(f"span_{rest.lower()}") or SPAN_COLUMNS.get(rest.lower())
    return None


def is_content(name: str) -> bool:
    """Whether a name is one for what was said in a trace or a span, such as ``trace.text`` and ``span.content``."""
    return name.lower().removeprefix("trace.").removeprefix("span.") in _CONTENT


def keyed(head: str, key: str) -> Column | None:
    """Give the column of a key that was quoted, such as ``tag."my key"``."""
    found = column(f"{head}x")
    return replace(found, name=f"{head}{key}", key=key) if found and found.kind == "label" else None


def closest(name: str, *, to: Iterable[str] = (*TRACE_COLUMNS, *SPAN_COLUMNS)) -> str:
    """Give " Did you mean X?" for the nearest name that exists, or nothing."""
    found = difflib.get_close_matches(name.lower(), list(to), n=1, cutoff=0.6)
    return f" Did you mean {found[0]}?" if found else ""
