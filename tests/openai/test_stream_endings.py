"""Every way in which a stream can end: one span, ended once, at that moment, with what was seen until then."""

from __future__ import annotations

import asyncio
import gc
import itertools
import threading
import weakref
from typing import Any

import openai
import pytest
from autolog_openai._exchange import Exchange
from call_styles import M, chat
from callers import Caller, instant_client
from stream_endings import ASYNC_ENDINGS, CHAT, CHUNKS, ENDINGS, Ending, ask, close, respond, take

import autolog
from autolog import semconv
from autolog._patching.bodies import BodyTap
from autolog._tracing import sources
from autolog._tracing.span import LiveSpan


def text_of(span: autolog.Span) -> str:
    messages = span.attributes.get(semconv.OUTPUT_MESSAGES, ())
    return "".join(p["content"] for m in messages for p in m["parts"] if p["type"] == "text")


def check(ending: Ending, span: autolog.Span) -> None:
    assert span.outcome == ending.outcome
    assert span.status == ("ERROR" if ending.outcome in ("error", "cancelled") else "OK")
    assert span.attributes.get(semconv.CHUNK_COUNT) == ending.chunks
    assert (semconv.TIME_TO_FIRST_CHUNK in span.attributes) is (ending.chunks is not None)
    assert text_of(span) == (ending.text or "")
    assert span.usage == ending.usage
    assert span.attributes.get(semconv.FINISH_REASONS) == ending.finish
    assert (span.exception and span.exception.type) == ending.exception
    assert span.end_time_ns is not None and span.end_time_ns >= span.start_time_ns


def end(ending: Ending, caller: Caller, client: Any) -> Any:
    if ending.raises is None:
        return caller.run(ending.act, client)
    with pytest.raises(ending.raises) as raised:
        caller.run(ending.act, client)
    return raised.value.with_traceback(None)


@pytest.mark.parametrize("ending", [e for e in ENDINGS if e.supported], ids=lambda e: e.name)
def test_ending(ending: Ending, caller: Caller, traced: Any) -> None:
    check_ending(ending, caller, traced)


@pytest.mark.parametrize("caller", ["async"], indirect=True)
@pytest.mark.parametrize("ending", ASYNC_ENDINGS, ids=lambda e: e.name)
def test_ending_of_tasks(ending: Ending, caller: Caller, traced: Any) -> None:
    check_ending(ending, caller, traced)


def check_ending(ending: Ending, caller: Caller, traced: Any) -> None:
    client = caller.client()
    held = end(ending, caller, client)
    caller.collect()
    if ending.held:
        assert traced.spans == [], "what the program holds on to may still be read"
        held = None
        caller.collect()
    span = traced.span
    check(ending, span)
    # What comes later changes nothing.
    if hasattr(held, "close"):
        caller.run(held.close)
    del held
    caller.collect()
    assert traced.span == span


def test_interleaved_streams_keep_apart(caller: Caller, traced: Any) -> None:
    client = caller.client()
    streams = [caller.run(ask, client), caller.run(respond, client), caller.run(ask, client, "m+length")]
    for count in (2, 1, 3):
        for stream in streams:
            caller.run(take, stream, count)
    for stream in reversed(streams):
        caller.run(close, stream)

    assert [text_of(span) for span in sorted(traced.spans, key=lambda s: s.start_time_ns)] == [
        "Hello world from the fake",
        "Hello world from",
        "Hello world from the fake",
    ]
    assert {span.outcome for span in traced.spans} == {"abandoned"}
    assert [span.parent_id for span in traced.spans] == [None, None, None]


def test_no_span_is_current_between_the_chunks(caller: Caller, traced: Any) -> None:
    client = caller.client()
    with autolog.start_span("mine") as mine:
        stream = caller.run(ask, client)
        for _ in range(3):
            caller.run(take, stream, 1)
            assert autolog.get_current_active_span() is mine
            with autolog.start_span("of the chunk"):
                pass
        caller.run(close, stream)
    (trace,) = traced.all
    assert [span.name for span in trace.children(trace.root)] == ["chat m", *["of the chunk"] * 3]


@pytest.mark.parametrize("caller", ["async"], indirect=True)
def test_what_is_never_awaited_makes_no_span(caller: Caller, traced: Any) -> None:
    client = caller.client()
    client.chat.completions.create(model="m", messages=M).close()
    manager = chat(client).stream(model="m", messages=M)
    manager._AsyncChatCompletionStreamManager__api_request.close()
    del manager
    caller.collect()
    assert traced.spans == []
    assert caller.api.sent == []


