"""A model's run: the conversation, the request's parameters, the answer, and its tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

from autolog.integration import Fields, semconv
from autolog_langchain._messages import called_tools, finish_reason_of, message_of, messages_of, tidy
from autolog_langchain._parts import text
from autolog_langchain._plain import Json, as_count, as_dict, as_list, as_number, as_str, dicts, is_dict
from autolog_langchain._usage import is_cached, usage_of, usage_of_llm_output

if TYPE_CHECKING:
    from autolog_langchain._runs import Kept

__all__ = ["read_model"]


def _texts(value: object) -> list[str] | None:
    if isinstance(value, str):
        return [value]
    return [t for t in as_list(value) if isinstance(t, str)] or None


def _several(value: object) -> int | None:
    count = as_count(value)
    return None if count == 1 else count  # the conventions leave one choice out


def _effort(value: object) -> str | None:
    return as_str(value) or as_str(as_dict(value).get("effort"))


# The providers' names for a parameter, and the conventions' behind `gen_ai.request.`.
_PARAMETERS: Final[dict[str, tuple[str, Callable[[object], Any]]]] = {
    "temperature": ("temperature", as_number),
    "top_p": ("top_p", as_number),
    "top_k": ("top_k", as_number),
    "frequency_penalty": ("frequency_penalty", as_number),
    "presence_penalty": ("presence_penalty", as_number),
    "max_tokens": ("max_tokens", as_count),
    "max_completion_tokens": ("max_tokens", as_count),
    "max_output_tokens": ("max_tokens", as_count),
    "num_predict": ("max_tokens", as_count),
    "seed": ("seed", as_count),
    "n": ("choice.count", _several),
    "stop": ("stop_sequences", _texts),
    "stop_sequences": ("stop_sequences", _texts),
    "reasoning_effort": ("reasoning.level", _effort),
    "reasoning": ("reasoning.level", _effort),
    "ls_temperature": ("temperature", as_number),
    "ls_max_tokens": ("max_tokens", as_count),
    "ls_stop": ("stop_sequences", _texts),
}
_MODELS: Final = ("model", "model_name", "model_id", "deployment_name", "azure_deployment")


def read_model(fields: Fields, kept: Kept, extra: Json, *, streamed: bool) -> None:
    """Read a chat or text model's run."""
    params, metadata = as_dict(kept.facts.get("params")), as_dict(kept.metadata)
    options = as_dict(kept.facts.get("options"))
    fields.operation = "chat" if kept.kind == "chat" else "text_completion"
    fields.request_model = next(
        (m for name in _MODELS if (m := as_str(params.get(name))) is not None), as_str(metadata.get("ls_model_name"))
    )
    fields.parameters = _parameters(params, metadata, streamed=streamed)
    fields.tool_definitions = _tools(params)
    if "response_format" in params or options.get("ls_structured_output_format"):
        fields.output_type = "json"
    _read_question(fields, kept)
    answer: Any = kept.outputs if kept.outputs is not None else kept.facts.get("answer")
    if is_dict(answer):
        _read_answer(fields, answer, extra)
    fields.http_status = as_count(kept.facts.get("status_code"))
    fields.request_id = as_str(kept.facts.get("request_id"))
    fields.error_code = as_str(kept.facts.get("code"))


def _parameters(params: Json, metadata: Json, *, streamed: bool) -> Json:
    found: Json = {"stream": True} if streamed else {}
    for source in (params, metadata):
        for key, value in source.items():
            rule = _PARAMETERS.get(key)
            if rule is not None and value is not None:
                name, read = rule
                known = read(value)
                if known is not None:
                    found.setdefault(name, known)
    return found


def _tools(params: Json) -> list[Json] | None:
    found: list[Json] = []
    for tool in [*dicts(params.get("tools")), *dicts(params.get("functions"))]:
        inner = tool.get("function")
        described = inner if is_dict(inner) else tool
        kind = as_str(tool.get("type")) or "function"
        found.append({**described, "type": kind, "name": as_str(described.get("name")) or kind})
    return found or None


def _read_question(fields: Fields, kept: Kept) -> None:
    asked = as_list(kept.inputs)
    if kept.kind == "chat":
        fields.input_messages = messages_of(asked)
        fields.inputs = {"messages": tidy(asked)}
    else:
        fields.input_messages = [{"role": "user", "parts": [text(t)]} for t in asked if isinstance(t, str)]
        fields.inputs = {"prompts": asked}


def _read_answer(fields: Fields, answer: Json, extra: Json) -> None:
    generations, beside = dicts(answer.get("generations")), as_dict(answer.get("llm_output"))
    messages: list[Json] = []
    reasons: list[str] = []
    said: list[Any] = []
    usages: Json = {}
    about: Json = {}
    for generation in generations:
        message, info = as_dict(generation.get("message")), as_dict(generation.get("info"))
        reason = finish_reason_of(message, info)
        if reason is not None:
            reasons.append(reason)
        if "message" in generation:
            messages.append(message_of(message, finish_reason=reason))
            said.append(tidy(message))
        else:
            content = as_str(generation.get("text")) or ""
            spoken: Any = {"type": "ai", "content": content}
            messages.append(message_of(spoken, finish_reason=reason))
            said.append({"text": content, **tidy(info)})
        # The tokens of the call stand at every one of its choices.
        usages = usages or as_dict(message.get("usage_metadata"))
        about = about or {**info, **as_dict(message.get("response_metadata")), "id_of_message": message.get("id")}
    fields.output_messages = messages or None
    fields.finish_reasons = reasons or None
    extra[semconv.TOOL_CALLS] = called_tools(messages)
    fields.outputs = said[0] if len(said) == 1 else {"generations": said} if said else None
    fields.response_model = (
        as_str(about.get("model_name")) or as_str(about.get("model")) or as_str(beside.get("model_name"))
    )
    fields.response_id = _response_id(about) or as_str(beside.get("id"))
    extra[semconv.OPENAI_SYSTEM_FINGERPRINT] = as_str(about.get("system_fingerprint"))
    if is_cached(usages):
        extra[semconv.CACHED] = True
    else:
        fields.usage = usage_of(usages) or usage_of_llm_output(beside)


def _response_id(about: Json) -> str | None:
    identifier = as_str(about.get("id")) or as_str(cast("Any", about.get("id_of_message")))
    # LangChain makes up the id of a message that came without one.
    return None if identifier is None or identifier.startswith(("lc_", "lc-", "run-")) else identifier
