"""Traces as a DataFrame: the columns, their types, and what is unknown."""

from __future__ import annotations

import sys

import pytest
from store.kit import START, chat, span, tid, trace

from autolog._model import Trace
from autolog._store.frame import traces_frame

pandas = pytest.importorskip("pandas")

COLUMNS = {
    "trace_id": "object",
    "name": "object",
    "status": "object",
    "start_time": "datetime64[ns, UTC]",
    "duration_ms": "float64",
    "input_tokens": "Int64",
    "output_tokens": "Int64",
    "total_tokens": "Int64",
    "cost": "float64",
    "model": "object",
    "session_id": "object",
    "user_id": "object",
    "request": "object",
    "response": "object",
    "tags": "object",
    "metadata": "object",
    "feedback": "object",
    "expectations": "object",
    "spans": "object",
}


def traces() -> list[Trace]:
    return [
        trace(
            1,
            span(1, name="agent", inputs={"q": 1}, outputs="a", ms=12.5),
            chat(2, parent=1, tokens=10, cost=0.5),
            chat(3, parent=1, at=1, tokens=10, model="o9"),
            tags={"k": "v"},
            metadata={"n": 1},
            session_id="s",
        ),
        trace(2, span(4, trace=2, ms=None)),
        Trace(tid(3), ()),
    ]


@pytest.mark.parametrize("some", [traces(), traces()[1:], []], ids=["all", "without usage", "none"])
def test_columns_and_types_are_always_the_same(some: list[Trace]) -> None:
    frame = traces_frame(some)
    assert {name: str(kind) for name, kind in frame.dtypes.items()} == COLUMNS
    assert len(frame) == len(some)


def test_values() -> None:
    frame = traces_frame(iter(traces()))
    first = frame.iloc[0].to_dict()
    assert first.pop("start_time") == pandas.Timestamp(START + 10**9, tz="UTC")
    assert first.pop("spans") == [s.to_dict() for s in traces()[0].spans]
    assert first == {
        "trace_id": tid(1),
        "name": "agent",
        "status": "OK",
        "duration_ms": 12.5,
        "input_tokens": 20,
        "output_tokens": 10,
        "total_tokens": 30,
        "cost": 0.5,
        "model": "gpt-4o, o9",
        "session_id": "s",
        "user_id": None,
        "request": {"q": 1},
        "response": "a",
        "tags": {"k": "v"},
        "metadata": {"n": 1},
        "feedback": [],
        "expectations": {},
    }


def test_what_is_unknown_is_no_zero() -> None:
    row = traces_frame(traces()).iloc[1]
    assert all(pandas.isna(row[name]) for name in ("duration_ms", "input_tokens", "total_tokens", "cost"))
    assert all(row[name] is None for name in ("model", "session_id", "request"))


def test_without_pandas_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"a DataFrame needs pandas: pip install 'autolog-genai\[pandas\]'"):
        traces_frame([])
