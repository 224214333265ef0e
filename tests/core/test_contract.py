"""The contract that every integration keeps: one file, run over all that are registered as entry points."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tomllib
from dataclasses import replace
from functools import partial, reduce
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from callers import Caller, portrait
from contract_subjects import SUBJECTS

import autolog
from autolog import _registry, semconv
from autolog._patching.patcher import Patcher
from autolog._tracing import sources
from autolog.integration import Integration, LiveSpan, Operation

NAMES = _registry.names()


every_integration = pytest.mark.parametrize("name", NAMES)
# Calls are made where the library and what it calls the fake API with are installed.
every_called_integration = pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=pytest.mark.skipif(not SUBJECTS[n].installed, reason=f"no {n} here")) for n in NAMES],
)
# LlamaIndex leaves its HTTP clients to the garbage collector, and looks at what pydantic calls outdated.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:.*:DeprecationWarning"),
]


def of(target: str) -> tuple[Any, str]:
    module, _, path = target.partition(":")
    *parents, name = path.split(".")
    return reduce(getattr, parents, import_module(module)), name


def objects(targets: list[str]) -> list[Any]:
    return [vars(owner).get(name, "inherited") for owner, name in map(of, targets)]


def identical(now: list[Any], before: list[Any]) -> bool:
    return all(one is other for one, other in zip(now, before, strict=True))


def module(name: str) -> Any:
    return getattr(autolog, name)


@pytest.fixture
def targets(name: str) -> list[str]:
    """What an integration replaces in the installed version of its library."""
    SUBJECTS[name].registered()  # imports what is listened to
    module(name).autolog()
    found = list(_registry._on[name].patcher.applied)
    assert found or SUBJECTS[name].registered(), f"{name} changes nothing"
    module(name).autolog(log_traces=False)
    return found


def test_every_registered_integration_is_covered_here() -> None:
    assert sorted(SUBJECTS) == NAMES
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert sorted(project["entry-points"][_registry.GROUP]) == NAMES
    for name in NAMES:
        assert project["optional-dependencies"][name.replace("_", "-")] == [module(name).INTEGRATION.requires]


@every_integration
def test_what_it_declares(name: str) -> None:
    integration = module(name).INTEGRATION
    assert isinstance(integration, Integration)
    assert integration.name == name
    assert autolog.integrations()[name].supported
    assert module(name).autolog.__doc__
    assert sorted(module(name).__all__) == ["INTEGRATION", "autolog"]


@every_called_integration
def test_on_on_off_off(name: str, targets: list[str]) -> None:
    registered = SUBJECTS[name].registered
    before, listening = objects(targets), registered()
    for _ in range(2):
        module(name).autolog()
        on = objects(targets)
        assert all(now is not old for now, old in zip(on, before, strict=True))
        assert targets or len(registered()) > len(listening)
        count = len(registered())
        assert autolog.integrations()[name].reason is None
        module(name).autolog()
        assert all(now is old for now, old in zip(objects(targets), on, strict=True))
        assert len(registered()) == count
        for _ in range(2):
            module(name).autolog(log_traces=False)
            assert identical(objects(targets), before)
            assert identical(registered(), listening)


BLOCKED = """
import importlib, json, sys
from importlib import metadata
blocked = sys.argv[2]

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == blocked:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Block())
distribution = metadata.distribution
def missing(name):
    if name == sys.argv[3]:
        raise metadata.PackageNotFoundError(name)
    return distribution(name)
metadata.distribution = missing
import autolog
plugin = getattr(autolog, sys.argv[1])
try:
    plugin.autolog()
except ImportError as e:
    error = str(e)
