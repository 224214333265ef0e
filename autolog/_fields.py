"""What a reader finds in a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from autolog._model import Usage

__all__ = ["Fields"]


@dataclass(slots=True, kw_only=True, eq=False)
class Fields:
    """What a reader found in a call: plain typed fields, which the core writes under the conventions' names.

    ``None`` means that the library or the wire did not say. ``usage_id`` names what the usage belongs to (a
    response's id); with ``usage_fetched`` the call only looked it up, and usage that was counted before under this id
    is not counted again.
    ``extra`` holds what has no field here, by attribute name.
    """

    name: str | None = None
    span_type: str | None = None
    operation: str | None = None
    provider: str | None = None
    server_address: str | None = None
    server_port: int | None = None
    request_model: str | None = None
    response_model: str | None = None
    response_id: str | None = None
    conversation_id: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    system_instructions: Sequence[Mapping[str, Any]] | None = None
    input_messages: Sequence[Mapping[str, Any]] | None = None
    output_messages: Sequence[Mapping[str, Any]] | None = None
    tool_definitions: Sequence[Mapping[str, Any]] | None = None
    finish_reasons: Sequence[str] | None = None
    output_type: Literal["text", "json", "image", "speech"] | None = None
    usage: Usage | None = None
    usage_id: str | None = None
    usage_fetched: bool = False
    query: str | None = None
    documents: Sequence[Mapping[str, Any]] | None = None
    embedding_count: int | None = None
    embedding_dimensions: int | None = None
    retries: int | None = None
    http_status: int | None = None
    request_id: str | None = None
    error_type: str | None = None
    error_code: str | None = None
    failed: str | None = None
    """What the provider said went wrong, where the library raised nothing for it: makes the span an error."""
    inputs: Any = None
    outputs: Any = None
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
