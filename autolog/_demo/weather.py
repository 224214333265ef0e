"""The demo's program: embeds a question, lets the model call a tool, streams the answer, and meets an error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import autolog

__all__ = ["PRICES", "main"]

MODEL: Final = "smollm2-135m-instruct"
EMBEDDING_MODEL: Final = "all-minilm-l6-v2"
# A model of one's own costs what its owner says; these are a small hosted model's prices, in dollars a million tokens.
PRICES: Final = {MODEL: {"input": 0.15, "output": 0.60}, EMBEDDING_MODEL: {"input": 0.02}}
QUESTION: Final = "What is the weather in Paris?"
WEATHER_TOOL: Final = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


def get_weather(city: str) -> str:
    """The tool that the model calls."""
    with autolog.start_span("get_weather", span_type="TOOL") as span:
        span.set_inputs({"city": city})
        result = {"city": city, "temperature": "18 C", "sky": "sunny"}
        span.set_outputs(result)
    return json.dumps(result)


def main(tell: Callable[[str], None]) -> None:
    """Run the program against whatever answers at the recorded address, telling each step."""
    import openai

    client: Any = openai.OpenAI(base_url="http://model.test/v1", api_key="demo", max_retries=0)
    common: dict[str, Any] = {"model": MODEL, "temperature": 0, "seed": 42, "max_tokens": 48}
    messages: list[dict[str, Any]] = [{"role": "user", "content": QUESTION}]
    with autolog.start_span("weather assistant", span_type="AGENT") as span:
        span.set_inputs({"question": QUESTION})
        tell(f"you        {QUESTION}")

        client.embeddings.create(model=EMBEDDING_MODEL, input=QUESTION)
        tell("embedding  384 dimensions")

        answer = client.chat.completions.create(
            messages=messages, tools=[WEATHER_TOOL], tool_choice="required", **common
        )
        for call in answer.choices[0].message.tool_calls:
            function = {"name": call.function.name, "arguments": call.function.arguments}
            tell(f"model      calls {call.function.name}({call.function.arguments})")
            result = get_weather(**json.loads(call.function.arguments))
            tell(f"tool       {result}")
            messages += [
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": call.id, "type": "function", "function": function}],
                },
                {"role": "tool", "tool_call_id": call.id, "content": result},
            ]

        stream = client.chat.completions.create(
            messages=messages, tools=[WEATHER_TOOL], stream=True, stream_options={"include_usage": True}, **common
        )
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
        tell(f"model      {text} (streamed)")

        try:
            client.chat.completions.create(messages=messages, response_format={"type": "xml"}, **common)
        except openai.APIStatusError as e:
            tell(f"error      {e.status_code}, caught: a format that the server does not know")
        span.set_outputs({"answer": text})
