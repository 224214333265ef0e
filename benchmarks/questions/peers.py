"""What do other tracers add to the calling thread, in the same scenarios?"""

from __future__ import annotations

from collections.abc import Iterator

from measuring.environments import PACKAGES
from measuring.table import Table

from questions.calls import CHAT, STREAM, added

_TRACERS = ("autolog", "genai-openai", "openinference", "langfuse", "logfire", "mlflow")


def ask(*, quick: bool) -> Iterator[Table]:  # noqa: ARG001
    """Count a chat and a stream with each, in an environment of its own, with content kept."""
    rows: list[tuple[object, ...]] = []
    for tracer in _TRACERS:
        package = "autolog" if tracer == "autolog" else PACKAGES[tracer][-1].replace("==", " ")
        try:
            found = added(tracer, tracer, (CHAT, STREAM))
        except Exception as e:  # one that cannot be installed or fails here must not cost the others
            rows.append((package, f"could not be measured: {str(e).splitlines()[0]}", ""))
            continue
        rows.append((package, found[CHAT].mean, found[STREAM].mean))
    yield Table(
        title="Instructions added to the calling thread, a call, by tracer",
        columns=("tracer", "chat", "stream of 200 chunks"),
        rows=rows,
    )
