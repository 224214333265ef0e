"""The view in a real browser: everything clicked, in light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autolog import Trace
from autolog._view.output import output_html
from autolog._view.page import page

# Asks from outside: the page itself may evaluate no text.
expect: Any = pytest.importorskip(
    "playwright.sync_api", reason="the view is driven where playwright is installed"
).expect
expect.set_options(timeout=20_000)

AXE = Path(__file__).resolve().parents[3] / "autolog/_view/frontend/node_modules/axe-core/axe.min.js"
TABS = ("Content", "Details", "JSON")

Open = Callable[..., Any]


def row(view: Any, name: str, nth: int = 0) -> Any:
    return view.locator(".row").filter(has_text=name).nth(nth)


def selected(view: Any) -> str:
    text: str = view.locator(".row.selected bdi").inner_text()
    return text


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_span_and_tab(open_page: Open, rich: Trace, width: int, dark: bool) -> None:
    view = open_page(page([rich]), width=width, dark=dark, bypass_csp=True)
    if AXE.is_file():
        view.evaluate(AXE.read_text("utf-8"))
    for i in range(len(rich.spans)):
        view.locator(".row").nth(i).click()
        for tab in TABS:
            view.get_by_role("tab", name=tab).click()
            assert view.locator(".panel").inner_text().strip()
            assert view.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                "nothing is wider than the screen"
            )
            if AXE.is_file() and i in (0, 1, 5, 7):
                found = view.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
                assert [(v["id"], v["nodes"][0]["html"]) for v in found if v["impact"] in ("serious", "critical")] == []
        view.get_by_role("tab", name="Content").click()
        if width < 720:
            view.get_by_label("Back to the tree").click()


def test_a_conversation(open_page: Open, rich: Trace) -> None:
    view = open_page(page([rich]))
    row(view, "gpt-5-mini", 1).click()
    panel = view.locator(".panel")
    assert [a.inner_text() for a in panel.locator("article .role").all()] == [
        "System",
        "User",
        "Assistant",
        "Assistant",
    ]
    assert panel.locator("article strong").first.inner_text() == "4411"
    assert panel.locator("img").evaluate("i => i.decode().then(() => i.naturalWidth)") == 1
    assert panel.locator(".call").count() == panel.locator(".call .result").count() == 1
    panel.get_by_text("Reasoning").click()
    assert panel.get_by_text("Look it up.").is_visible()
    view.get_by_label("Markdown").click()
    assert "**4411**" in panel.inner_text()
    row(view, "gpt-5-mini", 0).click()  # its tool's result is told in the next call
    assert "as the next call was told" in panel.locator(".call .result").inner_text()


def test_documents_errors_and_totals(open_page: Open, rich: Trace) -> None:
    view = open_page(page([rich]))
    assert view.locator(".row.selected .tokens").inner_text() == "2,628 → 400"
    row(view, "policies").click()
    assert view.locator(".documents .score").inner_text() == "0.87"
    view.get_by_role("button", name="1 error").click()
    assert selected(view) == "refund"
    assert "LedgerClosed" in view.locator(".failure pre").inner_text()


def test_the_keyboard(open_page: Open, rich: Trace) -> None:
    view = open_page(page([rich]))
    view.locator(".rows").focus()
    for key, name in [
        ("j", "policies"), ("ArrowDown", "embeddings small-3"), ("k", "policies"), ("ArrowLeft", "policies"),
        ("j", "gpt-5-mini"), ("End", "log"), ("Home", "support agent"), ("e", "refund"),
    ]:  # fmt: skip
        view.keyboard.press(key)
        expect(view.locator(".row.selected bdi").first).to_have_text(name)
    view.keyboard.press("3")
    assert view.get_by_role("tab", name="JSON").get_attribute("aria-selected") == "true"
    view.keyboard.press("/")
    view.keyboard.type("thirty")
    expect(view.locator(".row")).to_have_count(2)
    view.keyboard.press("Escape")
    expect(view.locator(".row").nth(8)).to_be_attached()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_keyboard_alone_goes_to_a_span_and_back(open_page: Open, rich: Trace, width: int) -> None:
    view = open_page(page([rich, rich]), width=width)
    view.locator(".rows").focus()
    for key, focused in [("Enter", ".panel"), ("Escape", ".rows"), ("/", ".find .query"), ("Escape", ".rows")]:
        view.keyboard.press(key)
        expect(view.locator(focused).first).to_be_focused()
    view.locator(".row").nth(1).click()
    view.keyboard.press("3")
    expect(view.locator("[aria-selected=true][role=tab]").first).to_have_text("JSON")


@pytest.mark.parametrize("width", [390, 640, 760, 900, 1280])
def test_names_and_numbers_have_room(open_page: Open, rich: Trace, width: int) -> None:
    view = open_page(page([rich]), width=width)
    view.wait_for_selector(".row")
    cut = """[...document.querySelectorAll('.row .took, .row .tokens, .row .cost, .ruler span')]
        .filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'none').map(e => e.textContent)"""
    assert view.evaluate(cut) == []
    assert view.evaluate("Math.min(...[...document.querySelectorAll('.row .name')].map(e => e.clientWidth))") >= 160
    assert view.locator(".row.selected .took").inner_text()
    assert view.locator(".row.selected .cost").is_visible() == (width in (640, 1280))


def test_a_search_in_huge_json_draws_little(open_page: Open, rich: Trace) -> None:
    many = [{"i": i, "v": "abc" * 10, "text": "lorem ipsum " * 40} for i in range(20_000)]
    span = replace(rich.spans[0], span_id="2" * 16, inputs=many, outputs="x" * 3_000_000 + "needle")
    view = open_page(page([rich.with_spans([span])]))
    view.get_by_role("tab", name="JSON").click()
    search = view.get_by_label("Search the JSON")
    search.fill("abc")
    view.get_by_text("20,000 found, the first 100 unfolded").wait_for()
    assert view.locator(".panel *").count() < 5_000
    search.fill("needle")
    view.get_by_text("1 found").wait_for()
    assert view.locator(".panel mark").inner_text() == "needle"


def test_a_large_trace_has_few_elements_and_scrolls(open_page: Open, large: Callable[[int], Trace]) -> None:
    view = open_page(page([large(5_000)]))
    view.wait_for_selector(".row")
    assert view.evaluate("document.querySelectorAll('*').length") < 2_000
    view.evaluate("document.querySelector('.rows').scrollTop = 1e9")
    view.wait_for_selector("text=step 4998")
    assert view.locator(".row").count() < 100
    view.locator(".rows").focus()
    view.keyboard.press("Home")
    view.wait_for_selector(".row.selected")


def test_long_texts_are_folded_and_huge_ones_shown_in_pieces(open_page: Open, rich: Trace) -> None:
    text = "A line of many words, **some** of them bold.\n" * 100_000
    trace = rich.with_spans([type(rich.spans[0])("1" * 16, "t", None, "s", "TOOL", "OK", 0, 1, inputs=text)])
    view = open_page(page([trace]))
    view.get_by_role("button", name=f"Show all {len(text):,} characters").click()
    more = view.get_by_role("button", name="more characters")
    assert more.inner_text() == f"{len(text) - 100_000:,} more characters"
    more.click()
    expect(view.locator(".piece")).to_have_count(2)


def test_hostile_text_does_nothing(open_page: Open, hostile: Trace) -> None:
    # Without the policy: what holds it back is that it is text.
    view = open_page(page([hostile]), bypass_csp=True)
    for i in range(view.locator(".row").count()):
        view.locator(".row").nth(i).click()
        for tab in TABS:
            view.get_by_role("tab", name=tab).click()
    assert view.evaluate("window.pwned") is None
    assert view.locator("iframe, img, object, embed").count() == 0
    assert view.locator("script").count() == 3
    assert [a for a in view.locator("a").all() if not a.get_attribute("href").startswith("https://")] == []


def test_the_policy_holds_back_a_script_that_got_in(open_page: Open, rich: Trace) -> None:
    text = page([rich]).replace(
        "<noscript>",
        "<img src='data:image/png;base64,AAAA' onerror='window.pwned=1'><script>window.pwned=1</script><noscript>",
    )
    view = open_page(text)
    view.wait_for_selector(".row")
    assert view.evaluate("window.pwned") is None
    assert open_page.said and all("Content Security Policy" in line for line in open_page.said)  # type: ignore[attr-defined]
    open_page.said.clear()  # type: ignore[attr-defined]


@pytest.mark.parametrize("trace", ["rich", "hostile"])
def test_a_notebooks_output(open_page: Open, trace: str, rich: Trace, request: pytest.FixtureRequest) -> None:
    output = output_html([request.getfixturevalue(trace), rich])
    view = open_page(f'<!doctype html><body style="color:#eee">{output}{output_html([rich])}')
    frame = view.frame_locator("iframe").first
    frame.locator(".row").first.wait_for()
    assert frame.locator(".view").count() == 1, "the first is open"
    frame.locator(".arrow-button").nth(1).click()
    frame.locator(".view").nth(1).wait_for()
    # The page around it is dark, and tells it.
    view.wait_for_timeout(100)
    assert frame.locator("html").evaluate("e => e.style.colorScheme") == "dark"
    assert view.locator("body > div").first.is_hidden()
    assert view.evaluate("window.pwned") is None


@pytest.mark.parametrize(("around", "told"), [("data-vscode-theme-kind=vscode-light", True), ("", False)])
def test_the_wheel_over_a_notebooks_output(open_page: Open, rich: Trace, around: str, told: bool) -> None:
    # VS Code moves the outputs by what it hears of the wheel; where the browser scrolls, nothing is to be heard twice.
    view = open_page(f"<!doctype html><body {around}>{output_html([rich])}")
    frame = view.frame_locator("iframe")
    row(frame, "gpt-5-mini", 1).click()
    frame.get_by_role("tab", name="JSON").click()
    view.evaluate("window.heard = []; addEventListener('wheel', e => heard.push([e.deltaY, e.wheelDeltaY]))")
    panel = frame.locator(".panel")
    panel.hover()
    view.mouse.wheel(0, 30)  # the panel is moved, and nothing else
    panel.evaluate("p => new Promise(done => p.scrollTop ? done() : p.addEventListener('scroll', done))")
    assert view.evaluate("heard") == []
    view.wait_for_timeout(1_000)
    frame.locator(".second").hover()  # the header, which nothing moves
    view.mouse.wheel(0, -120)
    view.mouse.wheel(0, 240)
    view.wait_for_timeout(300)
    heard = view.evaluate("heard")
    assert [deltas[0] for deltas in heard] == ([-120, 240] if told else [])
    assert all(delta * wheel < 0 for delta, wheel in heard), "the older property has the opposite sign"


def test_an_output_whose_frame_and_style_were_taken_out(open_page: Open, rich: Trace) -> None:
    view = open_page(output_html([rich]))
    view.evaluate("document.querySelectorAll('iframe, style, script').forEach(e => e.remove())")
    view.locator("summary").filter(has_text="tool refund").click()
    assert view.get_by_text("closed until 06:00").is_visible()
