"""What the plugin says in pytest's output: the header, a failing test's trace, and the summary."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from autolog._pytest.keys import SESSION
from autolog._pytest.options import mode_of

if TYPE_CHECKING:
    from autolog._pytest.tracing import Session

__all__ = ["compared", "mode_line", "show_trace", "summary_lines", "write_report"]

_NETWORK = {"replay": "network refused"}


def mode_line(config: pytest.Config, tests: int | None = None) -> str:
    """Give the record mode, where it comes from, and what it means for the network, on one line."""
    mode = mode_of(config)
    count = "" if tests is None else f", {tests} test{'s' * (tests != 1)} with cassettes"
    return f"autolog: {mode.name} ({mode.source}){count}, {_NETWORK.get(mode.name, 'network open')}"


def show_trace(item: pytest.Item, report: pytest.TestReport) -> None:
    """Add the trace of a test that failed to its report, and write it as HTML where there is a viewer."""
    session = item.stash.get(SESSION, None)
    if session is None or any(name == _TITLE for name, _ in report.sections):
        return
    if session.traces.all:
        report.sections.append((_TITLE, "\n".join([str(session.traces), *_pages(item, session)])))


_TITLE = "Traced by autolog"


def _pages(item: pytest.Item, session: Session) -> list[str]:
    """Write the traces as HTML files into pytest's cache folder, where traces can be written as HTML."""
    cache: Any = getattr(item.config, "cache", None)
    lines: list[str] = []
    for number, trace in enumerate(session.traces.all, 1):
        to_html: Any = getattr(trace, "to_html", None)
        if to_html is None or cache is None:
            return []
        from autolog._pytest.paths import file_name

        # A test's failure must not be replaced by one of ours: a full disk, a viewer that fails.
        with contextlib.suppress(Exception):
            path = cache.mkdir("autolog-traces") / f"{file_name(item.nodeid)}-{number}.html"
            path.write_text(to_html(), encoding="utf-8")
            lines.append(f"as a page: {path}")
    return lines


def compared(config: pytest.Config, left: object, right: object) -> list[str] | None:
    """Explain ``traces.tree() == expected`` as a tree; ``None`` where neither side is such a tree."""
    session = config.stash.get(SESSION, None)
    if session is None or not isinstance(left, list) or not isinstance(right, list):
        return None
    traces = session.traces
    one, other = cast("list[Any]", left), cast("list[Any]", right)
    if traces.gave(one):
        return ["traces.tree() == expected", *traces.explain(one, other)]
    if traces.gave(other):
        return ["expected == traces.tree()", *traces.explain(other, one)]
    return None


def summary_lines(found: Sequence[dict[str, Any]], *, full: bool) -> list[str]:
    """Give what recording did, and in a ``full`` report what every test replayed."""
    lines: list[str] = []
    if full:
        for each in found:
            counts = f"{each['replayed']} replayed, {each['live']} live, {each['misses']} missed"
            saved = f", {each['tokens']:,} tokens not paid for" if each["tokens"] else ""
            lines.append(f"{each['test']}: {counts}{saved} ({each['cassette']})")
        total = sum(each["tokens"] for each in found)
        replayed = sum(each["replayed"] for each in found)
        lines.append(f"in all: {replayed} replayed in {len(found)} tests, {total:,} tokens not paid for")
    for each in found:
        if each["notes"]:
            lines += [f"{each['cassette']}:", *(f"  {note}" for note in each["notes"])]
    return lines


def write_report(found: Sequence[dict[str, Any]], config: pytest.Config) -> None:
    """Write the report as JSON into the file that the command line names."""
    text = json.dumps({"root": str(config.rootpath), "tests": list(found)}, indent=1, ensure_ascii=False)
    Path(str(config.getoption("--llm-report-file"))).write_text(text + "\n", encoding="utf-8")
