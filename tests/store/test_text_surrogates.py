"""Text that UTF-8 does not hold: it spoils the search for nothing else."""

from __future__ import annotations

import pytest
from store.kit import span, tid, trace

from autolog._store import Query, Store, text_index


def numbers(store: Store, text: str) -> str:
    return "".join(sorted(str(int(i[:4], 16)) for i in store.search_ids(Query(text=text))))


@pytest.mark.parametrize("indexed", [True, False])
def test_a_lone_surrogate_spoils_no_search(store: Store, indexed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_index, "available", lambda: indexed)
    store.write([trace(1, span(1, inputs="good"))])
    assert numbers(store, "good") == "1"
    store.write([trace(2, span(2, trace=2, name="n\ud801", inputs="good\ud800egg \udcff"))])
    store.write([trace(3, span(3, trace=3, inputs={"\ud83d": ["good", "bad"]}))])
    assert numbers(store, "good") == "123"
    assert numbers(store, "good \udcff") == "2"
    assert numbers(store, "\ud800") == "2"
    assert numbers(store, "\ud801") == "2"
    assert numbers(store, "good\ud800egg") == "2"
    assert numbers(store, "\udfff") == ""
    assert store.delete(trace_ids=[tid(2)]) == 1
    assert numbers(store, "egg") == ""
    assert numbers(store, "good") == "13"
