"""What is added to the thread that makes a call?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean

from measuring.callgrind import count
from measuring.environments import python_of
from measuring.table import Table, verdict

CHAT, STREAM = "chat", "stream, one body"
_SMALL = (CHAT, STREAM, "stream, 200 pieces", "50 at once", "embeddings", "error 400")
_SHAPES = ("one message", "many messages")
_SIZES = ("10 KB", "1 MB", "10 MB")
_LIMITS = {CHAT: 200_000, STREAM: 1_000_000, "stream, 200 pieces": 1_000_000}
# What one counted call stands for.
_PER = {"50 at once": 50}


@dataclass(frozen=True)
class Added:
    """Instructions of one call without the tracer, and those that it adds: one figure a seed."""

    client: int
    adds: Sequence[int]

    @property
    def mean(self) -> int:
        return round(mean(self.adds))

    @property
    def spread(self) -> str:
        return f"{min(self.adds):,} to {max(self.adds):,}" if len(self.adds) > 1 else ""


def added(tracer: str, environment: str, scenarios: Sequence[str], *, seeds: int = 1) -> dict[str, Added]:
    """Count scenarios without a tracer and with it, once for each seed."""
    counts = [count(python_of(environment), "count_calls", tracer, *scenarios, seed=seed) for seed in range(seeds)]
    found: dict[str, Added] = {}
    for name in scenarios:
        calls = _PER.get(name, 1)
        without = [c[f"without: {name}"] / calls for c in counts]
        adds = [round(c[f"with: {name}"] / calls - w) for c, w in zip(counts, without, strict=True)]
        found[name] = Added(round(mean(without)), adds)
    return found


def ask(*, quick: bool) -> Iterator[Table]:
    """Count every scenario with autolog on its defaults; and two with no tracer, which shows the noise."""
    seeds = 1 if quick else 3
    small = added("autolog", "autolog", (CHAT, STREAM) if quick else _SMALL, seeds=seeds)
    control = added("nothing", "autolog", (CHAT, STREAM), seeds=seeds)
    rows: list[tuple[object, ...]] = []
    for name, found in small.items():
        kept = verdict(found.mean, _LIMITS[name]) if name in _LIMITS else ""
        rows.append((name, found.client, found.mean, found.spread, f"{100 * found.mean / found.client:.1f} %", kept))
    rows += [(f"control: {name}", found.client, found.mean, found.spread, "", "") for name, found in control.items()]
    yield Table(
        title="Instructions added to the calling thread, a call",
        columns=("call", "the client itself", "autolog adds", "from to", "share", "kept"),
        rows=rows,
        notes=(
            "The control turns nothing on between the two counts: its difference is the noise of the method. "
            f"Mean of {seeds} seeds, each of which lays memory out otherwise.",
        ),
    )
    if not quick:
        yield _sizes()


def _sizes() -> Table:
    found = added("autolog", "autolog", [f"{size}, {shape}" for shape in _SHAPES for size in _SIZES])
    rows: list[tuple[object, ...]] = []
    for shape in _SHAPES:
        adds = [found[f"{size}, {shape}"].mean for size in _SIZES]
        clients = [found[f"{size}, {shape}"].client for size in _SIZES]
        rows.append((f"{shape}: the client itself", *clients, ""))
        rows.append((f"{shape}: autolog adds", *adds, verdict(adds[-1] / adds[0], 2)))
    return Table(
        title="Instructions added to the calling thread, by size of the request",
        columns=("request", *_SIZES, "10 MB against 10 KB"),
        rows=rows,
        notes=("Many messages: 10 of 1 KB, 100 of 10 KB, 1,000 of 10 KB.",),
    )
