"""Token counts of a LangChain message: ``usage_metadata``, the same for every provider package, or older forms."""

from __future__ import annotations

from autolog.integration import Usage
from autolog_langchain._plain import Json, as_count, as_dict

__all__ = ["is_cached", "usage_of", "usage_of_llm_output"]


def usage_of(metadata: object) -> Usage | None:
    """Read a message's ``usage_metadata``."""
    source = as_dict(metadata)
    inputs, outputs = as_dict(source.get("input_token_details")), as_dict(source.get("output_token_details"))
    found = Usage(
        input_tokens=as_count(source.get("input_tokens")),
        output_tokens=as_count(source.get("output_tokens")),
        total_tokens=as_count(source.get("total_tokens")),
        cached_input_tokens=as_count(inputs.get("cache_read")),
        cache_creation_tokens=as_count(inputs.get("cache_creation")),
        reasoning_tokens=as_count(outputs.get("reasoning")),
        audio_input_tokens=as_count(inputs.get("audio")),
        audio_output_tokens=as_count(outputs.get("audio")),
    )
    return found or None


def _first(source: Json, *names: str) -> int | None:
    return next((count for name in names if (count := as_count(source.get(name))) is not None), None)


def usage_of_llm_output(output: object) -> Usage | None:
    """Read what text models and older provider packages put beside the generations."""
    source = as_dict(as_dict(output).get("token_usage")) or as_dict(as_dict(output).get("usage"))
    found = Usage(
        input_tokens=_first(source, "prompt_tokens", "input_tokens"),
        output_tokens=_first(source, "completion_tokens", "output_tokens"),
        total_tokens=_first(source, "total_tokens"),
        cached_input_tokens=_first(as_dict(source.get("prompt_tokens_details")), "cached_tokens"),
        reasoning_tokens=_first(as_dict(source.get("completion_tokens_details")), "reasoning_tokens"),
    )
    return found or None


def is_cached(metadata: object) -> bool:
    """Tell whether an answer came from ``set_llm_cache``: LangChain notes there that it cost nothing."""
    return as_dict(metadata).get("total_cost") == 0
