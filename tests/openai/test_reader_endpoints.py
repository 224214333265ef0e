"""What a method and a path mean, whose server a host is, and that no call and no secret is mistaken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from autolog_openai._endpoints import endpoint_for
from autolog_openai._provider import provider_of
from openai_wire import fields_of


@pytest.mark.parametrize(
    ("method", "path", "title", "operation"),
    [
        ("POST", "/chat/completions", "chat", "chat"),
        ("post", "chat/completions", "chat", "chat"),
        ("POST", "/chat/completions/", "chat", "chat"),
        ("POST", "/v1/chat/completions", "chat", "chat"),
        ("POST", "/openai/v1/chat/completions?api-version=1", "chat", "chat"),
        ("POST", "/openai/deployments/gpt-4/chat/completions", "chat", "chat"),
        ("POST", "https://host/api/v1/chat/completions", "chat", "chat"),
        ("POST", "/model/x/chat/completions", "chat", "chat"),
        ("POST", "/engines/ada/completions", "text_completion", "text_completion"),
        ("POST", "/responses?beta=true", "chat", "chat"),
        ("POST", "/deployments/gpt-4/moderations", "POST /moderations", None),
        ("GET", "/deployments/gpt-4", "GET /deployments/{deployment_id}", None),
        ("GET", "/responses/resp_1", "fetch_response", "fetch_response"),
        ("GET", "/chat/completions/chatcmpl-1", "fetch_response", "fetch_response"),
        ("POST", "/embeddings", "embeddings", "embeddings"),
        ("POST", "/vector_stores/vs_1/search", "retrieval", "retrieval"),
        ("POST", "/images/edits", "generate_content", "generate_content"),
        ("POST", "/threads/runs", "invoke_agent", "invoke_agent"),
        ("GET", "/chat/completions", "GET /chat/completions", None),
        ("DELETE", "/responses/resp_1", "DELETE /responses/{response_id}", None),
        ("POST", "/responses/resp_1/cancel", "POST /responses/{response_id}/cancel", None),
        ("POST", "/responses/input_tokens", "POST /responses/input_tokens", None),
        ("GET", "/responses/resp_1/input_items", "GET /responses/{response_id}/input_items", None),
        (
            "GET",
            "/threads/thread_1/runs/run_1/steps/step_1",
            "GET /threads/{thread_id}/runs/{run_id}/steps/{step_id}",
            None,
        ),
        ("GET", "/models/gpt-4o", "GET /models/{model}", None),
        ("GET", "/files/file-1/content", "GET /files/{file_id}/content", None),
        ("GET", "/fine_tuning/jobs/ftjob-1/events", "GET /fine_tuning/jobs/{fine_tuning_job_id}/events", None),
        ("GET", "/v1/batches/batch_1", "GET /batches/{batch_id}", None),
        ("GET", "/custom/thing", "GET /custom/thing", None),
        ("GET", "/custom/6ba7b810-9dad-11d1-80b4-00c04fd430c8/x", "GET /custom/{id}/x", None),
        ("GET", "/custom/12345", "GET /custom/{id}", None),
        ("GET", "/custom/thing_a1b2c3", "GET /custom/{id}", None),
        ("GET", "/custom/kJ3nfa93nfaKfn31q", "GET /custom/{id}", None),
        ("POST", "", "POST /", None),
        ("POST", "/", "POST /", None),
        ("BREW", "///", "BREW /", None),
    ],
)
def test_endpoints(method: str, path: str, title: str, operation: str | None) -> None:
    endpoint = endpoint_for(method, path)
    assert (endpoint.title, endpoint.operation) == (title, operation)
    assert endpoint_for(method, path) is endpoint


@pytest.mark.parametrize(
    ("host", "provider"),
    [
        ("api.openai.com", "openai"),
        ("eu.api.openai.com", "openai"),
        ("us.api.openai.com", "openai"),
        ("API.OpenAI.com.", "openai"),
        ("me.openai.azure.com", "azure.ai.openai"),
        ("me.cognitiveservices.azure.com", "azure.ai.openai"),
        ("me.services.ai.azure.com", "azure.ai.inference"),
        ("api.groq.com", "groq"),
        ("api.deepseek.com", "deepseek"),
        ("api.mistral.ai", "mistral_ai"),
        ("api.x.ai", "x_ai"),
        ("api.perplexity.ai", "perplexity"),
        ("api.together.xyz", "together_ai"),
        ("openrouter.ai", "openrouter"),
        ("generativelanguage.googleapis.com", "gcp.gemini"),
        ("us-central1-aiplatform.googleapis.com", "gcp.vertex_ai"),
        ("aiplatform.googleapis.com", "gcp.vertex_ai"),
        ("api.anthropic.com", "anthropic"),
        ("api.cohere.ai", "cohere"),
        ("api.moonshot.cn", "moonshot_ai"),
        ("bedrock-runtime.us-east-1.amazonaws.com", "aws.bedrock"),
        ("us-south.ml.cloud.ibm.com", "ibm.watsonx.ai"),
        ("adb-1.2.azuredatabricks.net", "databricks"),
        ("localhost", "openai_compatible"),
        ("127.0.0.1", "openai_compatible"),
        ("::1", "openai_compatible"),
        ("openai.example.com", "openai_compatible"),
        ("api.openai.com.evil.example", "openai_compatible"),
        ("notapi.openai.com.example", "openai_compatible"),
        ("", "openai_compatible"),
    ],
)
def test_providers(host: str, provider: str) -> None:
    assert provider_of(host) == provider


@pytest.mark.parametrize(
    ("host", "response", "provider"),
    [
        ("localhost", {"system_fingerprint": "b4567-abcdef12"}, "llama_cpp"),
        ("localhost", {"system_fingerprint": "fp_ollama"}, "ollama"),
        ("localhost", {"id": "chatcmpl-" + "0a" * 16}, "vllm"),
        ("localhost", {"id": "chatcmpl-A1b2", "system_fingerprint": "fp_44709d6fcb"}, "openai_compatible"),
        ("localhost", {"id": 3, "system_fingerprint": []}, "openai_compatible"),
        ("api.openai.com", {"system_fingerprint": "fp_ollama"}, "openai"),
    ],
)
def test_an_unknown_server_may_say_what_it_is(host: str, response: dict[str, Any], provider: str) -> None:
    assert fields_of(request={}, response=response, host=host).provider == provider


SECRET = "s3cr3t"


@pytest.mark.parametrize(
    ("path", "request_body", "response"),
    [
        (
            "/responses",
            {"tools": [{"type": "mcp", "server_label": "x", "headers": {"Authorization": f"Bearer {SECRET}"}}]},
            {},
        ),
        ("/responses", {}, {"tools": [{"type": "mcp", "server_label": "x", "headers": {"X-Key": SECRET}}]}),
        ("/chat/completions", {"extra_headers": {"Authorization": SECRET}}, {}),
        (
            "/chat/completions",
            {
                "data_sources": [
                    {"parameters": {"authentication": {"type": "api_key", "key": SECRET}, "index_name": "i"}}
                ]
            },
            {},
        ),
        ("/realtime/client_secrets", {}, {"value": SECRET, "session": {"client_secret": {"value": SECRET}}}),
        ("/realtime/sessions", {}, {"client_secret": {"value": SECRET}}),
        ("/organization/admin_api_keys", {"name": "n"}, {"id": "key_1", "value": SECRET}),
    ],
)
def test_secrets_that_their_names_do_not_tell_are_not_recorded(path: str, request_body: Any, response: Any) -> None:
    fields = fields_of(path, request_body, response)
    assert SECRET not in json.dumps(
        [fields.inputs, fields.outputs, fields.tool_definitions, fields.input_messages, dict(fields.extra)], default=str
    )


def test_what_is_no_secret_stays() -> None:
    tools = [{"type": "function", "name": "login", "parameters": {"properties": {"password": {"type": "string"}}}}]
    request = {"model": "m", "input": "my api_key is here", "tools": tools}
    assert fields_of("/responses", request, {}).inputs == request


def test_readers_need_no_library() -> None:
    found = subprocess.run(
        [sys.executable, "-c", "import sys, autolog_openai._read; print(*sys.modules)"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(found.stdout.split())
    assert "autolog_openai._endpoints" in loaded
    assert loaded.isdisjoint({"openai", "httpx", "httpx2", "pydantic", "numpy", "pandas"})
