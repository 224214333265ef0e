"""Reads tools, agents and workflows, in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autolog.integration import Fields, semconv
from autolog_llama_index._json import Json, as_dict, as_str, dicts
from autolog_llama_index._messages import called_tools, message_of, messages_of, text_message

if TYPE_CHECKING:
    from autolog.integration import EndedCall
    from autolog_llama_index._call import Call

__all__ = ["read_agent", "read_tool", "read_workflow"]


def read_tool(ended: EndedCall) -> Fields:
    """Read a tool's call: its arguments and its result; an error that went to the model as its answer is an error."""
    call: Call = ended.capture
    failed = call.facts.get("failed")
    return Fields(
        operation="execute_tool",
        inputs=call.inputs,
        outputs=call.output,
        failed=None if failed is None else str(failed),
        error_type=None if failed is None else "tool_error",
        extra={
            semconv.TOOL_NAME: call.facts.get("tool"),
            semconv.TOOL_TYPE: "function",
            semconv.TOOL_DESCRIPTION: call.facts.get("description"),
            semconv.TOOL_CALL_ID: call.facts.get("tool_call_id"),
            semconv.TOOL_CALL_ARGUMENTS: call.inputs,
            semconv.TOOL_CALL_RESULT: call.output,
        },
    )


def _asked(inputs: Json, system: str | None = None) -> list[Json] | None:
    """Give the conversation that an agent was started with, without its own prompt (core 0.12 puts that in the history)."""
    if "messages" in inputs:
        return messages_of(inputs["messages"])
    own = text_message("system", system) if system else None
    messages = [message for message in messages_of(inputs.get("chat_history")) or [] if message != own]
    said = inputs.get("user_msg")
    if isinstance(said, str):
        messages.append(text_message("user", said))
    elif as_dict(said):
        messages.append(message_of(as_dict(said)))
    return messages or None


def read_agent(ended: EndedCall) -> Fields:
    """Read an agent's run: what it was asked and what it answered."""
    call: Call = ended.capture
    output = as_dict(call.output)
    response = as_dict(output.get("response"))
    message = message_of(response) if response else None
    system = as_str(call.facts.get("system"))
    return Fields(
        operation="invoke_agent",
        input_messages=_asked(call.inputs, system),
        output_messages=[message] if message is not None else None,
        system_instructions=[{"type": "text", "content": system}] if system else None,
        inputs=call.inputs,
        outputs=_answer(call.output),
        extra={semconv.AGENT_NAME: call.facts.get("agent"), semconv.TOOL_CALLS: called_tools(message)},
    )


def read_workflow(ended: EndedCall) -> Fields:
    """Read a workflow's run; one of several agents is a conversation too."""
    call: Call = ended.capture
    response = as_dict(as_dict(call.output).get("response"))
    message = message_of(response) if response.get("blocks") is not None else None
    return Fields(
        operation="invoke_workflow",
        input_messages=_asked(call.inputs) if message is not None else None,
        output_messages=[message] if message is not None else None,
        inputs=call.inputs,
        outputs=_answer(call.output),
    )


def _answer(output: Any) -> Any:
    """Give an agent's answer without the provider's last chunk, which comes with it."""
    found = as_dict(output)
    if not found or "response" not in found:
        return output
    answer = {k: v for k, v in found.items() if k not in ("raw", "retry_messages") and v not in (None, [], {})}
    blocks = dicts(as_dict(answer.get("response")).get("blocks"))
    if blocks and all(b.get("block_type") == "text" for b in blocks):
        answer["response"] = "\n".join(str(b.get("text") or "") for b in blocks)
    return answer
