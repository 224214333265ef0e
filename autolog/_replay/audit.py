"""The audit: what was traced against what went over the wire, call by call and field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, cast
from urllib.parse import urlsplit

from autolog import semconv
from autolog._model import Span, Trace, Usage
from autolog._render.numbers import usage_words
from autolog._replay.hosts import Hosts
from autolog._replay.reply import Reply, read_reply

if TYPE_CHECKING:
    from autolog._replay.tape import Call, Tape

__all__ = ["HasTraces", "audit"]

# The user agent of every client of the openai library, of subclasses of it too: "OpenAI/Python 3.54.0".
_TRACED_CLIENT: Final = re.compile(r"OpenAI/Python\b")
# What has usage and a model of its own; the answers of other paths show what another call has used.
_MODEL_PATH: Final = re.compile(r"/(chat/completions|completions|responses|embeddings)$")
_PLAYED_IN_PART: Final = frozenset({"cancelled", "abandoned"})


class HasTraces(Protocol):
    """What the ``traces`` of a test is."""

    @property
    def everything(self) -> list[Trace]:
        """All traces of the test."""
        ...


@dataclass(slots=True)
class _Traced:
    """A span that speaks of an HTTP call, and the plays that are its own: one, or one a retry."""

    span: Span
    plays: list[Call] = field(default_factory=list["Call"])

    @property
    def room(self) -> int:
        return 1 + int(self.span.attributes.get(semconv.RETRY_COUNT) or 0) - len(self.plays)


def audit(tape: Tape, traces: HasTraces | Trace | Iterable[Trace], *, allowed_hosts: Iterable[str] = ()) -> list[str]:
    """Compare the spans with the calls of a tape; give a line for each thing that is not equal, none if all is well.

    Every call of a traced client must have one span, and every such span its calls: a span without one went past the
    cassette, unless its host is one of ``allowed_hosts`` (as ``allow_hosts`` of ``replay``). Compared are the model, every token
    count, the finish reasons and the status, each with what the response holds.
    """
    allowed = Hosts(allowed_hosts)
    traced = [_Traced(span) for span in _wire_spans(_traces_of(traces))]
    alone = _assign(list(tape.calls), traced)
    lines: list[str] = []
    for one in traced:
        if one.plays:
            lines += _differences(one.span, one.plays[-1], retries=len(one.plays) - 1)
        # Without an HTTP status nothing answered: a web socket, or a connection that was refused.
        elif semconv.HTTP_STATUS_CODE in one.span.attributes and not _is_allowed(one.span, allowed):
            lines.append(_went_past(one.span, played=len(tape.calls), traced=len(traced)))
    lines += [
        f"{_request_line(call)}: was {_verb(call)}, and there is no span of it"
        for call in alone
        if call.response is not None and _TRACED_CLIENT.search(call.request.header("user-agent") or "")
    ]
    return lines


def _traces_of(traces: HasTraces | Trace | Iterable[Trace]) -> Iterable[Trace]:
    if isinstance(traces, Trace):
        return [traces]
    found = getattr(traces, "everything", traces)
    return cast("Iterable[Trace]", found)


def _wire_spans(traces: Iterable[Trace]) -> list[Span]:
    """The innermost spans of an integration that name a server, which only those of HTTP calls do."""
    spans = [span for trace in traces for span in trace.spans]
    found = [s for s in spans if semconv.INTEGRATION in s.attributes and semconv.SERVER_ADDRESS in s.attributes]
    parents = {s.parent_id for s in found}
    return sorted((s for s in found if s.span_id not in parents), key=lambda span: span.start_time_ns)


def _assign(calls: Sequence[Call], traced: list[_Traced]) -> list[Call]:
    """Give every call to its span, and return those that have none.

    By the response's id first, which keeps equal requests apart; then by what was sent, in order of start; at last,
    where what was sent cannot be compared, by the kind of call.
    """
    waiting: list[Call] = []
    for call in calls:
        identifier = _response_id(call)
        same = [
            one
            for one in traced
            if identifier is not None
            and not one.plays
            and one.span.attributes.get(semconv.RESPONSE_ID) == identifier
            and _sent_alike(call, one.span)
        ]
        if same:
            same[0].plays.append(call)
        else:
            waiting.append(call)
    for alike in (_sent_alike, _of_a_kind):
        rest: list[Call] = []
        for call in waiting:
            owner = next((one for one in traced if one.room > 0 and alike(call, one.span)), None)
            if owner is None:
                rest.append(call)
                continue
            # An attempt that failed comes before the one whose response gave the span its id.
            owner.plays.insert(0 if owner.plays and _response_id(owner.plays[-1]) else len(owner.plays), call)
        waiting = rest
    return waiting


def _response_id(call: Call) -> str | None:
    reply = None if call.response is None else read_reply(call.response)
    return reply.response_id if reply is not None else None


def _same_host(call: Call, span: Span) -> bool:
    return urlsplit(call.request.uri).hostname == span.attributes.get(semconv.SERVER_ADDRESS)


def _sent_alike(call: Call, span: Span) -> bool:
    """Whether the span holds exactly what the call sent."""
    sent = call.request.json
    return sent is not None and _same_host(call, span) and bool(sent == span.inputs)


def _of_a_kind(call: Call, span: Span) -> bool:
    """Whether a call of which no content is left to compare may be the span's: files, GETs, secrets taken out."""
    if not _same_host(call, span):
        return False
    operation, known = _operation(call), span.attributes.get(semconv.OPERATION_NAME)
    if operation is not None and operation != known:
        return False
    if operation is None and known in _OPERATIONS.values():
        return False
    sent, held = call.request.json, span.inputs
    if not isinstance(sent, dict) or not isinstance(held, dict):
        return True
    one, other = cast("dict[str, Any]", sent), cast("dict[str, Any]", held)
    return one.keys() == other.keys() and one.get("model") == other.get("model")


