"""The public API as a user would call it: checked by mypy and pyright, never run."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any, assert_type

import pandas as pd

import autolog
from autolog import Span, Status, Trace, Usage


def turn_on_and_off() -> None:
    assert_type(autolog.autolog(), dict[str, Status])
    assert_type(autolog.autolog(log_traces=False, exclude=["openai"]), dict[str, Status])
    autolog.openai.autolog(stream_usage=True)
    autolog.openai.autolog(log_traces=False)
    assert_type(autolog.integrations()["openai"].installed, str | None)
    with autolog.suppress():
        pass


@autolog.suppress()
def untraced(x: int) -> str:
    return str(x)


assert_type(untraced(1), str)


def without_replies(span: Span) -> Span | None:
    return None if span.span_type == "CHAT_MODEL" else span


def settings() -> None:
    memory = autolog.MemoryExporter()
    autolog.configure(store=Path("traces.db"), capture_content=False, processors=[without_replies], exporters=[memory])
    autolog.configure(store=None, prices={"mine": {"input": 1.0}}, tracer_provider="global")
    assert_type(memory.traces, list[Trace])
    assert_type(autolog.flush(timeout=1.0), bool)


def own_spans() -> None:
    with autolog.start_span("retrieve", span_type="RETRIEVER", attributes={"k": 3}) as span:
        assert_type(span, autolog.LiveSpan)
        span.set_inputs({"question": "?"})
        span.set_attributes({"a": 1})
        span.record_exception("no")
        span.end(outputs=1, status="ERROR")
        assert_type(span.attributes, dict[str, Any])
    assert_type(autolog.get_current_active_span(), autolog.LiveSpan | None)
    assert_type(autolog.get_last_active_trace_id(), str | None)
    assert_type(autolog.get_last_active_trace_id(thread_local=True), str | None)
    assert_type(autolog.get_active_trace_id(), str | None)
    assert_type(autolog.start_span_no_context("x", parent_span=autolog.get_current_active_span()), autolog.LiveSpan)


def find() -> None:
    assert_type(autolog.search_traces("status = 'ERROR'", since=timedelta(hours=2)), pd.DataFrame)
    traces = autolog.search_traces(text="refund", order_by="-cost", return_type="list")
    assert_type(traces, list[Trace])
    for trace in traces:
        assert_type(trace.usage, Usage)
        assert_type(trace.usage.total_tokens, int | None)
        assert_type(trace.cost, float | None)
        assert_type(trace.root, Span | None)
        assert_type(trace.search_spans(name="chat"), list[Span])
        assert_type(trace.search_spans(name=re.compile("chat"), span_id="x"), list[Span])
        assert_type(trace.info.trace_id, str)
        assert_type(trace.info.execution_time_ms, int | None)
        assert_type(trace.data.spans, list[Span])
        assert_type(Trace.from_json(trace.to_json()), Trace)
    assert_type(autolog.get_trace("@last"), Trace | None)
    assert_type(autolog.delete_traces(older_than="30d"), int)


@autolog.trace
def answer(question: str, *, top_k: int = 3) -> list[str]:
    return [question] * top_k


@autolog.trace(name="stream", span_type="CHAIN", attributes={"k": 1}, output_reducer="".join)
async def stream(question: str) -> AsyncIterator[str]:
    yield question


class Agent:
    @autolog.trace
    def run(self, question: str) -> int:
        return len(question)

    @autolog.trace
    @classmethod
    def make(cls) -> Agent:
        return cls()

    @staticmethod
    @autolog.trace(span_type="TOOL")
    async def look_up(word: str) -> bytes:
        return word.encode()


async def traced_functions() -> None:
    assert_type(answer("?", top_k=2), list[str])
    assert_type(Agent().run("?"), int)
    assert_type(Agent.make(), Agent)
    assert_type(await Agent.look_up("x"), bytes)
    async for word in stream("?"):
        assert_type(word, str)
    assert_type(autolog.trace(len)("abc"), int)
    assert_type(autolog.carry(answer)("?", top_k=1), list[str])
    autolog.update_current_trace(tags={"env": "prod"}, metadata={"k": [1]}, session_id="s", user_id="u")
    autolog.update_current_trace(user="u", state="ERROR", request_preview="x")
    with autolog.session("s"), autolog.user("u"):
        pass
    async with autolog.session("s") as name:
        assert_type(name, str)


def explicit_control() -> None:
    client = autolog.Client()
    root = client.start_trace("agent", inputs={"q": 1}, tags={"a": "b"})
    assert_type(root, autolog.LiveSpan)
    span = client.start_span("search", trace_id=root.trace_id, parent_id=root.span_id)
    client.end_span(root.trace_id, span.span_id, outputs=[1], status="OK")
    client.end_trace(root.trace_id, outputs="x")
    assert_type(client.get_trace(root.trace_id), Trace | None)
    found: list[Trace] = client.search_traces("status = 'OK'", page_token="2")
    assert_type(client.search_traces().token, str | None)
    client.delete_traces(found, older_than="2d")
    assert_type(client.search_traces(return_type="pandas"), pd.DataFrame)
    assert_type(client.log_feedback(root.trace_id, "helpful", value=True, source="ann"), autolog.Feedback)
    client.log_expectation(root.trace_id, "answer", 42)
    client.set_trace_tag(root.trace_id, "k", "v")
    client.delete_trace_tag(root.trace_id, "k")
    autolog.log_feedback(root.trace_id, "ok", value=True, metadata={"k": 1}, span_id="x", error="none")
    autolog.log_expectation(root.trace_id, "answer", 42, source="ann")
    autolog.set_trace_tag(root.trace_id, "k", "v")


def count_and_compare(trace: Trace) -> None:
    assert_type(trace.feedback, tuple[autolog.Feedback, ...])
    stats = autolog.stats(by="tag:env", since="7d")
    assert_type(stats, autolog.Stats)
    assert_type(stats.to_pandas(), pd.DataFrame)
    comparison = autolog.compare("tag.v = 1", [trace], names=("old", "new"))
    assert_type(comparison["cost"].difference, float | None)
    assert_type(autolog.export([trace], Path("golden.jsonl"), layout="mlflow"), int)
    autolog.export(autolog.search_traces(), "golden.parquet")
    assert_type(len(autolog.read_export("golden.jsonl")), int)
