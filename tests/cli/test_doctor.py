from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import wrapt
from cli.command import Cli

import autolog
from autolog._cli import checks, libraries
from autolog._registry import Status


@pytest.fixture(autouse=True)
def no_foreign_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_SDK_DISABLED", "AUTOLOG_TRACING_ENABLED", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


def _findings(result: Any) -> dict[str, dict[str, Any]]:
    return {f["subject"]: f for f in json.loads(result.out)["findings"]}


def test_all_is_well(cli: Cli, store_path: Path) -> None:
    result = cli("doctor")
    assert result.code == 0
    assert "✗" not in result.out
    assert "✓ path " in result.out
    assert str(store_path) in result.out
    assert "4 with 12 spans, the newest of 2026-11-18 11:07:10: step 2" in result.out
    assert result.out.endswith("\n\nNext: autolog traces list\n")
    assert not autolog.integrations()["openai"].on


def test_a_store_that_is_not_there_yet_is_well_and_the_next_step_is_told(cli: Cli, tmp_path: Path) -> None:
    result = cli("doctor", "--store", "new.db", "--json")
    assert result.code == 0
    assert _findings(result)["path"]["text"] == f"{tmp_path / 'new.db'} is not there yet: the first trace makes it"
    assert json.loads(result.out)["next"][0].startswith("Next: autolog demo")
    assert not Path("new.db").exists()


@pytest.mark.parametrize(
    ("environ", "subject", "says"),
    [
        ({"AUTOLOG_SAMPLE_RATE": "7"}, "AUTOLOG_SAMPLE_RATE", "AUTOLOG_SAMPLE_RATE='7' "),
        ({"AUTOLOG_SAMPLE_RATE": "0"}, "sampling", "keeps no trace"),
        ({"AUTOLOG_TRACING_ENABLED": "false"}, "tracing", "is turned off"),
        ({"OTEL_SDK_DISABLED": "true"}, "tracing", "is turned off"),
        ({"AUTOLOG_STORE": "no/where/x.db"}, "path", "its folder is missing"),
        ({"AUTOLOG_STORE": "http://x"}, "path", "a store is a file"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "nonsense"}, "endpoint", "is no URL"),
    ],
)
def test_what_is_wrong_ends_with_one_and_names_a_fix(
    cli: Cli, store_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], subject: str, says: str
) -> None:
    if subject == "endpoint":
        pytest.importorskip("opentelemetry.sdk")  # else that is what is wrong
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    result = cli("doctor", "--json")
    found = _findings(result)[subject]
    assert (result.code, found["state"]) == (1, "bad")
    assert says in found["text"]
    assert found["fix"]
    assert json.loads(result.out)["next"][0].startswith(f"Next: {subject}: {found['fix']}")


def test_a_damaged_store_is_told(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 9000)
    assert _findings(cli("doctor", "--json", "--store", "bad.db"))["readable"]["state"] == "bad"


