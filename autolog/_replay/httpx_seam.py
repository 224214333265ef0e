"""httpx and httpx2, sync and async: the transports answer from the tape, or their streams are copied as they pass.

vcrpy's own stubs for these read a whole body before they hand it on (vcrpy 9.4), so they are switched off.
"""

from __future__ import annotations

import functools
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Final, cast

from autolog._replay.cassette import RecordedError, RecordedRequest, RecordedResponse
from autolog._replay.httpx_streams import asleep, error_of, streams_of
from autolog._replay.session import Exchange, Session, inside
from autolog._replay.streaming import Recording

__all__ = ["httpx_patches"]

_OURS: Final = "_autolog_replay_real"
_SYNC: Final = ("HTTPTransport", "WSGITransport", "MockTransport")
_ASYNC: Final = ("AsyncHTTPTransport", "ASGITransport", "MockTransport")
# Transports of other packages that end in a network: httpx-aiohttp (also the copy in openai), curl_cffi, pyreqwest.
_OTHER: Final = ("aiohttp", "curl", "pyreqwest")

_Triple = tuple[Any, str, Callable[..., Any]]


def httpx_patches(session: Session) -> Iterator[_Triple]:
    """Give what to replace (class, name, replacement) in every httpx that this program has loaded."""
    for name in ("httpx", "httpx2"):
        module = sys.modules.get(name)
        if module is None:
            continue
        streams = streams_of(module)
        for owner, attribute in _transports(module):
            there = cast("dict[str, Any]", vars(owner))[attribute]
            make = _handle_sync if attribute == "handle_request" else _handle_async
            yield owner, attribute, make(session, module, streams, getattr(there, _OURS, there))


def _transports(module: Any) -> Iterator[tuple[Any, str]]:
    for names, base, attribute in (
        (_SYNC, module.BaseTransport, "handle_request"),
        (_ASYNC, module.AsyncBaseTransport, "handle_async_request"),
    ):
        for kind in _subclasses(base):
            known = f"{kind.__module__}.{kind.__name__}".lower()
            ours = kind.__module__.split(".")[0] == module.__name__ and kind.__name__ in names
            if attribute in vars(kind) and (ours or any(word in known for word in _OTHER)):
                yield kind, attribute


def _subclasses(base: type) -> Iterator[type]:
    below: list[type] = base.__subclasses__()
    for kind in below:
        yield kind
        yield from _subclasses(kind)


def _headers_of(message: Any) -> dict[str, tuple[str, ...]]:
    headers: dict[str, tuple[str, ...]] = {}
    for name, value in message.headers.multi_items():
        headers[name] = (*headers.get(name, ()), value)
    return headers


def _request_of(request: Any, body: bytes) -> RecordedRequest:
    return RecordedRequest(request.method, str(request.url), _headers_of(request), body)


def _response_of(module: Any, streams: tuple[Any, Any, Any], session: Session, exchange: Exchange, request: Any) -> Any:
    recorded = exchange.response or RecordedResponse(0)
    if recorded.status == 0:
        raise error_of(module, recorded.error or RecordedError("ConnectError", "no response was recorded"), request)
    headers = [(name, value) for name, values in recorded.headers.items() for value in values]
    if recorded.events is None and recorded.error is None and recorded.header("content-length") is None:
        headers.append(("content-length", str(len(recorded.body))))
    extensions: dict[str, Any] = {"http_version": b"HTTP/1.1"}
    if recorded.reason:
        extensions["reason_phrase"] = recorded.reason.encode("ascii", "ignore")
    return module.Response(
        recorded.status, headers=headers, stream=streams[0](session, exchange, request), extensions=extensions
    )


def _wait_of(session: Session, exchange: Exchange) -> float:
    recorded = exchange.response
    return exchange.wait_s + (recorded.after_ms * session.timing / 1000 if recorded is not None else 0.0)


def _timed_out(module: Any, request: Any) -> Exception:
    return module.ReadTimeout("timed out (a fault of the test)", request=request)  # type: ignore[no-any-return]


def _copying(stream_class: Any, session: Session, exchange: Exchange, response: Any) -> Any:
    reason = response.extensions.get("reason_phrase", b"")
    reason = reason.decode("ascii", "ignore") if isinstance(reason, bytes) else str(reason)
    recording = Recording(session, exchange, response.status_code, reason, _headers_of(response))
    network = response.extensions.get("network_stream")
    response.stream = stream_class(response.stream, recording, network)
    return response


def _handle_sync(
    session: Session, module: Any, streams: tuple[Any, Any, Any], real: Callable[..., Any]
) -> Callable[..., Any]:
    @functools.wraps(real)
    def handle_request(self: Any, request: Any) -> Any:
        if inside.get():
            return real(self, request)
        body = b"".join(request.stream)
        request.stream = module.ByteStream(body)
        exchange = session.start(_request_of(request, body))
        if not exchange.live:
            if wait := _wait_of(session, exchange):
                time.sleep(wait)
            if exchange.timeout:
                raise _timed_out(module, request)
            return _response_of(module, streams, session, exchange, request)
        if exchange.wait_s:
            time.sleep(exchange.wait_s)
        token = inside.set(True)
        try:
            response = real(self, request)
        except BaseException as error:
            session.fail(exchange, error)
            raise
        finally:
            inside.reset(token)
        return response if exchange.call is None else _copying(streams[1], session, exchange, response)

    setattr(handle_request, _OURS, real)
    return handle_request


def _handle_async(
    session: Session, module: Any, streams: tuple[Any, Any, Any], real: Callable[..., Awaitable[Any]]
) -> Callable[..., Any]:
    @functools.wraps(real)
    async def handle_async_request(self: Any, request: Any) -> Any:
        if inside.get():
            return await real(self, request)
        body = b"".join([part async for part in request.stream])
        request.stream = module.ByteStream(body)
        exchange = session.start(_request_of(request, body))
        if not exchange.live:
            if wait := _wait_of(session, exchange):
                await asleep(wait)
            if exchange.timeout:
                raise _timed_out(module, request)
            return _response_of(module, streams, session, exchange, request)
        if exchange.wait_s:
            await asleep(exchange.wait_s)
        token = inside.set(True)
        try:
            response = await real(self, request)
        except BaseException as error:
            session.fail(exchange, error)
            raise
        finally:
            inside.reset(token)
        return response if exchange.call is None else _copying(streams[2], session, exchange, response)

    setattr(handle_async_request, _OURS, real)
    return handle_async_request
