"""The background reader: one ended exchange to its fields."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote

from autolog.integration import BodyTap, EndedCall, Fields, hide_keys_in, semconv
from autolog_openai._bodies import reply_of, request_of
from autolog_openai._charges import charges_in
from autolog_openai._endpoints import RESPONSE_STREAM, Endpoint, endpoint_for
from autolog_openai._errors import Problem, problem_in, problem_of_status
from autolog_openai._json import Json, as_dict
from autolog_openai._parameters import parameters_of
from autolog_openai._paths import ids_in, segments_of
from autolog_openai._provider import UNKNOWN_PROVIDER, provider_in, provider_of
from autolog_openai._secrets import without_secrets, without_secrets_deep
from autolog_openai._sse import taken
from autolog_openai._wire import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from autolog_openai._exchange import Exchange

__all__ = ["make_read", "read"]


def make_read(*, keep_embeddings: bool = False) -> Callable[[EndedCall], Fields]:
    """Make the reader. ``keep_embeddings`` keeps the vectors of embeddings, not only their dimensions."""

    def read(call: EndedCall) -> Fields:
        exchange: Exchange = call.capture
        endpoint = endpoint_for(exchange.method, exchange.path)
        hide = without_secrets_deep if endpoint.secrets else without_secrets
        sent = hide(request_of(exchange))
        request = as_dict(sent)
        reply = reply_of(exchange, streaming=exchange.stream or request.get("stream") is True, binary=endpoint.binary)
        came = reply.value
        if reply.events is not None:
            came = _function(endpoint.gather)(taken(reply.events, call.progress, call.outcome))
        came = hide(came)
        if (exchange.status_code or 200) >= 400:  # a provider may repeat the key that it does not know
            came = hide_keys_in(came)
        wire = Wire(
            exchange=exchange,
            ids=ids_in(endpoint.template, segments_of(exchange.path)) if "{" in endpoint.template else {},
            request=request,
            response=as_dict(came),
            keep_embeddings=keep_embeddings,
            extra={},
        )
        fields = Fields(span_type=endpoint.span_type, operation=endpoint.operation, inputs=sent, outputs=came)
        _read_transport(fields, wire, streaming=exchange.stream)
        _function(endpoint.read)(fields, wire)
        fields.usage_fetched = exchange.method == "GET" or _is_of_before(fields.usage_id, exchange.path)
        _read_name(fields, endpoint)
        if reply.events is not None:
            _read_raw_stream(call, len(reply.events), wire.extra)
        wire.extra.update(charges_in(wire.response, fields.provider))
        _read_problem(fields, endpoint, came, raised=call.outcome in ("error", "cancelled"))
        if reply.events is not None and call.outcome == "completed":
            _read_cut(fields, endpoint, wire)
        wire.extra[semconv.REQUEST_METHOD] = exchange.method
        if exchange.url is not None:
            wire.extra[semconv.REQUEST_URL] = str(exchange.url)  # the core hides the keys in it
        if not endpoint.known:
            wire.extra[semconv.REQUEST_PATH] = exchange.path
        fields.extra = wire.extra
        return fields

    return read


def _is_of_before(usage_id: str | None, path: str) -> bool:
    """Whether a call answers with what was made before: changed, cancelled, or a run that goes on."""
    return usage_id is not None and usage_id in map(unquote, path.split("/"))


@cache
def _function(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    return cast("Callable[..., Any]", getattr(import_module(f"autolog_openai.{module}"), function))


def _read_transport(fields: Fields, wire: Wire, *, streaming: bool) -> None:
    exchange = wire.exchange
    fields.server_address = exchange.host or None
    fields.server_port = exchange.port
    provider = exchange.provider or provider_of(exchange.host)
    fields.provider = (provider_in(wire.response) or provider) if provider == UNKNOWN_PROVIDER else provider
    fields.http_status = exchange.status_code
    fields.request_id = exchange.request_id
    fields.retries = exchange.attempts - 1 if exchange.attempts else None
    parameters = parameters_of(wire.request)
    if streaming:
        parameters["stream"] = True
    fields.parameters = parameters


def _read_raw_stream(call: EndedCall, events: int, extra: dict[str, Any]) -> None:
    """Say of a stream that the program read by itself (as lines) what the core says of one given item by item."""
    body = call.capture.body
    if isinstance(body, BodyTap) and body.first_ns and not (call.progress and call.progress.count):
        extra[semconv.TIME_TO_FIRST_CHUNK] = (body.first_ns - call.start_time_ns) / 1e9
        extra[semconv.CHUNK_COUNT] = events


def _read_name(fields: Fields, endpoint: Endpoint) -> None:
    if fields.name is not None:
        return
    fields.name = endpoint.title
    if endpoint.operation in _NAMED_BY_MODEL and fields.request_model is not None:
        fields.name = f"{endpoint.operation} {fields.request_model}"


_NAMED_BY_MODEL = frozenset({"chat", "text_completion", "embeddings", "generate_content"})


def _read_problem(fields: Fields, endpoint: Endpoint, came: Any, *, raised: bool) -> None:
    status = fields.http_status or 0
    body: Json = as_dict(came)
    problem: Problem | None = None
    if status >= 400 or endpoint.known or "id" not in body:
        problem = problem_in(came, failed=status >= 400)
    if problem is None and endpoint.known:
        problem = problem_of_status(body)
    if problem is None and status >= 400:
        problem = Problem()
    if problem is None:
        return
    fields.error_code = problem.code
    if not raised:
        fields.failed = problem.message or problem.code or f"HTTP status {status}"
        fields.error_type = problem.code or problem.type or (str(status) if status >= 400 else None)


def _read_cut(fields: Fields, endpoint: Endpoint, wire: Wire) -> None:
    """Say of a stream of events that was read to its end whether that was the end of the response.

    One that runs in the background goes on when its stream is cut.
    """
    if endpoint.gather != RESPONSE_STREAM or fields.failed is not None:
        return
    if True in (wire.request.get("background"), wire.response.get("background")):
        return
    status = wire.response.get("status")
    if status in ("queued", "in_progress"):
        fields.failed = "the stream ended before the response did"
        fields.error_type = "incomplete_stream"
    elif status == "cancelled" and endpoint.operation == "chat":
        fields.failed = "the response was cancelled"
        fields.error_type = "cancelled"


read = make_read()
