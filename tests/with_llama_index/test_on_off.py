"""On and off leave the library as it was; off in the middle of something harms nothing."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from typing import Any

import pytest
from llama_index_instrumentation import root_dispatcher
from llamaindex_kit import QUIET, Program, ask

import autolog
from autolog._registry import integrations
from autolog._tracing import context

pytestmark = [pytest.mark.filterwarnings(mark) for mark in QUIET]


def handlers() -> tuple[list[int], list[int]]:
    return [id(h) for h in root_dispatcher.span_handlers], [id(h) for h in root_dispatcher.event_handlers]


def test_on_and_off(program: Program, traces: Any) -> None:
    before, locators = handlers(), context._locators
    for _ in range(3):
        autolog.llama_index.autolog()
        autolog.llama_index.autolog()
        assert len(root_dispatcher.span_handlers) == len(before[0]) + 1
        assert len(root_dispatcher.event_handlers) == len(before[1]) + 1
        autolog.llama_index.autolog(log_traces=False)
        autolog.llama_index.autolog(log_traces=False)
        assert handlers() == before
        assert context._locators == locators
    program.llm.chat(ask("q"))
    assert traces.all == []


def test_handlers_of_others_stay(traces: Any) -> None:
    autolog.llama_index.autolog()
    other = object()
    root_dispatcher.span_handlers.append(other)
    autolog.llama_index.autolog(log_traces=False)
    try:
        assert root_dispatcher.span_handlers[-1] is other
    finally:
        root_dispatcher.span_handlers.remove(other)


@pytest.mark.parametrize("which", ["llama_index", "openai"])
def test_one_off_while_the_other_goes_on(program: Program, both: Any, which: str) -> None:
    getattr(autolog, which).autolog(log_traces=False)
    program.llm.chat(ask("q"))
    (span,) = both.spans
    assert span.attributes["autolog.integration"] != which
    assert span.usage.total_tokens == 14


@pytest.mark.parametrize("when", ["before", "within", "after"])
def test_off_in_the_middle_of_a_stream(program: Program, both: Any, when: str) -> None:
    response = program.engine(streaming=True).query("q")
    pieces = []
    if when == "before":
        autolog.llama_index.autolog(log_traces=False)
    for piece in response.response_gen:
        pieces.append(piece)
        if when == "within" and len(pieces) == 2:
            autolog.llama_index.autolog(log_traces=False)
    autolog.llama_index.autolog(log_traces=False)
    assert "".join(pieces) == "Hello world from the fake API"
    named = {
        s.name: s.outcome for t in both.all for s in t.spans if s.attributes["autolog.integration"] == "llama_index"
    }
    assert named["RetrieverQueryEngine.query"] == ("completed" if when == "after" else "abandoned")
    assert sum(t.usage.total_tokens or 0 for t in both.all) == 14 + 4


def test_off_and_on_again_in_a_stream(program: Program, alone: Any) -> None:
    stream = program.llm.stream_chat(ask("q"))
    next(stream)
    autolog.llama_index.autolog(log_traces=False)
    autolog.llama_index.autolog()
    next(stream)
    program.llm.chat(ask("other"))
    list(stream)
    assert [s.outcome for s in alone.spans] == ["abandoned", "completed"]


def test_suppressed(program: Program, alone: Any) -> None:
    with autolog.suppress():
        program.engine().query("q")
    assert alone.all == []


def test_status(alone: Any) -> None:
    status = integrations()["llama_index"]
    assert status.on
    assert status.supported


@pytest.mark.parametrize("order", ["before", "after"])
def test_the_library_is_not_imported_and_may_come_later(order: str) -> None:
    code = {
        "before": "autolog.autolog(); assert not any(m.startswith('llama_index') for m in sys.modules)\n"
        "from llama_index.core.llms import MockLLM",
        "after": "from llama_index.core.llms import MockLLM\nautolog.autolog()",
    }[order]
    program = (
        "import sys, autolog\nmemory = autolog.MemoryExporter()\nautolog.configure(store=None, exporters=[memory])\n"
        f"{code}\nMockLLM().complete('q')\nautolog.flush()\nprint([s.name for t in memory.traces for s in t.spans])"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "['MockLLM.complete']", done.stderr


def test_importing_the_integration_imports_no_library() -> None:
    code = "import sys, autolog_llama_index\nprint([m for m in sys.modules if m.partition('.')[0] == 'llama_index'])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_our_own_failures_stay_ours(program: Program, alone: Any, quiet_failures: Any, monkeypatch: Any) -> None:
    from autolog_llama_index import _keep, _tracker

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("ours")

    monkeypatch.setattr(_tracker, "kind_of", broken)
    assert str(program.llm.chat(ask("q")).message.content)
    monkeypatch.undo()
    monkeypatch.setattr(_keep, "_keep_block", broken)
    assert str(program.llm.chat(ask("q")).message.content)
    assert {str(e) for e in quiet_failures()} == {"ours"}
    gc.collect()


def test_threads_have_their_own_trees(program: Program, both: Any) -> None:
    engine = program.engine()
    threads = [threading.Thread(target=engine.query, args=(f"q{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(both.all) == 4
    assert {len(t.spans) for t in both.all} == {7}


def test_nothing_grows(program: Program, alone: Any) -> None:
    """After many calls, with errors and streams left early among them, no more of our objects are there than before."""
    from autolog_llama_index._call import Call
    from autolog_llama_index._tracker import Tracker

    failing = program.model(additional_kwargs={"model": "m+err400"})
    engine = program.engine(streaming=True)

    def work() -> None:
        for number in range(10):
            for _ in program.llm.stream_chat(ask("q")):
                if number % 2:
                    break
            with pytest.raises(Exception, match="400"):
                failing.chat(ask("q"))
            engine.query("q")
            next(engine.query("q").response_gen)
        alone.clear()
        gc.collect()

    def count() -> int:
        return sum(isinstance(o, Call) for o in gc.get_objects())

    work()
    before = count()
    work()
    work()
    assert count() <= before
    for tracker in [o for o in gc.get_objects() if type(o) is Tracker]:
        assert not tracker._open
        assert not tracker._spans
        assert not tracker._frames
        assert not tracker._writers
        assert not tracker._streams._chats
        assert not tracker._streams._watches
