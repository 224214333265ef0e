"""Runs of assistants: started, polled and streamed."""

from __future__ import annotations

import json
from typing import Any

from openai_wire import fields_of

from autolog import Usage, semconv


def _run(status: str, **rest: Any) -> dict[str, Any]:
    return {
        "id": "run_1",
        "object": "thread.run",
        "status": status,
        "model": "gpt-4o",
        "assistant_id": "asst_1",
        "thread_id": "thread_1",
        "usage": None,
        **rest,
    }


def test_a_run_of_an_assistant() -> None:
    request = {
        "assistant_id": "asst_1",
        "additional_messages": [{"role": "user", "content": "Hi"}],
        "instructions": "Be brief.",
        "tools": [{"type": "code_interpreter"}],
    }
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    wanted = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [call]}}
    fields = fields_of("/threads/thread_1/runs", request, _run("requires_action", required_action=wanted))
    assert (fields.name, fields.span_type, fields.operation) == ("invoke_agent", "AGENT", "invoke_agent")
    assert (fields.conversation_id, fields.response_id, fields.response_model) == ("thread_1", "run_1", "gpt-4o")
    assert fields.extra[semconv.AGENT_ID] == "asst_1"
    assert fields.extra[semconv.RESPONSE_STATUS] == "requires_action"
    assert fields.system_instructions == [{"type": "text", "content": "Be brief."}]
    assert fields.input_messages == [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
    assert fields.output_messages == [
        {"role": "assistant", "parts": [{"type": "tool_call", "id": "c1", "name": "f", "arguments": {}}]}
    ]
    assert (fields.usage, fields.usage_id) == (None, None)


def test_a_run_that_is_polled_has_its_usage_under_its_id() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    for _ in range(2):
        fields = fields_of("/threads/thread_1/runs/run_1", None, _run("completed", usage=usage), method="GET")
        assert (fields.name, fields.span_type) == ("GET /threads/{thread_id}/runs/{run_id}", "TASK")
        assert (fields.usage, fields.usage_id, fields.conversation_id) == (Usage(5, 2, 7), "run_1", "thread_1")
    failed = _run("failed", last_error={"code": "rate_limit_exceeded", "message": "slow down"})
    fields = fields_of("/threads/thread_1/runs/run_1", None, failed, method="GET")
    assert (fields.failed, fields.error_code) == ("slow down", "rate_limit_exceeded")
    step = {"id": "step_1", "object": "thread.run.step", "usage": usage}
    fields = fields_of("/threads/thread_1/runs/run_1/steps/step_1", None, step, method="GET")
    assert fields.usage is None  # part of the run's


def test_outputs_of_tools_for_a_run() -> None:
    request = {"tool_outputs": [{"tool_call_id": "c1", "output": "3"}]}
    fields = fields_of("/threads/thread_1/runs/run_1/submit_tool_outputs", request, _run("queued"))
    assert fields.input_messages == [
        {"role": "tool", "parts": [{"type": "tool_call_response", "id": "c1", "response": "3"}]}
    ]


def test_a_streamed_run() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
    said = {"id": "msg_1", "object": "thread.message", "role": "assistant", "content": []}
    whole = {**said, "content": [{"type": "text", "text": {"value": "Hello", "annotations": []}}]}
    events = [
        ("thread.created", {"id": "thread_1", "object": "thread"}),
        ("thread.run.created", _run("queued")),
        ("thread.message.created", said),
        (
            "thread.message.delta",
            {"id": "msg_1", "delta": {"content": [{"index": 0, "type": "text", "text": {"value": "Hel"}}]}},
        ),
        (
            "thread.message.delta",
            {"id": "msg_1", "delta": {"content": [{"index": 0, "type": "text", "text": {"value": "lo"}}]}},
        ),
        ("thread.message.completed", whole),
        ("thread.run.step.completed", {"id": "step_1", "object": "thread.run.step", "usage": usage}),
        ("thread.run.completed", _run("completed", usage=usage)),
    ]

    body = (
        "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
        + "event: done\ndata: [DONE]\n\n"
    )
    fields = fields_of("/threads/runs", {"assistant_id": "asst_1"}, body, content_type="text/event-stream", stream=True)
    assert fields.output_messages == [{"role": "assistant", "parts": [{"type": "text", "content": "Hello"}]}]
    assert (fields.usage, fields.usage_id) == (Usage(5, 2, 7), "run_1")
    cut = fields_of(
        "/threads/runs", {}, body, content_type="text/event-stream", stream=True, given=5, outcome="abandoned"
    )
    assert cut.output_messages == [{"role": "assistant", "parts": [{"type": "text", "content": "Hello"}]}]
    assert (cut.usage, cut.extra[semconv.RESPONSE_STATUS]) == (None, "queued")
    failing = body.replace("event: thread.run.completed", "event: error")
    broken = fields_of("/threads/runs", {}, failing, content_type="text/event-stream", stream=True)
    assert broken.failed is not None


def test_the_making_of_an_assistant() -> None:
    fields = fields_of("/assistants", {"model": "gpt-4o", "name": "Tutor", "instructions": "Teach."}, {"id": "asst_1"})
    assert (fields.name, fields.operation, fields.request_model) == ("create_agent Tutor", "create_agent", "gpt-4o")
    assert fields.extra[semconv.AGENT_ID] == "asst_1"
