"""A fake OpenAI API on this machine: the same bytes for the same request, and odd behaviour by the model's name.

The model's name, split at ``+``, chooses what goes wrong: ``err429`` (any status), ``err500once`` (the first try only),
``sse-error`` (an error event after three chunks), ``drop`` (the connection is cut there), ``hang`` (nothing more comes
there until the test ends; without a stream, no reply), ``gzip``, ``nousage``, ``length``, ``failed``, ``odd-html``,
``odd-empty``, ``odd-list``, ``odd-null``, ``odd-json`` (a body that the API never sends), ``echo-key`` (status 401, with
the key in its message).
"""

from __future__ import annotations

import gzip
import json
import re
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from fake_replies import Asked, Binary, Events, Json, Reply
from fake_routes import ROUTES

__all__ = ["BREAKS_AFTER", "FakeApi", "Sent"]

BREAKS_AFTER = 3
"""Chunks of a stream before it is cut, hangs or fails."""

_PREFIX = re.compile(r"^(/v1|/openai/deployments/[^/]+|/openai)(?=/)")
_FORM_FIELD = re.compile(rb'name="([^"]+)"\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]*)\r\n')
_ODD: dict[str, tuple[str, bytes]] = {
    "odd-html": ("text/html", b"<html>a gateway's page</html>"),
    "odd-empty": ("application/json", b""),
    "odd-list": ("application/json", b'["a", "list"]'),
    "odd-null": ("application/json", b"null"),
    "odd-json": ("application/json", b'{"cut": '),
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it arrived."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)


class FakeApi:
    """The server, on a free port of this machine; ``sent`` is every request since the last :meth:`clear`."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.released = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v1"

    def clear(self) -> None:
        """Forget what was sent, and let go of every call that hangs."""
        self.sent.clear()
        self.released.set()
        self.released = threading.Event()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: FakeApi

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left is what half of the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
        """Silence."""

    def date_time_string(self, timestamp: float | None = None) -> str:
        return "Thu, 01 Jan 1970 00:00:00 GMT"

    def _handle(self) -> None:
        body = self._body()
        sent = Sent(self.command, self.path, tuple((k.lower(), v) for k, v in self.headers.items()), body)
        self.server.api.sent.append(sent)
        asked = self._asked(sent)
        for word in asked.words:
            status = re.fullmatch(r"err(\d\d\d)(once)?", word)
            if status and not (status[2] and sent.header("x-stainless-retry-count") not in (None, "0")):
                self._send_error(int(status[1]), asked)
                return
            if word in _ODD:
                content_type, content = _ODD[word]
                self._send(200, content_type, content, asked)
                return
        if "echo-key" in asked.words:
            self._send_error(401, asked, f"Incorrect API key provided: {sent.header('authorization')}")
            return
        if "hang" in asked.words and not asked.body.get("stream"):
            self.server.api.released.wait(10)
        reply = self._find(asked)(asked)
        if isinstance(reply, Events):
            self._send_events(reply, asked)
        elif isinstance(reply, Binary):
            self._send(200, reply.content_type, reply.body, asked)
        else:
            self._send(reply.status, "application/json", json.dumps(reply.body).encode(), asked)

    do_GET = do_POST = do_DELETE = _handle  # noqa: N815  (the base class's names)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks: list[bytes] = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _asked(self, sent: Sent) -> Asked:
        url = urlsplit(sent.target)
        content_type = sent.header("content-type") or ""
        if "json" in content_type and sent.body:
            parsed = json.loads(sent.body)
            body: dict[str, Any] = parsed if isinstance(parsed, dict) else {"value": parsed}
        else:
            body = {k.decode(): v.decode("latin-1") for k, v in _FORM_FIELD.findall(sent.body)}
        body_id = b"multipart" if content_type.startswith("multipart") else sent.body
        digest = sha256(sent.target.encode() + body_id).hexdigest()[:12]
        words = frozenset(str(body.get("model") or "").split("+"))
        return Asked(sent.method, _PREFIX.sub("", url.path), url.query, body, digest, words)

    def _find(self, asked: Asked) -> Callable[[Asked], Reply]:
        parts = asked.path.split("/")
        for method, pattern, reply in ROUTES:
            wanted = pattern.split("/")
            if method != asked.method or len(wanted) != len(parts):
                continue
            if all(w in ("*", p) for w, p in zip(wanted, parts, strict=True)):
                return reply
        return lambda _: Json({"error": {"message": f"no route {asked.method} {asked.path}"}}, 404)

    def _send_error(self, status: int, asked: Asked, message: str | None = None) -> None:
        said = message or f"the fake API says {status}"
        error = {"message": said, "type": "fake_error", "param": None, "code": f"code_{status}"}
        self._send(status, "application/json", json.dumps({"error": error}).encode(), asked)

    def _head(self, status: int, content_type: str, asked: Asked, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("x-request-id", f"req_{asked.digest}")
        self.send_header("retry-after-ms", "1")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def _send(self, status: int, content_type: str, body: bytes, asked: Asked) -> None:
        encoding: dict[str, str] = {}
        if "gzip" in asked.words:
            body, encoding = gzip.compress(body, mtime=0), {"Content_Encoding": "gzip"}
        self._head(status, content_type, asked, Content_Length=str(len(body)), **encoding)
        self.wfile.write(body)

    def _send_events(self, reply: Events, asked: Asked) -> None:
        compressor = zlib.compressobj(wbits=31) if "gzip" in asked.words else None
        encoding = {"Content_Encoding": "gzip"} if compressor else {}
        self._head(200, "text/event-stream; charset=utf-8", asked, Transfer_Encoding="chunked", **encoding)

        def write(data: bytes) -> None:
            if compressor is not None:
                data = compressor.compress(data) + compressor.flush(zlib.Z_SYNC_FLUSH)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
            self.wfile.flush()

        for n, event in enumerate(reply.events):
            if n == BREAKS_AFTER:
                if "drop" in asked.words:
                    self.close_connection = True
                    self.connection.close()
                    return
                if "hang" in asked.words:
                    self.server.api.released.wait(10)
                if "sse-error" in asked.words:
                    write(b'data: {"error": {"message": "broken in the middle", "type": "server_error"}}\n\n')
            write(_event(event, named=reply.named))
        if not reply.named:
            write(b"data: [DONE]\n\n")
        if compressor is not None:
            rest = compressor.flush()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(rest), rest))
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()


def _event(event: Any, *, named: bool) -> bytes:
    name, data = event if isinstance(event, tuple) else (event["type"] if named else "", event)
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data)}\n\n".encode()
