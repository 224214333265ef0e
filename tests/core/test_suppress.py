"""``suppress()``: no spans from a block, in its own thread and task only."""

from __future__ import annotations

import asyncio
import inspect
import threading
from typing import Any

import pytest
from callers import Caller, create, instant_client, names_of_calls

import autolog


def test_suppress_holds_in_its_own_thread_only(traced: Any) -> None:
    inside, done = threading.Event(), threading.Event()

    def quiet() -> None:
        with autolog.suppress():
            inside.set()
            assert done.wait(20)
            create(instant_client(), "quiet")
        create(instant_client(), "after")

    thread = threading.Thread(target=quiet)
    thread.start()
    assert inside.wait(20)
    create(instant_client(), "loud")
    done.set()
    thread.join()
    assert sorted(names_of_calls(traced)) == ["chat after", "chat loud"]


@pytest.mark.parametrize("caller", ["async"], indirect=True)
def test_suppress_holds_in_its_own_task_and_those_that_it_starts(caller: Caller, traced: Any) -> None:
    client = caller.client()

    async def quiet() -> None:
        with autolog.suppress():
            await asyncio.gather(create(client, "inner"), create(client, "inner"))
        await create(client, "after")

    async def run() -> None:
        await asyncio.gather(quiet(), create(client, "loud"))

    caller.run(run)
    assert sorted(names_of_calls(traced)) == ["chat after", "chat loud"]


def test_suppress_as_a_decorator(caller: Caller, traced: Any) -> None:
    client = caller.client()

    @autolog.suppress()
    def plain() -> Any:
        return create(client, "quiet")

    @autolog.suppress()
    async def coroutine() -> Any:
        return await create(client, "quiet")

    decorated = coroutine if caller.asynchronous else plain
    assert inspect.iscoroutinefunction(coroutine)
    assert not inspect.iscoroutinefunction(plain)
    for _ in range(2):
        assert caller.run(decorated).model == "quiet-2024"
    caller.run(create, client, "loud")
    assert names_of_calls(traced) == ["chat loud"]


def test_suppress_does_not_decorate_generators() -> None:
    def generator() -> Any:
        yield

    with pytest.raises(
        TypeError, match=r"cannot decorate the generator function generator: use `with autolog\.suppress"
    ):
        autolog.suppress()(generator)


def test_own_spans_are_suppressed_too(traces: Any) -> None:
    with autolog.suppress(), autolog.start_span("quiet") as span:
        span.set_inputs("ignored")
        assert autolog.get_active_trace_id() is None
        autolog.get_current_active_span().set_outputs("ignored")
    with autolog.start_span("loud"):
        pass
    assert [span.name for span in traces.spans] == ["loud"]


@pytest.mark.parametrize("caller", ["async"], indirect=True)
def test_suppress_may_be_left_in_another_context(caller: Caller) -> None:
    """As the fixtures and dependencies of web frameworks do, which are async generators."""

    async def dependency() -> Any:
        with autolog.suppress():
            yield

    async def run() -> None:
        generator = dependency()
        await asyncio.create_task(anext(generator))
        await asyncio.create_task(generator.aclose())

    caller.run(run)
