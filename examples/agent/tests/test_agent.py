"""The agent's tests: recorded once with a real model, replayed ever since."""

from __future__ import annotations

from typing import Any

import agent
import pytest

from autolog.faults import cut_stream_at, error_at

MODEL = "smollm2-135m-instruct"
PARIS = "What is the weather in Paris?"


@pytest.mark.llm_replay
def test_weather(llm_replay: Any, traces: Any) -> None:
    heard: list[str] = []
    answer = agent.run(PARIS, tell=heard.append)

    assert "18" in answer
    assert "".join(heard) == answer
    assert llm_replay.calls[1].request.json["messages"][-1]["role"] == "tool"
    assert traces.tree() == [
        {
            "name": "agent",
            "type": "AGENT",
            "children": [
                {
                    "name": f"chat {MODEL}",
                    "type": "CHAT_MODEL",
                    "model": MODEL,
                    "tokens": {"input": 144, "output": 37},
                    "tools": ["get_weather"],
                },
                {"name": "get_weather", "type": "TOOL"},
                {
                    "name": f"chat {MODEL}",
                    "type": "CHAT_MODEL",
                    "model": MODEL,
                    "tokens": {"input": 222, "output": 23},
                },
            ],
        }
    ]


@pytest.mark.llm_replay("test_agent/test_weather.yaml")
def test_it_stays_within_its_budget(traces: Any) -> None:
    agent.run(PARIS)
    traces.assert_tools(["get_weather"])
    traces.assert_tokens(max_total=500)
    traces.assert_no_errors()


@pytest.mark.llm_replay("test_agent/test_weather.yaml", faults=[error_at(1, status=429, retry_after=0)])
def test_a_rate_limit_is_waited_for(traces: Any) -> None:
    assert "18" in agent.run(PARIS)
    assert traces.llm[0].span.attributes["autolog.retry_count"] == 1


@pytest.mark.llm_replay("test_agent/test_weather.yaml", faults=[cut_stream_at(2, after_events=4)])
def test_a_stream_that_breaks_off_is_an_error(traces: Any) -> None:
    with pytest.raises(Exception, match=r"Connection error|closed"):
        agent.run(PARIS)
    assert [call.status for call in traces.llm] == ["OK", "ERROR"]


@pytest.mark.llm_replay
@pytest.mark.parametrize("city", ["Rome"])
def test_other_cities(traces: Any, city: str) -> None:
    agent.run(f"What is the weather in {city}?")
    assert traces.tools[0].arguments == {"city": city}
