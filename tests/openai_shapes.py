"""Requests, responses and streams of the real shapes, for tests that bend them."""

from __future__ import annotations

from typing import Any

from openai_wire import chunk

__all__ = ["REQUESTS", "RESPONSES", "STREAMS"]

CALL = {"index": 0, "id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}

USAGE = {
    "prompt_tokens": 3,
    "completion_tokens": 4,
    "total_tokens": 7,
    "prompt_tokens_details": {"cached_tokens": 1},
    "completion_tokens_details": {"reasoning_tokens": 2},
}

ITEMS = [
    {"type": "reasoning", "id": "r", "summary": [{"type": "summary_text", "text": "hm"}]},
    {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": "yes"}]},
    {"type": "function_call", "id": "f", "call_id": "c1", "name": "f", "arguments": "{}"},
    {"type": "web_search_call", "id": "w", "action": {"query": "q"}},
]

REQUESTS: dict[str, Any] = {
    "/chat/completions": {
        "model": "m",
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "a"},
                    {"type": "image_url", "image_url": {"url": "data:a;base64,QQ=="}},
                ],
            },
            {"role": "assistant", "content": None, "tool_calls": [CALL], "audio": {"id": "a"}},
            {"role": "tool", "tool_call_id": "c1", "content": "3"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
        "response_format": {"type": "json_object"},
    },
    "/responses": {
        "model": "m",
        "input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}, *ITEMS],
        "instructions": "x",
        "tools": [{"type": "mcp", "server_label": "s", "headers": {"a": "b"}}],
        "text": {"format": {"type": "json_schema"}},
        "conversation": {"id": "conv_1"},
    },
    "/threads/thread_1/runs": {"assistant_id": "a", "additional_messages": [{"role": "user", "content": "x"}]},
}

RESPONSES: dict[str, Any] = {
    "/chat/completions": {
        "id": "c",
        "model": "m",
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "message": {
                    "role": "assistant",
                    "content": "x",
                    "tool_calls": [CALL],
                    "reasoning": "r",
                    "refusal": "n",
                },
            }
        ],
        "usage": USAGE,
    },
    "/completions": {"id": "c", "choices": [{"index": 0, "text": "x", "finish_reason": "stop"}], "usage": USAGE},
    "/responses": {
        "id": "r",
        "model": "m",
        "status": "incomplete",
        "incomplete_details": {"reason": "x"},
        "output": ITEMS,
        "usage": USAGE,
    },
    "/embeddings": {"data": [{"embedding": [0.5, 1.0]}, {"embedding": "AAAAAA=="}], "model": "m", "usage": USAGE},
    "/images/generations": {"data": [{"b64_json": "QQ==", "revised_prompt": "p"}, {"url": "u"}], "usage": USAGE},
    "/vector_stores/vs_1/search": {
        "data": [{"file_id": "f", "score": 0.5, "content": [{"type": "text", "text": "x"}]}]
    },
    "/threads/thread_1/runs": {
        "id": "run",
        "status": "failed",
        "last_error": {"code": "c", "message": "m"},
        "required_action": {"submit_tool_outputs": {"tool_calls": [CALL]}},
        "usage": USAGE,
    },
    "/nobody/knows": {"error": {"message": "m", "code": "c", "type": "t"}, "status": "failed"},
}

STREAMS: dict[str, list[Any]] = {
    "/chat/completions": [
        chunk({"role": "assistant", "content": "a", "tool_calls": [CALL], "audio": {"id": "a", "data": "QQ=="}}),
        chunk(
            {
                "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "x"}]}],
                "function_call": {"arguments": "{}"},
            }
        ),
        {
            **chunk({"reasoning": "r"}, finish="stop", usage=USAGE),
            "choices": [{"logprobs": {"content": [1]}, "delta": {}}],
        },
    ],
    "/completions": [{"id": "c", "choices": [{"index": 0, "text": "a", "logprobs": {"tokens": ["a"]}}]}],
    "/responses": [
        {"type": "response.created", "response": {"id": "r", "output": []}},
        {"type": "response.output_item.added", "output_index": 0, "item": ITEMS[1]},
        {
            "type": "response.content_part.added",
            "output_index": 0,
            "content_index": 0,
            "part": {"type": "output_text", "text": ""},
        },
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "a"},
        {"type": "response.reasoning_summary_text.delta", "output_index": 1, "summary_index": 0, "delta": "a"},
        {"type": "response.function_call_arguments.delta", "output_index": 2, "delta": "{}"},
        {"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": "ab"},
    ],
    "/images/generations": [{"type": "image_generation.partial_image", "b64_json": "QQ==", "partial_image_index": 0}],
    "/audio/speech": [{"type": "speech.audio.delta", "audio": "QQ=="}, {"type": "speech.audio.done", "usage": USAGE}],
    "/audio/transcriptions": [
        {"type": "transcript.text.delta", "delta": "a"},
        {"type": "transcript.text.done", "usage": USAGE},
    ],
}
