"""Token counts, from the raw answer of whichever provider it was. Nothing is computed that was not sent."""

from __future__ import annotations

from typing import Any, Final

from autolog.integration import Usage
from autolog_llama_index._json import Json, as_count, as_dict

__all__ = ["usage_in"]

_INPUT: Final = ("prompt_tokens", "input_tokens", "inputTokens", "prompt_token_count", "prompt_eval_count")
_OUTPUT: Final = ("completion_tokens", "output_tokens", "outputTokens", "candidates_token_count", "eval_count")
_TOTAL: Final = ("total_tokens", "totalTokens", "total_token_count")
_INPUT_DETAILS: Final = ("prompt_tokens_details", "input_tokens_details", "input_token_details")
_OUTPUT_DETAILS: Final = ("completion_tokens_details", "output_tokens_details", "output_token_details")
_CACHED: Final = (
    "cached_tokens",
    "cache_read_input_tokens",
    "prompt_cache_hit_tokens",
    "cacheReadInputTokens",
    "cached_content_token_count",
)
_WRITTEN: Final = ("cache_creation_input_tokens", "cache_write_tokens", "cacheWriteInputTokens")
_REASONING: Final = ("reasoning_tokens", "thoughts_token_count")
_AUDIO: Final = ("audio_tokens",)


def _first(names: tuple[str, ...], *sources: Json) -> int | None:
    for source in sources:
        for name in names:
            count = as_count(source.get(name))
            if count is not None:
                return count
    return None


def _details(source: Json, names: tuple[str, ...]) -> Json:
    for name in names:
        found = as_dict(source.get(name))
        if found:
            return found
    return {}


def _usage(source: Json) -> Usage | None:
    inputs, outputs = _details(source, _INPUT_DETAILS), _details(source, _OUTPUT_DETAILS)
    found = Usage(
        input_tokens=_first(_INPUT, source),
        output_tokens=_first(_OUTPUT, source),
        total_tokens=_first(_TOTAL, source),
        cached_input_tokens=_first(_CACHED, inputs, source),
        cache_creation_tokens=_first(_WRITTEN, inputs, source),
        reasoning_tokens=_first(_REASONING, outputs, source),
        audio_input_tokens=_first(_AUDIO, inputs),
        audio_output_tokens=_first(_AUDIO, outputs),
    )
    return found or None


def usage_in(raw: Any, extra: Any, seen: Any) -> Usage | None:
    """Find the usage of an answer: in the provider's ``raw``, in what an earlier chunk had, in the library's own words.

    The library's counts come last: it copies three of the provider's and drops the details.
    """
    answer, said = as_dict(raw), as_dict(extra)
    places = (
        answer.get("usage"),
        as_dict(answer.get("response")).get("usage"),
        answer.get("usage_metadata"),
        as_dict(answer.get("message")).get("usage"),
        as_dict(as_dict(answer.get("meta")).get("tokens")),
        seen,
        answer if "prompt_eval_count" in answer or "eval_count" in answer else None,
        said.get("usage"),
        said,
    )
    for place in places:
        found = _usage(as_dict(place))
        if found is not None:
            return found
    return None
