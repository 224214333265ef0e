"""`autolog.Client`: traces by their ids, from any thread, in any order."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import autolog
from autolog import Client
from autolog._tracing import by_id


@pytest.fixture
def client(tmp_path: Path) -> Client:
    autolog.configure(store=tmp_path / "autolog.db")
    return Client()


def test_a_trace_from_several_threads(client: Client) -> None:
    root = client.start_trace("root", span_type="AGENT", inputs={"q": 1}, tags={"n": 1}, session_id="s", user_id="u")
    spans: list[autolog.LiveSpan] = []

    def work(number: int) -> None:
        mine = client.start_span(f"thread {number}", root.trace_id, root.span_id)
        spans.append(client.start_span("below", root.trace_id, mine.span_id, inputs=number))
        client.end_span(root.trace_id, mine.span_id, outputs=number)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert autolog.get_current_active_span() is None
    for span in spans:  # children that end after their parents, in the order of nobody
        Client().end_span(root.trace_id, span.span_id)
    client.end_trace(root.trace_id, outputs="done", attributes={"k": [1]})
    trace = client.get_trace(root.trace_id)
    assert trace is not None
    assert (trace.tags, trace.session_id, trace.user_id) == ({"n": "1"}, "s", "u")
    assert trace.root is not None
    assert (trace.root.span_type, trace.root.outputs, trace.root.attributes) == ("AGENT", "done", {"k": [1]})
    assert sorted(s.name for s in trace.children(trace.root)) == [f"thread {n}" for n in range(4)]
    for span in trace.children(trace.root):
        (below,) = trace.children(span)
        assert f"thread {below.inputs}" == span.name
    assert by_id._open == {}


def test_a_child_may_outlive_the_root_and_start_below_one_that_ended(client: Client) -> None:
    root = client.start_trace("root")
    child = client.start_span("child", root.trace_id)
    client.end_trace(root.trace_id)
    late = client.start_span("late", root.trace_id, root.span_id)
    client.end_span(root.trace_id, child.span_id, status="ERROR")
    client.end_span(root.trace_id, late.span_id, end_time_ns=late.start_time_ns + 5_000_000)
    trace = client.get_trace(root.trace_id)
    assert trace is not None
    assert [(s.name, s.parent_id, s.status) for s in trace.spans] == [
        ("root", None, "OK"),
        ("child", root.span_id, "ERROR"),
        ("late", root.span_id, "OK"),
    ]
    assert trace.spans[2].duration_ms == 5.0


def test_a_span_in_the_trace_that_is_current(client: Client) -> None:
    with autolog.start_span("fluent") as outer:
        span = client.start_span("explicit", outer.trace_id, outer.span_id)
        client.end_span(outer.trace_id, span.span_id)
    trace = client.get_trace(outer.trace_id)
    assert trace is not None
    assert [s.name for s in trace.spans] == ["fluent", "explicit"]


def test_what_is_wrong_is_said(client: Client) -> None:
    root = client.start_trace("root")
    span = client.start_span("span", root.trace_id)
    wrong: list[tuple[Any, str]] = [
        (lambda: client.start_span("x", "1" * 32), "cannot start a span in the trace 1+: none of this id runs"),
        (
            lambda: client.start_span("x", root.trace_id, "1" * 16),
            f"the trace {root.trace_id} has no span 1+: give the",
        ),
        (lambda: client.end_span(root.trace_id, "1" * 16), f"the trace {root.trace_id} has no span 1+ that a client"),
        (lambda: client.end_span("1" * 32, span.span_id), "cannot end a span of the trace 1+: none of this id runs"),
        (lambda: client.end_trace("1" * 32), "cannot end the trace 1+: none of this id runs"),
        (lambda: client.end_span(root.trace_id, span.span_id, status="BAD"), "status is 'OK' or 'ERROR', not 'BAD'"),
    ]
    for call, message in wrong:
        with pytest.raises(ValueError, match=message):
            call()
    client.end_span(root.trace_id, span.span_id)
    with pytest.raises(ValueError, match=f"the span {span.span_id} has ended already"):
        client.end_span(root.trace_id, span.span_id)
    client.end_trace(root.trace_id)
    for call in (
        lambda: client.end_trace(root.trace_id),
        lambda: client.start_span("x", root.trace_id),
    ):
        with pytest.raises(ValueError, match=f"the trace {root.trace_id}: it has ended already"):
            call()


def test_after_the_root_a_span_needs_a_parent(client: Client) -> None:
    root = client.start_trace("root")
    child = client.start_span("child", root.trace_id)
    client.end_trace(root.trace_id)
    with pytest.raises(ValueError, match="has ended: give the parent_id"):
        client.start_span("x", root.trace_id)
    client.end_span(root.trace_id, child.span_id)


NEVER_ENDED = """
import autolog
client = autolog.Client()
root = client.start_trace("never ends", inputs={"q": 1}, tags={"a": "b"})
client.start_span("nor this", root.trace_id)
done = client.start_span("this does", root.trace_id)
client.end_span(root.trace_id, done.span_id, outputs=2)
"""


def test_a_root_that_never_ends_is_kept_as_incomplete(tmp_path: Path) -> None:
    path = tmp_path / "autolog.db"
    environ = {**os.environ, "AUTOLOG_STORE": str(path), "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", NEVER_ENDED], env=environ, check=True, timeout=60)
    autolog.configure(store=path)
    trace = autolog.get_trace("@last")
    assert trace is not None
    assert (trace.name, trace.status, trace.end_time_ns, trace.tags) == ("never ends", "IN_PROGRESS", None, {"a": "b"})
    assert trace.root is not None
    assert trace.root.inputs == {"q": 1}
    assert [(s.name, s.status, s.end_time_ns is None) for s in trace.spans] == [
        ("never ends", "IN_PROGRESS", True),
        ("nor this", "IN_PROGRESS", True),
        ("this does", "OK", False),
    ]
    assert len(autolog.search_traces("status = 'IN_PROGRESS'", return_type="list")) == 1


def test_traces_that_are_forgotten_do_not_pile_up(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(by_id, "_MOST_OPEN", 3)
    monkeypatch.setattr(by_id, "_warned", False)
    roots = [client.start_trace(f"root {n}") for n in range(5)]
    with caplog.at_level(logging.WARNING, "autolog"):
        assert len(by_id._open) == 3
    assert caplog.text.count("more than 3 traces of autolog.Client are open") == 1
    for root in roots[2:]:
        client.end_trace(root.trace_id)
    found = {t.name: t.status for t in client.search_traces()}
    assert found == {f"root {n}": "IN_PROGRESS" if n < 2 else "OK" for n in range(5)}
    for root in roots[:2]:
        root.status = "OK"
        root.end()  # it is recorded; only the check after each test still sees it as open
        root.end_time_ns = 1


def test_verdicts(client: Client) -> None:
    root = client.start_trace("root")
    client.log_feedback(root.trace_id, "helpful", value=True, rationale="short", source="ann")
    client.log_feedback(root.trace_id, "helpful", value=False, source="ann")
    client.end_trace(root.trace_id)
    given = client.log_feedback(root.trace_id, "score", 0.5, source="judge")
    client.log_expectation(root.trace_id, "answer", {"text": "42"})
    trace = client.get_trace(root.trace_id)
    assert trace is not None
    assert [(f.name, f.value, f.rationale, f.source) for f in trace.feedback] == [
        ("helpful", False, None, "ann"),
        ("score", 0.5, None, "judge"),
    ]
    assert trace.feedback[1] == given
    assert trace.expectations == {"answer": {"text": "42"}}
    assert [t.trace_id for t in client.search_traces("feedback.helpful = false")] == [root.trace_id]
    for call in (client.log_feedback, client.log_expectation, client.set_trace_tag):
        with pytest.raises(ValueError, match="there is no trace nowhere: it neither runs"):
            call("nowhere", "a", 1)


def test_tags(client: Client) -> None:
    root = client.start_trace("root", tags={"gone": 1})
    client.set_trace_tag(root.trace_id, "early", 1)
    client.delete_trace_tag(root.trace_id, "gone")
    client.end_trace(root.trace_id)
    client.set_trace_tag(root.trace_id, "late", value=True)
    assert client.get_trace(root.trace_id).tags == {"early": "1", "late": "true"}  # type: ignore[union-attr]
    client.delete_trace_tag(root.trace_id, "early")
    with pytest.raises(ValueError, match="has no tag 'early'"):
        client.delete_trace_tag(root.trace_id, "early")
    assert client.get_trace(root.trace_id).tags == {"late": "true"}  # type: ignore[union-attr]
    assert client.delete_traces(root.trace_id) == 1
    assert client.get_trace(root.trace_id) is None


def test_search_types_and_pages(client: Client) -> None:
    for n in range(5):
        client.end_trace(client.start_trace(f"root {n}").trace_id)
    pages = [[t.name for t in client.search_traces(max_results=2, offset=n, order_by="name")] for n in (0, 2, 4)]
    assert pages == [["root 0", "root 1"], ["root 2", "root 3"], ["root 4"]]
    assert len(client.search_traces(return_type="pandas")) == 5
    with pytest.raises(ValueError, match="return_type is 'pandas', 'list' or 'arrow', not 'dict'"):
        client.search_traces(return_type="dict")  # type: ignore[call-overload]


def test_without_a_store(traces: Any) -> None:
    client = Client()
    with autolog.suppress():
        hidden = client.start_trace("hidden")
        client.end_trace(hidden.trace_id)
    root = client.start_trace("root")
    client.log_feedback(root.trace_id, "ok", value=True)
    client.set_trace_tag(root.trace_id, "a", "b")
    client.end_trace(root.trace_id)
    (trace,) = traces.all
    assert (trace.tags, [f.value for f in trace.feedback]) == ({"a": "b"}, [True])
