"""Drive the sync and the async OpenAI client the same way, and describe what they give back and send."""

from __future__ import annotations

import asyncio
import gc
import inspect
import json
import re
import ssl
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import openai
import wrapt
from fake_api import FakeApi, Sent
from fake_replies import Asked, chat
from pydantic import BaseModel

import autolog

__all__ = ["API_KEY", "Caller", "create", "instant_client", "names_of_calls", "portrait", "then", "wire"]

# Looks like the real thing, so that a search for it finds every leak.
API_KEY = "sk-proj-Zx81fake9Qk2mPw7Lt5RvYb3"

_NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
_INTEGRATIONS = str(Path(__file__).parents[1] / "integrations")
_OURS = (*(str(Path(module.__file__ or "").parent) for module in (autolog, wrapt)), _INTEGRATIONS)


class Caller:
    """A sync or an async program: makes clients of one kind and runs calls to their end."""

    def __init__(self, api: FakeApi, *, asynchronous: bool) -> None:
        self.api = api
        self.asynchronous = asynchronous
        self._runner = asyncio.Runner() if asynchronous else None
        self._at_end: list[Callable[[], Any]] = []

    def client(self, kind: str = "OpenAI", **options: Any) -> Any:
        """A client without retries: ``kind`` is the sync class's name."""
        made: Any = getattr(openai, f"Async{kind}" if self.asynchronous else kind)
        azure = {"azure_endpoint": self.api.origin, "api_version": "2024-10-21"}
        where = azure if "Azure" in kind else {"base_url": self.api.base_url}
        return self.own(made(**{**where, **self.options(options)}))

    def own(self, client: Any) -> Any:
        """Close this client at the end of the test."""
        self.at_end(client.close)
        return client

    def at_end(self, close: Callable[[], Any]) -> None:
        self._at_end.append(close)

    def options(self, options: dict[str, Any]) -> dict[str, Any]:
        http: Any = openai.DefaultAsyncHttpxClient if self.asynchronous else openai.DefaultHttpxClient
        # Reading the certificates of all authorities takes longer than a whole test.
        return {"api_key": API_KEY, "max_retries": 0, "http_client": http(verify=_NO_AUTHORITIES), **options}

    def run(self, call: Callable[..., Any], *args: Any) -> Any:
        """Give what a call gives, awaited where it can be."""
        if self._runner is None:
            return call(*args)

        async def settle() -> Any:
            result = call(*args)
            return await result if inspect.isawaitable(result) else result

        return self._runner.run(settle())

    def outcome(self, call: Callable[..., Any], *args: Any) -> Any:
        """Give what a call gives, or the exception that it raises."""
        try:
            return self.run(call, *args)
        except Exception as e:
            return e

    def collect(self) -> None:
        """Run the garbage collector, and the event loop, which closes the async generators that were dropped."""
        for _ in range(10 if self.asynchronous else 1):
            gc.collect()
            if self.asynchronous:
                self.run(asyncio.sleep, 0)

    def close(self) -> None:
        for close in reversed(self._at_end):
            self.run(close)
        if self._runner is not None:
            self._runner.close()


def instant_client(*, answer: Callable[[Any], Any] | None = None, **options: Any) -> Any:
    """A sync client whose replies are made in this process, by ``answer(request)`` where it is given."""
    http: Any = __import__("httpx2" if int(openai.__version__.partition(".")[0]) >= 3 else "httpx")
    plain = json.dumps(reply_to(b'{"model": "m", "messages": []}').body).encode()
    events = b"".join(
        b"data: %s\n\n" % json.dumps(e).encode() for e in reply_to(b'{"model": "m", "stream": true}').events
    )

    def reply(request: Any) -> Any:
        if json.loads(request.content).get("stream"):
            return http.Response(200, headers={"content-type": "text/event-stream"}, content=iter([events]))
        return http.Response(200, headers={"content-type": "application/json"}, content=plain)

    transport = http.Client(transport=http.MockTransport(answer or reply))
    return openai.OpenAI(**{"api_key": API_KEY, "max_retries": 0, "http_client": transport, **options})


def reply_to(body: bytes) -> Any:
    asked = json.loads(body)
    return chat(Asked("POST", "/chat/completions", "", asked, "instant", frozenset()))


def create(client: Any, model: str = "m") -> Any:
    return client.chat.completions.create(model=model, messages=[{"role": "user", "content": "hi"}])


def names_of_calls(traces: Any) -> list[str]:
    return [span.name for span in traces.spans if span.name.startswith("chat")]


def then(value: Any, body: Callable[[Any], Any]) -> Any:
    """Give what ``body`` makes of a value, or of what awaiting it gives."""
    if not inspect.isawaitable(value):
        return body(value)

    async def later() -> Any:
        result = body(await value)
        return await result if inspect.isawaitable(result) else result

    return later()


def portrait(value: Any) -> Any:
    """Describe all of a result that a program can see, as plain values that can be compared."""
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    if isinstance(value, BaseException):
        return {
            "type": kind,
            "message": str(value),
            "body": portrait(getattr(value, "body", None)),
            "request_id": getattr(value, "request_id", None),
            "cause": portrait(value.__cause__),
            "context": None if value.__context__ is None else type(value.__context__).__qualname__,
            "suppresses": value.__suppress_context__,
            "frames": frames(value),
        }
    if isinstance(value, BaseModel):
        fields = value.model_dump(warnings=False)
        return {"type": kind, "fields": fields, "request_id": getattr(value, "_request_id", None)}
    if isinstance(value, (list, tuple)):
        return [kind, *map(portrait, value)]
    if isinstance(value, (openai.Stream, openai.AsyncStream)):
        return {"type": kind, "status": value.response.status_code, "closed": value.response.is_closed}
    if hasattr(value, "http_request") and hasattr(value, "retries_taken"):
        headers = [pair for pair in value.headers.multi_items() if pair[0] != "date"]
        return {"type": kind, "status": value.status_code, "headers": headers, "retries": value.retries_taken}
    if hasattr(value, "iter_bytes"):
        return {"type": kind, "content": value.content}
    return value


def frames(exc: BaseException) -> list[str]:
    """The functions that an exception passed through, without ours."""
    found = traceback.extract_tb(exc.__traceback__)
    return [frame.name for frame in found if not frame.filename.startswith(_OURS)]


_BOUNDARY = re.compile(r"boundary=([0-9a-f-]+)")


def wire(sent: Iterable[Sent]) -> list[Any]:
    """Describe all of some requests but what is drawn at random for each."""
    found: list[Any] = []
    for request in sent:
        boundary = _BOUNDARY.search(request.header("content-type") or "")
        body = request.body.replace(boundary[1].encode(), b"BOUNDARY") if boundary else request.body
        headers = [(k, _BOUNDARY.sub("boundary=", v)) for k, v in request.headers if k != "idempotency-key"]
        found.append((request.method, request.target, headers, body))
    return found
