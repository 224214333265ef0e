"""A span as a row of ``spans`` and one of ``payload``, and back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Final, cast

from autolog import semconv
from autolog._model import Event, ExceptionInfo, Span, Usage
from autolog._store import blobs
from autolog._store.jsontext import dumps, integer, loads, real, text_or_none
from autolog._store.schema import USAGE_COLUMNS

LIGHT_COLUMNS: Final = (
    "span_id",
    "parent_id",
    "name",
    "span_type",
    "status",
    "outcome",
    "start_ns",
    "end_ns",
    "model",
    *USAGE_COLUMNS,
    "cost",
    "local_root",
    "duration_ns",
    "first_chunk_ms",
)
"""What makes a span without its payload, in the order that :func:`light_span` takes."""

SPAN_COLUMNS: Final = (
    *LIGHT_COLUMNS,
    "provider",
    "integration",
    "operation",
    "error_type",
    "http_status",
    "finish_reason",
)
"""What a span's row holds of the span itself, in the order of :attr:`SpanRow.values`."""

PAYLOAD_COLUMNS: Final = ("inputs", "outputs", "attributes", "events", "exception")

LONGEST: Final = 200_000_000
"""Characters of one JSON text; SQLite takes 1,000,000,000 bytes in a row."""

GetBlob = Callable[[str], bytes | None]

usage_counts: Final[Callable[[Usage], tuple[int | None, ...]]] = attrgetter(*USAGE_COLUMNS)

_NO_USAGE: Final = (None,) * len(USAGE_COLUMNS)
_ORDINARY: Final = "stop"

_log = logging.getLogger("autolog")


@dataclass(slots=True)
class SpanRow:
    """A span ready to be written: JSON made, blobs taken out, every value one that SQLite takes."""

    span_id: str
    values: tuple[Any, ...]
    payload: tuple[str | None, ...]
    blobs: list[blobs.Blob]


def span_rows(spans: Sequence[Span]) -> list[SpanRow]:
    """Give the rows of spans. One that cannot be read as it is keeps what can be, and does not lose the others."""
    rows: list[SpanRow] = []
    for span in spans:
        try:
            rows.append(_row(span))
        except Exception as e:  # a span is whatever a processor made of it
            try:
                rows.append(_row(_rescued(span, e)))
            except Exception:
                _log.warning("a span could not be stored (%s: %s); your program is not affected", type(e).__name__, e)
    return rows


def light_span(trace_id: str, row: Sequence[Any]) -> Span:
    """Give the span of a row of :data:`LIGHT_COLUMNS`, without its payload."""
    attributes = {semconv.RESPONSE_MODEL: row[8], semconv.LOCAL_ROOT: row[18]}
    return _span(trace_id, row, {k: v for k, v in attributes.items() if v is not None})


def whole_span(trace_id: str, row: Sequence[Any], payload: Sequence[Any], get_blob: GetBlob | None = None) -> Span:
    """Give the span of a row of :data:`LIGHT_COLUMNS` and one of :data:`PAYLOAD_COLUMNS`.

    With ``get_blob`` the markers of long base64 text become that text again.
    """
    inputs, outputs, attributes = (content(column, get_blob) for column in payload[:3])
    events, exception = loads(payload[3]), loads(payload[4])
    return _span(
        trace_id,
        row,
        cast("dict[str, Any]", attributes) if isinstance(attributes, dict) else {},
        inputs=inputs,
        outputs=outputs,
        events=tuple(Event(name, time_ns, found) for name, time_ns, found in events or ()),
        exception=ExceptionInfo(*exception) if exception else None,
    )


def content(column: str | None, get_blob: GetBlob | None) -> Any:
    """Give what a payload column holds, whole if ``get_blob`` is given."""
    value = loads(column)
    return value if get_blob is None or column is None or blobs.MARKER not in column else blobs.inline(value, get_blob)


def span_model(span: Span) -> str | None:
    """The model that answered, or the one that was asked for; ``None`` for a span that called none."""
    found = span.attributes.get(semconv.RESPONSE_MODEL) or span.attributes.get(semconv.REQUEST_MODEL)
    return text_or_none(found or None)


