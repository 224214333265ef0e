"""Chat completions and completions that are not streamed: from wire bytes to fields."""

from __future__ import annotations

from typing import Any

import pytest
from openai_wire import fields_of

from autolog import semconv

USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def _completion(message: Any = None, finish: Any = "stop", **rest: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-2024", "choices": [choice], **rest}


def _said(content: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content}


def test_a_chat_completion_fills_every_field() -> None:
    request = {
        "model": "gpt-4o",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi", "name": "Ann"}],
        "service_tier": "flex",
    }
    response = _completion(_said("Hello."), usage=USAGE, service_tier="default", system_fingerprint="fp_1")
    fields = fields_of("/chat/completions", request, response, request_id="req_1", attempts=3, port=443)

    assert (fields.name, fields.span_type, fields.operation) == ("chat gpt-4o", "CHAT_MODEL", "chat")
    assert (fields.provider, fields.server_address, fields.server_port) == ("openai", "api.openai.com", 443)
    assert (fields.request_model, fields.response_model, fields.response_id) == ("gpt-4o", "gpt-4o-2024", "chatcmpl-1")
    assert (fields.http_status, fields.request_id, fields.retries) == (200, "req_1", 2)
    assert fields.input_messages == [
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {"role": "user", "parts": [{"type": "text", "content": "Hi"}], "name": "Ann"},
    ]
    assert fields.output_messages == [
        {"role": "assistant", "parts": [{"type": "text", "content": "Hello."}], "finish_reason": "stop"}
    ]
    assert fields.finish_reasons == ["stop"]
    assert fields.usage is not None
    assert fields.usage.to_dict() == {"input_tokens": 9, "output_tokens": 3, "total_tokens": 12}
    assert (fields.inputs, fields.outputs) == (request, response)
    assert fields.extra[semconv.OPENAI_API_TYPE] == "chat_completions"
    assert fields.extra[semconv.OPENAI_REQUEST_SERVICE_TIER] == "flex"
    assert fields.extra[semconv.OPENAI_RESPONSE_SERVICE_TIER] == "default"
    assert fields.extra[semconv.OPENAI_SYSTEM_FINGERPRINT] == "fp_1"
    assert (fields.failed, fields.error_code, fields.error_type, fields.system_instructions) == (None,) * 4


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ({"temperature": 0, "top_p": 0.5, "top_k": 40}, {"temperature": 0, "top_p": 0.5, "top_k": 40}),
        ({"max_tokens": 7}, {"max_tokens": 7}),
        ({"max_completion_tokens": 7.0}, {"max_tokens": 7}),
        ({"max_output_tokens": 7}, {"max_tokens": 7}),
        ({"stop": "END"}, {"stop_sequences": ["END"]}),
        ({"stop": ["a", 1, "b"]}, {"stop_sequences": ["a", "b"]}),
        ({"seed": 1, "frequency_penalty": -1, "presence_penalty": 1.5}, None),
        ({"n": 2}, {"choice.count": 2}),
        ({"n": 1}, {}),
        ({"reasoning_effort": "low"}, {"reasoning.level": "low"}),
        ({"reasoning": {"effort": "high"}}, {"reasoning.level": "high"}),
        ({"stream": False}, {}),
        ({"stream": True}, {"stream": True}),
        ({"encoding_format": "base64"}, {"encoding_formats": ["base64"]}),
        ({"previous_response_id": "resp_0"}, {"previous_response.id": "resp_0"}),
        ({"temperature": "hot", "top_p": True, "seed": 1.5, "n": [], "stop": 3, "reasoning": "high"}, {}),
        ({"temperature": None, "max_tokens": None}, {}),
    ],
)
def test_parameters(sent: dict[str, Any], read: dict[str, Any] | None) -> None:
    assert fields_of(request={"model": "m", **sent}, response={}).parameters == (sent if read is None else read)


@pytest.mark.parametrize(
    ("path", "request_part", "kind"),
    [
        ("/chat/completions", {}, None),
        ("/chat/completions", {"response_format": {"type": "text"}}, "text"),
        ("/chat/completions", {"response_format": {"type": "json_object"}}, "json"),
        ("/chat/completions", {"response_format": {"type": "json_schema", "json_schema": {}}}, "json"),
        ("/chat/completions", {"response_format": "json"}, None),
        ("/chat/completions", {"modalities": ["text", "audio"]}, "speech"),
        ("/responses", {"text": {"format": {"type": "json_schema"}}}, "json"),
        ("/responses", {"text": {"format": {"type": "text"}}}, "text"),
        ("/responses", {"text": "?"}, None),
        ("/images/generations", {}, "image"),
        ("/audio/speech", {}, "speech"),
        ("/audio/transcriptions", {}, "text"),
    ],
)
def test_output_type(path: str, request_part: dict[str, Any], kind: str | None) -> None:
    assert fields_of(path, request_part, {}).output_type == kind


