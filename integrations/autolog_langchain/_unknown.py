"""Events that LangChain may have one day: what starts and ends becomes a span without a known type."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autolog.integration import SpanType, snapshot
from autolog_langchain._describe import name_of

if TYPE_CHECKING:
    from autolog_langchain._recorder import Recorder

__all__ = ["unknown_event"]


def unknown_event(recorder: Recorder, name: str) -> Callable[..., None]:
    """Give what takes the event of this name: ``on_…_start``, ``on_…_end``, ``on_…_error``, or another."""
    what, _, phase = name.removeprefix("on_").rpartition("_")

    def event(*args: Any, **kwargs: Any) -> None:
        run_id: Any = kwargs.get("run_id")
        if not what or run_id is None:
            return
        if phase == "start":
            serialized: Any = args[0] if args else None
            about = {**kwargs, "name": kwargs.get("name") or name_of(serialized, what)}
            recorder.start("unknown", SpanType.UNKNOWN, serialized, lambda: snapshot(args), run_id, about)
        elif phase == "end":
            recorder.end(run_id, lambda: snapshot(args))
        elif phase == "error" and args and isinstance(args[0], BaseException):
            recorder.fail(run_id, args[0])

    return event
