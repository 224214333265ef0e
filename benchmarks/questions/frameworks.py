"""What do LangChain runs and LlamaIndex queries cost more when they are traced?"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator

from measuring.callgrind import count, run, what_is_missing
from measuring.environments import PACKAGES, python_of
from measuring.table import Table, verdict

_CHAIN, _STEPS, _QUERY = "prompt, model, parser", "three steps", "LlamaIndex query"
_LIMITS = {_CHAIN: 2_000_000, _STEPS: 1_500_000}
_PEERS = ("openinference", "openllmetry", "mlflow")
_QUERIES = 300


def ask(*, quick: bool) -> Iterator[Table]:
    """Count runs on the calling thread, and time queries beside the other tracers of LlamaIndex."""
    if what_is_missing() is None:
        yield _counted(seeds=1 if quick else 3)
    yield _timed(rounds=2 if quick else 5)


def _counted(*, seeds: int) -> Table:
    python = python_of("autolog-frameworks")
    rows: list[tuple[object, ...]] = []
    for tracer in ("autolog", "nothing"):
        names = (_CHAIN, _STEPS, _QUERY) if tracer == "autolog" else (_CHAIN, _STEPS)
        counts = [count(python, "count_frameworks", tracer, *names, seed=seed) for seed in range(seeds)]
        for name in names:
            own = round(sum(c[f"without: {name}"] for c in counts) / seeds)
            adds = [c[f"with: {name}"] - c[f"without: {name}"] for c in counts]
            mean = round(sum(adds) / seeds)
            kept = verdict(mean, _LIMITS[name]) if tracer == "autolog" and name in _LIMITS else ""
            title = name if tracer == "autolog" else f"control: {name}"
            rows.append((title, own, mean, f"{min(adds):,} to {max(adds):,}" if seeds > 1 else "", kept))
    return Table(
        title="Instructions added to the calling thread, a run of a framework",
        columns=("run", "the framework itself", "autolog adds", "from to", "kept"),
        rows=rows,
        notes=("LangChain and LlamaIndex traced, the OpenAI client below them not. The control turns nothing on.",),
    )


def _timed(*, rounds: int) -> Table:
    tracers = {
        "nothing": "autolog-frameworks",
        "autolog, stored": "autolog-frameworks",
        **{peer: f"{peer}-frameworks" for peer in _PEERS},
    }
    found: dict[str, list[dict[str, float]]] = {}
    failed: dict[str, str] = {}
    for _ in range(rounds):
        for tracer, environment in tracers.items():
            if tracer in failed:
                continue
            try:
                with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                    said = run(python_of(environment), "time_query", tracer, str(_QUERIES), folder=folder)
            except Exception as e:  # one that cannot be installed or fails here must not cost the others
                if tracer not in _PEERS:
                    raise
                failed[tracer] = str(e).splitlines()[0]
                print(f"{tracer}: {failed[tracer]}", file=sys.stderr)
                continue
            found.setdefault(tracer, []).append(json.loads(said.splitlines()[-1]))
    here, everywhere = (
        {tracer: min(f[key] for f in measured) for tracer, measured in found.items()} for key in ("here_us", "all_us")
    )
    rows: list[tuple[object, ...]] = []
    for tracer in tracers:
        if tracer in failed:
            rows.append((tracer, f"could not be measured: {failed[tracer]}", "", "", ""))
            continue
        more = [measured[tracer] - measured["nothing"] for measured in (here, everywhere)]
        rows.append((_name(tracer), round(here[tracer]), round(more[0]), round(everywhere[tracer]), round(more[1])))
    peers = [peer for peer in _PEERS if peer in here]
    notes = [f"The least of {rounds} rounds of {_QUERIES} queries that took turns. The least of each column."]
    if peers:
        best = min(here[peer] - here["nothing"] for peer in peers)
        ours = here["autolog, stored"] - here["nothing"]
        notes.append(f"Ours adds {ours / best:.2f} of what the best of the others adds: {verdict(ours / best, 0.5)}.")
    return Table(
        title="CPU time of a LlamaIndex query, µs",
        columns=("tracer", "the thread that asks", "added", "all threads, with a flush", "added"),
        rows=rows,
        notes=notes,
    )


def _name(tracer: str) -> str:
    return PACKAGES[f"{tracer}-frameworks"][-1].replace("==", " ") if tracer == "openinference" else tracer
