from __future__ import annotations

import json
from typing import Any

import pytest
from render.sample import ASKED, TRACE_ID, agent_trace, span, text

from autolog import Span, Trace, semconv
from autolog._model import Event, ExceptionInfo
from autolog._render.detail import span_lines
from autolog._render.dialogue import dialogue_lines, span_dialogue, spoken_spans
from autolog._render.lines import Charset, plain
from autolog._render.values import pretty, preview

DIALOGUE = """\
chat gpt-4o-mini  1.07s  0000000000000005
  system
    Be brief.
    Always.
  user
    Weather in Oslo? [b]
  assistant [tool_call]
    calls get_weather #call_1 {"city": "Oslo"}

chat llama-3.3-70b  798ms  0000000000000007
  (3 earlier messages as above)
  tool
    result #call_1 {"temp": 3}
  assistant
    reasoning
      hm
    3 degrees"""


def _said(**attributes: Any) -> str:
    return plain(span_dialogue(span(1, None, "s", "CHAT_MODEL", 0, 1, attributes=attributes)))


def test_a_conversation_is_told_once_although_each_call_repeats_it() -> None:
    assert plain(dialogue_lines(agent_trace())) == DIALOGUE


@pytest.mark.parametrize("said", [{"content": "I cannot help."}, {"refusal": "I cannot help."}])
def test_a_refusal_is_words(said: dict[str, str]) -> None:
    message = {"role": "assistant", "parts": [{"type": "refusal", **said}]}
    shown = _said(**{semconv.OUTPUT_MESSAGES: [message]}).split("\n")
    assert [line.strip() for line in shown if line.strip()][-1] == "refusal I cannot help."


def test_history_that_differs_is_told_again() -> None:
    calls = [
        span(i, None, f"chat {i}", "CHAT_MODEL", i, i + 1, attributes={semconv.INPUT_MESSAGES: [text("user", said)]})
        for i, said in enumerate(("one", "two"), start=1)
    ]
    shown = plain(dialogue_lines(Trace("t", tuple(calls))))
    assert "earlier" not in shown
    assert shown.index("one") < shown.index("two")


def test_the_span_below_speaks_for_the_framework_above_it() -> None:
    assert [s.span_id[-1] for s in spoken_spans(agent_trace())] == ["5", "7"]


def test_a_trace_without_messages_tells_what_its_root_was_given_and_gave() -> None:
    trace = Trace("t", (span(1, None, "f", "TASK", 0, 1, inputs={"x": 1}, outputs=[1, 2]),))
    assert plain(dialogue_lines(trace)).splitlines()[1:] == ["  input", '    {"x": 1}', "  output", "    [1, 2]"]


def test_a_call_that_failed_says_so_after_what_was_asked() -> None:
    failed = ExceptionInfo("openai.RateLimitError", "slow\ndown")
    attributes = {semconv.INPUT_MESSAGES: [text("user", "hi")]}
    trace = Trace(
        "t", (span(1, None, "c", "CHAT_MODEL", 0, 1, status="ERROR", exception=failed, attributes=attributes),)
    )
    assert plain(dialogue_lines(trace)).splitlines()[-1] == "  ✗ openai.RateLimitError: slow"


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ({"type": "text", "content": "a\n\tb\x1b[0m"}, ["a", r"    b\x1b[0m"]),
        ({"type": "text", "content": '{"a": 1}'}, ['{"a": 1}']),
        ({"type": "tool_call", "name": "f", "arguments": '{"a": "b"}'}, ['calls f {"a": "b"}']),
        ({"type": "tool_call", "name": "f"}, ["calls f"]),
        ({"type": "tool_call", "name": "f", "arguments": "no json"}, ["calls f no json"]),
        ({"type": "tool_call_response", "id": "c", "response": "done"}, ["result #c done"]),
        ({"type": "tool_call_response", "result": {"a": None}}, ['result {"a": null}']),
        ({"type": "blob", "mime_type": "image/png", "content": "AAAA"}, ["[image/png, 4 characters of base64]"]),
        (
            {"type": "blob", "mime_type": "image/png", "content": {"$blob": "00", "mime_type": "image/png", "size": 9}},
            ['[image/png, "[image/png, 9 bytes]"]'],
        ),
        ({"type": "uri", "modality": "image", "uri": "https://x/y.png"}, ["[image: https://x/y.png]"]),
        ({"type": "uri", "uri": "data:image/png;base64," + "A" * 300}, ["[file: 322 characters of data]"]),
        ({"type": "file", "file_id": "file-1"}, ["[file: file file-1]"]),
        ({"type": "new_kind", "x": 1}, ['{"type": "new_kind", "x": 1}']),
        ("bare text", ["bare text"]),
        (7, ["7"]),
    ],
)
def test_every_kind_of_part_is_readable(part: Any, shown: list[str]) -> None:
    lines = _said(**{semconv.OUTPUT_MESSAGES: [{"role": "assistant", "parts": [part]}]}).splitlines()
    assert lines == ["  assistant", *(f"    {line}".rstrip() for line in shown)]


