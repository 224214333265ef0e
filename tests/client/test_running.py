"""A trace that runs is found by its id from any thread, for as long as it runs."""

from __future__ import annotations

import gc
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import autolog
from autolog import Client
from autolog._otel.propagation import RemoteParent
from autolog._tracing.context import activate, deactivate
from autolog._tracing.span import LiveSpan, runtime


@pytest.fixture
def client(tmp_path: Path) -> Client:
    autolog.configure(store=tmp_path / "autolog.db")
    return Client()


def in_a_thread(work: Any) -> Any:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def test_another_thread_says_and_adds_something(client: Client) -> None:
    with autolog.start_span("request") as request, autolog.start_span("step") as step:

        def work() -> None:
            client.set_trace_tag(request.trace_id, "k", "v")
            client.set_trace_tag(request.trace_id, "gone", "v")
            client.delete_trace_tag(request.trace_id, "gone")
            client.log_feedback(request.trace_id, "ok", value=True)
            client.log_expectation(request.trace_id, "a", 1)
            for name, parent_id in (("below the step", step.span_id), ("below the root", None)):
                span = client.start_span(name, request.trace_id, parent_id)
                client.end_span(request.trace_id, span.span_id)
            with pytest.raises(ValueError, match=r"has no span f+: give the span_id of one"):
                client.start_span("x", request.trace_id, "f" * 16)
            with pytest.raises(ValueError, match=r"no client started it\. It ends with its function or its block"):
                client.end_trace(request.trace_id)

        in_a_thread(work)
    trace: Any = client.get_trace(request.trace_id)
    assert (trace.tags, trace.expectations, [f.value for f in trace.feedback]) == ({"k": "v"}, {"a": 1}, [True])
    names = {s.span_id: s.name for s in trace.spans}
    assert {s.name: names.get(s.parent_id) for s in trace.spans} == {
        "request": None,
        "step": "request",
        "below the step": "step",
        "below the root": "request",
    }
    with pytest.raises(ValueError, match="none of this id runs in this process"):
        client.start_span("late", request.trace_id)


def test_nothing_is_kept_of_what_ended_or_was_dropped(traces: Any) -> None:
    gc.collect()
    before = dict(runtime.running)
    with autolog.start_span("ended") as span:
        assert int(span.trace_id, 16) in runtime.running
        with autolog.start_span("inner"):
            pass
        assert int(span.trace_id, 16) in runtime.running
    root = autolog.start_span_no_context("root")
    later = autolog.start_span_no_context("outlives its root", parent_span=root)
    root.end()
    assert int(root.trace_id, 16) in runtime.running
    later.end()
    assert runtime.running == before
    dropped = LiveSpan("never ended")
    number = int(dropped.trace_id, 16)
    assert number in runtime.running
    del dropped
    gc.collect()
    assert runtime.running == before


def test_two_parts_of_a_trace_of_another_process(traces: Any) -> None:
    first, second = (LiveSpan("request", parent=RemoteParent(7, n)) for n in (1, 2))
    first.end()
    in_a_thread(lambda: Client().set_trace_tag(second.trace_id, "k", "v"))
    second.end()
    assert 7 not in runtime.running
    around = LiveSpan("calls its own process")
    inside = LiveSpan("is called", parent=RemoteParent(around.trace.trace_id, int(around.span_id, 16)))
    inside.end()
    in_a_thread(lambda: Client().set_trace_tag(around.trace_id, "k", "v"))
    around.end()
    assert around.trace.trace_id not in runtime.running
    assert traces.all[0].tags == {"k": "v"}


def test_many_threads_in_one_trace(traces: Any) -> None:
    root = autolog.start_span_no_context("root")
    for _ in range(50):  # the last open span ends while another one opens
        child = autolog.start_span_no_context("child", parent_span=root)
        ready = threading.Barrier(2)

        def end(span: LiveSpan = child, ready: threading.Barrier = ready) -> None:
            ready.wait()
            span.end()

        thread = threading.Thread(target=end)
        thread.start()
        ready.wait()
        other = autolog.start_span_no_context("other", parent_span=root)
        thread.join()
        assert int(root.trace_id, 16) in runtime.running
        other.end()
    root.end()
    assert int(root.trace_id, 16) not in runtime.running


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_does_not_label_its_parents_trace(client: Client) -> None:
    with autolog.start_span("parent") as span:
        token = activate(None)
        child = os.fork()
        if child == 0:
            try:
                client.start_span("x", span.trace_id)
            except ValueError:
                os._exit(0)
            os._exit(1)
        _, status = os.waitpid(child, 0)
        deactivate(token)
    assert os.waitstatus_to_exitcode(status) == 0
