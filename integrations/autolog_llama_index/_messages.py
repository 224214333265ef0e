"""The library's chat messages in OpenTelemetry's message schema; what is not understood becomes an unknown part."""

from __future__ import annotations

import base64
from typing import Any, Final

from autolog_llama_index._json import Json, as_dict, as_list, as_str, dicts, loads_or_text

__all__ = ["called_tools", "finish_reason_of", "message_of", "messages_of", "text_message", "text_of"]

_ROLES: Final = {"chatbot": "assistant", "model": "assistant", "function": "tool"}
_FINISH_REASONS: Final = {
    "tool_calls": "tool_call",
    "function_call": "tool_call",
    "tool_use": "tool_call",
    "end_turn": "stop",
    "max_tokens": "length",
    "max_output_tokens": "length",
}
_MEDIA: Final = {"image": "image", "audio": "audio", "video": "video", "document": "document"}
_DATA: Final = {"image": "image", "audio": "audio", "video": "video", "document": "data"}


def finish_reason_of(reason: str) -> str:
    """Give the schema's word for a finish reason."""
    return _FINISH_REASONS.get(reason.lower(), reason.lower())


def text_message(role: str, text: str) -> Json:
    """Make a message that is one text."""
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def text_of(kept: Json) -> str:
    """Give the text of a message that was kept."""
    return "\n".join(b["text"] for b in dicts(kept.get("blocks")) if as_str(b.get("text")))


def _media(block: Json, kind: str) -> Json:
    part: Json = {"modality": _MEDIA[kind]}
    mime_type = as_str(block.get(f"{kind}_mimetype"))
    if mime_type is not None:
        part["mime_type"] = mime_type
    data = block.get(_DATA[kind])
    address = as_str(block.get("url")) or as_str(block.get("path"))
    if isinstance(data, (bytes, str)) and data:
        # The library holds base64 in it, as bytes, whatever it was given.
        part |= {"type": "blob", "content": data if isinstance(data, str) else _base64(data)}
    elif address is not None:
        part |= {"type": "uri", "uri": address}
    else:
        part |= {"type": "unknown", "content": block}
    return part


def _base64(data: bytes) -> str:
    try:
        base64.b64decode(data, validate=True)
        return data.decode("ascii")
    except ValueError:
        return base64.b64encode(data).decode("ascii")


def _part(block: Json) -> Json | None:
    kind = block.get("block_type")
    if kind == "text":
        text = block.get("text")
        return {"type": "text", "content": text} if text else None
    if kind == "thinking":
        content = as_str(block.get("content"))
        return {"type": "reasoning", "content": content} if content else None
    if kind == "tool_call":
        return _tool_call(block.get("tool_call_id"), block.get("tool_name"), block.get("tool_kwargs"))
    if kind in _MEDIA:
        return _media(block, str(kind))
    if kind == "cache":
        return None
    return {"type": "unknown", "content": block}


def _tool_call(identifier: object, name: object, arguments: Any) -> Json:
    part: Json = {"type": "tool_call", "name": as_str(name) or ""}
    if identifier is not None:
        part["id"] = str(identifier)
    if arguments is not None:
        part["arguments"] = loads_or_text(arguments)
    return part


def _beside(extra: Json) -> list[Json]:
    """Give the tool calls that a provider's package keeps beside the blocks."""
    found: list[Json] = []
    for call in dicts(extra.get("tool_calls")):
        function = as_dict(call.get("function"))
        if function:
            found.append(_tool_call(call.get("id"), function.get("name"), function.get("arguments")))
        elif as_str(call.get("name")):
            found.append(
                _tool_call(call.get("id"), call["name"], call.get("input", call.get("args", call.get("arguments"))))
            )
        else:
            found.append({"type": "unknown", "content": call})
    return found


def message_of(kept: Json) -> Json:
    """Give one message that was kept."""
    role = _ROLES.get(str(kept.get("role")), str(kept.get("role")))
    extra = as_dict(kept.get("additional_kwargs"))
    if role == "tool":
        part: Json = {"type": "tool_call_response", "response": text_of(kept)}
        identifier = as_str(extra.get("tool_call_id"))
        if identifier is not None:
            part["id"] = identifier
        return {"role": role, "parts": [part]}
    parts = [found for block in dicts(kept.get("blocks")) if (found := _part(block)) is not None]
    if not any(part["type"] == "tool_call" for part in parts):
        parts += _beside(extra)
    return {"role": role, "parts": parts}


def messages_of(kept: object) -> list[Json] | None:
    """Give a conversation that was kept."""
    return [message_of(message) for message in dicts(kept)] or None


def called_tools(message: Json | None) -> list[str] | None:
    """Give the names of the tools that the model called, in order."""
    parts = dicts(as_list((message or {}).get("parts")))
    return [part["name"] for part in parts if part.get("type") == "tool_call" and part.get("name")] or None
