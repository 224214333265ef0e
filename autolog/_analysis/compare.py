"""Two sets of traces side by side: what differs, by how much, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final

from autolog import semconv
from autolog._analysis.intervals import Interval, mean_difference, percentile_difference, share_difference
from autolog._model import Trace, counted_spans
from autolog._store.stats import percentile

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Comparison", "Difference", "compare"]

WELCH: Final = "Welch"
NEWCOMBE: Final = "Newcombe"
BOOTSTRAP: Final = "bootstrap"


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure of both sets: ``difference`` is ``b - a``, ``low`` and ``high`` its interval by ``method``.

    ``ratio`` is ``b / a``; ``traces_a`` and ``traces_b`` count the traces that have the measure. ``clear`` says that
    the interval leaves out zero. What a set does not have is ``None``.
    """

    measure: str
    a: float | None
    b: float | None
    difference: float | None
    low: float | None
    high: float | None
    ratio: float | None
    traces_a: int
    traces_b: int
    method: str

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    @property
    def is_share(self) -> bool:
        """Whether ``a`` and ``b`` are shares, from 0 to 1."""
        return self.method == NEWCOMBE


@dataclass(frozen=True)
class Comparison:
    """The differences between two sets of traces, one a measure; iterating gives them, and ``comparison["cost"]``."""

    differences: tuple[Difference, ...]
    names: tuple[str, str]
    confidence: float

    def __iter__(self) -> Iterator[Difference]:
        return iter(self.differences)

    def __len__(self) -> int:
        return len(self.differences)

    def __getitem__(self, measure: str) -> Difference:
        for found in self.differences:
            if found.measure == measure:
                return found
        raise KeyError(f"no measure {measure!r}; there are: {', '.join(d.measure for d in self.differences)}")

    def to_pandas(self) -> DataFrame:
        """Give one row a measure. Raises ``ImportError`` where pandas is not installed."""
        try:
            import pandas as pd
        except ImportError as e:
            raise ImportError("a DataFrame needs pandas: pip install 'autolog-genai[pandas]'") from e
        return pd.DataFrame([{**asdict(d), "clear": d.clear} for d in self.differences])

    def plot(self) -> Any:
        """Draw each difference with its interval as a matplotlib figure: means in percent of the first set's value,
        shares in percentage points.

        Raises ``ImportError`` where matplotlib is not installed, ``ValueError`` where there is nothing to draw.
        """
        from autolog._analysis.plots import comparison_figure

        return comparison_figure(self)

    def __str__(self) -> str:
        head = ("measure", *self.names, "difference", f"{self.confidence:.0%} interval", "by")
        rows = [head, *(_row(d) for d in self.differences)]
        widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
        return "\n".join(
            "  ".join(
                t.rjust(w) if 0 < i < 5 else t.ljust(w) for i, (t, w) in enumerate(zip(r, widths, strict=True))
            ).rstrip()
            for r in rows
        )

    __repr__ = __str__


def compare(
    a: DataFrame | Iterable[Trace | str] | Trace | str,
    b: DataFrame | Iterable[Trace | str] | Trace | str,
    *,
    names: tuple[str, str] = ("a", "b"),
    confidence: float = 0.95,
) -> Comparison:
    """Compare two sets of traces: framework with framework, model with model, a tag's values with each other.

    ``a`` and ``b`` are DataFrames or Arrow tables of :func:`search_traces`, traces, trace ids, or filter strings.
    Measured are, trace by trace, duration, tokens, cost, model calls, the time to the first chunk, output tokens a
    second, the share of errors, and each feedback that is a number or a truth value. The intervals, at ``confidence``,
    are Welch's for means, Newcombe's for shares, and the bootstrap's for percentiles; they take the traces of a set to
    be independent of each other. Raises ``ValueError`` where a set is empty, an id is not stored, ``names`` are not two
    or ``confidence`` is not between 0 and 1, ``TypeError`` for what holds no traces.
    """
    from autolog._store.chosen import traces_of

    if isinstance(names, str) or len(names) != 2:
        raise ValueError(f"names are two, one for each set, such as ('before', 'after'); not {names!r}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is between 0 and 1, such as 0.95, not {confidence!r}")
    sets = (traces_of(a), traces_of(b))
    for name, source, traces in zip(names, (a, b), sets, strict=True):
        if not traces:
            raise ValueError(f"the set {name!r} has no traces" + (f": {source}" if isinstance(source, str) else ""))
    first, second = sets
    found = [_shares("error_rate", _errors(first), _errors(second), confidence)]
    for measure, of in _MEASURES.items():
        one, two = _values(first, of), _values(second, of)
        if one or two:
            found.append(_means(measure, one, two, confidence))
            if measure == "duration_ms":
                found += (_percentiles(f"duration_p{p}_ms", one, two, p, confidence) for p in (50, 95))
    for name in sorted({f.name for t in (*first, *second) for f in t.feedback}):
        verdicts = _verdicts(first, name), _verdicts(second, name)
        given = [v for some in verdicts for values in some for v in values]
        if given:
            # By what was given, not by the means of it: those of truth values from several sources are fractions.
            shares = all(isinstance(v, bool) for v in given)
            one, two = ([fmean(values) for values in some] for some in verdicts)
            found.append((_shares if shares else _means)(f"feedback.{name}", one, two, confidence))
    return Comparison(tuple(found), (str(names[0]), str(names[1])), confidence)


