"""What does a span of the program's own cost?"""

from __future__ import annotations

from collections.abc import Iterator

from measuring.callgrind import count
from measuring.environments import python_of
from measuring.table import Table


def ask(*, quick: bool) -> Iterator[Table]:  # noqa: ARG001
    """Count `start_span` and `@trace` against the OpenTelemetry SDK's `start_as_current_span`."""
    ours = count(python_of("autolog"), "count_spans", "autolog")
    theirs = count(python_of("openinference"), "count_spans", "otel")
    rows = [
        (title, ours[key], theirs[key], f"{theirs[key] / ours[key]:.1f} x")
        for title, key in (
            ("start and end", "bare"),
            ("with small inputs and outputs", "content"),
            ("a decorated function; theirs keeps no inputs and outputs", "decorated"),
        )
    ]
    yield Table(
        title="Instructions of a span of one's own",
        columns=("span", "autolog", "OpenTelemetry SDK", "ratio"),
        rows=rows,
        notes=("The SDK's span has its inputs and outputs as JSON, which is what it can hold.",),
    )
