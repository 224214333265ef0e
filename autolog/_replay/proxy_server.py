"""A loopback HTTP server whose answers come from a function: the wire side of the replay proxy, standard library only."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from autolog._replay.cassette import RecordedRequest

__all__ = ["HOP_BY_HOP", "Answer", "serving"]

HOST: Final = "127.0.0.1"
# Headers of one connection, which a proxy does not pass on (RFC 9110, 7.6.1), and those that this server writes itself.
HOP_BY_HOP: Final = frozenset(
    {
        "connection",
        "content-length",
        "date",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_NO_BODY: Final = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back. ``pieces`` come one by one: seconds to wait before, then bytes; ``None`` for a whole ``body``.

    ``cut`` closes the connection where the end of the body would be. Without a ``status`` it is closed at once.
    ``delay`` is the seconds before anything is sent. ``done`` is called when everything was sent, or the client has left.
    """

    status: int
    headers: Iterable[tuple[str, str]] = ()
    body: bytes = b""
    pieces: Iterable[tuple[float, bytes]] | None = None
    cut: bool = False
    done: Callable[[], None] | None = None
    delay: float = 0.0
    reason: str = field(default="")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A small answer goes out at once, and not after the 40 ms of Nagle's algorithm and a delayed acknowledgement.
    disable_nagle_algorithm = True
    server: _Server  # type: ignore[assignment,unused-ignore]  # pyright: ignore[reportIncompatibleVariableOverride]

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            # The client went away, or what was being sent came to no end: nothing more can be said on this connection.
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the process's output belongs to the program that is tested."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):  # every method is answered alike
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        headers: dict[str, tuple[str, ...]] = {}
        for key, value in self.headers.items():
            headers[key] = (*headers.get(key, ()), value)
        uri = f"http://{HOST}:{self.server.server_port}{self.path}"
        answer = self.server.answer(RecordedRequest(self.command, uri, headers, self._body()))
        try:
            self._send(answer)
        finally:
            if answer.done is not None:
                answer.done()

    def _body(self) -> bytes:
        if "chunked" in (self.headers.get("transfer-encoding") or "").lower():
            return b"".join(self._chunks())
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def _chunks(self) -> Generator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0].strip() or b"0", 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers

    def _send(self, answer: Answer) -> None:
        if answer.delay > 0:
            time.sleep(answer.delay)
        if not answer.status:
            self.close_connection = True
            return
        self.send_response(answer.status, answer.reason or None)
        for name, value in answer.headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, value)
        if answer.cut:
            self.send_header("Connection", "close")
        has_body = answer.status not in _NO_BODY and self.command != "HEAD"
        if answer.pieces is not None and has_body:
            self.send_header("Transfer-Encoding", "chunked")
        elif has_body:
            # Of a body that was cut off, one byte never comes.
            self.send_header("Content-Length", str(len(answer.body) + answer.cut))
        self.end_headers()
        if not has_body:
            return
        if answer.pieces is None:
            self.wfile.write(answer.body)
        else:
            self._send_pieces(answer)
        if answer.cut:
            self.close_connection = True

    def _send_pieces(self, answer: Answer) -> None:
        for wait, piece in answer.pieces or ():
            if wait > 0:
                time.sleep(wait)
            if piece:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                self.wfile.flush()
        if not answer.cut:
            self.wfile.write(b"0\r\n\r\n")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # A client that keeps its connection open must not keep the test from ending.
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, answer: Callable[[RecordedRequest], Answer]) -> None:
        self.answer = answer
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go away in the middle are no news; whatever else fails is shown as usual."""
        import sys

        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


@contextlib.contextmanager
def serving(answer: Callable[[RecordedRequest], Answer], *, port: int = 0) -> Generator[str]:
    """Serve on loopback while the block runs, each request in a thread, and give the address without a path.

    Raises ``OSError`` where the port is taken.
    """
    server = _Server(port, answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="autolog-replay-proxy", daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def header_pairs(headers: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """Give headers as pairs, one for each value."""
    return [(name, value) for name, values in headers.items() for value in values]
