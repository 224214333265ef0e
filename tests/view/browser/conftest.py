"""A real browser, where there is one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sync_api: Any = pytest.importorskip("playwright.sync_api", reason="the view is driven where playwright is installed")

# The system's own browser: Playwright's download is not needed.
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]


@pytest.fixture(scope="module")  # while it is open, no event loop but its own can run in this thread
def browser() -> Iterator[Any]:
    """Chromium, without a window."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens HTML as a file; the test fails where the page complained, asked for anything or opened a dialog."""
    said: list[str] = []
    contexts: list[Any] = []

    def open_(text: str, *, width: int = 1280, height: int = 800, dark: bool = False, bypass_csp: bool = False) -> Any:
        file = tmp_path / f"page{len(contexts)}.html"
        file.write_text(text, encoding="utf-8")
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", bypass_csp=bypass_csp
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda m: said.append(f"console: {m.text}"))
        page.on("pageerror", lambda e: said.append(f"error: {e}"))
        page.on("dialog", lambda d: said.append(f"dialog: {d.message}"))
        own = (file.as_uri(), "data:", "about:")
        page.on("request", lambda r: None if r.url.startswith(own) else said.append(f"request: {r.url}"))
        page.goto(file.as_uri())
        return page

    vars(open_)["said"] = said
    yield open_
    for context in contexts:
        context.close()
    assert said == []
