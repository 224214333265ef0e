"""Every cassette of the project, played by the plugin and audited by it: the spans say what the wire says."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from cassette import marked, play
from scenarios import Scenario, client_for, supported

import autolog
from autolog._pytest.tracing import tracing


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("scenario", marked())
def test_every_scenario_is_traced_as_its_cassette_says(
    scenario: Scenario, llm_replay: Any, _llm_session: Any, *, asynchronous: bool
) -> None:
    if asynchronous:

        async def whole() -> None:
            async with client_for(scenario, asynchronous=True) as client:
                await scenario.arun(client)

        asyncio.run(whole())
    else:
        with client_for(scenario) as client:
            scenario.run(client)
    # What is compared then is the plugin's to do, as it is in everybody's tests.
    assert _llm_session.connected
    spans = _llm_session.traces.spans
    retries = sum(span.attributes.get("autolog.retry_count") or 0 for span in spans)
    assert len(spans) + retries == len(llm_replay.calls) > 0


def test_an_audit_that_finds_nothing_has_looked() -> None:
    scenario = next(each for each in supported() if each.name == "chat_plain")
    with tracing() as session, play(scenario.cassette) as tape:
        with client_for(scenario) as client:
            scenario.run(client)
        session.traces.clear()
        autolog.autolog(log_traces=False)
        assert tape.audit(session.traces) == []
        assert len(tape.audit([])) == 1
