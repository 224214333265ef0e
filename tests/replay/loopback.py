"""A server on this machine that answers each call differently, and oddly where the body's ``do`` says so.

``do``: ``gzip``, ``binary``, ``cut`` (the connection ends after two events), ``wait`` (nothing after the first event
until ``gate`` is set), ``error`` (status 429 with ``retry-after``), ``once`` (that the first time only), ``redirect``,
``echo`` (the key of the request in the answer), ``broken`` (an error event in the middle).
"""

from __future__ import annotations

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2

__all__ = ["Loopback", "ask", "chat", "stream"]

KEY = "sk-test-0123456789abcdefghij"


class Loopback:
    """The server; ``hits`` counts the calls that reached it, and ``hit`` is set by the first."""

    def __init__(self) -> None:
        self.hits = 0
        self.lock = threading.Lock()
        self.hit = threading.Event()
        self.gate = threading.Event()
        self.server = _Server(("127.0.0.1", 0), _Handler)
        self.server.owner = self  # type: ignore[attr-defined]
        self.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/v1/chat/completions"

    def close(self) -> None:
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # the default of 5 resets what comes at once


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args: Any) -> None: ...

    def do_GET(self) -> None:
        self._plain(200, {"path": self.path, "n": self._count()})

    def _count(self) -> int:
        owner: Loopback = self.server.owner  # type: ignore[attr-defined]
        with owner.lock:
            owner.hits += 1
            owner.hit.set()
            return owner.hits

    def do_POST(self) -> None:
        n = self._count()
        raw = self._read()
        try:
            body = json.loads(raw)
        except ValueError:
            body = {"messages": [{"content": f"{len(raw)} bytes"}]}
        body = body if isinstance(body, dict) else {"value": body}
        do = body.get("do")
        if do == "error" or (do == "once" and n == 1):
            self._plain(429, {"error": {"message": f"slow down {n}"}}, {"retry-after": "0"})
        elif do == "redirect" and "again" not in self.path:
            self.send_response(307)
            self.send_header("location", f"{self.path}?again=1")
            self.send_header("content-length", "0")
            self.end_headers()
        elif do == "binary":
            self._send(200, b"\xff\xfb\x90\x00" * 500, "audio/mpeg")
        elif body.get("stream"):
            self._stream(n, do)
        else:
            self._plain(200, self._answer(n, body), gzipped=do == "gzip")

    def _read(self) -> bytes:
        if self.headers.get("transfer-encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("content-length") or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _answer(self, n: int, body: dict[str, Any]) -> dict[str, Any]:
        text = f"answer {n}"
        if body.get("do") == "echo":
            text = self.headers.get("authorization", "")
        return {
            "id": f"chatcmpl-{n}abc", "object": "chat.completion", "created": 1_700_000_000 + n, "model": "m-2024",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 3, "completion_tokens": n, "total_tokens": 3 + n},
            "organization": "org-AbCdEf0123456789AbCdEf01",
        }  # fmt: skip

    def _plain(self, status: int, body: Any, headers: dict[str, str] | None = None, *, gzipped: bool = False) -> None:
        content = json.dumps(body, indent=2).encode()
        more = dict(headers or {})
        if gzipped:
            content, more["content-encoding"] = gzip.compress(content), "gzip"
        self._send(status, content, "application/json", more)

    def _head(self, status: int, kind: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("set-cookie", "__cf_bm=secret-cookie; path=/")
        self.send_header("openai-organization", "org-AbCdEf0123456789AbCdEf01")
        self.send_header("x-request-id", "req_0123456789abcdef")
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, status: int, content: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self._head(status, kind, {**(headers or {}), "content-length": str(len(content))})
        self.wfile.write(content)

    def _stream(self, n: int, do: str | None) -> None:
        self._head(200, "text/event-stream", {"transfer-encoding": "chunked"})
        for part, word in enumerate(["answer", " ", f"{n} ☂️", "."]):
            if part == 1 and do == "wait":
                self.server.owner.gate.wait(10)  # type: ignore[attr-defined]
            if part == 2 and do == "cut":
                self.close_connection = True
                self.connection.close()
                return
            if part == 2 and do == "broken":
                self._event({"error": {"message": "the model fell over", "type": "server_error"}})
            choice = {"index": 0, "delta": {"content": word}, "finish_reason": None}
            self._event({"id": f"chatcmpl-{n}abc", "object": "chat.completion.chunk", "created": 1, "model": "m-2024",
                         "choices": [choice]})  # fmt: skip
        usage = {"prompt_tokens": 3, "completion_tokens": n, "total_tokens": 3 + n}
        self._event({"id": f"chatcmpl-{n}abc", "object": "chat.completion.chunk", "created": 1, "model": "m-2024",
                     "choices": [], "usage": usage})  # fmt: skip
        self._chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, value: Any) -> None:
        self._chunk(f"data: {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


def chat(text: str = "hi", **more: Any) -> dict[str, Any]:
    """The body of a chat request."""
    return {"model": "m", "messages": [{"role": "user", "content": text}], **more}


HEADERS = {"authorization": f"Bearer {KEY}", "cookie": "session=secret-cookie", "x-stainless-lang": "python"}


def ask(url: str, text: str = "hi", **more: Any) -> str:
    """Ask over httpx2 and give the text of the answer."""
    with httpx2.Client(headers=HEADERS) as client:
        response = client.post(url, json=chat(text, **more))
        response.raise_for_status()
        return response.json()["choices"][0]["message"]["content"]


def stream(url: str, text: str = "hi", **more: Any) -> list[str]:
    """Ask for a stream over httpx2 and give the lines of data in it."""
    with (
        httpx2.Client(headers=HEADERS) as client,
        client.stream("POST", url, json=chat(text, stream=True, **more)) as r,
    ):
        return [line[6:] for line in r.iter_lines() if line.startswith("data: ")]