def _values(traces: Sequence[Trace], of: Callable[[Trace], float | None]) -> list[float]:
    return [value for trace in traces if (value := of(trace)) is not None]


def _errors(traces: Sequence[Trace]) -> list[bool]:
    return [trace.status == "ERROR" for trace in traces]


def _verdicts(traces: Sequence[Trace], name: str) -> list[list[float]]:
    """Give of each trace that has any what its sources gave under this name."""
    found: list[list[float]] = []
    for trace in traces:
        given = [f.value for f in trace.feedback if f.name == name]
        numbers: list[float] = [v for v in given if isinstance(v, (bool, int, float)) and math.isfinite(v)]
        if numbers:
            found.append(numbers)
    return found


def _tokens(member: str) -> Callable[[Trace], float | None]:
    return lambda trace: getattr(trace.usage, member)


def _first_chunk(trace: Trace) -> float | None:
    found = [v for s in counted_spans(trace.spans) if (v := s.attributes.get(semconv.TIME_TO_FIRST_CHUNK)) is not None]
    return fmean(found) * 1e3 if found else None


def _speed(trace: Trace) -> float | None:
    calls = [s for s in counted_spans(trace.spans) if s.usage and s.usage.output_tokens and s.duration_ms]
    tokens = sum(s.usage.output_tokens or 0 for s in calls if s.usage)
    return tokens / (sum(s.duration_ms or 0.0 for s in calls) / 1e3) if calls else None


def _calls(trace: Trace) -> float | None:
    from autolog._store.rollup import model_calls

    return len(model_calls(trace.spans)) or None


_MEASURES: Final[dict[str, Callable[[Trace], float | None]]] = {
    "duration_ms": lambda trace: trace.duration_ms,
    "input_tokens": _tokens("input_tokens"),
    "output_tokens": _tokens("output_tokens"),
    "total_tokens": _tokens("total_tokens"),
    "cost": lambda trace: trace.cost,
    "model_calls": _calls,
    "first_chunk_ms": _first_chunk,
    "tokens_per_second": _speed,
}


def _difference(
    measure: str, a: float | None, b: float | None, interval: Interval | None, sizes: tuple[int, int], method: str
) -> Difference:
    if a is None or b is None:
        return Difference(measure, a, b, None, None, None, None, *sizes, method)
    low, high = interval or (None, None)
    return Difference(measure, a, b, b - a, low, high, b / a if a else None, *sizes, method)


def _means(measure: str, a: Sequence[float], b: Sequence[float], confidence: float) -> Difference:
    means = [fmean(values) if values else None for values in (a, b)]
    return _difference(measure, means[0], means[1], mean_difference(a, b, confidence), (len(a), len(b)), WELCH)


def _shares(measure: str, a: Sequence[float], b: Sequence[float], confidence: float) -> Difference:
    shares = [sum(values) / len(values) if values else None for values in (a, b)]
    interval = share_difference(sum(a), len(a), sum(b), len(b), confidence)
    return _difference(measure, shares[0], shares[1], interval, (len(a), len(b)), NEWCOMBE)


def _percentiles(measure: str, a: Sequence[float], b: Sequence[float], percent: int, confidence: float) -> Difference:
    one, two = sorted(a), sorted(b)
    interval = percentile_difference(one, two, percent, confidence)
    found = percentile(one, percent), percentile(two, percent)
    return _difference(measure, *found, interval, (len(a), len(b)), BOOTSTRAP)


def _row(found: Difference) -> tuple[str, ...]:
    interval = "" if found.low is None or found.high is None else f"{_number(found.low)} to {_number(found.high)}"
    share = f" ({found.ratio - 1:+.0%})" if found.ratio is not None else ""
    moved = "" if found.difference is None else _number(found.difference) + share
    mark = " *" if found.clear else "  "
    return found.measure, _number(found.a), _number(found.b), moved, interval + mark, found.method


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
