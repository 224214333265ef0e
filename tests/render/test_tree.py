from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from render.sample import HOSTILE, agent_trace, span
from rich.console import Console

from autolog import Span, Trace, Usage, semconv
from autolog._render.lines import Charset, ansi, cells, plain
from autolog._render.text import trace_text
from autolog._render.tree import TraceTree, trace_lines

NARROW = """\
support_agent  OK  2.31s
  2,620 in (1,024 cached) + 88 out = 2,708 tokens
  $0.000231 + 1 unpriced call
trace 0af7651916cd43dd8448eb211c80319c · 2026-11-18 11:06:40
  8 spans · session s-1 · user u\u0308 1 · env=prod
├ agent support_agent         2.31s
│ ├ retrieve [red]docs[/re…   315ms
│ │ └ embeddings text-embe…   173ms       12 in  $0.00000024
│ ├ chat ChatOpenAI           1.07s  (1,204→88)
│ │ └ chat gpt-4o-mini        1.07s    1,204→88    $0.000231
│ ├ execute_tool g… [error]  98.0ms
│ │   ✗ ValueError: no such city: \\x1b[31mOsl\xf8\\x07
│ └ chat llama… [abandoned]   798ms    1,404 in
└ task 日本語… [not ended]
(in brackets: counted at a span below, once)"""

WIDE = """\
support_agent  OK  2.31s  2,620 in (1,024 cached) + 88 out = 2,708 tokens  $0.000231 + 1 unpriced call
trace 0af7651916cd43dd8448eb211c80319c · 2026-11-18 11:06:40 · 8 spans · session s-1 · user u\u0308 1 · env=prod
├─ agent support_agent                                          2.31s                           ━━━━━━━━━━━━━━━━━━━━━━━━
│  ├─ retrieve [red]docs[/red]                                  315ms                           ━━━
│  │  └─ embeddings text-embedding-3-small                      173ms       12 in  $0.00000024  ━━
│  ├─ chat ChatOpenAI · gpt-4o-mini-2024-07-18                  1.07s  (1,204→88)                  ━━━━━━━━━━━━
│  │  └─ chat gpt-4o-mini · gpt-4o-mini-2024-07-18              1.07s    1,204→88    $0.000231     ╌╌╌╌━━━━━━━━
│  ├─ execute_tool get_weather [error]                         98.0ms                                          ━
│  │     ✗ ValueError: no such city: \\x1b[31mOsl\xf8\\x07
│  └─ chat llama-3.3-70b [abandoned] · 1 retry                  798ms    1,404 in                               ━━━━━━━━
└─ task 日本語の名前 [not ended] · parent not in this trace                                                      ╌╌╌╌╌╌╌
(in brackets: counted at a span below, once)"""

ASCII = """\
support_agent  OK  2.31s  2,620 in (1,024 cached) + 88 out = 2,708 tokens
  $0.000231 + 1 unpriced call
trace 0af7651916cd43dd8448eb211c80319c, 2026-11-18 11:06:40, 8 spans
  session s-1, user u\\u0308 1, env=prod
+- agent support_agent                           2.31s
|  +- retrieve [red]docs[/red]                   315ms
|  |  `- embeddings text-embedding-3-small       173ms        12 in  $0.00000024
|  +- chat ChatOpenAI, gpt-4o-mini-2024-07-18    1.07s  (1,204->88)
|  |  `- chat gpt-4o-mini                        1.07s    1,204->88    $0.000231
|  +- execute_tool get_weather [error]          98.0ms
|  |     x ValueError: no such city: \\x1b[31mOsl\\xf8\\x07
|  `- chat llama-3.3-70b [abandoned], 1 retry    798ms     1,404 in
`- task \\u65e5\\u672c\\u8a9e\\u306... [not ended]
(in brackets: counted at a span below, once)"""


@pytest.mark.parametrize(
    ("width", "encoding", "expected"), [(60, "utf-8", NARROW), (120, "utf-8", WIDE), (80, "ascii", ASCII)]
)
def test_a_trace_in_the_terminals_that_people_have(width: int, encoding: str, expected: str) -> None:
    assert trace_text(agent_trace(), width=width, encoding=encoding) == expected


def test_without_a_width_nothing_is_cut_and_notes_are_told() -> None:
    lines = trace_text(agent_trace()).splitlines()
    assert "│  │  └─ chat gpt-4o-mini · gpt-4o-mini-2024-07-18 · first chunk 310ms · 42 chunks" in lines[6]
    assert "━" not in "".join(lines)


