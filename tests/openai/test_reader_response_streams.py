"""Streamed responses: events put together to one response, whole and left early."""

from __future__ import annotations

from typing import Any

import pytest
from openai_wire import stream_fields

from autolog import Usage, semconv


def _response(status: str, **rest: Any) -> dict[str, Any]:
    return {"id": "resp_1", "object": "response", "model": "gpt-5", "status": status, "output": [], **rest}


def _item(index: int, stage: str, **item: Any) -> dict[str, Any]:
    return {"type": f"response.output_item.{stage}", "output_index": index, "item": item}


DELTAS: list[dict[str, Any]] = [
    {"type": "response.created", "response": _response("in_progress", usage=None)},
    _item(0, "added", id="rs_1", type="reasoning", summary=[]),
    {
        "type": "response.reasoning_summary_part.added",
        "output_index": 0,
        "summary_index": 0,
        "part": {"type": "summary_text", "text": ""},
    },
    {"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "h"},
    {"type": "response.reasoning_summary_text.delta", "output_index": 0, "summary_index": 0, "delta": "m"},
    _item(1, "added", id="msg_1", type="message", role="assistant", content=[], status="in_progress"),
    {
        "type": "response.content_part.added",
        "output_index": 1,
        "content_index": 0,
        "part": {"type": "output_text", "text": "", "annotations": []},
    },
    {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "Ye", "obfuscation": "q"},
    {"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "s"},
    {"type": "response.refusal.delta", "output_index": 1, "content_index": 1, "delta": "no"},
    _item(2, "added", id="fc_1", type="function_call", call_id="c1", name="f", arguments=""),
    {"type": "response.function_call_arguments.delta", "output_index": 2, "item_id": "fc_1", "delta": '{"x"'},
    {"type": "response.function_call_arguments.delta", "output_index": 2, "item_id": "fc_1", "delta": ": 1}"},
    {"type": "response.custom_tool_call_input.delta", "output_index": 3, "item_id": "ct_1", "delta": "1+1"},
]


USAGE = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}


@pytest.mark.parametrize(
    ("status", "request_body", "failed"),
    [
        ("in_progress", {}, "incomplete_stream"),
        ("queued", {}, "incomplete_stream"),
        ("queued", {"background": True}, None),
        ("cancelled", {}, "cancelled"),
        ("completed", {}, None),
        (None, {}, None),
    ],
)
def test_a_stream_that_ends_before_its_response_is_an_error(
    status: str | None, request_body: dict[str, Any], failed: str | None
) -> None:
    made = {"type": "response.created", "response": {"id": "r", "status": "in_progress"}}
    last = {"type": f"response.{status}", "response": {"id": "r", "status": status}}
    fields = stream_fields([made, last], "/responses", request=request_body)
    assert fields.error_type == failed
    assert bool(fields.failed) is bool(failed)


def test_a_cut_response_is_put_together_from_its_deltas() -> None:
    fields = stream_fields(DELTAS, "/responses")
    assert [item["type"] for item in fields.outputs["output"]] == [
        "reasoning",
        "message",
        "function_call",
        "custom_tool_call",
    ]
    assert fields.outputs["output"][1]["content"] == [
        {"type": "output_text", "text": "Yes", "annotations": []},
        {"type": "refusal", "refusal": "no"},
    ]
    assert fields.output_messages == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "hm"},
                {"type": "text", "content": "Yes"},
                {"type": "refusal", "content": "no"},
                {"type": "tool_call", "id": "c1", "name": "f", "arguments": {"x": 1}},
                {"type": "tool_call", "name": "", "arguments": "1+1"},
            ],
        }
    ]
    assert (fields.usage, fields.finish_reasons) == (None, None)
    assert fields.failed == "the stream ended before the response did"
    assert (fields.response_id, fields.response_model) == ("resp_1", "gpt-5")
    assert fields.extra[semconv.RESPONSE_STATUS] == "in_progress"


def test_done_events_replace_what_came_in_pieces() -> None:
    done = [
        {"type": "response.output_text.done", "output_index": 1, "content_index": 0, "text": "YES"},
        {"type": "response.function_call_arguments.done", "output_index": 2, "arguments": "{}"},
        _item(0, "done", id="rs_1", type="reasoning", summary=[{"type": "summary_text", "text": "HM"}]),
    ]
    output = stream_fields([*DELTAS, *done], "/responses").outputs["output"]
    assert output[0]["summary"] == [{"type": "summary_text", "text": "HM"}]
    assert output[1]["content"][0]["text"] == "YES"
    assert output[2]["arguments"] == "{}"


@pytest.mark.parametrize("kind", ["completed", "incomplete", "failed"])
def test_the_last_event_of_a_response_is_the_truth(kind: str) -> None:
    final = _response(kind, usage=USAGE, output=[{"type": "message", "role": "assistant", "content": "final"}])
    events = [*DELTAS, {"type": f"response.{kind}", "response": final}]
    fields = stream_fields(events, "/responses")
    assert fields.outputs == final
    assert fields.usage == Usage(3, 4, 7)
    assert fields.failed == ("failed" if kind == "failed" else None)


def test_a_last_event_without_output_gets_what_came_before() -> None:
    events = [*DELTAS, {"type": "response.completed", "response": _response("completed", usage=USAGE)}]
    fields = stream_fields(events, "/responses")
    assert len(fields.outputs["output"]) == 4
    assert (fields.outputs["status"], fields.usage) == ("completed", Usage(3, 4, 7))


def test_events_without_places_are_told_apart_by_item() -> None:
    events = [
        {
            "type": "response.output_item.added",
            "item": {"id": "m1", "type": "message", "role": "assistant", "content": []},
        },
        {"type": "response.output_text.delta", "item_id": "m1", "delta": "a"},
        {
            "type": "response.output_item.added",
            "item": {"id": "m2", "type": "message", "role": "assistant", "content": []},
        },
        {"type": "response.output_text.delta", "item_id": "m2", "delta": "b"},
        {"type": "response.output_text.delta", "item_id": "m1", "delta": "A"},
        {"type": "response.output_text.delta", "delta": "B"},
    ]
    output = stream_fields(events, "/responses").outputs["output"]
    assert [item["content"][0]["text"] for item in output] == ["aA", "bB"]


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "code": "server_error", "message": "boom", "param": None, "sequence_number": 3},
        {"type": "error", "error": {"code": "server_error", "message": "boom"}},
        {"error": {"code": "server_error", "message": "boom"}},
        {"type": "response.failed", "response": _response("failed", error={"code": "server_error", "message": "boom"})},
    ],
)
def test_a_response_that_fails_in_the_stream(event: dict[str, Any]) -> None:
    fields = stream_fields([*DELTAS, event], "/responses")
    assert (fields.failed, fields.error_code) == ("boom", "server_error")
    assert fields.response_id == "resp_1"
    assert fields.output_messages is not None
