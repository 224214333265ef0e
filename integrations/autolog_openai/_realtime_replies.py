"""The responses of a Responses connection: a span for each, read as if it had come over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autolog.integration import BodyTap, LiveSpan, Progress, SpanType, is_suppressed, semconv
from autolog_openai._exchange import Exchange
from autolog_openai._json import as_dict, as_str
from autolog_openai._provider import provider_of
from autolog_openai._read import read
from autolog_openai._realtime_look import plain

if TYPE_CHECKING:
    from autolog_openai._realtime_session import Session

__all__ = ["Replies", "start_attributes"]

_LAST = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled", "error"})
_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")


def start_attributes(host: str, model: str | None, *, operation: str | None = "chat") -> dict[str, Any]:
    """Give what is known of a call when it begins."""
    known = {
        semconv.PROVIDER_NAME: provider_of(host),
        semconv.SERVER_ADDRESS: host,
        semconv.OPERATION_NAME: operation,
        semconv.REQUEST_MODEL: model,
    }
    return {k: v for k, v in known.items() if v is not None}


@dataclass(frozen=True, slots=True, eq=False)
class _Reply:
    stream: str | None
    span: LiveSpan | None  # None: asked inside suppress()
    body: BodyTap
    progress: Progress

    def take(self, message: str | bytes, now_ns: int) -> None:
        """Keep a message as the server-sent event that it is over HTTP, so that one reader reads both."""
        data = message.encode() if isinstance(message, str) else message
        if b"\n" in data or b"\r" in data:  # between members: inside a JSON text they are escaped
            data = data.translate(_ONE_LINE)
        self.body.chunks += (b"data: ", data, b"\n\n")
        self.progress.last_ns = now_ns
        self.progress.first_ns = self.progress.first_ns or now_ns
        self.progress.count += 1

    def end(self, exc: BaseException | None) -> None:
        if self.span is None:
            return
        if exc is not None:
            self.span.record_exception(exc)
        if exc is not None or self.progress.exhausted:
            self.span.end()
        else:
            self.span.end(outcome="abandoned", end_time_ns=self.progress.last_ns or None)


class Replies:
    """The responses that are under way, oldest first: each stream's requests are answered in their order.

    ``sending`` is the response whose request was the last thing to be sent.
    """

    __slots__ = ("_open", "sending")

    def __init__(self) -> None:
        self._open: list[_Reply] = []
        self.sending: _Reply | None = None

    def ask(self, session: Session, request: Any, stream: str | None) -> None:
        """Open the span of a response; ``request`` is ``None`` where it was not seen."""
        exchange = Exchange("POST", "/responses", session.host, session.port, stream=True)
        exchange.body = body = BodyTap(keep=True)
        if isinstance(request, str):
            exchange.request_bytes = request.encode()
        elif isinstance(request, bytes):
            exchange.request_bytes = request
        elif request is not None:
            exchange.request_json = plain(request)
        model = as_str(as_dict(exchange.request_json).get("model"))
        span: LiveSpan | None = None
        progress = Progress()
        if not is_suppressed():
            span = LiveSpan(
                f"chat {model}" if model else "chat",
                SpanType.CHAT_MODEL,
                parent=session.span,
                attributes=start_attributes(session.host, model),
                integration="openai",
                capture=exchange,
                read=read,
            )
            span.progress = progress
        self.sending = _Reply(stream, span, body, progress)
        self._open.append(self.sending)

    def take(self, session: Session, kind: str, stream: str | None, message: str | bytes) -> bool:
        """Give a message to the response that it belongs to, and tell whether there is one."""
        reply = self._first(stream)
        if reply is None and kind == "response.created":  # asked in a way that we do not see, or steered to
            self.ask(session, None, stream)
            reply = self._first(stream)
        if reply is None:
            return False
        reply.take(message, session.last_ns)
        if kind in _LAST:
            reply.progress.exhausted = True
            self._end(reply, None)
        return True

    def not_sent(self, exc: BaseException) -> None:
        """End the response whose request did not go out."""
        if self.sending is not None:
            self._end(self.sending, exc)

    def cut(self, exc: BaseException | None) -> None:
        """End the responses that are under way: nothing more of them comes."""
        for reply in list(self._open):
            self._end(reply, exc)

    def _first(self, stream: str | None) -> _Reply | None:
        return next((reply for reply in list(self._open) if reply.stream == stream), None)

    def _end(self, reply: _Reply, exc: BaseException | None) -> None:
        if reply in self._open:
            self._open.remove(reply)
        reply.end(exc)
