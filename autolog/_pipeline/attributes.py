"""The fields that a reader found, under the conventions' names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from autolog import semconv
from autolog._model import Usage

if TYPE_CHECKING:
    from autolog.integration import Fields

__all__ = ["CONTENT", "field_attributes", "usage_attributes", "usage_of"]

# Attributes that hold what people and models said: not kept where content is not captured.
CONTENT: Final = frozenset(
    {
        semconv.INPUT_MESSAGES,
        semconv.OUTPUT_MESSAGES,
        semconv.SYSTEM_INSTRUCTIONS,
        semconv.TOOL_DEFINITIONS,
        semconv.RETRIEVAL_QUERY,
        semconv.RETRIEVAL_DOCUMENTS,
        semconv.TOOL_CALL_ARGUMENTS,
        semconv.TOOL_CALL_RESULT,
    }
)

_PLAIN: Final = (
    ("operation", semconv.OPERATION_NAME),
    ("provider", semconv.PROVIDER_NAME),
    ("server_address", semconv.SERVER_ADDRESS),
    ("server_port", semconv.SERVER_PORT),
    ("request_model", semconv.REQUEST_MODEL),
    ("response_model", semconv.RESPONSE_MODEL),
    ("response_id", semconv.RESPONSE_ID),
    ("conversation_id", semconv.CONVERSATION_ID),
    ("system_instructions", semconv.SYSTEM_INSTRUCTIONS),
    ("input_messages", semconv.INPUT_MESSAGES),
    ("output_messages", semconv.OUTPUT_MESSAGES),
    ("tool_definitions", semconv.TOOL_DEFINITIONS),
    ("finish_reasons", semconv.FINISH_REASONS),
    ("output_type", semconv.OUTPUT_TYPE),
    ("query", semconv.RETRIEVAL_QUERY),
    ("documents", semconv.RETRIEVAL_DOCUMENTS),
    ("embedding_count", semconv.EMBEDDING_COUNT),
    ("embedding_dimensions", semconv.EMBEDDINGS_DIMENSION_COUNT),
    ("retries", semconv.RETRY_COUNT),
    ("http_status", semconv.HTTP_STATUS_CODE),
    ("request_id", semconv.REQUEST_ID),
    ("error_type", semconv.ERROR_TYPE),
    ("error_code", semconv.ERROR_CODE),
)

_USAGE: Final = (
    ("input_tokens", semconv.USAGE_INPUT_TOKENS),
    ("output_tokens", semconv.USAGE_OUTPUT_TOKENS),
    ("total_tokens", semconv.USAGE_TOTAL_TOKENS),
    ("cached_input_tokens", semconv.USAGE_CACHE_READ_TOKENS),
    ("cache_creation_tokens", semconv.USAGE_CACHE_WRITE_TOKENS),
    ("reasoning_tokens", semconv.USAGE_REASONING_TOKENS),
    ("audio_input_tokens", semconv.USAGE_AUDIO_INPUT_TOKENS),
    ("audio_output_tokens", semconv.USAGE_AUDIO_OUTPUT_TOKENS),
)

_MLFLOW_USAGE: Final = {
    "cached_input_tokens": "cache_read_input_tokens",
    "cache_creation_tokens": "cache_creation_input_tokens",
}


def field_attributes(fields: Fields) -> dict[str, Any]:
    """Give the attributes of the fields that are known."""
    found: dict[str, Any] = {}
    for field, name in _PLAIN:
        value = getattr(fields, field)
        if value is not None:
            found[name] = value
    for key, value in fields.parameters.items():
        if value is not None:
            found[semconv.REQUEST_PREFIX + key] = value
    found.update((key, value) for key, value in fields.extra.items() if value is not None)
    return found


def usage_attributes(usage: Usage) -> dict[str, int]:
    """Give the attributes of the counts that the provider sent."""
    return {name: count for field, name in _USAGE if (count := getattr(usage, field)) is not None}


def usage_of(attributes: Mapping[str, Any]) -> Usage | None:
    """Read the counts that a program gave a span of its own, under the conventions' names or as MLflow has them."""
    named: Any = attributes.get(semconv.MLFLOW_CHAT_USAGE)
    spellings: Mapping[str, Any] = cast("Mapping[str, Any]", named if isinstance(named, Mapping) else {})
    found: dict[str, int] = {}
    for field, name in _USAGE:
        count = attributes.get(name, spellings.get(_MLFLOW_USAGE.get(field, field)))
        if isinstance(count, int) and not isinstance(count, bool) and count >= 0:
            found[field] = count
    return Usage(**found) if found else None
