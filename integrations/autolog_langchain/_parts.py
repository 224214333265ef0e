"""Content blocks of LangChain's messages as parts of OpenTelemetry's message schema.

LangChain passes on what each provider calls its blocks (OpenAI, Anthropic, Google, Bedrock) and has a standard form of
its own (``output_version="v1"``). A block that is not understood becomes a part as it is, so that nothing is lost.
https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-input-messages.json
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from typing import Any, Final, cast

from autolog_langchain._plain import Json, as_dict, as_str, dicts

__all__ = ["parts_of", "text", "tool_call"]

_OWN_TYPES: Final = frozenset({"blob", "uri", "tool_call_response", "server_tool_call", "server_tool_call_response"})
# Calls of tools that stand among the blocks; the message's own list of calls has them too.
CALLS: Final = frozenset({"tool_use", "tool_call", "function_call", "tool_call_chunk", "input_json_delta"})


def text(content: str) -> Json:
    """Make a text part."""
    return {"type": "text", "content": content}


def tool_call(identifier: object, name: object, arguments: Any) -> Json:
    """Make a tool call; ``arguments`` that are a text of JSON are read."""
    part: Json = {"type": "tool_call", "name": as_str(name) or ""}
    known = as_str(identifier)
    if known is not None:
        part["id"] = known
    if isinstance(arguments, str):
        with contextlib.suppress(ValueError):  # cut off: the text as it is
            arguments = json.loads(arguments)
    if arguments is not None:
        part["arguments"] = arguments
    return part


def _said(block: Json, *names: str) -> str | None:
    return next((t for name in names if (t := as_str(block.get(name))) is not None), None)


def _text(block: Json) -> Json | None:
    said = block.get("text")
    return text(said) if isinstance(said, str) else None


def _thought(block: Json) -> Json | None:
    said = _said(block, "reasoning", "thinking", "text")
    if said is None:  # the Responses API's: a list of summaries
        summary = [t for part in dicts(block.get("summary")) if (t := as_str(part.get("text")))]
        said = "\n".join(summary) if summary else None
    if said is None:  # Bedrock's
        said = as_str(as_dict(block.get("reasoning_content")).get("text"))
    return {"type": "reasoning", "content": said} if said is not None else None


def _refusal(block: Json) -> Json | None:
    said = as_str(block.get("refusal"))
    return {"type": "refusal", "content": said} if said is not None else None


def _media(modality: str) -> Callable[[Json], Json | None]:
    def read(block: Json) -> Json | None:
        kind = as_str(block.get("type")) or ""
        source = as_dict(block.get("source")) or as_dict(block.get(kind)) or block
        mime = _said(source, "mime_type", "media_type")
        url = _said(source, "url", "image_url", "file_url", "uri") or as_str(block.get(kind))
        if url is not None and url.startswith("data:"):
            head, _, data = url.partition(",")
            return _blob(modality, head[5:].partition(";")[0] or mime, data)
        if url is not None:
            return {"type": "uri", "modality": modality, "uri": url}
        inline = _said(source, "base64", "data", "file_data")
        if inline is not None:
            return _blob(modality, mime or as_str(source.get("format")), inline)
        identifier = _said(source, "file_id", "id")
        return {"type": "file", "modality": modality, "file_id": identifier} if identifier is not None else None

    return read


def _blob(modality: str, mime_type: str | None, content: str) -> Json:
    part: Json = {"type": "blob", "modality": modality, "content": content}
    if mime_type:
        part["mime_type"] = mime_type
    return part


def _call(block: Json) -> Json | None:
    name = as_str(block.get("name"))
    if name is None:
        return None
    arguments = next((block[key] for key in ("args", "input", "arguments") if block.get(key) is not None), None)
    return tool_call(block.get("call_id") or block.get("id"), name, arguments)


_READERS: Final[dict[str, Callable[[Json], Json | None]]] = {
    "text": _text,
    "text-plain": _text,
    "output_text": _text,
    "input_text": _text,
    "reasoning": _thought,
    "thinking": _thought,
    "reasoning_content": _thought,
    "refusal": _refusal,
    "image": _media("image"),
    "image_url": _media("image"),
    "input_image": _media("image"),
    "audio": _media("audio"),
    "input_audio": _media("audio"),
    "video": _media("video"),
    "video_url": _media("video"),
    "file": _media("document"),
    "input_file": _media("document"),
    "document": _media("document"),
    "media": _media("document"),
    **dict.fromkeys(("tool_use", "tool_call", "function_call"), _call),
}


def _part(block: Any, known_calls: frozenset[str]) -> Json | None:
    if isinstance(block, str):
        return text(block) if block else None
    raw = as_dict(block)
    kind = as_str(raw.get("type"))
    if kind in CALLS and (not raw.get("name") or {raw.get("id"), raw.get("call_id")} & known_calls):
        return None
    read = _READERS.get(kind or "")
    found = read(raw) if read is not None else None
    if found is not None:
        return found
    if kind is None or kind in _READERS or kind in _OWN_TYPES:
        return {"type": "unknown", "content": block}
    return raw


def parts_of(content: Any, known_calls: frozenset[str] = frozenset()) -> list[Json]:
    """Give the parts of a message's content. Calls whose ids are known already are left out."""
    if isinstance(content, str):
        return [text(content)] if content else []
    if content is None:
        return []
    blocks = cast("list[Any]", content) if isinstance(content, list) else [content]
    return [part for block in blocks if block is not None and (part := _part(block, known_calls)) is not None]
