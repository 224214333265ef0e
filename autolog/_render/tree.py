"""A trace as a tree of lines: for every span its type, name, model, duration, tokens and cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from autolog._model import Trace, counted_spans
from autolog._render.facts import badge, error_text, notes, titled
from autolog._render.header import header_lines
from autolog._render.lines import Charset, Line, Segment, as_rich, cells, cut, pad
from autolog._render.numbers import dollars, duration, tokens_pair
from autolog._render.walk import Row, rows
from autolog._render.waterfall import Scale, scale_of

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

__all__ = ["TraceTree", "trace_lines"]

_NARROW: Final = 80
_WIDE: Final = 100
_SMALLEST_LEFT: Final = 26
_NATURAL_LEFT: Final = 96
_GAP: Final = "  "


@dataclass(frozen=True, slots=True)
class _Cells:
    """The texts of one span's columns, before anything is cut."""

    row: Row
    duration: str
    tokens: str
    cost: str
    counted: bool


@dataclass(frozen=True, slots=True)
class _Layout:
    left: int
    step: int
    duration: int
    tokens: int
    cost: int
    bar: int
    width: int | None


class TraceTree:
    """A trace that rich prints in the console's width, encoding and colours."""

    def __init__(self, trace: Trace, *, max_spans: int | None = None) -> None:
        self.trace = trace
        self.max_spans = max_spans

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        charset = Charset(options.encoding)
        yield as_rich(trace_lines(self.trace, width=options.max_width, charset=charset, max_spans=self.max_spans))


def trace_lines(
    trace: Trace, *, width: int | None = None, charset: Charset | None = None, max_spans: int | None = None
) -> list[Line]:
    """Give a trace as lines: a header, then the tree.

    ``width`` is in terminal columns (``None``: as wide as it needs, without the waterfall); of more than
    ``max_spans`` spans the first ones are shown, and how many are left out.
    """
    charset = charset or Charset()
    counted = {s.span_id for s in counted_spans(trace.spans)}
    shown = [_cells(row, counted, charset) for row in islice(rows(trace), max_spans)]
    layout = _layout(shown, width, charset)
    scale = scale_of(trace, layout.bar)
    lines = header_lines(trace, width=width, charset=charset)
    for item in shown:
        lines.append(_span_line(item, layout, scale, charset))
        error = error_text(item.row.span)
        if error is not None:
            lines.append(_error_line(item.row, error, layout, charset))
    lines += _footer(len(trace.spans) - len(shown), charset, nested=any(not i.counted for i in shown))
    return lines


def _cells(row: Row, counted: set[str], charset: Charset) -> _Cells:
    span = row.span
    known = tokens_pair(span.usage, arrow=charset.glyph("→", "->"))
    cost = dollars(span.cost)
    is_counted = not span.usage or span.span_id in counted
    if not is_counted:
        known, cost = f"({known})", f"({cost})" if cost else ""
    return _Cells(row, charset.writable(duration(span.duration_ms)), known, cost, is_counted)


def _layout(shown: Sequence[_Cells], width: int | None, charset: Charset) -> _Layout:
    columns = [
        max((cells(text) for text in column), default=0)
        for column in ([i.duration for i in shown], [i.tokens for i in shown], [i.cost for i in shown])
    ]
    step = 2 if width is not None and width < _NARROW else 3
    if width is None:
        natural = [cells("".join(t for t, _ in _left(i, step, _NATURAL_LEFT, charset))) for i in shown]
        left, bar = max(natural, default=0), 0
        return _Layout(left, step, columns[0], columns[1], columns[2], bar, None)
    taken = sum(size + len(_GAP) for size in columns if size)
    bar = min(max(width // 5, 16), 40) if width >= _WIDE and len(shown) > 1 else 0
    # What is least needed goes first where the terminal is too narrow.
    while taken and width - taken < _SMALLEST_LEFT:
        dropped = 2 if columns[2] else 1 if columns[1] else 0
        taken -= columns[dropped] + len(_GAP)
        columns[dropped] = 0
    left = width - taken - (bar + len(_GAP) if bar else 0)
    return _Layout(left, step, columns[0], columns[1], columns[2], bar, width)


def _span_line(item: _Cells, layout: _Layout, scale: Scale | None, charset: Charset) -> Line:
    left = _left(item, layout.step, layout.left, charset)
    line: list[Segment] = [*left, (" " * max(0, layout.left - cells("".join(t for t, _ in left))), "")]
    usage_style = "" if item.counted else "dim"
    for text, size, style in (
        (item.duration, layout.duration, ""),
        (item.tokens, layout.tokens, usage_style),
        (item.cost, layout.cost, usage_style or "green"),
    ):
        if size:
            line.append((_GAP + pad(text, size, right=True), style))
    if scale is not None:
        span = item.row.span
        (_, style), _ = titled(span, charset)
        line += [(_GAP, ""), *scale.bar(span, "red" if span.status == "ERROR" else style, charset)]
    return line


def _left(item: _Cells, step: int, width: int, charset: Charset) -> list[Segment]:
    span = item.row.span
    guide = _guide(item.row, step, width // 3, charset)
    (word, style), name = titled(span, charset)
    mark = badge(span)
    room = width - cells(guide) - (cells(mark[0]) + 1 if mark else 0)
    title = cut(f"{word} {name}", max(room, 4), mark=charset.glyph("…", "..."))
    name_style = "red" if span.status == "ERROR" else "bold" if len(item.row.ancestors_last) == 1 else ""
    left: list[Segment] = [(guide, "dim"), (title[: len(word)], style), (title[len(word) :], name_style)]
    room -= cells(title)
    if mark:
        left += [(" ", ""), mark]
    between = charset.glyph(" · ", ", ")
    extra = notes(span, charset)
    if item.row.orphan:
        extra.insert(0, "parent not in this trace")
    for note in extra:
        room -= cells(between) + cells(note)
        if room < 0:
            break
        left.append((between + note, "dim"))
    return left


def _guide(row: Row, step: int, width: int, charset: Charset) -> str:
    *above, last = row.ancestors_last
    own = charset.glyph("└─", "`-") if last else charset.glyph("├─", "+-")
    return _above(above, step, width - step, charset) + own[: step - 1] + " "


def _above(levels: Sequence[bool], step: int, width: int, charset: Charset) -> str:
    """Draw the levels above; of more than there is room for, the innermost ones and how many are left out."""
    bar = charset.glyph("│", "|")
    drawn = [(" " if last else bar).ljust(step) for last in levels]
    most = max(width // step, 2)
    if len(drawn) > most:
        hidden = len(drawn) - most + 2
        return f"+{hidden} ".ljust(step) + "".join(drawn[hidden:])
    return "".join(drawn)


def _error_line(row: Row, error: str, layout: _Layout, charset: Charset) -> Line:
    width = layout.left if layout.width is None else layout.width
    guide = _above(row.ancestors_last, layout.step, width // 3, charset)
    below = charset.glyph("│", "|") if row.has_children else " "
    text = charset.glyph("✗ ", "x ") + charset.one_line(error, limit=400)
    start = guide + below.ljust(layout.step)
    if layout.width is not None:
        text = cut(text, max(layout.width - cells(start), 8), mark=charset.glyph("…", "..."))
    return [(start, "dim"), (text, "red")]


def _footer(hidden: int, charset: Charset, *, nested: bool) -> list[Line]:
    lines: list[Line] = []
    if hidden > 0:
        lines.append([(charset.glyph("… ", "... ") + f"{hidden:,} more spans", "yellow")])
    if nested:
        lines.append([("(in brackets: counted at a span below, once)", "dim")])
    return lines
