"""A trace's tokens are those of the wire, with any of the integrations turned on.

What the wire says is summed from the bodies of the responses. An integration sees the calls of its own framework;
the client's sees all, and alone those of embeddings, whose counts no framework hands on.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.globals import set_llm_cache
from llamaindex_kit import QUIET, ask
from together_programs import ASYNC, SYNC, Programs

import autolog

pytestmark = [pytest.mark.filterwarnings(mark) for mark in QUIET]

NAMES = ("openai", "langchain", "llama_index")
SUBSETS = [subset for size in (1, 2, 3) for subset in combinations(NAMES, size)]
OWNERS = {"lc": "langchain", "gpt-4o-mini": "llama_index"}


def retries(p: Programs) -> None:
    p.model("lc+err500once", max_retries=2).invoke("q")
    p.li.model(max_retries=2, additional_kwargs={"model": "gpt-4o-mini+err500once"}).chat(ask("q"))


def fallbacks(p: Programs) -> None:
    p.model("lc+err400").with_fallbacks([p.lc]).invoke("q")


def batches_and_streams(p: Programs) -> None:
    p.chain.batch([{"q": "a"}, {"q": "b"}])
    list(p.chain.stream({"q": "c"}))
    "".join(p.li.engine(streaming=True).query("d").response_gen)
    "".join(p.li.chat_engine().stream_chat("e").response_gen)
    list(p.li.llm.stream_complete("f"))


def cached(p: Programs) -> None:
    set_llm_cache(InMemoryCache())
    try:
        p.lc.invoke("the same")
        p.lc.invoke("the same")
    finally:
        set_llm_cache(None)
    p.li.llm.chat(ask("the same"))


def in_a_loop(run: Callable[[Programs], Any]) -> Callable[[Programs], Any]:
    return lambda p: asyncio.run(run(p))


PROGRAMS: dict[str, Callable[[Programs], Any]] = {
    **SYNC,
    **{f.__name__: f for f in (retries, fallbacks, batches_and_streams, cached)},
    **{name: in_a_loop(run) for name, run in ASYNC.items()},
}


def said(tape: Any) -> Iterator[tuple[str, dict[str, int]]]:
    """The model and the usage of every response that has one."""
    for call in tape.calls:
        if call.response is None or call.response.status != 200:
            continue
        body = call.response.body.decode()
        if body.startswith("{"):
            answers = [json.loads(body)]
        else:
            answers = [json.loads(line[6:]) for line in body.splitlines() if line.startswith("data: {")]
        usages = [a["usage"] for a in answers if a.get("usage")]
        model = "embedding" if call.request.uri.endswith("/embeddings") else json.loads(call.request.body)["model"]
        yield model.partition("+")[0], usages[-1]


@pytest.mark.parametrize("subset", SUBSETS, ids="+".join)
@pytest.mark.parametrize("name", PROGRAMS)
def test_tokens(programs: Programs, traces: Any, tmp_path: Any, name: str, subset: tuple[str, ...]) -> None:
    for integration in subset:
        getattr(autolog, integration).autolog()
    with autolog.replay(tmp_path / "wire.yaml", mode="all", record_errors=True) as tape:
        with autolog.start_span("around"):
            PROGRAMS[name](programs)
        usages = [usage for model, usage in said(tape) if "openai" in subset or OWNERS.get(model) in subset]
    (trace,) = traces.all
    expected = {
        "input_tokens": sum(u["prompt_tokens"] for u in usages) or None,
        "output_tokens": sum(u.get("completion_tokens", 0) for u in usages) or None,
        "total_tokens": sum(u["total_tokens"] for u in usages) or None,
    }
    assert {key: getattr(trace.usage, key) for key in expected} == expected
