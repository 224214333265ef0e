"""When each span ran, as a bar on one common scale."""

from __future__ import annotations

from dataclasses import dataclass

from autolog import semconv
from autolog._model import Span, Trace
from autolog._render.lines import Charset, Segment

__all__ = ["Scale", "scale_of"]


@dataclass(frozen=True, slots=True)
class Scale:
    """From ``start_ns`` to ``end_ns`` in ``width`` columns."""

    start_ns: int
    end_ns: int
    width: int

    def bar(self, span: Span, style: str, charset: Charset) -> list[Segment]:
        """Draw a span: thin while it waited for the first chunk, thick afterwards, open where it never ended."""
        begin = self._column(span.start_time_ns)
        end = max(begin + 1, self._column(span.end_time_ns if span.end_time_ns is not None else self.end_ns))
        begin = min(begin, self.width - 1)
        end = min(end, self.width)
        thin = end if span.end_time_ns is None else begin
        first = span.attributes.get(semconv.TIME_TO_FIRST_CHUNK)
        if isinstance(first, (int, float)) and span.end_time_ns is not None:
            thin = min(max(begin, self._column(span.start_time_ns + int(first * 1e9))), end - 1)
        return [
            (" " * begin, ""),
            (charset.glyph("╌", ".") * (thin - begin), style),
            (charset.glyph("━", "=") * (end - thin), style),
        ]

    def _column(self, ns: int) -> int:
        return round((ns - self.start_ns) / (self.end_ns - self.start_ns) * self.width)


def scale_of(trace: Trace, width: int) -> Scale | None:
    """Give the scale that holds all spans; ``None`` where there is no room or no time to show."""
    start = trace.start_time_ns
    end = max((s.end_time_ns or s.start_time_ns for s in trace.spans), default=start)
    return Scale(start, end, width) if width > 0 and end > start else None
