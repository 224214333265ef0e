"""What a request and a response hold. The look of the bytes decides: real content types are missing or wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autolog_openai._json import Json, as_dict, loads
from autolog_openai._sse import Event, events_in

if TYPE_CHECKING:
    from autolog_openai._exchange import Exchange

__all__ = ["Reply", "reply_of", "request_of"]

_MEDIA = ("audio/", "image/", "video/", "font/")
_EVENT_STARTS = (b"data:", b"event:", b"id:", b"retry:", b":")
_SURE_EVENT_STARTS = (b"data:", b"event:")
_EVENT_STREAM = "text/event-stream"


@dataclass(slots=True)
class Reply:
    """A response's body: ``events`` of a stream, else ``value``: JSON, a text, or what is said of binary data."""

    value: Any = None
    events: list[Event] | None = None


def request_of(exchange: Exchange) -> Any:
    """Give the body of the request as it was sent; of an upload, its fields and what its ``files`` are."""
    sent: Any = exchange.request_json
    if exchange.request_bytes:
        try:
            sent = loads(exchange.request_bytes)
        except ValueError:
            if sent is None:
                sent = exchange.request_bytes.decode("utf-8", "replace")
    if exchange.files:
        return {**as_dict(sent), "files": exchange.files}
    return sent


def _described(content_type: str, size: int) -> Json:
    found: Json = {"size": size}
    return {"content_type": content_type, **found} if content_type else found


def _is_events(head: bytes, media_type: str, *, streaming: bool) -> bool:
    if media_type == _EVENT_STREAM or streaming:
        return head.startswith(_EVENT_STARTS)
    # A transcript may well begin with "data:".
    return head.startswith(_SURE_EVENT_STARTS) and not media_type.startswith(("text/", "application/octet-stream"))


def _text_or_described(body: bytes, content_type: str, media_type: str) -> Any:
    if media_type.startswith("text/") or "json" in media_type or "xml" in media_type:
        return body.decode("utf-8", "replace")
    if media_type.startswith("application/") or b"\0" in body:
        return _described(content_type, len(body))
    try:
        return body.decode()
    except UnicodeDecodeError:
        return _described(content_type, len(body))


def reply_of(exchange: Exchange, *, streaming: bool, binary: bool) -> Reply:
    """Give what the response holds.

    ``streaming`` says that a stream was asked for, ``binary`` that the endpoint sends a file's content, which is not
    read even where it looks like JSON.
    """
    content_type = exchange.content_type
    media_type = content_type.partition(";")[0].strip().lower()
    kept = exchange.body
    if kept is None:
        return Reply()
    if isinstance(kept, bytes):
        body = kept
    elif kept.keep:
        body = b"".join(kept.chunks)
    else:
        return Reply(_described(content_type, kept.size))
    if not body or body.isspace():
        return Reply(events=[] if media_type == _EVENT_STREAM else None)
    if media_type.startswith(_MEDIA):
        return Reply(_described(content_type, len(body)))
    # OpenRouter keeps a connection alive with white space before the JSON.
    head = (body[:64].lstrip() or body.lstrip()[:64]).removeprefix(b"\xef\xbb\xbf")
    if _is_events(head, media_type, streaming=streaming):
        return Reply(events=events_in(body))
    is_json = "json" in media_type
    if binary and not is_json and (exchange.status_code or 200) < 400:
        return Reply(_described(content_type, len(body)))
    if is_json or head[:1] in (b"{", b"["):
        try:
            return Reply(loads(body))
        except ValueError:
            pass
    return Reply(_text_or_described(body, content_type, media_type))
