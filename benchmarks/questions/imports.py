"""What do `import autolog` and `autolog()` cost a program that imports the library anyway?"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator

from measuring.callgrind import count, run, what_is_missing
from measuring.environments import python_of
from measuring.table import Table

_ORDERS = {
    "openai alone": ("openai",),
    "openai, then autolog": ("openai", "import", "on"),
    "autolog, then openai": ("import", "on", "openai"),
}
_ROUNDS = 9


def _times(rounds: int) -> dict[str, dict[str, float]]:
    found: dict[str, list[dict[str, float]]] = {order: [] for order in _ORDERS}
    for _ in range(rounds + 1):  # the first one caches byte code and files
        for order, stages in _ORDERS.items():
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                found[order].append(json.loads(run(python_of("autolog"), "imports", "time", *stages, folder=folder)))
    return {o: {s: min(r[s] for r in runs[1:]) for s in _ORDERS[o]} for o, runs in found.items()}


def _row(order: str, stages: dict[str, float], alone: float) -> tuple[object, ...]:
    net = sum(stages.values()) - alone
    cells = [f"{stages[stage]:,.1f}" if stage in stages else "" for stage in ("openai", "import", "on")]
    return order, *cells, f"{net:,.1f}", f"{100 * net / alone:.1f} %"


def ask(*, quick: bool) -> Iterator[Table]:
    """Measure each stage, with openai imported before and after."""
    columns = ("order", "import openai", "import autolog", "autolog()", "both add", "share of import openai")
    times = _times(3 if quick else _ROUNDS)
    alone = times["openai alone"]["openai"]
    yield Table(
        title="Import and turn on, CPU milliseconds",
        columns=columns,
        rows=[_row(order, stages, alone) for order, stages in times.items()],
        notes=(f"The least of {3 if quick else _ROUNDS} rounds that took turns; byte code cached.",),
    )
    if quick or what_is_missing() is not None:
        return
    counts = {o: count(python_of("autolog"), "imports", "count", *stages) for o, stages in _ORDERS.items()}
    millions = {o: {stage: n / 1e6 for stage, n in stages.items()} for o, stages in counts.items()}
    rows = [_row(order, stages, millions["openai alone"]["openai"]) for order, stages in millions.items()]
    yield Table(title="Import and turn on, million instructions", columns=columns, rows=rows)
