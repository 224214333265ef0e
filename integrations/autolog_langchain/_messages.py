"""LangChain's messages in OpenTelemetry's message schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from autolog_langchain._parts import parts_of, tool_call
from autolog_langchain._plain import Json, as_dict, as_str, dicts, is_dict

__all__ = ["called_tools", "finish_reason_of", "message_of", "messages_of", "tidy"]

_ROLES: Final = {
    "human": "user",
    "ai": "assistant",
    "system": "system",
    "tool": "tool",
    "function": "tool",
    "developer": "developer",
}
# The schema's words for the providers'.
_FINISH_REASONS: Final = {
    "tool_calls": "tool_call",
    "function_call": "tool_call",
    "tool_use": "tool_call",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_length": "length",
}
_FINISH_MEMBERS: Final = ("finish_reason", "stop_reason", "done_reason", "stopReason")
_MESSAGE_MEMBERS: Final = frozenset({"content", "type"})


def finish_reason_of(message: Json, info: Json) -> str | None:
    """Give the finish reason as the provider sent it."""
    for source in (as_dict(message.get("response_metadata")), info):
        for name in _FINISH_MEMBERS:
            found = as_str(source.get(name))
            if found is not None:
                return found
    return None


def _role(message: Json) -> str:
    kind = (as_str(message.get("type")) or "").removesuffix("MessageChunk").lower()
    asked = as_str(as_dict(message.get("additional_kwargs")).get("__openai_role__"))
    return asked or as_str(message.get("role")) or _ROLES.get(kind, kind or "user")


def message_of(raw: Any, *, finish_reason: str | None = None) -> Json:
    """Give one message; ``raw`` is what was kept of it."""
    if not is_dict(raw):
        return {"role": "user", "parts": parts_of(raw)}
    role = _role(raw)
    more = as_dict(raw.get("additional_kwargs"))
    if role == "tool":
        answer: Json = {"type": "tool_call_response", "response": raw.get("content")}
        identifier = as_str(raw.get("tool_call_id"))
        if identifier is not None:
            answer["id"] = identifier
        parts = [answer]
    else:
        calls = [tool_call(c.get("id"), c.get("name"), c.get("args")) for c in dicts(raw.get("tool_calls"))]
        calls += [tool_call(c.get("id"), c.get("name"), c.get("args")) for c in dicts(raw.get("invalid_tool_calls"))]
        thought = as_str(more.get("reasoning_content"))
        parts = [{"type": "reasoning", "content": thought}] if thought is not None else []
        parts += parts_of(raw.get("content"), frozenset(c["id"] for c in calls if "id" in c))
        refused = as_str(more.get("refusal"))
        if refused is not None:
            parts.append({"type": "refusal", "content": refused})
        parts += calls
    found: Json = {"role": role, "parts": parts}
    name = as_str(raw.get("name"))
    if name is not None:
        found["name"] = name
    if finish_reason is not None:
        found["finish_reason"] = _FINISH_REASONS.get(finish_reason.lower(), finish_reason)
    return found


def messages_of(kept: Sequence[Any]) -> list[Json]:
    """Give the messages of a conversation."""
    return [message_of(message) for message in kept]


def called_tools(messages: Sequence[Json]) -> list[str] | None:
    """Give the names of the tools that the model called, in order."""
    return [
        part["name"]
        for message in messages
        for part in dicts(message["parts"])
        if part.get("type") == "tool_call" and part.get("name")
    ] or None


def tidy(value: Any) -> Any:
    """Leave out what is empty of the messages and documents anywhere in a value: LangChain's have many empty members."""
    if isinstance(value, list):
        return [tidy(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if not is_dict(value):
        return value
    if value.keys() >= _MESSAGE_MEMBERS and ("additional_kwargs" in value or "tool_call_id" in value):
        return {k: _without_none(v) for k, v in value.items() if v or k == "content"}
    if "PARENT" in value and "goto" in value:  # LangGraph's Command, with a constant of its class
        return {k: tidy(v) for k, v in value.items() if v and k != "PARENT"}
    if value.get("type") == "Document" and "page_content" in value:
        return {k: tidy(v) for k, v in value.items() if k != "type" and (v or k == "page_content")}
    return {k: tidy(v) for k, v in value.items()}


def _without_none(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_none(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if not is_dict(value):
        return value
    return {k: _without_none(v) for k, v in value.items() if v is not None}
