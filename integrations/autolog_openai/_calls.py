"""What happens on the calling thread: one patch point under every resource, and two looks at the wire behind it.

``SyncAPIClient.request`` and ``AsyncAPIClient.request`` see each call once, whatever its style (70 styles measured on
openai 1.66 to 3.54). ``_build_request`` gives the bytes that are sent, ``_process_response`` the response they get.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from autolog.integration import (
    Begin,
    BodySource,
    BodyTap,
    Deferred,
    Operation,
    Patcher,
    StreamSource,
    current_span,
    is_suppressed,
    semconv,
    snapshot,
    tap_body,
)
from autolog_openai._endpoints import endpoint_for
from autolog_openai._exchange import Exchange
from autolog_openai._provider import provider_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from autolog.integration import EndedCall, Fields

__all__ = ["install"]

_log = logging.getLogger("autolog")
_BASE = "openai._base_client"
_RAWS = (
    "openai._legacy_response:LegacyAPIResponse",
    "openai._response:APIResponse",
    "openai._response:AsyncAPIResponse",
)
_RAW_HEADER = "x-stainless-raw-response"
_USAGE_PATHS = frozenset({"/chat/completions", "/completions"})
# Of these bodies only the size is kept.
_BINARY_TYPES = ("audio/", "image/", "video/", "application/octet-stream", "application/pdf", "application/zip")


def install(patcher: Patcher, *, stream_usage: bool, capture_embeddings: bool) -> None:
    """Declare what is patched."""
    read = _reader(keep_embeddings=capture_embeddings)
    start = _start_asking_usage if stream_usage else _start
    for client in ("SyncAPIClient", "AsyncAPIClient"):
        request = Operation(target=f"{_BASE}:{client}.request", start=start, read=read, finish=_finish, fail=_fail)
        patcher.trace(request, everywhere=True)
        patcher.observe(f"{_BASE}:{client}._process_response", before=_note_response)
    for raw in _RAWS:
        patcher.opener(f"{raw}.parse")

    def note_request(client: Any, request: Any) -> None:
        if not _note_request(request) and not is_suppressed() and patcher.came_past(client, "request"):
            _log.warning(
                "autolog did not trace a call of %s, whose request() another tool has replaced; from now on it does",
                type(client).__name__,
            )

    patcher.observe(f"{_BASE}:BaseClient._build_request", after=note_request)


def _reader(*, keep_embeddings: bool) -> Callable[[EndedCall], Fields]:
    """Import the readers with the first call that is read, in the background."""
    made: list[Callable[[EndedCall], Fields]] = []

    def read(call: EndedCall) -> Fields:
        if not made:
            from autolog_openai._read import make_read

            made.append(make_read(keep_embeddings=keep_embeddings))
        return made[0](call)

    return read


def _options(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return kwargs["options"] if "options" in kwargs else args[1]


def _start(client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Begin | None:
    options = _options(args, kwargs)
    current = _current()
    if current is not None and current.options is options:
        return None  # another tool's wrapper lies between two of ours
    path: str = options.url.partition("?")[0]
    if not path.startswith("/"):
        path = urlsplit(path).path if "//" in path else f"/{path}"
    base = client.base_url
    host: str = base.host
    exchange = Exchange(options.method.upper(), path, host, base.port, stream=kwargs.get("stream") is True)
    exchange.options = options
    endpoint = endpoint_for(exchange.method, path)
    body: Any = options.json_data
    model = cast("dict[str, Any]", body).get("model") if type(body) is dict else None
    # A gateway in front of Azure has a host of its own, and the client's class tells all the same.
    provider = exchange.provider = "azure.ai.openai" if isinstance(client, _azure_client()) else provider_of(host)
    attributes: dict[str, Any] = {semconv.PROVIDER_NAME: provider, semconv.SERVER_ADDRESS: host}
    name = endpoint.title
    if endpoint.operation is not None:
        attributes[semconv.OPERATION_NAME] = endpoint.operation
    if type(model) is str:
        attributes[semconv.REQUEST_MODEL] = model
        if endpoint.operation is not None:
            name = f"{endpoint.operation} {model}"
    return Begin(name, endpoint.span_type, exchange, attributes)


def _start_asking_usage(client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Begin | None:
    begin = _start(client, args, kwargs)
    if begin is None:
        return None
    exchange: Exchange = begin.capture
    options, body = exchange.options, exchange.options.json_data
    if not exchange.stream or exchange.path not in _USAGE_PATHS or type(body) is not dict:
        return begin
    if _is_raw(options.headers):
        return begin  # read line by line, or already read: nothing could be hidden
    request: dict[str, Any] = {**body, **(options.extra_json or {})}
    asked = request.get("stream_options")
    if asked is not None and (type(asked) is not dict or "include_usage" in asked):
        return begin
    asking = copy.copy(options)
    asking.json_data = {**body, "stream_options": {**(asked or {}), "include_usage": True}}
    if asking.extra_json is not None:
        asking.extra_json = {k: v for k, v in asking.extra_json.items() if k != "stream_options"}
    exchange.options = asking
    exchange.hides_usage = True
    if "options" in kwargs:
        begin.kwargs = {**kwargs, "options": asking}
    else:
        begin.args = (args[0], asking, *args[2:])
    return begin


def _is_raw(headers: Any) -> bool:
    """Whether ``with_raw_response`` or ``with_streaming_response`` is asked for."""
    return isinstance(headers, Mapping) and any(type(k) is str and k.lower() == _RAW_HEADER for k in headers)  # pyright: ignore


def _current() -> Exchange | None:
    """The exchange of the call that the library is working on just now."""
    span = current_span()
    if span is None or is_suppressed():
        return None
    return span.capture if type(span.capture) is Exchange else None


def _note_request(request: Any) -> bool:
    """Look at what is sent; false where no call of ours sends it."""
    exchange = _current()
    if exchange is None:
        return False
    if not isinstance(request.method, str):
        return True  # a double of the program's tests
    exchange.attempts += 1
    exchange.url = request.url
    options = exchange.options
    if options is None:
        return True
    if not options.files:
        # `client.post(content=…)` (openai 2 and later) sends files and generators piece by piece: no bytes to look at.
        if not isinstance(getattr(options, "content", None), (bytes, bytearray, type(None))):
            return True
        try:
            exchange.request_bytes = request.content if request.method != "GET" else b""
            return True
        except Exception:  # httpx's RequestNotRead: a form is sent piece by piece, also one without files
            _log.debug("a request is sent piece by piece")
    if exchange.request_json is None:
        exchange.request_json = snapshot(options.json_data)
        exchange.files = _describe(options.files) if options.files else None
    return True


def _note_response(_client: Any, _args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    exchange = _current()
    response = kwargs.get("response")
    if exchange is None or response is None or not isinstance(response.status_code, int):  # a double
        return
    exchange.response = response
    _note_head(exchange, response)
    keep = not exchange.content_type.startswith(_BINARY_TYPES)
    if not response.is_closed:
        exchange.body = tap_body(response, keep=keep)
    elif keep:
        exchange.body = response.content
    else:
        exchange.body = BodyTap(keep=False)
        exchange.body.size_not_kept = len(response.content)
        exchange.body.exhausted = True


def _note_head(exchange: Exchange, response: Any) -> None:
    headers = response.headers
    exchange.status_code = response.status_code
    exchange.content_type = headers.get("content-type", "")
    exchange.request_id = headers.get("x-request-id") or headers.get("apim-request-id")


def _finish(exchange: Exchange, result: Any) -> StreamSource | Deferred | BodySource | None:
    response, body = exchange.response, exchange.body
    _done_with_library_objects(exchange)
    streams, raws = _result_types()
    if isinstance(result, streams) and hasattr(result, "_iterator"):  # a class of the program's may read otherwise
        return _stream_source(exchange, result)
    if not isinstance(body, BodyTap) or body.exhausted:
        return None
    if isinstance(result, raws):

        def opened(parsed: Any) -> StreamSource | None:
            return (
                _stream_source(exchange, parsed)
                if isinstance(parsed, streams) and hasattr(parsed, "_iterator")
                else None
            )

        return Deferred(result, response, body, opened)
    return BodySource(result, response, body)


def _stream_source(exchange: Exchange, stream: Any) -> StreamSource:
    body = exchange.body if isinstance(exchange.body, BodyTap) else None
    return StreamSource(stream, "_iterator", stream.response, body, _is_usage_chunk if exchange.hides_usage else None)


def _fail(exchange: Exchange, exc: BaseException) -> None:
    response: Any = getattr(exc, "response", None)
    if exchange.status_code is None and isinstance(getattr(response, "status_code", None), int):
        _note_head(exchange, response)
        if response.is_closed:
            exchange.body = response.content
    _done_with_library_objects(exchange)


def _done_with_library_objects(exchange: Exchange) -> None:
    # Of a call that did not get as far as sending, and where the library's version has no such step to look at.
    if exchange.request_bytes is None and exchange.request_json is None and exchange.options is not None:
        exchange.request_json = snapshot(exchange.options.json_data)
    exchange.options = exchange.response = None


def _is_usage_chunk(chunk: Any) -> bool:
    return chunk.choices == [] and chunk.usage is not None


@cache
def _azure_client() -> type:
    from openai.lib.azure import BaseAzureClient

    return BaseAzureClient


@cache
def _result_types() -> tuple[tuple[type, ...], tuple[type, ...]]:
    from openai import AsyncStream, Stream
    from openai._legacy_response import LegacyAPIResponse
    from openai._response import BaseAPIResponse

    return (Stream, AsyncStream), (LegacyAPIResponse, BaseAPIResponse)


def _describe(files: Any) -> list[dict[str, Any]]:
    """Say what is uploaded: field, file name, content type and, where it is known without reading, size."""
    described: list[dict[str, Any]] = []
    pairs: list[tuple[str, Any]] = list(files.items() if isinstance(files, dict) else files)  # pyright: ignore
    for field, file in pairs:
        name, content, kind = (*file, None, None, None)[:3] if isinstance(file, tuple) else (None, file, None)  # pyright: ignore
        found: dict[str, Any] = {
            "field": field,
            "filename": name or getattr(content, "name", None),  # pyright: ignore[reportUnknownArgumentType]
            "content_type": kind,
            "size": len(content) if isinstance(content, (bytes, str)) else None,
        }
        described.append({k: v for k, v in found.items() if v is not None})
    return described
