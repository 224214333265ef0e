"""What is kept when a call begins, on the calling thread. Each function gives the span's name, or ``None``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from autolog_llama_index._keep import fields_of, keep, keep_documents, keep_messages, keep_query, members_of, names_of

if TYPE_CHECKING:
    from autolog_llama_index._call import Call

__all__ = [
    "agent",
    "agent_step",
    "anything",
    "chat",
    "embedding",
    "event_in",
    "ingestion",
    "model",
    "nothing",
    "query",
    "rerank",
    "step",
    "structured",
    "synthesis",
    "tool",
    "tool_step",
    "workflow",
]

PARAMETERS: Final = (
    "temperature",
    "top_p",
    "top_k",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "max_new_tokens",
    "frequency_penalty",
    "presence_penalty",
    "seed",
    "stop",
    "n",
    "reasoning_effort",
)
_MODEL_NAMES: Final = ("model", "model_name", "model_id", "deployment_name", "engine")
_ADDRESSES: Final = ("api_base", "azure_endpoint", "base_url")
_DEFAULT_AGENT_NAME: Final = "Agent"


def nothing(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:  # noqa: ARG001
    """Keep nothing."""
    return None


def anything(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:  # noqa: ARG001
    """Keep the arguments of a call that is not known."""
    call.inputs = _arguments(arguments)
    return None


def _arguments(arguments: dict[str, Any]) -> dict[str, Any]:
    kept = {k: v for k, v in arguments.items() if k not in ("args", "kwargs")}
    kept.update(arguments.get("kwargs") or {})
    if arguments.get("args"):
        kept["args"] = arguments["args"]
    return cast("dict[str, Any]", keep(kept))


def _first(arguments: dict[str, Any], *names: str) -> Any:
    kwargs: dict[str, Any] = arguments.get("kwargs") or {}
    for name in names:
        if name in arguments:
            return arguments[name]
        if name in kwargs:
            return kwargs[name]
    positional = arguments.get("args")
    return positional[0] if positional else None


def model(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:
    """Keep what a model is asked, and what it is set to."""
    kwargs: dict[str, Any] = arguments.get("kwargs") or {}
    if "complet" in call.method:
        call.inputs["prompt"] = _text(_first(arguments, "prompt"))
    else:
        call.inputs["messages"] = keep_messages(_first(arguments, "messages"))
    for name in ("tools", "tool_choice", "response_format"):
        if kwargs.get(name) is not None:
            call.inputs[name] = keep(kwargs[name])
    facts, settings = call.facts, members_of(instance)
    owner = cast("Any", type(instance))
    facts["module"], facts["class"] = owner.__module__, owner.__name__
    for name in _MODEL_NAMES:
        if isinstance(settings.get(name), str):
            facts["model"] = settings[name]
            break
    for name in _ADDRESSES:
        if isinstance(settings.get(name), str):
            facts["address"] = settings[name]
            break
    extra = settings.get("additional_kwargs")
    for source in (settings, extra, kwargs):
        if isinstance(source, dict):
            given = cast("dict[str, Any]", source)
            facts.update({k: keep(given[k]) for k in PARAMETERS if given.get(k) is not None})
    if isinstance(kwargs.get("model"), str):
        facts["model"] = kwargs["model"]
    return None


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else keep(value)


def structured(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:  # noqa: ARG001
    """Keep the values that a prompt is filled with, and the class that is asked for."""
    call.inputs = cast("dict[str, Any]", keep(arguments.get("prompt_args") or arguments.get("kwargs") or {}))
    output = arguments.get("output_cls")
    if output is not None:
        call.inputs["output_cls"] = getattr(output, "__name__", None)
    return None


def embedding(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:
    """Keep the texts, and the model's name."""
    given = _first(arguments, "query", "text", "texts", "img_file_path")
    call.inputs["input"] = list(cast("list[Any]", given)) if isinstance(given, (list, tuple)) else keep(given)
    settings = members_of(instance)
    owner = cast("Any", type(instance))
    call.facts["module"], call.facts["class"] = owner.__module__, owner.__name__
    # The OpenAI package has an enum of its own in `model_name` where the name is one that it knows.
    for name in ("model_name", "model", "model_id"):
        found = keep(settings.get(name))
        if isinstance(found, str):
            call.facts["model"] = found
            break
    for name in _ADDRESSES:
        if isinstance(settings.get(name), str):
            call.facts["address"] = settings[name]
            break
    if isinstance(settings.get("dimensions"), int):
        call.facts["dimensions"] = settings["dimensions"]
    return None


