"""What the tracing room tells a bridge to another tracing system (OpenTelemetry's, in the room `_otel`)."""

from __future__ import annotations

from typing import Any, Protocol

from autolog._tracing.span import LiveSpan

__all__ = ["Bridge"]


class Bridge(Protocol):
    """Mirrors our spans into another tracing system while they run. None of its methods may raise."""

    def started(self, span: LiveSpan) -> None:
        """Start the mirrored span and give ours its ids (:meth:`LiveSpan.adopt_ids`).

        What it sets as ``span.bridged`` has this bridge as its ``bridge``, which is told when the span ends.
        """
        ...

    def activated(self, span: LiveSpan) -> Any:
        """Make the mirrored span current; what is given back goes to :meth:`deactivated`."""
        ...

    def deactivated(self, token: Any) -> None:
        """Undo :meth:`activated`."""
        ...

    def ended(self, span: LiveSpan) -> None:
        """Complete the mirrored span's attributes and end it."""
        ...
