"""Assistants: runs on threads, whole and streamed, and the making of an assistant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from autolog.integration import Fields, semconv
from autolog_openai._chat import output_type_of
from autolog_openai._json import Json, as_dict, as_int, as_list, as_str, dicts, is_dict, join
from autolog_openai._messages import called_tools, messages_of
from autolog_openai._parts import parts_of, tool_response
from autolog_openai._tools import tool_definitions
from autolog_openai._usage import response_usage
from autolog_openai._wire import Wire, read_identity

if TYPE_CHECKING:
    from autolog_openai._sse import Event

__all__ = ["gather_run", "read_assistant", "read_run", "read_run_reply"]


def _output_messages(run: Json) -> list[Json] | None:
    """Give what the assistant said in the stream, and the tools that the run waits for."""
    messages = [
        {"role": as_str(message.get("role")) or "assistant", "parts": parts_of(message.get("content"))}
        for message in dicts(run.get("messages"))
    ]
    wanted = as_dict(as_dict(run.get("required_action")).get("submit_tool_outputs")).get("tool_calls")
    calls = as_list(wanted)
    if calls:
        messages += messages_of([{"role": "assistant", "tool_calls": calls}]) or []
    return messages or None


def read_run_reply(fields: Fields, wire: Wire) -> None:
    """Read a run that is fetched or cancelled."""
    run, extra = wire.response, wire.extra
    read_identity(fields, wire)
    extra[semconv.AGENT_ID] = as_str(run.get("assistant_id"))
    extra[semconv.RESPONSE_STATUS] = as_str(run.get("status"))
    fields.conversation_id = as_str(run.get("thread_id")) or wire.ids.get("thread_id")
    messages = _output_messages(run)
    fields.output_messages = messages
    extra[semconv.TOOL_CALLS] = called_tools(messages)
    reason = as_str(as_dict(run.get("incomplete_details")).get("reason"))
    fields.finish_reasons = None if reason is None else [reason]
    fields.usage = response_usage(run)
    if fields.usage is not None:
        fields.usage_id = fields.response_id


def read_run(fields: Fields, wire: Wire) -> None:
    """Read the start of a run, or its going on with the outputs of tools."""
    read_run_reply(fields, wire)
    request, extra = wire.request, wire.extra
    extra[semconv.AGENT_ID] = extra[semconv.AGENT_ID] or as_str(request.get("assistant_id"))
    instructions = as_str(request.get("instructions")) or as_str(wire.response.get("instructions"))
    fields.system_instructions = parts_of(instructions) or None
    thread = as_dict(request.get("thread"))
    said = [*as_list(thread.get("messages")), *as_list(request.get("additional_messages"))]
    messages = messages_of(said) or []
    for output in dicts(request.get("tool_outputs")):
        messages.append({"role": "tool", "parts": [tool_response(output.get("tool_call_id"), output.get("output"))]})
    fields.input_messages = messages or None
    fields.tool_definitions = tool_definitions(request) or tool_definitions(wire.response)
    fields.output_type = output_type_of(as_dict(request.get("response_format")).get("type"))


def read_assistant(fields: Fields, wire: Wire) -> None:
    """Read the making of an assistant."""
    request = wire.request
    fields.request_model = as_str(request.get("model"))
    fields.system_instructions = parts_of(as_str(request.get("instructions"))) or None
    fields.tool_definitions = tool_definitions(request)
    wire.extra[semconv.AGENT_ID] = as_str(wire.response.get("id"))
    name = as_str(request.get("name"))
    if name is not None:
        wire.extra[semconv.AGENT_NAME] = name
        fields.name = f"create_agent {name}"


class _Message:
    """One message of a streamed run: what was announced, and the texts that came since, by their place."""

    __slots__ = ("announced", "texts")

    def __init__(self) -> None:
        self.announced: Json = {}
        self.texts: dict[int, list[str]] = {}

    def delta(self, delta: Json) -> None:
        for part in dicts(delta.get("content")):
            place = as_int(part.get("index")) or 0
            said = as_dict(part.get("text")).get("value")
            if isinstance(said, str):
                self.texts.setdefault(place, []).append(said)

    def whole(self) -> Json:
        if as_list(self.announced.get("content")) or not self.texts:
            return self.announced
        said = [{"type": "text", "text": {"value": join(self.texts[place])}} for place in sorted(self.texts)]
        return {**self.announced, "content": said}


def gather_run(events: list[Event]) -> Json:
    """Give the run as its last event has it, with the messages and the finished steps of the stream."""
    run: Json = {}
    messages: dict[str, _Message] = {}
    steps: list[Json] = []
    error: Json | None = None
    for name, data in events:
        event = as_dict(data)
        inner = event.get("data")
        kind = name or as_str(event.get("event")) or ""
        if is_dict(inner) and "event" in event:  # servers that put the name into the data
            event = inner
        identifier = as_str(event.get("id")) or ""
        if kind == "thread.message.delta":
            messages.setdefault(identifier, _Message()).delta(as_dict(event.get("delta")))
        elif kind.startswith("thread.message."):
            messages.setdefault(identifier, _Message()).announced = event
        elif kind == "thread.run.step.completed":
            steps.append(event)
        elif kind.startswith("thread.run.") and not kind.startswith("thread.run.step."):
            run = event
        elif kind == "error" or event.get("error"):
            error = as_dict(event.get("error")) or event
    found = {**run, "messages": [message.whole() for message in messages.values()]}
    if steps:
        found["steps"] = steps
    if error is not None:
        found["error"] = error
    return found
