"""Several processes and threads at one file: nothing lost, nothing damaged, nobody stuck."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest
from store.kit import command, environment, run, span, tid, trace

from autolog._store import Query, Store

WRITER = """
import sys
from autolog._model import Trace
from autolog._store import open_store
from store.kit import span, tid, trace
path, me, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
with open_store(path) as store:
    for begin in range(0, 200, size):
        numbers = [me * 1000 + n for n in range(begin, begin + size)]
        store.write([trace(n, span(n, trace=n, inputs=str(n)), span(n + 100_000, trace=n, parent=n)) for n in numbers])
        store.write([Trace(tid(9), (span(me, trace=9),), tags={str(me): "here"})])
        print(numbers[-1], flush=True)
"""

FORKING = """
import os, sys, threading, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads, Python 3.12 and later
from autolog._store import Query, open_store
from store.kit import span, trace
store = open_store(sys.argv[1])
store.write([trace(1)])
inherited = store._connections
stop, written = threading.Event(), [0]
def work():
    while not stop.is_set():
        written[0] += 1
        n = 10_000 + written[0]
        store.write([trace(n, span(n, trace=n, inputs="x" * 2000))])
threads = [threading.Thread(target=work) for _ in range(2)]
for thread in threads:
    thread.start()
children = []
for n in range(2, 22):
    child = os.fork()
    if child == 0:
        store.write([trace(n)])
        good = store.get_trace(trace(n).trace_id) == trace(n) and store.count(Query()) >= 2
        good = good and store._connections is not inherited
        store.close()
        os._exit(0 if good else 1)
    children.append(child)
codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
stop.set()
for thread in threads:
    thread.join()
store.write([trace(22)])
print(codes == [0] * 20, store.count(Query()) - len({10_000 + n for n in range(1, written[0] + 1)}))
"""

INHERITED = """
import os, sys
from autolog._store import Query, open_store
from store.kit import trace
store = open_store(sys.argv[1])
store.write([trace(1)])
if os.fork() == 0:
    if sys.argv[2] == "used":
        store.write([trace(2)])
    sys.exit(0)  # with all that the interpreter clears at its end
os.wait()
store.write([trace(3)])
print(store.count(Query()), os.path.exists(sys.argv[1] + "-wal"))
"""


def damage(path: str) -> str:
    """Give what SQLite finds wrong with a file: "ok"."""
    db = sqlite3.connect(path)
    found: str = db.execute("PRAGMA integrity_check").fetchone()[0]
    db.close()
    return found


def test_three_processes_that_start_together_write_one_file(store: Store) -> None:
    programs = [
        subprocess.Popen(command(WRITER, store.path, str(me), "10"), env=environment(), stdout=subprocess.PIPE)
        for me in (1, 2, 3)
    ]
    for program in programs:
        program.communicate(timeout=60)
    assert [p.returncode for p in programs] == [0, 0, 0]
    assert store.count(Query("span_count = 2 AND name = 'call'")) == 600
    shared = store.get_trace(tid(9))
    assert shared is not None
    assert (len(shared.spans), shared.tags) == (3, {"1": "here", "2": "here", "3": "here"})
    assert store.summaries(Query("span_count = 3"))[0].trace_id == tid(9)
    assert store.count(Query(text="2042")) == 1
    assert damage(store.path) == "ok"


@pytest.mark.parametrize("after", [1, 4, 9])
def test_a_process_killed_in_the_middle_loses_nothing_that_it_had_written(store: Store, after: int) -> None:
    program = subprocess.Popen(command(WRITER, store.path, "1", "5"), env=environment(), stdout=subprocess.PIPE)
    assert program.stdout is not None
    acknowledged = [int(program.stdout.readline()) for _ in range(after)]
    program.kill()
    program.communicate(timeout=60)
    assert damage(store.path) == "ok"
    found = store.search(Query("name = 'call' AND span_count = 2", max_results=None))
    assert {t.trace_id for t in found} >= {tid(n) for n in range(1000, acknowledged[-1] + 1)}
    assert len(found) % 5 == 0  # a batch is there as a whole or not at all
    assert all(len(t.spans) == 2 for t in found)
    store.write([trace(5)])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
class TestFork:
    def test_children_of_a_busy_process_use_the_store_at_once(self, store: Store) -> None:
        done = run(FORKING, store.path)
        assert (done.stdout, done.stderr) == ("True 22\n", "")
        assert damage(store.path) == "ok"

    @pytest.mark.parametrize("use", ["used", "unused"])
    def test_a_child_that_ends_leaves_the_parents_connection_alone(self, store: Store, use: str) -> None:
        done = run(INHERITED, store.path, use)
        assert (done.stdout, done.stderr) == (f"{3 if use == 'used' else 2} True\n", "")
        assert damage(store.path) == "ok"


def test_a_connection_of_another_process_is_never_closed(store: Store) -> None:
    store.write([trace(1)])
    slot = store._connections.writer
    inherited = slot.get()
    slot.pid = -1
    slot.drop()
    assert slot.get() is not inherited
    inherited.execute("SELECT 1").close()  # a closed one would say so
    slot.pid = os.getpid()
    inherited.close()


def test_threads_share_a_store(store: Store) -> None:
    errors: list[Exception] = []

    def work(me: int) -> None:
        try:
            for n in range(20):
                number = me * 100 + n
                store.write([trace(number, span(number, trace=number, inputs="same"))])
                assert store.get_trace(tid(number)) is not None
                assert store.count(Query(text="same")) > 0
        except Exception as e:
            errors.append(e)

    threads = [threading.Thread(target=work, args=(me,)) for me in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert store.count(Query(text="same")) == 80


def test_reading_does_not_wait_for_a_writer(store: Store) -> None:
    store.write([trace(1)])
    with store._connections.writing() as db:
        db.execute("DELETE FROM traces")
        assert store.get_trace(tid(1)) == trace(1)
        assert store.count(Query()) == 1
        db.execute("ROLLBACK")
        db.execute("BEGIN")
    assert store.count(Query()) == 1


def test_a_reader_sees_one_state_throughout(store: Store) -> None:
    store.write([trace(1)])
    with store._connections.reading() as db:
        assert db.execute("SELECT count(*) FROM spans").fetchone() == (1,)
        store.write([trace(2)])
        assert db.execute("SELECT count(*) FROM spans").fetchone() == (1,)
    assert store.count(Query()) == 2


def test_what_fails_in_the_middle_is_undone(store: Store) -> None:
    with pytest.raises(KeyboardInterrupt), store._connections.writing() as db:
        db.execute("INSERT INTO tags VALUES (1, 'k', 'v')")
        raise KeyboardInterrupt
    store.write([trace(1)])
    assert store.get_trace(tid(1)) == trace(1)
    assert store.count(Query("tag.k IS NOT NULL")) == 0


def test_closing_leaves_one_file(store: Store) -> None:
    store.write([trace(1)])
    store.count(Query())
    store.close()
    assert [p.name for p in Path(store.path).parent.iterdir()] == ["autolog.db"]
    assert store.count(Query()) == 1  # and a closed store opens again
