"""Content of messages as the parts of OpenTelemetry's message schema.

https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-input-messages.json: a part is
an object with a ``type``; a type that the schema does not define is a generic part with any members.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autolog_openai._json import Json, as_dict, as_str, dicts, is_dict, is_list

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["media", "parts_of", "reasoning", "refusal", "text", "tool_call", "tool_response", "unknown"]

# The schema gives these types members that a raw part of the same type does not have.
_RESERVED = frozenset(
    {
        "blob",
        "compaction",
        "file",
        "reasoning",
        "server_tool_call",
        "server_tool_call_response",
        "text",
        "tool_call",
        "tool_call_response",
        "uri",
    }
)
_AUDIO_TYPES = {"mp3": "audio/mpeg", "pcm16": "audio/pcm"}


def text(content: str) -> Json:
    """Make a text part."""
    return {"type": "text", "content": content}


def reasoning(content: str) -> Json:
    """Make a reasoning part."""
    return {"type": "reasoning", "content": content}


def refusal(content: str) -> Json:
    """Make a part for a refusal, which the schema does not know."""
    return {"type": "refusal", "content": content}


def unknown(raw: Any) -> Json:
    """Make a part of something that is not understood, so that nothing is lost."""
    return {"type": "unknown", "content": raw}


def tool_call(identifier: object, name: object, arguments: Any) -> Json:
    """Make a tool call; ``arguments`` is left out where it is ``None``."""
    part: Json = {"type": "tool_call", "name": as_str(name) or ""}
    if identifier is not None:
        part["id"] = identifier if isinstance(identifier, str) else str(identifier)
    if arguments is not None:
        part["arguments"] = arguments
    return part


def tool_response(identifier: object, response: Any) -> Json:
    """Make a tool's answer."""
    part: Json = {"type": "tool_call_response", "response": response}
    known = as_str(identifier)
    if known is not None:
        part["id"] = known
    return part


def media(url: str, modality: str) -> Json:
    """Make a part of an address: data of a ``data:`` URI are a blob, anything else stays an address."""
    head, comma, content = url.partition(",") if url[:5] == "data:" else ("", "", "")
    if not comma:
        return {"type": "uri", "modality": modality, "uri": url}
    return _blob(head[5:].partition(";")[0] or None, modality, content)


def _blob(mime_type: str | None, modality: str, content: str) -> Json:
    part: Json = {"type": "blob", "modality": modality, "content": content}
    if mime_type:
        part["mime_type"] = mime_type
    return part


def _text(part: Json) -> Json | None:
    said: Any = part.get("text")
    if is_dict(said):  # of the assistants: {"value": …, "annotations": […]}
        said = said.get("value")
    return text(said) if isinstance(said, str) else None


def _refusal(part: Json) -> Json | None:
    said = part.get("refusal")
    return refusal(said) if isinstance(said, str) else None


def _thinking(part: Json) -> Json | None:
    said: Any = part.get("thinking", part.get("text"))
    if is_list(said):  # Mistral
        said = "".join(t for inner in dicts(said) if (t := as_str(inner.get("text"))))
    return reasoning(said) if isinstance(said, str) else None


def _media_part(key: str, modality: str) -> Callable[[Json], Json | None]:
    def read(part: Json) -> Json | None:
        value: Any = part.get(key)
        url = as_str(as_dict(value).get("url")) or as_str(value)
        if url is not None:
            return media(url, modality)
        return _file(part, modality)

    return read


def _audio(part: Json) -> Json | None:
    audio = as_dict(part.get("input_audio")) or part
    data = as_str(audio.get("data"))
    if data is None:
        return None
    kind = as_str(audio.get("format"))
    return _blob(_AUDIO_TYPES.get(kind, f"audio/{kind}") if kind else None, "audio", data)


def _file(part: Json, modality: str = "document") -> Json | None:
    for key in ("file", "image_file"):
        if key in part:
            part = as_dict(part[key])
    identifier = as_str(part.get("file_id"))
    if identifier is not None:
        found: Json = {"type": "file", "modality": modality, "file_id": identifier}
        return found
    url = as_str(part.get("file_url")) or as_str(part.get("file_data"))
    if url is None:
        return None
    return media(url, modality) if ":" in url[:8] else _blob(None, modality, url)


def _image_file(part: Json) -> Json | None:
    return _file(part, "image")


_READERS: dict[str, Callable[[Json], Json | None]] = {
    "text": _text,
    "input_text": _text,
    "output_text": _text,
    "refusal": _refusal,
    "thinking": _thinking,
    "reasoning": _thinking,
    "reasoning_text": _thinking,
    "image_url": _media_part("image_url", "image"),
    "input_image": _media_part("image_url", "image"),
    "computer_screenshot": _media_part("image_url", "image"),
    "video_url": _media_part("video_url", "video"),
    "audio_url": _media_part("audio_url", "audio"),
    "input_audio": _audio,
    "file": _file,
    "input_file": _file,
    "image_file": _image_file,
}


def _part(raw: Any) -> Json:
    if isinstance(raw, str):
        return text(raw)
    part = as_dict(raw)
    kind = as_str(part.get("type"))
    if kind is None:
        return unknown(raw)
    read = _READERS.get(kind)
    found = read(part) if read is not None else None
    if found is not None:
        return found
    return unknown(raw) if kind in _RESERVED else part


def parts_of(content: Any) -> list[Json]:
    """Give the parts of a message's content: a text, a list of parts, nothing, or something unknown."""
    if isinstance(content, str):
        return [text(content)] if content else []
    if content is None:
        return []
    if is_list(content):
        return [_part(raw) for raw in content if raw is not None]
    return [_part(content)]
