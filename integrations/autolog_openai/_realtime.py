"""WebSocket sessions: one span from the opening of a connection to its end, which is never the current span.

A Realtime session carries the usage of its responses; on a Responses connection each response has a span of its own
below the session's. Looked at are ``enter`` of the connection managers and, of the connections, ``recv_bytes`` (under
every way of reading), ``send`` and ``send_raw`` (neither calls the other), ``close`` (under ``with``) and the
reconnecting of openai 2.33 and later. Measured on openai 1.66, 1.109, 2.54 and 3.54.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary, finalize

from autolog.integration import LiveSpan, Patcher, SpanType, current_span, is_suppressed, semconv
from autolog_openai._json import as_dict, as_str
from autolog_openai._realtime_look import plain
from autolog_openai._realtime_read import read_session
from autolog_openai._realtime_replies import Replies, start_attributes
from autolog_openai._realtime_session import Session

__all__ = ["install"]

_RESOURCES = "openai.resources"
_PLACES = (
    (f"{_RESOURCES}.beta.realtime.realtime", "Realtime"),
    (f"{_RESOURCES}.realtime.realtime", "Realtime"),
    (f"{_RESOURCES}.responses.responses", "Responses"),
    (f"{_RESOURCES}.beta.responses.responses", "Responses"),
)
_LANES = "openai.lib.responses_websocket._session"  # sends on the socket itself

_sessions: WeakKeyDictionary[Any, Session] = WeakKeyDictionary()
_opening: WeakKeyDictionary[Any, Session] = WeakKeyDictionary()
# What a manager was given to send before there is a connection.
_early: WeakKeyDictionary[Any, list[Any]] = WeakKeyDictionary()


def install(patcher: Patcher) -> None:
    """Declare what is looked at. No version has all of it."""
    look = partial(patcher.observe, optional=True)
    for module, kind in _PLACES:
        opens = partial(_opens, responses=kind == "Responses")
        for prefix, enter in (("", "__enter__"), ("Async", "__aenter__")):
            manager, connection = (f"{module}:{prefix}{kind}Connection{end}" for end in ("Manager", ""))
            for name in (enter, "enter"):  # one function under two names
                look(f"{manager}.{name}", before=opens, after=_opened, failed=_not_opened)
            look(f"{manager}.send", before=_sends_early)
            for name in ("send", "send_raw"):
                look(f"{connection}.{name}", before=_sends, failed=_not_sent)
            look(f"{connection}.recv_bytes", after=_received, failed=_lost)
            look(f"{connection}._reconnect", after=_reconnected, failed=_ended)
            look(f"{connection}.close", after=_ended, failed=_ended)
    for prefix in ("", "Async"):
        look(f"{_LANES}:{prefix}ResponsesWebSocketLane.send", before=_sends_in_lane)
    patcher.on_undo(_leave_all)


def _opens(manager: Any, _args: Any, _kwargs: Any, *, responses: bool) -> None:
    if is_suppressed():
        return
    # Private to their class, as _RealtimeConnectionManager__client.
    private: dict[str, Any] = manager.__dict__
    own = {name.rpartition("__")[2]: value for name, value in private.items()}
    client = own["client"]
    url = urlsplit(str(client.websocket_base_url or client.base_url))
    model = as_str(own.get("model")) or as_str(as_dict(own.get("extra_query")).get("model"))
    session = Session(url.hostname or "", url.port, model, Replies() if responses else None)
    session.span = LiveSpan(
        "responses.connect" if responses else f"realtime {model}" if model else "realtime",
        SpanType.TASK if responses else SpanType.CHAT_MODEL,
        parent=current_span(),
        attributes=start_attributes(session.host, model, operation=None if responses else "chat"),
        integration="openai",
        capture=session,
        read=read_session,
    )
    session.span.events = session.events
    _opening[manager] = session


def _opened(manager: Any, connection: Any) -> None:
    session = _opening.pop(manager, None)
    if session is None:
        return
    _sessions[connection] = session
    session.finalizer = finalize(connection, session.end, left=True)
    for event in _early.pop(manager, ()):
        session.sends(event)


def _not_opened(manager: Any, exc: BaseException) -> None:
    session = _opening.pop(manager, None)
    if session is None:
        return
    status = getattr(getattr(exc, "response", None), "status_code", None)
    if isinstance(status, int):
        session.span.set_attribute(semconv.HTTP_STATUS_CODE, status)
    session.end(exc)


def _sends_early(manager: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    if not is_suppressed():
        event = _event(args, kwargs)
        _early.setdefault(manager, []).append(event if isinstance(event, (str, bytes)) else plain(event))


def _event(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return args[0] if args else next(iter(kwargs.values()), None)


def _sends(connection: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    session = _sessions.get(connection)
    if session is not None:
        session.sends(_event(args, kwargs))


def _sends_in_lane(lane: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    session = _sessions.get(lane._session.connection)
    if session is not None:
        session.sends(_event(args, kwargs), lane._state.stream_id)


def _received(connection: Any, message: Any) -> None:
    session = _sessions.get(connection)
    if session is not None and isinstance(message, (str, bytes)):
        session.received(message)


def _not_sent(connection: Any, exc: BaseException) -> None:
    session = _sessions.get(connection)
    if session is not None and session.replies is not None:
        session.replies.not_sent(exc)
    _lost(connection, exc)


def _lost(connection: Any, exc: BaseException) -> None:
    # By name: of the library websockets, which is not ours to import. Anything else (a cancelled wait) ends nothing.
    names = {kind.__name__ for kind in type(exc).__mro__}
    session = _sessions.get(connection)
    if session is None or "ConnectionClosed" not in names:
        return
    session.server_ended = getattr(exc, "rcvd_then_sent", None) is not False
    error = None if "ConnectionClosedOK" in names else exc
    if getattr(connection, "_on_reconnecting", None) is None:
        _end(connection, error)
        return
    if session.replies is not None:
        session.replies.cut(exc)
    if error is not None:  # until it is connected again, if ever
        session.span.record_exception(error)


def _reconnected(connection: Any, succeeded: bool) -> None:  # noqa: FBT001
    session = _sessions.get(connection)
    if session is None:
        return
    if not succeeded:
        _end(connection)
        return
    session.span.add_event("reconnected")
    session.span.failure = session.span.outcome = None
    session.span.status = "OK"
    session.server_ended = False


def _ended(connection: Any, result: Any) -> None:
    """After a close, and where closing or reconnecting failed."""
    _end(connection, result if isinstance(result, BaseException) else None)


def _end(connection: Any, exc: BaseException | None = None) -> None:
    session = _sessions.pop(connection, None)
    if session is not None:
        session.end(exc)


def _leave_all() -> None:
    """Turned off: what comes from now on is not seen."""
    for session in [*_sessions.values(), *_opening.values()]:
        session.end(left=True)
    _sessions.clear()
    _opening.clear()
    _early.clear()
