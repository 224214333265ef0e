"""From a stored trace to a cassette: a run that went wrong somewhere is replayed without calling anything again."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from autolog._model import ExceptionInfo, Span, Trace
from autolog._replay.cassette import (
    Cassette,
    Headers,
    Interaction,
    RecordedError,
    RecordedRequest,
    RecordedResponse,
    SseEvent,
)
from autolog._replay.rebuild_pieces import json_object
from autolog._replay.traced_calls import Gap, TracedCall, traced_calls

__all__ = ["FromTrace", "from_trace"]

_JSON: Final = "application/json"
_STREAM: Final = "text/event-stream"
# Errors of the transport below the clients, by their names in httpx, httpx2 and httpcore.
_TRANSPORT: Final = re.compile(
    r"\b(ConnectError|ConnectTimeout|ReadError|ReadTimeout|WriteError|WriteTimeout|PoolTimeout|CloseError"
    r"|RemoteProtocolError|LocalProtocolError|ProxyError)\b:?[ ]?([^\n]*)"
)
# What a client waits for before it tries again, where the response does not say: nothing, in a replay.
_AT_ONCE: Final = ("retry-after-ms", "1")


@dataclass(frozen=True, slots=True)
class FromTrace:
    """The cassette of a trace. ``gaps`` are the calls that are missing in it, ``notes`` what is different in others.

    ``ignore`` are the paths in request bodies where tracing withholds a secret: a replay has to ignore them.
    ``span_ids`` are the spans of the calls that are in it.
    """

    cassette: Cassette
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]
    ignore: tuple[str, ...]
    span_ids: frozenset[str]


def from_trace(trace: Trace, path: str | Path, *, stand_in_vectors: bool = False) -> FromTrace:
    """Give the HTTP calls of a trace as a cassette for ``path``, which is not written.

    ``stand_in_vectors`` makes up the vectors of embeddings that were not kept. What a stream's texts were cut into is
    not kept in a trace: they are cut anew, into as many events as the program was given.
    """
    found = traced_calls(trace, stand_in_vectors=stand_in_vectors)
    gaps = list(found.gaps)
    interactions: list[Interaction] = []
    for call in found.calls:
        response = _response(call)
        if response is None:
            gaps.append(Gap(call.span, "it was cancelled before a response came"))
            continue
        interactions.append(Interaction(_request(call), response))
    models = dict.fromkeys(model for call in found.calls if (model := _model(call)))
    metadata: dict[str, Any] = {
        "recorded_at": _day(trace),
        "autolog": _version(),
        "from_trace": trace.trace_id,
        "models": list(models),
    }
    cassette = Cassette(Path(path), metadata=metadata).with_interactions(tuple(interactions))
    gone = {gap.span.span_id for gap in gaps}
    there = frozenset(call.span.span_id for call in found.calls) - gone
    return FromTrace(cassette, tuple(gaps), tuple(found.notes), tuple(found.ignore), there)


def _version() -> str:
    from autolog import __version__

    return __version__


def _day(trace: Trace) -> str:
    return datetime.fromtimestamp(trace.start_time_ns / 1e9, UTC).strftime("%Y-%m-%d")


def _model(call: TracedCall) -> str | None:
    from autolog._render.facts import model_of

    return model_of(call.span)


def _request(call: TracedCall) -> RecordedRequest:
    body = _bytes(call.request)
    headers: dict[str, tuple[str, ...]] = {"content-type": (_JSON,)} if body else {}
    return RecordedRequest(call.method, call.url, headers, body)


def _bytes(value: Any) -> bytes:
    if value is None:
        return b""
    return (value if isinstance(value, str) else _compact(value)).encode("utf-8", "replace")


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _response(call: TracedCall) -> RecordedResponse | None:
    """Give the response; ``None`` where there was none, for another reason than the transport."""
    waited = round(min(call.first_ms or call.last_ms, call.last_ms))
    error = _transport_error(call.span)
    if call.status is None:
        return None if error is None else RecordedResponse(0, error=error, after_ms=waited)
    if call.events is None:
        headers = _headers(call)
        return RecordedResponse(call.status, "", headers, _bytes(call.body), after_ms=waited)
    return RecordedResponse(
        call.status,
        "",
        {"content-type": (_STREAM,)},
        events=tuple(_events(call)),
        truncated=call.truncated and error is None,
        error=error if call.truncated else None,
    )


def _headers(call: TracedCall) -> Headers:
    headers: dict[str, tuple[str, ...]] = {}
    if call.body is not None:
        headers["content-type"] = ("text/plain; charset=utf-8" if isinstance(call.body, str) else _JSON,)
    if call.retried:
        headers[_AT_ONCE[0]] = (_AT_ONCE[1],)
    return headers


def _events(call: TracedCall) -> Iterator[SseEvent]:
    """Give the events, spread evenly over the time from the first to the last."""
    events: tuple[Any, ...] = call.events or ()
    between = max(call.last_ms - call.first_ms, 0.0) / max(len(events) - 1, 1)
    before = 0
    for place, data in enumerate(events):
        at = round(call.first_ms + place * between)
        name = json_object(data).get("type")
        text = data if isinstance(data, str) else _compact(data)
        yield SseEvent(at - before, text, name if isinstance(name, str) else None)
        before = at


def _transport_error(span: Span) -> RecordedError | None:
    exception = span.exception
    if span.outcome != "error" or exception is None:
        return None
    found = list(_TRANSPORT.finditer(f"{exception.traceback or ''}\n{exception.type}: {exception.message}"))
    if found:
        return RecordedError(found[-1][1], found[-1][2].strip())
    return _by_client(exception)


def _by_client(exception: ExceptionInfo) -> RecordedError | None:
    """Read what a client made of an error of its transport, where the traceback is not kept."""
    name = exception.type.rpartition(".")[2]
    if "Timeout" in name:
        return RecordedError("ReadTimeout", exception.message)
    return RecordedError("ConnectError", exception.message) if "Connection" in name else None
