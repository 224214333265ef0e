"""Make the pictures of the documents again.

``python docs/pictures.py TRACE.json OUT.svg [WIDTH]`` draws the tree of a trace as in a terminal;
``python docs/pictures.py demo`` plays the recorded demo and takes all pictures of it, the view's in a real browser
(needs ``playwright`` and a Chromium on the machine).
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from autolog import Trace
from autolog._render.svg import trace_svg
from autolog._view.page import page

PICTURES = Path(__file__).parent / "pictures"
DEMO = Path(__file__).parents[1] / "cassettes/openai/demo.yaml"
TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
START_NS = 1_795_340_000_000_000_000
# name, width, height, dark, the span to select
VIEWS = (
    ("view-light", 1280, 620, False, 4),
    ("view-dark", 1280, 620, True, 2),
    ("view-narrow", 390, 620, False, None),
)


def main(source: str, target: str, width: str = "110") -> None:
    """Draw the tree of the trace that ``source`` holds (JSON of ``Trace.to_json``) into ``target``."""
    trace = Trace.from_json(Path(source).read_bytes())
    Path(target).write_text(trace_svg(trace, width=int(width)), encoding="utf-8")


def demo() -> None:
    """Play the demo, and take its pictures."""
    trace = _with_fixed_ids(_played())
    (PICTURES / "demo.svg").write_text(trace_svg(trace), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "demo.html"
        file.write_text(page([trace]), encoding="utf-8")
        _photograph(file)


def _played() -> Trace:
    """Play the demo with the waiting that was recorded, so that the pictures show how long the model really took."""
    import autolog
    from autolog._demo import weather

    memory = autolog.MemoryExporter()
    autolog.configure(prices=weather.PRICES, exporters=[memory], store=None)
    autolog.openai.autolog()
    _load_libraries()
    with autolog.replay(DEMO, timing=1):
        weather.main(lambda _step: None)
    autolog.flush()
    return next(t for t in memory.traces if t.name == "weather assistant")


def _load_libraries() -> None:
    """Load what the library loads at its first call: it is no part of what the demo shows."""
    import contextlib

    import openai

    client = openai.OpenAI(base_url="http://127.0.0.1:9/v1", api_key="none", max_retries=0)
    with contextlib.suppress(openai.APIConnectionError):
        client.embeddings.create(model="none", input="none")
    with contextlib.suppress(openai.APIConnectionError):
        client.chat.completions.create(model="none", messages=[])


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


def _photograph(file: Path) -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("there is no Chromium on this machine: install it, as with apt-get install chromium")
    with sync_playwright() as playwright:
        browser: Any = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, width, height, dark, selected in VIEWS:
            tab = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
            )
            tab.goto(file.as_uri())
            tab.wait_for_selector(".row")
            if selected is not None:
                tab.locator(".row").nth(selected).click()
                tab.mouse.move(0, 0)
            tab.screenshot(path=str(PICTURES / f"{name}.png"))
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
