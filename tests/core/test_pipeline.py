"""From the end of a span to its exporter: all of it, in order, bounded, and whatever happens to the process."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from call_styles import M, TOOL
from callers import Caller, instant_client, then
from fake_replies import ANSWER
from scenario_kit import drain

import autolog
from autolog import _control, semconv
from autolog._pipeline.exporters import StoreExporter

CHAT = {"model": "m", "messages": M}


# Everything that ended is there after a flush


def test_a_burst_is_kept_whole(traced: Any) -> None:
    client = instant_client()

    def burst(n: int) -> None:
        for _ in range(n):
            client.chat.completions.create(**CHAT)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(burst, [500] * 4))
    assert len(traced.all) == 2_000
    assert len({span.span_id for span in traced.spans}) == 2_000
    assert {span.outcome for span in traced.spans} == {"completed"}


def test_spans_come_before_their_root_and_are_joined(traces: Any) -> None:
    with autolog.start_span("root"):
        with autolog.start_span("first"):
            pass
        assert [trace.status for trace in traces.all] == ["IN_PROGRESS"]
        with autolog.start_span("second"):
            pass
    (trace,) = traces.all
    assert [span.name for span in trace.spans] == ["root", "first", "second"]
    assert trace.status == "OK"


def test_flush_waits_for_no_more_than_it_is_allowed(caplog: Any) -> None:
    gate = Gate()
    autolog.configure(store=None, exporters=[gate])
    with autolog.start_span("held"):
        pass
    assert gate.entered.wait(20)
    assert autolog.flush(timeout=0.05) is False
    gate.open.set()
    assert autolog.flush() is True
    assert gate.names == ["held"]


class Gate:
    """An exporter that waits until it is let through."""

    def __init__(self) -> None:
        self.open, self.entered = threading.Event(), threading.Event()
        self.traces: list[autolog.Trace] = []

    @property
    def names(self) -> list[str]:
        return [span.name for trace in self.traces for span in trace.spans]

    def export(self, traces: Sequence[autolog.Trace]) -> None:
        self.entered.set()
        assert self.open.wait(20)
        self.traces.extend(traces)

    def flush(self, timeout_s: float) -> bool:
        return self.open.is_set()

    def close(self) -> None:
        pass


def test_what_cannot_be_taken_in_time_is_dropped_as_whole_traces(caplog: Any) -> None:
    gate = Gate()
    autolog.configure(store=None, exporters=[gate], max_pending_mb=1)
    with autolog.start_span("first"):
        pass
    assert gate.entered.wait(20)
    for n in range(1_000):
        with autolog.start_span("root"), autolog.start_span(f"child {n}"):
            pass
    dropped = _control.status()["dropped_traces"]
    gate.open.set()
    assert autolog.flush()

    roots = [trace for trace in gate.traces if trace.name == "root" and trace.status == "OK"]
    assert 50 < len(roots) < 200  # a megabyte, at what a small call holds
    assert dropped == 1_000 - len(roots)
    assert len(gate.names) == 2 * len(roots) + 1, "never a part of a trace"
    (warning,) = [record.getMessage() for record in caplog.records if record.name == "autolog"]
    assert "drops whole traces" in warning and "AUTOLOG_MAX_PENDING_MB" in warning
    with autolog.start_span("after"):
        pass
    assert autolog.flush()
    assert gate.names[-1] == "after"
    autolog.configure(exporters=[])
    assert f"autolog dropped {dropped} whole traces in this process" in caplog.text


def test_large_calls_weigh_what_they_hold(caplog: Any) -> None:
    gate = Gate()
    autolog.configure(store=None, exporters=[gate], max_pending_mb=1)
    autolog.autolog()
    client = instant_client()
    client.chat.completions.create(**CHAT)
    assert gate.entered.wait(20)
    for _ in range(20):
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "x" * 300_000}])
    gate.open.set()
    assert autolog.flush()
    assert len(gate.names) == 1 + 4
    assert _control.status()["dropped_traces"] == 16


def test_one_endless_trace_is_bounded_too(caplog: Any) -> None:
    """A program that runs in one root span: its trace is cut, for memory must not grow without end."""
    gate = Gate()
    autolog.configure(store=None, exporters=[gate], max_pending_mb=1)
    with autolog.start_span("root"):
        with autolog.start_span("child"):
            pass
        assert gate.entered.wait(20)
        for _ in range(5_000):
            with autolog.start_span("child"):
                pass
    gate.open.set()
    assert autolog.flush()
    assert 200 < len(gate.names) < 1_000
    assert _control.status()["dropped_traces"] == 1
    assert "drops whole traces" in caplog.text


# Processors, content, sampling


def change(span: autolog.Span) -> autolog.Span:
    return replace(span, name=f"changed {span.name}", inputs="***")


def drop_models(span: autolog.Span) -> autolog.Span | None:
    return None if span.span_type == "CHAT_MODEL" else span


def fail(span: autolog.Span) -> autolog.Span:
    raise ValueError(f"cannot redact {span.inputs}")


def test_processors_change_and_drop(traced: Any) -> None:
    autolog.configure(processors=[drop_models, change])
    with autolog.start_span("mine") as span:
        span.set_inputs("secret")
        instant_client().chat.completions.create(**CHAT)
    assert [(span.name, span.inputs) for span in traced.spans] == [("changed mine", "***")]


@pytest.mark.parametrize("processor", [fail, lambda _: "no span"], ids=["raises", "gives something else"])
def test_a_processor_that_fails_costs_the_content(processor: Any, traced: Any, quiet_failures: Any) -> None:
    autolog.configure(processors=[processor, change])
    with autolog.start_span("mine") as root:
        root.set_inputs("secret words")
        root.add_event("seen", {"said": "secret words"})
        instant_client().chat.completions.create(model="m", messages=[{"role": "user", "content": "secret words"}])
    (trace,) = traced.all
    assert [span.name for span in trace.spans] == ["mine", "chat m"]
    assert trace.usage.total_tokens == 14
    assert "secret words" not in trace.to_json()
    assert ANSWER not in trace.to_json()
    assert all(span.attributes[semconv.PROCESSOR_ERROR] for span in trace.spans)
    assert len(quiet_failures()) == 2


CALLS: dict[str, Callable[[Any], Any]] = {
    "chat": lambda c: c.chat.completions.create(
        model="m", messages=[{"role": "system", "content": "said-1"}, {"role": "user", "content": "said-2"}], tools=[SAID]
    ),
    "answer": lambda c: c.chat.completions.create(model="m", messages=[{"role": "user", "content": "said-3"}]),
    "stream": lambda c: then(c.chat.completions.create(**CHAT, stream=True), drain),
    "responses": lambda c: c.responses.create(model="m", input="said-4", instructions="said-5"),
    "embeddings": lambda c: c.embeddings.create(model="e", input="said-6", encoding_format="float"),
    "speech": lambda c: c.audio.speech.create(model="t", voice="alloy", input="said-7"),
    "transcription": lambda c: c.audio.transcriptions.create(model="w", file=("said-8.wav", b"x"), prompt="said-9"),
    "image": lambda c: c.images.generate(model="i", prompt="said-10"),
    "search": lambda c: drain(c.vector_stores.search("vs_1", query="said-11")),
    "error": lambda c: c.chat.completions.create(model="err400", messages=[{"role": "user", "content": "said-12"}]),
    "own": lambda c: then(c.post("/echo", cast_to=object, body={"x": "said-13"}), lambda _: None),
}
SAID = {"type": "function", "function": {**TOOL["function"], "name": "look_up", "description": "said-14"}}


@pytest.mark.parametrize("captured", [True, False])
@pytest.mark.parametrize("name", CALLS)
def test_without_content_everything_but_the_words_is_kept(name: str, captured: bool, caller: Caller, traced: Any) -> None:
    autolog.configure(capture_content=captured)
    client = caller.client()
    with autolog.start_span("mine", attributes={"k": "v"}) as root:
        root.set_inputs("said-15")
        root.set_outputs("said-16")
        root.add_event("happened", {"what": "said-17"})
        caller.outcome(CALLS[name], client)
    (trace,) = traced.all
    text = trace.to_json()
    mine, call = trace.spans
    words = [word for word in ("said-", ANSWER, "dHJ1ZQ", "hello", "a word", "0.125") if word in text]
    if captured:
        assert "said-" in words
        return
    assert words == []
    assert (mine.attributes["k"], mine.events[0].name) == ("v", "happened")
    assert call.duration_ms is not None
    assert call.attributes[semconv.INTEGRATION] == "openai"
    if name in ("chat", "answer", "responses"):
        assert (call.name, call.usage.total_tokens) == ("chat m", 17 if name == "responses" else 14)
        assert call.attributes[semconv.RESPONSE_MODEL] == "m-2024"
    if name in ("chat", "answer", "stream"):
        assert call.attributes[semconv.FINISH_REASONS] == ["tool_calls" if name == "chat" else "stop"]
    if name == "error":
        assert (call.status, call.exception.type) == ("ERROR", "openai.BadRequestError")


def test_sampling_keeps_or_drops_whole_traces(traces: Any) -> None:
    autolog.configure(sample_rate=0.5)
    for _ in range(400):
        with autolog.start_span("root"), autolog.start_span("child"):
            pass
    kept = traces.all
    assert 120 < len(kept) < 280
    assert all(len(trace.spans) == 2 for trace in kept)
    autolog.configure(sample_rate=0.0)
    with autolog.start_span("root"):
        pass
    assert len(traces.all) == len(kept)


# Who is whose child


def test_nesting_and_exceptions(traces: Any) -> None:
    assert autolog.get_current_active_span() is None
    error = ValueError("wrong")
    with pytest.raises(ValueError, match="wrong") as raised, autolog.start_span("root") as root:
        with autolog.start_span("child", span_type="TOOL", attributes={"a": 1}) as child:
            assert autolog.get_current_active_span() is child
            assert child.parent_id == root.span_id
            assert child.trace_id == root.trace_id
        assert autolog.get_current_active_span() is root
        with autolog.start_span("sibling"):
            raise error
    assert raised.value is error
    assert autolog.get_current_active_span() is None
    assert autolog.get_last_active_trace_id() == root.trace_id
    (trace,) = traces.all
    assert [(s.name, s.parent_id is None, s.status, s.outcome) for s in trace.spans] == [
        ("root", True, "ERROR", "error"),
        ("child", False, "OK", "completed"),
        ("sibling", False, "ERROR", "error"),
    ]
    assert (trace.spans[1].span_type, trace.spans[1].attributes) == ("TOOL", {"a": 1})
    exception = trace.root.exception
    assert (exception.type, exception.message) == ("ValueError", "wrong")
    assert "raise error" in exception.traceback


def test_what_comes_after_the_end_is_ignored(traces: Any) -> None:
    with autolog.start_span("mine") as span:
        span.set_inputs("in time")
    span.set_inputs("late")
    span.set_outputs("late")
    span.set_attribute("late", True)
    span.add_event("late")
    span.set_status("ERROR")
    span.record_exception(ValueError("late"))
    span.end()
    assert "late" not in traces.all[0].to_json()
    assert (traces.span.status, traces.span.inputs, traces.span.exception) == ("OK", "in time", None)


def test_threads_have_traces_of_their_own_and_tasks_inherit(traced: Any) -> None:
    client = instant_client()

    def work() -> None:
        with autolog.start_span("thread"):
            client.chat.completions.create(**CHAT)

    async def task(n: int) -> None:
        with autolog.start_span(f"task {n}"):
            await asyncio.sleep(0)
            await asyncio.to_thread(client.chat.completions.create, **CHAT)

    async def main() -> None:
        with autolog.start_span("main"):
            thread = threading.Thread(target=work)
            thread.start()
            await asyncio.gather(task(1), task(2))
            thread.join()

    asyncio.run(main())
    by_name = {trace.name: trace for trace in traced.all}
    assert sorted(by_name) == ["main", "thread"]
    of_main = by_name["main"]
    assert sorted(span.name for span in of_main.children(of_main.root)) == ["task 1", "task 2"]
    for child in of_main.children(of_main.root):
        assert [span.name for span in of_main.children(child)] == ["chat m"]
    assert [span.name for span in by_name["thread"].spans] == ["thread", "chat m"]


def test_async_with(traces: Any) -> None:
    async def main() -> None:
        async with autolog.start_span("outer"), autolog.start_span("inner"):
            await asyncio.sleep(0)

    asyncio.run(main())
    assert [span.name for span in traces.spans] == ["outer", "inner"]


def test_a_span_in_a_generator_that_is_dropped(traces: Any) -> None:
    def generate() -> Any:
        with autolog.start_span("in the generator"):
            yield 1
            yield 2

    with autolog.start_span("root"):
        generator = generate()
        assert next(generator) == 1
        del generator
        with autolog.start_span("sibling"):
            pass
    (trace,) = traces.all
    assert [span.name for span in trace.children(trace.root)] == ["in the generator", "sibling"]
    assert [span.outcome for span in trace.spans] == ["completed", "abandoned", "completed"]
    assert [span.status for span in trace.spans] == ["OK"] * 3


# However the process ends


PRELUDE = """
import json, os, sys
import autolog

