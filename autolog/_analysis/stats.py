"""What :func:`autolog.stats` gives: rows, with a picture of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pandas import DataFrame

    from autolog._store import Store

__all__ = ["NO_CALL", "Stats", "why_none"]

NO_CALL: Final = "no call matched"


def why_none(store: Store, *, since_ns: int | None, filter_string: str | None) -> str:
    """Say why statistics have no rows: there may be traces, in which no model was called."""
    from autolog._store import Query

    traces = store.count(Query(filter_string, since_ns=since_ns))
    if not traces:
        return NO_CALL
    matched = f"{traces:,} traces" if traces > 1 else "1 trace"
    return f"no model call matched, in {matched}: span_name, span_type and operation count every span"


class Stats(list[dict[str, Any]]):
    """A list of one dict a group, the busiest first; printed, a table. ``none`` says why there is no group."""

    def __init__(self, rows: Iterable[dict[str, Any]] = (), *, none: str = "") -> None:
        super().__init__(rows)
        self.none = none or NO_CALL

    def __str__(self) -> str:
        from autolog._render.stats import stats_lines

        lines = stats_lines(self) if self else [[(self.none, "")]]
        return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)

    __repr__ = __str__

    def _repr_html_(self) -> str | None:
        """The table in a notebook; without pandas, and where there are no rows, the text is shown."""
        if not self:
            return None
        try:
            frame: Any = self.to_pandas()
        except ImportError:
            return None
        html: str = frame.to_html(index=False, na_rep="")
        return html

    def to_pandas(self) -> DataFrame:
        """Give the rows as a DataFrame. Raises ``ImportError`` where pandas is not installed."""
        try:
            import pandas as pd
        except ImportError as e:
            raise ImportError("a DataFrame needs pandas: pip install 'autolog-genai[pandas]'") from e
        return pd.DataFrame(list(self))

    def plot(self) -> Any:
        """Draw calls, latencies, tokens and cost of each group as a matplotlib figure.

        Raises ``ImportError`` where matplotlib is not installed, ``ValueError`` where there is nothing to draw.
        """
        from autolog._analysis.plots import stats_figure

        if not self:
            raise ValueError(f"there is nothing to draw: {self.none}")

        return stats_figure(self)
