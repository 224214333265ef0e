"""Continue a trace in another process: W3C Trace Context's ``traceparent`` for our own spans.

The format is https://www.w3.org/TR/trace-context-2/ (level 2, which reads level 1). OpenTelemetry is not needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Final

from autolog._tracing.context import current_span
from autolog._tracing.span import LiveSpan, TraceState

__all__ = ["RANDOM", "SAMPLED", "RemoteParent", "extract", "inject"]

SAMPLED: Final = 0x01
RANDOM: Final = 0x02

_TRACEPARENT: Final = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.ASCII)
_MEMBER: Final = re.compile(
    r"(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})"
    r"=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]",
    re.ASCII,
)
_MAX_MEMBERS: Final = 32


class RemoteParent(LiveSpan):
    """A span of another process, as a parent for ours: ``LiveSpan(name, parent=extract(headers))``.

    It is never recorded or ended here; as the current span it makes what starts in its block its children.
    """

    __slots__ = ("flags", "tracestate")

    def __init__(self, trace_id: int, span_id: int, *, flags: int = SAMPLED, tracestate: str = "") -> None:
        for name in LiveSpan.__slots__:
            if name != "__weakref__":
                setattr(self, name, None)
        self.name = "remote"
        self.span_type = "UNKNOWN"
        self.status = "OK"
        self.parent_span_id = 0
        self.start_time_ns = 0
        self.trace = TraceState(trace_id)
        self._id = span_id
        self.flags = flags
        self.tracestate = tracestate


def inject(carrier: MutableMapping[str, str], span: LiveSpan | None = None) -> None:
    """Write a span, the current one by default, into headers for another process; nothing where none is open."""
    span = span or current_span()
    if span is None:
        return
    remote = _remote(span)
    if span.bridged is not None:  # the other tracing system has decided
        flags = span.bridged.flags
    else:
        flags = 0 if span.trace.admitted is False else SAMPLED
        flags |= remote.flags & RANDOM if remote else 0
    carrier["traceparent"] = f"00-{span.trace_id}-{span.span_id}-{flags:02x}"
    if remote is not None and remote.tracestate:
        carrier["tracestate"] = remote.tracestate


def extract(carrier: Mapping[str, str]) -> RemoteParent | None:
    """Read the parent from headers that came from another process; ``None`` where there is none, or it is not valid.

    A parent that was not sampled there is a parent all the same: whether we record is for our own settings to say.
    """
    found = _TRACEPARENT.fullmatch(_header(carrier, "traceparent").strip(" \t"))
    if found is None:
        return None
    version, trace_id, span_id, flags, more = found.groups()
    if version == "ff" or (version == "00" and more is not None):
        return None
    if not int(trace_id, 16) or not int(span_id, 16):
        return None
    return RemoteParent(
        int(trace_id, 16),
        int(span_id, 16),
        flags=int(flags, 16) & (SAMPLED | RANDOM),
        tracestate=_tracestate(_header(carrier, "tracestate")),
    )


def _header(carrier: Mapping[str, str], name: str) -> str:
    for key, value in carrier.items():
        if key.lower() == name:
            return value
    return ""


def _tracestate(text: str) -> str:
    """Give the header as it goes on; nothing of one that is not valid."""
    members = [member for part in text.split(",") if (member := part.strip(" \t"))]
    keys = {member.partition("=")[0] for member in members}
    valid = len(keys) == len(members) <= _MAX_MEMBERS and all(_MEMBER.fullmatch(member) for member in members)
    return ",".join(members) if valid else ""


def _remote(span: LiveSpan) -> RemoteParent | None:
    top: LiveSpan | None = span
    while top is not None and not isinstance(top, RemoteParent):
        top = top.parent
    return top
