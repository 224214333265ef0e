"""A fake of OpenAI's WebSocket APIs on this machine: what a session does is in its model's name, split at ``+``.

``refused`` (the handshake is answered with 401), ``hold`` (a response begins and does not end), ``drop`` (and then the
connection is cut), ``bye`` (an error event, then a close), ``fail`` (a response fails), ``deny`` (an error event in
place of a response), ``once`` (cut or closed in the first connection only).
"""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import Server, ServerConnection, serve

__all__ = ["AUDIO", "AUDIO_SIZE", "HEARD", "USAGE", "FakeSockets"]

AUDIO_SIZE = 200
AUDIO = base64.b64encode(bytes(range(AUDIO_SIZE))).decode()

USAGE: dict[str, Any] = {
    "total_tokens": 30,
    "input_tokens": 20,
    "output_tokens": 10,
    "input_token_details": {
        "text_tokens": 15,
        "audio_tokens": 5,
        "cached_tokens": 4,
        "cached_tokens_details": {"text_tokens": 3, "audio_tokens": 1},
    },
    "output_token_details": {"text_tokens": 3, "audio_tokens": 7},
}
HEARD: dict[str, Any] = {"type": "tokens", "total_tokens": 9, "input_tokens": 6, "output_tokens": 3}
TEXT_USAGE: dict[str, Any] = {
    "total_tokens": 17,
    "input_tokens": 11,
    "output_tokens": 6,
    "input_tokens_details": {"cached_tokens": 3},
    "output_tokens_details": {"reasoning_tokens": 2},
}

Event = dict[str, Any]


class FakeSockets:
    """The server, on a free port; ``sent`` is every event of the programs, ``connections`` how many they opened."""

    def __init__(self) -> None:
        self.sent: list[Event] = []
        self.connections = 0
        self._server: Server = serve(self._serve, "127.0.0.1", 0, process_request=self._refuse)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def base_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/v1"

    @property
    def port(self) -> int:
        port: int = self._server.socket.getsockname()[1]
        return port

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join(10)

    @staticmethod
    def _refuse(connection: ServerConnection, request: Any) -> Any:
        return connection.respond(HTTPStatus.UNAUTHORIZED, "no") if "refused" in request.path else None

    def _serve(self, connection: ServerConnection) -> None:
        self.connections += 1
        url = urlsplit(connection.request.path if connection.request else "")
        model = parse_qs(url.query).get("model", [""])[0]
        realtime = url.path.endswith("/realtime")
        try:
            if realtime:
                self._say(connection, {"type": "session.created", "session": session(model)})
            elif self.connections > 1:
                self._say(connection, {"type": "server.hello"})
            for message in connection:
                event = json.loads(message)
                self.sent.append(event)
                for answer in talk(event, model, len(self.sent)) if realtime else reply(event, len(self.sent)):
                    self._say(connection, answer)
                traits = (model if realtime else event.get("model") or "").split("+")
                if event["type"] == "response.create" and ("once" not in traits or self.connections == 1):
                    self._part(connection, traits)
        except ConnectionClosed:
            pass

    def _say(self, connection: ServerConnection, event: Event) -> None:
        connection.send(json.dumps({"event_id": f"event_{len(self.sent)}", **event}))

    def _part(self, connection: ServerConnection, traits: list[str]) -> None:
        if "drop" in traits:
            connection.socket.shutdown(socket.SHUT_RDWR)
        elif "bye" in traits:
            error = {"type": "session_error", "code": "session_expired", "message": "Time is up."}
            self._say(connection, {"type": "error", "error": error})
            connection.close()


def session(model: str) -> Event:
    return {
        "type": "realtime",
        "model": f"{model}-2025",
        "instructions": "Be kind.",
        "tools": [{"type": "mcp", "server_label": "notes", "authorization": "Bearer secret"}],
        "client_secret": {"value": "ek_secret"},
    }


def talk(event: Event, model: str, number: int) -> Iterator[Event]:
    """What a Realtime session answers."""
    traits = model.split("+")
    kind = event["type"]
    if kind == "session.update":
        yield {"type": "session.updated", "session": {**session(model), **event["session"]}}
    elif kind == "input_audio_buffer.commit":
        yield {
            "type": "conversation.item.input_audio_transcription.completed",
            "item_id": "item_0",
            "transcript": "Hello?",
            "usage": HEARD,
        }
    elif kind == "conversation.item.delete":
        error = {"type": "invalid_request_error", "code": "item_delete_invalid_item_id", "message": "No such item."}
        yield {"type": "error", "error": error}
    elif kind == "response.create":
        at: Event = {
            "response_id": f"resp_{number}",
            "item_id": f"item_{number}",
            "output_index": 0,
            "content_index": 0,
        }
        part = {"type": "audio", "transcript": ""}
        item: Event = {"id": at["item_id"], "type": "message", "role": "assistant", "content": []}
        response: Event = {"id": at["response_id"], "object": "realtime.response", "conversation_id": "conv_1"}
        yield {"type": "response.created", "response": {**response, "status": "in_progress", "output": []}}
        yield {**at, "type": "response.output_item.added", "item": item}
        yield {**at, "type": "response.content_part.added", "part": part}
        yield {**at, "type": "response.output_audio_transcript.delta", "delta": "Good "}
        yield {**at, "type": "response.output_audio.delta", "delta": AUDIO}
        yield {**at, "type": "response.audio.delta", "delta": AUDIO}
        if not {"hold", "drop"}.isdisjoint(traits):
            return
        yield {**at, "type": "response.output_audio_transcript.delta", "delta": "day."}
        done: Event = {**response, "status": "completed", "usage": USAGE}
        done["output"] = [
            {**item, "content": [{"type": "output_audio", "transcript": "Good day."}]},
            {
                "id": "item_x",
                "type": "function_call",
                "call_id": "call_1",
                "name": "bow",
                "arguments": '{"deep": true}',
            },
        ]
        if "fail" in traits:
            error = {"type": "server_error", "code": "rate_limit_exceeded", "message": "Too fast."}
            done |= {"status": "failed", "status_details": {"type": "failed", "error": error}, "output": []}
        yield {"type": "response.done", "response": done}


def reply(event: Event, number: int) -> Iterator[Event]:
    """What a Responses connection answers."""
    if event["type"] not in ("response.create", "response.steer"):
        return
    model = event.get("model") or ""
    traits = model.split("+")
    lane = {"stream_id": event["stream_id"]} if "stream_id" in event else {}
    if "deny" in traits:
        error = {"type": "invalid_request_error", "code": "previous_response_not_found", "message": "No such response."}
        yield {**lane, "type": "error", "status": 400, "error": error}
        return
    response: Event = {"id": f"resp_{number}", "object": "response", "model": f"{model}-2025", "output": []}
    at: Event = {**lane, "item_id": f"msg_{number}", "output_index": 0, "content_index": 0}
    yield {**lane, "type": "response.created", "response": {**response, "status": "in_progress"}}
    yield {**at, "type": "response.output_text.delta", "delta": "Good ", "logprobs": [], "sequence_number": 2}
    if not {"hold", "drop"}.isdisjoint(traits):
        return
    part = {"type": "output_text", "text": f"Good {event.get('input')}", "annotations": []}
    item = {"id": at["item_id"], "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    response |= {"status": "completed", "output": [item], "usage": TEXT_USAGE}
    if "fail" in traits:
        error = {"code": "server_error", "message": "It broke."}
        response |= {"status": "failed", "output": [], "error": error}
        yield {**lane, "type": "response.failed", "response": response}
    else:
        yield {**lane, "type": "response.completed", "response": response}
