"""For each integration: calls of its library as a program makes them, and what it may leave nothing behind in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from call_styles import M
from callers import Caller
from scenario_kit import drain

__all__ = ["SUBJECTS", "Subject"]

Calls = Callable[[Caller], list[Callable[[], Any]]]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """``calls``: a call, a stream and a failing call, of which each is one span.

    ``module`` is what a program imports; ``registered`` gives the library's own lists, in which the integration may
    stand only while it is on; ``operations`` tells whether the calls are ``Operation``s.
    """

    distribution: str
    module: str
    calls: Calls
    registered: Callable[[], list[Any]] = list
    operations: bool = False

    @property
    def installed(self) -> bool:
        return all(find_spec(name) is not None for name in ("openai", self.module, *_NEEDED.get(self.module, ())))


_NEEDED = {"langchain_core": ("langchain_openai",), "llama_index": ("llama_index.llms.openai",)}


def openai_calls(caller: Caller) -> list[Callable[[], Any]]:
    create = caller.client().chat.completions.create

    def stream() -> Any:
        result = create(model="m", messages=M, stream=True)
        return drained(result) if caller.asynchronous else drain(result)

    async def drained(result: Any) -> Any:
        return await drain(await result)

    return [lambda: create(model="m", messages=M), stream, lambda: create(model="err400", messages=M)]


def langchain_calls(caller: Caller) -> list[Callable[[], Any]]:
    ChatOpenAI = import_module("langchain_openai").ChatOpenAI  # noqa: N806
    # LangChain shares its HTTP clients: no connection outlives the event loop of its test.
    settings = {
        "api_key": "k",
        "base_url": caller.api.base_url,
        "max_retries": 0,
        "default_headers": {"Connection": "close"},
    }

    def model(name: str) -> Any:
        return ChatOpenAI(model=name, **settings)

    def call(name: str) -> Any:
        return acall(name) if caller.asynchronous else model(name).invoke("hi").content

    async def acall(name: str) -> Any:
        return (await model(name).ainvoke("hi")).content

    def stream() -> Any:
        return astream() if caller.asynchronous else [chunk.content for chunk in model("m").stream("hi")]

    async def astream() -> Any:
        return [chunk.content async for chunk in model("m").astream("hi")]

    return [lambda: call("m"), stream, lambda: call("err400")]


def langchain_hooks() -> list[Any]:
    return list(import_module("langchain_core.tracers.context")._configure_hooks)


def llama_index_calls(caller: Caller) -> list[Callable[[], Any]]:
    kit: Any = import_module("llamaindex_kit")
    program = kit.Program(caller.api.base_url)
    failing = {"model": "err400"}

    def call(**options: Any) -> Any:
        llm = program.model(**options)
        return acall(llm) if caller.asynchronous else llm.chat(kit.ask("hi")).message.content

    async def acall(llm: Any) -> Any:
        return (await llm.achat(kit.ask("hi"))).message.content

    def stream() -> Any:
        return astream() if caller.asynchronous else [c.delta for c in program.llm.stream_chat(kit.ask("hi"))]

    async def astream() -> Any:
        return [c.delta async for c in await program.llm.astream_chat(kit.ask("hi"))]

    return [call, stream, lambda: call(additional_kwargs=failing)]


def llama_index_handlers() -> list[Any]:
    root: Any = import_module("llama_index_instrumentation").root_dispatcher
    return [*root.span_handlers, *root.event_handlers]


SUBJECTS = {
    "openai": Subject(distribution="openai", module="openai", calls=openai_calls, operations=True),
    "langchain": Subject(
        distribution="langchain-core", module="langchain_core", calls=langchain_calls, registered=langchain_hooks
    ),
    "llama_index": Subject(
        distribution="llama-index-core",
        module="llama_index",
        calls=llama_index_calls,
        registered=llama_index_handlers,
    ),
}