@pytest.mark.parametrize("caller", ["async"], indirect=True)
def test_gathered_calls_are_siblings(caller: Caller, traced: Any) -> None:
    client = caller.client()

    async def many() -> None:
        with autolog.start_span("all"):
            await asyncio.gather(*(ask_and_read(f"m{n}") for n in range(5)))

    async def ask_and_read(model: str) -> None:
        async for _ in await ask(client, model):
            await asyncio.sleep(0)

    caller.run(many)
    (trace,) = traced.all
    assert sorted(span.name for span in trace.children(trace.root)) == [f"chat m{n}" for n in range(5)]
    assert trace.usage == autolog.Usage(45, 25, 70, 10, None, 5, 0, 0)


@pytest.mark.parametrize("caller", ["sync"], indirect=True)
@pytest.mark.parametrize("finish", [True, False], ids=["read to the end", "closed"])
def test_a_stream_handed_to_another_thread(finish: bool, caller: Caller, traced: Any) -> None:
    with autolog.start_span("maker"):
        stream = take(ask(caller.client()), 2)
    thread = threading.Thread(target=list if finish else close, args=(stream,))
    thread.start()
    thread.join()
    (span,) = [span for span in traced.spans if span.name == "chat m"]
    assert span.outcome == ("completed" if finish else "abandoned")
    assert text_of(span) == ("Hello world from the fake API" if finish else "Hello")
    assert len(traced.all) == 1


@pytest.mark.parametrize("caller", ["sync"], indirect=True)
def test_tee_reads_the_stream_once(caller: Caller, traced: Any) -> None:
    first, second = itertools.tee(ask(caller.client()))
    assert [chunk.id for chunk in first] == [chunk.id for chunk in second]
    assert traced.span.attributes[semconv.CHUNK_COUNT] == CHUNKS


@pytest.mark.parametrize("caller", ["sync"], indirect=True)
def test_the_end_of_an_abandoned_stream_is_its_last_chunk(caller: Caller, traced: Any, monkeypatch: Any) -> None:
    clock = itertools.count(1_000_000_000, 1_000)
    monkeypatch.setattr(sources, "now_ns", lambda: next(clock))
    stream = take(ask(caller.client()), 2)
    last_chunk = next(clock)
    del stream
    caller.collect()
    assert traced.span.end_time_ns < last_chunk


@pytest.mark.parametrize("caller", ["sync"], indirect=True)
def test_items_that_cannot_be_looked_at_are_given_on(caller: Caller, traced: Any, quiet_failures: Any) -> None:
    """With ``stream_usage`` each chunk is looked at, and a program may have asked for chunks of a type of its own."""
    autolog.openai.autolog(stream_usage=True)
    body = {"model": "m", "messages": M, "stream": True}
    of_dicts = openai.Stream[object]
    chunks = list(
        caller.client().post("/chat/completions", cast_to=object, body=body, stream=True, stream_cls=of_dicts)
    )
    assert len(chunks) == CHUNKS
    assert traced.span.usage == CHAT
    assert [type(failure) for failure in quiet_failures()] == [AttributeError] * CHUNKS


def test_abandoned_streams_leave_nothing_behind(traced: Any) -> None:
    """Not a span, not an exchange, not a finalizer: else each would stay for the life of the program."""
    client = instant_client()
    before = set(weakref.finalize._registry)  # of earlier tests
    for n in range(600):
        stream = client.chat.completions.create(model="m", messages=M, stream=True)
        if n % 2:
            next(stream)
        if n % 4 > 1:
            stream.close()
        del stream
    gc.collect()
    assert len(traced.spans) == 600
    traced.clear()
    gc.collect()
    alive = [o for o in gc.get_objects() if isinstance(o, (LiveSpan, Exchange, BodyTap, openai.Stream))]
    assert alive == []
    left = set(weakref.finalize._registry) - before
    assert not [f for f in left if "autolog" in type(getattr(f.peek()[1], "__self__", f)).__module__]
    client.close()


@pytest.mark.parametrize("endpoint", ["chat", "responses"])
@pytest.mark.parametrize("keeping", [False, True], ids=["at once", "bound method kept"])
def test_a_raw_response_that_nobody_holds_gives_its_stream(
    endpoint: str, keeping: bool, caller: Caller, traced: Any
) -> None:
    client = caller.client()

    def ask_raw() -> Any:
        if endpoint == "responses":
            return client.responses.with_raw_response.create(model="m", input="hi", stream=True)
        return client.chat.completions.with_raw_response.create(model="m", messages=M, stream=True)

    def method(response: Any) -> Any:
        return response.parse

    async def aitems() -> list[Any]:
        if keeping:
            parse = method(await ask_raw())
            return [item async for item in parse()]
        return [item async for item in (await ask_raw()).parse()]

    def items() -> list[Any]:
        if keeping:
            parse = method(ask_raw())
            return list(parse())
        return list(ask_raw().parse())

    seen = caller.run(aitems if caller.asynchronous else items)
    span = traced.span
    assert (span.outcome, span.attributes[semconv.CHUNK_COUNT]) == ("completed", len(seen))
    assert text_of(span)
