"""Chat completions: what is asked, and what comes back."""

from __future__ import annotations

from typing import Any, Literal

from autolog.integration import Fields, semconv
from autolog_openai._json import Json, as_dict, as_list, as_str, dicts
from autolog_openai._messages import called_tools, finish_reason_of, message_of, messages_of
from autolog_openai._tools import tool_definitions
from autolog_openai._usage import response_usage
from autolog_openai._wire import Wire, read_identity

__all__ = ["finish_reasons_of", "output_type_of", "read_chat", "read_chat_response", "read_common"]


def output_type_of(kind: object) -> Literal["text", "json"] | None:
    """Give the conventions' output type of a response format's type."""
    if kind in ("json_object", "json_schema"):
        return "json"
    return "text" if kind == "text" else None


def finish_reasons_of(response: Json) -> list[str] | None:
    """Give the finish reasons that were sent, in the order of the choices."""
    return [r for choice in dicts(response.get("choices")) if (r := as_str(choice.get("finish_reason")))] or None


def _output_messages(response: Json) -> list[Json] | None:
    messages: list[Json] = []
    for choice in dicts(response.get("choices")):
        message = choice.get("message")
        reason = as_str(choice.get("finish_reason"))
        if message is None and reason is None:
            continue
        found = (
            message_of(message, "assistant") if message is not None else {"role": "assistant", "parts": list[Json]()}
        )
        if reason is not None:
            found["finish_reason"] = finish_reason_of(reason)
        messages.append(found)
    return messages or None


def read_common(wire: Wire) -> None:
    """Read what chat completions and responses both have beside their content."""
    request, response, extra = wire.request, wire.response, wire.extra
    tier = as_str(request.get("service_tier"))
    if tier is not None and tier != "auto":  # the conventions leave "auto" out
        extra[semconv.OPENAI_REQUEST_SERVICE_TIER] = tier
    extra[semconv.OPENAI_RESPONSE_SERVICE_TIER] = as_str(response.get("service_tier"))
    extra[semconv.OPENAI_SYSTEM_FINGERPRINT] = as_str(response.get("system_fingerprint"))


def read_chat_response(fields: Fields, wire: Wire) -> None:
    """Read a chat completion that is fetched: its own answer, none of its request."""
    response = wire.response
    read_identity(fields, wire)
    read_common(wire)
    wire.extra[semconv.OPENAI_API_TYPE] = "chat_completions"
    messages = _output_messages(response)
    fields.output_messages = messages
    fields.finish_reasons = finish_reasons_of(response)
    wire.extra[semconv.TOOL_CALLS] = called_tools(messages)
    fields.usage = response_usage(response)
    if fields.usage is not None:
        fields.usage_id = fields.response_id


def read_chat(fields: Fields, wire: Wire) -> None:
    """Read a chat completion."""
    read_chat_response(fields, wire)
    request = wire.request
    fields.input_messages = messages_of(request.get("messages"))
    fields.tool_definitions = tool_definitions(request)
    fields.output_type = _output_type(request)
    if request.get("store") is not True:
        # It does not come again, and its id may be that of another: small servers (Ollama's chatcmpl-417) and
        # recordings that are played again repeat theirs, and each of those calls counts.
        fields.usage_id = None


def _output_type(request: Json) -> Literal["text", "json", "speech"] | None:
    kind: Any = as_dict(request.get("response_format")).get("type")
    asked = output_type_of(kind)
    if asked is None and "audio" in as_list(request.get("modalities")):
        return "speech"
    return asked
