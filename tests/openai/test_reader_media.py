"""Embeddings, images and audio: what is kept of them, and their tokens."""

from __future__ import annotations

import base64
import struct
from typing import Any

import pytest
from autolog_openai._read import make_read
from openai_wire import ended, fields_of, stream_fields

from autolog import Usage, semconv

VECTOR = [0.25, -0.5, 1.0]


ENCODED = base64.b64encode(struct.pack("<3f", *VECTOR)).decode()


def _embeddings(*vectors: Any) -> dict[str, Any]:
    data = [{"object": "embedding", "index": i, "embedding": vector} for i, vector in enumerate(vectors)]
    return {"object": "list", "data": data, "model": "emb-1", "usage": {"prompt_tokens": 4, "total_tokens": 4}}


@pytest.mark.parametrize("vector", [VECTOR, ENCODED])
def test_embeddings_keep_their_dimensions(vector: Any) -> None:
    request = {"model": "emb", "input": ["a", "b"], "encoding_format": "base64"}
    fields = fields_of("/embeddings", request, _embeddings(vector, vector))
    assert (fields.name, fields.span_type, fields.operation) == ("embeddings emb", "EMBEDDING", "embeddings")
    assert (fields.embedding_count, fields.embedding_dimensions) == (2, 3)
    assert fields.outputs["data"][1] == {"object": "embedding", "index": 1, "embedding": {"dimensions": 3}}
    assert (fields.usage, fields.response_model) == (Usage(4, None, 4), "emb-1")
    assert fields.inputs == request


@pytest.mark.parametrize("vector", [VECTOR, ENCODED])
def test_embeddings_keep_their_vectors_where_they_are_asked_for(vector: Any) -> None:
    reply = _embeddings(vector)
    fields = make_read(keep_embeddings=True)(ended("/embeddings", {"model": "emb"}, reply))
    assert (fields.outputs, fields.embedding_dimensions) == (reply, 3)


@pytest.mark.parametrize(
    ("vector", "dimensions"),
    [
        (None, None),
        ("", None),
        ("abc", None),
        ("QUJD", None),
        ([], None),
        (7, None),
        ("AAAAAA==", 1),
        ("AAAAAAAAAAA=", 2),
    ],
)
def test_vectors_of_any_form(vector: Any, dimensions: int | None) -> None:
    fields = fields_of("/embeddings", {}, _embeddings(vector))
    assert fields.embedding_dimensions == dimensions
    assert fields.outputs["data"][0]["embedding"] == {"dimensions": dimensions}


@pytest.mark.parametrize("data", [None, {}, "x", [None, 3]])
def test_embeddings_without_data(data: Any) -> None:
    fields = fields_of("/embeddings", {"dimensions": 8}, {"data": data})
    assert fields.embedding_count == (0 if isinstance(data, list) else None)


def test_images() -> None:
    response = {
        "created": 1,
        "output_format": "webp",
        "data": [{"b64_json": "QUJD", "revised_prompt": "a red cat"}, {"url": "https://x/y.png"}],
        "usage": {
            "input_tokens": 10,
            "input_tokens_details": {"image_tokens": 8, "text_tokens": 2},
            "output_tokens": 20,
            "total_tokens": 30,
        },
    }
    fields = fields_of("/images/generations", {"model": "gpt-image-1", "prompt": "a cat", "n": 2}, response)
    assert (fields.name, fields.operation, fields.output_type) == (
        "generate_content gpt-image-1",
        "generate_content",
        "image",
    )
    assert fields.input_messages == [{"role": "user", "parts": [{"type": "text", "content": "a cat"}]}]
    assert fields.output_messages == [
        {
            "role": "assistant",
            "parts": [
                {"type": "blob", "modality": "image", "mime_type": "image/webp", "content": "QUJD"},
                {"type": "revised_prompt", "content": "a red cat"},
            ],
        },
        {"role": "assistant", "parts": [{"type": "uri", "modality": "image", "uri": "https://x/y.png"}]},
    ]
    assert fields.usage == Usage(10, 20, 30)


