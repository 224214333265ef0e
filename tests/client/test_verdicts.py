"""Tags, feedback and expectations, by the names and with the arguments that users of MLflow know."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import autolog as mlflow
from autolog import Client as MlflowClient


@pytest.fixture
def trace_id(tmp_path: Path) -> str:
    mlflow.configure(store=tmp_path / "autolog.db")
    with mlflow.start_span("root") as span:
        pass
    return span.trace_id


@pytest.mark.parametrize("target", [mlflow, MlflowClient()], ids=["module", "client"])
def test_who_said_it_about_what(trace_id: str, target: Any) -> None:
    ann = SimpleNamespace(source_type="HUMAN", source_id="ann")
    judge = SimpleNamespace(source_type="LLM_JUDGE", source_id=None)
    target.log_feedback(trace_id=trace_id, name="ok", value=True, source=ann, span_id="ab", metadata={"name": 1})
    target.log_feedback(trace_id=trace_id, value=0.5, source=judge)
    target.log_feedback(trace_id=trace_id, name="failed", error=ValueError("no answer"))
    target.log_expectation(trace_id=trace_id, name="answer", value="42", source=ann, span_id="cd")
    target.set_trace_tag(trace_id, "k", "v")
    target.set_trace_tag(trace_id, "gone", "v")
    target.delete_trace_tag(trace_id, "gone")
    with pytest.raises(TypeError, match="there is no sauce"):
        target.log_feedback(trace_id, "ok", True, sauce="ann")
    trace: Any = mlflow.get_trace(trace_id)
    assert {(f.name, f.value, f.source) for f in trace.feedback} == {
        ("ok", True, "ann"),
        ("feedback", 0.5, "LLM_JUDGE"),
        ("failed", None, None),
    }
    assert trace.expectations == {"answer": "42"}
    assert trace.tags == {"k": "v"}
    assert trace.metadata == {
        "feedback.ok": {"span_id": "ab", "name": 1},
        "feedback.failed": {"error": "ValueError: no answer"},
        "expectation.answer": {"source": "ann", "span_id": "cd"},
    }


def test_pages(trace_id: str) -> None:
    client = MlflowClient()
    for n in range(4):
        with mlflow.start_span(f"more {n}"):
            pass
    found: list[str] = []
    token: str | None = None
    while True:
        page = client.search_traces(max_results=2, order_by="name", page_token=token)
        found += [t.name for t in page]
        token = page.token
        if token is None:
            break
    assert found == ["more 0", "more 1", "more 2", "more 3", "root"]
    with pytest.raises(ValueError, match="a page_token is the token of the page before, not 'x'"):
        client.search_traces(page_token="x")


def test_deletion_by_time_and_by_what_was_found(trace_id: str) -> None:
    client = MlflowClient()
    assert client.delete_traces(max_timestamp_millis=1) == 0
    assert client.delete_traces(client.search_traces()) == 1
    with mlflow.start_span("late") as span:
        pass
    mlflow.flush()
    assert client.delete_traces(max_timestamp_millis=span.start_time_ns // 10**6 + 60_000) == 1


def test_a_trace_is_shown_where_that_is_asked_for(trace_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    client = MlflowClient()
    assert client.get_trace(trace_id, display=False) is not None
    assert capsys.readouterr().out == ""
    client.get_trace(trace_id, display=True)
    assert "root" in capsys.readouterr().out
