"""What the calling thread keeps of LangChain's objects: their members, copied as far as a program may change them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from autolog.integration import snapshot

__all__ = ["keep_documents", "keep_error", "keep_generations", "keep_messages", "keep_model"]

_SCALARS: Final = frozenset({str, int, float, bool, bytes, type(None)})


def keep_model(model: Any) -> Any:
    """Keep the members of a pydantic model that are not empty."""
    try:
        members: dict[str, Any] = {**vars(model), **(getattr(model, "__pydantic_extra__", None) or {})}
    except TypeError:
        return snapshot(model)
    return {k: v if type(v) in _SCALARS else snapshot(v) for k, v in members.items() if v or k == "content"}


def keep_messages(messages: Iterable[Any]) -> list[Any]:
    """Keep a conversation."""
    return [keep_model(message) for message in messages]


def keep_documents(documents: Any) -> Any:
    """Keep what a retriever found: documents, or documents with their scores. What is lazy is the program's to read."""
    if not isinstance(documents, (list, tuple)):
        return snapshot(documents)
    kept: list[Any] = []
    for found in cast("Sequence[Any]", documents):
        if isinstance(found, tuple):
            document, *rest = cast("tuple[Any, ...]", found)
            kept.append({**keep_model(document), "score": _number(rest[0])} if rest else keep_model(document))
        else:
            kept.append(keep_model(found))
    return kept


def _number(score: Any) -> Any:
    # NumPy's numbers among them.
    try:
        return float(score)
    except (TypeError, ValueError):
        return snapshot(score)


def keep_generations(response: Any) -> dict[str, Any]:
    """Keep a model's answer: the generations of one prompt, and what the provider said beside them."""
    prompts: Sequence[Sequence[Any]] = getattr(response, "generations", None) or ()
    generations = [_generation(generation) for generation in prompts[0]] if prompts else []
    return {"generations": generations, "llm_output": snapshot(getattr(response, "llm_output", None))}


def _generation(generation: Any) -> dict[str, Any]:
    message = getattr(generation, "message", None)
    kept: dict[str, Any] = {"info": snapshot(getattr(generation, "generation_info", None))}
    if message is None:
        kept["text"] = getattr(generation, "text", None)
    else:
        kept["message"] = keep_model(message)
    return kept


def keep_error(error: BaseException, response: Any) -> dict[str, Any]:
    """Keep what an exception of a model says of the HTTP answer, and what the model had said before it."""
    kept: dict[str, Any] = {}
    for name, kind in (("status_code", int), ("request_id", str), ("code", str)):
        value: Any = getattr(error, name, None)
        if isinstance(value, kind):
            kept[name] = value
    answer = keep_generations(response) if response is not None else {}
    # LangChain puts the error's HTTP headers and body where the answer would be.
    said = [g for g in cast("list[Any]", answer.get("generations") or []) if not _is_error(g)]
    if said:
        kept["answer"] = {**answer, "generations": said}
    return kept


def _is_error(generation: Mapping[str, Any]) -> bool:
    message: Any = generation.get("message")
    if not isinstance(message, dict):
        return False
    about: Any = cast("dict[str, Any]", message).get("response_metadata")
    return isinstance(about, dict) and "headers" in about and "body" in about