@pytest.mark.parametrize("kind", ["image_generation", "image_edit"])
def test_streamed_images(kind: str) -> None:
    partial = [
        {"type": f"{kind}.partial_image", "b64_json": f"p{i}", "partial_image_index": i, "size": "1x1"} for i in (0, 1)
    ]
    final = {
        "type": f"{kind}.completed",
        "b64_json": "final",
        "size": "1x1",
        "usage": {"input_tokens": 1, "output_tokens": 2},
    }
    fields = stream_fields([*partial, final], "/images/edits")
    assert fields.outputs == {"size": "1x1", "usage": final["usage"], "data": [{"b64_json": "final"}]}
    assert fields.usage == Usage(1, 2)
    cut = stream_fields([*partial, final], "/images/edits", given=2, outcome="abandoned")
    assert cut.outputs == {"size": "1x1", "data": [{"b64_json": "p1", "partial_image_index": 1}]}
    assert cut.usage is None


def test_speech() -> None:
    request = {"model": "tts", "input": "Hello", "instructions": "Slowly", "voice": "alloy"}
    fields = fields_of("/audio/speech", request, b"ID3\x04", content_type="audio/mpeg")
    assert (fields.name, fields.output_type) == ("generate_content tts", "speech")
    assert fields.outputs == {"content_type": "audio/mpeg", "size": 4}
    assert fields.input_messages == [{"role": "user", "parts": [{"type": "text", "content": "Hello"}]}]
    assert fields.system_instructions == [{"type": "text", "content": "Slowly"}]
    assert fields.inputs == request


def test_streamed_speech_keeps_its_size() -> None:
    usage = {"input_tokens": 5, "output_tokens": 6, "total_tokens": 11}
    events = [
        {"type": "speech.audio.delta", "audio": base64.b64encode(b"abcd").decode()},
        {"type": "speech.audio.delta", "audio": base64.b64encode(b"efg").decode()},
        {"type": "speech.audio.done", "usage": usage},
    ]
    fields = stream_fields(events, "/audio/speech")
    assert (fields.outputs, fields.usage) == ({"size": 7, "usage": usage}, Usage(5, 6, 11))


@pytest.mark.parametrize("path", ["/audio/transcriptions", "/audio/translations"])
def test_transcription(path: str) -> None:
    files = [{"field": "file", "filename": "a.wav", "size": 4}]
    usage = {
        "type": "tokens",
        "input_tokens": 9,
        "output_tokens": 2,
        "total_tokens": 11,
        "input_token_details": {"audio_tokens": 8},
    }
    fields = fields_of(path, {"model": "stt", "prompt": "names"}, {"text": "Hi", "usage": usage}, files=files)
    assert fields.name == "generate_content stt"
    assert fields.usage == Usage(9, 2, 11, audio_input_tokens=8)
    assert fields.output_messages == [{"role": "assistant", "parts": [{"type": "text", "content": "Hi"}]}]
    assert fields.input_messages == [
        {"role": "user", "parts": [{"type": "upload", **files[0]}, {"type": "text", "content": "names"}]}
    ]


def test_a_transcription_billed_by_time_has_seconds_and_no_tokens() -> None:
    reply = {"text": "Hi", "usage": {"type": "duration", "seconds": 12}}
    fields = fields_of("/audio/transcriptions", {"model": "whisper-1"}, reply, files=[])
    assert (fields.usage, fields.extra[semconv.USAGE_AUDIO_SECONDS]) == (None, 12)


@pytest.mark.parametrize("said", ["Hi", "data: hi", "42", "[Music] hi", '{"not": json'])
def test_a_transcription_as_plain_text(said: str) -> None:
    fields = fields_of("/audio/transcriptions", {"model": "whisper-1"}, said, files=[], content_type="text/plain")
    assert fields.outputs == said
    assert fields.output_messages == [{"role": "assistant", "parts": [{"type": "text", "content": said}]}]


def test_streamed_transcription() -> None:
    events = [
        {"type": "transcript.text.delta", "delta": "Hel"},
        {"type": "transcript.text.segment", "id": "s1", "text": "Hello", "speaker": "A"},
        {"type": "transcript.text.delta", "delta": "lo"},
        {
            "type": "transcript.text.done",
            "text": "Hello",
            "usage": {"type": "tokens", "input_tokens": 3, "output_tokens": 1},
        },
    ]
    fields = stream_fields(events, "/audio/transcriptions")
    assert (fields.outputs["text"], fields.usage) == ("Hello", Usage(3, 1))
    assert fields.outputs["segments"] == [{"id": "s1", "text": "Hello", "speaker": "A"}]
    cut = stream_fields(events, "/audio/transcriptions", given=3, outcome="abandoned")
    assert (cut.outputs["text"], cut.usage) == ("Hello", None)
