"""Durations, tokens, dollars and moments as people read them. Nothing small is ever rounded to nothing."""

from __future__ import annotations

import math
from datetime import datetime

from autolog._model import Usage

__all__ = ["clock", "dollars", "duration", "tokens", "tokens_pair", "usage_words"]


def duration(ms: float | None) -> str:
    """Give milliseconds in the unit that fits: ``412µs``, ``1.23s``, ``2m 05s``; ``""`` for ``None``."""
    if ms is None or not math.isfinite(ms):
        return ""
    if ms < 0:
        return "-" + duration(-ms)
    for unit, factor in (("ns", 1e6), ("µs", 1e3), ("ms", 1.0), ("s", 1e-3)):
        value = ms * factor
        # Compared as rounded, so that 999.9 ms is 1.00 s and never "1000ms".
        if float(_three_digits(value)) < (60 if unit == "s" else 1000):
            return _three_digits(value) + unit
    seconds = round(ms / 1000)
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes}m {seconds:02d}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours}h {minutes:02d}m"
    days, hours = divmod(hours, 24)
    return f"{days:,}d {hours:02d}h"


def _three_digits(value: float) -> str:
    if value == 0:
        return "0"
    for decimals in (2, 1):
        text = f"{value:.{decimals}f}"
        if float(text) < 10 ** (3 - decimals):
            return text
    return f"{value:.0f}"


def tokens(count: int | None) -> str:
    """Give a count with its thousands set apart; ``""`` for ``None``."""
    return "" if count is None else f"{count:,}"


def tokens_pair(usage: Usage | None, *, arrow: str = "→") -> str:
    """Give a usage in short: ``1,204→88``; with a word where only one side is known; ``""`` where none is."""
    if usage is None:
        return ""
    if usage.input_tokens is not None and usage.output_tokens is not None:
        return f"{usage.input_tokens:,}{arrow}{usage.output_tokens:,}"
    for count, word in ((usage.input_tokens, "in"), (usage.output_tokens, "out"), (usage.total_tokens, "tok")):
        if count is not None:
            return f"{count:,} {word}"
    return ""


def usage_words(usage: Usage) -> str:
    """Give a usage in words, as ``1,204 in (1,024 cached) + 88 out = 1,292 tokens``: only what the provider sent."""
    inside = _details(
        (usage.cached_input_tokens, "cached"),
        (usage.cache_creation_tokens, "written to cache"),
        (usage.audio_input_tokens, "audio"),
    )
    outside = _details((usage.reasoning_tokens, "reasoning"), (usage.audio_output_tokens, "audio"))
    sides: list[str] = []
    if usage.input_tokens is not None or inside:
        sides.append(f"{tokens(usage.input_tokens) or '?'} in{inside}")
    if usage.output_tokens is not None or outside:
        sides.append(f"{tokens(usage.output_tokens) or '?'} out{outside}")
    words = " + ".join(sides)
    # Where only some calls sent a total, the sum of the totals is less than its parts.
    if usage.total_tokens is None or usage.total_tokens < (usage.input_tokens or 0) + (usage.output_tokens or 0):
        return f"{words} tokens" if len(sides) == 1 else words
    total = f"{usage.total_tokens:,} tokens"
    if len(sides) == 2:
        return f"{words} = {total}"
    return f"{total}, {words}" if words else total


def _details(*parts: tuple[int | None, str]) -> str:
    known = ", ".join(f"{count:,} {word}" for count, word in parts if count)
    return f" ({known})" if known else ""


def dollars(amount: float | None) -> str:
    """Give US dollars, two digits of them at least: ``$0.000012``, ``$0.0123``, ``$1.50``; ``""`` for ``None``."""
    if amount is None or not math.isfinite(amount):
        return ""
    if amount < 0:
        return "-" + dollars(-amount)
    if amount == 0:
        return "$0"
    if amount < 1e-9:
        return f"${amount:.1e}"
    decimals = 2 if amount >= 0.995 else 2 - math.floor(math.log10(amount))
    whole, _, rest = f"{amount:,.{min(decimals, 11)}f}".partition(".")
    return f"${whole}.{rest.rstrip('0').ljust(2, '0')}"


def clock(ns: int) -> str:
    """Give a moment in the machine's own time zone: ``2026-11-22 09:35:12``."""
    try:
        return datetime.fromtimestamp(ns / 1e9).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return f"{ns} ns"
