"""On, off, on again: nothing of ours stays, whatever is under way; and what else listens keeps listening."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import subprocess
import sys
import weakref
from typing import Any

import pytest

pytest.importorskip("langchain_openai")

import langchain_core.tracers.context as hooks
from autolog_langchain._attach import _runs
from langchain_core.callbacks import AsyncCallbackHandler, BaseCallbackHandler, CallbackManager
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseLLM, FakeListLLM
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from langchain_core.tools import BaseTool
from langchain_core.tracers.context import collect_runs
from langchain_core.vectorstores import InMemoryVectorStore, VectorStore
from langchain_openai import OpenAIEmbeddings
from langchain_world import World

import autolog

OWNERS: tuple[type[Any], ...] = (
    BaseChatModel, BaseLLM, BaseRetriever, BaseTool, Embeddings, VectorStore, OpenAIEmbeddings, InMemoryVectorStore,
)  # fmt: skip


def _members(owner: type[Any]) -> dict[str, int]:
    # By identity: a wrapper equals what it wraps.
    return {name: id(member) for name, member in vars(owner).items()}


def test_nothing_is_left(traces: Any) -> None:
    listening = list(hooks._configure_hooks)
    before = [_members(owner) for owner in OWNERS]
    autolog.langchain.autolog()
    autolog.langchain.autolog()
    assert len(hooks._configure_hooks) == len(listening) + 1
    assert all(_members(owner) != was for owner, was in zip(OWNERS, before, strict=True))
    autolog.langchain.autolog(log_traces=False)
    assert all(a is b for a, b in zip(hooks._configure_hooks, listening, strict=True))
    assert [_members(owner) for owner in OWNERS] == before
    RunnableLambda(lambda x: x).invoke(1)
    assert not traces.all


def test_langchain_is_not_imported_by_us() -> None:
    code = (
        "import autolog, sys; autolog.langchain.autolog(); import autolog_langchain._handler;"
        "found = [m for m in sys.modules if m.startswith(('langchain', 'langgraph', 'langsmith'))]; assert not found, found"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_turned_on_before_the_import() -> None:
    code = (
        "import autolog; memory = autolog.MemoryExporter(); autolog.configure(store=None, exporters=[memory]);"
        "autolog.langchain.autolog();"
        "from langchain_core.runnables import RunnableLambda; RunnableLambda(lambda x: x + 1, name='f').invoke(1);"
        "autolog.flush(); (t,) = memory.traces; assert (t.name, t.root.outputs) == ('f', 2)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_off_in_the_middle_of_a_stream(world: World, both: Any) -> None:
    stream = world.chain.stream({"q": "x"})
    first = next(stream)
    autolog.langchain.autolog(log_traces=False)
    text = first + "".join(stream)
    assert text == "Hello world from the fake API"
    assert len(_runs()) == 0
    (trace,) = both.all
    assert all(s.status == "OK" and s.outcome == "completed" for s in trace.spans)
    assert trace.root.outputs == text


def test_off_and_on_in_the_middle_of_a_chain(both: Any) -> None:
    def step(x: int) -> int:
        autolog.langchain.autolog(log_traces=False)
        autolog.langchain.autolog()
        return RunnableLambda(lambda y: y + 1, name="nested").invoke(x)

    assert RunnableLambda(step).invoke(1) == 2
    (trace,) = both.all
    assert [s.name for s in trace.spans] == ["step", "nested"]


def test_the_client_alone_and_langchain_alone(world: World, traces: Any) -> None:
    autolog.autolog()
    autolog.openai.autolog(log_traces=False)
    world.chain.invoke({"q": "x"})
    assert {s.attributes["autolog.integration"] for s in traces.spans} == {"langchain"}
    assert traces.all[0].usage.total_tokens == 14
    traces.clear()
    autolog.openai.autolog()
    autolog.langchain.autolog(log_traces=False)
    world.chain.invoke({"q": "x"})
    assert {s.attributes["autolog.integration"] for s in traces.spans} == {"openai"}


class Heard(BaseCallbackHandler):
    def __init__(self) -> None:
        self.events: list[str] = []

    def on_chain_start(self, *args: Any, **kwargs: Any) -> None:
        self.events.append("start")

    def on_chain_end(self, *args: Any, **kwargs: Any) -> None:
        self.events.append("end")


@pytest.mark.filterwarnings("ignore:The `copy` method is deprecated")  # what collects runs in langchain-core 0.3
@pytest.mark.parametrize("given", ["list", "manager"])
def test_the_users_own_handlers(both: Any, given: str) -> None:
    heard = Heard()
    callbacks: Any = [heard] if given == "list" else CallbackManager([heard])
    with collect_runs() as collected:
        RunnableLambda(lambda x: x, name="f").invoke(1, {"callbacks": callbacks})
    assert heard.events == ["start", "end"]
    assert [run.name for run in collected.traced_runs] == ["f"]
    assert [s.name for s in both.spans] == ["f"]


async def test_the_users_own_handler_of_an_async_text_model(both: Any) -> None:
    class Starts(AsyncCallbackHandler):
        def __init__(self) -> None:
            self.heard: list[str] = []

        async def on_llm_start(self, *args: Any, **kwargs: Any) -> None:
            self.heard.append("start")

        async def on_llm_end(self, *args: Any, **kwargs: Any) -> None:
            self.heard.append("end")

    starts = Starts()
    llm = FakeListLLM(responses=["y"])
    await llm.ainvoke("a", {"callbacks": [starts]})
    assert starts.heard == ["start", "end"]
    assert both.span.outputs["text"] == "y"
    names = [e["event"] async for e in llm.astream_events("a", version="v2")]
    assert (names[0], names[-1]) == ("on_llm_start", "on_llm_end")


def test_suppress(world: World, both: Any) -> None:
    with autolog.suppress():
        world.chain.batch([{"q": "a"}, {"q": "b"}])
    assert not both.all
    assert len(_runs()) == 0


def test_our_failure_is_not_the_programs(
    world: World, both: Any, quiet_failures: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*args: Any) -> Any:
        raise RuntimeError("ours")

    for name in ("_handler.keep_messages", "_handler.keep_generations", "_handler.snapshot", "_recorder.keep_error"):
        monkeypatch.setattr(f"autolog_langchain.{name}", broken)
    assert world.chain.invoke({"q": "x"}) == "Hello world from the fake API"
    assert quiet_failures()
    assert "your program is not affected" in caplog.text.lower()


def test_events_of_a_later_langchain_become_spans(both: Any) -> None:
    from uuid import uuid4

    manager = CallbackManager.configure()
    (handler,) = [h for h in manager.handlers if type(h).__name__ == "AutologHandler"]
    one, two = uuid4(), uuid4()
    handler.on_rerank_start({"name": "ranker"}, ["a"], run_id=one, parent_run_id=None)
    handler.on_rerank_start({"name": "ranker"}, ["b"], run_id=two, parent_run_id=one)
    handler.on_rerank_error(ValueError("x"), run_id=two)
    handler.on_rerank_end(["c"], run_id=one)
    handler.on_something_else(1)
    assert handler.ignore_rerank is False
    outer, inner = both.spans
    assert (outer.span_type, outer.name, outer.outputs) == ("UNKNOWN", "ranker", [["c"]])
    assert (inner.parent_id, inner.status) == (outer.span_id, "ERROR")


def test_an_unknown_run_type_is_a_generic_span(both: Any) -> None:
    from uuid import uuid4

    (handler,) = [h for h in CallbackManager.configure().handlers if type(h).__name__ == "AutologHandler"]
    run = uuid4()
    handler.on_chain_start(None, {"a": 1}, run_id=run, run_type="planner", name="p")
    handler.on_chain_end({"b": 2}, run_id=run)
    handler.on_chain_end({"b": 3}, run_id=run)
    (span,) = both.spans
    assert (span.span_type, span.inputs, span.outputs) == ("UNKNOWN", {"a": 1}, {"b": 2})


def test_runs_without_an_end_are_bounded(both: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from uuid import uuid4

    monkeypatch.setattr("autolog_langchain._runs._MOST_OPEN", 5)
    (handler,) = [h for h in CallbackManager.configure().handlers if type(h).__name__ == "AutologHandler"]
    runs = [uuid4() for _ in range(8)]
    for run in runs:
        handler.on_chain_start(None, {}, run_id=run, name="f")
    assert len(_runs()) == 5
    for run in runs:
        handler.on_chain_end({}, run_id=run)
    assert [s.outcome for s in both.spans] == ["abandoned"] * 3 + ["completed"] * 5


async def test_cancelled_calls_end_their_spans(both: Any) -> None:
    from langchain_core.tools import tool

    entered = asyncio.Event()

    @tool
    async def forever(x: int) -> int:
        "Never returns."
        entered.set()
        await asyncio.sleep(60)
        return x

    for call in (forever.ainvoke, RunnableLambda(forever.ainvoke, name="outer").ainvoke):
        entered.clear()
        task = asyncio.create_task(call({"x": 1}))
        await entered.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await asyncio.sleep(0.02)
    assert len(_runs()) == 0
    assert {s.outcome for s in both.spans} == {"cancelled"}


def test_ctrl_c_in_a_retriever(both: Any) -> None:
    class Slow(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Slow().invoke("q")
    assert autolog.get_current_active_span() is None
    assert both.span.outcome == "cancelled"


def test_what_a_retriever_gives_lazily_is_left_to_the_program(both: Any) -> None:
    class Lazy(BaseRetriever):
        def _get_relevant_documents(self, query: str, *, run_manager: Any) -> Any:
            return (Document(page_content=text) for text in "ab")

    assert [d.page_content for d in Lazy().invoke("q")] == ["a", "b"]
    assert both.span.outcome == "completed"


def test_nothing_is_kept_of_many_runs(both: Any) -> None:
    class Thing:
        pass

    kept: list[weakref.ref[Thing]] = []

    def give(x: int) -> Thing:
        made = Thing()
        kept.append(weakref.ref(made))
        if x % 7 == 0:
            raise ValueError(x)
        return made

    chain = RunnableLambda(give) | RunnableLambda(lambda t: 1)
    llm = FakeListLLM(responses=["a b c"])
    for n in range(1_000):
        with contextlib.suppress(ValueError):
            chain.invoke(n)
        stream = llm.stream("x")
        next(stream)
        if n % 2:
            stream.close()  # type: ignore[attr-defined]
        del stream
        if n % 250 == 0:
            both.clear()
    both.clear()
    gc.collect()
    assert len(_runs()) == 0
    assert not [ref for ref in kept if ref() is not None]
