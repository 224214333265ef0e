"""A small agent: a model in a loop that may call tools. Knows nothing of tests."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import openai

import autolog

MODEL = os.environ.get("AGENT_MODEL", "smollm2-135m-instruct")
BASE_URL = os.environ.get("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1")  # any server with OpenAI's API
MAX_TURNS = 4

WEATHER = {"Paris": {"temperature": "18 C", "sky": "sunny"}, "Rome": {"temperature": "24 C", "sky": "cloudy"}}


def get_weather(city: str) -> dict[str, str]:
    """The one tool: a weather service, as far as this example needs one."""
    return {"city": city, **WEATHER[city]}


TOOLS: dict[str, Callable[..., Any]] = {"get_weather": get_weather}
DEFINITIONS: list[Any] = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Current weather in a city.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
]


def run(question: str, *, tell: Callable[[str], None] = lambda _: None) -> str:
    """Answer a question, telling the answer as it comes. Raises ``RuntimeError`` where there is none after a few turns."""
    messages: list[Any] = [{"role": "user", "content": question}]
    with (
        autolog.start_span("agent", span_type="AGENT") as span,
        openai.OpenAI(base_url=BASE_URL, api_key=os.environ.get("OPENAI_API_KEY", "none")) as client,
    ):
        span.set_inputs({"question": question})
        for turn in range(MAX_TURNS):
            text, calls = ask(client, messages, must_call=turn == 0, tell=tell)
            if not calls:
                span.set_outputs({"answer": text})
                return text
            messages.append({"role": "assistant", "content": None, "tool_calls": calls})
            messages += [use(call) for call in calls]
    raise RuntimeError(f"no answer after {MAX_TURNS} turns")


def ask(client: openai.OpenAI, messages: list[Any], *, must_call: bool, tell: Callable[[str], None]) -> tuple[str, Any]:
    """Ask the model once: give what it wrote, and the tools that it calls."""
    stream: Any = client.chat.completions.create(
        model=MODEL,
        messages=messages,
        tools=DEFINITIONS,
        tool_choice="required" if must_call else openai.NOT_GIVEN,  # a small model has to be told
        temperature=0,
        seed=42,
        max_tokens=48,
        stream=True,
        stream_options={"include_usage": True},
    )
    texts: list[str] = []
    calls: dict[int, Any] = {}
    for chunk in stream:
        for choice in chunk.choices:
            if choice.delta.content:
                texts.append(choice.delta.content)
                tell(choice.delta.content)
            for part in choice.delta.tool_calls or ():
                call = calls.setdefault(part.index, {"id": part.id, "type": "function", "name": "", "arguments": ""})
                call["name"] += part.function.name or ""
                call["arguments"] += part.function.arguments or ""
    functions = [
        {"id": c["id"], "type": "function", "function": {"name": c["name"], "arguments": c["arguments"]}}
        for _, c in sorted(calls.items())
    ]
    return "".join(texts), functions


def use(call: dict[str, Any]) -> dict[str, Any]:
    """Run the tool that the model calls, and give the message with its result."""
    name, arguments = call["function"]["name"], json.loads(call["function"]["arguments"])
    with autolog.start_span(name, span_type="TOOL") as span:
        span.set_inputs(arguments)
        result = TOOLS[name](**arguments)
        span.set_outputs(result)
    return {"role": "tool", "tool_call_id": call["id"], "content": json.dumps(result)}


if __name__ == "__main__":
    run("What is the weather in Paris?", tell=lambda text: print(text, end="", flush=True))
    print()
