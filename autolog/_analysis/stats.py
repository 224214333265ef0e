"""What :func:`autolog.stats` gives: rows, with a picture of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame

__all__ = ["Stats"]


class Stats(list[dict[str, Any]]):
    """A list of one dict a group, the busiest first; printed, a table."""

    def __str__(self) -> str:
        from autolog._render.stats import stats_lines

        lines = stats_lines(self) if self else [[("no call matched", "")]]
        return "\n".join("".join(text for text, _ in line).rstrip() for line in lines)

    __repr__ = __str__

    def _repr_html_(self) -> str | None:
        """The table in a notebook; without pandas the text is shown."""
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

        return stats_figure(self)
