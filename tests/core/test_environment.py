"""What the environment and the installed packages say: settings, versions, plugins."""

from __future__ import annotations

import logging
from importlib import metadata
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
