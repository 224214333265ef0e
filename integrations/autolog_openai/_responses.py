"""The Responses API: what is asked, and what comes back."""

from __future__ import annotations

from autolog.integration import Fields, semconv
from autolog_openai._chat import output_type_of, read_common
from autolog_openai._items import input_messages, instructions_of, output_parts
from autolog_openai._json import Json, as_dict, as_str
from autolog_openai._messages import called_tools, finish_reason_of
from autolog_openai._tools import tool_definitions
from autolog_openai._usage import response_usage
from autolog_openai._wire import Wire, read_identity

__all__ = ["conversation_of", "read_compaction", "read_response", "read_response_reply"]


def conversation_of(source: Json) -> str | None:
    """Give the id of the conversation that a request or a response names."""
    conversation = source.get("conversation")
    return as_str(conversation) or as_str(as_dict(conversation).get("id"))


def _output_message(response: Json, reason: str | None) -> list[Json] | None:
    parts = output_parts(response.get("output"))
    if not parts:
        return None
    message: Json = {"role": "assistant", "parts": parts}
    if reason is not None:
        message["finish_reason"] = finish_reason_of(reason)
    return [message]


def read_response_reply(fields: Fields, wire: Wire) -> None:
    """Read a response that is fetched or cancelled: its own answer, none of its request."""
    response, extra = wire.response, wire.extra
    read_identity(fields, wire)
    read_common(wire)
    extra[semconv.OPENAI_API_TYPE] = "responses"
    extra[semconv.RESPONSE_STATUS] = as_str(response.get("status"))
    fields.conversation_id = conversation_of(response)
    # A response that ended as it should has no finish reason on the wire, only its status.
    reason = as_str(as_dict(response.get("incomplete_details")).get("reason"))
    fields.finish_reasons = None if reason is None else [reason]
    messages = _output_message(response, reason)
    fields.output_messages = messages
    extra[semconv.TOOL_CALLS] = called_tools(messages)
    fields.usage = response_usage(response, new_names=True)
    if fields.usage is not None:
        fields.usage_id = fields.response_id


def read_response(fields: Fields, wire: Wire) -> None:
    """Read a response that is created."""
    read_response_reply(fields, wire)
    request = wire.request
    fields.conversation_id = fields.conversation_id or conversation_of(request)
    fields.system_instructions = instructions_of(request.get("instructions"))
    fields.input_messages = input_messages(request.get("input"))
    fields.tool_definitions = tool_definitions(request)
    fields.output_type = output_type_of(as_dict(as_dict(request.get("text")).get("format")).get("type"))
    if request.get("store") is False:  # it cannot be fetched again
        fields.usage_id = None


def read_compaction(fields: Fields, wire: Wire) -> None:
    """Read a compaction, which is a response that cannot be fetched."""
    read_response(fields, wire)
    fields.usage_id = None
