"""What the page is given says what the trace says, and all of it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from autolog import Span, Trace, Usage, semconv
from autolog._view.encode import json_text
from autolog._view.payload import Limits, payload


def index(trace: Trace, limits: Limits | None = None) -> dict[str, Any]:
    data = json.loads(payload([trace], limits or Limits()).index)
    return data["traces"][0]


def contents(trace: Trace, limits: Limits | None = None) -> list[dict[str, Any]]:
    return [json.loads(line) for line in payload([trace], limits or Limits()).content.split("\n")]


def test_rows_are_the_tree(rich: Trace) -> None:
    rows = index(rich)["rows"]
    assert [(r["name"], r["depth"], r["up"]) for r in rows] == [
        ("support agent", 0, -1),
        ("policies", 1, 0),
        ("embeddings small-3", 2, 1),
        ("gpt-5-mini", 1, 0),
        ("get_order", 1, 0),
        ("refund", 1, 0),
        ("ChatOpenAI", 1, 0),
        ("gpt-5-mini", 2, 6),
        ("parse", 1, 0),
        ("log", 1, 0),
    ]
    assert [r["span"]["span_id"] for r in contents(rich)] == [r["id"] for r in rows]


def test_times_are_microseconds_from_the_start(rich: Trace) -> None:
    rows = index(rich)["rows"]
    assert (rows[7]["from"], rows[7]["took"], rows[7]["first"]) == (2_690_000, 2_080_000, 620_000)
    assert "took" not in rows[9] and rows[9]["badge"] == "not ended"
    assert index(rich)["axis"] == 4_820_000


def test_totals_are_the_traces_own_and_stand_at_the_root(rich: Trace) -> None:
    data = index(rich)
    # What a framework's span repeats of the call below it is not counted.
    assert data["tokens"] == "2,628 in (1,024 cached) + 400 out = 3,028 tokens"
    assert data["cost"] == "$0.0014"
    root, framework, call = (data["rows"][i] for i in (0, 6, 7))
    assert (root["tokens"], root["cost"], root["total"]) == ("2,628 → 400", "$0.0014", True)
    assert framework["below"] and "below" not in call
    assert [(m["model"], m["calls"]) for m in data["models"]] == [("unknown model", 1), ("gpt-5-mini-2026-08-07", 2)]
    assert contents(rich)[0]["usage"] == data["tokens"]


def test_one_call_alone_has_its_own_usage(rich: Trace) -> None:
    call = replace(rich.spans[3], parent_id=None)
    row = index(Trace(rich.trace_id, (call,)))["rows"][0]
    assert row["tokens"] == "1,204 → 88" and "total" not in row and "below" not in row


def test_a_tool_calls_answer_is_found_where_it_is_told_first(rich: Trace) -> None:
    assert index(rich)["results"] == {"call_1": 7}


def test_what_a_trace_carries_is_told(rich: Trace) -> None:
    assert index(rich)["facts"] == [["session", "s-81"], ["user", "reyes"], ["env", "test"]]


def test_every_span_comes_once_whatever_its_parents(rich: Trace) -> None:
    a, b, c, *_ = rich.spans
    circle = Trace(
        "t", (replace(a, parent_id=b.span_id), replace(b, parent_id=a.span_id), replace(c, parent_id="f" * 16))
    )
    rows = index(circle)["rows"]
    assert sorted(r["id"] for r in rows) == sorted(s.span_id for s in (a, b, c))
    assert all(r["up"] < i for i, r in enumerate(rows))


def test_an_empty_trace() -> None:
    data = index(Trace("t", ()))
    assert (data["rows"], data["axis"], data["status"]) == ([], 0, "IN_PROGRESS")


def test_several_traces_share_the_lines(rich: Trace, large: Callable[[int], Trace]) -> None:
    both = payload([rich, large(12)])
    first, second = json.loads(both.index)["traces"]
    assert (first["line"], second["line"]) == (0, 10)
    assert json.loads(both.content.split("\n")[second["line"]])["span"]["name"] == "batch"


def test_a_notebook_keeps_less_and_says_so(large: Callable[[int], Trace]) -> None:
    trace = large(50)
    limits = Limits(spans=20, text=40, data=10, total=2_000)
    data, lines = index(trace, limits), contents(trace, limits)
    assert (len(data["rows"]), data["spans"], len(lines)) == (20, 50, 20)
    assert data["cut"].startswith("30 more spans") and trace.trace_id in data["cut"]
    kept = [line for line in lines if "inputs" in line["span"]]
    assert kept and kept[0]["span"]["inputs"]["text"].endswith("characters are left out here")
    bare = [line for line in lines if "inputs" not in line["span"] and line["span"]["name"].startswith("step")]
    assert bare and all("left out" in line["cut"] for line in bare)
    assert "cut" not in index(trace) and all("cut" not in line for line in contents(trace))


@pytest.mark.parametrize(
    ("data", "kept"),
    [("data:image/png;base64," + "A" * 80, True), ("data:image/png;base64," + "A" * 800, False), ("Ab1" * 300, False)],
)
def test_data_are_kept_whole_or_not_at_all(data: str, kept: bool) -> None:
    span = Span("1" * 16, "t", None, "s", "TOOL", "OK", 0, 1, inputs=data)
    given = contents(Trace("t", (span,)), Limits(text=50, data=200))[0]["span"]["inputs"]
    assert (given == data) if kept else ("left out here" in given)


class Awkward:
    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("</script><!--", "</script><!--"),
        ("\ud800", "\ud800"),
        ("nul\0 \u2028 é 😀", "nul\0 \u2028 é 😀"),
        ({(1, 2): {3}}, {"(1, 2)": "{3}"}),
        ([math.nan, math.inf, 1.5], ["nan", "inf", 1.5]),
        (b"bytes", "b'bytes'"),
        (Awkward(), "<Awkward, and its str() raises RuntimeError>"),
        (2**80, 2**80),
    ],
)
def test_json_says_everything_and_ends_nothing(value: Any, read: Any) -> None:
    text = json_text(value)
    assert "<" not in text and "\n" not in text
    assert text.encode()  # a lone surrogate could not be written
    assert json.loads(text) == read


def test_json_of_a_value_without_end() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert "deeper than is shown" in json_text(deep)
    circle: list[Any] = []
    circle.append(circle)
    assert "deeper than is shown" in json_text(circle)


def test_messages_that_are_none_harm_nothing() -> None:
    attributes = {
        semconv.INPUT_MESSAGES: ["x", {"parts": 3}, {"parts": [None, {"type": "tool_call_response", "id": 5}]}]
    }
    span = Span("1" * 16, "t", None, "s", "TOOL", "OK", 5, 1, attributes=attributes, usage=Usage())
    assert index(Trace("t", (span,)))["results"] == {}
