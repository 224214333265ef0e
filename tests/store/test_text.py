"""Full text: words and phrases are found, and nothing that a person types is an error."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store.kit import span, trace

from autolog._store import FilterError, Query, Store, StoreError, indexer, open_store, query, text_index
from autolog._store import store as store_module

SAID = {
    1: {"inputs": {"role": "user", "content": "Where is my refund? I can't wait,\nreally."}},
    2: {"inputs": "C++ and C# are not C", "outputs": ["a 50% refund*", {"price": "$5"}]},
    3: {"outputs": 'He said "tool error" twice', "inputs": {"order": 123456}},
    4: {"error": "tools.ToolError"},
    5: {"inputs": "Größe naïve Café", "attributes": {"note": "退款在哪里", "x": "ที่ไหน"}},
    6: {"name": "order_lookup", "inputs": "error in the tool", "outputs": [0.5, 77, {"n": 78}]},
}


@pytest.fixture(params=["index", "payloads"])
def said(request: pytest.FixtureRequest, store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    if request.param == "payloads":
        monkeypatch.setattr(text_index, "available", lambda: False)
    store.write([trace(n, span(n, trace=n, **what)) for n, what in SAID.items()])
    return store


def numbers(store: Store, text: str, **more: object) -> str:
    return "".join(sorted(str(int(i[:4], 16)) for i in store.search_ids(Query(text=text, **more))))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("refund", "12"),
        ("REFUND", "12"),
        ("refund wait", "1"),
        ("wait refund", "1"),
        ("refund AND wait", "1"),
        ("refund?", "12"),
        ("(refund)", "12"),
        ("can't", "1"),
        ("really", "1"),
        ("C++", "2"),
        ("C#", "2"),
        ("$5", "2"),
        ("50%", "2"),
        ('"tool error"', "3"),
        ('"Tool Error', "3"),
        ('"error in the tool"', "6"),
        ("order", "6"),
        ("order_lookup", "6"),
        ("123456", "3"),
        ("78", "6"),
        ("tools.ToolError", "4"),
        ("退款", "5"),
        ("退款 naïve", "5"),
        ("ไหน", "5"),
        ("nothing", ""),
        ("", "123456"),
        ("  ", "123456"),
        ('""', "123456"),
        ("AND", "123456"),
        ("++", "2"),
    ],
)
def test_words_are_found(said: Store, text: str, found: str) -> None:
    if text == "order" and not text_index.available():
        found = "36"  # without an index, the key of a payload is text like any other
    assert numbers(said, text) == found
    assert said.count(Query(text=text)) == len(found)


@pytest.mark.parametrize(
    ("text", "found"),
    [("refu*", "12"), ("groesse", ""), ("grosse", ""), ("große", "5"), ("cafe naive", "5"), ("refu", ""), ("c", "2")],
)
def test_the_index_knows_words_and_beginnings_of_words(store: Store, text: str, found: str) -> None:
    store.write([trace(n, span(n, trace=n, **what)) for n, what in SAID.items()])
    assert numbers(store, text) == found


@pytest.mark.parametrize("few", [0, 2000])
@pytest.mark.parametrize("alone", [0, 20])
def test_text_and_conditions_hold_together(said: Store, few: int, alone: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "FEW", few)
    monkeypatch.setattr(query, "_LOOKED_AT_ONE_BY_ONE", alone)
    assert numbers(said, "refund", filter_string="span_name = 'call' AND NOT trace_id LIKE '0002%'") == "1"
    assert numbers(said, "wait", filter_string="status = 'ERROR'") == ""
    assert numbers(said, "error", filter_string="name = 'order_lookup'") == "6"
    assert numbers(said, "refund", max_results=1) == "2"


def test_all_words_are_in_one_span(store: Store) -> None:
    store.write([trace(1, span(1, inputs="red"), span(2, parent=1, outputs="green"), span(3, inputs="red green"))])
    store.write([trace(2, span(4, trace=2, inputs="red"), span(5, trace=2, outputs="green"))])
    assert numbers(store, "green red") == "1"


def test_the_index_is_built_when_somebody_searches_and_follows_what_is_written(store: Store) -> None:
    def indexed() -> int:
        with store._connections.reading() as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'terms'").fetchone():
                return -1
            return db.execute("SELECT value FROM meta WHERE key = 'indexed'").fetchone()[0]

    store.write([trace(1, span(1, inputs="first"))])
    store.search(Query("name = 'call'"))
    assert indexed() == -1
    assert numbers(store, "first") == "1"
    assert indexed() == 1
    store.write([trace(2, span(2, trace=2, inputs="second"))])
    assert indexed() == 1
    assert numbers(store, "second") == "2"
    store.write([trace(1, span(1, inputs="third"))])  # a span that was indexed before
    assert (numbers(store, "third"), numbers(store, "first")) == ("1", "")


def test_a_long_wait_for_the_index_is_said(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(store_module, "_MANY_SPANS", 2)
    store.write([trace(n) for n in (1, 2)])
    assert store.index_text()
    assert caplog.text == ""
    store.write([trace(n) for n in (3, 4, 5)])
    assert store.index_text()
    assert "indexing 3 spans for text search; only what is new is indexed the next time" in caplog.text


@pytest.mark.parametrize("spans", [1, 2, 3, 7])
def test_the_index_is_built_in_steps(store: Store, spans: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_index, "_SOME", 2)
    monkeypatch.setattr("autolog._store.connection._STEP_SECONDS", 0)
    monkeypatch.setattr("autolog._store.connection._PAUSE_SECONDS", 0)
    read: list[object] = []
    words = text_index._words
    monkeypatch.setattr(text_index, "_words", lambda row: read.append(row) or words(row))
    store.write([trace(n, span(n, trace=n, inputs="same")) for n in range(1, spans + 1)])
    for _ in range(2):
        assert len(numbers(store, "same")) == spans
    store.write([trace(9, span(9, trace=9, inputs="same"))])
    assert len(numbers(store, "same")) == spans + 1
    assert len(read) == spans + 1  # each span once


def test_deleted_words_leave_the_index(store: Store) -> None:
    store.write([trace(n, span(n, trace=n, **what)) for n, what in SAID.items()])
    assert numbers(store, "refund") == "12"
    store.delete(filter_string="trace_id LIKE '0001%'")
    assert numbers(store, "refund") == "2"
    with store._connections.reading() as db:
        count = "SELECT count(*) FROM terms WHERE terms MATCH ?"
        assert [db.execute(count, (word,)).fetchone()[0] for word in ("refund", "wait")] == [1, 0]
    with store._connections.writing() as db:
        db.execute("INSERT INTO terms (terms) VALUES ('integrity-check')")


def test_base64_is_not_indexed(store: Store) -> None:
    image = "data:image/png;base64," + "iVBORw0KGgo1" * 400
    store.write([trace(1, span(1, inputs={"url": image, "alt": "a cat"}))])
    assert (numbers(store, "cat"), numbers(store, "png")) == ("1", "")


def test_a_store_that_may_only_be_read_is_searched_without_an_index(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store.write([trace(1, span(1, inputs="refund"))])

    def refuse(*_: object) -> None:
        raise StoreError("read-only")

    monkeypatch.setattr("autolog._store.connection.Connections.in_steps", refuse)
    with caplog.at_level(logging.INFO, "autolog"):
        assert numbers(store, "refund") == "1"
    assert "searching text without an index" in caplog.text


def test_a_python_without_full_text_search_says_so_once(
    said: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    numbers(said, "refund")  # a file that has an index, from another Python
    monkeypatch.setattr(text_index, "available", lambda: False)
    store_module._note_no_fts5.cache_clear()
    assert (numbers(said, "refund"), numbers(said, "C++")) == ("12", "2")
    assert caplog.text.count("has no full-text search (FTS5)") == 1
    assert said.delete(filter_string="name = 'call'") == 5


def test_too_many_words(store: Store) -> None:
    with pytest.raises(FilterError, match="51 words to search for; at most 50, of which a quoted phrase is one"):
        store.search(Query(text="word " * 51))
    with pytest.raises(FilterError, match="a word or phrase of 2,001 characters to search for; at most 2,000"):
        store.search(Query(text="x" * 2001))
    assert store.search(Query(text=f'"{"word " * 400}"')) == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters() | st.sampled_from("\"*+-()^:{}\\'%_ \0\n\ud800"), max_size=20))
def test_no_text_is_an_error(one: Store, text: str) -> None:
    one.search_ids(Query(text=text))


@pytest.fixture(scope="module")
def one() -> Store:
    store = open_store(":memory:")
    store.write([trace(1)])
    return store


@pytest.mark.parametrize(
    "text", ['NEAR("a" "b")', "a NEAR b", "body:x", "^a", "a + b", "NOT", "a NOT b", "-a", "{a}", "a AND"]
)
def test_the_indexs_own_language_means_nothing(one: Store, text: str) -> None:
    assert one.search_ids(Query(text=text)) == []


def test_what_waits_is_indexed_in_the_background(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer, "_REST", 0)
    few = [span(n, inputs=f"refund {n}") for n in range(indexer._WORTH_A_THREAD - 1)]
    store.write([trace(1, *few)])
    for _ in range(16):
        store.index_soon()
    assert "autolog-index" not in {t.name for t in threading.enumerate()}
    store.write([trace(1, span(9999, inputs="refund last"))])
    for _ in range(16):
        store.index_soon()
    (thread,) = (t for t in threading.enumerate() if t.name == "autolog-index")
    thread.join(30)
    assert not thread.is_alive()
    with store._connections.reading() as db:
        assert text_index.backlog(db) == 0
        found = db.execute("SELECT count(*) FROM terms WHERE terms MATCH 'refund'").fetchone()[0]
    assert found == indexer._WORTH_A_THREAD


def test_closing_ends_the_indexing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer, "_REST", 10_000)
    store.write([trace(1, *(span(n) for n in range(indexer._WORTH_A_THREAD)))])
    for _ in range(16):
        store.index_soon()
    (thread,) = (t for t in threading.enumerate() if t.name == "autolog-index")
    store.close()
    thread.join(10)
    assert not thread.is_alive()


def test_an_index_of_the_first_schema_is_made_again(store: Store) -> None:
    store.write([trace(1, span(1, inputs="refund"))])
    with store._connections.writing() as db:
        db.execute("CREATE VIRTUAL TABLE words USING fts5 (body, content='')")
        db.execute("INSERT INTO meta VALUES ('indexed', 1)")
    assert numbers(store, "refund") == "1"
    with store._connections.reading() as db:
        assert not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'words'").fetchall()


def test_the_index_is_never_in_a_queue_for_the_file(store: Store) -> None:
    store.write([trace(1)])
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with store._connections.writing_if_free() as db:
        assert db is None
    with store._connections.writer.lock, store._connections.writing_if_free() as db:
        assert db is None
    other.execute("ROLLBACK")
    other.close()
    with store._connections.writing_if_free() as db:
        assert db is not None
        assert db.in_transaction
        assert db.execute("PRAGMA busy_timeout").fetchone()[0] == 250  # who writes waits, as before


def test_one_process_indexes_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexer, "_REST", 0)
    with open_store(tmp_path / "t.db") as one, open_store(tmp_path / "t.db") as two:
        one.write([trace(1, *(span(n) for n in range(indexer._WORTH_A_THREAD)))])
        with one._connections.writing() as db:
            assert text_index.claim(db, "another", seconds=600)
            assert not text_index.claim(db, "a third", seconds=600)
        for _ in range(16):
            two.index_soon()
        assert not any(i._thread for i in two._indexers.values())
        with one._connections.writing() as db:  # killed, and its time is over
            assert text_index.claim(db, "another", seconds=-1)
        for _ in range(16):
            two.index_soon()
        for each in two._indexers.values():
            assert each._thread is not None
            each._thread.join()
        with one._connections.reading() as db:
            assert text_index.backlog(db) == 0
            assert text_index.unclaimed(db, "a third")
