"""Long base64 is kept once as bytes, and comes back letter by letter."""

from __future__ import annotations

import base64
import copy
import hashlib
import random
import sqlite3
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store.kit import span, tid, trace

from autolog._store import Query, Store
from autolog._store.blobs import Blob, externalise, inline

PNG = b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(4000)
WAV = b"RIFF\0\0\0\0WAVE" + random.Random(2).randbytes(3101)


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def url(data: bytes, mime: str = "image/png") -> str:
    return f"data:{mime};base64,{encoded(data)}"


def back(value: Any, blobs: list[Blob]) -> Any:
    return inline(value, {b.sha: b.data for b in blobs}.get)


@pytest.mark.parametrize(
    ("text", "mime", "bare"),
    [
        (url(PNG), "image/png", False),
        (url(WAV, "audio/x-made.up+wav"), "audio/x-made.up+wav", False),
        (url(b"\0" * 4000), "image/png", False),
        (encoded(PNG), "image/png", True),
        (encoded(WAV), "audio/wav", True),
        (encoded(b"RIFF\0\0\0\0WEBP" + PNG), "image/webp", True),
        (encoded(b"RIFF\0\0\0\0ELSE" + PNG), "application/octet-stream", True),
        (encoded(b"\xff\xd8\xff" + PNG), "image/jpeg", True),
        (encoded(b"%PDF-1.7" + PNG), "application/pdf", True),
        (encoded(PNG[1:]), "application/octet-stream", True),
        (encoded(PNG[1:-1]), "application/octet-stream", True),
    ],
)
def test_long_base64_is_taken_out(text: str, mime: str, bare: bool) -> None:
    value = {"content": [{"type": "image", "data": text}, "kept"]}
    before = copy.deepcopy(value)
    found, (blob,) = externalise(value)
    size = {"size": len(blob.data), "mime_type": mime, "$blob": hashlib.sha256(blob.data).hexdigest()}
    assert found == {"content": [{"type": "image", "data": size | ({"bare": True} if bare else {})}, "kept"]}
    assert blob.mime_type == mime
    assert value == before
    assert back(found, [blob]) == before


@pytest.mark.parametrize(
    "text",
    [
        encoded(PNG[:3000]),  # short
        url(PNG)[:-1],  # not whole groups of four
        url(PNG) + " ",
        url(PNG) + "\n",
        url(PNG, "image/png;charset=x"),  # a parameter that the marker has no place for
        url(PNG).replace("data:", "DATA:"),
        encoded(PNG) + "====",
        encoded(PNG[1:])[:-3] + "J==",  # stray bits, which the bytes would lose
        "x" * 8000,
        "x1" * 4000,
        "X1" * 4000,
        "1" * 8000,
        hashlib.sha512(b"").hexdigest() * 64,
        "Some words, 4 times each. " * 400,
        encoded(PNG).replace("+", "-"),
    ],
    ids=lambda t: t[:12] + t[-6:],
)
def test_what_would_not_come_back_the_same_stays(text: str) -> None:
    assert externalise([text]) == ([text], [])


@pytest.mark.parametrize(
    "value",
    [
        {"$blob": "0" * 64, "mime_type": "image/png", "size": 3},
        {"$blob": 5, "mime_type": "image/png", "size": 3},
        {"$blob": hashlib.sha256(PNG).hexdigest()},
        {"$blob": "x", "more": [{}]},
    ],
)
def test_a_users_own_marker_stays(value: Any) -> None:
    assert inline(value, {hashlib.sha256(PNG).hexdigest(): PNG}.get) == value


def test_nesting_without_end_is_left_alone() -> None:
    deep: Any = url(PNG)
    for _ in range(100_000):
        deep = [deep]
    found, blobs = externalise(deep)
    assert found is deep
    assert blobs == []


base64_values = st.recursive(
    st.text(max_size=5) | st.integers() | st.sampled_from([url(PNG), encoded(PNG), url(WAV)]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=50, deadline=None)
@given(base64_values)
def test_any_value_comes_back(value: Any) -> None:
    found, blobs = externalise(value)
    assert back(found, blobs) == value


def test_the_store_keeps_shared_bytes_once_and_gives_them_back(store: Store) -> None:
    whole = trace(
        1,
        span(1, inputs={"image": url(PNG)}, outputs=encoded(WAV), attributes={"messages": [url(PNG)]}),
        span(2, parent=1, at=1, inputs=[url(PNG)]),
    )
    store.write([whole])
    assert store.get_trace(tid(1)) == whole
    assert store.search(Query()) == [whole]
    raw = store.get_trace(tid(1), blobs=False)
    assert raw is not None
    sha = raw.spans[1].inputs[0]["$blob"]
    assert sha == hashlib.sha256(PNG).hexdigest()
    assert store.search(Query(), blobs=False) == [raw]
    assert (store.get_blob(sha), store.get_blob("0" * 64)) == (PNG, None)
    assert store.summaries(Query())[0].request == raw.spans[0].inputs
    assert store.summaries(Query(), blobs=True)[0].request == whole.spans[0].inputs
    store.close()
    with sqlite3.connect(store.path) as db:
        assert db.execute("SELECT count(*), sum(length(data)) FROM blobs").fetchone() == (2, len(PNG) + len(WAV))
        assert db.execute("SELECT max(length(inputs)) FROM payload").fetchone()[0] < 200
    db.close()


def test_bytes_go_with_the_last_span_that_has_them(store: Store) -> None:
    sha = hashlib.sha256(PNG).hexdigest()
    store.write([trace(n, span(n, trace=n, inputs=url(PNG))) for n in (1, 2)])
    store.delete(trace_ids=[tid(1)])
    assert store.get_blob(sha) == PNG
    store.delete(trace_ids=[tid(2)])
    assert store.get_blob(sha) is None


def test_bytes_can_be_written_before_their_spans(store: Store) -> None:
    marked, blobs = externalise({"image": url(PNG)})
    store.write_blobs(blobs)
    store.write_blobs(blobs)
    store.write([trace(1, span(1, inputs=marked))])
    found = store.get_trace(tid(1))
    assert found is not None
    assert found.spans[0].inputs == {"image": url(PNG)}
