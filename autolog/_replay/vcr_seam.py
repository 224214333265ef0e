"""All other clients (requests, urllib3, http.client, aiohttp, httplib2, tornado, boto3), through vcrpy's own stubs.

What is relied on in vcrpy 9.4 is ``CassettePatcherBuilder``, and what its stubs ask a cassette:
``can_play_response_for`` (more than once for a request), ``play_response``, ``append``, ``write_protected``,
``filter_request`` and ``find_requests_with_most_matches``.
"""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any, cast
from unittest import mock

from autolog._replay.cassette import RecordedRequest
from autolog._replay.foreign import unpacked
from autolog._replay.httpx_seam import httpx_patches
from autolog._replay.session import Exchange, Session, ms_since
from autolog._replay.streaming import recorded_response

__all__ = ["patched"]

# vcrpy has no types.
_patch: Any = import_module("vcr.patch")
_Request: Any = import_module("vcr.request").Request
_MARK = "_autolog_exchange"
_last: ContextVar[list[Exchange] | None] = ContextVar("autolog_replay_last", default=None)


class _Answers:
    """What vcrpy's stubs take for a cassette: each request is decided about once, when it is first asked for."""

    skip_patchers = ("httpx", "httpx2", "aiohttp")
    record_mode = "none"
    allow_playback_repeats = False

    def __init__(self, session: Session) -> None:
        self._session = session
        self._path = str(session.cassette.path)
        self.custom_patches: tuple[Any, ...] = ()
        self.write_protected = False  # a miss is raised by us, before any stub could

    def _exchange(self, request: Any) -> Exchange:
        exchange: Exchange | None = getattr(request, _MARK, None)
        if exchange is None:
            exchange = self._session.start(_recorded(request))
            setattr(request, _MARK, exchange)
            if (holder := _last.get()) is not None:
                holder.append(exchange)
        return exchange

    def can_play_response_for(self, request: Any) -> bool:
        return not self._exchange(request).live

    def play_response(self, request: Any) -> dict[str, Any]:
        exchange = self._exchange(request)
        wait = _wait(self._session, exchange)
        asynchronous = _last.get() is not None
        if wait and not asynchronous:
            time.sleep(wait)
        response = exchange.response
        if response is None:
            raise TimeoutError("timed out (a fault of the test)")
        if response.error is not None:
            raise _broken(response.error.message, asynchronous=asynchronous)
        if response.truncated:
            raise self._session.ran_out(exchange)
        headers = {name: list(values) for name, values in response.headers.items()}
        if response.events is None and response.header("content-length") is None:
            headers["content-length"] = [str(len(response.body))]
        return {
            "status": {"code": response.status, "message": response.reason},
            "headers": headers,
            "body": {"string": response.body},
        }

    def append(self, request: Any, response: Mapping[str, Any]) -> None:
        exchange: Exchange | None = getattr(request, _MARK, None)
        if exchange is None:  # a redirect that aiohttp followed by itself
            exchange = self._exchange(request)
        if exchange.call is None or exchange.call.response is not None:
            return
        sent = {str(name): tuple(values) for name, values in response["headers"].items()}
        # The clients below hand on the body decoded or not; either way it is kept decoded.
        headers, body = unpacked(sent, response["body"].get("string") or b"")
        status = response["status"]
        exchange.call.live = True
        self._session.finish(
            exchange,
            recorded_response(status["code"], status["message"] or "", headers, [(ms_since(exchange), body)]),
        )

    def filter_request(self, request: Any) -> Any:
        exchange: Exchange | None = getattr(request, _MARK, None)
        return None if exchange is not None and exchange.call is None else request

    def find_requests_with_most_matches(self, request: Any) -> list[tuple[Any, list[str], list[Any]]]:
        # A redirect that aiohttp follows: the stub does not know with which method and body that was.
        found = self._session.waiting_at(str(request.uri))
        if found is None:
            return [(request, [], [])]
        recorded = found.request
        headers = {name: list(values) for name, values in recorded.headers.items()}
        return [(_Request(recorded.method, str(request.uri), recorded.body or None, headers), [], [])]


