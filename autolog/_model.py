"""The trace model: what reading a trace gives back, what exporters get and what tests assert on."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast, overload

from autolog._names import Outcome, SpanType, Status
from autolog._span import Event, ExceptionInfo, Span, counted_spans
from autolog._usage import Usage
from autolog.semconv import LOCAL_ROOT

if TYPE_CHECKING:
    from autolog._familiar import TraceData, TraceInfo

__all__ = [
    "Event",
    "ExceptionInfo",
    "Feedback",
    "Outcome",
    "Span",
    "SpanType",
    "Status",
    "Trace",
    "Usage",
    "counted_spans",
]

FORMAT_VERSION: Final = 1


T = TypeVar("T")


class _Once(Generic[T]):
    """A value worked out when it is first asked for. ``functools.cached_property`` has a lock up to Python 3.11, for all
    objects of a class, which a fork can leave locked."""

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self._work_out = work_out
        self.__doc__ = work_out.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> _Once[T]: ...

    @overload
    def __get__(self, instance: object, owner: type) -> T: ...

    def __get__(self, instance: object | None, owner: type) -> _Once[T] | T:
        if instance is None:
            return self
        value = vars(instance)[self._work_out.__name__] = self._work_out(instance)
        return value


@dataclass(frozen=True, slots=True)
class Feedback:
    """What somebody or something thought of a trace: one value a name and source, the last one given."""

    name: str
    value: Any
    rationale: str | None = None
    source: str | None = None
    time_ns: int = 0


@dataclass(frozen=True)
class Trace:
    """All spans with one trace id, in order of start, with their totals counted once."""

    trace_id: str
    spans: tuple[Span, ...]
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    session_id: str | None = None
    user_id: str | None = None
    feedback: tuple[Feedback, ...] = ()
    expectations: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.spans, key=lambda s: s.start_time_ns))
        object.__setattr__(self, "spans", ordered)

    @_Once
    def root(self) -> Span | None:
        """The span without a parent, or under one that is not ours; the earliest of several; ``None`` where none is there."""
        for span in self.spans:
            if span.parent_id is None or span.attributes.get(LOCAL_ROOT):
                return span
        return None

    @property
    def name(self) -> str:
        """The root's name."""
        return self.root.name if self.root else (self.spans[0].name if self.spans else "")

    @property
    def status(self) -> Status:
        """The root's status."""
        return self.root.status if self.root else "IN_PROGRESS"

    @property
    def start_time_ns(self) -> int:
        """When the first span started."""
        return min((s.start_time_ns for s in self.spans), default=0)

    @property
    def end_time_ns(self) -> int | None:
        """When the root ended; ``None`` while it has not."""
        return self.root.end_time_ns if self.root else None

    @property
    def duration_ms(self) -> float | None:
        """The root's milliseconds."""
        return self.root.duration_ms if self.root else None

    @_Once
    def usage(self) -> Usage:
        """Tokens of the whole trace, each counted once: at the deepest span that carries them.

        The total is that of all calls; of one that sent none it is its input and output.
        """
        usages = [span.usage for span in counted_spans(self.spans) if span.usage]
        totals = [n for u in usages if (n := u.counted_total) is not None]
        return replace(sum(usages, Usage()), total_tokens=sum(totals) if totals else None)

    @_Once
    def cost(self) -> float | None:
        """US dollars of all priced calls, each counted once; ``None`` where no call has a known price."""
        known = [s.cost for s in counted_spans(self.spans) if s.cost is not None]
        return sum(known) if known else None

    @property
    def info(self) -> TraceInfo:
        """The trace without its spans, under the names of MLflow."""
        from autolog._familiar import TraceInfo

        return TraceInfo(self)

    @property
    def data(self) -> TraceData:
        """The trace's spans, under the names of MLflow."""
        from autolog._familiar import TraceData

        return TraceData(self)

    def search_spans(
        self, name: str | re.Pattern[str] | None = None, span_type: str | None = None, span_id: str | None = None
    ) -> list[Span]:
        """Give the spans of this name (or that a compiled pattern is found in), type and id, in order of start."""
        return [
            s
            for s in self.spans
            if (name is None or (s.name == name if isinstance(name, str) else name.search(s.name)))
            and (span_type is None or s.span_type == span_type)
            and (span_id is None or s.span_id == span_id)
        ]

    def children(self, span: Span | None) -> list[Span]:
        """Give the direct children of a span, in order of start; of ``None``, the spans without a known parent."""
        if span is not None:
            return [s for s in self.spans if s.parent_id == span.span_id]
        ids = {s.span_id for s in self.spans}
        return [s for s in self.spans if s.parent_id not in ids]

    def with_spans(self, spans: Iterable[Span]) -> Trace:
        """Give the same trace with other spans."""
        return replace(self, spans=tuple(spans))

    def __repr__(self) -> str:
        return f"<Trace {self.name!r} {self.status} {len(self.spans)} spans {self.trace_id}>"

    def to_dict(self) -> dict[str, Any]:
        """Give the trace as plain values: its own members, its totals, and its spans."""
        said: dict[str, Any] = {}
        if self.feedback:
            said["feedback"] = [asdict(f) for f in self.feedback]
        if self.expectations:
            said["expectations"] = dict(self.expectations)
        return {
            "format": FORMAT_VERSION,
            "trace_id": self.trace_id,
            "name": self.name,
            "status": self.status,
            "start_time_ns": self.start_time_ns,
            "end_time_ns": self.end_time_ns,
            "usage": self.usage.to_dict(),
            "cost": self.cost,
            "tags": dict(self.tags),
            "metadata": dict(self.metadata),
            "session_id": self.session_id,
            "user_id": self.user_id,
            **said,
            "spans": [s.to_dict() for s in self.spans],
        }

    def to_json(self, pretty: bool = False, *, indent: int | None = None) -> str:  # noqa: FBT001, FBT002
        r"""Give the trace as JSON text, which :meth:`from_json` reads back; lone surrogates are spelled ``\udXXX``.

        ``pretty``, by MLflow's name, is an ``indent`` of 2.
        """
        text = json.dumps(self.to_dict(), ensure_ascii=False, indent=2 if pretty and indent is None else indent)
        # UTF-8 has no lone surrogates; JSON has a spelling of them, which this is.
        return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """Give the trace as one HTML page that needs no network, and with ``path`` write it there. Raises ``OSError``."""
        from autolog._view.page import html

        return html([self], path)

    def _repr_html_(self) -> str:
        from autolog._view.output import output_html

        return output_html([self])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:  # noqa: ARG002
        from autolog._view.output import mimebundle

        return mimebundle([self])

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Trace:
        """Read what :meth:`to_dict` gave. Raises ``ValueError`` saying what is wrong with it."""
        version = data.get("format", FORMAT_VERSION)
        if version != FORMAT_VERSION:
            raise ValueError(
                f"a trace of format {version}, and this autolog reads format {FORMAT_VERSION}: upgrade autolog-genai"
            )
        try:
            return Trace(
                trace_id=data["trace_id"],
                spans=tuple(Span.from_dict(s) for s in data["spans"]),
                tags=dict(data.get("tags") or {}),
                metadata=dict(data.get("metadata") or {}),
                session_id=data.get("session_id"),
                user_id=data.get("user_id"),
                feedback=tuple(Feedback(**f) for f in data.get("feedback") or ()),
                expectations=dict(data.get("expectations") or {}),
            )
        except (KeyError, TypeError, AttributeError) as e:
            raise ValueError(f"not a trace that Trace.to_dict() wrote: {type(e).__name__}: {e}") from e

    @staticmethod
    def from_json(text: str | bytes) -> Trace:
        """Read what :meth:`to_json` gave. Raises ``ValueError`` saying what is wrong with it."""
        data = json.loads(text)
        if not isinstance(data, dict):
            raise ValueError(f"a trace is a JSON object, and this is a {type(data).__name__}")
        return Trace.from_dict(cast("dict[str, Any]", data))
