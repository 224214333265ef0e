"""The view in a real browser, as somebody reads in it: keys, search, deep trees, narrow screens, other scripts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from autolog import Trace, semconv
from autolog._view.output import output_html
from autolog._view.page import page

expect: Any = pytest.importorskip(
    "playwright.sync_api", reason="the view is driven where playwright is installed"
).expect
expect.set_options(timeout=20_000)

Open = Callable[..., Any]
ARABIC = "مرحبا بك في العالم."


def chosen(view: Any, name: str, nth: int = 0) -> None:
    expect(view.locator(".row.selected bdi").nth(nth)).to_have_text(name)


def opened(open_page: Open, text: str, **how: Any) -> Any:
    view = open_page(text, **how)
    view.wait_for_selector(".row, iframe")
    return view


def like(trace: Trace, *changes: dict[str, Any]) -> Trace:
    """A trace whose spans are its root's likes, each with other fields."""
    root = trace.spans[0]
    return trace.with_spans([replace(root, **c) for c in changes])


def test_a_file_that_was_just_opened_hears_keys(open_page: Open, rich: Trace) -> None:
    view = opened(open_page, page([rich]))
    assert view.evaluate("document.activeElement === document.body"), "nothing takes the focus by itself"
    for key, name in [("j", "policies"), ("ArrowDown", "embeddings small-3"), ("Home", "support agent")]:
        view.keyboard.press(key)
        chosen(view, name)
    expect(view.locator(".rows")).to_be_focused()
    view.reload()
    view.wait_for_selector(".row")
    view.keyboard.press("/")
    expect(view.locator(".find .query")).to_be_focused()


def test_a_button_in_the_header_keeps_its_keys(open_page: Open, rich: Trace) -> None:
    view = opened(open_page, page([rich]))
    view.locator(".theme").focus()
    view.keyboard.press("Space")
    expect(view.locator("html")).to_have_attribute("style", "color-scheme: dark;")
    expect(view.locator(".row")).to_have_count(len(rich.spans))
    view.keyboard.press("j")
    chosen(view, "policies")


def test_of_several_traces_the_one_used_last_hears_keys(open_page: Open, rich: Trace) -> None:
    view = opened(open_page, page([rich, rich]))
    view.keyboard.press("j")
    chosen(view, "policies")
    view.locator(".arrow-button").nth(1).click()
    view.locator(".view").nth(1).locator(".row").nth(3).click()
    view.evaluate("document.activeElement.blur()")
    view.keyboard.press("k")
    chosen(view, "embeddings small-3", 1)
    chosen(view, "policies", 0)


def test_a_notebook_keeps_its_keys(open_page: Open, rich: Trace) -> None:
    view = opened(open_page, f"<!doctype html><body>{output_html([rich])}")
    frame = view.frame_locator("iframe")
    frame.locator(".row").first.wait_for()
    assert view.evaluate("document.activeElement === document.body")
    view.evaluate("window.heard = []; addEventListener('keydown', e => heard.push(e.key))")
    view.keyboard.press("j")
    frame.locator(".second").click()  # in the frame, and in no view
    for key in ("j", "ArrowDown", "e", "/"):
        view.keyboard.press(key)
    chosen(frame, "support agent")
    expect(frame.locator(".find .query")).not_to_be_focused()
    assert view.evaluate("heard") == ["j"]
    frame.locator(".row").nth(1).click()
    view.keyboard.press("j")
    chosen(frame, "embeddings small-3")


@pytest.mark.parametrize("fold", [False, True])
def test_a_search_leads_to_what_it_finds_and_back(open_page: Open, rich: Trace, fold: bool) -> None:
    view = opened(open_page, page([rich]))
    view.locator(".row").filter(has_text="refund").click()
    if fold:
        view.get_by_role("button", name="Fold", exact=True).click()
    title = view.locator(".title h2")
    view.keyboard.press("/")
    view.keyboard.type("embeddings")
    chosen(view, "embeddings small-3")
    expect(title).to_have_text("embeddings small-3")
    view.keyboard.press("Escape")
    chosen(view, "refund")
    expect(title).to_have_text("refund")
    view.keyboard.press("/")
    view.keyboard.type("embeddings")
    view.keyboard.press("Enter")
    expect(view.locator(".rows")).to_be_focused()
    view.keyboard.press("k")  # what is above a match may be looked at, too
    chosen(view, "policies")
    view.keyboard.press("j")
    view.get_by_label("Search the spans").fill("")
    chosen(view, "embeddings small-3")
    expect(title).to_have_text("embeddings small-3")


