"""Our spans inside the program's own tracing: one tree, both ways, and never a trace of us where it fails."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import sys
import types
from collections.abc import Generator, Iterator, Sequence
from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk")

from opentelemetry import context as otel_context
from opentelemetry import trace as otel
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, Decision, ParentBased, Sampler, SamplingResult
from opentelemetry.trace import SpanKind, StatusCode

import autolog
from autolog import semconv
from autolog._otel.bridge import ProviderBridge
from autolog._otel.propagation import extract
from autolog._patching.patcher import Patcher
from autolog._tracing import guard
from autolog._tracing.context import activate, deactivate
from autolog._tracing.span import LiveSpan, runtime
from autolog.integration import Begin, Fields, Operation, Usage


class Joined:
    """A program's provider, joined, with what both sides recorded."""

    def __init__(self, **options: Any) -> None:
        self.memory = InMemorySpanExporter()
        self.provider = TracerProvider(shutdown_on_exit=False, **options)
        self.provider.add_span_processor(SimpleSpanProcessor(self.memory))
        self.tracer = self.provider.get_tracer("program")
        self.ours = autolog.MemoryExporter()

    def connect(self, **settings: Any) -> Joined:
        autolog.configure(store=None, exporters=[self.ours], tracer_provider=self.provider, **settings)
        return self

    @property
    def theirs(self) -> dict[str, Any]:
        return {s.name: s for s in self.memory.get_finished_spans()}

    @property
    def recorded(self) -> dict[str, autolog.Span]:
        assert autolog.flush()
        return {s.name: s for t in self.ours.traces for s in t.spans}

    def parents(self) -> dict[str, str | None]:
        """Give each of the provider's spans the name of its parent."""
        names = {s.context.span_id: s.name for s in self.memory.get_finished_spans()}
        return {
            s.name: None if s.parent is None else names.get(s.parent.span_id, "elsewhere")
            for s in self.memory.get_finished_spans()
        }


@pytest.fixture(autouse=True)
def nothing_current() -> Iterator[None]:
    """Fail a test that leaves a span of OpenTelemetry's current."""
    before = otel_context.get_current()
    yield
    assert otel_context.get_current() is before


@pytest.fixture
def joined() -> Joined:
    """Join a provider that keeps its spans in memory."""
    return Joined().connect()


def read(call: Any) -> Fields:
    return Fields(
        operation="chat",
        provider="openai",
        request_model="gpt-4o-mini",
        response_model="gpt-4o-mini-2024",
        input_messages=[{"role": "user", "parts": [{"type": "text", "content": call.capture}]}],
        usage=Usage(10, 5, 15),
    )