def _span(trace_id: str, row: Sequence[Any], attributes: dict[str, Any], **payload: Any) -> Span:
    usage = row[9:17]
    return Span(
        span_id=row[0],
        trace_id=trace_id,
        parent_id=row[1],
        name=row[2],
        span_type=row[3],
        status=row[4],
        start_time_ns=row[6],
        end_time_ns=row[7],
        outcome=row[5],
        attributes=attributes,
        usage=None if usage.count(None) == len(usage) else Usage(*usage),
        cost=row[17],
        **payload,
    )


def _row(span: Span) -> SpanRow:
    get = span.attributes.get
    found: list[blobs.Blob] = []
    start = integer(span.start_time_ns) or 0
    end = integer(span.end_time_ns)
    usage = span.usage
    span_id = _text(span.span_id)
    first_chunk = real(get(semconv.TIME_TO_FIRST_CHUNK))
    error_type = get(semconv.ERROR_TYPE) or (span.exception.type if span.exception else None)
    values = (
        span_id,
        text_or_none(span.parent_id),
        _text(span.name),
        _text(span.span_type),
        _text(span.status),
        text_or_none(span.outcome),
        start,
        end,
        span_model(span),
        *(_NO_USAGE if usage is None else map(integer, usage_counts(usage))),
        None if span.cost is None else real(span.cost),
        1 if get(semconv.LOCAL_ROOT) else None,
        None if end is None else integer(end - start),
        None if first_chunk is None else first_chunk * 1e3,
        text_or_none(get(semconv.PROVIDER_NAME)),
        text_or_none(get(semconv.INTEGRATION)),
        text_or_none(get(semconv.OPERATION_NAME)),
        text_or_none(error_type),
        integer(get(semconv.HTTP_STATUS_CODE)),
        _finish_reason(get(semconv.FINISH_REASONS)),
    )
    payload = (
        _json(span.inputs, found),
        _json(span.outputs, found),
        _json(dict(span.attributes), found) if span.attributes else None,
        dumps([(e.name, e.time_ns, dict(e.attributes)) for e in span.events]) if span.events else None,
        dumps((span.exception.type, span.exception.message, span.exception.traceback)) if span.exception else None,
    )
    return SpanRow(span_id, values, payload, found)


def _text(value: object) -> str:
    return text_or_none(value) or ""


def _json(value: Any, found: list[blobs.Blob]) -> str | None:
    if value is None:
        return None
    text = dumps(value)
    if len(text) < blobs.SMALLEST:
        return text
    if len(text) > LONGEST:
        return dumps(f"<{len(text):,} characters, too long to be stored>")
    smaller, taken = blobs.externalise(value)
    if not taken:
        return text
    found.extend(taken)
    return dumps(smaller)


def _finish_reason(reasons: Any) -> str | None:
    """Of several choices the one worth finding: the first that did not just stop."""
    if reasons is None or isinstance(reasons, str):
        return text_or_none(reasons)
    if not isinstance(reasons, (list, tuple)) or not reasons:
        return None
    several = cast("Sequence[Any]", reasons)
    return text_or_none(next((r for r in several if r != _ORDINARY), several[0]))


def _rescued(span: Span, error: Exception) -> Span:
    attributes: Any = span.attributes
    note = f"{type(error).__name__}: {error}"
    return Span(
        span_id=span.span_id,
        trace_id=span.trace_id,
        parent_id=span.parent_id,
        name=span.name,
        span_type=span.span_type,
        status=span.status,
        start_time_ns=span.start_time_ns,
        end_time_ns=span.end_time_ns,
        outcome=span.outcome,
        inputs=span.inputs,
        outputs=span.outputs,
        attributes={**(attributes if isinstance(attributes, Mapping) else {}), semconv.STORE_ERROR: note},
        usage=span.usage if isinstance(span.usage, Usage) else None,
        cost=span.cost,
    )
