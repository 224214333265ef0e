"""What does the store give back, how fast, and what does it lose?"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from typing import Any

from measuring.callgrind import run
from measuring.environments import python_of
from measuring.table import Table, verdict

# The most milliseconds that an answer may take in a store of 1,000,000 spans.
LIMITS = {
    "a trace by its id": 5,
    "the newest 100 with a filter, one line each": 50,
    "a rare word": 200,
    "two common words": 200,
    "statistics by model": 1_000,
}


def ask(*, quick: bool) -> Iterator[Table]:
    """Fill a store and ask it; let several processes write to one while another is killed; make many traces at once."""
    python = python_of("autolog")
    spans = 100_000 if quick else 1_000_000
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        filled: dict[str, Any] = json.loads(run(python, "fill_store", "autolog.db", str(spans), folder=folder))
        asked: dict[str, Any] = json.loads(run(python, "ask_store", "autolog.db", folder=folder))
        index_s = asked.pop("index_cpu_s")
        writers = (4, 2_000) if quick else (4, 20_000)
        kept: dict[str, Any] = json.loads(run(python, "many_writers", "shared.db", *map(str, writers), folder=folder))
        trees: dict[str, Any] = json.loads(
            run(python, "many_traces", "16", "100" if quick else "1000", "100" if quick else "1000", folder=folder)
        )
    rows = [
        (
            question,
            float(took["first_ms"]),
            float(took["median_ms"]),
            float(took["worst_ms"]),
            verdict(took["median_ms"], LIMITS[question]) if question in LIMITS else "",
        )
        for question, took in asked.items()
    ]
    yield Table(
        title=f"A store of {spans:,} spans, milliseconds",
        columns=("question", "first", "median", "worst", "within its limit"),
        rows=rows,
        notes=(
            f"{filled['bytes_a_span']:,.0f} bytes a span without the text index; writing took "
            f"{filled['write_cpu_s'] / spans * 1e6:,.0f} us of CPU a span, indexing its text "
            f"{index_s / spans * 1e6:,.0f} us.",
        ),
    )
    yield Table(
        title=f"{writers[0]} processes write {writers[1]:,} traces each, one more is killed",
        columns=("", "traces"),
        rows=[
            ("said to be stored", kept["said_to_be_stored"]),
            ("found (the killed process may have stored one batch more)", kept["found"]),
            ("spans a trace, of 10", float(kept["spans_a_trace"])),
            ("SQLite's check", kept["quick_check"]),
        ],
    )
    yield Table(
        title="16 threads and one loop make nested traces at once",
        columns=("", "traces"),
        rows=[("made", trees["traces"]), ("missing", trees["missing"]), ("wrong", trees["wrong"])],
    )
