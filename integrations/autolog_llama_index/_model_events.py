"""What the library's events say of a model's call. Each taker gives what ended the stream, or ``None``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from autolog.integration import Progress, now_ns, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from autolog.integration import LiveSpan
    from autolog_llama_index._call import Call

__all__ = ["TAKERS"]


def _is_source(call: Call, event: Any) -> bool:
    """A method that calls another one of the same model tells everything twice: the first that speaks is heard."""
    if call.kind.family != "model":
        return False
    if call.source is None:
        call.source = event.span_id
    return bool(call.source == event.span_id)


def _member(value: Any, name: str) -> Any:
    return cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else getattr(value, name, None)


def _started(span: LiveSpan, call: Call, event: Any) -> None:  # noqa: ARG001
    if _is_source(call, event) and "model" not in call.facts:
        name = event.model_dict.get("model_name")
        if isinstance(name, str) and name != "unknown":
            call.facts["model"] = name


def _chunk(span: LiveSpan, call: Call, event: Any) -> None:
    if not _is_source(call, event):
        return
    progress = span.progress
    now = now_ns()
    if progress is None:
        progress = span.progress = Progress()
        progress.first_ns = now
    progress.last_ns = now
    progress.count += 1
    response = call.last = event.response
    raw = response.raw
    # They come in chunks before the last one: the finish reason in the one before the usage, as a rule.
    choices, usage = _member(raw, "choices"), _member(raw, "usage")
    stop = _member(choices[0], "finish_reason") if choices else _member(raw, "stop_reason")
    if stop:
        call.finish_reason = stop
    if usage is not None:
        call.usage = snapshot(usage)


def _ended(span: LiveSpan, call: Call, event: Any) -> bool | None:  # noqa: ARG001
    if not _is_source(call, event):
        return None
    if event.response is not None:
        call.last = event.response
    return True


def _raised(span: LiveSpan, call: Call, event: Any) -> BaseException | None:  # noqa: ARG001
    return event.exception if _is_source(call, event) else None


def _cancelled(span: LiveSpan, call: Call, event: Any) -> None:  # noqa: ARG001
    if event.span_id == call.id:
        call.cancelled = True


TAKERS: Final[dict[str, Callable[[LiveSpan, Call, Any], bool | BaseException | None]]] = {
    "LLMChatStartEvent": _started,
    "LLMCompletionStartEvent": _started,
    "LLMChatInProgressEvent": _chunk,
    "LLMCompletionInProgressEvent": _chunk,
    "LLMChatEndEvent": _ended,
    "LLMCompletionEndEvent": _ended,
    "ExceptionEvent": _raised,
    "SpanCancelledEvent": _cancelled,
}
