"""Ask a filled store what people ask, and time it: `ask_store.py PATH`. Builds the text index first."""

from __future__ import annotations

import functools
import json
import random
import statistics
import sys
import time
from collections.abc import Callable

from autolog._store import Query, Store, open_store

ROUNDS = 20


def timed(ask: Callable[[int], object], rounds: int = ROUNDS) -> dict[str, float]:
    """Milliseconds of the first, the median and the slowest answer, each to another question."""
    took: list[float] = []
    for number in range(rounds):
        before = time.perf_counter()
        ask(number)
        took.append((time.perf_counter() - before) * 1e3)
    return {"first_ms": took[0], "median_ms": statistics.median(took), "worst_ms": max(took)}


def _stats(store: Store, by: str, _: int) -> None:
    store.stats(by=by)


def main() -> None:
    chance = random.Random(7)
    said: dict[str, object] = {}
    with open_store(sys.argv[1]) as store:
        before = time.process_time()
        store.index_text()
        said["index_cpu_s"] = time.process_time() - before
        traces = store.count(Query())
        ids = chance.sample(store.search_ids(Query(max_results=None)), ROUNDS)
        users = [f"user {chance.randrange(1000)}" for _ in range(ROUNDS)]
        orders = [f"order{chance.randrange(traces)}" for _ in range(ROUNDS)]
        filters = (
            "status = 'ERROR'",
            "model = 'gpt-4o' AND total_tokens > 5000",
            "tag.env = 'dev' AND cost > 0.01",
            "error_type = 'TimeoutError' AND duration > '1s'",
            "span_name = 'tool step' AND NOT provider = 'gpt'",
        )
        questions: dict[str, Callable[[int], object]] = {
            "a trace by its id": lambda n: store.get_trace(ids[n]),
            "the newest 100, one line each": lambda _: store.summaries(Query()),
            "the newest 100 with a filter, one line each": lambda n: store.summaries(
                Query(filter_string=filters[n % len(filters)])
            ),
            "a user's traces": lambda n: store.summaries(Query(user_id=users[n])),
            "a rare word": lambda n: store.summaries(Query(text=orders[n])),
            "two common words": lambda n: store.summaries(Query(text=f"word{n} word{n + 1}")),
        }
        for by in ("model", "provider", "day", "session", "user", "integration", "span_name"):
            questions[f"statistics by {by}"] = functools.partial(_stats, store, by)
        for question, ask in questions.items():
            said[question] = timed(ask, 4 if question.startswith("statistics") else ROUNDS)
    print(json.dumps(said))


main()
