"""The Responses API: from wire bytes to fields."""

from __future__ import annotations

from typing import Any

import pytest
from openai_wire import fields_of

from autolog import semconv

TEXT = {"type": "text", "content": "hi"}


def test_a_response_fills_every_field() -> None:
    request = {
        "model": "gpt-5",
        "instructions": "Be brief.",
        "input": "Hi",
        "conversation": {"id": "conv_1"},
        "reasoning": {"effort": "low"},
        "tools": [{"type": "function", "name": "f"}],
    }
    response = {
        "id": "resp_1",
        "object": "response",
        "model": "gpt-5-2025",
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "conversation": {"id": "conv_1"},
        "output": [
            {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "hm"}], "content": []},
            {"type": "web_search_call", "id": "ws", "status": "completed", "action": {"query": "q"}},
            {
                "type": "message",
                "role": "assistant",
                "content": [
                    {"type": "output_text", "text": "Yes", "annotations": []},
                    {"type": "refusal", "refusal": "no"},
                ],
            },
            {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"x": 1}'},
            {"type": "custom_tool_call", "call_id": "c2", "name": "py", "input": "1"},
            {"type": "computer_call", "call_id": "c3", "action": {"type": "click"}},
            {"type": "compaction", "id": "cmp", "encrypted_content": "xyz"},
            {"type": "something_new", "x": 1},
        ],
        "usage": {
            "input_tokens": 20,
            "input_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 2},
            "output_tokens": 30,
            "output_tokens_details": {"reasoning_tokens": 25},
            "total_tokens": 50,
        },
    }
    fields = fields_of("/responses", request, response)
    assert (fields.name, fields.operation, fields.span_type) == ("chat gpt-5", "chat", "CHAT_MODEL")
    assert fields.extra[semconv.OPENAI_API_TYPE] == "responses"
    assert fields.extra[semconv.RESPONSE_STATUS] == "completed"
    assert fields.extra[semconv.TOOL_CALLS] == ["web_search", "f", "py", "computer"]
    assert fields.conversation_id == "conv_1"
    assert fields.system_instructions == [{"type": "text", "content": "Be brief."}]
    assert fields.input_messages == [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
    output = response["output"]
    assert fields.output_messages == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "hm"},
                {"type": "server_tool_call", "id": "ws", "name": "web_search", "server_tool_call": output[1]},
                {"type": "text", "content": "Yes"},
                {"type": "refusal", "content": "no"},
                {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"x": 1}},
                {"type": "tool_call", "id": "c2", "name": "py", "arguments": "1"},
                {"type": "tool_call", "id": "c3", "name": "computer", "arguments": {"type": "click"}},
                {"type": "compaction", "id": "cmp"},
                {"type": "something_new", "x": 1},
            ],
        }
    ]
    assert fields.finish_reasons is None
    assert fields.usage is not None
    assert fields.usage.to_dict() == {
        "input_tokens": 20,
        "output_tokens": 30,
        "total_tokens": 50,
        "cached_input_tokens": 5,
        "cache_creation_tokens": 2,
        "reasoning_tokens": 25,
    }
    assert fields.usage_id == "resp_1"


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"role": "user", "content": "hi"}, {"role": "user", "parts": [TEXT]}),
        (
            {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "hi"}]},
            {"role": "developer", "parts": [TEXT]},
        ),
        (
            {"role": "user", "content": [{"type": "input_image", "image_url": "data:image/gif;base64,QQ=="}]},
            {
                "role": "user",
                "parts": [{"type": "blob", "modality": "image", "mime_type": "image/gif", "content": "QQ=="}],
            },
        ),
        (
            {"role": "user", "content": [{"type": "input_image", "file_id": "file-1"}]},
            {"role": "user", "parts": [{"type": "file", "modality": "image", "file_id": "file-1"}]},
        ),
        (
            {"role": "user", "content": [{"type": "input_file", "file_url": "https://x/a.pdf"}]},
            {"role": "user", "parts": [{"type": "uri", "modality": "document", "uri": "https://x/a.pdf"}]},
        ),
        (
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"role": "assistant", "parts": [{"type": "tool_call", "id": "c", "name": "f", "arguments": {}}]},
        ),
        (
            {"type": "function_call_output", "call_id": "c", "output": "3"},
            {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c", "response": "3"}]},
        ),
        ({"type": "reasoning", "summary": [], "encrypted_content": "x"}, {"role": "assistant", "parts": []}),
        ({"type": "item_reference", "id": "i"}, {"role": "user", "parts": [{"type": "item_reference", "id": "i"}]}),
        ("?", {"role": "user", "parts": [{"type": "unknown", "content": "?"}]}),
    ],
)
def test_input_items_of_a_response(item: Any, message: dict[str, Any]) -> None:
    assert fields_of("/responses", {"input": [item]}, {}).input_messages == [message]


@pytest.mark.parametrize(
    ("conversation", "identifier"),
    [("conv_1", "conv_1"), ({"id": "conv_1"}, "conv_1"), (None, None), ({}, None), (7, None)],
)
def test_a_conversation_id_is_never_invented(conversation: Any, identifier: str | None) -> None:
    request = {"input": "x", "conversation": conversation, "previous_response_id": "resp_0", "user": "ann"}
    assert fields_of("/responses", request, {"id": "resp_1"}).conversation_id == identifier


@pytest.mark.parametrize(
    ("response", "reasons", "failed", "code"),
    [
        ({"status": "completed"}, None, None, None),
        ({"status": "queued", "usage": None}, None, None, None),
        ({"status": "cancelled"}, None, None, None),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}},
            ["max_output_tokens"],
            None,
            None,
        ),
        (
            {"status": "incomplete", "incomplete_details": {"reason": "content_filter"}},
            ["content_filter"],
            "the answer was stopped by the content filter",
            "content_filter",
        ),
        ({"status": "failed", "error": {"code": "server_error", "message": "boom"}}, None, "boom", "server_error"),
        ({"status": "failed", "error": None}, None, "failed", None),
        ({"status": "failed", "error": "?"}, None, "?", None),
    ],
)
def test_how_a_response_ended(response: dict[str, Any], reasons: Any, failed: str | None, code: str | None) -> None:
    for path, method in (("/responses", "POST"), ("/responses/resp_1", "GET")):
        fields = fields_of(path, {} if method == "POST" else None, {"id": "resp_1", **response}, method=method)
        assert (fields.finish_reasons, fields.failed, fields.error_code) == (reasons, failed, code)
        assert fields.extra[semconv.RESPONSE_STATUS] == response["status"]
