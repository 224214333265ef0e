"""Reads a model's call, in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from autolog.integration import Fields, semconv
from autolog_llama_index._json import Json, as_dict, as_list, as_str, dicts
from autolog_llama_index._messages import called_tools, finish_reason_of, message_of, messages_of, text_message
from autolog_llama_index._provider import provider_of, server_of
from autolog_llama_index._usage import usage_in

if TYPE_CHECKING:
    from autolog.integration import EndedCall
    from autolog_llama_index._call import Call

__all__ = ["read_identity", "read_model"]

_PARAMETERS: Final = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "max_output_tokens": "max_tokens",
    "max_new_tokens": "max_tokens",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
    "seed": "seed",
    "reasoning_effort": "reasoning.level",
}


def read_identity(fields: Fields, call: Call) -> None:
    """Read whose model was asked, and where."""
    facts = call.facts
    address = as_str(facts.get("address"))
    fields.provider = provider_of(as_str(facts.get("module")), address)
    fields.server_address, fields.server_port = server_of(address)
    fields.request_model = as_str(facts.get("model"))
    fields.http_status = call.error_status


def read_model(ended: EndedCall) -> Fields:
    """Read a chat or a completion."""
    call: Call = ended.capture
    answer = as_dict(call.output)
    raw, extra = as_dict(answer.get("raw")), as_dict(answer.get("additional_kwargs"))
    prompt = call.inputs.get("prompt")
    fields = Fields(operation="chat" if prompt is None else "text_completion", inputs=call.inputs)
    read_identity(fields, call)
    fields.parameters = _parameters(call)
    if prompt is None:
        fields.input_messages = messages_of(call.inputs.get("messages"))
    elif isinstance(prompt, str):
        fields.input_messages = [text_message("user", prompt)]
    fields.tool_definitions = _tools(call.inputs.get("tools"))
    whole = as_dict(raw.get("response")) or raw  # the last event of the Responses API holds the whole response
    fields.response_model = as_str(whole.get("model")) or as_str(whole.get("model_version"))
    fields.response_id = as_str(whole.get("id")) or as_str(whole.get("response_id"))
    reasons = _finish_reasons(whole, call)
    fields.finish_reasons = reasons
    message: Json | None = None
    if "message" in answer:
        message = message_of(answer["message"])
    elif isinstance(answer.get("text"), str):
        message = text_message("assistant", answer["text"])
    if message is not None:
        if reasons:
            message["finish_reason"] = finish_reason_of(reasons[0])
        fields.output_messages = [message]
    fields.usage = usage_in(raw, extra, call.usage)
    # A chunk is not the answer: of a stream only what it came to is kept.
    kept = {k: v for k, v in answer.items() if k in ("message", "text")} if call.chunks else answer
    fields.outputs = {k: v for k, v in kept.items() if v is not None} or None
    fields.extra = {
        semconv.TOOL_CALLS: called_tools(message),
        semconv.OPENAI_SYSTEM_FINGERPRINT: as_str(whole.get("system_fingerprint")),
        semconv.OPENAI_RESPONSE_SERVICE_TIER: as_str(whole.get("service_tier")),
    }
    return fields


def _parameters(call: Call) -> dict[str, Any]:
    facts = call.facts
    found = {name: facts[key] for key, name in _PARAMETERS.items() if facts.get(key) is not None}
    stop = facts.get("stop")
    if stop:
        found["stop_sequences"] = [stop] if isinstance(stop, str) else stop
    if isinstance(facts.get("n"), int) and facts["n"] != 1:
        found["choice.count"] = facts["n"]
    if call.chunks:
        found["stream"] = True
    return found


def _finish_reasons(answer: Json, call: Call) -> list[str] | None:
    found = [r for choice in dicts(answer.get("choices")) if (r := as_str(choice.get("finish_reason")))]
    found = found or [r for c in dicts(answer.get("candidates")) if (r := as_str(c.get("finish_reason")))]
    if found:
        return found
    for name in ("stop_reason", "stopReason", "done_reason", "finish_reason"):
        reason = as_str(answer.get(name))
        if reason is not None:
            return [reason]
    return [call.finish_reason] if isinstance(call.finish_reason, str) else None


def _tools(offered: object) -> list[Json] | None:
    """Give the tools that were offered: OpenAI's nested form, or another provider's flat one."""
    found: list[Json] = []
    for tool in dicts(as_list(offered)):
        kind = as_str(tool.get("type")) or "function"
        inner = as_dict(tool.get(kind)) or tool
        described = {**inner, "type": kind, "name": as_str(inner.get("name")) or kind}
        if "input_schema" in described and "parameters" not in described:
            described["parameters"] = described.pop("input_schema")
        found.append(described)
    return found or None
