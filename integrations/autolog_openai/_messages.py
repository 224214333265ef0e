"""Messages of chat completions in OpenTelemetry's message schema; one of unknown shape becomes a generic part."""

from __future__ import annotations

from typing import Any

from autolog_openai._json import Json, as_dict, as_list, as_str, dicts, is_dict, is_list, loads_or_text
from autolog_openai._parts import parts_of, reasoning, refusal, tool_call, tool_response, unknown

__all__ = ["called_tools", "finish_reason_of", "message_of", "messages_of"]

# The schema's words for OpenAI's.
_FINISH_REASONS = {
    "tool_calls": "tool_call",
    "function_call": "tool_call",
    "max_output_tokens": "length",
    "model_length": "length",
}
_JUST_CONTENT = frozenset({"role", "content", "name"})
_MEMBERS = frozenset({"role", "content", "tool_calls", "function_call", "refusal", "audio", "tool_call_id"})


def finish_reason_of(reason: str) -> str:
    """Give the schema's word for a finish reason."""
    return _FINISH_REASONS.get(reason, reason)


def _call(raw: Any) -> Json:
    call = as_dict(raw)
    function = call.get("function")
    if is_dict(function):
        return tool_call(call.get("id"), function.get("name"), loads_or_text(function.get("arguments")))
    custom = call.get("custom")
    if is_dict(custom):
        return tool_call(call.get("id"), custom.get("name"), custom.get("input"))
    return unknown(raw)


def _audio(audio: Json) -> Json | None:
    data, identifier = as_str(audio.get("data")), as_str(audio.get("id"))
    part: Json = {"modality": "audio"}
    if data is not None:
        part |= {"type": "blob", "content": data}
    elif identifier is not None:
        part |= {"type": "file", "file_id": identifier}
    else:
        return None
    transcript = as_str(audio.get("transcript"))
    if transcript is not None:
        part["transcript"] = transcript
    return part


def _parts(message: Json, role: str) -> list[Json]:
    content = message.get("content")
    if role in ("tool", "function"):
        return [tool_response(message.get("tool_call_id"), content)]
    if _JUST_CONTENT.issuperset(message):
        return parts_of(content)
    # DeepSeek and vLLM; OpenRouter, Groq and newer vLLM, which sends both with the same text.
    thought = as_str(message.get("reasoning_content")) or as_str(message.get("reasoning"))
    parts = [reasoning(thought)] if thought is not None else []
    parts += parts_of(content)
    refused = as_str(message.get("refusal"))
    if refused is not None:
        parts.append(refusal(refused))
    audio = message.get("audio")
    if audio is not None:
        heard = _audio(as_dict(audio))
        if heard is not None:
            parts.append(heard)
    if "images" in message:  # OpenRouter
        parts += parts_of(as_list(message["images"]))
    if "tool_calls" in message:
        parts += [_call(call) for call in as_list(message["tool_calls"])]
    function = as_dict(message.get("function_call"))
    if function:
        parts.append(tool_call(None, function.get("name"), loads_or_text(function.get("arguments"))))
    return parts


def message_of(raw: Any, role: str) -> Json:
    """Give one message; ``role`` is whose it is where it does not say."""
    message = as_dict(raw)
    said = as_str(message.get("role")) or role
    parts = _parts(message, said)
    if not parts and (not message or _MEMBERS.isdisjoint(message)):
        parts = [unknown(raw)]
    found: Json = {"role": said, "parts": parts}
    name = as_str(message.get("name"))
    if name is not None:
        found["name"] = name
    return found


def messages_of(raw: Any, role: str = "user") -> list[Json] | None:
    """Give the messages of a conversation: of a list, or of anything else that was sent in its place."""
    if raw is None:
        return None
    if isinstance(raw, str):
        return [{"role": role, "parts": parts_of(raw)}]
    if is_list(raw):
        return [message_of(message, role) for message in raw]
    return [message_of(raw, role)]


def called_tools(messages: list[Json] | None) -> list[str] | None:
    """Give the names of the tools that the model called, in order."""
    return [
        part["name"]
        for message in messages or ()
        for part in dicts(message["parts"])
        if part.get("type") in ("tool_call", "server_tool_call") and as_str(part.get("name"))
    ] or None
