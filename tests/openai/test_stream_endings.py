"""Every way in which a stream can end: one span, ended once, at that moment, with what was seen until then."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from callers import Caller
from stream_endings import ASYNC_ENDINGS, ENDINGS, Ending

import autolog
from autolog import semconv


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


def collect(caller: Caller) -> None:
    """Run the garbage collector, and the event loop, which closes the async generators that were dropped."""
    for _ in range(5 if caller.asynchronous else 1):
        gc.collect()
        caller.run(asyncio.sleep, 0) if caller.asynchronous else None


def check_ending(ending: Ending, caller: Caller, traced: Any) -> None:
    client = caller.client()
    held = end(ending, caller, client)
    collect(caller)
    if ending.held:
        assert traced.spans == [], "what the program holds on to may still be read"
        held = None
        collect(caller)
    span = traced.span
    check(ending, span)
    # What comes later changes nothing.
    if hasattr(held, "close"):
        caller.run(held.close)
    del held
    collect(caller)
    assert traced.span == span
