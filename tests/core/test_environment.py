"""What the environment and the installed packages say: settings, versions, plugins."""

from __future__ import annotations

import logging
from importlib import metadata
from pathlib import Path
from typing import Any

import openai
import pytest
from callers import create, instant_client, names_of_calls
from distributions import pretend_installed
from openai._base_client import BaseClient
from patched_methods import untouched

import autolog
from autolog import _control, _registry

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
    assert untouched()
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
    environment(AUTOLOG_INTEGRATIONS="no_such")
    status = autolog.autolog()["openai"]
    assert (status.on, status.reason) == (False, "not in AUTOLOG_INTEGRATIONS")
    autolog.openai.autolog()
    assert untouched()
    assert "AUTOLOG_INTEGRATIONS names 'no_such'; there are: " in caplog.text
    environment(AUTOLOG_INTEGRATIONS=" openai , ")
    assert autolog.autolog()["openai"].on


WRONG = {
    "AUTOLOG_TRACING_ENABLED": ("maybe", "is neither true nor false"),
    "AUTOLOG_CAPTURE_CONTENT": ("2", "is neither true nor false"),
    "AUTOLOG_SAMPLE_RATE": ("1.5", "sample_rate is a number from 0 to 1"),
    "AUTOLOG_MAX_PENDING_MB": ("0", "max_pending_mb is a whole number of at least 1"),
    "AUTOLOG_FLUSH_INTERVAL_MS": ("99999999999999999999", "flush_interval_ms is at most 86,400,000"),
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


def test_the_store_stays_where_the_program_was_when_tracing_began(
    environment: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    for name in ("began", "went"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "began")
    environment(AUTOLOG_STORE="mine.db")
    autolog.autolog()
    with autolog.start_span("a") as span:
        pass
    monkeypatch.chdir(tmp_path / "went")
    assert autolog.flush()
    assert autolog.get_trace(span.trace_id) is not None
    autolog.configure(sample_rate=1.0)
    assert autolog.get_trace(span.trace_id) is not None
    assert (tmp_path / "began" / "mine.db").exists()
    assert list((tmp_path / "went").iterdir()) == []
    _control.reset()


# By the program


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"enabled": "no"}, "enabled is True or False, not 'no'"),
        ({"capture_content": "false"}, "capture_content is True or False, not 'false'"),
        ({"display": 1}, "display is True or False, not 1"),
        ({"sample_rate": True}, "sample_rate is a number from 0 to 1, not True"),
        ({"sample_rate": 1.5}, "sample_rate is a number from 0 to 1, not 1.5"),
        ({"max_pending_mb": True}, "max_pending_mb is a whole number of at least 1, not True"),
        ({"flush_interval_ms": 10**20}, "flush_interval_ms is at most 86,400,000, not 1000"),
        ({"otlp_profile": "bogus"}, "otlp_profile is 'all' (the default) or 'otel', not 'bogus'"),
        ({"tracer_provider": "bogus"}, "tracer_provider is an OpenTelemetry tracer provider, 'global', or None"),
        ({"processors": [5]}, "processors is a list of functions Span -> Span | None, and has 5"),
        ({"processors": print}, "processors is a list, not <built-in function print>"),
        ({"exporters": [5]}, "exporters is a list of objects with export, flush, close; 5 has no export, flush, close"),
        ({"exporters": [autolog.MemoryExporter]}, "make an object of it"),
        ({"exporters": autolog.MemoryExporter()}, "exporters is a list, not <"),
        ({"integrations": ["nope"]}, "integrations has 'nope'; there are: langchain, llama_index, openai"),
        ({"integrations": "openai"}, "integrations is a list, not 'openai'"),
        ({"integrations": [1]}, "integrations is a list of names, and has 1"),
        ({"store": 5}, "store is a path, or None for no store, not 5"),
        ({"store": ""}, "store is a path, or None for no store, not ''"),
        ({"prices": [1]}, "prices is a mapping such as {'my-model': {'input': 0.5, 'output': 1.5}}"),
        ({"prices": {"a": 5}}, "it has 'a': 5"),
        ({"prices": {"a": {"input": "x"}}}, "prices['a']['input'] is a number of US dollars, not 'x'"),
        ({"prices": {"a": {"input": float("nan")}}}, "prices['a']['input'] is a number of US dollars, not nan"),
        ({"prices": {"a": {"inputs": 1}}}, "prices['a'] has 'inputs'; a price has"),
        ({"prizes": {}}, "configure() has no setting 'prizes'; it has: enabled, integrations, store"),
    ],
    ids=str,
)
def test_a_wrong_argument_raises_and_changes_nothing(change: Any, complaint: str) -> None:
    before = _control.settings().as_dict()
    with pytest.raises((TypeError, ValueError)) as raised:
        autolog.configure(**{"max_pending_mb": 7, **change})
    assert complaint in str(raised.value)
    assert _control.settings().as_dict() == before


def test_any_iterable_is_a_list() -> None:
    memory = autolog.MemoryExporter()
    autolog.configure(exporters=(m for m in [memory]), integrations={"openai"}, processors=iter([]))
    now = _control.settings()
    assert (now.exporters, now.integrations, now.processors) == ((memory,), ("openai",), ())


def test_names_that_the_environment_gives_can_be_put_back(environment: Any) -> None:
    environment(AUTOLOG_INTEGRATIONS="no_such")
    before = _control.settings().as_dict()
    autolog.configure(integrations=None)
    autolog.configure(**before)
    assert _control.settings().integrations == ("no_such",)


# What is installed


@pytest.fixture
def installed(monkeypatch: Any) -> Any:
    return lambda release: pretend_installed(monkeypatch, "openai", release)


def test_a_library_that_is_missing(installed: Any) -> None:
    installed(None)
    status = autolog.autolog()["openai"]
    assert status == autolog.Status("openai", False, None, ">=1.66", "openai is not installed")
    fix = r"autolog\.openai\.autolog\(\) needs openai, which is not installed: pip install 'autolog-genai\[openai\]'"
    with pytest.raises(ImportError, match=fix):
        autolog.openai.autolog()
    autolog.openai.autolog(log_traces=False)
    assert untouched()


@pytest.mark.parametrize(
    ("release", "warned"),
    [("0.28.1", True), ("1.65.9", True), ("1.66", False), ("1.66.0", False), ("1.100.0", False), ("3.0.0b1", False)],
)
def test_an_unsupported_version_is_traced_with_a_warning(
    release: str, warned: bool, installed: Any, caplog: Any
) -> None:
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
    build = vars(BaseClient)["_build_request"]
    monkeypatch.delattr(BaseClient, "_build_request")
    monkeypatch.setattr(openai.OpenAI, "_build_request", build, raising=False)
    status = autolog.autolog()["openai"]
    assert status.on
    assert status.reason == "this version has no openai._base_client:BaseClient._build_request"
    create(instant_client())
    assert names_of_calls(traces) == ["chat m"]
