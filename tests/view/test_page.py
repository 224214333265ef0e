"""The file and the notebook's output: whole in themselves, small, and deaf to what traces say."""

from __future__ import annotations

import base64
import html
import json
import random
import re
import string
import zlib
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from autolog import Trace, semconv
from autolog._view.assets import digest, script, style
from autolog._view.output import mimebundle, output_html
from autolog._view.page import page
from autolog._view.static import static_html


class Reader(HTMLParser):
    """Collects a page's elements as a browser would, and the text of its scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.scripts: list[str] = []
        self.policy = ""
        self._in_script = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "script":
            self._in_script = True
            self.scripts.append("")
        if ("http-equiv", "Content-Security-Policy") in attrs:
            self.policy = dict(attrs)["content"] or ""

    def handle_endtag(self, tag: str) -> None:
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts[-1] += data


def frame(output: str) -> Reader:
    match = re.search(r'srcdoc="([^"]*)"', output)
    assert match
    return Reader(html.unescape(match[1]))


def unpacked(output: str) -> list[str]:
    packed = next(s for s in frame(output).scripts if "=>" not in s)
    texts: list[str] = json.loads(zlib.decompress(base64.b64decode(packed)).decode("utf-8"))
    return texts


@pytest.mark.parametrize("name", ["rich", "hostile"])
def test_a_page_has_the_elements_it_was_made_with(name: str, request: pytest.FixtureRequest) -> None:
    read = Reader(page([request.getfixturevalue(name)]))
    assert [t for t in read.tags if t in ("script", "style", "img", "iframe", "svg", "link")] == ["style"] + [
        "script"
    ] * 3
    index, content, app = read.scripts
    assert json.loads(index)["traces"][0]["rows"]
    assert all(json.loads(line)["span"] for line in content.split("\n"))
    assert app == script()


def test_a_page_lets_only_its_own_script_run_and_loads_nothing(rich: Trace) -> None:
    read = Reader(page([rich]))
    assert "default-src 'none'" in read.policy
    assert f"script-src {digest(script())};" in read.policy
    assert f"style-src {digest(style())};" in read.policy
    assert not [value for name, value in read.attributes if name in ("src", "href")]
    assert "unsafe" not in read.policy and "http" not in read.policy


def test_what_is_shipped_can_stand_in_a_page() -> None:
    assert not re.search(r"<!--|</?script", script(), re.IGNORECASE)
    assert "</" not in style()
    # Nothing in it goes anywhere.
    assert not re.search(r"\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|EventSource|import\(", script())
    assert not re.search(r"url\(|@import", style())


def test_to_html_writes_a_file(rich: Trace, tmp_path: Path) -> None:
    text = rich.to_html(tmp_path / "t.html")
    assert (tmp_path / "t.html").read_text("utf-8") == text == rich.to_html()
    with pytest.raises(OSError, match="missing"):
        rich.to_html(tmp_path / "missing" / "t.html")


def test_a_notebook_grows_by_little(rich: Trace) -> None:
    bundle = rich._repr_mimebundle_()
    assert len(rich.spans) == 10
    assert len(json.dumps(bundle)) < 60_000


def with_pictures(trace: Trace, size: int) -> Trace:
    """Each call is given the pictures of all calls before it, as in a conversation that goes on."""
    rnd = random.Random(1)
    pictures = [
        {"type": "blob", "mime_type": "image/png", "content": base64.b64encode(rnd.randbytes(size)).decode()}
        for _ in trace.spans
    ]
    return trace.with_spans(
        replace(s, attributes={**s.attributes, semconv.INPUT_MESSAGES: [{"role": "user", "parts": pictures[: i + 1]}]})
        for i, s in enumerate(trace.spans)
    )


def with_texts(trace: Trace, size: int) -> Trace:
    rnd = random.Random(1)
    words = ["".join(rnd.choices(string.ascii_lowercase, k=3 + i % 8)) for i in range(5_000)]
    return trace.with_spans(replace(s, outputs=" ".join(rnd.choices(words, k=size // 7))) for s in trace.spans)


@pytest.mark.parametrize("size", [500, 3_000, 60_000])
@pytest.mark.parametrize("fill", [with_pictures, with_texts])
def test_a_notebook_grows_by_little_whatever_it_holds(
    rich: Trace, fill: Callable[[Trace, int], Trace], size: int
) -> None:
    trace = fill(rich, size)
    assert len(json.dumps(mimebundle([trace]))) < 60_000
    content = unpacked(output_html([trace]))[3]
    assert trace.spans[0].name in content
    if size == 60_000:
        assert "cut here" in content and "to_html" in content
        assert len(page([trace])) > 10 * size, "the file keeps all of it"


def test_a_small_picture_is_kept(rich: Trace) -> None:
    assert "iVBOR" in unpacked(output_html([rich]))[3]


def test_a_notebook_stays_small_whatever_the_trace(large: Callable[[int], Trace]) -> None:
    assert len(json.dumps(mimebundle([large(5_000)]))) < 400_000


def test_the_frame_holds_the_view_and_the_traces(rich: Trace, hostile: Trace) -> None:
    output = output_html([rich, hostile])
    css, app, index, content = unpacked(output)
    assert (css, app) == (style(), script())
    assert [t["id"] for t in json.loads(index)["traces"]] == [rich.trace_id, hostile.trace_id]
    assert len(content.split("\n")) == len(rich.spans) + len(hostile.spans)
    loader = frame(output).scripts[-1]
    assert digest(loader) in frame(output).policy and digest(script()) in frame(output).policy
    assert "unsafe" not in frame(output).policy


@pytest.mark.parametrize("name", ["rich", "hostile"])
def test_beneath_the_frame_is_what_shows_without_it(name: str, request: pytest.FixtureRequest) -> None:
    trace: Trace = request.getfixturevalue(name)
    output = output_html([trace])
    assert Reader(output).tags.count("script") == 1 and Reader(output).tags.count("iframe") == 1
    static = static_html([trace])
    assert static in output
    read = Reader(static)
    assert set(read.tags) <= {"details", "summary", "div", "span", "b", "bdi", "br"}
    assert {name for name, _ in read.attributes} <= {"style", "open"}
    assert static.encode()


def test_beneath_the_frame_no_text_turns_round_what_stands_beside_it(rich: Trace) -> None:
    name = "مرحبا بك"
    said = replace(rich.spans[0], name=name, outputs=name)
    static = static_html([rich.with_spans([said])])
    assert static.count(name) == static.count(f"<bdi>{name}</bdi>") == 3, "the trace, its span, what it gave"


def test_two_outputs_on_one_page_do_not_meet(rich: Trace) -> None:
    names = re.findall(r"<style>#(autolog-\w+)", output_html([rich]) + output_html([rich]))
    assert len(set(names)) == 2


def test_text_is_a_tree_of_its_own(rich: Trace) -> None:
    text = mimebundle([rich], more=3)["text/plain"]
    assert "refund" in text and "closed until 06:00" in text
    assert text.endswith("3 more traces: autolog.search_traces() finds them.")
    assert "\x1b" not in text
