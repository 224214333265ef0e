"""Turning tracing on and off: at any time, any number of times, from any thread, and nothing left behind."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import openai
import pytest
from call_styles import M
from callers import Caller, create, instant_client, names_of_calls
from patched_methods import BEFORE, patched, untouched
from stream_endings import CHUNKS, ask, take

import autolog
from autolog._patching.patcher import Patcher
from autolog.integration import Begin, Fields, Operation

# Before and after the import


LIGHT = """
import json, sys
import autolog
heavy = {"openai", "opentelemetry", "pandas", "numpy", "rich", "sqlite3", "genai_prices", "httpx", "pydantic", "asyncio"}
loaded = {name.partition(".")[0] for name in sys.modules}
told = {"at import": sorted(heavy & loaded), "ours": sorted(n for n in sys.modules if n.startswith("autolog"))}
status = autolog.autolog()["openai"]
told["status"] = [status.on, status.reason]
told["switched on"] = sorted((heavy - {"asyncio"}) & {name.partition(".")[0] for name in sys.modules})
import openai
from openai._base_client import SyncAPIClient, AsyncAPIClient
told["patched"] = [hasattr(vars(c)["request"], "__wrapped__") for c in (SyncAPIClient, AsyncAPIClient)]
autolog.autolog(log_traces=False)
told["unpatched"] = [hasattr(vars(c)["request"], "__wrapped__") for c in (SyncAPIClient, AsyncAPIClient)]
told["prices"] = "genai_prices" in sys.modules
print(json.dumps(told))
"""


def test_before_the_import_nothing_is_loaded_and_the_library_is_traced_once_it_is(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert json.loads(done.stdout) == {
        "at import": [],
        "ours": ["autolog"],
        "status": [True, None],
        "switched on": [],
        "patched": [True, True],
        "unpatched": [False, False],
        "prices": False,
    }
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def declared(patcher: Patcher, target: str) -> None:
    patcher.trace(Operation(target=target, start=lambda *_: Begin("f", "TASK"), read=lambda _: Fields()))


def test_turned_off_before_the_import_the_library_stays_as_it_is(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "small_library.py").write_text("class C:\n    def f(self): return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    off, on = Patcher("small"), Patcher("small")
    declared(off, "small_library:C.f")
    declared(on, "small_library:C.f")
    off.undo()
    import small_library  # type: ignore[import-not-found]

    del sys.modules["small_library"]
    assert (off.applied, on.applied) == ([], ["small_library:C.f"])
    on.undo()
    assert not hasattr(vars(small_library.C)["f"], "__wrapped__")


def test_a_class_that_no_path_leads_to(exporter: autolog.MemoryExporter) -> None:
    class Local:
        def f(self) -> int:
            return 1

    before = vars(Local)["f"]
    patcher = Patcher("small")
    made = Operation(target="nowhere:Local.f", start=lambda *_: Begin("f", "TASK"), read=lambda _: Fields())
    patcher.trace(made, on=Local)
    assert Local().f() == 1
    patcher.undo()
    assert vars(Local)["f"] is before
    patcher.trace(made, on=Local)  # too late
    assert vars(Local)["f"] is before
    assert Local().f() == 1
    autolog.flush()
    assert [span.name for trace in exporter.traces for span in trace.spans] == ["f"]


SLOW = """
import threading
entered, go = threading.Event(), threading.Event()
def wait():
    entered.set()
    assert go.wait(20)
