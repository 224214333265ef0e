"""Deleting: exactly what was named, with everything that belongs to it, and the room given back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from store.kit import START, chat, span, tid, trace

from autolog._store import Query, Store


@pytest.fixture
def five(store: Store) -> Store:
    store.write([trace(n, chat(n, trace=n), tags={"n": str(n)}, metadata={"n": n}) for n in range(1, 6)])
    return store


def left(store: Store) -> str:
    return "".join(str(int(i[:4], 16)) for i in store.search_ids(Query(order_by="start_time")))


@pytest.mark.parametrize(
    ("what", "deleted", "kept"),
    [
        ({"trace_ids": [tid(2)]}, 1, "1345"),
        ({"trace_ids": [tid(2), tid(2), tid(4), "unknown", tid(1)[:6], "\ud800"]}, 2, "135"),
        ({"trace_ids": iter([tid(1)])}, 1, "2345"),
        ({"trace_ids": []}, 0, "12345"),
        ({"older_than_ns": START + 3 * 10**9}, 2, "345"),
        ({"older_than_ns": 0}, 0, "12345"),
        ({"filter_string": "tag.n > 3"}, 2, "123"),
        ({"filter_string": ""}, 5, ""),
        ({"trace_ids": [tid(1), tid(5)], "older_than_ns": START + 3 * 10**9}, 1, "2345"),
        ({"filter_string": "metadata.n = 1 OR metadata.n = 5", "older_than_ns": START + 3 * 10**9}, 1, "2345"),
        ({"trace_ids": [tid(n) for n in range(1, 1300)]}, 5, ""),
    ],
)
def test_exactly_what_was_named_goes(five: Store, what: dict[str, Any], deleted: int, kept: str) -> None:
    assert five.delete(**what) == deleted
    assert left(five) == kept
    with five._connections.reading() as db:
        for table in ("spans", "payload", "tags", "metadata"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == len(kept), table


def test_everything_goes_only_if_somebody_says_so(five: Store) -> None:
    with pytest.raises(ValueError, match="say what to delete: trace_ids, older_than_ns or filter_string"):
        five.delete()
    assert left(five) == "12345"


def test_a_deleted_trace_can_be_written_again(five: Store) -> None:
    five.delete(trace_ids=[tid(1)])
    assert five.get_trace(tid(1)) is None
    five.write([trace(1)])
    assert five.get_trace(tid(1)) == trace(1)


def test_the_room_goes_back_to_the_disk(store: Store) -> None:
    store.write([trace(n, span(n, trace=n, inputs="no base64: " * 1000)) for n in range(1, 201)])
    store.close()
    before = Path(store.path).stat().st_size
    assert store.delete(filter_string="span_count = 1") == 200
    store.close()
    assert Path(store.path).stat().st_size < before / 4


def test_nothing_is_deleted_from_a_file_that_is_not_there(store: Store) -> None:
    assert store.delete(older_than_ns=2**62) == 0
    assert not Path(store.path).exists()
