"""Traces over OTLP: what arrives, and what a backend that fails costs the program (one warning)."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

import pytest

pytest.importorskip("opentelemetry.sdk")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http")

from opentelemetry import context, trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from otel.kit import TRACE_ID, Receiver, agent_trace, decoded, make_span, receiver, span_id

import autolog
from autolog import semconv
from autolog._model import Trace, Usage
from autolog._otel.exporter import OtlpExporter, otlp_exporter_from_env
from autolog._otel.hush import hushed

SECRET = "sk-very-secret"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take OpenTelemetry's variables of the surrounding shell away."""
    for name in [n for n in os.environ if n.startswith("OTEL_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def backend() -> Iterator[Receiver]:
    """Receive OTLP on loopback."""
    with receiver() as got:
        yield got


@pytest.fixture
def opened() -> Iterator[Callable[..., OtlpExporter]]:
    """Make exporters that are closed after the test."""
    made: list[OtlpExporter] = []

    def make(exporter: OtlpExporter | None) -> OtlpExporter:
        assert exporter is not None
        made.append(exporter)
        return exporter

    yield make
    for exporter in made:
        exporter.close()


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]


def traces(count: int, *, spans: int = 1) -> list[Trace]:
    found: list[Trace] = []
    for number in range(count):
        trace_id = format(number + 1, "032x")
        found.append(
            Trace(trace_id, tuple(make_span(n + 1, None, "step", "TASK", trace_id=trace_id) for n in range(spans)))
        )
    return found


# What arrives


def test_the_whole_trace_arrives(
    backend: Receiver, opened: Callable[..., OtlpExporter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", backend.url)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop")
    exporter = opened(otlp_exporter_from_env())
    sent = agent_trace()
    exporter.export([sent])
    assert exporter.flush(20)
    assert set(backend.paths) == {"/v1/traces"}
    (request,) = backend.requests
    (resource,) = request.resource_spans
    assert decoded(resource.resource.attributes)["service.name"] == "shop"
    (scope,) = resource.scope_spans
    assert (scope.scope.name, scope.scope.version) == ("autolog", autolog.__version__)
    arrived = {span.span_id.hex(): span for span in backend.spans}
    assert len(arrived) == len(backend.spans) == 10
    for span in sent.spans:
        got = arrived[span.span_id]
        assert got.trace_id.hex() == TRACE_ID
        assert (got.parent_span_id.hex() or None) == span.parent_id
        assert (got.name, got.start_time_unix_nano, got.end_time_unix_nano) == (
            span.name,
            span.start_time_ns,
            span.end_time_ns,
        )
        assert got.status.code == (2 if span.status == "ERROR" else 1)
        attributes = decoded(got.attributes)
        for key, value in span.attributes.items():
            if not key.startswith("gen_ai.usage"):
                plain = isinstance(value, (str, int, float)) or key == semconv.FINISH_REASONS
                assert (attributes[key] if plain else json.loads(attributes[key])) == value
    assert [decoded(e.attributes)["exception.type"] for e in arrived[span_id(9)].events] == ["shop.RefundError"]


def test_tokens_arrive_once(
    backend: Receiver, opened: Callable[..., OtlpExporter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", backend.url)
    exporter = opened(otlp_exporter_from_env())
    sent = agent_trace()
    exporter.export([sent])
    assert exporter.flush(20)
    arrived = [decoded(span.attributes) for span in backend.spans]
    for field, key in (
        ("input_tokens", semconv.USAGE_INPUT_TOKENS),
        ("output_tokens", semconv.USAGE_OUTPUT_TOKENS),
        ("total_tokens", semconv.OPENINFERENCE_TOTAL_TOKENS),
    ):
        assert sum(a.get(key, 0) for a in arrived) == getattr(sent.usage, field)


def test_tokens_arrive_once_where_the_parts_of_a_trace_come_apart(opened: Callable[..., OtlpExporter]) -> None:
    memory = InMemorySpanExporter()
    exporter = opened(OtlpExporter(lambda: memory))
    usage = Usage(10, 5, 15)
    model = make_span(3, 2, "chat", "CHAT_MODEL", usage=usage)
    chain = make_span(2, 1, "runnable", "CHAIN")
    framework = make_span(1, None, "ChatOpenAI", "CHAT_MODEL", usage=usage)
    for part in (model, chain, framework):
        exporter.export([Trace(TRACE_ID, (part,))])
    assert exporter.flush(20)
    sent = {s.name: (s.attributes or {}).get(semconv.USAGE_INPUT_TOKENS) for s in memory.get_finished_spans()}
    assert sent == {"chat": 10, "runnable": None, "ChatOpenAI": None}


def test_spans_that_are_open_wait_for_their_end(opened: Callable[..., OtlpExporter]) -> None:
    memory = InMemorySpanExporter()
    exporter = opened(OtlpExporter(lambda: memory))
    ended, still_open = make_span(2, 1, "child", "TASK"), make_span(1, None, "root", "TASK", end_time_ns=None)
    exporter.export([Trace(TRACE_ID, (still_open, ended))])
    assert exporter.flush(20)
    assert [s.name for s in memory.get_finished_spans()] == ["child"]


# The environment


@pytest.mark.parametrize(
    ("variable", "path"),
    [("OTEL_EXPORTER_OTLP_ENDPOINT", "/base/v1/traces"), ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/base")],
)
def test_endpoint_headers_and_compression(
    variable: str, path: str, backend: Receiver, opened: Callable[..., OtlpExporter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, f"{backend.url}/base")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-mlflow-experiment-id=0,authorization=Basic%20abc")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    exporter = opened(otlp_exporter_from_env())
    exporter.export([agent_trace()])
    assert exporter.flush(20)
    assert backend.paths == [path]
    headers = backend.headers[0]
    assert (headers["x-mlflow-experiment-id"], headers["authorization"]) == ("0", "Basic abc")
    assert headers["content-encoding"] == "gzip"
    assert len(backend.spans) == 10


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "  "},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1", "OTEL_TRACES_EXPORTER": "none"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1", "OTEL_TRACES_EXPORTER": "console"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:1", "OTEL_SDK_DISABLED": "true"},
    ],
)
def test_nothing_is_sent_where_nobody_asked(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert otlp_exporter_from_env() is None


@pytest.mark.parametrize("kinds", ["otlp", "console, otlp", "otlp_proto_http"])
def test_an_exporter_among_others(kinds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1")
    monkeypatch.setenv("OTEL_TRACES_EXPORTER", kinds)
    assert otlp_exporter_from_env() is not None


@pytest.mark.parametrize(
    ("missing", "environment", "fix"),
    [
        ("opentelemetry.sdk.trace.export", {}, "pip install 'autolog-genai[otlp]'"),
        ("opentelemetry.exporter.otlp.proto.http.trace_exporter", {}, "pip install 'autolog-genai[otlp]'"),
        (
            "opentelemetry.exporter.otlp.proto.grpc.trace_exporter",
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
            "pip install opentelemetry-exporter-otlp-proto-grpc",
        ),
        (
            "opentelemetry.exporter.otlp.proto.grpc.trace_exporter",
            {"OTEL_TRACES_EXPORTER": "otlp_proto_grpc"},
            "pip install opentelemetry-exporter-otlp-proto-grpc",
        ),
        ("nothing", {"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"}, "use one of http/protobuf, grpc"),
    ],
)
def test_what_is_missing_costs_one_warning_that_names_the_fix(
    missing: str,
    environment: dict[str, str],
    fix: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(sys.modules, missing, None)
    assert otlp_exporter_from_env() is None
    (warning,) = warnings_of(caplog)
    assert fix in warning


# A backend that fails


def test_a_backend_that_refuses_costs_one_warning_without_secrets(
    backend: Receiver,
    opened: Callable[..., OtlpExporter],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    backend.status = 401
    address = backend.url.removeprefix("http://")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"http://user:{SECRET}@{address}/v1/traces?key={SECRET}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"authorization={SECRET}")
    exporter = opened(otlp_exporter_from_env())
    for part in traces(3):
        exporter.export([part])
        assert not exporter.flush(20)
    (warning,) = warnings_of(caplog)
    assert f"could not send traces to {backend.url}" in warning
    assert "401" in warning
    assert SECRET not in caplog.text + "".join(capfd.readouterr())


def test_nobody_listening_costs_one_warning(
    opened: Callable[..., OtlpExporter], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with receiver() as gone:
        url = gone.url
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{url}/v1/traces?key={SECRET}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    exporter = opened(otlp_exporter_from_env())
    exporter.export(traces(2))
    assert not exporter.flush(20)
    (warning,) = warnings_of(caplog)
    assert f"could not send traces to {url}" in warning
    assert SECRET not in caplog.text


def test_a_slow_backend_holds_nobody_up(
    backend: Receiver, opened: Callable[..., OtlpExporter], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", backend.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "20")
    exporter = opened(otlp_exporter_from_env())
    backend.gate.clear()
    exporter.export(traces(1))
    assert not exporter.flush(0.05)
    assert backend.entered.wait(10)
    exporter.export(traces(2)[1:])  # comes back though nothing has been answered
    assert not backend.requests
    backend.gate.set()
    assert exporter.flush(20)
    assert len(backend.spans) == 2


class Scripted(SpanExporter):
    """An exporter of the SDK that does what a test says."""

    def __init__(self, act: Callable[[Sequence[ReadableSpan]], SpanExportResult]) -> None:
        self.act = act
        self.batches: list[list[str]] = []

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.batches.append([s.name for s in spans])
        return self.act(spans)


def test_an_exporter_that_raises_costs_one_warning(
    opened: Callable[..., OtlpExporter], caplog: pytest.LogCaptureFixture
) -> None:
    def act(spans: Sequence[ReadableSpan]) -> SpanExportResult:
        raise RuntimeError(f"no route to http://me:{SECRET}@host/x?key={SECRET}")

    exporter = opened(OtlpExporter(lambda: Scripted(act)))
    exporter.export(traces(1))
    assert not exporter.flush(20)
    exporter.export(traces(1))
    assert not exporter.flush(20)
    (warning,) = warnings_of(caplog)
    assert "RuntimeError: no route to http://host/x?…" in warning


def test_an_exporter_that_cannot_be_made_costs_one_warning(
    opened: Callable[..., OtlpExporter], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:1")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_CERTIFICATE", "/does/not/exist")
    monkeypatch.setenv("OTEL_PYTHON_EXPORTER_OTLP_HTTP_TRACES_CREDENTIAL_PROVIDER", "nobody")
    exporter = opened(otlp_exporter_from_env())
    exporter.export(traces(1))
    assert not exporter.flush(20)
    assert len(warnings_of(caplog)) == 1


def test_headers_that_cannot_be_read_are_not_logged(
    backend: Receiver,
    opened: Callable[..., OtlpExporter],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", backend.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", f"{SECRET}")
    exporter = opened(otlp_exporter_from_env())
    exporter.export(traces(1))
    assert exporter.flush(20)
    assert SECRET not in caplog.text


def test_too_many_spans_keep_whole_traces_out(
    opened: Callable[..., OtlpExporter], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "5")
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "5")
    go = threading.Event()
    sent: list[tuple[int, int]] = []

    def act(spans: Sequence[ReadableSpan]) -> SpanExportResult:
        go.wait(20)
        sent.extend((s.context.trace_id, s.context.span_id) for s in spans if s.context)
        return SpanExportResult.SUCCESS

    exporter = opened(OtlpExporter(lambda: Scripted(act)))
    first, second, third = traces(3, spans=7)
    exporter.export([first, second])  # the first goes in whole, though it is larger than the queue
    exporter.export([third, second])  # what came too late once stays out, in part as in whole
    assert exporter.dropped_traces == 2
    go.set()
    assert exporter.flush(20)
    assert sorted(sent) == [(1, n) for n in range(1, 8)]
    (warning,) = warnings_of(caplog)
    assert "OTEL_BSP_MAX_QUEUE_SIZE" in warning
    exporter.export([third])
    assert exporter.flush(20)
    assert len(sent) == 7


def test_large_content_goes_in_pieces(opened: Callable[..., OtlpExporter]) -> None:
    scripted = Scripted(lambda _: SpanExportResult.SUCCESS)
    exporter = opened(OtlpExporter(lambda: scripted))
    exporter.export(
        [Trace(TRACE_ID, tuple(make_span(n, None, str(n), "TASK", inputs="x" * 1_400_000) for n in range(1, 6)))]
    )
    assert exporter.flush(20)
    assert sorted(len(batch) for batch in scripted.batches) == [1, 2, 2]
    assert sorted(name for batch in scripted.batches for name in batch) == ["1", "2", "3", "4", "5"]


# The program's own OpenTelemetry


def test_the_programs_own_opentelemetry_is_not_touched(
    opened: Callable[..., OtlpExporter], caplog: pytest.LogCaptureFixture
) -> None:
    provider = trace.get_tracer_provider()
    key = context._SUPPRESS_INSTRUMENTATION_KEY
    suppressed: list[object] = []
    said: list[threading.Thread] = []
    their_log = logging.getLogger("opentelemetry.exporter.otlp.proto.http.trace_exporter")

    def act(_: Sequence[ReadableSpan]) -> SpanExportResult:
        suppressed.append(context.get_value(key))
        their_log.error("ours")
        thread = threading.Thread(target=their_log.error, args=("theirs",))
        thread.start()
        thread.join()
        said.append(thread)
        return SpanExportResult.SUCCESS

    exporter = opened(OtlpExporter(lambda: Scripted(act)))
    exporter.export(traces(1))
    assert exporter.flush(20)
    assert said
    assert suppressed == [True]  # an instrumented HTTP library makes no spans of our requests
    assert trace.get_tracer_provider() is provider
    assert warnings_of(caplog) == ["theirs"]
    exporter.close()
    assert not their_log.filters


def test_closed_means_sent_and_an_export_opens_it_again(opened: Callable[..., OtlpExporter]) -> None:
    memory = InMemorySpanExporter()
    exporter = opened(OtlpExporter(lambda: memory))
    exporter.close()
    exporter.export(traces(1))
    exporter.close()
    assert len(memory.get_finished_spans()) == 1
    exporter.close()
    memory._stopped = False
    exporter.export(traces(1))
    assert exporter.flush(20)
    assert len(memory.get_finished_spans()) == 2


def test_closing_does_not_wait_for_a_backend_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autolog._otel.exporter._CLOSE_TIMEOUT_S", 0.05)
    monkeypatch.setenv("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "1")
    go = threading.Event()

    def act(_: Sequence[ReadableSpan]) -> SpanExportResult:
        go.wait(20)
        return SpanExportResult.SUCCESS

    scripted = Scripted(act)
    exporter = OtlpExporter(lambda: scripted)
    exporter.export(traces(3))
    line = exporter._line
    assert line is not None
    exporter.close()
    assert line.waiting
    go.set()
    while line.waiting:
        threading.Event().wait(0.01)
    assert len(scripted.batches) == 1  # what had not begun is given up


def test_what_the_sdk_says_is_kept_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    exporting, other = logging.getLogger("opentelemetry.exporter.otlp.test"), logging.getLogger("opentelemetry.util.re")
    with hushed() as said:
        exporting.error("no answer: http://me:%s@host/v1?key=%s", SECRET, SECRET)
        other.warning("not a header: %s", SECRET)
    assert said == ["no answer: http://host/v1?…"]
    assert caplog.text == ""


FORK = """
import os, sys
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from otel.kit import make_span
from autolog._model import Trace
from autolog._otel.exporter import OtlpExporter

class Printed(SpanExporter):
    def __init__(self): self.pid = os.getpid()
    def export(self, spans):
        for span in spans:
            os.write(1, f"{span.name} {self.pid == os.getpid()}\\n".encode())
        return SpanExportResult.SUCCESS

def send(name):
    exporter.export([Trace("1" * 32, (make_span(1, None, name, "TASK", trace_id="1" * 32),))])

exporter = OtlpExporter(Printed)
send("first")
assert exporter.flush(20)
send("waiting")
child = os.fork()
if not child:
    assert exporter.flush(20)
    send("child")
    assert exporter.flush(20)
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
assert exporter.flush(20)
exporter.close()
"""


def run_script(script: str, **environment: str) -> str:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **environment, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
def test_a_forked_child_sends_its_own_spans_and_no_others() -> None:
    assert sorted(run_script(FORK).split("\n")) == ["", "child True", "first True", "waiting True"]


# Python 3.11 still starts daemon threads there; from 3.12 on none.
AT_EXIT = """
import atexit, os, threading
from otel.kit import agent_trace
from autolog._otel.exporter import otlp_exporter_from_env

def refuse(thread):
    raise RuntimeError("can't start new thread at interpreter shutdown")

@atexit.register
def send():
    if os.environ["THREADS"] == "no":
        threading.Thread.start = refuse
    exporter = otlp_exporter_from_env()
    exporter.export([agent_trace()])
    assert exporter.flush(20)
    exporter.close()
"""


@pytest.mark.parametrize("threads", ["yes", "no"])
def test_what_is_first_exported_at_exit_arrives(backend: Receiver, threads: str) -> None:
    run_script(AT_EXIT, THREADS=threads, OTEL_EXPORTER_OTLP_ENDPOINT=backend.url, OTEL_SERVICE_NAME="short")
    assert len(backend.spans) == 10
    assert decoded(backend.requests[0].resource_spans[0].resource.attributes)["service.name"] == "short"


def test_settings_and_environment_send_what_the_pipeline_keeps(
    backend: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", backend.url)
    autolog.configure(store=None, exporters=[], capture_content=False)
    with autolog.start_span("answer", span_type="CHAIN") as span:
        span.set_inputs({"question": "secret"})
    assert autolog.flush(20)
    (arrived,) = backend.spans
    attributes = decoded(arrived.attributes)
    assert (arrived.name, attributes["openinference.span.kind"]) == ("answer", "CHAIN")
    assert "secret" not in str(attributes)
