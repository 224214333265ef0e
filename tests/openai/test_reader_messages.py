"""Messages of chat completions and tools that are offered, in the schema of the conventions."""

from __future__ import annotations

from typing import Any

import pytest
from openai_wire import fields_of

from autolog import semconv

TEXT = {"type": "text", "content": "hi"}


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("hi", [TEXT]),
        ("", []),
        (None, []),
        ([], []),
        (["hi", None], [TEXT]),
        ([{"type": "text", "text": "hi"}], [TEXT]),
        ([{"type": "input_text", "text": "hi"}], [TEXT]),
        ([{"type": "refusal", "refusal": "no"}], [{"type": "refusal", "content": "no"}]),
        (
            [{"type": "image_url", "image_url": {"url": "https://x/y.png", "detail": "low"}}],
            [{"type": "uri", "modality": "image", "uri": "https://x/y.png"}],
        ),
        (
            [{"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}],
            [{"type": "blob", "modality": "image", "mime_type": "image/png", "content": "QUJD"}],
        ),
        (
            [{"type": "image_url", "image_url": {"url": "data:broken"}}],
            [{"type": "uri", "modality": "image", "uri": "data:broken"}],
        ),
        (
            [{"type": "input_audio", "input_audio": {"data": "QUJD", "format": "mp3"}}],
            [{"type": "blob", "modality": "audio", "mime_type": "audio/mpeg", "content": "QUJD"}],
        ),
        (
            [{"type": "file", "file": {"file_id": "file-1"}}],
            [{"type": "file", "modality": "document", "file_id": "file-1"}],
        ),
        (
            [{"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QQ=="}}],
            [{"type": "blob", "modality": "document", "mime_type": "application/pdf", "content": "QQ=="}],
        ),
        (
            [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}],
            [{"type": "reasoning", "content": "hm"}],
        ),
        (
            [{"type": "video_url", "video_url": {"url": "https://x/v"}}],
            [{"type": "uri", "modality": "video", "uri": "https://x/v"}],
        ),
        ([{"type": "hologram", "size": 3}], [{"type": "hologram", "size": 3}]),
        ([{"type": "text", "text": None}], [{"type": "unknown", "content": {"type": "text", "text": None}}]),
        ([{"type": "blob", "x": 1}], [{"type": "unknown", "content": {"type": "blob", "x": 1}}]),
        ([{"text": "no type"}], [{"type": "unknown", "content": {"text": "no type"}}]),
        ([7, [1]], [{"type": "unknown", "content": 7}, {"type": "unknown", "content": [1]}]),
        (7, [{"type": "unknown", "content": 7}]),
        ({"type": "text", "text": "hi"}, [TEXT]),
    ],
)
def test_content_of_a_message(content: Any, parts: list[Any]) -> None:
    fields = fields_of(request={"messages": [{"role": "user", "content": content}]}, response={})
    assert fields.input_messages == [{"role": "user", "parts": parts}]


