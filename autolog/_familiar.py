"""The members of a trace under the names that MLflow gives them: ``trace.info`` and ``trace.data``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autolog._model import Feedback, Trace
    from autolog._names import Status
    from autolog._span import Span

__all__ = ["TraceData", "TraceInfo"]


class TraceInfo:
    """A trace without its spans. Times are milliseconds since 1970, durations milliseconds."""

    __slots__ = ("_trace",)

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    @property
    def trace_id(self) -> str:
        """The trace's ``trace_id``."""
        return self._trace.trace_id

    request_id = trace_id

    @property
    def status(self) -> Status:
        """The trace's ``status``."""
        return self._trace.status

    state = status

    @property
    def timestamp_ms(self) -> int:
        """When the trace started."""
        return self._trace.start_time_ns // 1_000_000

    request_time = timestamp_ms

    @property
    def execution_time_ms(self) -> int | None:
        """How long its root took, ``None`` while it runs."""
        duration = self._trace.duration_ms
        return None if duration is None else int(duration)

    execution_duration = execution_time_ms

    @property
    def tags(self) -> Mapping[str, str]:
        """The trace's ``tags``."""
        return self._trace.tags

    @property
    def trace_metadata(self) -> Mapping[str, Any]:
        """The trace's ``metadata``."""
        return self._trace.metadata

    request_metadata = trace_metadata

    @property
    def token_usage(self) -> dict[str, int]:
        """The trace's ``usage``, without what is not known."""
        return self._trace.usage.to_dict()

    @property
    def assessments(self) -> list[Feedback]:
        """The trace's ``feedback``."""
        return list(self._trace.feedback)

    @property
    def client_request_id(self) -> str | None:
        """What was given to ``update_current_trace(client_request_id=…)``."""
        return self._trace.metadata.get("client_request_id")

    @property
    def request_preview(self) -> str | None:
        """What was given to ``update_current_trace(request_preview=…)``."""
        return self._trace.metadata.get("request_preview")

    @property
    def response_preview(self) -> str | None:
        """What was given to ``update_current_trace(response_preview=…)``."""
        return self._trace.metadata.get("response_preview")

    def __repr__(self) -> str:
        return f"<TraceInfo {self.trace_id} {self.status}>"


class TraceData:
    """The spans of a trace, and what its root was given and gave as JSON texts."""

    __slots__ = ("_trace",)

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    @property
    def spans(self) -> list[Span]:
        """The trace's ``spans``."""
        return list(self._trace.spans)

    @property
    def request(self) -> str | None:
        """The root's ``inputs``."""
        return _json(self._trace.root.inputs) if self._trace.root is not None else None

    @property
    def response(self) -> str | None:
        """The root's ``outputs``."""
        return _json(self._trace.root.outputs) if self._trace.root is not None else None

    def __repr__(self) -> str:
        return f"<TraceData {len(self._trace.spans)} spans>"


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)
