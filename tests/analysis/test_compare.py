"""Two sets of traces side by side."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from store.kit import chat, span, tid, trace

import autolog
from autolog import Feedback, Trace, semconv
from autolog._store import open_store


def run(number: int, ms: float, *, tokens: int = 100, fail: bool = False, small: bool = True, **more: Any) -> Trace:
    return trace(
        number,
        span(1, trace=number, name="agent", ms=ms, error="TimeoutError" if fail else None),
        chat(
            2,
            trace=number,
            parent=1,
            tokens=tokens,
            ms=ms / 2,
            cost=tokens * 1e-6,
            attributes={semconv.TIME_TO_FIRST_CHUNK: ms / 1e4},
        ),
        tags={"chunk": "small" if small else "large"},
        **more,
    )


SMALL = [run(n, 1000 + 10 * n, tokens=100 + n % 3) for n in range(20)]
LARGE = [
    run(100 + n, 1500 + 10 * n, tokens=200 + n % 3, fail=n % 2 == 0, small=False, feedback=(Feedback("good", n > 3),))
    for n in range(20)
]


def test_differences() -> None:
    found = autolog.compare(SMALL, LARGE, names=("small", "large"))
    assert [d.measure for d in found] == [
        "error_rate",
        "duration_ms",
        "duration_p50_ms",
        "duration_p95_ms",
        "input_tokens",
        "output_tokens",
        "total_tokens",
        "cost",
        "model_calls",
        "first_chunk_ms",
        "tokens_per_second",
        "feedback.good",
    ]
    duration = found["duration_ms"]
    assert (duration.a, duration.b, duration.difference) == pytest.approx((1095, 1595, 500))
    assert duration.method == "Welch"
    assert duration.low is not None
    assert 450 < duration.low < 500 < (duration.high or 0) < 550
    assert duration.clear
    errors = found["error_rate"]
    assert (errors.a, errors.b, errors.method, errors.clear) == (0, 0.5, "Newcombe", True)
    assert (found["model_calls"].difference, found["model_calls"].clear) == (0, False)
    assert found["duration_p95_ms"].method == "bootstrap"
    assert found["first_chunk_ms"].a == pytest.approx(109.5)
    assert found["tokens_per_second"].a == pytest.approx(50 / 0.5475, rel=0.01)
    good = found["feedback.good"]
    assert (good.a, good.b, good.difference, good.low, good.traces_a) == (None, 0.8, None, None, 0)
    assert len(found) == 12
    with pytest.raises(KeyError, match="no measure 'speed'; there are: error_rate, duration_ms"):
        found["speed"]


def test_as_text_and_frame() -> None:
    found = autolog.compare(SMALL, LARGE, names=("small", "large"), confidence=0.9)
    lines = str(found).splitlines()
    assert lines[0].split() == ["measure", "small", "large", "difference", "90%", "interval", "by"]
    assert lines[2].split()[:5] == ["duration_ms", "1,095", "1,595", "500", "(+46%)"]
    assert "*" in lines[2]
    assert "*" not in lines[9]
    frame = found.to_pandas().set_index("measure")
    assert frame.loc["cost", "clear"]
    assert list(frame.columns[:3]) == ["a", "b", "difference"]


def test_whatever_names_traces(tmp_path: Path) -> None:
    with open_store(tmp_path / "autolog.db") as store:
        store.write([*SMALL, *LARGE])
    autolog.configure(store=tmp_path / "autolog.db")
    frame = autolog.search_traces("tag.chunk = 'large'")
    by_filter = autolog.compare("tag.chunk = 'small'", "tag.chunk = 'large'")
    assert by_filter == autolog.compare(SMALL, frame)
    assert by_filter["feedback.good"].b == 0.8
    with pytest.raises(ValueError, match=r"the set 'b' has no traces: tag\.chunk = 'none'"):
        autolog.compare(SMALL, "tag.chunk = 'none'")


@pytest.mark.parametrize(
    ("a", "options", "error", "message"),
    [
        ([1, 2], {}, TypeError, "traces are Trace objects, their ids, a DataFrame .*, or a filter string; not int"),
        (SMALL, {"names": ("x",)}, ValueError, r"names are two, one for each set, .*; not \('x',\)"),
        (SMALL, {"names": "ab"}, ValueError, "names are two"),
        (5, {}, TypeError, "not int"),
        (SMALL, {"confidence": 95}, ValueError, "confidence is between 0 and 1"),
        ([], {}, ValueError, "the set 'a' has no traces"),
    ],
)
def test_what_cannot_be_compared(a: Any, options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        autolog.compare(a, LARGE, **options)


def test_one_trace_each_has_no_interval() -> None:
    found = autolog.compare(SMALL[0], [Trace(tid(7), ())])
    assert found["duration_ms"].low is None
    assert found["error_rate"].low is not None


def test_pictures() -> None:
    pytest.importorskip("matplotlib")
    comparison = autolog.compare(SMALL, LARGE, names=("small", "large"))
    figure = comparison.plot()
    shares, means = figure.axes
    # Of 0 % errors against 50 % there is no percent, and it is drawn
    assert [t.get_text() for t in shares.get_yticklabels()] == ["error_rate"]
    assert [(*line.get_xdata(),) for line in shares.lines[1:2]] == [(50.0,)]
    assert "cost" in [t.get_text() for t in means.get_yticklabels()]
    assert shares.get_xlabel() == "large against small, percentage points"
    assert means.get_xlabel() == "large against small, % of small"
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]
    with open_store(":memory:") as store:
        store.write([*SMALL, *LARGE])
        stats = autolog.Stats(store.stats(by="model,tag:chunk"))
    figure = stats.plot()
    assert [a.get_title() for a in figure.axes] == ["calls", "latency, ms", "tokens", "cost, US dollars"]
    assert [t.get_text() for t in figure.axes[0].get_yticklabels()] == ["gpt-4o, small", "gpt-4o, large"]
    assert stats.to_pandas()["calls"].sum() == 40
    with pytest.raises(ValueError, match="nothing to draw: no call matched"):
        autolog.Stats().plot()


def test_one_large_difference_does_not_hide_the_others() -> None:
    pytest.importorskip("matplotlib")
    dear = [run(200 + n, 1100 + n, tokens=100 * (1 + n % 2 * 60)) for n in range(20)]
    calm, wild = (autolog.compare(SMALL, other).plot().axes[1] for other in (LARGE, dear))
    assert (calm.get_xscale(), wild.get_xscale()) == ("linear", "symlog")
    assert wild.get_xlabel().endswith("logarithmic beyond ±100")


def test_what_was_zero_is_written_beside_its_name() -> None:
    pytest.importorskip("matplotlib")

    def scored(score: float) -> list[Trace]:
        return [run(n, 1000, feedback=(Feedback("score", score + n / 10 * bool(score)),)) for n in range(9)]

    (_, means) = autolog.compare(scored(0), scored(2)).plot().axes
    assert [t.get_text() for t in means.texts] == ["0 to 2.4"]


def test_shares_of_truth_values_from_several_sources_stay_shares() -> None:
    def judged(number: int, *given: bool) -> Trace:
        return trace(number, feedback=tuple(Feedback("ok", v, source=str(n)) for n, v in enumerate(given)))

    all_good = [judged(n, True, True) for n in range(6)]
    found = autolog.compare(all_good, [judged(n, False, n == 0) for n in range(6)])["feedback.ok"]
    assert (found.b, found.method) == (pytest.approx(1 / 12), "Newcombe")
    assert -1 <= (found.low or -9) < (found.difference or 0) < (found.high or 9) < 0
    # As one source that says the same, where they agree
    assert autolog.compare(all_good, all_good)["feedback.ok"].low == pytest.approx(-0.3903, abs=1e-4)
    mixed = [judged(1, True), trace(2, feedback=(Feedback("ok", 0.5),))]
    assert autolog.compare(all_good, mixed)["feedback.ok"].method == "Welch"


def test_without_matplotlib_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"plot\(\) needs matplotlib: pip install 'autolog-genai\[plot\]'"):
        autolog.compare(SMALL, LARGE).plot()
