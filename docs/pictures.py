"""Make the pictures of the documents again.

``python docs/pictures.py TRACE.json OUT.svg [WIDTH]`` draws the tree of a trace as in a terminal;
``python docs/pictures.py demo`` plays the recorded demo and an example on LangChain, and takes all pictures of them, the
view's in a real browser (needs ``playwright``, ``langchain-openai`` and a Chromium on the machine).
"""

from __future__ import annotations

import os
import runpy
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from autolog import Trace
from autolog._render.svg import trace_svg
from autolog._view.page import page

PICTURES = Path(__file__).parent / "pictures"
CASSETTES = Path(__file__).parents[1] / "cassettes"
EXAMPLES = Path(__file__).parents[1] / "examples"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
START_NS = 1_795_340_000_000_000_000


@dataclass(frozen=True)
class View:
    """A picture of the view: of which trace, how large, and which span is selected."""

    name: str
    trace: str
    selected: str | None
    nth: int = 0
    width: int = 1280
    height: int = 540
    dark: bool = False


VIEWS = (
    View("view-light", "weather", "smollm2-135m-instruct", nth=1),
    View("view-dark", "documents", "VectorStoreRetriever", dark=True),
    View("view-narrow", "weather", None, width=390, height=420),
)


def main(source: str, target: str, width: str = "110") -> None:
    """Draw the tree of the trace that ``source`` holds (JSON of ``Trace.to_json``) into ``target``."""
    trace = Trace.from_json(Path(source).read_bytes())
    Path(target).write_text(trace_svg(trace, width=int(width)), encoding="utf-8")


def demo() -> None:
    """Play the demo and an example with documents, and take their pictures."""
    traces = {"weather": _with_fixed_ids(_played()), "documents": _with_fixed_ids(_with_documents())}
    (PICTURES / "demo.svg").write_text(trace_svg(traces["weather"]), encoding="utf-8")
    _photograph(traces)


def _played() -> Trace:
    """Play the demo with the waiting that was recorded, so that the pictures show how long the model really took."""
    import autolog
    from autolog._demo import weather

    memory = autolog.MemoryExporter()
    autolog.configure(prices=weather.PRICES, exporters=[memory], store=None)
    autolog.openai.autolog()
    for timing in (0, 1):  # what is loaded at the first call is no part of what the demo shows
        with autolog.replay(CASSETTES / "openai/demo.yaml", timing=timing):
            weather.main(lambda _step: None)
    autolog.flush()
    return next(t for t in reversed(memory.traces) if t.name == "weather assistant")


def _with_documents() -> Trace:
    """Play the example that answers from documents."""
    import autolog

    example: Any = runpy.run_path(str(EXAMPLES / "langchain_rag.py"))
    memory = autolog.MemoryExporter()
    autolog.configure(exporters=[memory])
    autolog.langchain.autolog()
    for timing in (0, 1):
        with autolog.replay(CASSETTES / "langchain/rag.yaml", timing=timing):
            example["run"](*example["models"]())
    autolog.flush()
    return next(t for t in reversed(memory.traces) if len(t.spans) > 3)


def _with_fixed_ids(trace: Trace) -> Trace:
    """Give the trace ids and a start that are the same every time."""
    ids = {s.span_id: f"{i + 1:016x}" for i, s in enumerate(trace.spans)}
    later = START_NS - trace.start_time_ns
    spans = [
        replace(
            span,
            trace_id=TRACE_ID,
            span_id=ids[span.span_id],
            parent_id=ids.get(span.parent_id or ""),
            start_time_ns=span.start_time_ns + later,
            end_time_ns=None if span.end_time_ns is None else span.end_time_ns + later,
        )
        for span in trace.spans
    ]
    return replace(trace, trace_id=TRACE_ID, spans=tuple(spans))


def _photograph(traces: Mapping[str, Trace]) -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("there is no Chromium on this machine: install it, as with apt-get install chromium")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser: Any = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for view in VIEWS:
            file = Path(folder) / f"{view.name}.html"
            file.write_text(page([traces[view.trace]]), encoding="utf-8")
            tab = browser.new_page(
                viewport={"width": view.width, "height": view.height},
                color_scheme="dark" if view.dark else "light",
                device_scale_factor=2,  # so that it is sharp on screens of today
            )
            tab.goto(file.as_uri())
            tab.wait_for_selector(".row")
            if view.selected is not None:
                tab.locator(".row").filter(has_text=view.selected).nth(view.nth).click()
                tab.mouse.move(0, 0)
            tab.screenshot(path=str(PICTURES / f"{view.name}.png"))
        browser.close()


if __name__ == "__main__":
    # The same picture on every machine: moments are shown in the local time zone.
    os.environ["TZ"] = "UTC"
    if hasattr(time, "tzset"):
        time.tzset()
    if sys.argv[1:] == ["demo"]:
        demo()
    elif len(sys.argv) in (3, 4):
        main(*sys.argv[1:])
    else:
        sys.exit(__doc__)
