"""What a trace belongs to and is called: tags, metadata, session and user."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from autolog import semconv
from autolog._tracing.context import current_span, is_suppressed
from autolog._tracing.snapshot import snapshot
from autolog._tracing.span import SESSION, USER, TraceState, runtime

__all__ = ["label", "session", "tag_value", "update_current_trace", "user"]

_log = logging.getLogger("autolog")


def update_current_trace(
    tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    session_id: str | None = None,
    user_id: str | None = None,
    *,
    user: str | None = None,
    state: str | None = None,
    client_request_id: str | None = None,
    request_preview: str | None = None,
    response_preview: str | None = None,
) -> None:
    """Add tags (texts to filter by) and metadata (any values), and set the session and the user of the current trace.

    What was set before under another key stays. ``user`` is ``user_id`` by MLflow's name. ``state`` (``"OK"`` or
    ``"ERROR"``) is the status of the root span, which an exception that leaves it overrides. ``client_request_id``,
    ``request_preview`` and ``response_preview`` are metadata of these names. Raises ``ValueError`` for another state.

    Outside of any span there is no trace to update, which is said in a warning of the logger ``autolog``; no exception.
    """
    span = current_span()
    if span is None:
        if runtime.enabled and not is_suppressed():
            _log.warning(
                "update_current_trace() was called outside of any span and changed nothing. Call it inside a traced "
                "function or `with autolog.start_span(…)`; autolog.Client().set_trace_tag() is for traces that ended"
            )
        return
    if state is not None:
        root = span
        while not root.is_root and root.parent is not None:
            root = root.parent
        root.set_status(state)
    named = {
        "client_request_id": client_request_id,
        "request_preview": request_preview,
        "response_preview": response_preview,
    }
    label(
        span.trace,
        tags=tags,
        metadata={**(metadata or {}), **{k: v for k, v in named.items() if v is not None}},
        session_id=session_id,
        user_id=user if user_id is None else user_id,
    )


def label(
    state: TraceState,
    *,
    tags: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    session_id: str | None = None,
    user_id: str | None = None,
) -> None:
    """Set these of a trace that runs; stored with the next of its spans that ends."""
    if tags:
        new = {tag_value(k): tag_value(v) for k, v in tags.items()}
        if state.tags is None:
            state.tags = {}
        state.tags.update(new)  # in place: other threads may be adding theirs
    if metadata:
        values: dict[str, Any] = snapshot(dict(metadata))
        if state.metadata is None:
            state.metadata = {}
        state.metadata.update(values)
        # Where MLflow keeps them; what is given by its own name wins.
        session_id = values.get(semconv.MLFLOW_SESSION) if session_id is None else session_id
        user_id = values.get(semconv.MLFLOW_USER) if user_id is None else user_id
    if session_id is not None:
        state.session_id = tag_value(session_id)
    if user_id is not None:
        state.user_id = tag_value(user_id)


def tag_value(value: Any) -> str:
    """Give a value as the text that a tag holds."""
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        return str(value)
    except Exception:
        return f"<{type(value).__name__}>"


class _Belonging:
    """A block in which traces belong to one session or user: the open one, and what starts inside."""

    _variable: ContextVar[str | None]
    _member: str

    def __init__(self, name: str) -> None:
        self._name = tag_value(name)
        self._before: list[str | None] = []

    def __enter__(self) -> str:
        self._before.append(self._variable.get())
        self._variable.set(self._name)
        span = current_span()
        if span is not None:
            setattr(span.trace, self._member, self._name)
        return self._name

    def __exit__(self, *exc_info: object) -> None:
        # No token: a block may be left in another context, as in the fixtures of web frameworks.
        self._variable.set(self._before.pop())

    async def __aenter__(self) -> str:
        return self.__enter__()

    async def __aexit__(self, *exc_info: object) -> None:
        self.__exit__()


class session(_Belonging):  # noqa: N801  (used as a function: `with session("s-1"):`)
    """Let the trace that is open, and all that start in the block, belong to this session: ``with`` and ``async with``.

    Only in this thread or task, and the tasks that it starts; :func:`carry` takes it into other threads.
    """

    _variable = SESSION
    _member = "session_id"


class user(_Belonging):  # noqa: N801  (used as a function: `with user("ann"):`)
    """Let the trace that is open, and all that start in the block, belong to this user, as :class:`session` does."""

    _variable = USER
    _member = "user_id"
