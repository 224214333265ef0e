"""What was said in a model call, as text to read: roles, texts, tool calls with their arguments, results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from autolog import semconv
from autolog._model import Span
from autolog._render.values import as_structure, compact, pretty

__all__ = ["Message", "Part", "conversation", "has_messages", "inputs_said", "outputs_said"]

_LONGEST_ADDRESS: Final = 200
_ROLE_STYLES: Final = {
    "system": "yellow",
    "developer": "yellow",
    "user": "green",
    "assistant": "cyan",
    "tool": "magenta",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a message: ``kind`` is ``text``, ``reasoning``, ``call``, ``result``, ``media`` or ``data``."""

    kind: str
    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """Who said what."""

    role: str
    parts: tuple[Part, ...]
    note: str = ""

    @property
    def style(self) -> str:
        """The role's colour."""
        return _ROLE_STYLES.get(self.role, "blue")


def has_messages(span: Span) -> bool:
    """Whether the span carries a conversation."""
    return any(span.attributes.get(k) for k in (semconv.INPUT_MESSAGES, semconv.OUTPUT_MESSAGES))


def conversation(span: Span) -> list[Message]:
    """Give everything that was said in a call, in order; of a span without messages, its inputs and outputs."""
    return inputs_said(span) + outputs_said(span)


def inputs_said(span: Span) -> list[Message]:
    """Give what the call was given: system instructions and messages, a query, or the inputs as they are."""
    said: list[Message] = []
    instructions = _list(span.attributes.get(semconv.SYSTEM_INSTRUCTIONS))
    if instructions:
        said.append(Message("system", tuple(_part(p) for p in instructions)))
    said += [_message(m) for m in _list(span.attributes.get(semconv.INPUT_MESSAGES))]
    if said:
        return said
    for name in (semconv.RETRIEVAL_QUERY, semconv.TOOL_CALL_ARGUMENTS):
        if span.attributes.get(name) is not None:
            return [Message("input", (Part("data", pretty(span.attributes[name])),))]
    return [Message("input", (Part("data", pretty(span.inputs)),))] if span.inputs is not None else []


def outputs_said(span: Span) -> list[Message]:
    """Give what came of the call: the answer's messages, a result, documents, or the outputs as they are."""
    messages = [_message(m) for m in _list(span.attributes.get(semconv.OUTPUT_MESSAGES))]
    if messages:
        return messages
    if span.attributes.get(semconv.TOOL_CALL_RESULT) is not None:
        return [Message("output", (Part("data", pretty(span.attributes[semconv.TOOL_CALL_RESULT])),))]
    if span.outputs is not None:
        return [Message("output", (Part("data", pretty(span.outputs)),))]
    documents = _list(span.attributes.get(semconv.RETRIEVAL_DOCUMENTS))
    return [Message("output", tuple(Part("data", pretty(d)) for d in documents))] if documents else []


def _list(value: Any) -> list[Any]:
    value = as_structure(value)
    if value is None or value == "":
        return []
    return list(cast("Sequence[Any]", value)) if isinstance(value, (list, tuple)) else [value]


def _message(value: Any) -> Message:
    if not isinstance(value, Mapping):
        return Message("message", (Part("data", pretty(value)),))
    message = cast("Mapping[str, Any]", value)
    parts = [_part(p) for p in _list_or_text(message.get("parts", message.get("content")))]
    name = message.get("name")
    reason = message.get("finish_reason")
    note = " ".join(filter(None, (f"({name})" if name else "", f"[{reason}]" if reason and reason != "stop" else "")))
    return Message(str(message.get("role") or "message"), tuple(parts), note)


def _list_or_text(value: Any) -> list[Any]:
    # A text that looks like JSON is still what somebody said: it is not read as parts.
    if isinstance(value, str):
        return [value]
    return _list(value)


def _part(value: Any) -> Part:
    if isinstance(value, str):
        return Part("text", value)
    if not isinstance(value, Mapping):
        return Part("data", pretty(value))
    part = cast("Mapping[str, Any]", value)
    kind = part.get("type")
    call_id = f" #{part['id']}" if part.get("id") else ""
    match kind:
        case "text" | "input_text" | "output_text":
            return Part("text", _text(part.get("content", part.get("text"))))
        case "refusal":
            return Part("text", _text(part.get("content", part.get("refusal"))), "refusal")
        case "reasoning":
            return Part("reasoning", _text(part.get("content")), "reasoning")
        case "tool_call" | "server_tool_call":
            arguments = as_structure(part.get("arguments", part.get("server_tool_call")))
            return Part("call", "" if arguments is None else pretty(arguments), f"calls {part.get('name')}{call_id}")
        case "tool_call_response" | "server_tool_call_response":
            result = part.get("response", part.get("result", part.get("server_tool_call_response")))
            return Part("result", pretty(as_structure(result)), f"result{call_id}")
        case "blob" | "uri" | "file":
            return Part("media", _medium(part))
        case _:
            return Part("data", pretty(part))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else pretty(value)


def _address(uri: Any) -> str:
    """Give where something is; of data that stand in the address themselves, how many."""
    if isinstance(uri, str) and not (uri.startswith("data:") and len(uri) > _LONGEST_ADDRESS):
        return uri
    return f"{len(uri):,} characters of data" if isinstance(uri, str) else compact(uri)


def _medium(part: Mapping[str, Any]) -> str:
    what = str(part.get("mime_type") or part.get("modality") or "file")
    if part.get("type") == "uri":
        return f"[{what}: {_address(part.get('uri'))}]"
    if part.get("type") == "file":
        return f"[{what}: file {part.get('file_id')}]"
    content = part.get("content")
    size = f", {len(content):,} characters of base64" if isinstance(content, str) else f", {compact(content)}"
    transcript = part.get("transcript")
    return f"[{what}{size}]" + (f" {transcript}" if transcript else "")