def _wait(session: Session, exchange: Exchange) -> float:
    response = exchange.response
    if response is None or not session.timing:
        return exchange.wait_s
    body = sum(event.after_ms for event in response.events or ()) + sum(
        chunk.after_ms for chunk in response.chunks or ()
    )
    return exchange.wait_s + (response.after_ms + body) * session.timing / 1000


def _broken(message: str, *, asynchronous: bool) -> Exception:
    if asynchronous:
        import aiohttp

        return aiohttp.ServerDisconnectedError(message)
    return ConnectionResetError(message)


def _recorded(request: Any) -> RecordedRequest:
    headers = {str(name): (_text(value),) for name, value in request.headers.items()}
    return RecordedRequest(str(request.method), str(request.uri), headers, _bytes(request))


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(request: Any) -> bytes:
    """The body of a vcrpy request, which may be a file, an iterator, or what aiohttp was given as ``json=``."""
    body = request.body
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(cast("Any", body))
    if isinstance(body, io.IOBase) or hasattr(body, "read"):
        data: Any = cast("Any", body).read()
        return data.encode() if isinstance(data, str) else bytes(data)
    try:
        return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    except (TypeError, ValueError):
        pass
    try:
        return b"".join(part if isinstance(part, bytes) else str(part).encode() for part in body)
    except TypeError:
        return _form(body)


def _form(body: Any) -> bytes:
    """aiohttp's ``FormData``: its fields, without the boundary that it makes up."""
    fields: Any = getattr(body, "_fields", None)
    if fields is None:
        return type(body).__name__.encode()
    lines: list[bytes] = []
    for options, _, value in fields:
        content = value.read() if hasattr(value, "read") else value
        if hasattr(value, "seek"):
            value.seek(0)
        lines.append(
            repr(dict(options)).encode() + b": " + (content if isinstance(content, bytes) else str(content).encode())
        )
    return b"\n".join(lines)


_reset_lock = threading.RLock()


@contextmanager
def _reset_http_client() -> Generator[None]:
    """Put back http.client's own classes, which its subclasses look up by name while they connect.

    In place of vcrpy's own reset, which puts back every client of the process, for all threads, without a lock: a call
    of another thread would pass by the cassette, and two resets at once would leave the classes as they are after it.
    """
    with _reset_lock:
        patched = http.client.HTTPConnection, http.client.HTTPSConnection
        http.client.HTTPConnection, http.client.HTTPSConnection = _PLAIN  # type: ignore[misc]
        try:
            yield
        finally:
            http.client.HTTPConnection, http.client.HTTPSConnection = patched  # type: ignore[misc]


_PLAIN: tuple[Any, Any] = (_patch._HTTPConnection, _patch._HTTPSConnection)


def _aiohttp_patches(answers: _Answers, session: Session) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
    if "aiohttp" not in sys.modules:
        return
    from aiohttp import ClientSession

    inner: Any = import_module("vcr.stubs.aiohttp_stubs").vcr_request(answers, _patch._AiohttpClientSessionRequest)

    async def request(self: Any, *args: Any, **kwargs: Any) -> Any:
        holder: list[Exchange] = []
        token = _last.set(holder)
        try:
            response = await inner(self, *args, **kwargs)
        except Exception as error:
            for exchange in holder:
                if exchange.live:
                    session.fail(exchange, error)
            raise
        finally:
            _last.reset(token)
            if wait := sum(_wait(session, exchange) for exchange in holder):
                await asyncio.sleep(wait)
        return response

    yield ClientSession, "_request", request


@contextmanager
def patched(session: Session) -> Generator[None]:
    """Put the tape between the program and its HTTP clients."""
    answers = _Answers(session)
    with ExitStack() as stack:
        for owner, name, replacement in (
            *httpx_patches(session),
            *_aiohttp_patches(answers, session),
            (_patch, "force_reset", _reset_http_client),
        ):
            stack.enter_context(mock.patch.object(owner, name, replacement))
        for patcher in _patch.CassettePatcherBuilder(answers).build():
            stack.enter_context(patcher)
        yield
