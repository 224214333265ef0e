"""What is kept of one HTTP exchange: references to immutable bytes, so that keeping it costs the same at any size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autolog.integration import BodyTap

__all__ = ["Exchange"]


class Exchange:
    """One call of the client: the request as it was sent, the response as it came.

    ``path`` is the SDK's own (``/chat/completions``; no query, no Azure deployment). ``request_json`` is used
    where there are no request bytes: multipart bodies and calls that never got as far as sending. ``body`` is
    the response: bytes of a whole one, or the tap of one that is still being read.
    """

    __slots__ = (
        "attempts",
        "body",
        "content_type",
        "files",
        "hides_usage",
        "host",
        "method",
        "options",
        "path",
        "port",
        "provider",
        "request_bytes",
        "request_id",
        "request_json",
        "response",
        "status_code",
        "stream",
        "url",
    )

    def __init__(self, method: str, path: str, host: str, port: int | None, *, stream: bool) -> None:
        self.method = method
        self.path = path
        self.host = host
        self.port = port
        self.stream = stream
        self.provider: str | None = None
        # The library's URL object as it was sent: turned into text in the background.
        self.url: Any = None
        self.attempts = 0
        self.request_bytes: bytes | None = None
        self.request_json: Any = None
        self.files: list[dict[str, Any]] | None = None
        # The library's own objects while the call runs; let go when it ends.
        self.options: Any = None
        self.response: Any = None
        self.hides_usage = False
        self.body: bytes | BodyTap | None = None
        self.status_code: int | None = None
        self.content_type = ""
        self.request_id: str | None = None

    @property
    def weight(self) -> int:
        """Bytes that this exchange keeps in memory."""
        body = self.body
        size = len(body) if isinstance(body, bytes) else (body.size if body is not None and body.keep else 0)
        return size + (len(self.request_bytes) if self.request_bytes is not None else 0)
