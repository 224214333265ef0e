"""Audio: speech made of text, and text made of speech, whole and streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autolog.integration import Fields, semconv
from autolog_openai._json import Json, as_dict, as_number, as_str, join
from autolog_openai._parts import text
from autolog_openai._usage import usage_of
from autolog_openai._wire import Wire, read_identity

if TYPE_CHECKING:
    from autolog_openai._sse import Event

__all__ = ["gather_speech", "gather_transcript", "read_speech", "read_transcript"]


def read_speech(fields: Fields, wire: Wire) -> None:
    """Read a call that makes speech. Of the audio only its type and size are kept."""
    read_identity(fields, wire)
    request = wire.request
    fields.output_type = "speech"
    said, instructions = as_str(request.get("input")), as_str(request.get("instructions"))
    if said is not None:
        fields.input_messages = [{"role": "user", "parts": [text(said)]}]
    if instructions is not None:
        fields.system_instructions = [text(instructions)]
    fields.usage = usage_of(wire.response.get("usage"), new_names=True)


def gather_speech(events: list[Event]) -> Json:
    """Give the size of the audio, decoded, and the usage of the last event."""
    response: Json = {}
    size = 0
    for _, data in events:
        event = as_dict(data)
        audio = event.get("audio")
        if isinstance(audio, str):
            size += len(audio) // 4 * 3 - audio.endswith("=") - audio.endswith("==")
        response |= {k: v for k, v in event.items() if k not in ("audio", "type")}
    return {**response, "size": size}


def read_transcript(fields: Fields, wire: Wire) -> None:
    """Read a transcription or a translation; ``outputs`` is a plain text where the program asked for one."""
    read_identity(fields, wire)
    request, response = wire.request, wire.response
    fields.output_type = "text"
    parts: list[Json] = [{"type": "upload", **file} for file in wire.exchange.files or ()]
    prompt = as_str(request.get("prompt"))
    if prompt is not None:
        parts.append(text(prompt))
    if parts:
        fields.input_messages = [{"role": "user", "parts": parts}]
    heard = fields.outputs if isinstance(fields.outputs, str) else response.get("text")
    if isinstance(heard, str):
        fields.output_messages = [{"role": "assistant", "parts": [text(heard)]}]
    usage = as_dict(response.get("usage"))
    if usage.get("type") == "duration":  # billed by time: seconds are no tokens
        wire.extra[semconv.USAGE_AUDIO_SECONDS] = as_number(usage.get("seconds"))
    else:
        fields.usage = usage_of(usage, new_names=True)


def gather_transcript(events: list[Event]) -> Json:
    """Give the whole text of the last event, or what came of it before the stream was cut."""
    pieces: list[str] = []
    segments: list[Json] = []
    response: Json = {}
    for name, data in events:
        event = as_dict(data)
        kind = as_str(event.get("type")) or name
        if kind.endswith(".segment"):
            segments.append({k: v for k, v in event.items() if k != "type"})
            continue
        delta = event.get("delta")
        if isinstance(delta, str):
            pieces.append(delta)
        response |= {k: v for k, v in event.items() if k not in ("type", "delta", "logprobs", "segment_id")}
    response.setdefault("text", join(pieces))
    return {**response, "segments": segments} if segments else response
