"""Moderations, search in vector stores, and calls that nobody knows."""

from __future__ import annotations

from typing import Any

import pytest
from openai_wire import fields_of

from autolog import Usage, semconv


def test_moderation() -> None:
    reply = {"id": "modr-1", "model": "omni-2024", "results": [{"flagged": False}]}
    request = {
        "model": "omni",
        "input": [{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "https://x"}}],
    }
    fields = fields_of("/moderations", request, reply)
    assert (fields.name, fields.span_type, fields.operation) == ("POST /moderations", "TASK", None)
    assert (fields.request_model, fields.response_model, fields.response_id) == ("omni", "omni-2024", "modr-1")
    assert fields.input_messages == [
        {
            "role": "user",
            "parts": [{"type": "text", "content": "a"}, {"type": "uri", "modality": "image", "uri": "https://x"}],
        }
    ]


@pytest.mark.parametrize(
    ("query", "text"), [("cats", "cats"), (["cats", "dogs"], "cats\ndogs"), (None, None), (5, None)]
)
def test_search_in_a_vector_store(query: Any, text: str | None) -> None:
    found = {
        "file_id": "file-1",
        "filename": "a.txt",
        "score": 0.9,
        "attributes": {"year": 2024},
        "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}],
    }
    reply = {
        "object": "vector_store.search_results.page",
        "data": [found, {"file_id": "file-2", "score": "?", "content": None}, None],
    }
    fields = fields_of("/vector_stores/vs_1/search", {"query": query, "max_num_results": 3}, reply)
    assert (fields.name, fields.span_type, fields.operation) == ("retrieval vs_1", "RETRIEVER", "retrieval")
    assert fields.query == text
    assert fields.documents == [
        {"id": "file-1", "score": 0.9, "content": "one\ntwo", "filename": "a.txt", "metadata": {"year": 2024}},
        {"id": "file-2"},
    ]
    assert fields.extra[semconv.DATA_SOURCE_ID] == "vs_1"
    assert fields.extra[semconv.RETRIEVAL_TOP_K] == 3


def test_a_call_that_nobody_knows_keeps_what_it_says() -> None:
    reply = {"answers": [], "model": "dec-1", "usage": {"input_tokens": 3, "output_tokens": 1, "total_tokens": 4}}
    fields = fields_of("/decisions", {"model": "dec", "input": "?"}, reply)
    assert (fields.name, fields.operation, fields.span_type) == ("POST /decisions", None, "UNKNOWN")
    assert (fields.request_model, fields.response_model, fields.usage) == ("dec", "dec-1", Usage(3, 1, 4))
    assert fields.extra[semconv.REQUEST_PATH] == "/decisions"
    assert fields.extra[semconv.REQUEST_METHOD] == "POST"
    assert (fields.inputs, fields.outputs) == ({"model": "dec", "input": "?"}, reply)


def test_a_call_on_a_conversation_names_it() -> None:
    assert fields_of("/conversations/conv_1/items", {"items": []}, {}).conversation_id == "conv_1"
    assert fields_of("/threads/thread_1/messages", {"role": "user", "content": "hi"}, {}).conversation_id == "thread_1"
