"""Evaluation sets: written, read back, and as other tools read them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from store.kit import chat, span, tid, trace

import autolog
from autolog import Feedback, Trace

TRACES = [
    trace(
        1,
        span(1, name="agent", inputs={"question": "Größe?", "k": 3}, outputs={"answer": "42"}),
        chat(2, parent=1),
        tags={"env": "prod"},
        metadata={"n": [1]},
        session_id="s",
        user_id="u",
        expectations={"answer": "42"},
        feedback=(Feedback("helpful", True, "why", "ann", 5),),
    ),
    trace(2, span(3, trace=2, inputs="plain", outputs=None)),
    trace(3, span(4, trace=3, inputs={"q": "only"}, outputs=[1, 2]), expectations={"a": 1, "b": 2}),
    Trace(tid(4), ()),
]


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
@pytest.mark.parametrize("layout", ["evaluation", "mlflow", "huggingface"])
def test_both_ways(tmp_path: Path, ending: str, layout: Any) -> None:
    if ending == "parquet":
        pytest.importorskip("pyarrow")
    path = tmp_path / f"golden.{ending}"
    assert autolog.export(TRACES, path, layout=layout) == 4
    rows = autolog.read_export(path)
    inputs = {"question": "Größe?", "k": 3}
    expected: dict[str, Any] = {
        "evaluation": {
            "inputs": inputs,
            "outputs": {"answer": "42"},
            "expectations": {"answer": "42"},
            "feedback": [{"name": "helpful", "value": True, "rationale": "why", "source": "ann", "time_ns": 5}],
            "tags": {"env": "prod"},
            "metadata": {"n": [1]},
            "trace_id": tid(1),
            "name": "agent",
            "session_id": "s",
            "user_id": "u",
        },
        "mlflow": {
            "inputs": inputs,
            "outputs": {"answer": "42"},
            "expectations": {"answer": "42"},
            "tags": {"env": "prod", "autolog.trace_id": tid(1)},
        },
        "huggingface": {
            "input": '{"question":"Größe?","k":3}',
            "output": "42",
            "expected": "42",
            "trace_id": tid(1),
            "name": "agent",
        },
    }
    assert rows[0] == expected[layout]
    assert [row.keys() for row in rows] == [rows[0].keys()] * 4
    if layout == "mlflow":
        assert [row["inputs"] for row in rows[1:]] == [{"input": "plain"}, {"q": "only"}, {"input": None}]
    if layout == "huggingface":
        assert all(isinstance(value, str) for row in rows for value in row.values())
        assert [(r["input"], r["output"], r["expected"]) for r in rows[1:]] == [
            ("plain", "", ""),
            ("only", "[1,2]", '{"a":1,"b":2}'),
            ("", "", ""),
        ]


def test_whole_traces(tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    autolog.export(TRACES, path, layout="traces")
    assert [Trace.from_dict(row) for row in autolog.read_export(path)] == TRACES


def test_whole_traces_as_objects(tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    autolog.export(TRACES, path, layout="traces")
    assert autolog.read_export(path, layout="traces") == TRACES
    # A dict of a whole trace names it too
    assert autolog.export(autolog.read_export(path), tmp_path / "again.jsonl", layout="traces") == 4  # type: ignore[arg-type]
    assert (tmp_path / "again.jsonl").read_bytes() == path.read_bytes()
    with pytest.raises(ValueError, match="layout is 'traces' for Trace objects, or left out for dicts, not 'otlp'"):
        autolog.read_export(path, layout="otlp")  # type: ignore[call-overload]
    autolog.export(TRACES, path)
    with pytest.raises(ValueError, match=r"traces\.jsonl, line 1: not of the layout 'traces'"):
        autolog.read_export(path, layout="traces")


LONE = "\ud800 x"
LONELY = [
    trace(
        7,
        span(7, trace=7, name=LONE, inputs=inputs, outputs=[LONE], attributes={LONE: LONE}),
        tags={LONE: LONE},
        metadata={LONE: [LONE]},
        session_id=LONE,
        expectations={LONE: LONE},
        feedback=(Feedback(LONE, LONE, LONE, LONE, 5),),
    )
    for inputs in (LONE, {LONE: LONE})
]


@pytest.mark.parametrize("source", LONELY, ids=["text", "object"])
@pytest.mark.parametrize("name", ["x.jsonl", "x.parquet"])
@pytest.mark.parametrize("layout", ["evaluation", "mlflow", "huggingface", "traces", "otlp"])
def test_lone_surrogates_can_be_written(tmp_path: Path, source: Trace, layout: Any, name: str) -> None:
    path = tmp_path / name
    if path.suffix == ".parquet":
        pytest.importorskip("pyarrow")
        if layout in ("traces", "otlp"):
            return
    assert autolog.export(source, path, layout=layout) == 1
    if layout == "otlp":
        json.loads(path.read_text(encoding="utf-8"))
        return
    (row,) = autolog.read_export(path)
    if layout == "traces":
        assert Trace.from_dict(row) == source
    elif layout == "huggingface":
        assert (row["input"], row["expected"]) == ("\\ud800 x",) * 2
    else:
        assert row["expectations"] == {LONE: LONE}


@pytest.mark.parametrize("source", LONELY, ids=["text", "object"])
@pytest.mark.parametrize("indent", [None, 2])
def test_json_with_lone_surrogates_is_utf8_and_reads_back(source: Trace, indent: int | None) -> None:
    text = source.to_json(indent=indent)
    assert Trace.from_json(text.encode()) == source
    whole = trace(1, span(1, inputs="Größe \U0001f600"))
    assert "Größe \U0001f600" in whole.to_json()


def test_tables_with_lone_surrogates_can_be_written(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    autolog.configure(store=tmp_path / "autolog.db")
    client = autolog.Client()
    root = client.start_trace(LONE, inputs=LONE, tags={LONE: LONE}, session_id=LONE)
    client.end_trace(root.trace_id, outputs=LONE)
    frame = autolog.search_traces()
    frame.to_csv(tmp_path / "x.csv")
    assert str(frame).encode()
    assert autolog.export(frame, tmp_path / "x.jsonl") == 1
    assert autolog.read_export(tmp_path / "x.jsonl")[0]["inputs"] == LONE
    pytest.importorskip("pyarrow")
    assert autolog.search_traces(return_type="arrow").to_pylist()[0]["request"] == '"\\ud800 x"'


def test_otlp(tmp_path: Path) -> None:
    path = tmp_path / "traces.json"
    assert autolog.export(TRACES[0], path, layout="otlp") == 1
    (line,) = path.read_text(encoding="utf-8").splitlines()
    spans = json.loads(line)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert [s["traceId"] for s in spans] == [tid(1)] * 2


def test_a_frame_and_a_filter(tmp_path: Path) -> None:
    autolog.configure(store=tmp_path / "autolog.db")
    client = autolog.Client()
    root = client.start_trace("agent", inputs={"q": 1})
    client.end_trace(root.trace_id, outputs=2)
    client.log_expectation(root.trace_id, "answer", 3)
    for number, source in enumerate((autolog.search_traces(), "name = 'agent'")):
        path = tmp_path / f"{number}.jsonl"
        assert autolog.export(source, path) == 1
        (row,) = autolog.read_export(path)
        assert (row["inputs"], row["outputs"], row["expectations"]) == ({"q": 1}, 2, {"answer": 3})


@pytest.mark.parametrize(
    ("name", "layout", "message"),
    [
        ("golden.csv", "evaluation", "a file that ends in .jsonl or .parquet says how it is written, and golden.csv"),
        ("golden.jsonl", "csv", "layout is one of evaluation, mlflow, huggingface, traces, otlp, not 'csv'"),
        ("golden.parquet", "traces", "the layout 'traces' is written as JSON lines"),
    ],
)
def test_what_cannot_be_written(tmp_path: Path, name: str, layout: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        autolog.export(TRACES, tmp_path / name, layout=layout)
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_stays_until_all_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "golden.jsonl"
    path.write_text("before")
    with pytest.raises(TypeError):
        autolog.export([1], path)  # type: ignore[list-item]
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        autolog.export(TRACES, path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "message"), [("{}\n", "line 1: not an example"), ('{"inputs":1}\nx', "line 2: not JSON")]
)
def test_what_is_not_ours(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"x.jsonl, {message}"):
        autolog.read_export(path)


def test_without_pyarrow_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ImportError, match="a Parquet file needs pyarrow: pip install pyarrow"):
        autolog.export(TRACES, tmp_path / "golden.parquet")
    autolog.configure(store=tmp_path / "autolog.db")
    with pytest.raises(ImportError, match="an Arrow table needs pyarrow: pip install pyarrow"):
        autolog.search_traces(return_type="arrow")


def test_arrow(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    from autolog._store.frame import traces_arrow

    table = traces_arrow(TRACES)
    assert table.schema.field("total_tokens").type == pa.int64()
    assert table.schema.field("start_time").type == pa.timestamp("ns", tz="UTC")
    first = table.to_pylist()[0]
    assert (first["name"], first["total_tokens"], json.loads(first["request"])["k"]) == ("agent", 15, 3)
    assert table.to_pylist()[3]["request"] is None
    assert traces_arrow([]).schema.equals(table.schema)