def _completion(message: Any = None, finish: Any = "stop", **rest: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-2024", "choices": [choice], **rest}


def _call(arguments: Any, **rest: Any) -> dict[str, Any]:
    return {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": arguments}, **rest}


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        (
            {"tool_calls": [_call('{"a": 1}')]},
            [{"type": "tool_call", "id": "call_1", "name": "f", "arguments": {"a": 1}}],
        ),
        (
            {"tool_calls": [_call('{"a": ')]},
            [{"type": "tool_call", "id": "call_1", "name": "f", "arguments": '{"a": '}],
        ),
        ({"tool_calls": [_call("")]}, [{"type": "tool_call", "id": "call_1", "name": "f", "arguments": ""}]),
        (
            {"tool_calls": [_call({"a": 1})]},
            [{"type": "tool_call", "id": "call_1", "name": "f", "arguments": {"a": 1}}],
        ),
        ({"tool_calls": [_call(None, id=5)]}, [{"type": "tool_call", "id": "5", "name": "f"}]),
        (
            {"tool_calls": [{"id": "c", "type": "custom", "custom": {"name": "py", "input": "42"}}]},
            [{"type": "tool_call", "id": "c", "name": "py", "arguments": "42"}],
        ),
        ({"tool_calls": ["?"]}, [{"type": "unknown", "content": "?"}]),
        (
            {"content": None, "function_call": {"name": "f", "arguments": "{}"}},
            [{"type": "tool_call", "name": "f", "arguments": {}}],
        ),
        (
            {"reasoning_content": "hm", "reasoning": "hm", "content": "yes"},
            [{"type": "reasoning", "content": "hm"}, {"type": "text", "content": "yes"}],
        ),
        ({"content": "", "reasoning": "hm"}, [{"type": "reasoning", "content": "hm"}]),
        ({"content": None, "refusal": "no"}, [{"type": "refusal", "content": "no"}]),
        (
            {"content": None, "audio": {"id": "a", "data": "QQ==", "transcript": "hey"}},
            [{"modality": "audio", "type": "blob", "content": "QQ==", "transcript": "hey"}],
        ),
        ({"audio": {"id": "a"}}, [{"modality": "audio", "type": "file", "file_id": "a"}]),
        (
            {"content": "", "images": [{"type": "image_url", "image_url": {"url": "https://x"}}]},
            [{"type": "uri", "modality": "image", "uri": "https://x"}],
        ),
    ],
)
def test_messages_of_the_assistant_are_read_alike_in_and_out(message: dict[str, Any], parts: list[Any]) -> None:
    fields = fields_of(
        request={"messages": [{"role": "assistant", **message}]}, response=_completion(message, "tool_calls")
    )
    assert fields.input_messages == [{"role": "assistant", "parts": parts}]
    assert fields.output_messages == [{"role": "assistant", "parts": parts, "finish_reason": "tool_call"}]
    assert fields.finish_reasons == ["tool_calls"]
    called = [part["name"] for part in parts if part["type"] == "tool_call"]
    assert fields.extra[semconv.TOOL_CALLS] == (called or None)


@pytest.mark.parametrize(
    ("message", "read"),
    [
        (
            {"role": "tool", "tool_call_id": "call_1", "content": "3"},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "call_1", "response": "3"}]},
        ),
        (
            {"role": "function", "name": "f", "content": [{"type": "text", "text": "3"}]},
            {
                "role": "function",
                "parts": [{"type": "tool_call_response", "response": [{"type": "text", "text": "3"}]}],
                "name": "f",
            },
        ),
        ("hello", {"role": "user", "parts": [{"type": "unknown", "content": "hello"}]}),
        (None, {"role": "user", "parts": [{"type": "unknown", "content": None}]}),
        ({"who": "me"}, {"role": "user", "parts": [{"type": "unknown", "content": {"who": "me"}}]}),
        ({"role": 5, "content": "hi"}, {"role": "user", "parts": [TEXT]}),
        ({"role": "developer", "content": "hi"}, {"role": "developer", "parts": [TEXT]}),
    ],
)
def test_messages_of_any_shape(message: Any, read: dict[str, Any]) -> None:
    assert fields_of(request={"messages": [message]}, response={}).input_messages == [read]


@pytest.mark.parametrize(
    ("request_part", "definitions"),
    [
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]},
            [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
        ),
        (
            {"tools": [{"type": "function", "name": "f", "strict": True}]},
            [{"type": "function", "name": "f", "strict": True}],
        ),
        ({"tools": [{"type": "custom", "custom": {"name": "py"}}]}, [{"type": "custom", "name": "py"}]),
        ({"tools": [{"type": "web_search"}]}, [{"type": "web_search", "name": "web_search"}]),
        ({"functions": [{"name": "f"}]}, [{"type": "function", "name": "f"}]),
        ({"tools": ["f", None, 3]}, None),
        ({"tools": {}}, None),
    ],
)
def test_tool_definitions(request_part: dict[str, Any], definitions: Any) -> None:
    assert fields_of(request=request_part, response={}).tool_definitions == definitions
