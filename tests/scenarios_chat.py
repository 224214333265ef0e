"""Chat scenarios, recorded from a real model server."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel
from scenario_kit import Scenario, Steps, consume, drain, table, within

__all__ = ["CHAT", "WEATHER", "weather"]

CHAT: dict[str, Any] = {"model": "smollm2-135m-instruct", "temperature": 0, "seed": 42}
PARIS = [{"role": "user", "content": "What is the weather in Paris?"}]
CAPITAL = [{"role": "user", "content": "What is the capital of France?"}]
WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}


class City(BaseModel):
    city: str
    country: str


def weather(city: str) -> str:
    """The tool itself: what the weather is in the cities that the scenarios ask about."""
    known = {"Paris": ("18 C", "sunny"), "Rome": ("24 C", "cloudy")}
    temperature, sky = known[city]
    return json.dumps({"city": city, "temperature": temperature, "sky": sky})


def helpers(client: Any) -> Any:
    """Where ``parse`` and ``stream`` are: under ``beta`` before openai 1.92."""
    return client.chat.completions if hasattr(client.chat.completions, "parse") else client.beta.chat.completions


def answered(message: Any) -> list[dict[str, Any]]:
    """The assistant's tool calls as request messages, each followed by the tool's result under the same id."""
    calls: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for call in message.tool_calls:
        function = {"name": call.function.name, "arguments": call.function.arguments}
        calls.append({"id": call.id, "type": "function", "function": function})
        content = weather(json.loads(call.function.arguments)["city"])
        results.append({"role": "tool", "tool_call_id": call.id, "content": content})
    return [{"role": "assistant", "content": None, "tool_calls": calls}, *results]


def chat_plain(client: Any) -> Steps:
    return (yield client.chat.completions.create(messages=CAPITAL, max_tokens=24, **CHAT))


def chat_raw(client: Any) -> Steps:
    raw = yield client.chat.completions.with_raw_response.create(messages=CAPITAL, max_tokens=24, **CHAT)
    return (yield raw.parse())


def chat_streaming_response(client: Any) -> Steps:
    create = client.chat.completions.with_streaming_response.create
    return (yield within(create(messages=CAPITAL, max_tokens=24, **CHAT), lambda response: response.parse()))


def chat_conversation(client: Any) -> Steps:
    messages = [
        {"role": "system", "content": "You answer in one short sentence."},
        {"role": "user", "content": "What is the capital of Italy?"},
    ]
    first = yield client.chat.completions.create(messages=messages, max_tokens=24, **CHAT)
    messages += [
        {"role": "assistant", "content": first.choices[0].message.content},
        {"role": "user", "content": "And of Spain?"},
    ]
    second = yield client.chat.completions.create(messages=messages, max_tokens=24, **CHAT)
    return [first, second]


# Two choices need a temperature to differ; the seed keeps them the same at every recording. One ends, one is cut.
CHOICES: dict[str, Any] = {
    **CHAT,
    "messages": [{"role": "user", "content": "Tell me one fact about the sun in one sentence."}],
    "n": 2,
    "temperature": 0.7,
    "max_tokens": 24,
}


def chat_choices(client: Any) -> Steps:
    return (yield client.chat.completions.create(**CHOICES))


def chat_choices_stream(client: Any) -> Steps:
    stream = yield client.chat.completions.create(**CHOICES, stream=True, stream_options={"include_usage": True})
    return (yield drain(stream))


def chat_stream_usage(client: Any) -> Steps:
    stream = yield client.chat.completions.create(
        messages=CAPITAL, max_tokens=24, stream=True, stream_options={"include_usage": True}, **CHAT
    )
    return (yield drain(stream))


def chat_stream(client: Any) -> Steps:
    stream = yield client.chat.completions.create(messages=CAPITAL, max_tokens=24, stream=True, **CHAT)
    return (yield drain(stream))


def chat_stream_lines(client: Any) -> Steps:
    create = client.chat.completions.with_streaming_response.create
    manager = create(messages=CAPITAL, max_tokens=24, stream=True, **CHAT)
    return (yield within(manager, lambda response: drain(response.iter_lines())))


def chat_stream_helper(client: Any) -> Steps:
    manager = helpers(client).stream(messages=CAPITAL, max_tokens=24, stream_options={"include_usage": True}, **CHAT)
    events, completion = yield consume(manager, "get_final_completion")
    return [*events, completion]


def chat_tools(client: Any) -> Steps:
    call = yield client.chat.completions.create(
        messages=PARIS, tools=[WEATHER], tool_choice="required", max_tokens=48, **CHAT
    )
    messages = PARIS + answered(call.choices[0].message)
    answer = yield client.chat.completions.create(messages=messages, tools=[WEATHER], max_tokens=48, **CHAT)
    return [call, answer]


PARALLEL: dict[str, Any] = {
    **CHAT,
    "messages": [{"role": "user", "content": "Compare the weather in Paris with the weather in Rome."}],
    "tools": [WEATHER],
    "tool_choice": "required",
    "parallel_tool_calls": True,
    "max_tokens": 96,
}


def chat_tools_parallel(client: Any) -> Steps:
    calls = yield client.chat.completions.create(**PARALLEL)
    messages = PARALLEL["messages"] + answered(calls.choices[0].message)
    answer = yield client.chat.completions.create(messages=messages, max_tokens=64, **CHAT)
    return [calls, answer]


def chat_tools_stream(client: Any) -> Steps:
    stream = yield client.chat.completions.create(
        messages=PARIS, tools=[WEATHER], tool_choice="required", max_tokens=48, stream=True, **CHAT
    )
    return (yield drain(stream))


def chat_tools_parallel_stream(client: Any) -> Steps:
    stream = yield client.chat.completions.create(**PARALLEL, stream=True, stream_options={"include_usage": True})
    return (yield drain(stream))


def chat_parse(client: Any) -> Steps:
    text = "Paris is the capital of France. Give the city and its country as JSON."
    messages = [{"role": "user", "content": text}]
    return (yield helpers(client).parse(messages=messages, response_format=City, max_tokens=48, **CHAT))


def chat_json_schema(client: Any) -> Steps:
    schema = {
        "type": "object",
        "properties": {"days": {"type": "integer"}},
        "required": ["days"],
        "additionalProperties": False,
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True}}
    messages = [{"role": "user", "content": "How many days are in a week? Answer as JSON."}]
    return (yield client.chat.completions.create(messages=messages, response_format=wanted, max_tokens=24, **CHAT))


def chat_length(client: Any) -> Steps:
    messages = [{"role": "user", "content": "Write a story about a fox."}]
    return (yield client.chat.completions.create(messages=messages, max_tokens=8, **CHAT))


def chat_logprobs(client: Any) -> Steps:
    return (yield client.chat.completions.create(messages=CAPITAL, max_tokens=4, logprobs=True, top_logprobs=2, **CHAT))


# Same bytes as another scenario, read in another way.
READINGS = [
    Scenario(name="chat_raw", steps=chat_raw, cassette="openai/chat_plain"),
    Scenario(name="chat_streaming_response", steps=chat_streaming_response, cassette="openai/chat_plain"),
    Scenario(name="chat_stream_lines", steps=chat_stream_lines, cassette="openai/chat_stream"),
]

SCENARIOS = READINGS + table(
    "openai",
    [
        chat_plain,
        chat_conversation,
        chat_choices,
        chat_choices_stream,
        chat_stream_usage,
        chat_stream,
        chat_stream_helper,
        chat_tools,
        chat_tools_parallel,
        chat_tools_stream,
        chat_tools_parallel_stream,
        chat_parse,
        chat_json_schema,
        chat_length,
        chat_logprobs,
    ],
)
