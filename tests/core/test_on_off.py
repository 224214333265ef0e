"""Turning tracing on and off: at any time, any number of times, from any thread, and nothing left behind."""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import logging
import subprocess
import sys
import threading
from importlib import metadata
from pathlib import Path
from typing import Any

import openai
import pytest
import wrapt
from call_styles import M
from callers import Caller, instant_client
from openai._base_client import AsyncAPIClient, BaseClient, SyncAPIClient
from stream_endings import CHUNKS, ask, take

import autolog
from autolog import _control, _registry
from autolog._patching.patcher import Patcher
from autolog.integration import Begin, Fields, Operation

PATCHED = (
    (SyncAPIClient, "request"),
    (SyncAPIClient, "_process_response"),
    (AsyncAPIClient, "request"),
    (AsyncAPIClient, "_process_response"),
    (BaseClient, "_build_request"),
)
BEFORE = tuple(vars(owner)[name] for owner, name in PATCHED)


def patched() -> tuple[Any, ...]:
    return tuple(vars(owner)[name] for owner, name in PATCHED)


def create(client: Any, model: str = "m") -> Any:
    return client.chat.completions.create(model=model, messages=M)


def chat_spans(traces: Any) -> list[str]:
    return [span.name for span in traces.spans if span.name.startswith("chat")]


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
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, cwd=tmp_path, check=True)  # noqa: S603
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


SLOW = """
import threading
entered, go = threading.Event(), threading.Event()
def wait():
    entered.set()
    assert go.wait(20)
"""


def test_a_library_that_another_thread_is_importing_is_traced(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "slow_door.py").write_text(SLOW)
    (tmp_path / "slow_library.py").write_text("import slow_door\nslow_door.wait()\nclass C:\n    def f(self): return 1\n")
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
    assert all(now is before for now, before in zip(patched(), BEFORE, strict=True))
    autolog.autolog(log_traces=False)
    assert all(now is before for now, before in zip(patched(), BEFORE, strict=True))


def test_twice_is_once(traces: Any) -> None:
    autolog.autolog()
    first = patched()
    autolog.autolog()
    autolog.openai.autolog()
    assert all(now is before for now, before in zip(patched(), first, strict=True))
    create(instant_client())
    assert chat_spans(traces) == ["chat m"]


def test_other_options_replace_the_options(api: Any, traces: Any) -> None:
    client = Caller(api, asynchronous=False).client()
    autolog.openai.autolog(stream_usage=True)
    list(client.chat.completions.create(model="m", messages=M, stream=True))
    autolog.openai.autolog()
    list(client.chat.completions.create(model="m", messages=M, stream=True))
    assert [request.json.get("stream_options") for request in api.sent] == [{"include_usage": True}, None]
    assert chat_spans(traces) == ["chat m", "chat m"]
    assert all(now.__wrapped__ is before for now, before in zip(patched(), BEFORE, strict=True))
    client.close()


def test_one_library_off_and_on(traces: Any) -> None:
    client = instant_client()
    autolog.autolog()
    autolog.openai.autolog(log_traces=False)
    create(client, "off")
    autolog.openai.autolog()
    create(client, "on")
    assert chat_spans(traces) == ["chat on"]


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
    assert autolog.autolog()["openai"] == autolog.Status("openai", True, openai.__version__, ">=1.66", None)
    assert autolog.integrations()["openai"].on


# Among other wrappers


