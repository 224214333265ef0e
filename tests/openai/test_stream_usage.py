"""Usage of streams that do not ask for it: only on demand, and the program sees no extra chunk."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from callers import Caller, portrait, then
from fake_api import FakeApi

import autolog

MESSAGES: Any = [{"role": "user", "content": "hi"}]


def _drained(stream: Any) -> Any:
    if isinstance(stream, openai.Stream):
        return list(stream)

    async def collect() -> list[Any]:
        return [item async for item in stream]

    return collect()


def _chunks(caller: Caller, **options: Any) -> list[Any]:
    client = caller.client()
    return caller.run(
        lambda: then(client.chat.completions.create(model="m", messages=MESSAGES, stream=True, **options), _drained)
    )


def test_without_the_option_nothing_is_asked_and_nothing_known(caller: Caller, api: FakeApi, traced: Any) -> None:
    chunks = _chunks(caller)
    assert all(chunk.choices for chunk in chunks)
    assert b"stream_options" not in api.sent[-1].body
    assert traced.span.usage is None


def test_with_the_option_the_usage_is_asked_for_and_hidden(caller: Caller, api: FakeApi, traces: Any) -> None:
    plain = [portrait(chunk.model_copy(update={"id": ""})) for chunk in _chunks(caller)]
    autolog.openai.autolog(stream_usage=True)
    asked = _chunks(caller)
    assert b'"include_usage":true' in api.sent[-1].body.replace(b" ", b"")
    assert all(chunk.choices for chunk in asked)
    assert [c["fields"]["choices"] for c in map(portrait, asked)] == [c["fields"]["choices"] for c in plain]
    span = traces.span
    assert span.usage is not None
    assert span.usage.input_tokens
    assert span.inputs["stream_options"] == {"include_usage": True}
    assert span.outcome == "completed"


def test_a_program_that_asks_itself_gets_its_chunk(caller: Caller, traces: Any) -> None:
    autolog.openai.autolog(stream_usage=True)
    chunks = _chunks(caller, stream_options={"include_usage": True})
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert traces.span.usage is not None


def test_a_program_that_declines_is_not_overruled(caller: Caller, api: FakeApi, traces: Any) -> None:
    autolog.openai.autolog(stream_usage=True)
    _chunks(caller, stream_options={"include_usage": False})
    assert b'"include_usage":false' in api.sent[-1].body.replace(b" ", b"")
    assert traces.span.usage is None


@pytest.mark.parametrize("body", [{"stream_options": {"include_usage": True}}, {"stream_options": None}])
def test_what_the_program_puts_into_the_body_itself_stays(
    caller: Caller, api: FakeApi, traces: Any, body: dict[str, Any]
) -> None:
    autolog.openai.autolog(stream_usage=True)
    _chunks(caller, extra_body=body)
    assert (b'"include_usage":true' in api.sent[-1].body.replace(b" ", b"")) is True
    assert traces.span.usage is not None


@pytest.mark.parametrize("style", ["with_raw_response", "with_streaming_response"])
def test_a_program_that_reads_the_response_itself_is_not_asked_for(
    caller: Caller, api: FakeApi, traces: Any, style: str
) -> None:
    autolog.openai.autolog(stream_usage=True)
    client = caller.client()
    create = getattr(client.chat.completions, style).create

    async def aread() -> list[str]:
        async with create(model="m", messages=MESSAGES, stream=True) as response:
            return [line async for line in response.iter_lines()]

    def read() -> list[str]:
        with create(model="m", messages=MESSAGES, stream=True) as response:
            return list(response.iter_lines())

    if style == "with_streaming_response":
        assert 'usage": {' not in "".join(caller.run(aread if caller.asynchronous else read))
    else:
        caller.run(lambda: then(create(model="m", messages=MESSAGES, stream=True), lambda raw: _drained(raw.parse())))
    assert b"include_usage" not in api.sent[-1].body
    assert traces.span.usage is None
