"""What of a span is kept: processors, ``capture_content`` and sampling."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import openai
import pydantic
import pytest
from call_styles import TOOL, M
from callers import Caller, instant_client, then
from fake_replies import ANSWER
from scenario_kit import drain

import autolog
from autolog import semconv

CHAT = {"model": "m", "messages": M}


def change(span: autolog.Span) -> autolog.Span:
    return replace(span, name=f"changed {span.name}", inputs="***")


def drop_models(span: autolog.Span) -> autolog.Span | None:
    return None if span.span_type == "CHAT_MODEL" else span


def fail(span: autolog.Span) -> autolog.Span:
    raise ValueError(f"cannot redact {span.inputs}")


def test_processors_change_and_drop(traced: Any) -> None:
    autolog.configure(processors=[drop_models, change])
    with autolog.start_span("mine") as span:
        span.set_inputs("secret")
        instant_client().chat.completions.create(**CHAT)
    assert [(span.name, span.inputs) for span in traced.spans] == [("changed mine", "***")]


@pytest.mark.parametrize("processor", [fail, lambda _: "no span"], ids=["raises", "gives something else"])
def test_a_processor_that_fails_costs_the_content(processor: Any, traced: Any, quiet_failures: Any) -> None:
    autolog.configure(processors=[processor, change])
    with autolog.start_span("mine") as root:
        root.set_inputs("secret words")
        root.add_event("seen", {"said": "secret words"})
        instant_client().chat.completions.create(model="m", messages=[{"role": "user", "content": "secret words"}])
    (trace,) = traced.all
    assert [span.name for span in trace.spans] == ["mine", "chat m"]
    assert trace.usage.total_tokens == 14
    assert "secret words" not in trace.to_json()
    assert ANSWER not in trace.to_json()
    assert all(span.attributes[semconv.PROCESSOR_ERROR] for span in trace.spans)
    assert len(quiet_failures()) == 2


CALLS: dict[str, Callable[[Any], Any]] = {
    "chat": lambda c: c.chat.completions.create(
        model="m",
        messages=[{"role": "system", "content": "said-1"}, {"role": "user", "content": "said-2"}],
        tools=[SAID],
    ),
    "answer": lambda c: c.chat.completions.create(model="m", messages=[{"role": "user", "content": "said-3"}]),
    "stream": lambda c: then(c.chat.completions.create(**CHAT, stream=True), drain),
    "responses": lambda c: c.responses.create(model="m", input="said-4", instructions="said-5"),
    "embeddings": lambda c: c.embeddings.create(model="e", input="said-6", encoding_format="float"),
    "speech": lambda c: c.audio.speech.create(model="t", voice="alloy", input="said-7"),
    "transcription": lambda c: c.audio.transcriptions.create(model="w", file=("said-8.wav", b"x"), prompt="said-9"),
    "image": lambda c: c.images.generate(model="i", prompt="said-10"),
    "search": lambda c: drain(c.vector_stores.search("vs_1", query="said-11")),
    "error": lambda c: c.chat.completions.create(model="err400", messages=[{"role": "user", "content": "said-12"}]),
    "own": lambda c: then(c.post("/echo", cast_to=object, body={"x": "said-13"}), lambda _: None),
}
SAID = {"type": "function", "function": {**TOOL["function"], "name": "look_up", "description": "said-14"}}


@pytest.mark.parametrize("captured", [True, False])
@pytest.mark.parametrize("name", CALLS)
def test_without_content_everything_but_the_words_is_kept(
    name: str, captured: bool, caller: Caller, traced: Any
) -> None:
    autolog.configure(capture_content=captured)
    client = caller.client()
    with autolog.start_span("mine", attributes={"k": "v"}) as root:
        root.set_inputs("said-15")
        root.set_outputs("said-16")
        root.add_event("happened", {"what": "said-17"})
        caller.outcome(CALLS[name], client)
    (trace,) = traced.all
    text = trace.to_json()
    mine, call = trace.spans
    words = [word for word in ("said-", ANSWER, "dHJ1ZQ", "hello", "a word", "0.125") if word in text]
    if captured:
        assert "said-" in words
        return
    assert words == []
    assert (mine.attributes["k"], mine.events[0].name) == ("v", "happened")
    assert call.duration_ms is not None
    assert call.attributes[semconv.INTEGRATION] == "openai"
    if name in ("chat", "answer", "responses"):
        assert (call.name, call.usage.total_tokens) == ("chat m", 17 if name == "responses" else 14)
        assert call.attributes[semconv.RESPONSE_MODEL] == "m-2024"
    if name in ("chat", "answer", "stream"):
        assert call.attributes[semconv.FINISH_REASONS] == ["tool_calls" if name == "chat" else "stop"]
    if name == "error":
        assert (call.status, call.exception.type) == ("ERROR", "openai.BadRequestError")


def test_sampling_keeps_or_drops_whole_traces(traces: Any) -> None:
    autolog.configure(sample_rate=0.5)
    for _ in range(400):
        with autolog.start_span("root"), autolog.start_span("child"):
            pass
    kept = traces.all
    assert 120 < len(kept) < 280
    assert all(len(trace.spans) == 2 for trace in kept)
    autolog.configure(sample_rate=0.0)
    with autolog.start_span("root"):
        pass
    assert len(traces.all) == len(kept)


class Age(pydantic.BaseModel):
    age: int


WORDS = "said-by-jane"
ASKED = [{"role": "user", "content": WORDS}]
BAD_ANSWER = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m-2024",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": f'{{"age": "{WORDS}"}}'}, "finish_reason": "stop"}
    ],
}


def raising() -> None:
    try:
        raise KeyError(f"{WORDS}\nTraceback (most recent call last):\n{WORDS}: again")
    except KeyError as e:
        raise ValueError(f"{WORDS}\n\n  File {WORDS}") from e


def test_an_error_keeps_its_type_and_places_and_not_its_words(traces: Any) -> None:
    autolog.configure(capture_content=False)
    with pytest.raises(ValueError, match=WORDS), autolog.start_span("mine"):
        raising()
    (trace,) = traces.all
    assert WORDS not in trace.to_json()
    failure = trace.root.exception
    assert (failure.type, failure.message, trace.root.attributes[semconv.ERROR_TYPE]) == (
        "ValueError",
        "",
        "ValueError",
    )
    kept = [re.sub(r'File ".*[/\\\\](\w+\.py)", line \d+', r"\1", line) for line in failure.traceback.splitlines()]
    assert kept == [
        "Traceback (most recent call last):",
        "  test_content.py, in raising",
        "KeyError",
        "",
        "The above exception was the direct cause of the following exception:",
        "",
        "Traceback (most recent call last):",
        "  test_content.py, in test_an_error_keeps_its_type_and_places_and_not_its_words",
        "  test_content.py, in raising",
        "ValueError",
    ]


@pytest.mark.parametrize(
    ("answer", "call", "kept"),
    [
        (
            (200, BAD_ANSWER),
            # Up to openai 1.91 it is found under `beta` alone.
            lambda c: getattr(c.chat.completions, "parse", c.beta.chat.completions.parse)(
                model="m", messages=ASKED, response_format=Age
            ),
            ("pydantic_core._pydantic_core.ValidationError", None),
        ),
        (
            (400, {"error": {"message": f"Invalid prompt: '{WORDS}'", "type": "t", "code": "bad_prompt"}}),
            lambda c: c.chat.completions.create(model="m", messages=ASKED),
            ("openai.BadRequestError", "bad_prompt"),
        ),
        (
            (200, {**BAD_ANSWER, "choices": []}),
            lambda c: c.chat.completions.create(
                model="m", messages=ASKED, stop=[WORDS], extra_query={"q": WORDS}, tools=[SAID]
            ),
            None,
        ),
    ],
    ids=["a reply that does not validate", "an error that quotes the prompt", "stop and query"],
)
def test_no_words_elsewhere(answer: tuple[int, Any], call: Any, kept: Any, traced: Any) -> None:
    autolog.configure(capture_content=False)
    http: Any = __import__("httpx2" if int(openai.__version__.partition(".")[0]) >= 3 else "httpx")
    client = instant_client(answer=lambda _: http.Response(answer[0], json=answer[1]))
    try:
        call(client)
    except Exception as e:
        assert kept is not None, e
    (trace,) = traced.all
    assert WORDS not in trace.to_json()
    span = trace.spans[0]
    if kept is None:
        assert span.attributes[semconv.REQUEST_URL].endswith("/chat/completions")
    else:
        assert (span.exception.type, span.attributes.get(semconv.ERROR_CODE)) == kept
