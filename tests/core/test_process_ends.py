"""However a process ends, forks or is forked: what has ended is written, once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


def ended(folder: Path, program: str, *, status: int = 0, first: str = "") -> list[tuple[bool, str, str]]:
    """Run a program to its end: the spans that it wrote, and whether the first process did."""
    (folder / "program.py").write_text(first + PRELUDE + program)
    path = os.pathsep.join([str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "AUTOLOG_STORE": "none", "PYTHONPATH": path}
    environment.pop("MAIN_PID", None)
    done = subprocess.run(
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
work("first"); autolog.flush()     # CPython itself hangs in a child that imports what a thread imported at the fork
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


POOL = """
import multiprocessing
if __name__ == "__main__":
    import warnings; warnings.simplefilter("ignore", DeprecationWarning)
    with multiprocessing.get_context(METHOD).Pool(2) as pool:
        pool.map(work, [f"task {n}" for n in range(6)])
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_pool_that_is_killed_has_written_what_its_tasks_traced(method: str, tmp_path: Path) -> None:
    if method == "fork" and not hasattr(os, "fork"):
        pytest.skip("no fork here")
    spans = ended(tmp_path, POOL.replace("METHOD", repr(method)))
    assert sorted(name for _, name, _ in spans) == [f"task {n}" for n in range(6)]


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


GREENLETS = """
def between():
    import gevent
    with autolog.start_span("outer") as outer:
        gevent.sleep(0.01)
        with autolog.start_span("inner") as inner:
            gevent.sleep(0.01)
        assert inner.parent_id == outer.span_id
    return outer.trace_id

import gevent
jobs = [gevent.spawn(between) for _ in range(20)]
gevent.joinall(jobs, raise_error=True)
assert len({job.value for job in jobs}) == 20
assert autolog.flush(20)
work("after the flush")
"""


@pytest.mark.parametrize("patched", ["first", "after autolog"])
def test_greenlets_keep_their_spans_apart(patched: str, tmp_path: Path) -> None:
    pytest.importorskip("gevent")
    patch = "from gevent import monkey; monkey.patch_all()\n"
    first, later = (patch, "") if patched == "first" else ("", patch)
    spans = ended(tmp_path, later + GREENLETS, first=first)
    assert sorted(name for _, name, _ in spans) == ["after the flush", *["inner"] * 20, *["outer"] * 20]
