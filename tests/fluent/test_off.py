"""A program that uses its spans does the same when nothing is recorded: off, suppressed, or sampled out."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import autolog
from autolog import Client


@pytest.fixture
def store(tmp_path: Path) -> None:
    autolog.configure(store=tmp_path / "autolog.db")


@contextlib.contextmanager
def not_recorded(how: str) -> Iterator[None]:
    if how == "off":
        autolog.configure(enabled=False)
    elif how == "sampled out":
        autolog.configure(sample_rate=0.0)
    with autolog.suppress() if how == "suppressed" else contextlib.nullcontext():
        yield


@autolog.trace
def answer(question: str) -> str:
    span: Any = autolog.get_current_active_span()
    span.set_inputs({"question": question})
    span.set_attributes({"k": 1})
    span.set_attribute("k", 2)
    span.add_event("asked")
    span.set_span_type("AGENT")
    span.set_status("ERROR")
    span.record_exception("no")
    span.set_outputs("short")
    span.end()
    autolog.update_current_trace(tags={"a": "b"}, user="ann")
    return question.upper()


@pytest.mark.parametrize("how", ["off", "suppressed", "sampled out"])
def test_the_same_program(store: None, how: str) -> None:
    client = Client()
    with not_recorded(how):
        assert answer("why?") == "WHY?"
        current: Any = autolog.get_current_active_span()
        with autolog.start_span("block") as span:
            inside: Any = autolog.get_current_active_span()
            child = client.start_span("child", inside.trace_id, inside.span_id)
            below = client.start_span("below", inside.trace_id, child.span_id)
            client.end_span(inside.trace_id, below.span_id, outputs=1)
            client.end_span(inside.trace_id, child.span_id)
        root = client.start_trace("root")
        client.end_span(root.trace_id, client.start_span("child", request_id=root.trace_id).span_id)
        client.end_trace(root.trace_id)
        alone = autolog.start_span_no_context("alone", parent_span=current)
        alone.end(outputs=1)
    ids = [span.trace_id, inside.trace_id, root.trace_id, alone.trace_id]
    for trace_id in ids:
        autolog.set_trace_tag(trace_id, "k", "v")
        autolog.delete_trace_tag(trace_id, "k")
        autolog.log_feedback(trace_id, "helpful", value=True)
        autolog.log_expectation(trace_id, "answer", "42")
        assert client.get_trace(trace_id) is None
    assert client.search_traces() == []


def test_off_there_may_be_no_id_at_all(tmp_path: Path) -> None:
    autolog.configure(enabled=False, store=tmp_path / "none" / "at" / "all.db")
    client = Client()
    nobody: Any = None
    client.log_feedback(nobody, "helpful", value=True)
    client.set_trace_tag(nobody, "k", "v")
    client.delete_trace_tag(nobody, "k")
    client.log_expectation("f" * 32, "answer", 42)
    autolog.configure(enabled=True)
    with pytest.raises(TypeError, match="a trace is named by its id, a text, and this is None"):
        client.log_feedback(nobody, "helpful", value=True)


def test_what_is_stored_takes_verdicts_while_tracing_is_off(store: None) -> None:
    with autolog.start_span("kept") as span:
        pass
    autolog.flush()
    with not_recorded("off"):
        autolog.log_feedback(span.trace_id, "helpful", value=True)
        trace: Any = autolog.get_trace(span.trace_id)
    assert [f.value for f in trace.feedback] == [True]


def test_another_process_knows_what_was_sampled_out(store: None) -> None:
    autolog.configure(sample_rate=0.5)
    out, kept = "0" * 16 + "f" * 16, "f" * 16 + "0" * 15 + "1"
    autolog.log_feedback(out, "helpful", value=True)
    for unknown in (kept, out[16:], "nowhere"):  # the beginning of an id says nothing
        with pytest.raises(ValueError, match=f"there is no trace {unknown}"):
            autolog.log_feedback(unknown, "helpful", value=True)


def test_a_share_is_kept_as_the_ids_say(store: None) -> None:
    autolog.configure(sample_rate=0.5)
    ids: list[str] = []
    for _ in range(40):
        with autolog.start_span("some") as span:
            ids.append(span.trace_id)
        assert autolog.get_last_active_trace_id() == span.trace_id
    autolog.configure(sample_rate=1.0)  # they are remembered, whatever the share is now
    for trace_id in ids:
        autolog.set_trace_tag(trace_id, "k", "v")
    assert 0 < len(autolog.search_traces("tag.k = 'v'", return_type="list")) < len(ids)


def test_a_suppressed_part_does_not_touch_the_trace_around_it(traces: Any) -> None:
    client = Client()
    with autolog.start_span("around") as around:
        with autolog.suppress():
            answer("why?")
            quiet = client.start_span("quiet", around.trace_id, around.span_id)
        client.end_span(around.trace_id, quiet.span_id)
    assert [s.name for s in traces.spans] == ["around"]
    assert (traces.span.outputs, traces.span.status, traces.span.attributes) == (None, "OK", {})


def test_the_last_trace_is_not_one_that_was_suppressed(traces: Any) -> None:
    with autolog.start_span("loud") as loud:
        assert autolog.get_active_trace_id() == loud.trace_id
    with autolog.suppress():
        Client().end_trace(Client().start_trace("quiet").trace_id)
        assert autolog.get_active_trace_id() is None
    with not_recorded("off"):
        Client().end_trace(Client().start_trace("off").trace_id)
    assert autolog.get_last_active_trace_id() == loud.trace_id


def test_the_last_trace_of_a_program_that_is_not_traced(store: None) -> None:
    with pytest.raises(TypeError, match="a trace id is a text"):
        autolog.get_trace(None)  # type: ignore[arg-type]
    with not_recorded("off"):
        answer("why?")
        assert autolog.get_trace(None) is None  # type: ignore[arg-type]
