"""The public API as a user would call it: checked by mypy and pyright, never run."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import assert_type

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
    assert_type(autolog.get_current_active_span(), autolog.LiveSpan | None)
    assert_type(autolog.get_last_active_trace_id(), str | None)


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
        assert_type(Trace.from_json(trace.to_json()), Trace)
    assert_type(autolog.get_trace("@last"), Trace | None)
    assert_type(autolog.delete_traces(older_than="30d"), int)