def test_names_of_settings_are_told_and_secrets_never(
    cli: Cli, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=secret")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://me:secret@127.0.0.1:1/?key=secret")
    monkeypatch.setenv("AUTOLOG_STORES", "x")
    monkeypatch.setenv("AUTOLOG_CAPTURE_CONTENT", "false")
    result = cli("doctor")
    assert "secret" not in result.out + result.err
    assert "OPENAI_API_KEY" in result.out
    assert "→ AUTOLOG_STORE is meant?" in result.out
    assert "127.0.0.1:1 cannot be reached" in result.out
    assert "messages, arguments and documents are not kept" in result.out


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_an_endpoint_that_answers_is_well(
    cli: Cli, store_path: Path, monkeypatch: pytest.MonkeyPatch, listening: int
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{listening}")
    monkeypatch.setattr(checks, "version_of", lambda name: "1.0")
    assert _findings(cli("doctor", "--json"))["endpoint"]["text"] == f"127.0.0.1:{listening} answers"
    monkeypatch.setattr(checks, "version_of", lambda name: None)
    assert _findings(cli("doctor", "--json"))["exporter"]["fix"] == "pip install 'autolog-genai[otlp]'"


def test_methods_that_somebody_else_wrapped_are_found_and_our_own_are_not() -> None:
    from openai.resources.chat.completions import Completions

    autolog.openai.autolog()
    autolog.openai.autolog(log_traces=False)
    assert libraries.patched_by_others("openai") == []

    def foreign(wrapped: Any, instance: Any, args: Any, kwargs: Any) -> Any:
        return wrapped(*args, **kwargs)

    handle = wrapt.wrap_function_wrapper(Completions, "create", foreign)
    try:
        assert libraries.patched_by_others("openai") == [f"Completions.create by {__name__}"]
    finally:
        wrapt.unwrap_object(Completions, "create", handle)


class _Point:
    def __init__(self, name: str, dist: str) -> None:
        self.name = name
        self.value = "x:Y"
        self.dist = type("Dist", (), {"name": dist})


def test_opentelemetry_instrumentations_of_the_same_library_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [_Point("openai", "one"), _Point("openai", "two"), _Point("flask", "three")]
    monkeypatch.setattr(libraries.metadata, "entry_points", lambda group: points)
    monkeypatch.setattr(libraries, "_turned_on", lambda: statuses)
    statuses = {"openai": Status("openai", True, "3.0", ">=1.66")}
    monkeypatch.setattr(autolog, "integrations", lambda: statuses)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    found = [f for f in libraries.libraries() if f.subject == "openai elsewhere"]
    assert [(f.state, f.text.partition(" is")[0]) for f in found] == [("note", "one, two")]
    monkeypatch.setenv("PYTHONPATH", "/x/opentelemetry/instrumentation/auto_instrumentation")
    found = [f for f in libraries.libraries() if f.subject == "openai elsewhere"]
    assert [(f.state, bool(f.fix)) for f in found] == [("warn", True)]


@pytest.mark.parametrize(
    ("status", "after", "state"),
    [
        (None, None, "bad"),
        (Status("openai", False, None, ">=1.66", "openai is not installed"), None, "bad"),
        (Status("openai", False, "3.0", ">=1.66", "not in AUTOLOG_INTEGRATIONS"), None, "warn"),
        (Status("openai", False, "3.0", ">=1.66"), Status("openai", False, "3.0", ">=1.66", "broken"), "bad"),
        (Status("openai", False, "9.0", ">=1.66"), Status("openai", True, "9.0", ">=1.66", "has no x"), "warn"),
    ],
)
def test_what_integrations_can_lack(
    monkeypatch: pytest.MonkeyPatch, status: Status | None, after: Status | None, state: str
) -> None:
    monkeypatch.setattr(libraries.metadata, "entry_points", lambda group: [])
    monkeypatch.setattr(autolog, "integrations", lambda: {"openai": status} if status else {})
    monkeypatch.setattr(libraries, "_turned_on", lambda: {"openai": after})
    monkeypatch.setattr(libraries, "patched_by_others", lambda name: [])
    states = [f.state for f in libraries.libraries()]
    assert state in states


def test_integrations_are_listed_with_why_not(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    result = cli("integrations")
    assert result.code == 0
    head, *rows = [line.split() for line in result.out.splitlines()]
    assert head[0] == "integration"
    assert ["openai", "ready"] in [[row[0], row[3]] for row in rows]
    monkeypatch.setenv("AUTOLOG_TRACING_ENABLED", "false")
    autolog._control.reset()
    (openai,) = (s for s in json.loads(cli("integrations", "--json").out) if s["name"] == "openai")
    assert (openai["state"], openai["on"]) == ("off", False)
    assert "AUTOLOG_TRACING_ENABLED" in openai["reason"]
    monkeypatch.setattr(autolog, "integrations", dict)
    nothing = cli("integrations")
    assert (nothing.code, nothing.err) == (
        1,
        "autolog: no integration is installed: pip install 'autolog-genai[openai]'\n",
    )
