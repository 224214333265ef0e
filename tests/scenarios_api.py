"""Scenarios of the other APIs and of errors, and the demo: recorded from a real model server."""

from __future__ import annotations

import json
from typing import Any

from openai import APIError, APIStatusError
from scenario_kit import Steps, drain, table
from scenarios_chat import CAPITAL, CHAT, PARIS, WEATHER, City, answered, weather

__all__ = ["SCENARIOS"]

RESPONSE: dict[str, Any] = {"model": CHAT["model"], "temperature": 0}
RESPONSE_WEATHER: dict[str, Any] = {"type": "function", "strict": False, **WEATHER["function"]}
EMBEDDING = "all-minilm-l6-v2"


def completion(client: Any) -> Steps:
    return (yield client.completions.create(prompt="The capital of France is", max_tokens=2, **CHAT))


def completion_stream(client: Any) -> Steps:
    stream = yield client.completions.create(prompt="The capital of France is", max_tokens=2, stream=True, **CHAT)
    return (yield drain(stream))


def response_plain(client: Any) -> Steps:
    return (
        yield client.responses.create(
            instructions="You answer in one short sentence.",
            input="What is the capital of Italy?",
            max_output_tokens=24,
            **RESPONSE,
        )
    )


def response_stream(client: Any) -> Steps:
    stream = yield client.responses.create(
        input="What is the capital of France?", max_output_tokens=24, stream=True, **RESPONSE
    )
    return (yield drain(stream))


def response_tools(client: Any) -> Steps:
    first = yield client.responses.create(
        input=PARIS, tools=[RESPONSE_WEATHER], tool_choice="required", max_output_tokens=48, **RESPONSE
    )
    call = first.output[0]
    echoed = {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}
    result = weather(json.loads(call.arguments)["city"])
    answer = yield client.responses.create(
        input=[*PARIS, echoed, {"type": "function_call_output", "call_id": call.call_id, "output": result}],
        tools=[RESPONSE_WEATHER],
        max_output_tokens=48,
        **RESPONSE,
    )
    return [first, answer]


def response_tools_stream(client: Any) -> Steps:
    stream = yield client.responses.create(
        input=PARIS, tools=[RESPONSE_WEATHER], tool_choice="required", max_output_tokens=48, stream=True, **RESPONSE
    )
    return (yield drain(stream))


def response_parse(client: Any) -> Steps:
    text = "Paris is the capital of France. Give the city and its country as JSON."
    return (yield client.responses.parse(input=text, text_format=City, max_output_tokens=48, **RESPONSE))


def embedding(client: Any) -> Steps:
    return (yield client.embeddings.create(model=EMBEDDING, input="A cat sleeps on the sofa."))


def embedding_list(client: Any) -> Steps:
    return (yield client.embeddings.create(model=EMBEDDING, input=["A cat sleeps.", "It rains in Paris."]))


def embedding_float(client: Any) -> Steps:
    return (yield client.embeddings.create(model=EMBEDDING, input="A cat sleeps.", encoding_format="float"))


def models(client: Any) -> Steps:
    page = yield client.models.list()
    return page.data


def error_bad_request(client: Any) -> Steps:
    try:
        yield client.chat.completions.create(messages=CAPITAL, tools=[WEATHER], tool_choice="sometimes", **CHAT)
    except APIStatusError as error:
        return error.status_code, error.body


def error_bad_request_stream(client: Any) -> Steps:
    try:
        yield client.chat.completions.create(messages=[{"role": "user"}], stream=True, **CHAT)
    except APIStatusError as error:
        return error.status_code, error.body


def error_not_found(client: Any) -> Steps:
    try:
        yield client.moderations.create(input="Hello.")
    except APIStatusError as error:
        return error.status_code, error.body


def error_in_stream(client: Any) -> Steps:
    """The token limit cuts a third tool call short and the server reports that inside the stream, after status 200."""
    text = "What is the weather in Paris, and what is the weather in Rome? Call get_weather for each city."
    stream = yield client.chat.completions.create(
        messages=[{"role": "user", "content": text}],
        tools=[WEATHER],
        tool_choice="required",
        parallel_tool_calls=True,
        max_tokens=96,
        stream=True,
        stream_options={"include_usage": True},
        **CHAT,
    )
    try:
        return (yield drain(stream))
    except APIError as error:
        return type(error).__name__, error.message


def demo(client: Any) -> Steps:
    """Embeds a question, lets the model call a tool, streams the answer, and meets an error on the way out."""
    question = yield client.embeddings.create(model=EMBEDDING, input=PARIS[0]["content"])
    call = yield client.chat.completions.create(
        messages=PARIS, tools=[WEATHER], tool_choice="required", max_tokens=48, **CHAT
    )
    messages = PARIS + answered(call.choices[0].message)
    stream = yield client.chat.completions.create(
        messages=messages,
        tools=[WEATHER],
        max_tokens=48,
        stream=True,
        stream_options={"include_usage": True},
        **CHAT,
    )
    chunks = yield drain(stream)
    try:
        yield client.chat.completions.create(messages=messages, response_format={"type": "xml"}, max_tokens=48, **CHAT)
    except APIStatusError as error:
        return [question, call, *chunks, (error.status_code, error.body)]


SCENARIOS = table(
    "openai",
    [
        completion,
        completion_stream,
        response_plain,
        response_stream,
        response_tools,
        response_tools_stream,
        response_parse,
        embedding,
        embedding_list,
        embedding_float,
        models,
        error_bad_request,
        error_bad_request_stream,
        error_not_found,
        error_in_stream,
        demo,
    ],
)
