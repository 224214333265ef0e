"""A trace's tokens are what the wire says, whichever of the libraries is traced."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("langchain_openai")

from fake_replies import CHAT_USAGE, RESPONSE_USAGE
from langchain_core.caches import InMemoryCache
from langchain_world import World

import autolog


def _cached(w: World) -> None:
    model = w.model(cache=InMemoryCache())
    for _ in range(3):
        model.invoke("same")


def _agent(w: World) -> None:
    create_agent = pytest.importorskip("langchain.agents.factory").create_agent

    def weather(city: str) -> str:
        """Weather of a city."""
        return "sunny"

    create_agent(w.llm, tools=[weather]).invoke({"messages": [("user", "x")]})


def _error(w: World) -> None:
    with contextlib.suppress(Exception):
        w.model("err400").with_retry(stop_after_attempt=2, wait_exponential_jitter=False).invoke("x")


CALLS: dict[str, Callable[[World], Any]] = {
    "invoke": lambda w: w.chain.invoke({"q": "a"}),
    "batch": lambda w: w.chain.batch([{"q": "a"}, {"q": "b"}, {"q": "c"}]),
    "stream": lambda w: list(w.chain.stream({"q": "a"})),
    "fallbacks": lambda w: w.model("err400").with_fallbacks([w.llm]).invoke("x"),
    "retries of the client": lambda w: w.model("err500once", max_retries=2).invoke("x"),
    "retries of langchain": _error,
    "cache": _cached,
    "agent": _agent,
    "responses": lambda w: w.model(use_responses_api=True).invoke("x"),
    "responses streamed": lambda w: list(w.model(use_responses_api=True).stream("x")),
    "no usage sent": lambda w: w.model("nousage").invoke("x"),
}


def _on_the_wire(world: World) -> int:
    """What the fake API has counted: the same tokens for each call that it answered, see ``fake_replies``."""
    total = 0
    for sent in world.api.sent:
        body: Any = json.loads(sent.body)
        words = str(body.get("model")).split("+")
        failed = "err400" in words or ("err500once" in words and sent.header("x-stainless-retry-count") == "0")
        unsaid = "nousage" in words
        if not failed and not unsaid:
            total += (RESPONSE_USAGE if sent.target.endswith("/responses") else CHAT_USAGE)["total_tokens"]
    return total


@pytest.mark.parametrize("on", [s for n in (1, 2) for s in itertools.combinations(("openai", "langchain"), n)])
@pytest.mark.parametrize("name", CALLS)
def test_tokens(world: World, traces: Any, name: str, on: tuple[str, ...]) -> None:
    for library in on:
        getattr(autolog, library).autolog()
    CALLS[name](world)
    counted = sum(t.usage.total_tokens or 0 for t in traces.all)
    assert traces.all
    assert counted == _on_the_wire(world)


def test_direct_calls_beside_the_model_count_too(world: World, both: Any) -> None:
    from langchain_core.runnables import RunnableLambda

    def both_ways(x: Any) -> Any:
        world.direct("both_ways")
        return world.llm.invoke("x")

    RunnableLambda(both_ways).invoke(1)
    (trace,) = both.all
    assert trace.usage.total_tokens == 28 == _on_the_wire(world)