def test_rich_prints_the_same_text_in_colour_and_without() -> None:
    for colour, shown in ((None, WIDE), ("standard", ansi(trace_lines(agent_trace(), width=120, charset=Charset())))):
        console = Console(file=io.StringIO(), width=120, color_system=colour, force_terminal=bool(colour))  # type: ignore[arg-type]
        console.print(TraceTree(agent_trace()))
        printed = console.file.getvalue()  # type: ignore[attr-defined]
        if colour is None:
            assert "\n".join(line.rstrip() for line in printed.splitlines()) == shown
        else:
            assert "\x1b[31mexecute_tool" not in printed  # the type has its own colour, the name is red
            assert "\x1b[31m get_weather" in printed
            assert "\x1b[31m get_weather" in shown


def test_texts_of_a_trace_are_neither_markup_nor_codes() -> None:
    trace = Trace("ab" * 16, (span(1, None, HOSTILE, HOSTILE, 0, 1, trace_id="ab" * 16),), tags={HOSTILE: HOSTILE})
    console = Console(file=io.StringIO(), width=200, force_terminal=True, color_system="standard")
    console.print(TraceTree(trace))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    assert r"evil \x1b]0;owned\x07 [bold red]x[/] \u202egnp" in printed
    assert "\x07" not in printed
    assert "\x1b]" not in printed


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({"outcome": "cancelled", "status": "ERROR"}, "task work [cancelled]"),
        ({"status": "ERROR", "attributes": {semconv.ERROR_TYPE: "rate_limit"}}, "✗ rate_limit"),
        ({"attributes": {semconv.FINISH_REASONS: ["stop", "length"]}}, "task work · ended by length"),
        ({"attributes": {semconv.USAGE_COUNTED_BEFORE: {"input_tokens": 3}}}, "task work · tokens counted before"),
        ({"usage": Usage(9, 1, reasoning_tokens=1)}, "task work · 1 reasoning"),
    ],
)
def test_what_must_not_be_overlooked(more: dict[str, object], shown: str) -> None:
    assert shown in trace_text(Trace("t", (span(1, None, "work", "TASK", 0, 1, **more),)))


def test_of_a_large_trace_the_first_spans_are_shown_and_the_rest_counted() -> None:
    spans = [span(1, None, "root", "AGENT", 0, 9), *(span(i, 1, f"s{i}", "TOOL", i, i + 1) for i in range(2, 3000))]
    lines = trace_text(Trace("t", tuple(spans)), max_spans=10).splitlines()
    assert len(lines) == 2 + 10 + 1
    assert lines[-1] == "… 2,989 more spans"


def test_a_chain_deeper_than_pythons_stack_is_shown_within_the_width() -> None:
    spans = [span(1, None, "s1", "AGENT", 0, 9), *(span(i, i - 1, f"s{i}", "AGENT", 0, 9) for i in range(2, 3001))]
    lines = trace_text(Trace("t", tuple(spans)), width=80).splitlines()
    assert len(lines) == 2 + 3000
    assert "agent s3000" in lines[-1]
    assert max(cells(line) for line in lines) <= 80


def test_a_trace_without_its_root_or_without_spans_is_shown_too() -> None:
    assert "IN PROGRESS" in trace_text(Trace("t", (span(2, 1, "a", "TOOL", 0, 1), span(3, 9, "b", "TOOL", 0, 1))))
    assert trace_text(Trace("t", ())).startswith("(no name)  IN PROGRESS")


_NUMBERS = st.integers(1, 12)


@st.composite
def _traces(draw: st.DrawFn) -> Trace:
    """Give traces as broken imports have them: parents that are missing, their own, or in a circle."""
    numbers = draw(st.lists(_NUMBERS, unique=True, min_size=1))
    spans: list[Span] = []
    for number in numbers:
        begin = draw(st.integers(0, 50))
        usage = draw(st.none() | st.builds(Usage, *[st.none() | st.integers(0, 10**7)] * 3))
        spans.append(
            span(
                number,
                draw(st.none() | _NUMBERS),
                f"<{number}>" + draw(st.text(st.characters(codec=None, exclude_characters="<"), max_size=30)),
                draw(st.sampled_from(["AGENT", "CHAT_MODEL", "MINE"])),
                begin,
                draw(st.none() | st.integers(begin, begin + 10**6)),
                usage=usage,
                cost=draw(st.none() | st.floats(0, 100)),
                status=draw(st.sampled_from(["OK", "ERROR"])),
            )
        )
    return Trace("t", tuple(spans))


@settings(deadline=None, max_examples=50)
@given(_traces(), st.integers(50, 200), st.sampled_from(["utf-8", "ascii", "latin-1"]))
def test_every_span_comes_once_and_every_line_fits(trace: Trace, width: int, encoding: str) -> None:
    text = trace_text(trace, width=width, encoding=encoding)
    text.encode(encoding)
    lines = text.splitlines()
    assert max(cells(line) for line in lines) <= width
    whole = plain(trace_lines(trace))
    for one in trace.spans:
        number = int(one.span_id, 16)
        tops = sum(f"<{number}>" in line and any(c in line for c in "├└") for line in whole.splitlines())
        assert tops == 1
