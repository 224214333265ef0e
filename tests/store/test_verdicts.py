"""Feedback and expectations: kept, replaced, filtered by, and gone with their trace."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from store.kit import span, tid, to_schema_2, trace

from autolog import Feedback, Trace
from autolog._store import Query, Store, open_store, schema


@pytest.fixture
def judged(store: Store) -> Store:
    store.write(
        [
            trace(1, feedback=(Feedback("helpful", True, "clear", "ann", 1), Feedback("score", 0.9, None, None, 2))),
            trace(
                2, feedback=(Feedback("helpful", False, None, "ann", 1), Feedback("helpful", True, None, "judge", 3))
            ),
            trace(3, expectations={"answer": "42", "sources": ["a", {"b": 1}]}, feedback=(Feedback("score", 2),)),
        ]
    )
    return store


@pytest.mark.parametrize(
    ("filter_string", "found"),
    [
        ("feedback.helpful = true", "12"),
        ("feedback.helpful = false", "2"),
        ("feedback.helpful = 'true' AND feedback.score > 0.5", "1"),
        ("feedback.score BETWEEN 0.5 AND 1", "1"),
        ("feedback.score >= 0.9", "13"),
        ("feedback.helpful IS NULL", "3"),
        ("feedback.score IS NOT NULL", "13"),
        ("NOT feedback.helpful = true", "3"),
        ("expectation.answer = 42", "3"),
        ("expectations.answer = '42'", "3"),
        ("expectation.sources LIKE '%\"b\":1%'", "3"),
        ("feedback.`helpful` IN (true)", "12"),
        ("session IS NULL AND tokens IS NULL AND time > '2020-01-01'", "123"),
    ],
)
def test_filters(judged: Store, filter_string: str, found: str) -> None:
    ids = judged.search_ids(Query(filter_string=filter_string))
    assert "".join(sorted(str(int(i[:4], 16)) for i in ids)) == found


def test_they_come_back_and_the_last_of_a_source_counts(judged: Store) -> None:
    judged.write([Trace(tid(2), (), feedback=(Feedback("helpful", "so so", "on second thought", "ann", 9),))])
    found = judged.get_trace(tid(2))
    assert found is not None
    assert found.feedback == (
        Feedback("helpful", True, None, "judge", 3),
        Feedback("helpful", "so so", "on second thought", "ann", 9),
    )
    third = judged.get_trace(tid(3))
    assert third is not None
    assert third.expectations == {"answer": "42", "sources": ["a", {"b": 1}]}
    assert Trace.from_json(third.to_json()) == third
    assert "feedback" not in trace(5).to_dict()
    judged.write([Trace(tid(3), (span(9, trace=3, parent=3),))])  # a later part of the trace takes nothing away
    assert judged.get_trace(tid(3)).expectations == third.expectations  # type: ignore[union-attr]


def test_deleting_a_trace_deletes_them(judged: Store) -> None:
    judged.delete(trace_ids=[tid(1), tid(3)])
    with judged._connections.reading() as db:
        left = [db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("feedback", "expectations")]
    assert left == [2, 0]


def test_ids_and_tags(judged: Store) -> None:
    judged.write([trace(4, tags={"a": "1", "b": "2"})])
    assert judged.full_id(tid(4)[:9]) == tid(4)
    assert judged.full_id("ffff") is None
    assert judged.delete_tag(tid(4), "a")
    assert not judged.delete_tag(tid(4), "a")
    assert not judged.delete_tag("ffff", "b")
    assert judged.get_trace(tid(4)).tags == {"b": "2"}  # type: ignore[union-attr]


def test_a_file_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    path = str(tmp_path / "old.db")
    with open_store(path) as store:
        store.write([trace(1, span(1, inputs="refund"))])
    to_schema_2(path)
    with sqlite3.connect(path) as db:
        db.executescript("DROP TABLE feedback; DROP TABLE expectations; DROP INDEX spans_calls")
        db.execute(next(s for s in schema._V1 if "INDEX spans_calls" in s))
        db.execute("UPDATE meta SET value = 1 WHERE key = 'schema'")
    db.close()
    with open_store(path) as store:
        store.write([Trace(tid(1), (), feedback=(Feedback("ok", True),))])
        assert store.get_trace(tid(1)).feedback == (Feedback("ok", True),)  # type: ignore[union-attr]
        assert store.stats(by="model") == []
