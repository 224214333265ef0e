"""The audit: every field that it compares, told where it is not equal; and what is no difference."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from autolog import semconv
from autolog._model import ExceptionInfo, Span, Trace, Usage
from autolog._replay.audit import audit
from autolog._replay.cassette import RecordedError, RecordedRequest, RecordedResponse, SseEvent
from autolog._replay.tape import Call

URI = "https://api.test/v1/chat/completions"
SENT = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
BODY = {
    "id": "chatcmpl-1",
    "model": "m-1",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ho"}}],
    "usage": {
        "prompt_tokens": 10,
        "completion_tokens": 5,
        "total_tokens": 15,
        "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1, "audio_tokens": 2},
        "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 1},
    },
}
USAGE = Usage(10, 5, 15, 4, 1, 3, 2, 1)


@dataclass
class FakeTape:
    """As much of a tape as an audit looks at."""

    calls: list[Call] = field(default_factory=list)


def call(
    body: Any = BODY,
    *,
    status: int = 200,
    sent: Any = SENT,
    uri: str = URI,
    agent: str = "OpenAI/Python 3.0.0",
    **more: Any,
) -> Call:
    request = RecordedRequest("POST", uri, {"User-Agent": (agent,)}, json.dumps(sent).encode())
    response = RecordedResponse(status, body=json.dumps(body).encode())
    return Call(request, **{"response": response, "interaction_index": 0} | more)


def span(number: int = 1, **changes: Any) -> Span:
    attributes = {
        semconv.INTEGRATION: "openai",
        semconv.SERVER_ADDRESS: "api.test",
        semconv.OPERATION_NAME: "chat",
        semconv.HTTP_STATUS_CODE: 200,
        semconv.RESPONSE_MODEL: "m-1",
        semconv.RESPONSE_ID: "chatcmpl-1",
        semconv.FINISH_REASONS: ["stop"],
        **changes.pop("attributes", {}),
    }
    plain = Span(
        span_id=format(number, "016x"),
        trace_id=format(1, "032x"),
        parent_id=None,
        name="chat m",
        span_type="CHAT_MODEL",
        status="OK",
        outcome="completed",
        start_time_ns=number,
        end_time_ns=number + 1,
        inputs=SENT,
        attributes={k: v for k, v in attributes.items() if v is not None},
        usage=USAGE,
    )
    return replace(plain, **changes)


def audited(calls: list[Call], *spans: Span, **options: Any) -> list[str]:
    return audit(FakeTape(calls), [Trace("1", spans)], **options)  # type: ignore[arg-type]


STREAM = [
    {"id": "", "model": "", "choices": []},
    {"id": "chatcmpl-1", "model": "m-1", "choices": [{"index": 0, "delta": {"content": "h"}, "finish_reason": None}]},
    {"id": "chatcmpl-1", "model": "m-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    {"id": "chatcmpl-1", "model": "m-1", "choices": [], "usage": BODY["usage"]},
]
EVENTS = tuple(SseEvent(0, data) for data in [*map(json.dumps, STREAM), "[DONE]"])
PLAIN_STREAM = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in STREAM).encode() + b"data: [DONE]\n\n"
RESPONSE = {
    "id": "chatcmpl-1",
    "model": "m-1",
    "status": "incomplete",
    "incomplete_details": {"reason": "stop"},
    "usage": {
        "input_tokens": 10,
        "output_tokens": 5,
        "total_tokens": 15,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 1},
        "output_tokens_details": {"reasoning_tokens": 3},
    },
}
RESPONSE_STREAM = (
    SseEvent(0, json.dumps({"type": "response.created", "response": {"id": "chatcmpl-1", "model": "old"}})),
    SseEvent(0, json.dumps({"type": "response.incomplete", "response": RESPONSE})),
)


@pytest.mark.parametrize(
    ("response", "usage"),
    [
        (RecordedResponse(body=json.dumps(BODY).encode()), USAGE),
        (RecordedResponse(events=EVENTS), USAGE),
        (RecordedResponse(body=PLAIN_STREAM), USAGE),
        (RecordedResponse(body=json.dumps(RESPONSE).encode()), Usage(10, 5, 15, 4, 1, 3)),
        (RecordedResponse(events=RESPONSE_STREAM), Usage(10, 5, 15, 4, 1, 3)),
    ],
    ids=["chat", "stream", "stream of vcrpy", "response", "response stream"],
)
def test_a_span_that_says_what_the_wire_says_is_right(response: RecordedResponse, usage: Usage) -> None:
    assert audited([call(response=response)], span(usage=usage)) == []
    wrong = replace(usage, output_tokens=6)
    (line,) = audited([call(response=response)], span(usage=wrong))
    assert "has output_tokens 6, and the response says 5 (in all: 10 in" in line


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"attributes": {semconv.RESPONSE_MODEL: "m-2"}}, "has the model 'm-2', and the response says 'm-1'"),
        ({"attributes": {semconv.RESPONSE_MODEL: None}}, "has the model None"),
        ({"attributes": {semconv.FINISH_REASONS: ["length"]}}, "has the finish reasons ['length'], and the response"),
        ({"attributes": {semconv.HTTP_STATUS_CODE: 201}}, "has the HTTP status 201, and the response was 200"),
        ({"attributes": {semconv.RETRY_COUNT: 1}}, "has 1 retries, and the client made 0"),
        ({"usage": replace(USAGE, input_tokens=None)}, "has input_tokens None, and the response says 10"),
        ({"usage": replace(USAGE, total_tokens=14)}, "has total_tokens 14"),
        ({"usage": replace(USAGE, cached_input_tokens=0)}, "has cached_input_tokens 0"),
        ({"usage": replace(USAGE, cache_creation_tokens=9)}, "has cache_creation_tokens 9"),
        ({"usage": replace(USAGE, reasoning_tokens=9)}, "has reasoning_tokens 9"),
        ({"usage": replace(USAGE, audio_input_tokens=9)}, "has audio_input_tokens 9"),
        ({"usage": replace(USAGE, audio_output_tokens=9)}, "has audio_output_tokens 9"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_field_is_compared(changes: Any, says: str) -> None:
    (line,) = audited([call()], span(**changes))
    assert line.startswith("interaction #1, POST /v1/chat/completions: span 'chat m' ")
    assert says in line


def test_usage_that_the_wire_does_not_have_is_made_up() -> None:
    (line, *_) = audited([call({**BODY, "usage": None})], span())
    assert "and the response says None (in all: no tokens)" in line


def test_an_error_is_an_error_in_both() -> None:
    failed = {
        "status": "ERROR",
        "outcome": "error",
        "usage": None,
        "exception": ExceptionInfo("openai.RateLimitError", "429"),
        "attributes": {semconv.HTTP_STATUS_CODE: 429, semconv.RESPONSE_MODEL: None, semconv.RESPONSE_ID: None},
    }
    limited = call({"error": {"message": "slow down"}}, status=429)
    assert audited([limited], span(**failed)) == []
    (line,) = audited([limited], span(**failed | {"status": "OK"}))
    assert "has the status OK, and the response was 429" in line
    (line,) = audited([call({**BODY, "error": {"message": "no"}})], span())
    assert "has the status OK, and the response holds an error" in line


def test_a_call_that_went_past_the_cassette_is_named() -> None:
    other = {**SENT, "messages": [{"role": "user", "content": "elsewhere"}]}
    past = span(2, inputs=other, attributes={semconv.RESPONSE_ID: "chatcmpl-2"})
    (line,) = audited([call()], span(), past)
    assert "span 'chat m' to api.test" in line
    assert "elsewhere" in line
    assert "went past the cassette: 2 calls were traced, 1 went through it" in line
    assert audited([call()], span(), past, allowed_hosts=[r"^api\.test$"]) == []
    (line,) = audited([call()], span(), past, allowed_hosts=["other"])
    assert "went past" in line


def test_a_played_call_without_a_span_is_named() -> None:
    (line,) = audited([call(agent="AsyncOpenAI/Python 3.0.0")])
    assert line == "interaction #1, POST /v1/chat/completions: was played, and there is no span of it"


@pytest.mark.parametrize(
    ("calls", "spans"),
    [
        ([call(agent="python-requests/2.32")], []),
        ([call(agent="Anthropic/Python 1.0")], []),
        ([], [span(attributes={semconv.HTTP_STATUS_CODE: None})]),
        ([], [span(attributes={semconv.SERVER_ADDRESS: None})]),
        ([], [span(attributes={semconv.INTEGRATION: None})]),
        ([call(response=None)], []),
    ],
    ids=["requests", "a client nobody traces", "a web socket", "a fake model", "a span of the program", "no answer"],
)
def test_what_nobody_can_compare_is_no_difference(calls: list[Call], spans: list[Span]) -> None:
    assert audited(calls, *spans) == []


def test_only_the_innermost_span_is_compared() -> None:
    outer = span(1, attributes={semconv.RESPONSE_MODEL: "alias"}, usage=None)
    assert audited([call()], outer, span(2, parent_id=outer.span_id)) == []


def test_a_span_owns_the_calls_of_its_retries() -> None:
    limited = call({"error": {}}, status=429)
    retried = span(attributes={semconv.RETRY_COUNT: 1})
    assert audited([limited, call()], retried) == []
    (line,) = audited([call()], retried)
    assert "has 1 retries, and the client made 0" in line
    (line,) = audited([limited, call()], span())
    assert "was played, and there is no span of it" in line


def test_equal_requests_are_told_apart_by_their_answers() -> None:
    def answer(number: int) -> tuple[dict[str, Any], Usage]:
        counts = {"prompt_tokens": 10, "completion_tokens": number, "total_tokens": 10 + number}
        return {**BODY, "id": f"id-{number}", "usage": counts}, Usage(10, number, 10 + number)

    calls = [call(answer(number)[0]) for number in (1, 2, 3)]
    spans = [
        span(place, usage=answer(number)[1], attributes={semconv.RESPONSE_ID: f"id-{number}"})
        for place, number in enumerate((3, 1, 2), 1)
    ]
    assert audited(calls, *spans) == []
    assert len(audited(calls, *spans[:2])) == 1


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({"outcome": "abandoned"}, {}),
        ({"outcome": "cancelled"}, {}),
        ({}, {"truncated": True}),
        ({}, {"error": RecordedError("ReadTimeout", "")}),
    ],
    ids=["abandoned", "cancelled", "recorded in part", "recorded with an error"],
)
def test_of_a_stream_that_was_left_the_end_is_not_compared(changes: Any, more: Any) -> None:
    left = span(usage=None, attributes={semconv.FINISH_REASONS: None}, **changes)
    assert audited([call(response=RecordedResponse(events=EVENTS, **more))], left) == []


def test_files_and_gets_are_compared_by_their_kind() -> None:
    upload = call({"text": "hello"}, uri="https://api.test/v1/audio/transcriptions")
    upload = replace(upload, request=replace(upload.request, body=b"--boundary"))
    other = {semconv.OPERATION_NAME: "generate_content", semconv.RESPONSE_ID: None}
    assert audited([upload], span(inputs={"model": "whisper-1"}, attributes=other)) == []
    assert len(audited([upload], span())) == 2


def test_a_trace_and_a_list_of_them_are_audited_too() -> None:
    tape: Any = FakeTape([call()])
    trace = Trace("1", (span(usage=None),))
    assert audit(tape, trace) == audit(tape, [trace]) != []
