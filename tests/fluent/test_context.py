"""Which trace a call belongs to: threads, tasks, sessions, users, tags."""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import autolog


@autolog.trace
def leaf(n: int) -> int:
    return n


@autolog.trace
def branch(n: int) -> list[int]:
    return [leaf(n), leaf(n + 1)]


@autolog.trace
def root(n: int) -> list[list[int]]:
    return [branch(n), branch(n + 10)]


@autolog.trace
async def aleaf(n: int) -> int:
    await asyncio.sleep(0)
    return leaf(n)


@autolog.trace
async def aroot(n: int) -> list[int]:
    return await asyncio.gather(aleaf(n), aleaf(n + 1))


def shape(trace: autolog.Trace) -> Any:
    def below(span: autolog.Span) -> Any:
        return (span.name, span.inputs["n"], [below(s) for s in trace.children(span)])

    assert trace.root is not None
    return below(trace.root)


def test_many_threads_and_tasks_each_have_their_tree(traces: Any) -> None:
    threads, each, tasks = 8, 25, 50

    def work(first: int) -> None:
        for n in range(first, first + each):
            root(n)

    running = [threading.Thread(target=work, args=(i * each,)) for i in range(threads)]
    for thread in running:
        thread.start()

    async def main() -> None:
        await asyncio.gather(*(aroot(n) for n in range(tasks)))

    asyncio.run(main())
    for thread in running:
        thread.join()
    found = {(t.name, t.root.inputs["n"]): shape(t) for t in traces.all}
    assert len(traces.all) == len(found) == threads * each + tasks
    for n in range(threads * each):
        leaves = [("branch", i, [("leaf", i, []), ("leaf", i + 1, [])]) for i in (n, n + 10)]
        assert found["root", n] == ("root", n, leaves)
    for n in range(tasks):
        assert found["aroot", n] == ("aroot", n, [("aleaf", i, [("leaf", i, [])]) for i in (n, n + 1)])


def test_carry_into_an_executor(traces: Any) -> None:
    with ThreadPoolExecutor(4) as pool, autolog.start_span("root"), autolog.session("s"):
        assert list(pool.map(autolog.carry(leaf), range(20))) == list(range(20))
        assert pool.submit(autolog.carry(leaf), 99).result() == 99
        assert pool.submit(leaf, 100).result() == 100
    found = {t.name: t for t in traces.all}
    assert sorted(s.inputs["n"] for s in found["root"].children(found["root"].root)) == [*range(20), 99]
    assert (found["root"].session_id, found["leaf"].session_id) == ("s", None)
    assert autolog.carry(leaf).__name__ == "leaf"


def test_carry_keeps_suppression_and_refuses_what_runs_later() -> None:
    with autolog.suppress():
        carried = autolog.carry(autolog.get_current_active_span)
    assert carried().trace_id == "0" * 32  # type: ignore[union-attr]

    async def later() -> None: ...

    with pytest.raises(TypeError, match="carry\\(\\) is for plain functions, and later is an async"):
        autolog.carry(later)


def test_update_current_trace(traces: Any) -> None:
    with autolog.start_span("root"):
        autolog.update_current_trace(tags={"env": "prod", "n": 1})
        leaf(1)
        autolog.flush()
        autolog.update_current_trace(tags={"n": True}, metadata={"k": [1, {"a": 2}]}, session_id="s-1", user_id="ann")
    (trace,) = traces.all
    assert trace.tags == {"env": "prod", "n": "true"}
    assert (trace.metadata, trace.session_id, trace.user_id) == ({"k": [1, {"a": 2}]}, "s-1", "ann")


def test_outside_of_a_span_it_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with autolog.suppress():
        autolog.update_current_trace(tags={"a": "b"})
    assert caplog.records == []
    with caplog.at_level(logging.WARNING, "autolog"):
        autolog.update_current_trace(tags={"a": "b"})
    assert "update_current_trace() was called outside of any span" in caplog.text


def test_sessions_and_users(traces: Any) -> None:
    with autolog.session("s-1") as name, autolog.user("ann"):
        assert name == "s-1"
        leaf(1)
        with autolog.session("s-2"):
            leaf(2)
        leaf(3)
    leaf(4)
    with autolog.start_span("open"), autolog.user("bob"):
        pass
    found = [(t.session_id, t.user_id) for t in traces.all]
    assert found == [("s-1", "ann"), ("s-2", "ann"), ("s-1", "ann"), (None, None), (None, "bob")]


async def test_sessions_in_tasks(traces: Any) -> None:
    async def chat(who: str) -> None:
        async with autolog.session(who):
            await asyncio.sleep(0)
            await aleaf(1)

    await asyncio.gather(chat("a"), chat("b"))
    assert sorted(t.session_id for t in traces.all) == ["a", "b"]