@pytest.mark.parametrize("width", [1280, 390])
def test_a_deep_tree_has_names(open_page: Open, rich: Trace, width: int) -> None:
    deep = [
        {"span_id": f"{i + 1:016x}", "parent_id": f"{i:016x}" if i else None, "name": f"level {i + 1}"}
        for i in range(120)
    ]
    view = opened(open_page, page([like(rich, *deep)]), width=width)
    view.keyboard.press("End")
    chosen(view, "level 120")
    cut = """[...document.querySelectorAll('.row')].filter(row => {
        const [name, column] = [row.querySelector('bdi'), row.querySelector('.name')].map(e => e.getBoundingClientRect());
        return name.width < 40 || name.right > column.right + 1;
    }).map(row => row.innerText)"""
    assert view.evaluate(cut) == []
    assert view.locator(".row.selected .level").inner_text() == "120"


def test_on_a_narrow_screen_each_span_is_read_from_its_beginning(open_page: Open, rich: Trace) -> None:
    long = "\n\n".join(f"Line {i}." for i in range(20))
    trace = like(rich, {}, *({"span_id": str(i) * 16, "name": f"n{i}", "outputs": [long] * 9} for i in (1, 2)))
    trace = trace.with_spans([trace.spans[0], *(replace(s, parent_id=trace.spans[0].span_id) for s in trace.spans[1:])])
    view = opened(open_page, page([trace]), width=390)
    panel, back = view.locator(".panel"), view.get_by_label("Back to the tree")
    view.locator(".row").nth(1).click()
    panel.evaluate("e => e.scrollTop = 99")
    back.click()
    view.locator(".row").nth(1).click()
    assert panel.evaluate("e => e.scrollTop") == 99, "the same span is read on"
    back.click()
    view.locator(".row").nth(2).click()
    expect(view.locator(".title h2")).to_have_text("n2")
    assert panel.evaluate("e => e.scrollTop") == 0


@pytest.mark.parametrize("width", [1000, 390, 320])
def test_the_totals_by_model_fit(open_page: Open, rich: Trace, width: int) -> None:
    view = opened(open_page, page([rich]), width=width)
    view.locator(".row").first.click()
    view.get_by_role("tab", name="Details").click()
    view.locator(".totals").wait_for()
    assert view.evaluate("[...document.querySelectorAll('.wide')].every(e => e.scrollWidth <= e.clientWidth)")


def test_what_is_written_from_right_to_left(open_page: Open, rich: Trace) -> None:
    view = opened(open_page, page([like(rich, {"outputs": f"{ARABIC}\n\n- {ARABIC}\n\nEnglish."})]))
    directions = "es => es.map(e => getComputedStyle(e).direction)"
    assert view.locator(".panel .block").last.locator(".md > *").evaluate_all(directions) == ["rtl", "rtl", "ltr"]
    # Letter by letter, too: the full stop stands left of what it ends.
    view.get_by_label("Markdown").click()
    left = """(e, i) => { const r = document.createRange(); r.setStart(e.firstChild, i); r.setEnd(e.firstChild, i + 1);
        return r.getBoundingClientRect().left; }"""
    plain = view.locator(".panel .block").last.locator(".plain")
    assert plain.evaluate(left, len(ARABIC) - 1) < plain.evaluate(left, 0)


def test_a_refusal_is_marked(open_page: Open, rich: Trace) -> None:
    refused = [{"role": "assistant", "parts": [{"type": "refusal", "content": "I <b>cannot</b>."}]}]
    view = opened(open_page, page([like(rich, {"attributes": {semconv.OUTPUT_MESSAGES: refused}})]))
    assert view.locator(".refusal").inner_text().split() == ["refused", "I", "<b>cannot</b>."]