@pytest.mark.parametrize("messages", [ASKED, json.dumps(ASKED), ASKED[1]])
def test_messages_may_be_structures_or_json(messages: Any) -> None:
    assert "Weather in Oslo? [b]" in _said(**{semconv.INPUT_MESSAGES: messages})


def test_messages_in_the_chat_apis_own_form_are_readable_too() -> None:
    messages = [{"role": "user", "content": "hi"}, {"role": "user", "content": [{"type": "text", "text": "ho"}]}, "hm"]
    assert _said(**{semconv.INPUT_MESSAGES: messages}).split() == ["user", "hi", "user", "ho", "message", "hm"]


def test_instructions_queries_tools_and_documents_are_told() -> None:
    assert _said(**{semconv.SYSTEM_INSTRUCTIONS: [{"type": "text", "content": "brief"}]}).split() == ["system", "brief"]
    assert _said(**{semconv.RETRIEVAL_QUERY: "q", semconv.RETRIEVAL_DOCUMENTS: [{"id": "d"}]}).split() == [
        *("input", "q", "output", '{"id":', '"d"}')
    ]
    assert _said(**{semconv.TOOL_CALL_ARGUMENTS: {"a": 1}, semconv.TOOL_CALL_RESULT: "r"}).split() == [
        *("input", '{"a":', "1}", "output", "r")
    ]


def test_long_structures_are_indented() -> None:
    assert pretty({"a": ["x" * 50, "y" * 50]}).count("\n") == 5


@pytest.mark.parametrize(
    ("inputs", "shown"),
    [
        (None, ""),
        ("hello", "hello"),
        ({"question": "why?", "k": 4}, "why?"),
        ({"model": "m", "messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}, "a"),
        ({"input": [{"role": "user", "content": [{"type": "input_text", "text": "c"}]}]}, "c"),
        ({"messages": [text("system", "s")]}, "s"),
        ('{"query": "q"}', "q"),
        ({"x": 1, "y": 2}, '{"x": 1, "y": 2}'),
        ({"only": {"text": "t"}}, "t"),
        ([], ""),
        (3, "3"),
    ],
)
def test_what_was_asked_in_a_few_words(inputs: Any, shown: str) -> None:
    assert preview(inputs) == shown


def _detailed() -> Span:
    return span(
        1,
        2,
        "chat gpt-4o",
        "CHAT_MODEL",
        0,
        1500,
        status="ERROR",
        outcome="error",
        cost=0.01,
        attributes={semconv.REQUEST_MODEL: "gpt-4o", "list": [1, "\x1b"], semconv.INPUT_MESSAGES: [text("user", "hi")]},
        events=(Event("retry", 1_795_000_000_250_000_000, {"attempt": 1}),),
        exception=ExceptionInfo("openai.APIError", "boom", 'Traceback\n  File "x"\nopenai.APIError: boom\n'),
    )


def test_everything_of_a_span() -> None:
    assert plain(span_lines(_detailed())) == "\n".join(
        [
            "chat gpt-4o  [error]  1.50s  $0.01",
            f"span 0000000000000001 · under 0000000000000002 · trace {TRACE_ID} · 2026-11-18 11:06:40",
            "",
            "attributes",
            "  gen_ai.request.model  gpt-4o",
            r'  list                  [1, "\u001b"]',
            "",
            "event retry  after 250ms",
            "  attempt  1",
            "",
            "said",
            "  user",
            "    hi",
            "",
            "error",
            "  Traceback",
            '    File "x"',
            "  openai.APIError: boom",
        ]
    )


def test_a_span_in_ascii() -> None:
    plain(span_lines(_detailed(), width=60, charset=Charset("ascii"))).encode("ascii")
