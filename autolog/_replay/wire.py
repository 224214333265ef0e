"""What bodies of any vendor say, read in the simplest way: the question, the model and its tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

from autolog._model import Usage
from autolog._replay.cassette import RecordedRequest, RecordedResponse

__all__ = ["asked", "model_of", "usage_of"]

_Json = dict[str, Any]


def _bodies(response: RecordedResponse) -> Iterator[_Json]:
    """The JSON objects of a response: its body, or those of its events, with what they wrap."""
    values = [response.json] if response.events is None else [event.json for event in response.events]
    for value in values:
        if isinstance(value, dict):
            body = cast("_Json", value)
            yield body
            for name in ("response", "message"):
                if isinstance(body.get(name), dict):
                    yield body[name]


def _counts(usage: _Json) -> Usage:
    def number(*path: str) -> int | None:
        value: Any = usage
        for name in path:
            value = cast("_Json", value).get(name) if isinstance(value, dict) else None
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def first(*paths: tuple[str, ...]) -> int | None:
        return next((found for path in paths if (found := number(*path)) is not None), None)

    read, written = number("cache_read_input_tokens"), number("cache_creation_input_tokens")
    given = first(("prompt_tokens",), ("input_tokens",), ("promptTokenCount",))
    # Anthropic counts cached tokens beside the input, the others inside of it.
    extra = (read or 0) + (written or 0)
    details = ("prompt_tokens_details", "input_tokens_details", "input_token_details")
    return Usage(
        input_tokens=None if given is None else given + extra,
        output_tokens=first(("completion_tokens",), ("output_tokens",), ("candidatesTokenCount",)),
        total_tokens=first(("total_tokens",), ("totalTokenCount",)),
        cached_input_tokens=first(*((d, "cached_tokens") for d in details), ("cachedContentTokenCount",))
        if read is None
        else read,
        cache_creation_tokens=first(*((d, "cache_write_tokens") for d in details)) if written is None else written,
        reasoning_tokens=first(
            ("completion_tokens_details", "reasoning_tokens"),
            ("output_tokens_details", "reasoning_tokens"),
            ("thoughtsTokenCount",),
        ),
        audio_input_tokens=first(*((d, "audio_tokens") for d in details)),
        audio_output_tokens=number("completion_tokens_details", "audio_tokens"),
    )


def usage_of(response: RecordedResponse) -> Usage:
    """The tokens that a response reports: the last usage in it, for Anthropic's streams with its first one's input."""
    found = [
        cast("_Json", usage)
        for body in _bodies(response)
        for usage in (body.get("usage"), body.get("usageMetadata"))
        if isinstance(usage, dict) and usage
    ]
    if not found:
        return Usage()
    merged: _Json = {}
    if any("cache_read_input_tokens" in usage or "cache_creation_input_tokens" in usage for usage in found):
        for usage in found:
            merged |= {k: v for k, v in usage.items() if v is not None}
    return _counts(merged or found[-1])


def model_of(response: RecordedResponse) -> str | None:
    """The model that answered, as the response names it."""
    names = (body.get("model") or body.get("modelVersion") for body in _bodies(response))
    return next((name for name in names if isinstance(name, str) and name), None)


def _texts(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "".join(map(_texts, cast("list[Any]", value)))
    if isinstance(value, dict):
        part = cast("_Json", value)
        return _texts(part.get("text") or part.get("content") or part.get("parts") or "")
    return ""


def asked(request: RecordedRequest) -> str:
    """The last thing that a request says to the model, for a line about it."""
    body = request.json
    if not isinstance(body, dict):
        return ""
    members = cast("_Json", body)
    for name in ("messages", "input", "contents", "prompt"):
        value = members.get(name)
        if isinstance(value, list) and value and not isinstance(value[0], str):
            return _texts(cast("list[Any]", value)[-1:])
        if value:
            return _texts(value)
    return ""
