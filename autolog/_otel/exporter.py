"""Send traces over OTLP, through the SDK's own exporter, where OpenTelemetry's environment variables say."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from autolog._model import Trace
from autolog._otel.hush import hushed, unhush

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

    from autolog._otel.line import Line
    from autolog._otel.overlay import Profile

__all__ = ["OtlpExporter", "otlp_exporter_from_env"]

_log = logging.getLogger("autolog")

_CLOSE_TIMEOUT_S: Final = 5.0
_EXTRA: Final = "'autolog-genai[otlp]'"
# By protocol, as the specification names them: where the SDK's exporter is, and what to install for it.
_EXPORTERS: Final[Mapping[str, tuple[str, str]]] = {
    "http/protobuf": ("opentelemetry.exporter.otlp.proto.http.trace_exporter", _EXTRA),
    "grpc": ("opentelemetry.exporter.otlp.proto.grpc.trace_exporter", "opentelemetry-exporter-otlp-proto-grpc"),
}


class OtlpExporter:
    """Hands ended spans to the SDK's batch processor, whose own thread sends them: a slow backend holds nobody up.

    ``make`` makes the SDK's exporter, ``endpoint`` names it in the one warning that a failure costs. The program's
    global tracer provider is not touched.
    """

    def __init__(self, make: Callable[[], SpanExporter], *, endpoint: str = "OTLP", profile: Profile = "all") -> None:
        self._make = make
        self._endpoint = endpoint
        self._profile: Profile = profile
        self._warned = False
        self._line: Line | None = None
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self.dropped_traces = 0

    def export(self, traces: Sequence[Trace]) -> None:
        """Queue these parts of traces. Spans that have not ended are left out."""
        line = self._current() or self._open()
        with hushed():
            for trace in traces:
                if not line.add(trace):
                    self.dropped_traces += 1
                    self._warn(
                        f"it is slower than the program, and {line.limit} spans wait (OTEL_BSP_MAX_QUEUE_SIZE); "
                        "the traces that come on top are not sent"
                    )

    def flush(self, timeout_s: float) -> bool:
        """Send what waits; tell whether all of it arrived within so many seconds."""
        line = self._current()
        return True if line is None else line.flush(timeout_s)

    def close(self) -> None:
        """Send what waits, for a few seconds, and stop the thread; an export after it starts again."""
        line, self._line = self._current(), None
        if line is not None:
            line.close(_CLOSE_TIMEOUT_S)
            unhush()

    def _current(self) -> Line | None:
        if self._pid != os.getpid():  # the SDK starts its thread anew in a forked child; the rest is ours
            self._pid = os.getpid()
            self._lock = threading.Lock()
            self.dropped_traces = 0
            if self._line is not None:
                self._line.after_fork()
        return self._line

    def _open(self) -> Line:
        from autolog._otel.line import Line  # before the hush, which reaches the loggers that exist

        with self._lock, hushed():
            if self._line is None:
                self._line = Line(self._make, self._warn, self._profile)
            return self._line

    def _warn(self, reason: str) -> None:
        if not self._warned:
            self._warned = True
            _log.warning(
                "autolog could not send traces to %s: %s. Your program is not affected. It is said once.",
                self._endpoint,
                reason.rstrip("."),
            )


def otlp_exporter_from_env(*, profile: Profile = "all") -> OtlpExporter | None:
    """Give the exporter that OpenTelemetry's environment variables describe; ``None`` where they name no endpoint.

    ``profile`` says which attribute names are sent (AUTOLOG_OTLP_PROFILE). Where the packages are missing, or the
    protocol is unknown, there is one warning that names the fix, and ``None``.
    """
    endpoint = _signal(os.environ, "ENDPOINT")
    kinds = [kind.strip().lower() for kind in os.environ.get("OTEL_TRACES_EXPORTER", "").split(",") if kind.strip()]
    chosen = next((kind for kind in kinds if kind.startswith("otlp")), None)
    disabled = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if not endpoint or disabled or (kinds and chosen is None):
        return None
    # The SDK's own names for the exporter say the protocol too.
    protocol = {"otlp_proto_http": "http/protobuf", "otlp_proto_grpc": "grpc"}.get(chosen or "")
    protocol = protocol or _signal(os.environ, "PROTOCOL").lower() or "http/protobuf"
    make = _maker(protocol)
    return None if make is None else OtlpExporter(make, endpoint=_address(endpoint), profile=profile)


def _signal(environ: Mapping[str, str], name: str) -> str:
    specific = environ.get(f"OTEL_EXPORTER_OTLP_TRACES_{name}", "").strip()
    return specific or environ.get(f"OTEL_EXPORTER_OTLP_{name}", "").strip()


def _maker(protocol: str) -> Callable[[], SpanExporter] | None:
    if protocol not in _EXPORTERS:
        _log.warning(
            "autolog sends no traces over OTLP: OTEL_EXPORTER_OTLP_PROTOCOL=%r is not known; use one of %s",
            protocol,
            ", ".join(_EXPORTERS),
        )
        return None
    package = _EXTRA
    try:
        import_module("opentelemetry.sdk.trace.export")
        module, package = _EXPORTERS[protocol]
        make: Callable[[], SpanExporter] = import_module(module).OTLPSpanExporter
    except ImportError as e:
        _log.warning("autolog sends no traces over OTLP, which needs: pip install %s (%s)", package, e)
        return None
    return make


def _address(endpoint: str) -> str:
    """Give the endpoint without what may hold a key."""
    try:
        parts = urlsplit(endpoint if "//" in endpoint else f"//{endpoint}")
        return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return "the OTLP endpoint"
