"""Whatever tree of runnables, threads and tasks is run, the trace is that tree."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest

pytest.importorskip("langchain_core")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from langchain_core.runnables import RunnableLambda, RunnableParallel
from langchain_world import tree

import autolog

# (how it runs its children, children); names are given on the way.
HOWS = ("in turn", "threads", "parallel", "batch", "span", "stream")
AHOWS = ("in turn", "tasks", "parallel", "batch", "span", "stream")


def _trees(hows: tuple[str, ...]) -> Any:
    return st.recursive(
        st.tuples(st.sampled_from(hows), st.just([])),
        lambda inner: st.tuples(st.sampled_from(hows), st.lists(inner, max_size=3)),
        max_leaves=7,
    )


def _node(shape: Any, name: str) -> tuple[RunnableLambda[Any, Any], Any]:
    """A runnable that runs its children, and the tree that must be traced."""
    how, below = shape
    made = [_node(child, f"{name}.{i}") for i, child in enumerate(below)]
    children, expected = [m[0] for m in made], [m[1] for m in made]

    def run(x: Any) -> Any:
        if how == "threads" and children:
            with ThreadPoolExecutor(3) as pool:
                for future in [pool.submit(copy_context().run, child.invoke, x) for child in children]:
                    future.result()
        elif how == "parallel" and children:
            RunnableParallel({str(i): child for i, child in enumerate(children)}).invoke(x)
        elif how == "batch":
            for child in children:
                child.batch([x])
        elif how == "stream":
            for child in children:
                list(child.stream(x))
        elif how == "span":
            with autolog.start_span(f"{name}+span"):
                for child in children:
                    child.invoke(x)
        else:
            for child in children:
                child.invoke(x)
        return x

    async def arun(x: Any) -> Any:
        if how == "tasks":
            await asyncio.gather(*[child.ainvoke(x) for child in children])
        elif how == "parallel" and children:
            await RunnableParallel({str(i): child for i, child in enumerate(children)}).ainvoke(x)
        elif how == "batch":
            for child in children:
                await child.abatch([x])
        elif how == "stream":
            for child in children:
                async for _ in child.astream(x):
                    pass
        elif how == "span":
            with autolog.start_span(f"{name}+span"):
                for child in children:
                    await child.ainvoke(x)
        else:
            for child in children:
                await child.ainvoke(x)
        return x

    if how == "span":
        expected = [(f"{name}+span", expected) if expected else f"{name}+span"]
    if how == "parallel" and children:
        expected = [("parallel", expected)]
    return RunnableLambda(run, afunc=arun, name=name), (name, expected) if expected else name


def _sorted(node: Any) -> Any:
    if isinstance(node, str):
        return (node, [])
    name, children = node
    return ("parallel" if name.startswith("RunnableParallel") else name, sorted(map(_sorted, children)))


LIMITS = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@LIMITS
@given(_trees(HOWS))
def test_sync(traces: Any, shape: Any) -> None:
    autolog.langchain.autolog()
    traces.clear()
    runnable, expected = _node(shape, "r")
    runnable.invoke(1)
    (trace,) = traces.all
    assert _sorted(tree(trace)[0]) == _sorted(expected)


@LIMITS
@given(_trees(AHOWS))
def test_async(traces: Any, shape: Any) -> None:
    autolog.langchain.autolog()
    traces.clear()
    runnable, expected = _node(shape, "r")
    asyncio.run(runnable.ainvoke(1))
    (trace,) = traces.all
    assert _sorted(tree(trace)[0]) == _sorted(expected)