print(json.dumps([autolog.autolog()[sys.argv[1]].reason, error, blocked in sys.modules]))
"""


@every_integration
def test_it_can_be_imported_without_its_library(name: str, tmp_path: Path) -> None:
    subject = SUBJECTS[name]
    command = [sys.executable, "-c", BLOCKED, name, subject.module, subject.distribution]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    reason, error, loaded = json.loads(done.stdout)
    assert reason == f"{subject.distribution} is not installed"
    assert f"pip install 'autolog-genai[{name.replace('_', '-')}]'" in error
    assert not loaded


def broken(*_: Any, **__: Any) -> Any:
    raise LookupError("a mistake of ours")


def break_reader(patch: pytest.MonkeyPatch, part: str) -> None:
    """Have one part of every reading of a call raise; ``start`` and ``read`` are there whatever is listened to."""
    trace, make = Patcher.trace, LiveSpan.__init__

    def declare(self: Patcher, operation: Operation, **options: Any) -> None:
        trace(self, replace(operation, **{part: broken}), **options)

    def without_reader(self: LiveSpan, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        self.read = broken

    if part == "start":
        patch.setattr(LiveSpan, "__init__", broken)
    elif part == "read":
        patch.setattr(LiveSpan, "__init__", without_reader)
    else:
        patch.setattr(Patcher, "trace", declare)


def breaking_looks(patch: pytest.MonkeyPatch, when: str) -> None:
    """Break what is done around methods that are not traced, before or after it."""
    around = Patcher.around

    def declare(self: Patcher, target: str, enter: Any, **options: Any) -> None:
        def entering(*call: Any) -> Any:
            leave = enter(*call)
            return partial(left, leave) if leave is not None else None

        def left(leave: Any, *end: Any) -> None:
            leave(*end)  # what it has made current is taken back; the mistake comes after that
            broken()

        around(self, target, broken if when == "before" else entering, **options)

    patch.setattr(Patcher, "around", declare)


@pytest.fixture
def outcomes(name: str, caller: Caller) -> list[Any]:
    """What the calls give without tracing."""
    return [portrait(caller.outcome(call)) for call in SUBJECTS[name].calls(caller)]


@every_called_integration
@pytest.mark.parametrize("part", ["start", "finish", "fail", "read"])
def test_our_own_mistakes_stay_ours(
    part: str,
    name: str,
    caller: Caller,
    outcomes: list[Any],
    traces: Any,
    quiet_failures: Any,
    monkeypatch: Any,
    caplog: Any,
) -> None:
    if part in ("finish", "fail") and not SUBJECTS[name].operations:
        pytest.skip("its calls are no operations")
    calls = SUBJECTS[name].calls(caller)
    break_reader(monkeypatch, part)
    module(name).autolog()

    assert [portrait(caller.outcome(call)) for call in calls] == outcomes

    spans = traces.spans
    assert len(spans) == (0 if part == "start" else len(calls))
    assert all(span.end_time_ns for span in spans)
    assert {type(failure) for failure in quiet_failures()} == {LookupError}
    messages = [record.getMessage() for record in caplog.records if record.name == "autolog"]
    assert messages
    assert all("Your program is not affected" in message for message in messages)
    assert len(messages) == len(set(messages))
    if part == "read":
        assert {span.attributes["autolog.reader_error"] for span in spans} == {"LookupError: a mistake of ours"}


@every_called_integration
@pytest.mark.parametrize("when", ["before", "after"])
def test_our_own_mistakes_beside_the_call_stay_ours(
    when: str, name: str, caller: Caller, outcomes: list[Any], traces: Any, quiet_failures: Any, monkeypatch: Any
) -> None:
    calls = SUBJECTS[name].calls(caller)
    breaking_looks(monkeypatch, when)
    module(name).autolog()

    assert [portrait(caller.outcome(call)) for call in calls] == outcomes

    assert len(traces.spans) == len(calls)
    assert {type(failure) for failure in quiet_failures()} <= {LookupError}


@every_called_integration
def test_an_installation_that_fails_is_taken_back(name: str, targets: list[str], monkeypatch: Any) -> None:
    before, listening = objects(targets), SUBJECTS[name].registered()
    integration = module(name).INTEGRATION

    def install(patcher: Patcher, **options: Any) -> None:
        integration.install(patcher, **options)
        raise LookupError("a mistake of the plugin's")

    failing = Integration(name=name, requires=integration.requires, install=install)
    monkeypatch.setattr(module(name), "INTEGRATION", failing)
    with pytest.raises(LookupError):
        module(name).autolog()
    assert not autolog.integrations()[name].on
    assert identical(objects(targets), before)
    assert identical(SUBJECTS[name].registered(), listening)


@every_called_integration
def test_every_time_is_of_the_clock_that_tests_replace(
    name: str, caller: Caller, traces: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = itertools.count(1_000_000_000, 1_000_000)
    monkeypatch.setattr(sources, "now_ns", lambda: next(ticks))
    _, stream, _ = SUBJECTS[name].calls(caller)
    module(name).autolog()
    caller.run(stream)
    span = traces.span
    seconds = next(ticks) / 1e9
    assert 0 < span.end_time_ns / 1e9 < seconds
    assert 0 < span.attributes[semconv.TIME_TO_FIRST_CHUNK] < seconds