_OPERATIONS: Final = {
    "/chat/completions": "chat",
    "/responses": "chat",
    "/completions": "text_completion",
    "/embeddings": "embeddings",
}


def _operation(call: Call) -> str | None:
    found = _MODEL_PATH.search(call.request.path)
    return _OPERATIONS["/" + found[1]] if found is not None and call.request.method == "POST" else None


def _differences(span: Span, call: Call, *, retries: int) -> Iterator[str]:
    place = f"{_request_line(call)}: span {span.name!r}"
    recorded = int(span.attributes.get(semconv.RETRY_COUNT) or 0)
    if recorded != retries:
        yield f"{place} has {recorded} retries, and the client made {retries}"
    response = call.response
    if response is None or not response.status:
        return
    failed = response.status >= 400
    if failed and span.status != "ERROR":
        yield f"{place} has the status {span.status}, and the response was {response.status}"
    status = span.attributes.get(semconv.HTTP_STATUS_CODE)
    if status is not None and status != response.status:
        yield f"{place} has the HTTP status {status}, and the response was {response.status}"
    if failed or not _MODEL_PATH.search(call.request.path) or call.request.method != "POST":
        return
    reply = read_reply(response)
    if reply is None or call.fault is not None:
        return
    if reply.failed and span.status != "ERROR" and span.outcome == "completed":
        yield f"{place} has the status {span.status}, and the response holds an error"
    yield from _field_differences(place, span, reply)


def _field_differences(place: str, span: Span, reply: Reply) -> Iterator[str]:
    model = span.attributes.get(semconv.RESPONSE_MODEL)
    if reply.model != model and not (model is None and span.outcome in _PLAYED_IN_PART):
        yield f"{place} has the model {model!r}, and the response says {reply.model!r}"
    # Of a stream that its reader left, the span has what was read, and the recording what came.
    if span.outcome in _PLAYED_IN_PART or not reply.complete or (reply.failed and span.outcome != "completed"):
        return
    reasons = tuple(str(reason) for reason in span.attributes.get(semconv.FINISH_REASONS) or ())
    if reasons != reply.finish_reasons:
        yield f"{place} has the finish reasons {list(reasons)}, and the response says {list(reply.finish_reasons)}"
    said, recorded = _counts(span.usage), _counts(reply.usage)
    for name in sorted(said.keys() | recorded.keys()):
        if said.get(name) != recorded.get(name):
            yield (
                f"{place} has {name} {said.get(name)}, and the response says {recorded.get(name)}"
                f" (in all: {usage_words(reply.usage or Usage()) or 'no tokens'})"
            )


def _counts(usage: Usage | None) -> dict[str, int]:
    return usage.to_dict() if usage else {}


def _went_past(span: Span, *, played: int, traced: int) -> str:
    where = span.attributes.get(semconv.SERVER_ADDRESS)
    calls = "1 call was" if traced == 1 else f"{traced} calls were"
    return (
        f"span {span.name!r} to {where} ({_first_words(span.inputs)}) went past the cassette: "
        f"{calls} traced, {played} went through it"
    )


def _is_allowed(span: Span, allowed: Hosts) -> bool:
    host, port = span.attributes.get(semconv.SERVER_ADDRESS), span.attributes.get(semconv.SERVER_PORT)
    return allowed.allows(str(host or ""), port if isinstance(port, int) else None)


def _verb(call: Call) -> str:
    return "called live" if call.live else "played"


def _request_line(call: Call) -> str:
    index = "" if call.interaction_index is None else f"interaction #{call.interaction_index + 1}, "
    return f"{index}{call.request.method} {call.request.path}"


def _first_words(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "..."
