"""The ways to call LangChain that a context must travel through, each a few calls whose parents are known.

A mode is a function of the :class:`World`; an async one is awaited. Client calls of their own say where they are from,
those of models must be under the model's run with the same question.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import openai
from langchain_core.messages import convert_to_messages
from langchain_core.runnables import RunnableLambda, RunnableParallel
from langchain_world import World

import autolog

__all__ = ["ASYNC", "SYNC"]

SYNC: dict[str, Callable[[World], Any]] = {}
ASYNC: dict[str, Callable[[World], Awaitable[Any]]] = {}


def _said(text: str) -> list[Any]:
    return [("user", text)]


def mode(function: Callable[[World], Any]) -> Callable[[World], Any]:
    (ASYNC if asyncio.iscoroutinefunction(function) else SYNC)[function.__name__] = function
    return function


async def _drain(stream: Any) -> None:
    async for _ in await stream if asyncio.iscoroutine(stream) else stream:
        pass


@mode
def invoke(w: World) -> None:
    w.llm.invoke(_said("q1"))


@mode
def stream(w: World) -> None:
    list(w.llm.stream(_said("q2")))


@mode
def batch_in_threads(w: World) -> None:
    w.llm.batch([_said(f"b{i}") for i in range(4)])


@mode
def generate_several_prompts(w: World) -> None:
    w.llm.generate([convert_to_messages(_said(f"g{i}")) for i in range(3)])
    w.direct("ROOT")


@mode
def stream_abandoned_then_direct(w: World) -> None:
    for _ in w.llm.stream(_said("q3")):
        break
    w.direct("ROOT")


@mode
def direct_between_chunks(w: World) -> None:
    for i, _ in enumerate(w.llm.stream(_said("q4"))):
        if i == 2:
            w.direct("ROOT")


@mode
def interleaved_streams(w: World) -> None:
    a, b = w.llm.stream(_said("ia")), w.llm.stream(_said("ib"))
    next(a)
    next(b)
    list(a)
    list(b)
    w.direct("ROOT")


@mode
def chain_invoke(w: World) -> None:
    w.chain.invoke({"q": "c1"})


@mode
def chain_stream(w: World) -> None:
    list(w.chain.stream({"q": "c2"}))


@mode
def chain_stream_abandoned_then_direct(w: World) -> None:
    stream = w.chain.stream({"q": "c2"})
    next(stream)
    stream.close()
    w.direct("ROOT")


@mode
def direct_between_chunks_of_a_chain(w: World) -> None:
    for _ in w.chain.stream({"q": "c3"}):
        w.direct("ROOT")


@mode
def chain_batch(w: World) -> None:
    w.chain.batch([{"q": f"cb{i}"} for i in range(4)])


@mode
def chain_batch_as_completed(w: World) -> None:
    list(w.chain.batch_as_completed([{"q": f"cc{i}"} for i in range(3)]))


@mode
def chain_transform(w: World) -> None:
    list(w.chain.transform(iter([{"q": "ct"}])))


@mode
def each(w: World) -> None:
    w.chain.map().invoke([{"q": "e0"}, {"q": "e1"}])


def _two(w: World) -> Any:
    return RunnableParallel(a=w.prompt | w.llm, b=RunnableLambda(lambda d: {"q": d["q"] + "x"}) | w.prompt | w.llm)


@mode
def parallel(w: World) -> None:
    _two(w).invoke({"q": "p1"})


@mode
def lambda_direct(w: World) -> None:
    def lam(x: Any) -> Any:
        w.direct("lam")
        return x

    RunnableLambda(lam).invoke(1)


@mode
def lambda_direct_model_direct(w: World) -> None:
    def lam(x: Any) -> Any:
        w.direct("lam")
        w.llm.invoke(_said("inlam"))
        w.direct("lam")
        return x

    RunnableLambda(lam).invoke(1)


@mode
def tool_direct(w: World) -> None:
    w.tool.invoke({"x": "1"})


@mode
def retriever(w: World) -> None:
    w.filled().as_retriever().invoke("r1")


@mode
def chain_with_retriever(w: World) -> None:
    ({"q": w.filled().as_retriever() | (lambda d: "ctx")} | w.prompt | w.llm).invoke("r2")


@mode
def error_then_direct(w: World) -> None:
    with contextlib.suppress(openai.BadRequestError):
        w.model("err400").invoke(_said("e1"))
    w.direct("ROOT")


@mode
def fallbacks(w: World) -> None:
    w.model("err400").with_fallbacks([w.llm]).invoke(_said("f1"))


@mode
def retry(w: World) -> None:
    with contextlib.suppress(openai.BadRequestError):
        w.model("err400").with_retry(stop_after_attempt=2, wait_exponential_jitter=False).invoke(_said("re1"))


@mode
def responses_api(w: World) -> None:
    w.model(use_responses_api=True).invoke(_said("ra1"))


@mode
def responses_api_stream(w: World) -> None:
    list(w.model(use_responses_api=True).stream(_said("ra2")))


@mode
def plain_thread(w: World) -> None:
    thread = threading.Thread(target=lambda: w.llm.invoke(_said("th1")))
    thread.start()
    thread.join()


@mode
def inside_own_span(w: World) -> None:
    with autolog.start_span("outer"):
        w.chain.invoke({"q": "o1"})
        w.direct("outer")
    w.direct("ROOT")


@mode
def own_span_inside_a_lambda(w: World) -> None:
    def inner_fn(x: Any) -> Any:
        with autolog.start_span("inner"):
            w.direct("inner")
            w.llm.invoke(_said("in2"))
        w.direct("inner_fn")
        return x

    RunnableLambda(inner_fn).invoke(1)


@mode
async def ainvoke(w: World) -> None:
    await w.llm.ainvoke(_said("aq1"))


@mode
async def astream(w: World) -> None:
    await _drain(w.llm.astream(_said("aq2")))


@mode
async def abatch(w: World) -> None:
    await w.llm.abatch([_said(f"ab{i}") for i in range(4)])


@mode
async def gather(w: World) -> None:
    await asyncio.gather(*[w.llm.ainvoke(_said(f"ga{i}")) for i in range(4)])


@mode
async def agenerate_several_prompts(w: World) -> None:
    await w.llm.agenerate([convert_to_messages(_said(f"ag{i}")) for i in range(2)])
    await w.adirect("ROOT")


@mode
async def ainvoke_then_direct(w: World) -> None:
    await w.llm.ainvoke(_said("sq1"))
    await w.adirect("ROOT")


@mode
async def direct_between_async_chunks(w: World) -> None:
    i = 0
    async for _ in w.llm.astream(_said("aq4")):
        i += 1
        if i == 2:
            await w.adirect("ROOT")


@mode
async def astream_abandoned_then_direct(w: World) -> None:
    stream = w.llm.astream(_said("aq5"))
    async for _ in stream:
        break
    await w.adirect("ROOT")
    await stream.aclose()  # type: ignore[attr-defined]


@mode
async def chain_ainvoke(w: World) -> None:
    await w.chain.ainvoke({"q": "ac1"})


@mode
async def chain_astream(w: World) -> None:
    await _drain(w.chain.astream({"q": "ac2"}))


@mode
async def chain_abatch(w: World) -> None:
    await w.chain.abatch([{"q": f"acb{i}"} for i in range(4)])


@mode
async def chain_abatch_as_completed(w: World) -> None:
    await _drain(w.chain.abatch_as_completed([{"q": f"acc{i}"} for i in range(3)]))


@mode
async def chain_astream_events(w: World) -> None:
    await _drain(w.chain.astream_events({"q": "ev2"}, version="v2"))


@mode
async def model_astream_events(w: World) -> None:
    await _drain(w.llm.astream_events(_said("ev2l"), version="v2"))


@mode
async def chain_astream_events_v1(w: World) -> None:
    await _drain(w.chain.astream_events({"q": "ev1"}, version="v1"))


@mode
async def model_astream_events_v3(w: World) -> None:
    await _drain(w.llm.astream_events(_said("ev3"), version="v3"))


@mode
async def direct_between_events_v3(w: World) -> None:
    async for _ in await w.llm.astream_events(_said("ev3d"), version="v3"):  # type: ignore[misc]
        await w.adirect("ROOT")


@mode
async def chain_astream_log(w: World) -> None:
    await _drain(w.chain.astream_log({"q": "log"}))


@mode
async def async_lambda(w: World) -> None:
    async def alam(x: Any) -> Any:
        await w.adirect("alam")
        await w.llm.ainvoke(_said("inalam"))
        await w.adirect("alam")
        return x

    await RunnableLambda(alam).ainvoke(1)


@mode
async def sync_lambda_in_executor(w: World) -> None:
    def syl(x: Any) -> Any:
        w.direct("syl")
        w.llm.invoke(_said("insyl"))
        return x

    await RunnableLambda(syl).ainvoke(1)


@mode
async def async_tool(w: World) -> None:
    await w.atool.ainvoke({"x": "1"})
    await w.adirect("ROOT")


@mode
async def async_retriever(w: World) -> None:
    await w.filled().as_retriever().ainvoke("ar1")
    await w.adirect("ROOT")


@mode
async def async_parallel(w: World) -> None:
    await _two(w).ainvoke({"q": "ap1"})


@mode
async def ainvoke_cancelled(w: World) -> None:
    task = asyncio.create_task(w.model("hang").ainvoke(_said("cx")))
    await w.until_sent(1)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await w.adirect("ROOT")


@mode
async def chain_ainvoke_cancelled(w: World) -> None:
    task = asyncio.create_task((w.prompt | w.model("hang")).ainvoke({"q": "ccx"}))
    await w.until_sent(1)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await w.adirect("ROOT")
