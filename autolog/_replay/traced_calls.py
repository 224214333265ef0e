"""The HTTP calls of a stored trace: what went over the wire, rebuilt from what its spans hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast
from urllib.parse import urlsplit

from autolog import semconv
from autolog._model import Span, SpanType, Trace
from autolog._replay.made_vectors import has_no_vectors, with_vectors
from autolog._replay.rebuild_chat import chat_chunks, completion_chunks
from autolog._replay.rebuild_pieces import Json, json_list, json_object
from autolog._replay.rebuild_responses import response_events

__all__ = ["Found", "Gap", "TracedCall", "traced_calls"]

DONE: Final = "[DONE]"

_HIDDEN: Final = "[REDACTED]"
_MODEL_SPANS: Final = frozenset({SpanType.CHAT_MODEL, SpanType.LLM, SpanType.EMBEDDING})
_RETRIED: Final = frozenset({408, 409, 429})
_STREAM: Final = semconv.REQUEST_PREFIX + "stream"


@dataclass(frozen=True, slots=True)
class TracedCall:
    """One request and its response. ``events`` are the data of a stream's events, else ``body`` is the whole body.

    ``url`` is whole; ``first_ms`` and ``last_ms`` say when the first and the last event came after the request.
    ``truncated`` says that the stream was not seen to its end, ``retried`` that the client tried the call again. Without
    a ``status`` there was no response.
    """

    span: Span
    method: str
    url: str
    request: Any
    status: int | None
    body: Any = None
    events: tuple[Any, ...] | None = None
    first_ms: float = 0.0
    last_ms: float = 0.0
    truncated: bool = False
    retried: bool = False


@dataclass(frozen=True, slots=True)
class Gap:
    """A call that cannot be replayed, and why, with the setting that would have kept it."""

    span: Span
    why: str

    def __str__(self) -> str:
        return f"{self.span.name} (span {self.span.span_id}): {self.why}"


@dataclass(slots=True)
class Found:
    """What a trace gives: its calls in order, the calls that are missing, and what to know of the others.

    ``ignore`` are the paths in request bodies whose values tracing withholds.
    """

    calls: list[TracedCall] = field(default_factory=list[TracedCall])
    gaps: list[Gap] = field(default_factory=list[Gap])
    notes: list[str] = field(default_factory=list[str])
    ignore: list[str] = field(default_factory=list[str])


def traced_calls(trace: Trace, *, stand_in_vectors: bool = False) -> Found:
    """Give the HTTP calls of a trace in order of their start.

    ``stand_in_vectors`` makes up vectors, the same for the same text, where those of embeddings were not kept.
    """
    found = Found()
    over_http = {span.span_id for span in trace.spans if _is_http(span)}
    above = _above(trace, over_http)
    for span in trace.spans:
        if span.span_id in over_http:
            _take(span, found, stand_in_vectors=stand_in_vectors)
        elif span.span_type in _MODEL_SPANS and span.span_id not in above and not _was_not_sent(span):
            found.gaps.append(Gap(span, _no_http(span)))
    return found


def _is_http(span: Span) -> bool:
    return bool(span.attributes.get(semconv.REQUEST_URL))


def _was_not_sent(span: Span) -> bool:
    """Whether a client that is traced itself failed before it sent anything: that happens again by itself."""
    return span.status == "ERROR" and bool(span.attributes.get(semconv.REQUEST_METHOD))


def _above(trace: Trace, ids: set[str]) -> set[str]:
    """Give the ids of the spans that have one of these below them."""
    by_id = {span.span_id: span for span in trace.spans}
    found: set[str] = set()
    for span_id in ids:
        parent = by_id.get(by_id[span_id].parent_id or "")
        while parent is not None and parent.span_id not in found:
            found.add(parent.span_id)
            parent = by_id.get(parent.parent_id or "")
    return found


def _no_http(span: Span) -> str:
    integration = span.attributes.get(semconv.INTEGRATION)
    if integration and span.attributes.get(semconv.SERVER_ADDRESS):
        return "it is a session over WebSockets, or was traced by a version that did not keep addresses"
    by = f" {integration}" if integration else ""
    return (
        f"the trace holds what{by} was given and gave, not the HTTP call below: trace the client too, "
        "as autolog.autolog() does"
    )


def _take(span: Span, found: Found, *, stand_in_vectors: bool) -> None:
    why = _missing(span)
    made_up: Any = None
    if why is None and has_no_vectors(span.outputs):
        if stand_in_vectors:
            made_up = with_vectors(span)
            found.notes.append(f"{span.name} (span {span.span_id}): its vectors are made up")
        else:
            why = (
                "its vectors were not kept: trace with autolog.openai.autolog(capture_embeddings=True), "
                "or have vectors made up with --stand-in-vectors"
            )
    if why is not None:
        found.gaps.append(Gap(span, why))
        return
    call = _call(replace(span, outputs=made_up) if made_up is not None else span)
    if isinstance(call, str):
        found.gaps.append(Gap(span, call))
        return
    _note_hidden(call, found)
    found.calls += _with_retries(call, found)


def _missing(span: Span) -> str | None:
    """Say what of a call was not kept, if anything."""
    attributes, outputs = span.attributes, span.outputs
    failed_reading = attributes.get(semconv.READER_ERROR) or attributes.get(semconv.PROCESSOR_ERROR)
    if failed_reading:
        return f"it could not be read whole when it was traced ({failed_reading})"
    status = attributes.get(semconv.HTTP_STATUS_CODE)
    if span.inputs is None and outputs is None and status != 204:
        return "its content was not kept: trace with AUTOLOG_CAPTURE_CONTENT=true"
    if outputs is None and span.status != "ERROR" and status not in (204, None):
        return "its response was not kept: trace with AUTOLOG_CAPTURE_CONTENT=true"
    files = json_list(json_object(span.inputs).get("files"))
    if any("field" in json_object(file) for file in files):
        return (
            "it is an upload, of which tracing keeps names and sizes, not the bytes: record this one with --llm-record"
        )
    if isinstance(outputs, dict) and "size" in outputs and outputs.keys() <= {"size", "content_type", "usage"}:
        return (
            "its response is binary, of which tracing keeps type and size, not the bytes: record it with --llm-record"
        )
    if any("$blob" in value for value in _objects(span.inputs)) or any("$blob" in v for v in _objects(outputs)):
        return "the store no longer has the bytes of an image, a sound or a file in it"
    return None


def _objects(value: Any) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        for member in value.values():  # pyright: ignore[reportUnknownVariableType]
            yield from _objects(member)
    elif isinstance(value, list):
        for member in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _objects(member)


def _call(span: Span) -> TracedCall | str:
    attributes = span.attributes
    status = attributes.get(semconv.HTTP_STATUS_CODE)
    call = TracedCall(
        span,
        method=str(attributes.get(semconv.REQUEST_METHOD) or "POST"),
        url=str(attributes[semconv.REQUEST_URL]),
        request=span.inputs,
        status=status if isinstance(status, int) else None,
        body=span.outputs,
        last_ms=span.duration_ms or 0.0,
    )
    asked = attributes.get(_STREAM) is True or json_object(span.inputs).get("stream") is True
    if not asked or call.status is None or call.status >= 300:
        return call
    return _streamed(call)


def _streamed(call: TracedCall) -> TracedCall | str:
    span = call.span
    path = urlsplit(call.url).path.rstrip("/")
    count = span.attributes.get(semconv.CHUNK_COUNT)
    count = count if isinstance(count, int) else None
    response = json_object(span.outputs)
    # The error of a response that failed is part of its last event, which no client raises.
    raised = span.outcome == "error" and bool(response.get("error")) and response.get("status") != "failed"
    options = json_object(json_object(span.inputs).get("stream_options"))
    events: list[Any]
    outputs: Any = span.outputs
    if isinstance(outputs, list):
        events = [*json_list(cast("Any", outputs))]
    elif path.endswith("/completions"):
        chunks = chat_chunks if path.endswith("/chat/completions") else completion_chunks
        # What the client raised is an event that it did not count.
        count = count if count is None else count + raised
        events = [*chunks(response, count=count, usage_apart=options.get("include_usage") is True)]
    elif "/responses" in path:
        events = [*response_events(response, count=count if count is None else count + raised, raised=raised)]
    else:
        return f"of a stream of {path} tracing keeps what came of it, not its events: record it with --llm-record"
    truncated = span.outcome in ("abandoned", "cancelled") or (span.outcome == "error" and not response.get("error"))
    if not truncated and not response.get("error") and path.endswith("/completions"):
        events.append(DONE)
    first = span.attributes.get(semconv.TIME_TO_FIRST_CHUNK)
    first_ms = first * 1000 if isinstance(first, (int, float)) else call.last_ms
    return replace(call, body=None, events=tuple(events), first_ms=first_ms, truncated=truncated)


def _with_retries(call: TracedCall, found: Found) -> list[TracedCall]:
    """Give the call once for each attempt where all failed alike; of one that came right in the end, the last."""
    retries = call.span.attributes.get(semconv.RETRY_COUNT)
    if not isinstance(retries, int) or retries < 1:
        return [call]
    times = "once" if retries == 1 else f"{retries} times"
    if call.status is None or call.status in _RETRIED or call.status >= 500:
        found.notes.append(
            f"{call.span.name} (span {call.span.span_id}): was retried {times}; each attempt fails alike"
        )
        return [replace(call, retried=True)] * (retries + 1)
    found.notes.append(
        f"{call.span.name} (span {call.span.span_id}): was retried {times}; of attempts that failed a trace keeps "
        "their number, so the cassette has the last one alone"
    )
    return [call]


def _note_hidden(call: TracedCall, found: Found) -> None:
    hidden = list(_hidden_in(call.request, ""))
    found.ignore += [path for path in hidden if path not in found.ignore]
    where = [*hidden, *(["its address"] if _HIDDEN in call.url else [])]
    if where:
        found.notes.append(
            f"{call.span.name} (span {call.span.span_id}): a secret in {', '.join(where)} is not kept, so the request "
            "matches only where that is ignored"
        )


def _hidden_in(value: Any, path: str) -> Iterator[str]:
    if value == _HIDDEN:
        yield path
    elif isinstance(value, dict):
        for key, member in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from _hidden_in(member, f"{path}.{key}" if path else str(key))  # pyright: ignore
    elif isinstance(value, list):
        for place, member in enumerate(value):  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]
            yield from _hidden_in(member, f"{path}[{place}]")
