"""A span as it was recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from autolog._names import Outcome, Status
from autolog._usage import Usage

__all__ = ["Event", "ExceptionInfo", "Span", "counted_spans"]


@dataclass(frozen=True, slots=True)
class ExceptionInfo:
    """The exception that a call raised: ``type`` (qualified name), ``message``, ``traceback`` (text) or ``None``."""

    type: str
    message: str
    traceback: str | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at a moment inside a span."""

    name: str
    time_ns: int
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Span:
    """One timed operation, as it was recorded. Ids are lower-case hex (W3C), times nanoseconds since 1970."""

    span_id: str
    trace_id: str
    parent_id: str | None
    name: str
    span_type: str
    status: Status
    start_time_ns: int
    end_time_ns: int | None
    outcome: Outcome | None = None
    inputs: Any = None
    outputs: Any = None
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])
    events: tuple[Event, ...] = ()
    usage: Usage | None = None
    cost: float | None = None
    exception: ExceptionInfo | None = None

    @property
    def duration_ms(self) -> float | None:
        """Milliseconds from start to end, ``None`` while the span is open."""
        return None if self.end_time_ns is None else (self.end_time_ns - self.start_time_ns) / 1e6

    @property
    def request_id(self) -> str:
        """The ``trace_id``, by its older name."""
        return self.trace_id

    def get_attribute(self, key: str) -> Any:
        """Give an attribute, ``None`` where there is none of this name."""
        return self.attributes.get(key)

    def __repr__(self) -> str:
        return f"<Span {self.name!r} {self.span_type} {self.status} {self.span_id}>"

    def to_dict(self) -> dict[str, Any]:
        """Give the span as plain values, with absent members left out."""
        data: dict[str, Any] = {
            "span_id": self.span_id,
            "trace_id": self.trace_id,
            "parent_id": self.parent_id,
            "name": self.name,
            "span_type": self.span_type,
            "status": self.status,
            "outcome": self.outcome,
            "start_time_ns": self.start_time_ns,
            "end_time_ns": self.end_time_ns,
            "inputs": self.inputs,
            "outputs": self.outputs,
            "attributes": dict(self.attributes),
            "events": [{"name": e.name, "time_ns": e.time_ns, "attributes": dict(e.attributes)} for e in self.events],
            "usage": self.usage.to_dict() if self.usage else None,
            "cost": self.cost,
            "exception": asdict(self.exception) if self.exception else None,
        }
        required = ("span_id", "trace_id", "parent_id", "name", "span_type", "status", "start_time_ns", "end_time_ns")
        # What a call was given may be an empty object, which is not nothing.
        content = ("inputs", "outputs")
        return {
            k: v
            for k, v in data.items()
            if k in required or (v is not None and (k in content or (v != {} and v != [])))
        }

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Span:
        """Read what :meth:`to_dict` gave. Raises ``KeyError`` where a required member is missing."""
        exception = data.get("exception")
        usage = data.get("usage")
        return Span(
            span_id=data["span_id"],
            trace_id=data["trace_id"],
            parent_id=data.get("parent_id"),
            name=data["name"],
            span_type=data["span_type"],
            status=data["status"],
            outcome=data.get("outcome"),
            start_time_ns=data["start_time_ns"],
            end_time_ns=data.get("end_time_ns"),
            inputs=data.get("inputs"),
            outputs=data.get("outputs"),
            attributes=dict(data.get("attributes") or {}),
            events=tuple(
                Event(e["name"], e["time_ns"], dict(e.get("attributes") or {})) for e in data.get("events") or ()
            ),
            usage=Usage(**usage) if usage else None,
            cost=data.get("cost"),
            exception=ExceptionInfo(**exception) if exception else None,
        )


def counted_spans(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield the spans whose usage and cost count in the total: each deepest span that carries usage.

    A framework's model span and the HTTP call below it report the same tokens; only the inner one counts.
    """
    by_id = {s.span_id: s for s in spans}
    covered: set[str] = set()
    for span in by_id.values():
        if not span.usage:
            continue
        parent = by_id.get(span.parent_id or "")
        while parent is not None and parent.span_id not in covered:
            covered.add(parent.span_id)
            parent = by_id.get(parent.parent_id or "")
    for span in by_id.values():
        if span.usage and span.span_id not in covered:
            yield span
