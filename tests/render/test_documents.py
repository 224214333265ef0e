from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from render.sample import HOSTILE, agent_trace, span, text

from autolog import Trace, semconv
from autolog._model import ExceptionInfo
from autolog._render.lines import Charset, cells, plain
from autolog._render.markdown import trace_markdown
from autolog._render.svg import trace_svg
from autolog._render.table import Column, table_lines
from autolog._render.text import trace_text

COLUMNS = (
    Column(title="id"),
    Column(title="name", flexible=True, smallest=4),
    Column(title="never"),
    Column(title="cost", right=True),
)
ROWS = [
    [("a", "cyan"), ("short", ""), ("", ""), ("$1.00", "")],
    [("bb", "cyan"), ("\u65e5\u672c\u8a9e\u306e\u540d\u524d", ""), ("", ""), ("", "")],
]


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (None, ["id  name           cost", "a   short         $1.00", "bb  日本語の名前"]),
        (19, ["id  name       cost", "a   short     $1.00", "bb  日本語…"]),
        (5, ["id  name   cost", "a   sho…  $1.00", "bb  日…"]),
    ],
)
def test_a_table_cuts_what_may_be_cut_and_leaves_out_empty_columns(width: int | None, expected: list[str]) -> None:
    assert plain(table_lines(COLUMNS, ROWS, width=width)).splitlines() == expected


def test_a_table_of_no_rows_is_its_head_alone() -> None:
    assert plain(table_lines(COLUMNS, [])) == ""


def test_ascii_tables_mark_what_is_cut_in_ascii() -> None:
    rows = [[("a", ""), ("a long name", ""), ("", ""), ("", "")]]
    assert plain(table_lines(COLUMNS, rows, width=12, charset=Charset("ascii"))).splitlines()[1] == "a   a lon..."


def test_markdown_holds_the_tree_what_was_said_and_the_errors() -> None:
    shown = trace_markdown(agent_trace())
    assert shown.startswith("# support\\_agent\n\n- status: OK\n- duration: 2.31s\n")
    assert trace_text(agent_trace(), width=100) in shown
    assert "(3 earlier messages as above)" in shown
    assert shown.count("Weather in Oslo?") == 1
    assert "## Error in execute\\_tool get\\_weather\n\n```\nbuiltins.ValueError: no such city" in shown


def test_nothing_that_was_said_ends_its_code_block() -> None:
    said = "```\n# not a heading\n````\n<script>"
    attributes = {semconv.INPUT_MESSAGES: [text("user", said)]}
    shown = trace_markdown(Trace("t", (span(1, None, "c <b>*x*</b>", "CHAT_MODEL", 0, 1, attributes=attributes),)))
    assert f"\n`````\n{said}\n`````\n" in shown
    assert shown.startswith("# c \\<b\\>\\*x\\*\\</b\\>")


def test_the_picture_is_the_same_each_time_and_fetches_nothing() -> None:
    picture = trace_svg(agent_trace(), width=100)
    assert picture == trace_svg(agent_trace(), width=100)
    assert "url(" not in picture.replace("url(#", "")
    assert not re.search(r"(href|src)=", picture)
    root = ET.fromstring(picture)
    written = "".join("".join(element.itertext()) for element in root.iter("{http://www.w3.org/2000/svg}text"))
    assert "support_agent" in written
    assert "execute_tool get_weather" in written.replace("\xa0", " ")


def test_a_picture_of_hostile_texts_is_well_formed() -> None:
    error = ExceptionInfo(HOSTILE, "<&>\x00\ud800")
    ET.fromstring(trace_svg(Trace("t", (span(1, None, HOSTILE, "TOOL", 0, 1, status="ERROR", exception=error),))))


def test_widths_count_cells() -> None:
    assert cells("日本") == 4
