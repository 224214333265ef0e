"""Moments and lengths of time, as people write them."""

from __future__ import annotations

import datetime as dt
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autolog._store.times import FORMS, LENGTHS, length_ns, parse_since, parse_time

NOW = 1_795_000_000_123_456_789
S = 10**9


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


NOVEMBER = int(dt.datetime(2026, 11, 1, tzinfo=dt.UTC).timestamp()) * S
HOURS = 3600 * S


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("2h", NOW - 2 * HOURS),
        ("2 h", NOW - 2 * HOURS),
        (" 90m ", NOW - 90 * 60 * S),
        ("15min", NOW - 15 * 60 * S),
        ("30d", NOW - 30 * 24 * HOURS),
        ("4w", NOW - 28 * 24 * HOURS),
        ("45S", NOW - 45 * S),
        ("1.5s ago", NOW - 3 * S // 2),
        ("250ms", NOW - S // 4),
        (dt.timedelta(minutes=1, microseconds=1), NOW - 60 * S - 1000),
        ("2026-11-01", NOVEMBER - 9 * HOURS),
        ("2026-11-01T09:00", NOVEMBER),
        ("2026-11-01 09:00:00.000001", NOVEMBER + 1000),
        ("2026-11-01T00:00:00Z", NOVEMBER),
        ("2026-11-01T02:00:00+02:00", NOVEMBER),
        ("20261101T090000", NOVEMBER),
        (dt.date(2026, 11, 1), NOVEMBER - 9 * HOURS),
        (dt.datetime(2026, 11, 1, 9), NOVEMBER),
        (dt.datetime(2026, 11, 1, tzinfo=dt.UTC), NOVEMBER),
        (NOVEMBER, NOVEMBER),
        (NOVEMBER // S, NOVEMBER),
        (NOVEMBER // 10**6, NOVEMBER),
        (NOVEMBER // 1000, NOVEMBER),
        (str(NOVEMBER), NOVEMBER),
        (str(NOVEMBER // 10**6), NOVEMBER),
        (NOVEMBER / S + 0.5, NOVEMBER + S // 2),
        ("0", 0),
    ],
    ids=str,
)
@pytest.mark.usefixtures("in_tokyo")
def test_a_moment(value: Any, moment: int) -> None:
    assert parse_time(value, now_ns=NOW) == moment


def test_pandas_and_numpy_moments() -> None:
    pandas = pytest.importorskip("pandas")
    numpy = pytest.importorskip("numpy")
    assert parse_time(pandas.Timestamp("2026-11-01", tz="UTC")) == NOVEMBER
    assert parse_time(numpy.int64(NOVEMBER)) == NOVEMBER


@pytest.mark.parametrize(
    "value",
    [
        *("", "soon", "2 fortnights", "h", "-2h", "2026-13-01", "01.11.2026", "12345678901234567890", "1e9", "0x10"),
        *("²", "\ud800", "9" * 5000, None, True, [], object, float("nan"), float("inf")),
    ],
    ids=lambda v: repr(v)[:20],
)
def test_what_is_no_moment_says_what_is(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a time") as caught:
        parse_time(value)
    assert str(caught.value).startswith(f"{value!r} is not a time")
    assert str(caught.value).endswith(FORMS)


@pytest.mark.parametrize("value", [30, "30", " 7 ", 1.5, "1.5", 99_999_999])
def test_a_search_does_not_begin_shortly_after_1970_by_mistake(value: Any) -> None:
    unit = re.escape(f"write '{str(value).strip()}d' for days")
    with pytest.raises(ValueError, match=f"has no unit: {unit}"):
        parse_since(value)


@pytest.mark.parametrize("value", [0, "0", NOVEMBER, NOVEMBER // S, "1970-03-01", dt.datetime(1971, 1, 1), "30d"])
def test_what_a_search_may_begin_at(value: Any) -> None:
    assert abs(parse_since(value) - parse_time(value)) < 60 * S


@pytest.mark.parametrize("value", ["1969-12-31T00:00:00Z", "2300-01-01T00:00:00Z", -1, "9999999w", 2**63])
def test_moments_that_nanoseconds_do_not_reach(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a time between 1970 and 2262: a time is"):
        parse_time(value)


@pytest.mark.parametrize(
    ("value", "length"),
    [
        ("1.5s", 3 * S // 2),
        ("250ms", S // 4),
        ("2m", 120 * S),
        ("1h", HOURS),
        ("3d", 72 * HOURS),
        ("7us", 7000),
        ("5ns", 5),
    ],
)
def test_a_length(value: str, length: int) -> None:
    assert length_ns(value) == length


@pytest.mark.parametrize("value", ["", "5", "s", "1.5 sec", "2h ago", "-1s", "1,5s"])
def test_what_is_no_length_says_what_is(value: str) -> None:
    with pytest.raises(ValueError, match="is not a length of time") as caught:
        length_ns(value)
    assert str(caught.value) == f"{value!r} is not a length of time: {LENGTHS}"


@given(st.text() | st.integers() | st.floats() | st.dates() | st.datetimes() | st.timedeltas())
def test_nothing_else_is_raised(value: Any) -> None:
    try:
        assert 0 <= parse_time(value, now_ns=NOW) < 2**63
    except ValueError as e:
        assert "is not a time" in str(e)
