"""The fixture ``traces`` in a project, the audit of marked tests, and the trace in the report of a failing one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from replay.plugin_kit import Project

pytest_plugins = ["pytester", "replay.plugin_kit"]


@pytest.fixture(autouse=True)
def recordings(project: Project) -> None:
    for name in ("hello", "other"):
        project.record(f"test_it/test_{name}.yaml", [("hello", "hi")])


def test_a_failing_test_shows_its_trace(project: Project) -> None:
    project.write("""
@pytest.mark.llm_replay
def test_hello():
    with autolog.start_span("agent", span_type="AGENT"):
        assert ask("hello") == "ho"

def test_other(traces):
    assert False

def test_third(traces):
    with autolog.start_span("alone"):
        pass
    traces.assert_tools(["search"])
""")
    result = project.run()
    result.assert_outcomes(failed=3)
    result.stdout.fnmatch_lines(
        [
            "*Traced by autolog*",
            "AGENT agent | status ERROR | error AssertionError",
            "  CHAT_MODEL chat m | model m-1 | tokens 10 input, 5 output",
            "*test_third*",
            "*the tools called were [[][]], not ?'search'?*",
            "*Traced by autolog*",
            "UNKNOWN alone",
        ]
    )
    assert result.stdout.str().count("Traced by autolog") == 2
    # The place that is shown is the test's line, and not one of ours.
    assert ">       traces.assert_tools" in result.stdout.str()
    assert "raise AssertionError" not in result.stdout.str()


@pytest.mark.parametrize("comparison", ["traces.tree() == WANTED", "WANTED == traces.tree()"])
def test_the_difference_of_two_trees_is_a_tree(project: Project, comparison: str) -> None:
    project.write(f"""
WANTED = [{{"name": "chat m", "type": "CHAT_MODEL", "model": "m-1", "tokens": {{"input": 11, "output": 5}}}}]

@pytest.mark.llm_replay
def test_hello(traces):
    ask("hello")
    assert {comparison}
""")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "E*- expected, + traced",
            "E*- CHAT_MODEL chat m | model m-1 | tokens 11 input, 5 output",
            "E*+ CHAT_MODEL chat m | model m-1 | tokens 10 input, 5 output",
        ]
    )


def test_other_comparisons_are_left_to_pytest(project: Project) -> None:
    project.write("""
def test_lists(traces):
    traces.tree()
    assert [1, 2] == [1, 3]
""")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*At index 1 diff: 2 != 3*"])


def test_every_test_has_its_own_traces_with_the_same_ids(project: Project) -> None:
    tests = "".join(
        f"""
@pytest.mark.llm_replay
def test_{name}(traces):
    ask("hello")
    assert (traces.span.span_id, traces.span.trace_id) == (format(1, "016x"), format(1, "032x"))
"""
        for name in ("hello", "other")
    )
    project.write(tests)
    project.run().assert_outcomes(passed=2)


def test_a_trace_that_is_not_what_the_wire_said_fails_the_test(project: Project) -> None:
    project.write("""
from dataclasses import replace

def wrong(span):
    return replace(span, usage=replace(span.usage, output_tokens=6))

@pytest.mark.llm_replay
def test_hello():
    autolog.configure(processors=[wrong])
    ask("hello")

@pytest.mark.llm_replay(audit=False)
def test_other():
    autolog.configure(processors=[wrong])
    ask("hello")
""")
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "the trace is not what went over the wire (test_hello.yaml):",
            "  interaction #1, POST /v1/chat/completions: span 'chat m' has output_tokens 6, and the response says 5*",
        ]
    )


def test_a_call_that_is_not_traced_fails_the_test(project: Project) -> None:
    project.write("""
@pytest.mark.llm_replay
def test_hello():
    with autolog.suppress():
        ask("hello")
""")
    result = project.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*interaction #1, POST /v1/chat/completions: was played, and there is no span of it"])


def test_a_call_past_the_cassette_fails_the_test(project: Project) -> None:
    # A transport of somebody's own, below every seam: as a client that nobody knows how to intercept.
    project.write("""
import json
try:
    import httpx2 as httpx
except ImportError:
    import httpx
if int(openai.__version__.split(".")[0]) < 3:
    import httpx

class Elsewhere(httpx.BaseTransport):
    def handle_request(self, request):
        body = {"id": "x", "object": "chat.completion", "created": 1, "model": "m-1", "choices": []}
        return httpx.Response(200, json=body, request=request)

@pytest.mark.llm_replay
def test_hello():
    ask("hello")
    with openai.OpenAI(base_url=BASE_URL, api_key="k", http_client=httpx.Client(transport=Elsewhere())) as made:
        made.chat.completions.create(**request("past"))
""")
    result = project.run()
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "went past the cassette" in text or "no recorded interaction matches" in text
    assert "past" in text


def test_a_test_that_does_its_own_tracing_is_not_audited(project: Project) -> None:
    project.write("""
@pytest.mark.llm_replay
def test_hello():
    autolog.autolog(log_traces=False)
    ask("hello")

@pytest.mark.llm_replay
def test_other(traces):
    mine = autolog.MemoryExporter()
    autolog.configure(exporters=[mine])
    ask("hello")
    autolog.flush()
    assert len(mine.traces) == 1
    assert traces.all == []
""")
    project.run().assert_outcomes(passed=2)


def test_a_stream_that_nobody_holds_is_audited_too(project: Project) -> None:
    project.write("""
@pytest.mark.llm_replay
def test_hello():
    made = client()
    raw = made.chat.completions.with_streaming_response.create(**request("hello"))
    cycle = [raw.__enter__()]
    cycle.append(cycle)
""")
    project.run().assert_outcomes(passed=1)
