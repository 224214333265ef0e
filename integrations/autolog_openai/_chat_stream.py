"""The chunks of a streamed chat completion, put together to the response that is not streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autolog_openai._choices import gather_choices, merge_logprobs
from autolog_openai._json import Json, as_dict, as_list, as_str, is_list, join
from autolog_openai._tool_stream import ToolCalls

if TYPE_CHECKING:
    from autolog_openai._sse import Event

__all__ = ["gather_chat"]

# Texts that come in pieces; any other text of a delta is whole.
_PIECES = frozenset({"refusal", "reasoning_content", "reasoning", "thinking"})


def _content(pieces: list[Any]) -> Any:
    """Give a text, or where typed parts came (Mistral), a list of parts in which neighbours of a kind are one."""
    if all(isinstance(piece, str) for piece in pieces):
        return join(pieces) if pieces else None
    parts: list[Any] = []
    texts: list[str] = []
    kind = ""
    for piece in [*pieces, None]:
        this, said = _piece(piece)
        if texts and this != kind:
            whole = join(texts)
            parts.append({"type": "text", "text": whole} if kind == "text" else {"type": kind, kind: whole})
            texts = []
        kind = this
        if said is not None:
            texts.append(said)
        elif piece is not None:
            parts.append(piece)
    return parts


def _piece(piece: Any) -> tuple[str, str | None]:
    if isinstance(piece, str):
        return "text", piece
    part = as_dict(piece)
    kind = part.get("type")
    if kind == "text" and isinstance(part.get("text"), str):
        return "text", part["text"]
    if kind == "thinking":
        said: Any = part.get("thinking")
        if isinstance(said, str):
            return "thinking", said
        return "thinking", "".join(as_str(as_dict(inner).get("text")) or "" for inner in as_list(said))
    return "", None


class _Choice:
    """One choice while its chunks come."""

    __slots__ = ("audio", "calls", "content", "lists", "logprobs", "message", "other", "pieces", "rest", "role")

    def __init__(self) -> None:
        self.role: str | None = None
        self.content: list[Any] = []
        self.pieces: dict[str, list[str]] = {}
        self.calls = ToolCalls()
        self.audio: Json = {}
        self.lists: dict[str, list[Any]] = {}
        self.other: Json = {}
        self.logprobs: Json | None = None
        self.rest: Json = {}
        self.message: Json | None = None

    def delta(self, delta: Json) -> None:
        for key, value in delta.items():
            if value is None:
                continue
            if key == "content":
                if is_list(value):
                    self.content += value
                else:
                    self.content.append(value)
            elif key == "role":
                self.role = self.role or as_str(value)
            elif key == "tool_calls":
                for call in as_list(value):
                    self.calls.add(as_dict(call))
            elif key == "function_call":
                self.calls.add_function(as_dict(value))
            elif key == "audio":
                self._audio(as_dict(value))
            elif key in _PIECES and isinstance(value, str):
                self.pieces.setdefault(key, []).append(value)
            elif is_list(value):  # annotations, images, reasoning_details
                self.lists.setdefault(key, []).extend(value)
            else:
                self.other[key] = value

    def _audio(self, audio: Json) -> None:
        for key, value in audio.items():
            if key in ("data", "transcript") and isinstance(value, str):
                self.audio.setdefault(key, []).append(value)
            elif value is not None:
                self.audio[key] = value

    def add(self, choice: Json) -> None:
        for key, value in choice.items():
            if value is None or key == "index":
                continue
            if key == "delta":
                self.delta(as_dict(value))
            elif key == "message":
                self.message = as_dict(value)
            elif key == "logprobs":
                self.logprobs = self.logprobs or {}
                merge_logprobs(self.logprobs, as_dict(value))
            elif value:
                self.rest[key] = value

    def whole(self, index: int) -> Json:
        message: Json = {} if self.role is None else {"role": self.role}
        message["content"] = _content(self.content)
        message |= {key: join(pieces) for key, pieces in self.pieces.items()}
        message |= self.lists | self.other
        if self.audio:
            message["audio"] = {k: join(v) if is_list(v) else v for k, v in self.audio.items()}
        message |= self.calls.whole()
        if self.message is not None and not message["content"] and len(message) <= 2:
            message = self.message  # Perplexity and servers that send the whole message at the end
        found: Json = {"index": index, "message": message, "logprobs": self.logprobs, "finish_reason": None}
        return found | self.rest


def gather_chat(events: list[Event]) -> Json:
    """Put the chunks together; choices are kept apart by their index, whatever its gaps."""
    response = gather_choices(events, _Choice)
    kind = response.get("object")
    if isinstance(kind, str):
        response["object"] = kind.removesuffix(".chunk")
    if not response.get("usage"):
        # Moonshot sends the usage with the choice that ends.
        for choice in response["choices"]:
            if choice.get("usage"):
                response["usage"] = choice["usage"]
    return response