class Lines:
    def export(self, traces):
        with open("spans.jsonl", "a") as file:
            for trace in traces:
                for span in trace.spans:
                    print(json.dumps([os.getpid() == MAIN, span.name, span.outcome, trace.trace_id]), file=file)
    def flush(self, timeout_s): return True
    def close(self): pass

MAIN = int(os.environ.get("MAIN_PID") or os.getpid())
os.environ["MAIN_PID"] = str(MAIN)
autolog.configure(store=None, exporters=[Lines()], flush_interval_ms=60_000)

def work(name):
    with autolog.start_span(name):
        pass
"""


def ended(folder: Path, program: str, *, status: int = 0) -> list[tuple[bool, str, str]]:
    """Run a program to its end: the spans that it wrote, and whether the first process did."""
    (folder / "program.py").write_text(PRELUDE + program)
    environment = {**os.environ, "AUTOLOG_STORE": "none", "PYTHONPATH": str(Path(__file__).parents[1])}
    environment.pop("MAIN_PID", None)
    done = subprocess.run(  # noqa: S603
        [sys.executable, "program.py"], cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == status, done.stderr
    assert ("Traceback" in done.stderr) is (status == 1), done.stderr
    file = folder / "spans.jsonl"
    return [tuple(json.loads(line)[:3]) for line in file.read_text().splitlines()] if file.exists() else []


ENDS = {
    "normally": ("work('a')", 0, ["a"]),
    "sys.exit": ("work('a'); sys.exit(3)", 3, ["a"]),
    "an exception": ("work('a'); raise SystemError('wrong')", 1, ["a"]),
    "an exception in a span": ("with autolog.start_span('a'): raise SystemError('wrong')", 1, ["a"]),
    "os._exit": ("work('a'); autolog.flush(); work('b'); os._exit(0)", 0, ["a"]),
    "in an atexit function": ("import atexit; atexit.register(work, 'b'); work('a')", 0, ["a", "b"]),
    "in an atexit function of before": ("import atexit; atexit.register(work, 'b'); autolog.flush(); work('a')", 0, ["a", "b"]),
    "a daemon thread": ("import threading; t = threading.Thread(target=work, args=('a',), daemon=True); t.start(); t.join()",
                        0, ["a"]),
}  # fmt: skip


@pytest.mark.parametrize("end", ENDS)
def test_however_the_program_ends_what_has_ended_is_written(end: str, tmp_path: Path) -> None:
    program, status, names = ENDS[end]
    assert sorted(name for _, name, _ in ended(tmp_path, program, status=status)) == names


FORK = """
import warnings; warnings.simplefilter("ignore", DeprecationWarning)
work("before")
with autolog.start_span("open at the fork") as span:
    pid = os.fork()
    if pid == 0:
        work("of the child")
        ids = autolog.get_current_active_span().trace_id
        if LEAVE == "return":
            autolog.flush()
            os._exit(0)
    else:
        os.waitpid(pid, 0)
        work("of the parent")
