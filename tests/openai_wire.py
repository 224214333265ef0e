"""Ended calls of the OpenAI client, built from wire bytes: what the background readers are given."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from autolog_openai._exchange import Exchange
from autolog_openai._read import read

from autolog._patching.bodies import BodyTap
from autolog.integration import Fields, Outcome, Progress

__all__ = ["Ended", "chunk", "ended", "fields_of", "sse", "stream_fields"]


@dataclass
class Ended:
    """An ended call, as far as a reader looks at it."""

    capture: Any
    progress: Progress | None = None
    outcome: Outcome | None = "completed"
    start_time_ns: int = 1
    end_time_ns: int | None = 2


def _bytes(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def ended(
    path: str = "/chat/completions",
    request: Any = None,
    response: Any = None,
    *,
    method: str = "POST",
    host: str = "api.openai.com",
    port: int | None = None,
    status: int | None = 200,
    content_type: str = "application/json",
    stream: bool = False,
    given: int | None = None,
    exhausted: bool = False,
    tapped: bool = False,
    kept: bool = True,
    outcome: Outcome | None = "completed",
    files: list[dict[str, Any]] | None = None,
    attempts: int = 1,
    request_id: str | None = None,
) -> Ended:
    """Build a call. ``given`` is how many items of a stream the program got; ``tapped`` leaves the body in pieces."""
    exchange = Exchange(method, path, host, port, stream=stream)
    exchange.status_code = status
    exchange.content_type = content_type
    exchange.attempts = attempts
    exchange.request_id = request_id
    if files is not None:
        exchange.request_json, exchange.files = request, files
    elif request is not None:
        exchange.request_bytes = _bytes(request)
    if response is not None:
        body = _bytes(response)
        if tapped or not kept:
            tap = BodyTap(keep=kept)
            tap.size_not_kept = 0 if kept else len(body)
            tap.chunks = [body[i : i + 7] for i in range(0, len(body), 7)] if kept else []
            tap.exhausted = exhausted
            exchange.body = tap
        else:
            exchange.body = body
    progress = None
    if given is not None:
        progress = Progress()
        progress.count, progress.exhausted = given, exhausted
    return Ended(exchange, progress, outcome)


def fields_of(*args: Any, **kwargs: Any) -> Fields:
    """Read a call that :func:`ended` builds."""
    return read(ended(*args, **kwargs))


def sse(events: Iterable[Any], *, named: bool = False, done: bool = True) -> str:
    """Write events as a server does; ``named`` puts each event's ``type`` before its data."""
    lines = [(f"event: {e['type']}\n" if named else "") + f"data: {json.dumps(e)}\n\n" for e in events]
    return "".join(lines) + ("data: [DONE]\n\n" if done else "")


def stream_fields(events: Iterable[Any], path: str = "/chat/completions", request: Any = None, **kwargs: Any) -> Fields:
    """Read a streamed call."""
    kwargs.setdefault("content_type", "text/event-stream")
    return fields_of(path, request or {"model": "m", "stream": True}, sse(events), stream=True, **kwargs)


def chunk(delta: Any = None, *, index: int = 0, finish: str | None = None, **rest: Any) -> dict[str, Any]:
    """Make a chunk of a chat completion with one choice."""
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m-1",
        "choices": [choice],
        **rest,
    }
