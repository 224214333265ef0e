"""Every scenario replays from its cassette with tracing off, and the files are safe to publish and in one layout."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib.util
import json
import re
import socket
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cassette import CASSETTES, CassetteMissError, play
from scenarios import API_KEY, AZURE_ENDPOINT, BASE_URL, SCENARIOS, Scenario, client_for, find, supported

ROOMS = ("openai", "handwritten/openai")
FILES = sorted(path for room in ROOMS for path in (CASSETTES / room).glob("*.yaml"))
REQUEST_HEADERS = {"content-type"}
RESPONSE_HEADERS = {"content-type", "retry-after"}
SECRETS = re.compile(
    r"sk-[\w-]{8}|AKIA[0-9A-Z]{12}|AIza[\w-]{20}|gh[pousr]_\w{20}|xox[abpr]-|eyJ[\w-]{10,}\.eyJ|PRIVATE KEY-"
    r"|\b(?:org|proj|user)[-_][A-Za-z0-9]{16}|(?i:bearer |authorization|cookie|x-api-key|/home/|/users/)"
)


@functools.cache
def layout() -> ModuleType:
    spec = importlib.util.spec_from_file_location("layout", CASSETTES / "recorder" / "layout.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def name_of(path: Path) -> str:
    return path.relative_to(CASSETTES).with_suffix("").as_posix()


@functools.cache
def texts() -> dict[str, str]:
    return {name_of(path): path.read_text(encoding="utf-8") for path in FILES}


@functools.cache
def cassettes() -> dict[str, dict[str, Any]]:
    return {name: layout().deserialize(text) for name, text in texts().items()}


def told(response: dict[str, Any]) -> str | None:
    """What an answer says that a client hands on whatever the API is: its id, or the message of its error."""
    text = response["body"]["string"]
    events = re.findall(r"^data: (\{.*\})$", text.decode("utf-8", "replace"), re.MULTILINE)
    try:
        said = json.loads(events[-1] if events else text)
    except ValueError:
        return None
    said = said.get("response", said)
    return said["error"]["message"] if said.get("error") else said.get("id")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a call went past the cassette to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def run_sync(scenario: Scenario) -> Any:
    with client_for(scenario) as client:
        return scenario.run(client)


def run_async(scenario: Scenario) -> Any:
    async def run() -> Any:
        async with client_for(scenario, asynchronous=True) as client:
            return await scenario.arun(client)

    return asyncio.run(run())


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("scenario", supported(), ids=lambda scenario: scenario.name)
def test_scenario_replays_alike_sync_and_async(scenario: Scenario) -> None:
    outcomes = []
    for run in (run_sync, run_async):
        with play(scenario.cassette) as tape:
            outcomes.append(run(scenario))
        said = told(tape.responses[-1])
        assert said is None or said in repr(outcomes[-1])
    assert outcomes[0] == outcomes[1]
    assert outcomes[0]


def test_every_cassette_belongs_to_a_scenario() -> None:
    assert {scenario.cassette for scenario in SCENARIOS} == set(texts())
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)


def test_files_are_safe_to_publish() -> None:
    for name, text in texts().items():
        assert not (found := SECRETS.search(text)), f"{name}: looks like a secret at character {found.start()}"
        assert not re.search(rf"\b{API_KEY}\b", text), name
        for interaction in cassettes()[name]["interactions"]:
            request, response = interaction["request"], interaction["response"]
            assert request["uri"].startswith((f"{BASE_URL}/", f"{AZURE_ENDPOINT}/")), name
            assert set(request["headers"]) <= REQUEST_HEADERS, name
            assert set(response["headers"]) <= RESPONSE_HEADERS, name


@pytest.mark.parametrize("leak", ["sk-proj-abcdefgh1234", "Authorization: x", "ghp_" + "a" * 36, "org-" + "A1b2" * 6])
def test_a_secret_would_be_seen(leak: str) -> None:
    assert SECRETS.search(f'{{"text": "{leak}"}}')


def test_writing_a_file_that_was_read_gives_the_same_bytes() -> None:
    other = [name for name, text in texts().items() if layout().serialize(cassettes()[name]) != text]
    assert not other, "lay them out with record.py --tidy"


def test_files_say_where_they_come_from() -> None:
    for name, cassette in cassettes().items():
        scenario = find(cassette["metadata"]["scenario"])
        assert scenario.cassette == name
        assert cassette["metadata"]["source"] == ("hand-written" if scenario.handwritten else "recorded"), name
        assert scenario.handwritten == name.startswith("handwritten/")


def ask(text: str) -> None:
    with client_for(find("chat_plain")) as client:
        client.with_options(max_retries=2).chat.completions.create(
            model="other", messages=[{"role": "user", "content": text}]
        )


@pytest.mark.usefixtures("offline")
def test_a_call_that_is_not_in_the_cassette_is_not_disguised() -> None:
    with pytest.raises(CassetteMissError, match="Something else"), play("openai/chat_plain"):
        ask("Something else.")


@pytest.mark.usefixtures("offline")
def test_a_caught_miss_comes_back_at_the_end() -> None:
    with pytest.raises(CassetteMissError), play("openai/chat_plain"):
        with contextlib.suppress(CassetteMissError):
            ask("Something else.")
        run_sync(find("chat_plain"))


def test_an_interaction_that_was_not_played_is_reported() -> None:
    with pytest.raises(AssertionError, match="not played"), play("openai/chat_plain"):
        pass


def test_an_interaction_plays_once() -> None:
    with pytest.raises(CassetteMissError, match="played already"), play("openai/chat_plain"):
        run_sync(find("chat_plain"))
        run_sync(find("chat_plain"))


def test_a_missing_cassette_names_the_recorder() -> None:
    with pytest.raises(FileNotFoundError, match=r"record\.py"), play("openai/nothing"):
        pass
