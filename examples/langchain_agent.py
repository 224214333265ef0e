"""A LangChain agent with two tools, traced: ``python examples/langchain_agent.py``.

Runs on a recording, as ``langchain_rag.py``.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from langchain.agents import create_agent
from langchain.agents.middleware import wrap_model_call
from langchain_core.messages import ToolMessage
from langchain_openai import ChatOpenAI

import autolog

CASSETTE = Path(__file__).parents[1] / "cassettes/langchain/agent.yaml"
QUESTION = "What is the weather in Paris?"


def get_weather(city: str) -> str:
    """Current weather in a city."""
    return {"Paris": "18 C and sunny", "Rome": "24 C and cloudy"}.get(city, f"no station in {city}")


def get_time(city: str) -> str:
    """Current time in a city."""
    return f"it is noon in {city}"


@wrap_model_call
def look_first(request: Any, handler: Callable[[Any], Any]) -> Any:
    """Have the model look before it answers: one as small as this would rather guess."""
    looked = any(isinstance(message, ToolMessage) for message in request.messages)
    return handler(request.override(tool_choice="none" if looked else "required"))


def models(chat_url: str | None = None, embed_url: str | None = None) -> tuple[Any]:  # noqa: ARG001
    """A chat model of any server with OpenAI's API."""
    llm = ChatOpenAI(
        model=os.environ.get("CHAT_MODEL", "smollm2-135m-instruct"),
        base_url=chat_url or os.environ.get("OPENAI_BASE_URL", "http://model.test/v1"),
        api_key=os.environ.get("OPENAI_API_KEY", "none"),
        temperature=0,
        max_completion_tokens=64,
    )
    return (llm,)


def run(llm: Any) -> str:
    """Ask an agent that has to look the answer up."""
    agent = create_agent(llm, tools=[get_weather, get_time], middleware=[look_first], name="forecaster")
    answer = agent.invoke({"messages": [("user", QUESTION)]})
    return str(answer["messages"][-1].content)


if __name__ == "__main__":
    autolog.autolog()
    with autolog.replay(CASSETTE):
        print(run(*models()))
    for trace in autolog.search_traces(max_results=1, return_type="list"):
        print(trace)
