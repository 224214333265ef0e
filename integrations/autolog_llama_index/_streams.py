"""Calls that go on after they have returned, and every way in which these can end.

- A model's generator: the library's own events say when it ended; one that is never read, its finalizer.
- An engine's ``StreamingResponse``: the generator in it is watched, so that the answer is what the program got.
- A chat engine's: a thread or task of the library reads the model's stream; it ends with that. Where the program reads it
  itself (some engines before core 0.13), it is watched as an engine's.
- Any other generator: it ends when it is gone.
"""

from __future__ import annotations

import weakref
from types import AsyncGeneratorType, GeneratorType
from typing import TYPE_CHECKING, Any, Final, cast

from autolog.integration import Progress, report, watch_items

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from autolog.integration import LiveSpan, Outcome
    from autolog_llama_index._call import Call

__all__ = ["Streams"]

_RESPONSES: Final = frozenset({"StreamingResponse", "AsyncStreamingResponse"})


class _Watch:
    """The end of one engine's stream: the spans of all engines that pass it on, the innermost first."""

    __slots__ = ("__weakref__", "calls", "end", "inside", "pieces", "progress")

    def __init__(self, end: Callable[..., None]) -> None:
        self.calls: list[LiveSpan] = []
        self.end = end
        self.inside = False
        self.pieces: list[str] = []
        self.progress = Progress()

    def look(self, item: Any) -> bool:
        """Keep an item's text; the program sees every item."""
        piece = item if isinstance(item, str) else getattr(item, "delta", None)
        if isinstance(piece, str):
            self.pieces.append(piece)
        return False

    def exhausted(self) -> None:
        self._end(None)

    def failed(self, exc: BaseException) -> None:
        self._end(None, error=exc)

    def left(self) -> None:
        self._end("abandoned", self.progress.last_ns or None)

    def _end(self, outcome: Outcome | None, end_time_ns: int | None = None, error: BaseException | None = None) -> None:
        calls, self.calls = self.calls, []
        for span in calls:
            try:  # we are inside the program's loop
                if error is not None:
                    span.record_exception(error)
                self.end(span, outcome, end_time_ns)
            except Exception as e:
                report("ending a LlamaIndex stream", e)


class Streams:
    """Every stream that is open."""

    def __init__(
        self,
        open_spans: dict[str, LiveSpan],
        frames: dict[FrameType, LiveSpan],
        end: Callable[..., None],
    ) -> None:
        self._open = open_spans
        self._frames = frames
        self._end = end
        self._watches: weakref.WeakKeyDictionary[Any, _Watch] = weakref.WeakKeyDictionary()
        # By the identity of the response that a chat engine gave: what writes into it is told by that alone.
        self._chats: dict[int, LiveSpan] = {}

    def begin(self, span: LiveSpan, call: Call, result: Any) -> bool:
        """Watch what a call returned; ``False`` where that is the whole result."""
        kind: Any = cast("Any", type(result))
        if kind is GeneratorType or kind is AsyncGeneratorType:
            return self._hold(span, call, result)
        if kind.__name__ in _RESPONSES:
            return self._watch(span, call, result, "response_gen")
        if kind.__name__ == "StreamingAgentChatResponse":
            return self._watch_chat(span, call, result)
        return False

    def _hold(self, span: LiveSpan, call: Call, generator: Any) -> bool:
        frame = _frame_of(generator)
        if frame is None:
            return False
        call.chunks = True
        call.frame = frame
        self._frames[frame] = span
        weakref.finalize(generator, self._gone, call.id)
        return True

    def _gone(self, id_: str) -> None:
        """A generator that its program has dropped, whatever became of it."""
        span = self._open.get(id_)
        if span is None:
            return
        try:
            self._end_gone(span, span.capture)
        except Exception as e:
            report("ending a LlamaIndex stream", e)

    def _end_gone(self, span: LiveSpan, call: Call) -> None:
        if call.kind.family == "model":
            call.kind.finish(call, None)
            progress = span.progress
            last = progress.last_ns if progress is not None else 0
            # A model whose package sends no events may well have been read to its end.
            self._end(span, "abandoned" if call.source is not None else None, last or None)
        else:
            self._end(span)

    def _watch(self, span: LiveSpan, call: Call, response: Any, name: str) -> bool:
        inner = getattr(response, name, None)
        if not hasattr(inner, "__next__") and not hasattr(inner, "__anext__"):
            return False  # an answer that is all there: some program's own list of texts
        watch = self._watches.get(inner)
        if watch is None:
            watch = _Watch(self._end)
            frame = _frame_of(inner)
            if frame is not None and frame not in self._frames:  # else the model's own
                call.frame = frame
                self._frames[frame] = span
            outer = watch_items(inner, watch, watch.look)
            self._watches[outer] = watch
            weakref.finalize(outer, watch.left)
            setattr(response, name, outer)
        watch.calls.append(span)
        call.chunks = True
        call.pieces = watch.pieces
        span.progress = watch.progress
        return True

    def _watch_chat(self, span: LiveSpan, call: Call, response: Any) -> bool:
        if not getattr(response, "is_writing_to_memory", True):
            return self._watch(span, call, response, "chat_stream") or self._watch(span, call, response, "achat_stream")
        key = id(response)
        self._chats[key] = span
        weakref.finalize(response, self._chat_gone, key)
        if response.is_done or response.exception is not None:  # its writer was faster than us
            self.written(key, response.response, response.exception)
        return True

    def written(self, key: int, text: str | None, error: BaseException | None) -> None:
        """A chat engine's answer is complete, or will never be."""
        span = self._chats.pop(key, None)
        if span is None:
            return
        if span.end_time_ns is None:
            span.capture.output = text
        if error is not None:
            span.record_exception(error)
        self._end(span)

    def _chat_gone(self, key: int) -> None:
        span = self._chats.pop(key, None)
        if span is not None:
            self._end(span, "abandoned")


def _frame_of(generator: Any) -> FrameType | None:
    return cast("FrameType | None", getattr(generator, "gi_frame", None) or getattr(generator, "ag_frame", None))
