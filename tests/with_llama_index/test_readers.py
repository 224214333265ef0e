"""What providers' packages put into their answers, read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from autolog_llama_index._keep import keep
from autolog_llama_index._messages import message_of
from autolog_llama_index._provider import provider_of, server_of
from autolog_llama_index._usage import usage_in


@pytest.mark.parametrize(
    ("raw", "extra", "expected"),
    [
        ({"usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}}, None, (3, 2, 5)),
        ({"usage": {"input_tokens": 3, "output_tokens": 2}}, None, (3, 2, None)),  # Anthropic
        ({"usage": {"inputTokens": 3, "outputTokens": 2, "totalTokens": 5}}, None, (3, 2, 5)),  # Bedrock
        ({"usage_metadata": {"prompt_token_count": 3, "candidates_token_count": 2}}, None, (3, 2, None)),  # Gemini
        ({"prompt_eval_count": 3, "eval_count": 2}, None, (3, 2, None)),  # Ollama
        ({"response": {"usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5}}}, None, (3, 2, 5)),
        ({"meta": {"tokens": {"input_tokens": 3.0, "output_tokens": 2.0}}}, None, (3, 2, None)),  # Cohere
        (None, {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}, (3, 2, 5)),
        ({"usage": {"prompt_tokens": True, "completion_tokens": "2"}}, None, None),
        ({"usage": None}, {}, None),
        ("a text", None, None),
    ],
)
def test_usage(raw: Any, extra: Any, expected: Any) -> None:
    found = usage_in(raw, extra, None)
    assert (found and (found.input_tokens, found.output_tokens, found.total_tokens)) == expected


def test_usage_of_an_earlier_chunk() -> None:
    found = usage_in({"choices": []}, {}, {"prompt_tokens": 3})
    assert found is not None
    assert found.to_dict() == {"input_tokens": 3}


def test_usage_details() -> None:
    raw = {
        "usage": {
            "prompt_tokens": 9,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 2, "audio_tokens": 1},
            "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 0},
        }
    }
    found = usage_in(raw, None, None)
    assert found is not None
    assert found.to_dict() == {
        "input_tokens": 9,
        "output_tokens": 5,
        "cached_input_tokens": 2,
        "reasoning_tokens": 3,
        "audio_input_tokens": 1,
        "audio_output_tokens": 0,
    }


@pytest.mark.parametrize(
    ("kept", "parts"),
    [
        ([{"block_type": "text", "text": "hi"}], [{"type": "text", "content": "hi"}]),
        ([{"block_type": "text", "text": ""}], []),
        ([{"block_type": "thinking", "content": "hm"}], [{"type": "reasoning", "content": "hm"}]),
        (
            [{"block_type": "tool_call", "tool_call_id": "1", "tool_name": "f", "tool_kwargs": '{"a": 1}'}],
            [{"type": "tool_call", "name": "f", "id": "1", "arguments": {"a": 1}}],
        ),
        (
            [{"block_type": "image", "image": b"AAAA", "image_mimetype": "image/png"}],
            [{"type": "blob", "modality": "image", "mime_type": "image/png", "content": "AAAA"}],
        ),
        (
            [{"block_type": "image", "image": b"\xff\xfe"}],
            [{"type": "blob", "modality": "image", "content": "//4="}],
        ),
        (
            [{"block_type": "document", "url": "https://example.test/a.pdf"}],
            [{"type": "uri", "modality": "document", "uri": "https://example.test/a.pdf"}],
        ),
        ([{"block_type": "new", "x": 1}], [{"type": "unknown", "content": {"block_type": "new", "x": 1}}]),
    ],
)
def test_blocks(kept: Any, parts: Any) -> None:
    assert message_of({"role": "assistant", "blocks": kept}) == {"role": "assistant", "parts": parts}


@pytest.mark.parametrize(
    "call",
    [
        {"id": "1", "function": {"name": "f", "arguments": '{"a": 1}'}},  # OpenAI
        {"id": "1", "name": "f", "input": {"a": 1}},  # Anthropic
        {"id": "1", "name": "f", "args": {"a": 1}},  # Gemini
    ],
)
def test_tool_calls_beside_the_blocks(call: Any) -> None:
    message = message_of({"role": "model", "blocks": [], "additional_kwargs": {"tool_calls": [call]}})
    assert message == {
        "role": "assistant",
        "parts": [{"type": "tool_call", "name": "f", "id": "1", "arguments": {"a": 1}}],
    }


@pytest.mark.parametrize(
    ("module", "address", "provider"),
    [
        ("llama_index.llms.openai.base", None, "openai"),
        ("llama_index.llms.openai.base", "https://api.openai.com/v1", "openai"),
        ("llama_index.llms.openai.base", "https://eu.api.openai.com/v1", "openai"),
        ("llama_index.llms.openai.base", "https://api.openai.com.example.test/v1", "openai_compatible"),
        ("llama_index.llms.openai_like.base", "http://localhost:8080/v1", "openai_compatible"),
        ("llama_index.llms.azure_openai.base", None, "azure.ai.openai"),
        ("llama_index.llms.anthropic.base", None, "anthropic"),
        ("llama_index.llms.bedrock_converse.base", None, "aws.bedrock"),
        ("llama_index.llms.google_genai.base", None, "gcp.gemini"),
        ("llama_index.embeddings.cohere.base", None, "cohere"),
        ("llama_index.core.llms.mock", None, None),
        ("a_program", None, None),
        (None, None, None),
    ],
)
def test_provider(module: str | None, address: str | None, provider: str | None) -> None:
    assert provider_of(module, address) == provider


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:8080/v1", ("127.0.0.1", 8080)),
        ("https://api.openai.com/v1", ("api.openai.com", None)),
        ("localhost:11434", ("localhost", 11434)),
        ("http://host:port/v1", ("host", None)),
        (None, (None, None)),
    ],
)
def test_server(address: str | None, expected: Any) -> None:
    assert server_of(address) == expected


@dataclass(eq=False)
class Task:
    name: str
    api_key: str = "sk-secret"
    parent: Any = None
    parts: list[Any] = field(default_factory=list)


def test_a_program_s_own_tree_is_kept_once_and_without_keys() -> None:
    task = Task("all")
    task.parts = [Task(str(n), parent=task) for n in range(3)]
    shown = [{"name": str(n), "parent": "<Task shown above>", "parts": []} for n in range(3)]
    assert keep(task) == {"name": "all", "parent": None, "parts": shown}
