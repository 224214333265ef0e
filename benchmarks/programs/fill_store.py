"""Fill a store with traces of ten spans, as agents make them: `fill_store.py PATH SPANS [SEED]`."""

from __future__ import annotations

import json
import random
import sys
import time
from pathlib import Path

from autolog import semconv
from autolog._model import ExceptionInfo, Span, Trace, Usage
from autolog._store import open_store

MODELS = (("gpt-4o", 2.5e-6), ("gpt-4o-mini", 1.5e-7), ("claude-sonnet-5", 3e-6), ("gemini-3-pro", 2e-6))
WORDS = Path(__file__).read_text().replace("(", " ").split() + [f"word{n}" for n in range(20_000)]
KINDS = ("CHAIN", "RETRIEVER", "TOOL", "CHAT_MODEL", "PARSER", "CHAT_MODEL", "TOOL", "CHAT_MODEL", "TASK")
MONTH_NS = 30 * 86_400 * 10**9
BATCH = 200


def agent(number: int, chance: random.Random, start: int) -> Trace:
    """One trace: a root and nine spans below it, three of them model calls."""
    trace_id = f"{chance.getrandbits(128):032x}"
    root = f"{chance.getrandbits(64):016x}"
    failed = chance.random() < 0.03
    asked = " ".join(chance.choices(WORDS, k=40)) + f" order{number}"
    spans: list[Span] = []
    at = start
    for kind in KINDS:
        took = round(chance.lognormvariate(19.5, 0.8))
        attributes: dict[str, object] = {semconv.INTEGRATION: "langchain"}
        usage = cost = None
        if kind == "CHAT_MODEL":
            model, price = chance.choice(MODELS)
            tokens, answer = chance.randrange(200, 4000), chance.randrange(20, 800)
            usage = Usage(tokens, answer, tokens + answer)
            cost = price * (tokens + 4 * answer)
            messages = [{"role": "user", "parts": [{"type": "text", "content": asked}]}]
            attributes |= {
                semconv.RESPONSE_MODEL: model,
                semconv.PROVIDER_NAME: model.split("-")[0],
                semconv.INPUT_MESSAGES: messages,
                semconv.TIME_TO_FIRST_CHUNK: took / 4e9,
                semconv.FINISH_REASONS: ["stop"],
            }
        error = ExceptionInfo("TimeoutError", "too slow", "Traceback …") if failed and kind == "TASK" else None
        spans.append(
            Span(
                f"{chance.getrandbits(64):016x}",
                trace_id,
                root,
                f"{kind.lower()} step",
                kind,
                "ERROR" if error else "OK",
                at,
                at + took,
                "error" if error else "completed",
                inputs={"question": asked},
                outputs=" ".join(chance.choices(WORDS, k=60)),
                attributes=attributes,
                usage=usage,
                cost=cost,
                exception=error,
            )
        )
        at += took
    status = "ERROR" if failed else "OK"
    top = Span(
        root,
        trace_id,
        None,
        f"agent {number % 20}",
        "AGENT",
        status,
        start,
        at,
        inputs={"question": asked},
        outputs=spans[-1].outputs,
    )
    session, user = f"session {number // 5}", f"user {number % 1000}"
    return Trace(trace_id, (top, *spans), {"env": chance.choice(("prod", "dev"))}, {"n": number}, session, user)


def main() -> None:
    path, count, seed = sys.argv[1], int(sys.argv[2]) // (len(KINDS) + 1), int((*sys.argv, "1")[3])
    chance = random.Random(seed)
    began = time.time_ns() - MONTH_NS
    cpu, wall = time.process_time(), time.perf_counter()
    making = 0.0
    with open_store(path) as store:
        for first in range(0, count, BATCH):
            before = time.process_time()
            numbers = range(first, min(first + BATCH, count))
            batch = [agent(n, chance, began + round(MONTH_NS * n / count)) for n in numbers]
            making += time.process_time() - before
            store.write(batch)
    said = {
        "traces": count,
        "spans": count * (len(KINDS) + 1),
        "write_cpu_s": time.process_time() - cpu - making,
        "wall_s": time.perf_counter() - wall,
        "bytes_a_span": Path(path).stat().st_size / count / (len(KINDS) + 1),
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