def query(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:
    """Keep a query."""
    call.inputs["query"] = keep_query(_first(arguments, "str_or_query_bundle", "query", "query_bundle"))
    top_k = getattr(instance, "_similarity_top_k", None)
    if isinstance(top_k, int):
        call.facts["top_k"] = top_k
    return None


def synthesis(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:  # noqa: ARG001
    """Keep the query that is answered, and from which nodes."""
    call.inputs["query"] = keep_query(_first(arguments, "query"))
    call.inputs["documents"] = keep_documents(arguments.get("nodes"))
    return None


def rerank(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:
    """Keep what is ranked again or filtered."""
    call.inputs["query"] = keep_query(arguments.get("query_bundle"))
    call.inputs["documents"] = keep_documents(_first(arguments, "nodes"))
    settings = members_of(instance)
    for name in ("model", "model_name"):
        if isinstance(settings.get(name), str):
            call.facts["model"] = settings[name]
            break
    if isinstance(settings.get("top_n"), int):
        call.facts["top_k"] = settings["top_n"]
    return f"{type(instance).__name__}.{call.method.lstrip('_')}"


def chat(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:  # noqa: ARG001
    """Keep what is said to a chat engine."""
    call.inputs["message"] = keep(arguments.get("message"))
    if arguments.get("chat_history"):
        call.inputs["chat_history"] = keep_messages(arguments["chat_history"])
    return None


def tool(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:
    """Keep a tool's name and arguments."""
    metadata = instance.metadata
    name = getattr(metadata, "name", None) or type(instance).__name__
    call.facts["tool"] = name
    description = getattr(metadata, "description", None)
    if isinstance(description, str):
        call.facts["description"] = description
    given: dict[str, Any] = {k: v for k, v in arguments.items() if k not in ("args", "kwargs")}
    given.update(arguments.get("kwargs") or {})
    positional = arguments.get("args") or ()
    if positional:
        given["input" if len(positional) == 1 else "args"] = positional[0] if len(positional) == 1 else positional
    call.inputs = {k: keep(v) for k, v in given.items() if "Context" not in names_of(cast("Any", type(v)))}
    return cast("str", name)


def event_in(arguments: dict[str, Any]) -> Any:
    """Give the workflow event among a step's arguments."""
    for value in arguments.values():
        names = names_of(cast("Any", type(value)))
        if "Event" in names and "DictLikeModel" in names:
            return value
    return None


def tool_step(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:  # noqa: ARG001
    """Keep what an agent's model asked of a tool."""
    event = event_in(arguments)
    call.facts["tool"] = event.tool_name
    call.facts["tool_call_id"] = event.tool_id
    call.inputs = keep(event.tool_kwargs)
    return cast("str", event.tool_name)


def agent(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:
    """Keep an agent's name and what it is asked."""
    name = getattr(instance, "name", None)
    given = isinstance(name, str) and name != _DEFAULT_AGENT_NAME
    call.facts["agent"] = name if isinstance(name, str) else None
    prompt = getattr(instance, "system_prompt", None)
    if isinstance(prompt, str):
        call.facts["system"] = prompt
    _asked(call, arguments)
    return cast("str", name) if given else type(instance).__name__


def _asked(call: Call, arguments: dict[str, Any]) -> None:
    event = event_in(arguments)
    if event is not None:
        given = fields_of(event) or {}
    else:  # an older version's `run(user_msg=…)`
        given = {k: v for k, v in arguments.items() if k not in ("args", "kwargs", "init_state", "tags")}
        given.update(arguments.get("kwargs") or {})
    call.inputs = {
        k: keep(v)
        for k, v in given.items()
        if v is not None
        and k not in ("ctx", "memory")
        and names_of(cast("Any", type(v))).isdisjoint({"Context", "BaseMemory"})
    }


def agent_step(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:  # noqa: ARG001
    """Keep what one agent of several is asked."""
    event = event_in(arguments)
    call.facts["agent"] = event.current_agent_name
    call.inputs["messages"] = keep_messages(event.input)
    return cast("str", event.current_agent_name)


def workflow(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:
    """Keep the event that starts a workflow."""
    _asked(call, arguments)
    return type(instance).__name__


def step(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:  # noqa: ARG001
    """Keep the event that a step handles."""
    event = event_in(arguments)
    call.inputs = {"event": type(event).__name__, **cast("dict[str, Any]", keep(event))}
    return call.method


def ingestion(call: Call, instance: Any, arguments: dict[str, Any]) -> str | None:  # noqa: ARG001
    """Keep how many documents come in: the texts are those that the embeddings below get."""
    for name in ("documents", "nodes"):
        given = arguments.get(name)
        if isinstance(given, (list, tuple)):
            call.inputs[name] = len(cast("list[Any]", given))
    return None
