"""The ``traces`` of a test: trees, totals, assertions and what they say when they fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cassette import play

import autolog
from autolog._demo import weather
from autolog._pytest.tracing import tracing
from autolog._replay.expect import Traces
from autolog._tracing import sources

MODEL = "smollm2-135m-instruct"
TREE = [
    {
        "name": "weather assistant",
        "type": "AGENT",
        "children": [
            {
                "name": "embeddings all-minilm-l6-v2",
                "type": "EMBEDDING",
                "model": "all-minilm-l6-v2",
                "tokens": {"input": 9},
            },
            {
                "name": f"chat {MODEL}",
                "type": "CHAT_MODEL",
                "model": MODEL,
                "tokens": {"input": 144, "output": 37},
                "tools": ["get_weather"],
            },
            {"name": "get_weather", "type": "TOOL"},
            {"name": f"chat {MODEL}", "type": "CHAT_MODEL", "model": MODEL, "tokens": {"input": 222, "output": 23}},
            {
                "name": f"chat {MODEL}",
                "type": "CHAT_MODEL",
                "status": "ERROR",
                "error": "openai.BadRequestError",
                "model": MODEL,
            },
        ],
    }
]


@pytest.fixture(scope="module")
def demo() -> Iterator[Traces]:
    """The demo's program, run once: what looks at it changes nothing."""
    with tracing() as session:
        autolog.configure(prices=weather.PRICES)
        with play("openai/demo"):
            weather.main(lambda _: None)
    yield session.traces


@pytest.fixture
def traces() -> Iterator[Traces]:
    with tracing() as session:
        yield session.traces


def test_a_tree_is_plain_small_and_without_ids_and_times(demo: Traces) -> None:
    assert demo.tree() == TREE


def test_the_same_program_gives_the_same_ids_and_times() -> None:
    def run() -> list[dict[str, Any]]:
        with tracing() as session:
            with autolog.start_span("one"), autolog.start_span("two"):
                pass
            return session.traces.tree(ids=True, times=True)

    assert run() == run()
    assert run()[0]["id"] == "0000000000000001"
    assert run()[0]["start_ns"] == 1_767_225_600_000_000_000


def test_content_is_added_on_demand(demo: Traces) -> None:
    tool = demo.tree(content=True)[0]["children"][2]
    assert tool["inputs"] == {"city": "Paris"}
    assert tool["outputs"] == {"city": "Paris", "temperature": "18 C", "sky": "sunny"}


def test_model_calls_are_looked_at_one_by_one(demo: Traces) -> None:
    first, second, failed = demo.llm
    assert (first.model, first.tokens.input, first.tokens.output, first.tokens.total) == (MODEL, 144, 37, 181)
    assert first.tools == ["get_weather"]
    assert first.finish_reasons == ["tool_calls"]
    assert first.cost == pytest.approx((144 * 0.15 + 37 * 0.60) / 1e6)
    assert second.text.startswith("The weather in Paris is quite pleasant")
    assert failed.status == "ERROR"
    assert failed.tokens.input is None


def test_a_tool_that_a_model_asked_for_and_that_ran_is_one_call(demo: Traces) -> None:
    (tool,) = demo.tools
    assert (tool.name, tool.arguments) == ("get_weather", {"city": "Paris"})
    assert tool.result == {"city": "Paris", "temperature": "18 C", "sky": "sunny"}


def test_a_tool_that_no_model_asked_for_stands_where_it_ran(traces: Traces) -> None:
    for name in ("first", "second"):
        with autolog.start_span(name, span_type="TOOL") as span:
            span.set_inputs({"a": 1})
    traces.assert_tools(["first", "second"])
    assert traces.tools[0].arguments == {"a": 1}


def test_of_nested_model_spans_the_innermost_is_the_call(traces: Traces) -> None:
    with autolog.start_span("framework", span_type="CHAT_MODEL"), autolog.start_span("wire", span_type="CHAT_MODEL"):
        pass
    assert [call.span.name for call in traces.llm] == ["wire"]


def test_totals_count_every_call_once(demo: Traces) -> None:
    assert demo.usage.to_dict() == {"input_tokens": 375, "output_tokens": 60, "total_tokens": 435}
    assert demo.cost == pytest.approx((366 * 0.15 + 60 * 0.60 + 9 * 0.02) / 1e6)


def test_assertions_pass_where_they_hold(demo: Traces) -> None:
    demo.assert_tokens(max_total=435, max_input=375, max_output=60)
    demo.assert_cost(max_usd=0.0001)
    demo.assert_tools(["get_weather"])
    demo.assert_tree(TREE)


