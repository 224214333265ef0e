"""Every scenario from its cassette: one span a call, with what the wire says; the program sees no difference."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from callers import portrait
from cassette import play
from scenarios import Scenario, client_for, supported
from wire_oracle import payloads, text_on_the_wire, usage_on_the_wire

import autolog


def _run(scenario: Scenario, *, asynchronous: bool) -> tuple[Any, list[tuple[Any, str]]]:
    """Give what the program gets, and the requests with the texts of their responses, as they were played."""
    with play(scenario.cassette) as tape:
        if asynchronous:

            async def whole() -> Any:
                async with client_for(scenario, asynchronous=True) as client:
                    return await scenario.arun(client)

            result = asyncio.run(whole())
        else:
            with client_for(scenario) as client:
                result = scenario.run(client)
        played = [(call.request, call.response.text) for call in tape.calls if call.response is not None]
    return portrait(result), played


def _expected_usage(played: list[tuple[Any, str]]) -> dict[str, int]:
    """Add up what the responses say; the same response, fetched again, is counted once."""
    total: dict[str, int] = {}
    seen: set[str] = set()
    for _, text in played:
        bodies = payloads(text) if text.strip()[:1] in ("{", "d", "e", ":") else []
        ids = [body.get("id") or (body.get("response") or {}).get("id") for body in bodies]
        usage = usage_on_the_wire(text) if bodies else {}
        if not usage or (ids and ids[0] in seen):
            continue
        seen.update(str(i) for i in ids if i)
        for key, count in usage.items():
            total[key] = total.get(key, 0) + count
    return total


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("scenario", supported(), ids=lambda s: s.name)
def test_each_scenario_is_traced_as_the_wire_says(traces: Any, scenario: Scenario, *, asynchronous: bool) -> None:
    plain, _ = _run(scenario, asynchronous=asynchronous)
    autolog.openai.autolog()
    with autolog.start_span("scenario"):
        traced, played = _run(scenario, asynchronous=asynchronous)
    assert traced == plain

    (trace,) = traces.all
    calls = trace.children(trace.root)
    assert len(trace.spans) == len(calls) + 1
    retries = sum(span.attributes.get("autolog.retry_count") or 0 for span in calls)
    assert len(calls) + retries == len(played)
    assert trace.usage.to_dict() == _expected_usage(played)
    if retries:
        return
    for span, (request, text) in zip(calls, played, strict=True):
        assert span.end_time_ns is not None
        if request.header("content-type") == "application/json":
            assert span.inputs == json.loads(request.body or b"null")
        written = "".join(
            part["content"]
            for message in span.attributes.get("gen_ai.output.messages") or ()
            for part in message["parts"]
            if part["type"] == "text"
        )
        if request.path.endswith(("/completions", "/responses")) and request.method == "POST" and span.status == "OK":
            assert sorted(written) == sorted(text_on_the_wire(text))