"""


def test_a_library_that_another_thread_is_importing_is_traced(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "slow_door.py").write_text(SLOW)
    (tmp_path / "slow_library.py").write_text(
        "import slow_door\nslow_door.wait()\nclass C:\n    def f(self): return 1\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import slow_door  # type: ignore[import-not-found]

    importing = threading.Thread(target=__import__, args=("slow_library",))
    importing.start()
    assert slow_door.entered.wait(20)
    patcher = Patcher("slow")
    patching = threading.Thread(target=declared, args=(patcher, "slow_library:C.f"))
    patching.start()
    patching.join(0.2)
    slow_door.go.set()
    importing.join()
    patching.join()
    library = sys.modules.pop("slow_library")
    del sys.modules["slow_door"]
    assert patcher.missing == []
    assert hasattr(vars(library.C)["f"], "__wrapped__")
    patcher.undo()
    assert not hasattr(vars(library.C)["f"], "__wrapped__")


# Once, twice, with other options, off


def test_off_gives_back_the_identical_objects() -> None:
    autolog.autolog()
    assert all(now is not before and now.__wrapped__ is before for now, before in zip(patched(), BEFORE, strict=True))
    autolog.autolog(log_traces=False)
    assert untouched()
    autolog.autolog(log_traces=False)
    assert untouched()


def test_twice_is_once(traces: Any) -> None:
    autolog.autolog()
    first = patched()
    autolog.autolog()
    autolog.openai.autolog()
    assert all(now is before for now, before in zip(patched(), first, strict=True))
    create(instant_client())
    assert names_of_calls(traces) == ["chat m"]


def test_other_options_replace_the_options(api: Any, traces: Any) -> None:
    client = Caller(api, asynchronous=False).client()
    autolog.openai.autolog(stream_usage=True)
    list(client.chat.completions.create(model="m", messages=M, stream=True))
    autolog.openai.autolog()
    list(client.chat.completions.create(model="m", messages=M, stream=True))
    assert [request.json.get("stream_options") for request in api.sent] == [{"include_usage": True}, None]
    assert names_of_calls(traces) == ["chat m", "chat m"]
    assert all(now.__wrapped__ is before for now, before in zip(patched(), BEFORE, strict=True))
    client.close()


def test_one_library_off_and_on(traces: Any) -> None:
    client = instant_client()
    autolog.autolog()
    autolog.openai.autolog(log_traces=False)
    create(client, "off")
    autolog.openai.autolog()
    create(client, "on")
    assert names_of_calls(traces) == ["chat on"]


def test_excluded(traces: Any) -> None:
    status = autolog.autolog(exclude=["openai"])["openai"]
    assert (status.on, status.installed) == (False, openai.__version__)
    create(instant_client())
    assert traces.spans == []
    autolog.autolog()
    assert autolog.autolog(log_traces=False, exclude=["openai"])["openai"].on


def test_excluding_what_nobody_knows_is_an_error_that_names_what_there_is() -> None:
    with pytest.raises(ValueError, match=r"no integration 'opnai' to exclude; there are: .*openai"):
        autolog.autolog(exclude=["opnai"])
    assert not autolog.integrations()["openai"].on


def test_what_integrations_tells() -> None:
    before = autolog.integrations()["openai"]
    assert before == autolog.Status("openai", False, openai.__version__, ">=1.66", None)
    assert repr(before) == f"<openai {openai.__version__}: off>"
    assert autolog.autolog()["openai"] == autolog.Status("openai", True, openai.__version__, ">=1.66", None)
    assert autolog.integrations()["openai"].on


# In the middle of things


def test_off_in_the_middle_of_a_stream(caller: Caller, traces: Any) -> None:
    autolog.autolog()
    stream = caller.run(ask, caller.client())
    caller.run(take, stream, 3)
    autolog.autolog(log_traces=False)
    assert untouched()
    caller.run(take, stream, CHUNKS - 3)
    with pytest.raises((StopIteration, StopAsyncIteration)):
        caller.run(lambda: stream.__anext__() if caller.asynchronous else next(stream))
    assert (traces.span.outcome, traces.span.usage.total_tokens) == ("completed", 14)


@pytest.mark.parametrize("caller", ["async"], indirect=True)
def test_off_in_the_middle_of_a_call(caller: Caller, traces: Any) -> None:
    autolog.autolog()
    client = caller.client()

    async def run() -> Any:
        call = asyncio.create_task(create(client, "hang"))
        while not caller.api.sent:  # noqa: ASYNC110  (filled by the server's thread)
            await asyncio.sleep(0.01)
        autolog.autolog(log_traces=False)
        assert untouched()
        caller.api.released.set()
        return await call

    assert caller.run(run).model == "hang-2024"
    # Its answer is not looked at any more, so that nothing is known of it: nothing is made up either.
    assert (traces.span.name, traces.span.outcome, traces.span.usage) == ("chat hang", "completed", None)


@pytest.mark.parametrize("threads", [8])
def test_on_and_off_from_many_threads(threads: int, traces: Any) -> None:
    clients = [instant_client() for _ in range(threads)]
    failures: list[BaseException] = []
    start = threading.Barrier(2 * threads)

    def flip(n: int) -> None:
        try:
            start.wait()
            for turn in range(15):
                autolog.autolog(log_traces=(n + turn) % 2 == 0)
        except BaseException as e:
            failures.append(e)

    def call(client: Any) -> None:
        try:
            start.wait()
            for _ in range(10):
                assert create(client).model == "m-2024"
        except BaseException as e:
            failures.append(e)

    workers = [threading.Thread(target=flip, args=(n,)) for n in range(threads)]
    workers += [threading.Thread(target=call, args=(client,)) for client in clients]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures == []
    autolog.autolog(log_traces=False)
    assert untouched()
    assert len({span.span_id for span in traces.spans}) == len(traces.spans) <= 10 * threads
