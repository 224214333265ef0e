"""W3C Trace Context of our own spans; none of it needs OpenTelemetry."""

from __future__ import annotations

import asyncio

import pytest

import autolog
from autolog._otel.propagation import RemoteParent, extract, inject
from autolog._tracing.context import activate, current_span, deactivate
from autolog._tracing.span import LiveSpan

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"
VALID = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    ("header", "flags"),
    [
        (VALID, 1),
        (f"00-{TRACE}-{SPAN}-00", 0),
        (f"00-{TRACE}-{SPAN}-03", 3),
        (f"00-{TRACE}-{SPAN}-ff", 3),
        (f" \t{VALID} ", 1),
        (f"cc-{TRACE}-{SPAN}-01", 1),
        (f"cc-{TRACE}-{SPAN}-01-what-the-future-brings", 1),
    ],
)
def test_valid_headers_are_read(header: str, flags: int) -> None:
    parent = extract({"Traceparent": header})
    assert parent is not None
    assert (parent.trace_id, parent.span_id, parent.flags) == (TRACE, SPAN, flags)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-",
        f"00-{TRACE}-{SPAN}-01-more",
        f"cc-{TRACE}-{SPAN}-01more",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN.upper()}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE[1:]}-{SPAN}-01",
        f"00-{TRACE}0-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-1",
        f"00-{TRACE}-{SPAN}-0x",
        f"0-{TRACE}-{SPAN}-01",
        f"00_{TRACE}_{SPAN}_01",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE}-{SPAN}-0\u0661",
        f"{VALID},{VALID}",
    ],
)
def test_invalid_headers_are_ignored(header: str) -> None:
    assert extract({"traceparent": header}) is None


def test_no_header_no_parent() -> None:
    assert extract({"tracestate": "a=1"}) is None


@pytest.mark.parametrize(
    ("header", "kept"),
    [
        ("rojo=00f067aa0ba902b7, congo=t61rcWkgMzE", "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"),
        ("1tenant@vendor=x", "1tenant@vendor=x"),
        (",a=1,,", "a=1"),
        ("a=1,a=2", ""),
        ("A=1", ""),
        ("a=1;b", "a=1;b"),
        ("a=1=2", ""),
        ("a=", ""),
        (",".join(f"k{n}=1" for n in range(32)), ",".join(f"k{n}=1" for n in range(32))),
        (",".join(f"k{n}=1" for n in range(33)), ""),
    ],
)
def test_tracestate_goes_on_as_it_is_or_not_at_all(header: str, kept: str) -> None:
    parent = extract({"traceparent": VALID, "TraceState": header})
    assert parent is not None
    carrier: dict[str, str] = {}
    inject(carrier, parent)
    assert carrier.get("tracestate", "") == kept


def test_a_span_is_written_and_read_again(exporter: autolog.MemoryExporter) -> None:
    carrier: dict[str, str] = {}
    with autolog.start_span("caller") as span:
        inject(carrier)
    assert carrier == {"traceparent": f"00-{span.trace_id}-{span.span_id}-01"}
    assert autolog.flush()
    assert exporter.traces[0].trace_id == span.trace_id


def test_nothing_is_written_where_no_span_is_open() -> None:
    carrier: dict[str, str] = {}
    inject(carrier)
    assert carrier == {}


def test_flags_say_what_is_known() -> None:
    parent = extract({"traceparent": f"00-{TRACE}-{SPAN}-02"})
    child = LiveSpan("child", parent=parent)
    carrier: dict[str, str] = {}
    inject(carrier, child)
    assert carrier["traceparent"] == f"00-{TRACE}-{child.span_id}-03"  # recorded here; random as it was
    child.trace.admitted = False
    inject(carrier, child)
    assert carrier["traceparent"].endswith("-02")
    child.end()


def test_the_trace_goes_on_below_the_remote_span(exporter: autolog.MemoryExporter) -> None:
    parent = extract({"traceparent": VALID, "tracestate": "a=1"})
    first = LiveSpan("first", parent=parent)
    activation = activate(first)
    carrier: dict[str, str] = {}
    with autolog.start_span("second"):
        inject(carrier)
    deactivate(activation)
    first.end()
    assert carrier["traceparent"].startswith(f"00-{TRACE}-")
    assert carrier["tracestate"] == "a=1"
    assert autolog.flush()
    (trace,) = exporter.traces
    assert trace.trace_id == TRACE
    assert {s.name: s.parent_id for s in trace.spans} == {"first": SPAN, "second": first.span_id}
    assert trace.root is not None
    assert trace.root.name == "first"


async def test_a_remote_parent_is_current_in_its_block_alone(exporter: autolog.MemoryExporter) -> None:
    parent = extract({"traceparent": VALID})
    assert parent is not None

    async def handle(name: str) -> None:
        activation = activate(parent)
        async with autolog.start_span(name):
            await asyncio.sleep(0)
        deactivate(activation)

    await asyncio.gather(handle("a"), handle("b"))
    assert current_span() is None
    assert autolog.flush()
    assert sorted((s.name, s.parent_id) for t in exporter.traces for s in t.spans) == [("a", SPAN), ("b", SPAN)]


def test_a_remote_parent_is_never_recorded(exporter: autolog.MemoryExporter) -> None:
    parent = RemoteParent(1, 2)
    parent.set_attribute("key", 1)
    parent.record_exception(ValueError("no"))
    parent.end()
    assert autolog.flush()
    assert exporter.traces == []
