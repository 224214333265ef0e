"""The contract that every integration keeps: one file, run over all that are registered as entry points."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import replace
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from call_styles import M
from callers import Caller, portrait
from scenario_kit import drain

import autolog
from autolog import _registry
from autolog._patching.patcher import Patcher
from autolog.integration import Integration, Operation

NAMES = _registry.names()


def openai_calls(caller: Caller) -> list[Callable[[], Any]]:
    """A call, a stream and a failing call of the library, each as a program makes it."""
    create = caller.client().chat.completions.create

    def stream() -> Any:
        result = create(model="m", messages=M, stream=True)
        return drained(result) if caller.asynchronous else drain(result)

    async def drained(result: Any) -> Any:
        return await drain(await result)

    return [lambda: create(model="m", messages=M), stream, lambda: create(model="err400", messages=M)]


# For each integration: calls of its library, and the library's name.
CALLS: dict[str, tuple[Callable[[Caller], list[Callable[[], Any]]], str]] = {"openai": (openai_calls, "openai")}

every_integration = pytest.mark.parametrize("name", NAMES)


def of(target: str) -> tuple[Any, str]:
    module, _, path = target.partition(":")
    *parents, name = path.split(".")
    return reduce(getattr, parents, import_module(module)), name


def objects(targets: list[str]) -> list[Any]:
    return [vars(owner).get(name, "inherited") for owner, name in map(of, targets)]


def module(name: str) -> Any:
    return getattr(autolog, name)


@pytest.fixture
def targets(name: str) -> list[str]:
    """What an integration changes in the installed version of its library."""
    module(name).autolog()
    found = list(_registry._on[name].patcher.applied)
    module(name).autolog(log_traces=False)
    assert found, f"{name} changes nothing"
    return found


def test_every_registered_integration_is_covered_here() -> None:
    assert sorted(CALLS) == NAMES
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


@every_integration
def test_on_on_off_off(name: str, targets: list[str]) -> None:
    before = objects(targets)
    for _ in range(2):
        module(name).autolog()
        on = objects(targets)
        assert all(now is not old for now, old in zip(on, before, strict=True))
        assert autolog.integrations()[name].reason is None
        module(name).autolog()
        assert all(now is old for now, old in zip(objects(targets), on, strict=True))
        for _ in range(2):
            module(name).autolog(log_traces=False)
            assert all(now is old for now, old in zip(objects(targets), before, strict=True))


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
    if name == blocked:
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
    library = CALLS[name][1]
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, name, library], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    reason, error, loaded = json.loads(done.stdout)
    assert reason == f"{library} is not installed"
    assert f"pip install 'autolog-genai[{name.replace('_', '-')}]'" in error
    assert not loaded


def broken(*_: Any, **__: Any) -> Any:
    raise LookupError("a mistake of ours")


def breaking(part: str) -> Callable[[Patcher, Operation], None]:
    trace = Patcher.trace

    def declare(self: Patcher, operation: Operation, **options: Any) -> None:
        trace(self, replace(operation, **{part: broken}), **options)

    return declare


def breaking_looks(patch: pytest.MonkeyPatch) -> None:
    """Break what looks at methods without tracing them."""
    observe = Patcher.observe

    def declare(self: Patcher, target: str, **options: Any) -> None:
        looks = {k: broken if k in ("before", "after", "failed") and v is not None else v for k, v in options.items()}
        observe(self, target, **looks)

    patch.setattr(Patcher, "observe", declare)


@pytest.fixture
def outcomes(name: str, caller: Caller) -> list[Any]:
    """What the calls give without tracing."""
    return [portrait(caller.outcome(call)) for call in CALLS[name][0](caller)]


@every_integration
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
    calls = CALLS[name][0](caller)
    monkeypatch.setattr(Patcher, "trace", breaking(part))
    module(name).autolog()

    assert [portrait(caller.outcome(call)) for call in calls] == outcomes

    spans = traces.spans
    assert len(spans) == (0 if part == "start" else len(calls))
    assert all(span.end_time_ns for span in spans)
    assert {type(failure) for failure in quiet_failures()} == {LookupError}
    (message,) = {record.getMessage() for record in caplog.records if record.name == "autolog"}
    assert "Your program is not affected" in message
    assert len([record for record in caplog.records if record.name == "autolog"]) == 1
    if part == "read":
        assert {span.attributes["autolog.reader_error"] for span in spans} == {"LookupError: a mistake of ours"}


@every_integration
def test_our_own_mistakes_beside_the_call_stay_ours(
    name: str, caller: Caller, outcomes: list[Any], traces: Any, quiet_failures: Any, monkeypatch: Any
) -> None:
    calls = CALLS[name][0](caller)
    breaking_looks(monkeypatch)
    module(name).autolog()

    assert [portrait(caller.outcome(call)) for call in calls] == outcomes

    assert len(traces.spans) == len(calls)
    assert {type(failure) for failure in quiet_failures()} <= {LookupError}


@every_integration
def test_an_installation_that_fails_is_taken_back(name: str, targets: list[str], monkeypatch: Any) -> None:
    before = objects(targets)
    integration = module(name).INTEGRATION

    def install(patcher: Patcher, **options: Any) -> None:
        integration.install(patcher, **options)
        raise LookupError("a mistake of the plugin's")

    monkeypatch.setattr(module(name), "INTEGRATION", replace(integration, install=install))
    with pytest.raises(LookupError):
        module(name).autolog()
    assert not autolog.integrations()[name].on
    assert all(now is old for now, old in zip(objects(targets), before, strict=True))
