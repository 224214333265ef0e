"""What is kept of one WebSocket session while it is open: references, and nothing of its audio but the size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autolog.integration import LiveSpan, now_ns
from autolog_openai._json import Json, as_dict, loads
from autolog_openai._realtime_look import audio_bytes, look, plain, weigh

if TYPE_CHECKING:
    from weakref import finalize

    from autolog_openai._realtime_replies import Replies

__all__ = ["Kept", "Message", "Session"]

Message = tuple[int, bool, Any]
"""When, whether it was sent (else received), and what: its text or bytes, or the copied structure of an event."""

# Characters that are kept of one session; of the responses that are under way, which come again as a whole.
_ROOM = 4_000_000
_UNFINISHED_ROOM = 1_000_000

_AUDIO = frozenset({"response.audio.delta", "response.output_audio.delta", "input_audio_buffer.append"})
_WITH_USAGE = frozenset({"response.done", "conversation.item.input_audio_transcription.completed"})


class Kept:
    """Messages up to a number of characters."""

    __slots__ = ("left_out", "messages", "room", "size")

    def __init__(self, room: int) -> None:
        self.room = room
        self.size = 0
        self.left_out = 0
        self.messages: list[Message] = []

    def add(self, message: Message, size: int) -> bool:
        """Keep a message if there is room for it, and tell."""
        if self.size + size > self.room:
            self.left_out += 1
            return False
        self.size += size
        self.messages.append(message)
        return True

    def clear(self) -> None:
        """Begin again."""
        self.messages.clear()
        self.size = self.left_out = 0


class Session:
    """A connection's span and its messages. ``replies`` is there on a Responses connection only."""

    __slots__ = (
        "audio_received",
        "audio_sent",
        "done",
        "events",
        "finalizer",
        "host",
        "last_ns",
        "model",
        "port",
        "replies",
        "server_ended",
        "span",
        "unfinished",
    )

    span: LiveSpan

    def __init__(self, host: str, port: int | None, model: str | None, replies: Replies | None) -> None:
        self.host = host
        self.port = port
        self.model = model
        self.replies = replies
        self.done = Kept(_ROOM)
        self.unfinished = Kept(_UNFINISHED_ROOM)
        self.audio_sent = 0
        self.audio_received = 0
        self.last_ns = 0
        self.server_ended = False
        # Also the span's own list: the reader adds what it finds in the messages.
        self.events: list[tuple[str, int, Any]] = []
        self.finalizer: finalize[..., Any] | None = None

    @property
    def weight(self) -> int:
        """How much this session keeps in memory."""
        return self.done.size + self.unfinished.size

    def sends(self, event: Any, stream: str | None = None) -> None:
        """Note what the program sends: a dict, a model, or the message itself."""
        kind, named = look(event)
        if self.replies is not None:
            self.replies.sending = None
        if kind in _AUDIO:
            self.audio_sent += audio_bytes(event)
        elif self.replies is not None and kind == "response.create":
            self.replies.ask(self, event, stream or named)
        else:
            kept = event if isinstance(event, (str, bytes)) else plain(event)
            self.done.add((now_ns(), True, kept), weigh(kept))

    def received(self, message: str | bytes) -> None:
        """Note a message that the program was given."""
        self.last_ns = now_ns()
        kind, stream = look(message)
        noted = (self.last_ns, False, message)
        if kind in _AUDIO:
            self.audio_received += audio_bytes(message)
        elif self.replies is not None and self.replies.take(self, kind, stream, message):
            return
        elif self.replies is None and kind.startswith("response.") and kind != "response.done":
            self.unfinished.add(noted, len(message))
        else:
            if kind == "response.done":
                self.unfinished.clear()
            if not self.done.add(noted, len(message)) and kind in _WITH_USAGE:
                self.done.messages.append((self.last_ns, False, _essence(message)))

    def end(self, exc: BaseException | None = None, *, left: bool = False) -> None:
        """End the span. ``left``: the program dropped the connection, so that the last message was the end."""
        if self.finalizer is not None:
            self.finalizer.detach()
        if self.replies is not None:
            self.replies.cut(exc)
        if exc is not None:
            self.span.record_exception(exc)
        if left:
            self.span.end(outcome="abandoned", end_time_ns=self.last_ns or None)
        else:
            self.span.end()


def _essence(message: str | bytes) -> Json:
    """Give the usage and the status without what was said. Read at once, for there is no room left to keep it."""
    event = as_dict(loads(message))
    response = as_dict(event.get("response"))
    kept = {k: response[k] for k in ("id", "status", "status_details", "usage", "conversation_id") if k in response}
    return {k: event[k] for k in ("type", "usage") if k in event} | ({"response": kept} if kept else {})
