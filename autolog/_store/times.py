"""Moments and lengths of time as people write them, in nanoseconds."""

from __future__ import annotations

import datetime as dt
import math
import operator
import re
import time
from typing import Any, Final

FORMS: Final = (
    "a time is how long ago ('30s', '15m', '2h', '30d', '4w'), an ISO date or time ('2026-11-01', '2026-11-01T14:30', "
    "'2026-11-01T14:30:00+01:00'; local time where no zone is given), a datetime, a timedelta (ago), "
    "or seconds, milliseconds, microseconds or nanoseconds since 1970"
)
LENGTHS: Final = "a length of time is written '250ms', '1.5s', '2m', '1h' or '3d'"

_UNITS_NS: Final = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "min": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86_400 * 10**9,
    "w": 7 * 86_400 * 10**9,
}
_LENGTH: Final = re.compile(r"\s*(\d{1,12}(?:\.\d{1,9})?)\s*([a-zµ]+)\s*(?:ago)?\s*", re.IGNORECASE)
_NUMBER: Final = re.compile(r"\s*\d{1,19}(?:\.\d+)?\s*")
_FIRST_PLAUSIBLE_NS: Final = 10**8 * 10**9  # in 1973
_LATEST_NS: Final = 2**63 - 1
# By size, since 1970: seconds up to the year 5138, milliseconds up to 5138, microseconds likewise; the rest nanoseconds
_EPOCH_UNITS: Final = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3))


def parse_time(value: object, *, now_ns: int | None = None) -> int:
    """Give a moment in nanoseconds since 1970.

    ``value`` is how long ago (``"2h"``, a ``timedelta``), an ISO date or time, a ``date`` or ``datetime``, or a
    number since 1970 whose size tells its unit; without a zone it is local time. Raises ``ValueError`` naming
    the forms.
    """
    now = time.time_ns() if now_ns is None else now_ns
    try:
        found = _moment(value, now)
    except (ValueError, TypeError, OverflowError, OSError) as e:
        raise ValueError(f"{value!r} is not a time: {FORMS}") from e
    if not 0 <= found <= _LATEST_NS:
        raise ValueError(f"{value!r} is not a time between 1970 and 2262: {FORMS}")
    return found


def parse_since(value: object) -> int:
    """Give the moment that a search or a deletion begins or ends at, as :func:`parse_time`.

    A small number is refused: whoever writes 30 has days in mind rather than half a minute after 1970.
    """
    found = parse_time(value)
    # What is written otherwise (a date, how long ago) and lies so early is meant so.
    bare = _NUMBER.fullmatch(value) if isinstance(value, str) else not isinstance(value, (dt.date, dt.timedelta))
    if bare and 0 < found < _FIRST_PLAUSIBLE_NS:
        number = str(value).strip()
        raise ValueError(f"{value!r} has no unit: write '{number}d' for days or '{number}h' for hours; {FORMS}")
    return found


def length_ns(value: str) -> int:
    """Give a length of time such as ``"1.5s"`` in nanoseconds. Raises ``ValueError`` naming the forms."""
    found = _LENGTH.fullmatch(value)
    unit = _UNITS_NS.get(found[2].lower()) if found else None
    if found is None or unit is None or value.rstrip().lower().endswith("ago"):
        raise ValueError(f"{value!r} is not a length of time: {LENGTHS}")
    return round(float(found[1]) * unit)


def _moment(value: Any, now: int) -> int:
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, dt.datetime):
        return _since_1970(value)
    if isinstance(value, dt.date):
        return _since_1970(dt.datetime.combine(value, dt.time()))
    if isinstance(value, dt.timedelta):
        return now - round(value / dt.timedelta(microseconds=1)) * 1000
    if isinstance(value, float):
        return _epoch(value)
    if not isinstance(value, str):
        return _epoch(operator.index(value))
    if _NUMBER.fullmatch(value):
        return _epoch(float(value) if "." in value else int(value))
    ago = _LENGTH.fullmatch(value)
    if ago and ago[2].lower() in _UNITS_NS:
        return now - round(float(ago[1]) * _UNITS_NS[ago[2].lower()])
    return _since_1970(dt.datetime.fromisoformat(value.strip()))


def _epoch(number: float) -> int:
    if not math.isfinite(number):
        raise ValueError
    unit = next((unit for limit, unit in _EPOCH_UNITS if abs(number) < limit), 1)
    return number * unit if isinstance(number, int) else round(number * unit)


def _since_1970(moment: dt.datetime) -> int:
    if moment.tzinfo is None:
        # What has no zone is local; through a plain datetime, since one of pandas has another astimezone()
        moment = dt.datetime.combine(moment.date(), moment.time()).astimezone()
    since = moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return since // dt.timedelta(microseconds=1) * 1000
