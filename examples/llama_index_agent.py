"""A LlamaIndex agent workflow with a tool, traced: ``python examples/llama_index_agent.py``.

Runs on a recording, as ``llama_index_query.py``.
"""

import asyncio
import os
from pathlib import Path
from typing import Any

from llama_index.core.agent.workflow import AgentWorkflow, FunctionAgent
from llama_index.llms.openai_like import OpenAILike

import autolog

CASSETTE = Path(__file__).parents[1] / "cassettes/llama_index/agent.yaml"
QUESTION = "What is the weather in Paris?"


def get_weather(city: str) -> str:
    """Current weather in a city."""
    return {"Paris": "18 C and sunny", "Rome": "24 C and cloudy"}[city]


def models(chat_url: str | None = None, embed_url: str | None = None) -> tuple[Any]:  # noqa: ARG001  (it embeds nothing)
    """A chat model of any server with OpenAI's API."""
    llm = OpenAILike(
        model=os.environ.get("CHAT_MODEL", "smollm2-135m-instruct"),
        api_base=chat_url or os.environ.get("OPENAI_BASE_URL", "http://model.test/v1"),
        api_key=os.environ.get("OPENAI_API_KEY", "none"),
        is_chat_model=True,
        is_function_calling_model=True,
        temperature=0,
        max_tokens=64,
        additional_kwargs={"stream_options": {"include_usage": True}},
    )
    return (llm,)


async def run(llm: Any) -> str:
    """Ask an agent that has to look the answer up."""
    agent = FunctionAgent(
        name="Forecaster",
        description="Tells the weather.",
        tools=[get_weather],
        llm=llm,
        initial_tool_choice="required",  # a model as small as this one would rather guess
        allow_parallel_tool_calls=False,
    )
    return str(await AgentWorkflow(agents=[agent], root_agent="Forecaster").run(QUESTION))


if __name__ == "__main__":
    autolog.autolog()
    with autolog.replay(CASSETTE):
        print(asyncio.run(run(*models())))
    for trace in autolog.search_traces(max_results=2, return_type="list"):
        print(trace)