def wrapped_call(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
    return wrapped(*args, **kwargs)


def test_off_below_another_wrapt_wrapper(traces: Any) -> None:
    autolog.autolog()
    other = wrapt.wrap_function_wrapper(SyncAPIClient, "request", wrapped_call)
    autolog.autolog(log_traces=False)
    assert vars(SyncAPIClient)["request"] is other
    assert other.__wrapped__ is BEFORE[0]
    assert create(instant_client()).model == "m-2024"
    assert traces.spans == []
    wrapt.unwrap_object(SyncAPIClient, "request", other)
    assert patched() == BEFORE


def test_off_above_another_wrapper(traces: Any) -> None:
    other = wrapt.wrap_function_wrapper(SyncAPIClient, "request", wrapped_call)
    autolog.autolog()
    create(instant_client())
    autolog.autolog(log_traces=False)
    assert vars(SyncAPIClient)["request"] is other
    assert len(traces.spans) == 1
    wrapt.unwrap_object(SyncAPIClient, "request", other)


def test_off_below_a_closure_is_inert_and_dug_out_later(traces: Any, monkeypatch: Any) -> None:
    autolog.autolog()
    ours = vars(SyncAPIClient)["request"]

    @functools.wraps(ours)
    def closure(self: Any, *args: Any, **kwargs: Any) -> Any:
        return ours.__get__(self)(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(SyncAPIClient, "request", closure)
        autolog.autolog(log_traces=False)
        assert vars(SyncAPIClient)["request"] is closure
        create(instant_client(), "inert")
        autolog.autolog()
        create(instant_client(), "on top")
        autolog.autolog(log_traces=False)
        assert vars(SyncAPIClient)["request"] is closure
    assert chat_spans(traces) == ["chat on top"]
    assert vars(SyncAPIClient)["request"] is ours
    create(instant_client(), "still inert")
    autolog.autolog()
    autolog.autolog(log_traces=False)
    assert patched() == BEFORE
    assert chat_spans(traces) == ["chat on top"]


def test_methods_bound_earlier_are_inert_after_off(traces: Any) -> None:
    autolog.autolog()
    client = instant_client()
    bound, raw = client.chat.completions.create, client.chat.completions.with_raw_response.create
    request = client.request
    autolog.autolog(log_traces=False)
    options = openai._models.FinalRequestOptions.construct(
        method="post", url="/chat/completions", json_data={"model": "m", "messages": M}
    )
    assert bound(model="m", messages=M).id == raw(model="m", messages=M).parse().id == request(object, options)["id"]
    assert traces.spans == []


# In the middle of things


def test_off_in_the_middle_of_a_stream(caller: Caller, traces: Any) -> None:
    autolog.autolog()
    stream = caller.run(ask, caller.client())
    caller.run(take, stream, 3)
    autolog.autolog(log_traces=False)
    assert patched() == BEFORE
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
        while not caller.api.sent:
            await asyncio.sleep(0.01)
        autolog.autolog(log_traces=False)
        assert patched() == BEFORE
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
    assert patched() == BEFORE
    assert len({span.span_id for span in traces.spans}) == len(traces.spans) <= 10 * threads


# Suppressed


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
    assert sorted(chat_spans(traced)) == ["chat after", "chat loud"]


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
    assert sorted(chat_spans(traced)) == ["chat after", "chat loud"]


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
    assert chat_spans(traced) == ["chat loud"]


def test_suppress_does_not_decorate_generators() -> None:
    def generator() -> Any:
        yield

    with pytest.raises(TypeError, match="cannot decorate the generator function generator: use `with autolog.suppress"):
        autolog.suppress()(generator)


def test_own_spans_are_suppressed_too(traces: Any) -> None:
    with autolog.suppress(), autolog.start_span("quiet") as span:
        span.set_inputs("ignored")
        assert autolog.get_current_active_span() is None
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


# By the environment


@pytest.fixture
def environment(monkeypatch: Any) -> Any:
    """Set variables as before the start of a program."""

    def change(**variables: str) -> None:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        _control.reset()

    yield change
    monkeypatch.undo()
    _control.reset()


@pytest.mark.parametrize("variable", [{"AUTOLOG_TRACING_ENABLED": "false"}, {"AUTOLOG_TRACING_ENABLED": "0"},
                                      {"OTEL_SDK_DISABLED": "true"}, {"OTEL_SDK_DISABLED": "TRUE"}], ids=str)  # fmt: skip
def test_disabled_by_the_environment(variable: dict[str, str], environment: Any) -> None:
    environment(**variable)
    memory = autolog.MemoryExporter()
    autolog.configure(exporters=[memory])
    status = autolog.autolog()["openai"]
    assert not status.on
    assert "AUTOLOG_TRACING_ENABLED" in str(status.reason)
    autolog.openai.autolog()
    assert patched() == BEFORE
    with autolog.start_span("mine") as span:
        span.set_inputs("kept nowhere")
    assert autolog.flush()
    assert memory.traces == []


def test_enabled_again(environment: Any) -> None:
    environment(AUTOLOG_TRACING_ENABLED="false")
    memory = autolog.MemoryExporter()
    autolog.configure(enabled=True, exporters=[memory])
    assert autolog.autolog()["openai"].on
    create(instant_client())
    assert autolog.flush()
    assert len(memory.traces) == 1


def test_a_list_of_integrations_limits_them(environment: Any, caplog: Any) -> None:
    environment(AUTOLOG_INTEGRATIONS="langchain")
    status = autolog.autolog()["openai"]
    assert (status.on, status.reason) == (False, "not in AUTOLOG_INTEGRATIONS")
    autolog.openai.autolog()
    assert patched() == BEFORE
    assert "AUTOLOG_INTEGRATIONS names 'langchain'; there are: " in caplog.text
    environment(AUTOLOG_INTEGRATIONS=" openai , ")
    assert autolog.autolog()["openai"].on


WRONG = {
    "AUTOLOG_TRACING_ENABLED": ("maybe", "is neither true nor false"),
    "AUTOLOG_CAPTURE_CONTENT": ("2", "is neither true nor false"),
    "AUTOLOG_SAMPLE_RATE": ("1.5", "sample_rate is a number from 0 to 1"),
    "AUTOLOG_MAX_PENDING_MB": ("0", "max_pending_mb is a whole number of at least 1"),
    "AUTOLOG_FLUSH_INTERVAL_MS": ("soon", "invalid literal"),
    "AUTOLOG_TRACER_PROVIDER": ("local", "is 'private' (the default) or 'global'"),
    "AUTOLOG_OTLP_PROFILE": ("none", "is 'all' (the default) or 'otel'"),
}


def test_wrong_values_cost_one_warning_each_and_count_as_not_set(environment: Any, caplog: Any) -> None:
    environment(**{variable: value for variable, (value, _) in WRONG.items()})
    with caplog.at_level(logging.WARNING, "autolog"):
        assert autolog.autolog()["openai"].on
        autolog.integrations()
        autolog.configure(store=None)
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == len(WRONG)
    for variable, (value, complaint) in WRONG.items():
        (message,) = [m for m in messages if m.startswith(f"autolog: {variable}={value!r}")]
        assert complaint in message
        assert message.endswith("it is ignored")


# What is installed


@pytest.fixture
def installed(monkeypatch: Any) -> Any:
    version = metadata.version

    def pretend(release: str | None) -> None:
        def fake(name: str) -> str:
            if name != "openai":
                return version(name)
            if release is None:
                raise metadata.PackageNotFoundError(name)
            return release

        monkeypatch.setattr(metadata, "version", fake)

    return pretend


def test_a_library_that_is_missing(installed: Any) -> None:
    installed(None)
    status = autolog.autolog()["openai"]
    assert status == autolog.Status("openai", False, None, ">=1.66", "openai is not installed")
    fix = r"autolog\.openai\.autolog\(\) needs openai, which is not installed: pip install 'autolog-genai\[openai\]'"
    with pytest.raises(ImportError, match=fix):
        autolog.openai.autolog()
    autolog.openai.autolog(log_traces=False)
    assert patched() == BEFORE


@pytest.mark.parametrize(
    ("release", "warned"),
    [("0.28.1", True), ("1.65.9", True), ("1.66", False), ("1.66.0", False), ("1.100.0", False), ("3.0.0b1", False)],
)
def test_an_unsupported_version_is_traced_with_a_warning(release: str, warned: bool, installed: Any, caplog: Any) -> None:
    installed(release)
    status = autolog.autolog()["openai"]
    assert (status.on, status.installed) == (True, release)
    message = f"autolog supports openai >=1.66, and {release} is installed: what can be traced is traced"
    assert [record.getMessage() for record in caplog.records] == [message] * warned


def test_a_plugin_that_cannot_be_loaded_is_told_of_and_the_others_work(monkeypatch: Any) -> None:
    points = dict(_registry._entry_points())
    points["broken"] = metadata.EntryPoint("broken", "no_such_module_anywhere", _registry.GROUP)
    monkeypatch.setattr(_registry, "_entry_points", lambda: points)
    found = autolog.autolog()
    assert found["openai"].on
    assert not found["broken"].on
    assert "its plugin cannot be loaded: ModuleNotFoundError" in str(found["broken"].reason)


def test_a_method_that_this_version_lacks_is_told_of(monkeypatch: Any, traces: Any) -> None:
    monkeypatch.delattr(BaseClient, "_build_request")
    monkeypatch.setattr(openai.OpenAI, "_build_request", BEFORE[-1], raising=False)
    status = autolog.autolog()["openai"]
    assert status.on
    assert status.reason == "this version has no openai._base_client:BaseClient._build_request"
    create(instant_client())
    assert chat_spans(traces) == ["chat m"]
