"""Chat scenarios that the recorded server cannot answer; their cassettes are written by hand."""

from __future__ import annotations

from typing import Any

from openai import APIError, APIStatusError
from scenario_kit import Steps, drain, table
from scenarios_chat import CAPITAL, WEATHER, City, helpers

__all__ = ["SCENARIOS"]

GPT = "gpt-4o-mini"
BOTH_CITIES: dict[str, Any] = {
    "model": GPT,
    "messages": [{"role": "user", "content": "What is the weather in Paris and in Rome?"}],
    "tools": [WEATHER],
}
WITH_USAGE: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}


def chat_reasoning(client: Any) -> Steps:
    """Most of the prompt comes from the provider's cache, most of the output is hidden reasoning."""
    messages = [
        {"role": "developer", "content": "You check sums for a bank."},
        {"role": "user", "content": "Is 1234 + 5678 = 6912?"},
    ]
    return (
        yield client.chat.completions.create(
            model="o4-mini", messages=messages, reasoning_effort="low", max_completion_tokens=400
        )
    )


def chat_refusal(client: Any) -> Steps:
    messages = [{"role": "user", "content": "Name the city where my neighbour hides the spare key."}]
    return (yield helpers(client).parse(model=GPT, messages=messages, response_format=City))


def chat_content_filter(client: Any) -> Steps:
    messages = [{"role": "user", "content": "Recite the whole song."}]
    return (yield client.chat.completions.create(model=GPT, messages=messages))


def chat_calls_parallel(client: Any) -> Steps:
    return (yield client.chat.completions.create(**BOTH_CITIES))


def chat_calls_interleaved(client: Any) -> Steps:
    """The arguments of two calls arrive in turns, told apart by ``index`` alone."""
    stream = yield client.chat.completions.create(**BOTH_CITIES, **WITH_USAGE)
    return (yield drain(stream))


def chat_choices_interleaved(client: Any) -> Steps:
    stream = yield client.chat.completions.create(model=GPT, messages=CAPITAL, n=2, **WITH_USAGE)
    return (yield drain(stream))


def chat_audio(client: Any) -> Steps:
    question = {"type": "input_audio", "input_audio": {"data": "UklGRgAAAABXQVZF", "format": "wav"}}
    return (
        yield client.chat.completions.create(
            model="gpt-4o-audio-preview",
            messages=[{"role": "user", "content": [{"type": "text", "text": "Answer aloud."}, question]}],
            modalities=["text", "audio"],
            audio={"voice": "alloy", "format": "wav"},
        )
    )


def azure_chat(client: Any) -> Steps:
    return (yield client.chat.completions.create(model=GPT, messages=CAPITAL))


def azure_chat_stream(client: Any) -> Steps:
    """The first chunk has no choices, only what the filter says of the prompt."""
    stream = yield client.chat.completions.create(model=GPT, messages=CAPITAL, **WITH_USAGE)
    return (yield drain(stream))


def error_rate_limit(client: Any) -> Steps:
    """Refused once with ``retry-after``; the client's one retry gets the answer."""
    return (yield client.with_options(max_retries=1).chat.completions.create(model=GPT, messages=CAPITAL))


def _error(client: Any) -> Steps:
    try:
        yield client.with_options(max_retries=0).chat.completions.create(model=GPT, messages=CAPITAL)
    except APIStatusError as error:
        return error.status_code, error.body


def error_server(client: Any) -> Steps:
    return (yield from _error(client))


def error_unauthorized(client: Any) -> Steps:
    return (yield from _error(client))


def error_event(client: Any) -> Steps:
    """A stream that starts well and then carries an error."""
    stream = yield client.chat.completions.create(model=GPT, messages=CAPITAL, **WITH_USAGE)
    try:
        return (yield drain(stream))
    except APIError as error:
        return type(error).__name__, error.message


ROOM = "handwritten/openai"
SCENARIOS = [
    *table(
        ROOM,
        [
            chat_reasoning,
            chat_refusal,
            chat_content_filter,
            chat_calls_parallel,
            chat_calls_interleaved,
            chat_choices_interleaved,
            chat_audio,
            error_rate_limit,
            error_server,
            error_unauthorized,
            error_event,
        ],
        handwritten=True,
    ),
    *table(ROOM, [azure_chat, azure_chat_stream], handwritten=True, azure=True),
]
