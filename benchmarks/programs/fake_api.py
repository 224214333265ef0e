"""A server inside the client: replies as OpenAI's API gives them, with no socket in between."""

from __future__ import annotations

import base64
import itertools
import json
import struct
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import openai

_ids = itertools.count()
_USAGE = {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29}


def _chat() -> bytes:
    message = {"role": "assistant", "content": "Hello there, how can I help you today?", "refusal": None}
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    reply = {"object": "chat.completion", "created": 1, "model": "gpt-4o-mini-2024-07-18", "choices": [choice]}
    return json.dumps({"id": f"chatcmpl-{next(_ids):08d}", **reply, "usage": _USAGE}).encode()


def _events(chunks: int) -> list[bytes]:
    head = {"id": f"chatcmpl-{next(_ids):08d}", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini"}
    deltas: list[tuple[dict[str, str], str | None]] = [
        ({"role": "assistant", "content": ""}, None),
        *[({"content": " word"}, None)] * (chunks - 2),
        ({}, "stop"),
    ]
    events = [
        json.dumps({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}).encode()
        for delta, reason in deltas
    ]
    return [b"data: %b\n\n" % event for event in [*events, b"[DONE]"]]


def _vectors(inputs: int, dimensions: int = 1536) -> bytes:
    vector = base64.b64encode(struct.pack(f"<{dimensions}f", *(i / dimensions for i in range(dimensions)))).decode()
    data = [{"object": "embedding", "index": i, "embedding": vector} for i in range(inputs)]
    usage = {"prompt_tokens": 900, "total_tokens": 900}
    return json.dumps({"object": "list", "data": data, "model": "text-embedding-3-small", "usage": usage}).encode()


class Pieces(httpx2.SyncByteStream, httpx2.AsyncByteStream):
    """A body that comes in as many network chunks as it has events."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece


_JSON = {"content-type": "application/json", "x-request-id": "req_1"}
_SSE = {"content-type": "text/event-stream", "x-request-id": "req_1"}
_EMBEDDINGS = _vectors(100)


def respond(request: httpx2.Request) -> httpx2.Response:
    """Reply by path and, for chats, by the model: `pieces-…` streams in pieces, `bad-…` is refused."""
    if request.url.path.endswith("/embeddings"):
        return httpx2.Response(200, content=_EMBEDDINGS, headers=_JSON)
    model = request.headers["x-bench"]
    if model == "bad":
        error = {"message": "there is no such model", "type": "invalid_request_error", "code": "model_not_found"}
        return httpx2.Response(400, content=json.dumps({"error": error}).encode(), headers=_JSON)
    kind, _, chunks = model.partition("-")
    if kind == "body":
        return httpx2.Response(200, content=b"".join(_events(int(chunks))), headers=_SSE)
    if kind == "pieces":
        return httpx2.Response(200, stream=Pieces(_events(int(chunks))), headers=_SSE)
    return httpx2.Response(200, content=_chat(), headers=_JSON)


async def _arespond(request: httpx2.Request) -> httpx2.Response:
    return respond(request)


def client(reply: str = "chat", *, cls: Any = None) -> Any:
    """Give a client whose calls get this reply: `chat`, `body-200`, `pieces-200`, `bad`."""
    http = httpx2.Client(transport=httpx2.MockTransport(respond))
    headers = {"x-bench": reply}
    return (cls or openai.OpenAI)(api_key="none", http_client=http, max_retries=0, default_headers=headers)


def async_client(reply: str = "chat") -> openai.AsyncOpenAI:
    """Give an async client whose calls get this reply."""
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(_arespond))
    return openai.AsyncOpenAI(api_key="none", http_client=http, max_retries=0, default_headers={"x-bench": reply})
