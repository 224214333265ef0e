"""The request's parameters, under the names that the conventions put behind ``gen_ai.request.``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autolog_openai._json import Json, as_dict, as_int, as_list, as_number, as_str

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["parameters_of"]


def _texts(value: object) -> list[str] | None:
    if isinstance(value, str):
        return [value]
    return [text for text in as_list(value) if isinstance(text, str)] or None


def _several(value: object) -> int | None:
    count = as_int(value)
    return None if count == 1 else count  # the conventions leave one choice out


def _effort(value: object) -> str | None:
    return as_str(as_dict(value).get("effort"))


def _only_true(value: object) -> bool | None:
    return True if value is True else None  # the conventions leave "not streamed" out


_RULES: dict[str, tuple[str, Callable[[object], Any]]] = {
    "temperature": ("temperature", as_number),
    "top_p": ("top_p", as_number),
    "top_k": ("top_k", as_number),
    "frequency_penalty": ("frequency_penalty", as_number),
    "presence_penalty": ("presence_penalty", as_number),
    "max_tokens": ("max_tokens", as_int),
    "max_completion_tokens": ("max_tokens", as_int),
    "max_output_tokens": ("max_tokens", as_int),
    "seed": ("seed", as_int),
    "n": ("choice.count", _several),
    "stop": ("stop_sequences", _texts),
    "stream": ("stream", _only_true),
    "reasoning_effort": ("reasoning.level", as_str),
    "reasoning": ("reasoning.level", _effort),
    "encoding_format": ("encoding_formats", _texts),
    "previous_response_id": ("previous_response.id", as_str),
}


def parameters_of(request: Json) -> Json:
    """Give the parameters that were sent in a form they can have."""
    found: Json = {}
    for key, value in request.items():
        rule = _RULES.get(key)
        if rule is not None and value is not None:
            name, read = rule
            known = read(value)
            if known is not None:
                found[name] = known
    return found