def start(instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Begin:
    attributes = {
        semconv.OPERATION_NAME: "chat",
        semconv.PROVIDER_NAME: "openai",
        semconv.REQUEST_MODEL: "gpt-4o-mini",
        semconv.SERVER_ADDRESS: "api.openai.com",
        "not.known.before.the.end": True,
    }
    return Begin("chat gpt-4o-mini", "CHAT_MODEL", capture=args[0], attributes=attributes)


@pytest.fixture
def library(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Give a library with a sync and an async call, both traced, which make a request of their own inside."""

    def post(text: str) -> str:
        with joined.tracer.start_as_current_span("HTTP POST"):
            if text == "fail":
                raise LookupError("no such model")
            return text.upper()

    class Client:
        def call(self, text: str) -> str:
            return post(text)

        async def acall(self, text: str) -> str:
            await asyncio.sleep(0)
            return post(text)

    module = types.ModuleType("toy_library")
    module.Client = Client  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "toy_library", module)
    patcher = Patcher("toy")
    for name in ("call", "acall"):
        patcher.trace(Operation(target=f"toy_library:Client.{name}", start=start, read=read))
    yield Client()
    patcher.undo()


def run(client: Any, how: str, text: str) -> str:
    return client.call(text) if how == "sync" else asyncio.run(client.acall(text))


# One tree


@pytest.mark.parametrize("how", ["sync", "async"])
def test_the_call_lies_between_the_programs_span_and_the_requests(joined: Joined, library: Any, how: str) -> None:
    with joined.tracer.start_as_current_span("GET /answer") as outer:
        assert run(library, how, "hi") == "HI"
        assert otel.get_current_span() is outer
    assert joined.parents() == {"GET /answer": None, "chat gpt-4o-mini": "GET /answer", "HTTP POST": "chat gpt-4o-mini"}
    theirs, ours = joined.theirs["chat gpt-4o-mini"], joined.recorded["chat gpt-4o-mini"]
    assert ours.trace_id == format(outer.get_span_context().trace_id, "032x")
    assert ours.span_id == format(theirs.context.span_id, "016x")
    assert ours.parent_id == format(outer.get_span_context().span_id, "016x")
    assert (ours.start_time_ns, ours.end_time_ns) == (theirs.start_time, theirs.end_time)


@pytest.mark.parametrize("how", ["sync", "async"])
def test_a_call_alone_is_a_root_on_both_sides(joined: Joined, library: Any, how: str) -> None:
    run(library, how, "hi")
    assert joined.parents() == {"chat gpt-4o-mini": None, "HTTP POST": "chat gpt-4o-mini"}
    ours = joined.recorded["chat gpt-4o-mini"]
    assert ours.parent_id is None
    assert ours.trace_id == format(joined.theirs["HTTP POST"].context.trace_id, "032x")


def test_the_programs_spans_between_ours_stay_between(joined: Joined, library: Any) -> None:
    with autolog.start_span("agent", span_type="AGENT"), joined.tracer.start_as_current_span("step"):
        library.call("hi")
    assert joined.parents() == {
        "agent": None,
        "step": "agent",
        "chat gpt-4o-mini": "step",
        "HTTP POST": "chat gpt-4o-mini",
    }
    # Our own tree has no span of theirs in it, and stays one tree.
    ours = joined.recorded
    assert ours["chat gpt-4o-mini"].parent_id == ours["agent"].span_id


def test_a_parent_that_is_named_goes_before_what_is_current(joined: Joined) -> None:
    with autolog.start_span("agent") as agent, joined.tracer.start_as_current_span("somewhere else"):
        first = LiveSpan("first", parent=agent)
        second = LiveSpan("second", parent=first)  # first is not current
        second.end()
        first.end()
    assert joined.parents() == {"agent": None, "somewhere else": "agent", "first": "somewhere else", "second": "first"}


def test_the_programs_other_traces_take_none_of_our_spans(joined: Joined) -> None:
    with autolog.start_span("agent") as agent:
        token = otel_context.attach(otel.set_span_in_context(otel.INVALID_SPAN))
        with joined.tracer.start_as_current_span("another trace") as other, autolog.start_span("child"):
            assert other.get_span_context().trace_id != agent.trace.trace_id
        otel_context.detach(token)
    assert joined.parents() == {"agent": None, "another trace": None, "child": "agent"}
    assert joined.recorded["child"].trace_id == agent.trace_id


async def test_tasks_nest_under_the_span_that_started_them(joined: Joined) -> None:
    async def work(name: str) -> None:
        async with autolog.start_span(name):
            await asyncio.sleep(0)
            with joined.tracer.start_as_current_span(f"request of {name}"):
                await asyncio.sleep(0)

    async with autolog.start_span("agent"):
        await asyncio.gather(work("a"), work("b"))
    assert joined.parents() == {
        "agent": None,
        "a": "agent",
        "b": "agent",
        "request of a": "a",
        "request of b": "b",
    }


def test_a_child_of_a_span_that_was_stored_already(joined: Joined) -> None:
    with autolog.start_span("agent") as agent:
        pass
    assert autolog.flush()
    late = LiveSpan("late", parent=agent)
    late.end()
    assert joined.parents() == {"agent": None, "late": "agent"}
    assert joined.recorded["late"].trace_id == agent.trace_id


def test_a_remote_parent_is_the_parent_on_both_sides(joined: Joined) -> None:
    headers = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "a=1"}
    activation = activate(extract(headers))
    with autolog.start_span("handler"):
        pass
    with joined.tracer.start_as_current_span("theirs"):
        pass
    deactivate(activation)
    for name in ("handler", "theirs"):
        span = joined.theirs[name]
        assert format(span.context.trace_id, "032x") == "0af7651916cd43dd8448eb211c80319c"
        assert (format(span.parent.span_id, "016x"), span.parent.is_remote) == ("b7ad6b7169203331", True)
        assert dict(span.context.trace_state) == {"a": "1"}
    assert joined.recorded["handler"].parent_id == "b7ad6b7169203331"


def test_a_remote_span_of_the_programs_is_our_parent(joined: Joined) -> None:
    remote = otel.SpanContext(0xABC, 0xDEF, is_remote=True, trace_flags=otel.TraceFlags(1))
    token = otel_context.attach(otel.set_span_in_context(otel.NonRecordingSpan(remote)))
    with autolog.start_span("handler"):
        pass
    otel_context.detach(token)
    ours = joined.recorded["handler"]
    assert (int(ours.trace_id, 16), int(ours.parent_id or "0", 16)) == (0xABC, 0xDEF)


# What the provider's spans hold


def test_samplers_see_what_is_known_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, Any, dict[str, Any]]] = []

    class Watching(Sampler):
        def should_sample(
            self,
            parent_context: Any,
            trace_id: int,
            name: str,
            kind: Any = None,
            attributes: Any = None,
            links: Sequence[Any] | None = None,
            trace_state: Any = None,
        ) -> SamplingResult:
            seen.append((name, kind, dict(attributes or {})))
            return SamplingResult(Decision.RECORD_AND_SAMPLE, attributes)

        def get_description(self) -> str:
            return "watching"

    joined = Joined(sampler=Watching()).connect()
    span = LiveSpan("chat gpt-4o-mini", "CHAT_MODEL", attributes=start(None, ("hi",), {}).attributes)
    span.end()
    assert seen == [
        (
            "chat gpt-4o-mini",
            SpanKind.CLIENT,
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.provider.name": "openai",
                "gen_ai.request.model": "gpt-4o-mini",
                "server.address": "api.openai.com",
            },
        )
    ]
    assert joined.theirs["chat gpt-4o-mini"].attributes["not.known.before.the.end"] is True


def test_the_span_is_complete_when_it_ends(joined: Joined, library: Any) -> None:
    library.call("hi")
    span = joined.theirs["chat gpt-4o-mini"]
    assert span.kind is SpanKind.CLIENT
    assert span.status.status_code is StatusCode.OK
    assert span.instrumentation_scope.name == "autolog"
    attributes = span.attributes
    assert attributes[semconv.RESPONSE_MODEL] == "gpt-4o-mini-2024"
    assert (attributes[semconv.USAGE_INPUT_TOKENS], attributes[semconv.OPENINFERENCE_TOTAL_TOKENS]) == (10, 15)
    assert attributes[semconv.INPUT_MESSAGES] == '[{"role": "user", "parts": [{"type": "text", "content": "hi"}]}]'
    assert joined.recorded["chat gpt-4o-mini"].usage == Usage(10, 5, 15)


def test_content_that_is_not_captured_is_not_in_it(library: Any) -> None:
    quiet = Joined().connect(capture_content=False)
    library.call("a secret")
    span = quiet.theirs["chat gpt-4o-mini"]
    assert "secret" not in str(dict(span.attributes))
    assert span.attributes[semconv.USAGE_INPUT_TOKENS] == 10


@pytest.mark.parametrize("how", ["sync", "async"])
def test_an_exception_passes_and_is_recorded(joined: Joined, library: Any, how: str) -> None:
    with pytest.raises(LookupError, match="no such model"):
        run(library, how, "fail")
    span = joined.theirs["chat gpt-4o-mini"]
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "LookupError: no such model")
    (event,) = span.events
    assert event.name == "exception"
    assert event.attributes["exception.type"] == "LookupError"
    assert "no such model" in event.attributes["exception.stacktrace"]


def test_usage_is_sent_by_the_deepest_span_alone(joined: Joined, library: Any) -> None:
    framework = LiveSpan("ChatOpenAI", "CHAT_MODEL", capture="hi", read=read)
    activation = activate(framework)
    library.call("hi")
    deactivate(activation)
    framework.end()
    assert semconv.USAGE_INPUT_TOKENS in joined.theirs["chat gpt-4o-mini"].attributes
    assert semconv.USAGE_INPUT_TOKENS not in joined.theirs["ChatOpenAI"].attributes


def test_what_a_processor_drops_is_sent_without_what_it_held(joined: Joined) -> None:
    joined.connect(processors=[lambda span: None])
    with autolog.start_span("step", attributes={"key": "value"}) as span:
        span.set_inputs("secret")
    assert dict(joined.theirs["step"].attributes) == {}
    assert joined.recorded == {}


# Providers that do not record


def test_a_span_that_is_not_sampled_is_ours_all_the_same() -> None:
    joined = Joined(sampler=ParentBased(ALWAYS_OFF)).connect()
    with autolog.start_span("agent") as agent:
        current = otel.get_current_span().get_span_context()
        assert (format(current.trace_id, "032x"), format(current.span_id, "016x")) == (agent.trace_id, agent.span_id)
        assert not current.trace_flags.sampled
        with joined.tracer.start_as_current_span("theirs") as theirs, autolog.start_span("child") as child:
            assert not theirs.is_recording()
            assert child.trace_id == agent.trace_id
    assert joined.theirs == {}
    assert joined.recorded["child"].parent_id == joined.recorded["agent"].span_id


@pytest.mark.parametrize("provider", [otel.NoOpTracerProvider(), otel.ProxyTracerProvider(), "global"])
@pytest.mark.parametrize("under", [otel.INVALID_SPAN_CONTEXT, otel.SpanContext(1, 2, is_remote=True)])
def test_a_provider_that_does_nothing_changes_nothing(
    provider: Any, under: otel.SpanContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(otel, "_TRACER_PROVIDER", None)
    memory = autolog.MemoryExporter()
    autolog.configure(store=None, exporters=[memory], tracer_provider=provider)
    token = otel_context.attach(otel.set_span_in_context(otel.NonRecordingSpan(under)))
    current = otel_context.get_current()
    with autolog.start_span("agent") as agent, autolog.start_span("child"):
        assert otel_context.get_current() is current
    otel_context.detach(token)
    assert autolog.flush()
    (trace,) = memory.traces
    assert trace.trace_id == agent.trace_id != format(1, "032x")
    assert [s.parent_id for s in trace.spans] == [None, agent.span_id]


def test_the_global_provider_may_come_later(joined: Joined, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otel, "_TRACER_PROVIDER", None)
    autolog.configure(tracer_provider="global")
    with autolog.start_span("before"):
        monkeypatch.setattr(otel, "_TRACER_PROVIDER", joined.provider)
        with autolog.start_span("after"):
            pass
    with autolog.start_span("later"):
        pass
    assert joined.parents() == {"after": "elsewhere", "later": None}
    assert joined.recorded["after"].trace_id == joined.recorded["before"].trace_id


@pytest.mark.parametrize("block", ["autolog", "opentelemetry"])
def test_suppressed_blocks_make_no_spans_of_the_providers(joined: Joined, block: str) -> None:
    if block == "autolog":
        with autolog.suppress(), autolog.start_span("quiet"):
            pass
    else:
        token = otel_context.attach(otel_context.set_value(otel_context._SUPPRESS_INSTRUMENTATION_KEY, True))
        with autolog.start_span("quiet"):
            pass
        otel_context.detach(token)
    assert joined.theirs == {}


def test_what_is_no_provider_is_refused() -> None:
    with pytest.raises(TypeError, match="is an OpenTelemetry TracerProvider or 'global', not 'local'"):
        ProviderBridge("local", complete=lambda span: None)


# When things go wrong


@pytest.fixture
def lenient(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[BaseException]]:
    """Let failures of ours be swallowed, as they are for users."""
    monkeypatch.delenv("AUTOLOG_RAISE_ERRORS")
    yield guard.reported
    guard.reported.clear()


class Broken:
    """A provider whose every span raises."""

    def get_tracer(self, *args: Any) -> Any:
        return self

    def start_span(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError("out of order")


def test_a_provider_that_raises_does_not_reach_the_program(lenient: list[BaseException]) -> None:
    memory = autolog.MemoryExporter()
    autolog.configure(store=None, exporters=[memory], tracer_provider=Broken())
    with autolog.start_span("agent"):
        pass
    assert autolog.flush()
    assert [s.name for s in memory.traces[0].spans] == ["agent"]
    assert [str(e) for e in lenient] == ["out of order"]


def test_a_span_ends_though_it_cannot_be_completed(lenient: list[BaseException]) -> None:
    joined = Joined()

    def complete(span: LiveSpan) -> Any:
        raise RuntimeError("unreadable")

    runtime.bridge = ProviderBridge(joined.provider, complete=complete)
    span = LiveSpan("call")
    span.end()
    assert joined.theirs["call"].end_time == span.end_time_ns
    assert [str(e) for e in lenient] == ["unreadable"]


def test_a_span_that_the_program_ends_itself_is_left_alone(joined: Joined, caplog: pytest.LogCaptureFixture) -> None:
    with autolog.start_span("agent") as span:
        otel.get_current_span().end()
        span.set_attribute("late", 1)
    assert "late" not in joined.theirs["agent"].attributes
    assert caplog.text == ""
    assert joined.recorded["agent"].attributes["late"] == 1


def test_a_bridge_taken_away_in_between_leaves_nothing_current(joined: Joined) -> None:
    with autolog.start_span("agent"):
        autolog.configure(tracer_provider=None)
    assert not otel.get_current_span().get_span_context().is_valid
    assert joined.theirs["agent"].status.status_code is StatusCode.OK


def test_a_generator_that_is_closed_elsewhere_says_nothing(joined: Joined, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    def items() -> Generator[int]:
        with autolog.start_span("stream"):
            yield 1
            yield 2

    def first(stream: Generator[int]) -> int:
        return next(stream)

    stream = items()
    first_context = contextvars.copy_context()
    assert first_context.run(first, stream) == 1
    assert first_context.run(otel.get_current_span).get_span_context().is_valid
    stream.close()  # in another context than the one that began it
    # A copy of the context in which the span was current, as a task would have it, is where it was before.
    assert list(joined.theirs) == ["stream"]
    assert caplog.text == ""


def test_a_generator_driven_by_copies_of_a_context_leaves_none_of_them_inside(joined: Joined) -> None:
    seen: list[bool] = []

    def items() -> Generator[int]:
        with autolog.start_span("stream"):
            yield 1

    def finish(stream: Generator[int]) -> None:
        assert list(stream) == []
        seen.append(otel.get_current_span().get_span_context().is_valid)

    def begin() -> None:
        stream = items()
        next(stream)
        contextvars.copy_context().run(finish, stream)

    contextvars.copy_context().run(begin)
    assert seen == [False]


def test_what_is_kept_of_an_ended_span_is_its_ids(joined: Joined) -> None:
    span = LiveSpan("call")
    span.set_inputs("x" * 1000)
    mirror = span.bridged
    assert mirror.span.is_recording()
    span.end()
    assert isinstance(mirror.span, otel.NonRecordingSpan)
    assert format(mirror.span.get_span_context().span_id, "016x") == span.span_id