if pid == 0:
    work("after")
    sys.exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("leave", ["return", "exit"])
def test_a_forked_child_writes_its_own_spans_and_no_others(leave: str, tmp_path: Path) -> None:
    spans = ended(tmp_path, FORK.replace("LEAVE", repr(leave)))
    assert sorted(spans) == sorted(
        [
            (False, "of the child", "completed"),
            *([(False, "after", "completed")] if leave == "exit" else []),
            (True, "before", "completed"),
            (True, "of the parent", "completed"),
            (True, "open at the fork", "completed"),
        ]
    )


FORK_AFTER_A_LOSS = """
import logging, warnings
from autolog import _control
warnings.simplefilter("ignore", DeprecationWarning)
logging.getLogger("autolog").setLevel(logging.ERROR)
work("first")
_control.pipeline().dropped_traces = 3
if os.fork() == 0:
    work(f"{_control.status()['dropped_traces']} lost in the child")
    sys.exit(0)
os.wait()
work(f"{_control.status()['dropped_traces']} lost in the parent")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_tells_of_its_own_losses_only(tmp_path: Path) -> None:
    spans = ended(tmp_path, FORK_AFTER_A_LOSS)
    assert sorted(name for _, name, _ in spans) == ["0 lost in the child", "3 lost in the parent", "first"]


FORK_IN_A_STORM = """
import threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)
stop = threading.Event()
def storm():
    while not stop.is_set():
        work("storm"); autolog.flush()