@pytest.mark.parametrize(
    ("check", "says"),
    [
        (lambda t: t.assert_tokens(max_total=400), "435 tokens were used, 35 more than max_total=400"),
        (lambda t: t.assert_tokens(max_input=374), "375 input tokens were used, 1 more than max_input=374"),
        (lambda t: t.assert_tokens(max_output=1), "60 output tokens were used, 59 more than max_output=1"),
        (lambda t: t.assert_cost(max_usd=0.00001), "the calls cost $0.0000911, more than max_usd=1e-05"),
        (lambda t: t.assert_tools(["search"]), "the tools called were ['get_weather'], not ['search']"),
        (lambda t: t.assert_no_errors(), f"chat {MODEL}: openai.BadRequestError: "),
        (lambda t: t.span, "there are 6 spans"),
    ],
    ids=["total", "input", "output", "cost", "tools", "errors", "span"],
)
def test_a_failure_says_what_was_found_and_shows_the_tree(demo: Traces, check: Any, says: str) -> None:
    with pytest.raises(AssertionError) as failure:
        check(demo)
    text = str(failure.value)
    assert says in text
    assert "\n  AGENT weather assistant\n    EMBEDDING embeddings all-minilm-l6-v2 | model" in text


def test_a_tree_that_differs_is_shown_as_one_tree(demo: Traces) -> None:
    children = [*TREE[0]["children"]]
    children[1] = {**children[1], "tokens": {"input": 140, "output": 37}}
    del children[2]
    with pytest.raises(AssertionError) as failure:
        demo.assert_tree([{**TREE[0], "children": children}])
    lines = str(failure.value).splitlines()
    assert lines[:3] == ["the trace is another one", "- expected, + traced", "  AGENT weather assistant"]
    assert f"-   CHAT_MODEL chat {MODEL} | model {MODEL} | tokens 140 input, 37 output | calls get_weather" in lines
    assert f"+   CHAT_MODEL chat {MODEL} | model {MODEL} | tokens 144 input, 37 output | calls get_weather" in lines
    assert "+   TOOL get_weather" in lines
    assert "-   TOOL get_weather" not in lines


@pytest.mark.parametrize("expected", [[], ["text"], [{"children": "none"}], [None]])
def test_a_difference_is_shown_whatever_was_expected(demo: Traces, expected: list[Any]) -> None:
    assert any(line.startswith("+ AGENT weather assistant") for line in demo.explain(demo.tree(), expected))


def test_a_budget_cannot_be_checked_where_no_tokens_were_sent(traces: Traces) -> None:
    with autolog.start_span("chat silent", span_type="CHAT_MODEL"):
        pass
    with pytest.raises(AssertionError, match=r"no tokens were sent for 1 of 1 calls \(chat silent\)"):
        traces.assert_tokens(max_total=1_000_000)


def test_a_cost_cannot_be_checked_without_a_price(traces: Traces) -> None:
    with play("openai/demo"):
        weather.main(lambda _: None)
    with pytest.raises(AssertionError, match="no price is known of all-minilm-l6-v2, smollm2"):
        traces.assert_cost(max_usd=1_000_000)


def test_a_budget_without_a_limit_is_a_mistake(traces: Traces) -> None:
    with pytest.raises(TypeError, match="needs max_total, max_input or max_output"):
        traces.assert_tokens()


def test_nothing_traced_is_no_failure_and_says_so(traces: Traces) -> None:
    traces.assert_tokens(max_total=0)
    traces.assert_cost(max_usd=0)
    traces.assert_tools([])
    traces.assert_no_errors()
    assert traces.tree() == []
    assert str(traces) == "(nothing was traced)"


def test_clearing_forgets_for_the_test_and_not_for_the_audit(traces: Traces) -> None:
    with autolog.start_span("before"):
        pass
    traces.clear()
    with autolog.start_span("after"):
        pass
    assert [span.name for span in traces.spans] == ["after"]
    assert traces.span.name == "after"
    assert [trace.name for trace in traces.everything] == ["before", "after"]


def test_what_was_in_force_before_is_in_force_again(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = autolog.MemoryExporter()
    autolog.configure(exporters=[mine], store=None, sample_rate=0.5, enabled=False)
    clock = sources.now_ns
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector.test:4318")
    with tracing() as session:
        assert session.connected
        with autolog.start_span("inside"):
            pass
        assert [span.name for span in session.traces.spans] == ["inside"]
        autolog.configure(exporters=[mine])
        assert not session.connected
    from autolog import _control

    assert mine.traces == []
    assert (_control.settings().sample_rate, _control.settings().enabled) == (0.5, False)
    assert _control.settings().exporters == (mine,)
    assert sources.now_ns is clock
    assert not any(status.on for status in autolog.integrations().values())


def test_what_the_program_had_turned_on_stays_on() -> None:
    autolog.openai.autolog(stream_usage=True)
    with tracing():
        pass
    assert autolog.integrations()["openai"].on