def test_choices_without_reasons_or_messages() -> None:
    choices = [
        {"index": 2, "message": {"role": "assistant", "content": "a"}, "finish_reason": "length"},
        {"index": 0, "message": None, "finish_reason": None},
        {"index": 1, "finish_reason": "content_filter"},
        "?",
    ]
    fields = fields_of(response={"id": 7, "model": None, "choices": choices})
    assert fields.finish_reasons == ["length", "content_filter"]
    assert fields.output_messages == [
        {"role": "assistant", "parts": [{"type": "text", "content": "a"}], "finish_reason": "length"},
        {"role": "assistant", "parts": [], "finish_reason": "content_filter"},
    ]
    assert (fields.response_id, fields.response_model) == (None, None)


@pytest.mark.parametrize(
    ("path", "method", "request_part", "identifier", "usage_id"),
    [
        ("/chat/completions", "POST", {"store": True}, "chatcmpl-1", "chatcmpl-1"),
        ("/chat/completions", "POST", {}, "chatcmpl-1", None),
        ("/chat/completions", "POST", {"store": False}, "chatcmpl-1", None),
        ("/chat/completions/chatcmpl-1", "GET", None, "chatcmpl-1", "chatcmpl-1"),
        ("/responses", "POST", {}, "resp_1", "resp_1"),
        ("/responses", "POST", {"store": False}, "resp_1", None),
        ("/responses/compact", "POST", {}, "resp_1", None),
        ("/responses/resp_1", "GET", None, "resp_1", "resp_1"),
        ("/responses/resp_1/cancel", "POST", None, "resp_1", "resp_1"),
        ("/completions", "POST", {}, "cmpl-1", None),
    ],
)
def test_usage_has_an_id_where_the_same_answer_can_be_fetched_again(
    path: str, method: str, request_part: Any, identifier: str, usage_id: str | None
) -> None:
    fields = fields_of(path, request_part, {"id": identifier, "usage": USAGE}, method=method)
    assert (fields.usage is not None, fields.usage_id) == (True, usage_id)
    assert fields_of(path, request_part, {"id": identifier}, method=method).usage_id is None


@pytest.mark.parametrize(
    ("prompt", "parts"),
    [
        ("Once", [[{"type": "text", "content": "Once"}]]),
        (["a", "b"], [[{"type": "text", "content": "a"}], [{"type": "text", "content": "b"}]]),
        ([1, 2], [[{"type": "token_ids", "content": [1, 2]}]]),
        ([[1], [2]], [[{"type": "token_ids", "content": [1]}], [{"type": "token_ids", "content": [2]}]]),
    ],
)
def test_text_completion(prompt: Any, parts: list[Any]) -> None:
    response = {
        "id": "cmpl-1",
        "model": "davinci-002",
        "choices": [{"index": 0, "text": " upon", "finish_reason": "length"}, {"index": 1, "text": None}],
        "usage": USAGE,
    }
    fields = fields_of("/completions", {"model": "davinci", "prompt": prompt}, response)
    assert (fields.name, fields.span_type, fields.operation) == ("text_completion davinci", "LLM", "text_completion")
    assert fields.input_messages == [{"role": "user", "parts": part} for part in parts]
    assert fields.output_messages == [
        {"role": "assistant", "parts": [{"type": "text", "content": " upon"}], "finish_reason": "length"},
        {"role": "assistant", "parts": []},
    ]
    assert (fields.finish_reasons, fields.response_model) == (["length"], "davinci-002")
    assert fields.usage is not None
    assert semconv.OPENAI_API_TYPE not in fields.extra


@pytest.mark.parametrize("path", ["/responses/resp_1", "/chat/completions/chatcmpl-1"])
def test_a_fetched_answer_is_no_model_call(path: str) -> None:
    response = {"id": "x", "model": "m", "output": [], "choices": [], "usage": USAGE}
    fields = fields_of(path, None, response, method="GET")
    assert (fields.name, fields.operation, fields.span_type) == ("fetch_response", "fetch_response", "TASK")
    assert (fields.inputs, fields.input_messages, fields.request_model) == (None, None, None)
    assert (fields.response_id, fields.response_model) == ("x", "m")