threads = [threading.Thread(target=storm, daemon=True) for _ in range(3)]
for t in threads: t.start()
for n in range(8):
    pid = os.fork()
    if pid == 0:
        work(f"child {n}"); assert autolog.flush(10); os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
stop.set()
for t in threads: t.join()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_fork_in_the_middle_of_everything_does_not_hang(tmp_path: Path) -> None:
    spans = ended(tmp_path, FORK_IN_A_STORM)
    assert sorted(name for first, name, _ in spans if not first) == [f"child {n}" for n in range(8)]


CHILDREN = """
import multiprocessing
if __name__ == "__main__":
    import warnings; warnings.simplefilter("ignore", DeprecationWarning)
    context = multiprocessing.get_context(METHOD)
    work("of the parent")
    with autolog.start_span("open"):
        child = context.Process(target=work, args=("of the child",))
        child.start(); child.join()
    assert child.exitcode == 0
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_child_of_multiprocessing_writes_its_spans_at_its_end(method: str, tmp_path: Path) -> None:
    if method == "fork" and not hasattr(os, "fork"):
        pytest.skip("no fork here")
    assert sorted(ended(tmp_path, CHILDREN.replace("METHOD", repr(method)))) == [
        (False, "of the child", "completed"),
        (True, "of the parent", "completed"),
        (True, "open", "completed"),
    ]


STREAMS = """
import gc
from callers import instant_client
autolog.autolog()
client = instant_client()
def stream():
    return client.chat.completions.create(model="m", messages=[], stream=True)
