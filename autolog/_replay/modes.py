"""Which mode a tape is in: by its argument, the environment, the age of its cassette."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from autolog._replay.cassette import Cassette

__all__ = ["DEFAULT_MAX_AGE", "MODES", "age_of", "check_timing", "effective_mode", "parse_age", "requested_mode"]

MODES: Final = ("replay", "missing", "all", "stale", "verify")
DEFAULT_MAX_AGE: Final = timedelta(days=30)
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def requested_mode(mode: str | None, environ: Mapping[str, str]) -> str:
    """The argument, else ``replay`` under CI, else AUTOLOG_RECORD, else ``replay``; raises ``ValueError``."""
    source = "mode"
    if mode is None:
        if environ.get("CI", "").strip().lower() not in ("", "0", "false", "no"):
            return "replay"
        mode, source = environ.get("AUTOLOG_RECORD", "").strip().lower() or "replay", "AUTOLOG_RECORD"
    if mode not in MODES:
        raise ValueError(f"{source} is one of {', '.join(MODES)}, not {mode!r}")
    return mode


def parse_age(value: Any) -> timedelta:
    """Read an age: ``"30d"``, ``"12h"``, seconds, or a ``timedelta``; raises ``ValueError``."""
    if isinstance(value, timedelta):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return timedelta(seconds=value)
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*", str(value))
    if not found:
        raise ValueError(f"max_age is like '30d', '12h' or a timedelta, not {value!r}")
    return timedelta(seconds=float(found[1]) * _UNITS[found[2]])


def check_timing(timing: float) -> None:
    """Raise ``ValueError`` for what is no share of the recorded waiting: 0 is none, 1.0 all of it, 2.0 twice as much."""
    if isinstance(timing, bool) or not 0 <= timing < float("inf"):
        raise ValueError(
            f"timing is how much of the recorded waiting is done, from 0 (none) on, 1.0 as recorded, not {timing!r}"
        )


def age_of(cassette: Cassette, now: datetime) -> timedelta | None:
    """How long ago a cassette was recorded, by its metadata; ``None`` where they do not say."""
    value = cassette.metadata.get("recorded_at")
    try:
        day = date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
    return now - datetime(day.year, day.month, day.day, tzinfo=UTC)


def effective_mode(mode: str, cassette: Cassette, *, exists: bool, max_age: Any) -> str:
    """Resolve ``stale``: ``all`` for a cassette that is missing, older than ``max_age`` or of unknown age."""
    limit = DEFAULT_MAX_AGE if max_age is None else parse_age(max_age)
    if mode != "stale":
        return mode
    age = age_of(cassette, datetime.now(UTC)) if exists else None
    return "replay" if age is not None and age <= limit else "all"
