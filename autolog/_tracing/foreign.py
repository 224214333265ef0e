"""The span of another tracing system that a trace began under, noted so that the two can be laid side by side."""

from __future__ import annotations

import sys

__all__ = ["foreign_context"]


def foreign_context() -> tuple[int, int] | None:
    """Give OpenTelemetry's current trace and span id, where a program has OpenTelemetry loaded and a span open."""
    module = sys.modules.get("opentelemetry.trace")
    if module is None:
        return None
    try:
        context = module.get_current_span().get_span_context()
        return (context.trace_id, context.span_id) if context.is_valid else None
    except Exception:  # a half-imported or replaced module: a note is not worth an error
        return None