gc.disable()
HELD = stream(); next(HELD)
dropped = stream(); next(dropped); del dropped      # in a cycle: only the garbage collector finds it
with autolog.start_span("root"):
    in_a_span = stream()
export = Lines.export
def collecting(self, traces):                       # as it may happen at any time: in the middle of the last flush
    gc.collect()
    export(self, traces)
Lines.export = collecting
work("last")
"""


def test_streams_left_open_at_the_end_are_abandoned_and_the_program_does_not_hang(tmp_path: Path) -> None:
    assert sorted(ended(tmp_path, STREAMS)) == [
        (True, "chat m", "abandoned"),
        (True, "chat m", "abandoned"),
        (True, "chat m", "abandoned"),
        (True, "last", "completed"),
        (True, "root", "completed"),
    ]


# A store that cannot be written


class Unwritable:
    def __init__(self, error: type[Exception]) -> None:
        self.error: type[Exception] | None = error
        self.written: list[str] = []

    def write(self, traces: Sequence[autolog.Trace]) -> None:
        if self.error is not None:
            raise self.error("the disk is full")
        self.written += [trace.name for trace in traces]

    def close(self) -> None:
        pass


def test_traces_wait_for_a_store_that_comes_back(caplog: Any) -> None:
    store: Any = Unwritable(autolog.StoreError)
    autolog.configure(store=None, exporters=[StoreExporter(store)])
    for name in ("a", "b"):
        with autolog.start_span(name):
            pass
        assert autolog.flush() is False
    store.error = None
    with autolog.start_span("c"):
        pass
    assert autolog.flush() is True
    assert store.written == ["a", "b", "c"]
    assert [record.levelname for record in caplog.records if record.name == "autolog"] == ["WARNING"]
    assert "the disk is full" in caplog.text


def test_what_could_not_be_stored_is_saved_beside_it(caplog: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    store: Any = Unwritable(autolog.StoreError)
    autolog.configure(store=None, exporters=[StoreExporter(store)])
    with autolog.start_span("a") as span:
        span.set_inputs({"said": "ünïcödé"})
    autolog.configure(exporters=[])

    (file,) = tmp_path.glob("autolog-unsaved-*.jsonl")
    assert [autolog.Trace.from_json(line).root.inputs for line in file.read_text().splitlines()] == [{"said": "ünïcödé"}]
    assert file.stat().st_mode & 0o077 == 0, "what was said is for nobody else"
    assert str(file) in caplog.text


def test_what_waits_for_a_store_is_bounded(monkeypatch: Any, caplog: Any, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(StoreExporter, "KEPT", 5)
    store: Any = Unwritable(autolog.StoreError)
    exporter = StoreExporter(store)
    autolog.configure(store=None, exporters=[exporter])
    for n in range(12):
        with autolog.start_span(f"{n}"):
            pass
        autolog.flush()
    assert exporter.lost == 7
    store.error = None
    assert autolog.flush()
    assert store.written == ["7", "8", "9", "10", "11"]


def test_the_store_of_the_settings_gets_the_traces(tmp_path: Path) -> None:
    autolog.configure(store=tmp_path / "autolog.db")
    with autolog.start_span("stored") as span:
        pass
    found = autolog.get_trace(span.trace_id)
    assert found is not None and found.name == "stored"
    assert logging.getLogger("autolog").handlers == []
