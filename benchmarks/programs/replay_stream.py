"""Time the first event of a stream, and the whole of it, not recorded and recorded in turns: `replay_stream.py ROUNDS`."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import openai
import vcr

import autolog

FIRST_S, BETWEEN_S, EVENTS = 0.1, 0.01, 40


class Handler(BaseHTTPRequestHandler):
    """A model on this machine: the first event comes late, the others one by one."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *args: Any) -> None: ...

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for n in range(EVENTS):
            time.sleep(BETWEEN_S if n else FIRST_S)
            choice = {"index": 0, "delta": {"content": f"word{n} "}, "finish_reason": None}
            self._send({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})
        self._chunk(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _send(self, value: Any) -> None:
        self._chunk(f"data: {json.dumps(value)}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{server.server_port}/v1", api_key="k")
    blocks: dict[str, Callable[[], AbstractContextManager[Any]]] = {
        "not recorded": nullcontext,
        "autolog": lambda: autolog.replay("autolog.yaml", mode="all"),
        "vcrpy": lambda: vcr.use_cassette("vcrpy.yaml", record_mode="all"),
    }
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in blocks}
    for number in range(int(sys.argv[1]) + 1):
        for name, block in blocks.items():
            with block():
                begun = time.perf_counter()
                stream = client.chat.completions.create(
                    model="m", messages=[{"role": "user", "content": "hi"}], stream=True
                )
                next(stream)
                first = time.perf_counter() - begun
                for _ in stream:
                    pass
                if number:  # the first round imports and compiles
                    times[name].append((first, time.perf_counter() - begun))
    print(json.dumps({name: [min(each) * 1000 for each in zip(*found, strict=True)] for name, found in times.items()}))


main()
