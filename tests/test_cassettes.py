"""Every scenario replays from its cassette with tracing off, and the files are safe to publish and in one layout."""

from __future__ import annotations

import asyncio
import functools
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cassette import CASSETTES, file_of, play
from scenarios import API_KEY, AZURE_ENDPOINT, BASE_URL, SCENARIOS, Scenario, client_for, find, supported

from autolog._replay.cassette import Cassette, RecordedResponse
from autolog._replay.format import dump, load
from autolog._replay.gate import gate

ROOMS = ("openai", "handwritten/openai")
FILES = sorted(path for room in ROOMS for path in (CASSETTES / room).glob("*.yaml"))
HEADERS = {"content-type", "retry-after"}


def name_of(path: Path) -> str:
    return path.relative_to(CASSETTES).with_suffix("").as_posix()


@functools.cache
def cassettes() -> dict[str, Cassette]:
    return {name_of(path): load(path) for path in FILES}


def told(response: RecordedResponse | None) -> str | None:
    """What an answer says that a client hands on whatever the API is: its id, or the message of its error."""
    if response is None:
        return None
    events = [event.json for event in response.events or () if event.json is not None]
    said: Any = events[-1] if events else response.json
    if not isinstance(said, dict):
        return None
    said = said.get("response", said)
    return said["error"]["message"] if said.get("error") else said.get("id")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Prove by ourselves that no socket is opened, this machine's included."""

    def refuse(*_: Any) -> None:
        raise AssertionError("a call went past the cassette to the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    yield


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
    before = file_of(scenario.cassette).read_bytes()
    outcomes = []
    for run in (run_sync, run_async):
        with play(scenario.cassette) as tape:
            outcomes.append(run(scenario))
        assert [call.interaction_index for call in tape.calls] == list(range(len(tape.calls)))
        said = told(tape.calls[-1].response)
        assert said is None or said in repr(outcomes[-1])
    assert outcomes[0] == outcomes[1]
    assert outcomes[0]
    assert file_of(scenario.cassette).read_bytes() == before


def test_every_cassette_belongs_to_a_scenario() -> None:
    assert {scenario.cassette for scenario in SCENARIOS} == set(cassettes())
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_are_safe_to_publish(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not gate(text, {})
    assert not re.search(rf"\b{API_KEY}\b", text)
    assert not (found := re.search(r"(?i)bearer |authorization|cookie|x-api-key|/home/|/users/", text)), found
    for interaction in cassettes()[name_of(path)].interactions:
        assert interaction.request.uri.startswith((f"{BASE_URL}/", f"{AZURE_ENDPOINT}/"))
        assert set(interaction.request.headers) <= HEADERS
        assert set(interaction.response.headers) <= HEADERS


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_writing_a_file_that_was_read_gives_the_same_bytes(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert dump(cassettes()[name_of(path)]) == text, f"lay it out with `autolog cassettes migrate {path}`"


def test_files_say_where_they_come_from() -> None:
    for name, cassette in cassettes().items():
        scenario = find(cassette.metadata["scenario"])
        assert scenario.cassette == name
        assert cassette.metadata["source"] == ("hand-written" if scenario.handwritten else "recorded"), name
        assert scenario.handwritten == name.startswith("handwritten/")


@pytest.mark.parametrize("name", [name_of(path) for path in FILES if path.parent.parent == CASSETTES])
def test_recorded_streams_have_their_times(name: str) -> None:
    for interaction in cassettes()[name].interactions:
        response = interaction.response
        assert response.after_ms or response.status >= 400, "no model answers in no time"
        if response.events is not None and len(response.events) > 8:
            assert any(event.after_ms for event in response.events)


def test_a_missing_cassette_names_the_recorder() -> None:
    with pytest.raises(FileNotFoundError, match=r"record\.py"), play("openai/nothing"):
        pass
