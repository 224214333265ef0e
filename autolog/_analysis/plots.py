"""Statistics and comparisons as matplotlib figures."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from autolog._analysis.compare import Comparison, Difference

__all__ = ["comparison_figure", "stats_figure"]

_MOST_GROUPS: Final = 30
_LINEAR_TO: Final = 100
"""Percent up to which differences are drawn as they are; beyond that, if any goes far beyond, by their size."""

# The colour-blind safe palette of Okabe and Ito (2008): https://jfly.uni-koeln.de/color/
_BLUE: Final = "#0072B2"
_SKY: Final = "#56B4E9"
_ORANGE: Final = "#E69F00"
_GREY: Final = "#999999"

# Everything that is not a key that rows are grouped by.
_MEASURES: Final = frozenset({"traces", "calls", "errors", "error_rate", "cost", "unpriced_calls", "tokens_per_second"})


def stats_figure(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Draw groups as bars: calls with their errors, latency, tokens, cost."""
    shown = list(reversed(rows[:_MOST_GROUPS]))
    names = [_group(row) for row in shown]
    places = range(len(shown))
    figure = _figure(width=14, height=1.4 + 0.35 * len(shown))
    calls, latency, tokens, cost = figure.subplots(1, 4, sharey=True)
    calls.barh(places, [r["calls"] for r in shown], color=_SKY, label="calls")
    calls.barh(places, [r["errors"] for r in shown], color=_ORANGE, label="errors")
    calls.set_title("calls")
    for percent, color in ((99, _SKY), (95, _BLUE), (50, _ORANGE)):
        latency.plot([r[f"p{percent}_ms"] for r in shown], places, "o", color=color, label=f"p{percent}")
    latency.set_title("latency, ms")
    read, written = ([r[f"{way}_tokens"] or 0 for r in shown] for way in ("input", "output"))
    tokens.barh(places, read, color=_BLUE, label="input")
    tokens.barh(places, written, left=read, color=_ORANGE, label="output")
    tokens.set_title("tokens")
    cost.barh(places, [r["cost"] or 0.0 for r in shown], color=_BLUE)
    cost.set_title("cost, US dollars")
    calls.set_yticks(list(places), names)
    for axes in (calls, latency, tokens):
        axes.legend(fontsize="small")
    if len(rows) > len(shown):
        figure.suptitle(f"the first {len(shown)} of {len(rows)} groups")
    return figure


def comparison_figure(comparison: Comparison) -> Any:
    """Draw differences, each with its interval: means in percent of the first set's value, shares in points.

    A share of 0 has no percent of itself, and 0 % against 50 % errors is what one wants to see; any other measure that
    is 0 in the first set is written beside its name.
    """
    drawn = [d for d in reversed(comparison.differences) if d.difference is not None]
    if not drawn:
        raise ValueError("there is nothing to draw: no measure that both sets have")
    shares = [d for d in drawn if d.is_share]
    means = [d for d in drawn if not d.is_share]
    panels = [some for some in (shares, means) if some]
    figure = _figure(width=8, height=1.4 * len(panels) + 0.4 * len(drawn))
    places: Any = figure.subplots(len(panels), 1, squeeze=False, height_ratios=[len(some) + 2 for some in panels])
    one, two = comparison.names
    for axes, some in zip(places[:, 0], panels, strict=True):
        reach = max(_differences(axes, some))
        unit = "percentage points" if some is shares else f"% of {one}"
        if reach > _LINEAR_TO * 3:
            axes.set_xscale("symlog", linthresh=_LINEAR_TO, linscale=2)
            axes.xaxis.set_major_formatter("{x:,.0f}")
            unit += f", logarithmic beyond ±{_LINEAR_TO}"
        axes.axvline(0, color="black", linewidth=0.8)
        axes.set_ylim(-0.6, len(some) - 0.4)
        axes.set_yticks(range(len(some)), [d.measure for d in some])
        axes.set_xlabel(f"{two} against {one}, {unit}")
    figure.suptitle(f"lines are {comparison.confidence:.0%} intervals, blue where they leave out 0", fontsize="medium")
    return figure


def _differences(axes: Any, drawn: Sequence[Difference]) -> Iterator[float]:
    """Draw one line a difference; gives how far out each goes."""
    for place, found in enumerate(drawn):
        color = _BLUE if found.clear else _GREY
        whole = 1.0 if found.is_share else abs(found.a or 0.0)
        if not whole and found.difference:
            axes.annotate(
                f"0 to {found.b:,.4g}", (0, place), (6, 0), textcoords="offset points", va="center", color=color
            )
            yield 0.0
            continue
        middle, *ends = (100 * (v or 0.0) / (whole or 1.0) for v in (found.difference, found.low, found.high))
        if found.low is None:
            ends = [middle, middle]
        axes.plot(ends, [place, place], color=color, linewidth=2)
        axes.plot([middle], [place], "o", color=color)
        yield max(map(abs, (middle, *ends)))


def _group(row: Mapping[str, Any]) -> str:
    keys = [v for k, v in row.items() if k not in _MEASURES and not k.endswith(("_ms", "_tokens"))]
    return ", ".join("(none)" if v is None else str(v) for v in keys)


def _figure(*, width: float, height: float) -> Any:
    try:
        figures: Any = import_module("matplotlib.figure")
    except ImportError as e:
        raise ImportError("plot() needs matplotlib: pip install 'autolog-genai[plot]'") from e
    # A notebook shows a figure that pyplot does not know of, once, by this method.
    shown: Any = type("Figure", (figures.Figure,), {"_repr_png_": _png})
    return shown(figsize=(width, height), layout="constrained")


def _png(figure: Any) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=100)
    return picture.getvalue()
