"""From a trace to a cassette: replaying it gives the same trace, and what a trace does not hold is said."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from callers import portrait
from cassette import play
from scenarios import Scenario, client_for, find, supported

import autolog
from autolog import Span, Trace, _control, semconv
from autolog._demo import weather
from autolog._model import ExceptionInfo
from autolog._pipeline.keys import address_without_keys
from autolog._replay.format import load, save
from autolog._replay.from_trace import FromTrace, from_trace
from autolog._replay.tape import replay

# What these hold is not in a trace, and what is said of it.
NOT_REPLAYABLE = {
    "speech": "binary",
    "transcription": "an upload",
    "translation": "an upload",
    "files": "an upload",
    "batch": "an upload",
}
# A trace has the number of attempts that failed before one came right, not the attempts.
RETRIED = {"error_rate_limit": {semconv.RETRY_COUNT}}
# Times, and what two runs cannot share.
VOLATILE = {semconv.TIME_TO_FIRST_CHUNK, semconv.TOKENS_PER_SECOND, semconv.REQUEST_ID}


def trace_of(program: Callable[[], Any], within: AbstractContextManager[Any], **options: Any) -> tuple[Trace, Any]:
    """Run a program inside a recording, traced from a fresh start, and give its only trace and its result."""
    autolog.autolog(log_traces=False)
    _control.reset()
    memory = autolog.MemoryExporter()
    autolog.configure(store=None, exporters=[memory], prices=weather.PRICES)
    autolog.openai.autolog(**options)
    with within, autolog.start_span("program"):
        result = program()
    assert autolog.flush()
    autolog.openai.autolog(log_traces=False)
    (trace,) = memory.traces
    return trace, result


def view(trace: Trace, leave_out: set[str] = frozenset()) -> list[dict[str, Any]]:  # type: ignore[assignment]
    """Everything of a trace but its ids and times."""
    return [
        {
            "name": span.name,
            "type": span.span_type,
            "status": span.status,
            "outcome": span.outcome,
            "inputs": span.inputs,
            "outputs": span.outputs,
            "usage": span.usage,
            "cost": span.cost,
            "error": span.exception and (span.exception.type, span.exception.message),
            "attributes": {k: v for k, v in span.attributes.items() if k not in VOLATILE | leave_out},
        }
        for span in trace.spans
    ]


def run(scenario: Scenario) -> Callable[[], Any]:
    def program() -> Any:
        with client_for(scenario) as client:
            return portrait(scenario.run(client))

    return program


def written(trace: Trace, path: Path, **options: Any) -> FromTrace:
    """Make a cassette of a trace that went through JSON, and write it."""
    made = from_trace(Trace.from_json(trace.to_json()), path, **options)
    if made.cassette.interactions:
        save(made.cassette)
    return made


@pytest.mark.parametrize("scenario", supported(), ids=lambda s: s.name)
def test_a_replayed_trace_is_the_trace(scenario: Scenario, tmp_path: Path) -> None:
    before, result = trace_of(run(scenario), play(scenario.cassette), capture_embeddings=True)
    made = written(before, tmp_path / "made.yaml")
    if scenario.name in NOT_REPLAYABLE:
        assert any(NOT_REPLAYABLE[scenario.name] in str(gap) for gap in made.gaps)
        assert all(gap.span.span_id in str(gap) for gap in made.gaps)
        return
    assert made.gaps == ()
    after, replayed = trace_of(run(scenario), replay(made.cassette.path), capture_embeddings=True)
    changed = RETRIED.get(scenario.name, set())
    assert view(after, changed) == view(before, changed)
    assert bool(made.notes) == (scenario.name in RETRIED)
    if all(i.response.events is None for i in made.cassette.interactions):
        assert replayed == result


def demo() -> list[str]:
    said: list[str] = []
    weather.main(said.append)
    return said


def test_the_demo_replays_from_its_own_trace(tmp_path: Path) -> None:
    before, said = trace_of(demo, play("openai/demo"), capture_embeddings=True)
    written(before, tmp_path / "demo.yaml")
    after, again = trace_of(demo, replay(tmp_path / "demo.yaml"), capture_embeddings=True)
    assert again == said
    assert view(after) == view(before)


def test_vectors_that_were_not_kept_are_said_or_made_up(tmp_path: Path) -> None:
    before, said = trace_of(demo, play("openai/demo"))
    made = written(before, tmp_path / "demo.yaml")
    (gap,) = made.gaps
    assert "capture_embeddings=True" in str(gap)
    assert gap.span.span_type == "EMBEDDING"
    assert len(made.cassette.interactions) == 3
    made = written(before, tmp_path / "demo.yaml", stand_in_vectors=True)
    assert made.gaps == ()
    assert "made up" in made.notes[0]
    after, again = trace_of(demo, replay(tmp_path / "demo.yaml"))
    assert again == said
    assert view(after) == view(before)


def test_made_up_vectors_are_the_same_for_the_same_text() -> None:
    def entries(texts: list[str], encoding: str) -> list[Any]:
        inputs = {"model": "m", "input": texts, "encoding_format": encoding}
        data = [{"index": i, "embedding": {"dimensions": 8}} for i in range(len(texts))]
        made = from_trace(_trace(_http(inputs, {"data": data}, path="/v1/embeddings")), "x.yaml", stand_in_vectors=True)
        return [entry["embedding"] for entry in made.cassette.interactions[0].response.json["data"]]

    one, two, again = entries(["a", "b", "a"], "float")
    assert one == again != two
    assert sum(v * v for v in one) == pytest.approx(1, abs=1e-4)
    assert len(one) == 8
    assert all(isinstance(v, str) for v in entries(["a"], "base64"))


def test_content_that_was_not_captured_is_said() -> None:
    trace = _trace(_http(None, None))
    (gap,) = from_trace(trace, "x.yaml").gaps
    assert "AUTOLOG_CAPTURE_CONTENT=true" in str(gap)
    assert trace.spans[0].span_id in str(gap)


def _http(inputs: Any, outputs: Any, *, path: str = "/v1/chat/completions", **members: Any) -> Span:
    attributes = {
        semconv.INTEGRATION: "openai",
        semconv.REQUEST_METHOD: "POST",
        semconv.REQUEST_URL: f"https://api.openai.com{path}",
        semconv.SERVER_ADDRESS: "api.openai.com",
        semconv.HTTP_STATUS_CODE: 200,
        **members.pop("attributes", {}),
    }
    known: dict[str, Any] = {
        "span_id": "a" * 16,
        "trace_id": "b" * 32,
        "parent_id": None,
        "name": "chat m",
        "span_type": "CHAT_MODEL",
        "status": "OK",
        "start_time_ns": 1_700_000_000_000_000_000,
        "end_time_ns": 1_700_000_001_000_000_000,
        "outcome": "completed",
        "inputs": inputs,
        "outputs": outputs,
        "attributes": attributes,
    }
    return Span(**(known | members))


def _trace(*spans: Span) -> Trace:
    return Trace(spans[0].trace_id, spans)


ASKED = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
ANSWER = {"id": "c-1", "object": "chat.completion", "choices": [{"index": 0, "message": {"content": "Ho"}}]}


@pytest.mark.parametrize(
    ("span", "says"),
    [
        (_http(ASKED, {"content_type": "audio/mpeg", "size": 12}), "binary"),
        (_http({"files": [{"field": "file", "size": 3}]}, {"text": "x"}), "an upload"),
        (_http(ASKED, {"data": {"$blob": "0" * 64, "mime_type": "image/png", "size": 4}}), "no longer has the bytes"),
        (_http(ASKED, ANSWER, attributes={semconv.READER_ERROR: "ValueError: x"}), "ValueError: x"),
        (_http({**ASKED, "stream": True}, {"size": 4, "id": "x"}, path="/v1/audio/speech"), "not its events"),
        (
            _http(ASKED, None, status="ERROR", outcome="cancelled", attributes={semconv.HTTP_STATUS_CODE: None}),
            "cancelled",
        ),
        (
            _http(ASKED, ANSWER, attributes={semconv.REQUEST_URL: None, semconv.SERVER_ADDRESS: None}),
            "autolog.autolog()",
        ),
    ],
)
def test_what_cannot_be_replayed_is_said(span: Span, says: str) -> None:
    made = from_trace(_trace(span), "x.yaml")
    (gap,) = made.gaps
    assert says in str(gap)
    assert made.cassette.interactions == ()
    assert made.span_ids == frozenset()


def test_a_model_span_above_an_http_span_is_no_gap() -> None:
    outer = _http(ASKED, ANSWER, attributes={semconv.REQUEST_URL: None, semconv.INTEGRATION: "langchain"})
    inner = _http(ASKED, ANSWER, span_id="c" * 16, parent_id=outer.span_id)
    made = from_trace(_trace(outer, inner), "x.yaml")
    assert made.gaps == ()
    assert made.span_ids == {inner.span_id}


@pytest.mark.parametrize(
    ("exception", "error"),
    [
        (("openai.APITimeoutError", "Request timed out.", None), ("ReadTimeout", "Request timed out.")),
        (
            ("openai.APIConnectionError", "Connection error.", "httpx2.ConnectError: [Errno 111] refused\n\nopenai.X"),
            ("ConnectError", "[Errno 111] refused"),
        ),
    ],
)
def test_a_connection_that_failed_fails_again(
    exception: tuple[str, str, str | None], error: tuple[str, str], tmp_path: Path
) -> None:
    span = _http(
        ASKED,
        None,
        status="ERROR",
        outcome="error",
        attributes={semconv.HTTP_STATUS_CODE: None, semconv.RETRY_COUNT: 1},
        exception=ExceptionInfo(*exception),
    )
    made = written(_trace(span), tmp_path / "x.yaml")
    # The client tried twice.
    for interaction in load(made.cassette.path).interactions:
        assert interaction.response.status == 0
        assert interaction.response.error is not None
        assert (interaction.response.error.type, interaction.response.error.message) == error
    assert len(made.cassette.interactions) == 2


def test_attempts_that_all_failed_are_all_there() -> None:
    error = {"error": {"message": "slow down", "type": "rate_limit", "code": None, "param": None}}
    attributes = {semconv.HTTP_STATUS_CODE: 429, semconv.RETRY_COUNT: 2}
    made = from_trace(_trace(_http(ASKED, error, status="ERROR", outcome="error", attributes=attributes)), "x.yaml")
    assert [i.response.status for i in made.cassette.interactions] == [429, 429, 429]
    assert [i.response.json for i in made.cassette.interactions] == [error] * 3
    assert "retried 2 times" in made.notes[0]


def test_a_secret_that_tracing_hides_is_to_be_ignored() -> None:
    asked = {**ASKED, "tools": [{"type": "mcp", "headers": "[REDACTED]"}], "api_key": "[REDACTED]"}
    made = from_trace(_trace(_http(asked, ANSWER)), "x.yaml")
    assert made.ignore == ("tools[0].headers", "api_key")
    assert "tools[0].headers" in made.notes[0]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("https://api.openai.com/v1/models", "https://api.openai.com/v1/models"),
        ("https://me:pw@gw.test/v1/x?limit=2", "https://gw.test/v1/x?limit=2"),
        ("https://x.test/v1/x?api-key=abc&api-version=2024-10-21", "https://x.test/v1/x?api-key=[REDACTED]&api-version=2024-10-21"),
        ("https://x.test/f?sv=1&sig=abc%2B&X-Amz-Signature=ab", "https://x.test/f?sv=1&sig=[REDACTED]&X-Amz-Signature=[REDACTED]"),
    ],
)  # fmt: skip
def test_addresses_are_kept_without_their_secrets(sent: str, kept: str) -> None:
    assert address_without_keys(sent) == kept


@pytest.fixture
def left_early(tmp_path: Path) -> Iterator[tuple[Trace, Callable[[], Any]]]:
    """A stream of which the program took three chunks."""
    scenario = find("chat_stream")

    def program() -> list[Any]:
        with client_for(scenario) as client:
            (request,) = (json.loads(i.request.body) for i in _interactions(scenario))
            stream = client.chat.completions.create(**request)
            taken = [next(stream) for _ in range(3)]
            stream.close()
            return taken

    trace, _ = trace_of(program, play(scenario.cassette))
    yield trace, program


def _interactions(scenario: Scenario) -> Any:
    from cassette import CASSETTES

    return load(CASSETTES / f"{scenario.cassette}.yaml").interactions


def test_a_stream_that_was_left_early(left_early: tuple[Trace, Callable[[], Any]], tmp_path: Path) -> None:
    before, program = left_early
    made = written(before, tmp_path / "x.yaml")
    (interaction,) = made.cassette.interactions
    assert interaction.response.truncated
    assert interaction.response.events is not None
    assert [e.data for e in interaction.response.events][-1] != "[DONE]"
    assert len(interaction.response.events) == 3
    after, _ = trace_of(program, replay(tmp_path / "x.yaml"))
    assert view(after) == view(before)
    assert after.spans[1].outcome == "abandoned"


def test_events_come_when_they_came(tmp_path: Path) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "one two three"}, "finish_reason": "stop"}
    attributes = {semconv.TIME_TO_FIRST_CHUNK: 0.25, semconv.CHUNK_COUNT: 4}
    span = _http({**ASKED, "stream": True}, {**ANSWER, "choices": [choice]}, attributes=attributes)
    (interaction,) = from_trace(_trace(span), tmp_path / "x.yaml").cassette.interactions
    events = interaction.response.events or ()
    assert len(events) == 5
    assert events[0].after_ms == 250
    assert sum(e.after_ms for e in events) == 1000
    assert events[-1].data == "[DONE]"


def test_a_trace_stays_a_trace_in_the_store(tmp_path: Path) -> None:
    """Large base64 content comes back out of the store as it went in."""
    import base64

    from autolog._store import open_store

    image = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n" + bytes(range(256)) * 40).decode()
    asked = {**ASKED, "messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": image}}]}]}
    with open_store(tmp_path / "autolog.db") as store:
        store.write([_trace(_http(asked, ANSWER))])
        trace = store.get_trace("b" * 32)
    assert trace is not None
    made = written(trace, tmp_path / "x.yaml")
    assert load(made.cassette.path).interactions[0].request.json == asked
    assert list((tmp_path / "blobs").iterdir())


def test_spans_of_other_integrations_do_not_count() -> None:
    tool = replace(_http({"q": 1}, "x"), span_type="TOOL", attributes={}, span_id="d" * 16)
    assert from_trace(_trace(tool), "x.yaml").gaps == ()
