"""Real recorded traffic of other projects, through the real client: the same with autolog on as off, tokens as sent.

The recordings are not part of this project; where they are not beside it, these tests are skipped.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import openai
import pytest
from callers import Caller, portrait, then
from wire_oracle import payloads, text_on_the_wire, usage_on_the_wire

import autolog

_SAMPLES = Path(__file__).parents[2].parent / "shared" / "wire-samples" / "openai-wire.jsonl.gz"

pytestmark = pytest.mark.skipif(not _SAMPLES.exists(), reason="no recorded traffic beside the project")


def _samples() -> list[Any]:
    if not _SAMPLES.exists():
        return []
    with gzip.open(_SAMPLES, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def _transport(sample: dict[str, Any]) -> Any:
    http: Any = __import__("httpx2" if openai.__version__ >= "3" else "httpx")

    def answer(_: Any) -> Any:
        headers = {"content-type": sample["content_type"], "x-request-id": "req_1"}
        return http.Response(sample["status"], content=sample["response"].encode(), headers=headers)

    return http, http.MockTransport(answer)


def _client(caller: Caller, sample: dict[str, Any]) -> Any:
    http, transport = _transport(sample)
    kind = "AzureOpenAI" if sample["azure"] else "OpenAI"
    made: Any = getattr(openai, f"Async{kind}" if caller.asynchronous else kind)
    http_client: Any = http.AsyncClient if caller.asynchronous else http.Client
    where = (
        {"azure_endpoint": "https://sample.openai.azure.com", "api_version": "2024-10-21"} if sample["azure"] else {}
    )
    return caller.own(made(api_key="sk-sample", max_retries=0, http_client=http_client(transport=transport), **where))


_RESOURCES = {
    "/chat/completions": ("chat.completions", ("messages", "model")),
    "/completions": ("completions", ("model", "prompt")),
    "/responses": ("responses", ("input", "model")),
    "/moderations": ("moderations", ("input",)),
    "/images/generations": ("images", ("prompt",)),
    "/embeddings": ("embeddings", ("input", "model")),
}


def _call(caller: Caller, sample: dict[str, Any]) -> Any:
    path, needed = _RESOURCES[sample["endpoint"]]
    resource: Any = _client(caller, sample)
    for part in path.split("."):
        resource = getattr(resource, part)
    request = sample["request"]
    create = resource.generate if path == "images" else resource.create
    named = {key: request[key] for key in needed if key in request}
    rest = {key: value for key, value in request.items() if key not in (*needed, "stream")}
    stream = {"stream": True} if request.get("stream") else {}
    return caller.outcome(lambda: then(create(**named, **stream, extra_body=rest), drained))


def drained(result: Any) -> Any:
    """Give the items of a stream, and anything else as it is."""
    if isinstance(result, openai.Stream):
        return list(result)
    return _all(result) if isinstance(result, openai.AsyncStream) else result


async def _all(stream: Any) -> list[Any]:
    return [item async for item in stream]


def _written(span: autolog.Span) -> str:
    """All text of the answer, choice after choice."""
    parts = [part for m in span.attributes.get("gen_ai.output.messages") or () for part in m["parts"]]
    return "".join(part["content"] for part in parts if part["type"] == "text")


@pytest.mark.parametrize("sample", _samples(), ids=lambda s: f"{s['endpoint']}-{s['source'][-40:]}-{s['index']}")
def test_traced_as_untraced_with_the_tokens_of_the_wire(caller: Caller, traces: Any, sample: dict[str, Any]) -> None:
    plain = portrait(_call(caller, sample))
    autolog.openai.autolog()
    traced = portrait(_call(caller, sample))
    assert traced == plain

    span = traces.span
    expected = usage_on_the_wire(sample["response"])
    assert (span.usage.to_dict() if span.usage else {}) == expected
    assert span.attributes["http.response.status_code"] == sample["status"]
    if sample["status"] >= 400:
        assert span.status == "ERROR"
        assert span.exception is not None
        return
    models = [body.get("model") or (body.get("response") or {}).get("model") for body in payloads(sample["response"])]
    if any(models):
        assert span.attributes["gen_ai.response.model"] == [model for model in models if model][-1]
    assert sorted(_written(span)) == sorted(text_on_the_wire(sample["response"]))
