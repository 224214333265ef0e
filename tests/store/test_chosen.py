"""Whatever names traces: objects, ids, tables, filters, wherever a set of them is taken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from store.kit import chat, tid, trace

import autolog
from autolog._store import open_store
from autolog._store.chosen import ids_of, traces_of

ALL = [trace(n, chat(n, trace=n), tags={"n": str(n)}, session_id="s" if n > 1 else None) for n in (1, 2, 3)]


@pytest.fixture(autouse=True)
def stored(tmp_path: Path) -> None:
    with open_store(tmp_path / "autolog.db") as store:
        store.write(ALL)
    autolog.configure(store=tmp_path / "autolog.db")


def _frame() -> Any:
    pytest.importorskip("pandas")
    return autolog.search_traces("tag.n IN ('1', '2')", order_by="start_time")


def _arrow() -> Any:
    pytest.importorskip("pyarrow")
    return autolog.search_traces("tag.n IN ('1', '2')", order_by="start_time", return_type="arrow")


NAMED: dict[str, Callable[[], Any]] = {
    "traces": lambda: ALL[:2],
    "a generator": lambda: (t for t in ALL[:2]),
    "ids": lambda: [tid(1), tid(2)],
    "a set of ids and traces": lambda: (tid(1), ALL[1]),
    "a frame": _frame,
    "a column": lambda: _frame()["trace_id"],
    "an Arrow table": _arrow,
    "whole traces as dicts": lambda: [json.loads(t.to_json()) for t in ALL[:2]],
}


@pytest.mark.parametrize("named", NAMED.values(), ids=NAMED)
def test_two_traces(named: Callable[[], Any], tmp_path: Path) -> None:
    assert traces_of(named()) == ALL[:2]
    assert ids_of(named()) == [tid(1), tid(2)]
    assert autolog.export(named(), tmp_path / "x.jsonl") == 2
    assert autolog.compare(named(), "tag.n = '3'")["total_tokens"].traces_a == 2
    assert autolog.delete_traces(named()) == 2
    assert [t.trace_id for t in autolog.search_traces(return_type="list")] == [tid(3)]


@pytest.mark.parametrize("named", [tid(1), ALL[0], "@-3"], ids=["id", "trace", "@"])
def test_one_trace(named: Any) -> None:
    assert traces_of(named) == ALL[:1]


def test_deleting_one() -> None:
    assert autolog.delete_traces(tid(1)) == 1
    assert autolog.delete_traces(ALL[1]) == 1
    assert autolog.Client().delete_traces(trace_ids=[]) == 0
    assert traces_of("name = 'chat'") == ALL[2:]


@pytest.mark.parametrize("wrong", [5, [5], [None], object()], ids=repr)
def test_what_names_no_traces(wrong: Any) -> None:
    for use in (traces_of, ids_of, autolog.delete_traces, lambda w: autolog.export(w, "x.jsonl")):
        with pytest.raises(TypeError, match="traces are Trace objects, their ids, a DataFrame or Arrow table of"):
            use(wrong)


def test_what_is_missing_is_said() -> None:
    with pytest.raises(ValueError, match=f"there is no trace '{'0' * 32}' in .*autolog.db"):
        autolog.compare(["0" * 32], ALL)
    with pytest.raises(ValueError, match="is no trace id; a condition is given as filter_string=\"status = 'OK'\""):
        autolog.delete_traces("status = 'OK'")
    pandas = pytest.importorskip("pandas")
    with pytest.raises(TypeError, match="a row without a trace_id names no trace"):
        autolog.delete_traces(pandas.DataFrame({"id": ["x"]}))
    with pytest.raises(TypeError, match="a row is not one of search_traces"):
        autolog.compare(_frame().drop(columns="spans"), ALL)
    assert len(autolog.search_traces(return_type="list")) == 3


def test_get_trace(caplog: pytest.LogCaptureFixture) -> None:
    for wrong in (None, 5, ALL[0]):
        with pytest.raises(TypeError, match="a trace id is a text such as"):
            autolog.get_trace(wrong)  # type: ignore[arg-type]
    assert autolog.get_trace("0" * 32, silent=True) is None
    assert caplog.text == ""
    assert autolog.get_trace("0" * 32, silent=False) is None
    assert "there is no trace '000" in caplog.text


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_results": -1}, ValueError, r"max_results is 0 or more, not -1 \(None is all\)"),
        ({"max_results": "5"}, TypeError, "max_results is a whole number, not '5'"),
        ({"offset": -1}, ValueError, "offset is 0 or more, not -1"),
        ({"offset": None}, TypeError, "offset is a whole number, not None"),
        ({"since": 30}, ValueError, "30 has no unit: write '30d' for days"),
    ],
)
def test_numbers_that_are_none(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        autolog.search_traces(return_type="list", **options)
    assert len(autolog.search_traces(max_results=None, return_type="list")) == 3
