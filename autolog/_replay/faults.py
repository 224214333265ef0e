"""Faults on purpose: an error, a cut, a delay or a time-out at a chosen call, to test retries and fallbacks offline."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from autolog._replay.cassette import RecordedError, RecordedResponse
from autolog._replay.write import reason_of

__all__ = ["Fault", "cut_stream_at", "error_at", "error_response", "slow", "timeout_at"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong at the ``n``-th call of a tape (from 1; ``None`` for every call). Made by the functions here."""

    kind: str
    n: int | None
    status: int = 500
    body: Any = None
    retry_after: float | None = None
    after_events: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.kind}({self.n})" if self.n is not None else self.kind


def _nth(n: int) -> int:
    if isinstance(n, bool) or n < 1:
        raise ValueError(f"calls are counted from 1, so there is no call {n!r}")
    return n


def error_at(n: int, *, status: int = 500, body: Any = None, retry_after: float | None = None) -> Fault:
    """Answer the ``n``-th call with an error instead; the call that tries again gets the recorded answer.

    ``body`` is JSON (a plausible error of that status by default) or text, ``retry_after`` seconds for the header.
    """
    if not 400 <= status <= 599:
        raise ValueError(f"an error has a status from 400 to 599, not {status!r}")
    return Fault("error_at", _nth(n), status=status, body=body, retry_after=retry_after)


def cut_stream_at(n: int, *, after_events: int = 1) -> Fault:
    """Cut the connection of the ``n``-th call after so many events of its stream (of a plain body: in its middle)."""
    if after_events < 0:
        raise ValueError(f"after_events is 0 or more, not {after_events!r}")
    return Fault("cut_stream_at", _nth(n), after_events=after_events)


def slow(n: int | None = None, *, seconds: float) -> Fault:
    """Answer the ``n``-th call, or every call, so many seconds later."""
    if seconds < 0:
        raise ValueError(f"seconds is 0 or more, not {seconds!r}")
    return Fault("slow", None if n is None else _nth(n), seconds=seconds)


def timeout_at(n: int) -> Fault:
    """Let the ``n``-th call end in the client's own read time-out, at once."""
    return Fault("timeout_at", _nth(n))


def error_response(fault: Fault) -> RecordedResponse:
    """The response that an error fault answers with."""
    body = fault.body
    if body is None:
        kind = (
            "rate_limit_error"
            if fault.status == 429
            else "server_error"
            if fault.status >= 500
            else "invalid_request_error"
        )
        body = {"error": {"message": f"{reason_of(fault.status)} (a fault of the test)", "type": kind, "code": None}}
    headers: dict[str, tuple[str, ...]] = {"content-type": ("application/json",)}
    if isinstance(body, str):
        headers["content-type"] = ("text/plain; charset=utf-8",)
    if fault.retry_after is not None:
        headers["retry-after"] = (f"{fault.retry_after:g}",)
    text = body if isinstance(body, str) else json.dumps(body)
    return RecordedResponse(fault.status, reason_of(fault.status), headers, text.encode())


def cut(response: RecordedResponse, fault: Fault) -> RecordedResponse:
    """The response as far as it comes before the cut."""
    error = RecordedError(
        "RemoteProtocolError", "peer closed connection without sending complete message body (incomplete chunked read)"
    )
    if response.events is not None:
        events = response.events[: fault.after_events]
        return RecordedResponse(
            response.status, response.reason, response.headers, b"", events, error=error, after_ms=response.after_ms
        )
    half = response.body[: len(response.body) // 2]
    return RecordedResponse(response.status, response.reason, response.headers, half, error=error)
