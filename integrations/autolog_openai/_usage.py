"""Token counts, as they are on the wire.

A token count is a whole number that is not negative; ``12.0`` is 12. A text, a boolean, a fraction or a negative
number is none: what a server sends in a form that its own documentation does not have is not guessed at. Nothing is
computed: a total that was not sent is absent, and counts that a provider keeps apart (Anthropic's cache tokens beside
``input_tokens``, xAI's reasoning tokens beside ``completion_tokens``) are not added.
"""

from __future__ import annotations

from autolog.integration import Usage
from autolog_openai._json import Json, as_dict, as_int

__all__ = ["as_tokens", "response_usage", "usage_of"]

_CHAT_INPUT = ("prompt_tokens", "input_tokens")
_CHAT_OUTPUT = ("completion_tokens", "output_tokens")
# Gateways send both pairs and fill only the one that belongs to the API that was called.
_NEW_INPUT = ("input_tokens", "prompt_tokens")
_NEW_OUTPUT = ("output_tokens", "completion_tokens")

_INPUT_DETAILS = ("prompt_tokens_details", "input_tokens_details", "input_token_details")
_OUTPUT_DETAILS = ("completion_tokens_details", "output_tokens_details", "output_token_details")

_CACHED_DETAIL = ("cached_tokens",)
# DeepSeek; Moonshot and Together; servers that pass Anthropic's names on.
_CACHED = ("prompt_cache_hit_tokens", "cached_tokens", "cache_read_input_tokens")
# OpenAI and OpenRouter; LiteLLM; DashScope.
_WRITTEN_DETAIL = ("cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens")
_WRITTEN = ("cache_creation_input_tokens", "cache_write_tokens")
_LIMIT = 2**63
_REASONING = ("reasoning_tokens",)
_AUDIO = ("audio_tokens",)


def as_tokens(value: object) -> int | None:
    """Give a token count, or ``None`` for what is none."""
    count = value if type(value) is int else as_int(value)
    return count if count is not None and 0 <= count < _LIMIT else None


def _first(source: Json, names: tuple[str, ...]) -> int | None:
    for name in names:
        if name in source:
            count = as_tokens(source[name])
            if count is not None:
                return count
    return None


def _details(source: Json, names: tuple[str, ...]) -> Json:
    for name in names:
        found = as_dict(source.get(name))
        if found:
            return found
    return {}


def usage_of(usage: object, *, new_names: bool = False) -> Usage | None:
    """Read a ``usage`` object. ``new_names`` prefers ``input_tokens`` to ``prompt_tokens`` where both are there."""
    source = as_dict(usage)
    if not source:
        return None
    inputs = _details(source, _INPUT_DETAILS)
    outputs = _details(source, _OUTPUT_DETAILS)
    cached = _first(inputs, _CACHED_DETAIL)
    written = _first(inputs, _WRITTEN_DETAIL)
    reasoning = _first(outputs, _REASONING)
    found = Usage(
        input_tokens=_first(source, _NEW_INPUT if new_names else _CHAT_INPUT),
        output_tokens=_first(source, _NEW_OUTPUT if new_names else _CHAT_OUTPUT),
        total_tokens=as_tokens(source.get("total_tokens")),
        cached_input_tokens=_first(source, _CACHED) if cached is None else cached,
        cache_creation_tokens=_first(source, _WRITTEN) if written is None else written,
        reasoning_tokens=_first(source, _REASONING) if reasoning is None else reasoning,
        audio_input_tokens=_first(inputs, _AUDIO),
        audio_output_tokens=_first(outputs, _AUDIO),
    )
    return found or None


def response_usage(response: Json, *, new_names: bool = False) -> Usage | None:
    """Find the usage of a response: ``usage``, or Groq's ``x_groq.usage``.

    llama.cpp's ``timings`` are left out: they measure work, and are sent where no usage was asked for.
    """
    found = usage_of(response.get("usage"), new_names=new_names)
    if found is None and "x_groq" in response:
        found = usage_of(as_dict(response["x_groq"]).get("usage"))
    return found
