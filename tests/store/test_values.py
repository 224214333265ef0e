"""Any value that somebody traced: JSON comes back as it was, the rest in words, and nothing makes a write fail."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store.kit import span, tid, trace

from autolog import semconv
from autolog._model import ExceptionInfo, Span, Trace, Usage
from autolog._store import Query, Store, open_store
from autolog._store.jsontext import dumps, loads

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
texts_with_surrogates = st.text(st.characters(), max_size=20)


@quick
@given(json_values, json_values, st.dictionaries(st.text(), json_values, max_size=3))
def test_any_json_comes_back(inputs: Any, outputs: Any, attributes: dict[str, Any]) -> None:
    whole = trace(1, span(1, inputs=inputs, outputs=outputs, attributes=attributes), metadata=attributes)
    with open_store(":memory:") as store:
        store.write([whole])
        found = store.get_trace(tid(1))
    assert found is not None
    assert found.spans[0].inputs == inputs
    assert found.spans[0].outputs == outputs
    assert found.spans[0].attributes == attributes
    assert found.metadata == whole.metadata


@quick
@given(texts_with_surrogates)
def test_text_with_lone_surrogates_comes_back(text: str) -> None:
    assert loads(dumps({text: [text]})) == {text: [text]}
    dumps(text).encode()  # what SQLite is given is proper text


class Rude:
    def __str__(self) -> str:
        raise RuntimeError("no")


class NoMapping:
    """Has no ``get`` and no ``items``."""


def cycle() -> list[Any]:
    found: list[Any] = [1]
    found.append(found)
    return found


def deep(levels: int) -> Any:
    found: Any = 0
    for _ in range(levels):
        found = [found]
    return found


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (float("nan"), "NaN"),
        ([float("inf"), -float("inf")], ["Infinity", "-Infinity"]),
        (Rude(), "<Rude>"),
        ({"a": Rude(), "b": 1}, {"a": "<Rude>", "b": 1}),
        ({(1, 2): 3, None: 4, True: 5, 6: 7}, {"(1, 2)": 3, "null": 4, "true": 5, "6": 7}),
        (
            {
                1,
            },
            "{1}",
        ),
        (cycle(), [1, "<cycle>"]),
        (b"\xff", "b'\\xff'"),
        (10**5000, hex(10**5000)),
        ("\ud83d", "\ud83d"),
        (1j, "1j"),
    ],
    ids=lambda v: type(v).__name__,
)
def test_what_json_cannot_say_is_said_in_words(store: Store, value: Any, read: Any) -> None:
    store.write([trace(1, span(1, inputs=value, attributes={"v": value}), span(2, parent=1, inputs="kept"))])
    found = store.get_trace(tid(1))
    assert found is not None
    assert found.spans[0].inputs == read
    assert found.spans[0].attributes == {"v": read}
    assert found.spans[1].inputs == "kept"


@pytest.mark.parametrize("levels", [90, 5000])
def test_nesting_without_end_does_not_fail(store: Store, levels: int) -> None:
    store.write([trace(1, span(1, inputs=deep(levels), attributes={"v": deep(levels)}))])
    found = store.get_trace(tid(1))
    assert found is not None
    assert dumps(found.spans[0].inputs).startswith("[" * 90)
    assert store.count(Query("attributes.v = 'x'")) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"name": None},
        {"name": "\ud800"},
        {"name": Rude()},
        {"span_type": 7},
        {"status": "\udfff"},
        {"start_time_ns": "yesterday"},
        {"start_time_ns": 2**80},
        {"end_time_ns": float("nan")},
        {"attributes": None},
        {"attributes": NoMapping()},
        {"attributes": {semconv.RESPONSE_MODEL: ["\ud800"], semconv.FINISH_REASONS: [[1], "\ud800"]}},
        {"attributes": {semconv.FINISH_REASONS: 7, semconv.HTTP_STATUS_CODE: "x", semconv.TIME_TO_FIRST_CHUNK: "x"}},
        {"events": 7},
        {"usage": Usage(input_tokens=2**80, output_tokens=3)},
        {"usage": Usage(input_tokens=float("inf"))},  # type: ignore[arg-type]
        {"usage": {"input_tokens": 3}},
        {"cost": float("nan")},
        {"cost": "free"},
        {"exception": "text"},
        {"exception": ExceptionInfo("\ud800", "\ud800", "\ud800")},
        {"parent_id": 3},
    ],
    ids=lambda c: next(iter(c)),
)
def test_a_span_that_is_not_as_it_should_be_keeps_what_can_be_kept(store: Store, changes: dict[str, Any]) -> None:
    odd = span(1, inputs="precious", at=1)
    for name, value in changes.items():
        object.__setattr__(odd, name, value)
    good = trace(2)
    store.write([Trace(tid(1), (odd,)) if "start_time_ns" not in changes else _unsorted(odd), good])
    found = store.get_trace(tid(1))
    assert found is not None
    assert found.spans[0].inputs == "precious"
    assert store.get_trace(tid(2)) == good
    store.summaries(Query())
    store.stats(by="model")


def _unsorted(odd: Span) -> Trace:
    found = Trace(tid(1), ())
    object.__setattr__(found, "spans", (odd,))
    return found


@pytest.mark.parametrize(
    "labels", [{"tags": 7}, {"metadata": "x"}, {"tags": {"k": Rude()}}, {"tags": {"\ud800": "\ud800"}}]
)
def test_odd_labels_lose_no_other_trace(store: Store, labels: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    store.write([trace(2), trace(1, **labels), trace(3)])
    assert {t.trace_id for t in store.search(Query())} >= {tid(2), tid(3)}
    lost = 3 - store.count(Query())
    assert len([r for r in caplog.records if "could not be stored" in r.message]) == lost


def test_a_value_too_long_for_sqlite_is_left_out(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autolog._store.rows.LONGEST", 5000)
    store.write([trace(1, span(1, inputs="x" * 6000, outputs="y" * 4500))])
    found = store.get_trace(tid(1))
    assert found is not None
    assert found.spans[0].inputs == "<6,002 characters, too long to be stored>"
    assert found.spans[0].outputs == "y" * 4500
