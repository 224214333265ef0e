"""What a new recording says differently: texts, tokens and cost, for the person who has to accept it."""

from __future__ import annotations

from collections.abc import Iterator

from autolog._replay.cassette import Cassette
from autolog._replay.compare import Change, compare
from autolog._replay.dialogue import Exchange
from autolog._replay.differences import word_window

__all__ = ["changes_of"]

MOST_SHOWN = 20


def changes_of(before: Cassette, after: Cassette) -> list[str]:
    """Tell what changed from one recording to the next, a few lines; empty where nothing did."""
    changes = [change for change in compare(before, after) if change.changed]
    lines = [line for change in changes[:MOST_SHOWN] for line in _told(change)]
    if len(changes) > MOST_SHOWN:
        lines.append(f"and {len(changes) - MOST_SHOWN} more interactions differ")
    return lines


def _told(change: Change) -> Iterator[str]:
    old, new = change.old, change.new
    if old is None or new is None:
        for there, what in ((old, "gone"), (new, "new")):
            if there is not None:
                yield f"{_name(there)}: {what}"
        return
    facts: list[str] = []
    if change.request:
        paths = [difference.path for difference in change.request]
        facts.append(f"asked differently at {', '.join(paths[:3])}{', …' if len(paths) > 3 else ''}")
    if old.status != new.status:
        facts.append(f"status {old.status} → {new.status}")
    if old.model != new.model:
        facts.append(f"model {old.model} → {new.model}")
    if old.ended != new.ended:
        facts.append(f"ended by {', '.join(old.ended) or 'nothing'} → {', '.join(new.ended) or 'nothing'}")
    before, now = (e.usage.to_dict() if e.usage is not None else {} for e in (old, new))
    tokens = [
        f"{name.removesuffix('_tokens')} {before.get(name, 0)} → {now.get(name, 0)}"
        for name in ("input_tokens", "output_tokens")
        if before.get(name) != now.get(name)
    ]
    if tokens:
        facts.append(f"tokens {', '.join(tokens)}{_cost(old, new)}")
    if change.text_changed:
        facts.append("text")
    yield f"{_name(new)}: {'; '.join(facts) or new.note or 'changed'}"
    if change.text_changed:
        yield from (f"    {line}" for line in word_window(old.text, new.text))


def _name(exchange: Exchange) -> str:
    return f"#{exchange.number} {exchange.method} {exchange.path}"


def _cost(old: Exchange, new: Exchange) -> str:
    before, now = _price(old), _price(new)
    return f", cost ${before:.6f} → ${now:.6f}" if before is not None and now is not None else ""


def _price(exchange: Exchange) -> float | None:
    if exchange.usage is None or not exchange.model:
        return None
    from genai_prices import Usage, calc_price

    usage = exchange.usage
    try:
        priced = calc_price(
            Usage(
                input_tokens=usage.input_tokens or 0,
                output_tokens=usage.output_tokens or 0,
                cache_read_tokens=usage.cached_input_tokens or 0,
            ),
            model_ref=exchange.model,
        )
    except (LookupError, ValueError):
        return None
    return float(priced.total_price)
