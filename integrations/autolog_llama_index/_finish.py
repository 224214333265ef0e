"""What is kept when a call returns, on the calling thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from autolog.integration import snapshot
from autolog_llama_index._keep import keep, keep_documents, keep_message, names_of

if TYPE_CHECKING:
    from autolog_llama_index._call import Call

__all__ = [
    "anything",
    "count",
    "documents",
    "embedding",
    "keep_response",
    "model",
    "nothing",
    "response",
    "structured_model",
    "tool",
    "tool_step",
]


def nothing(call: Call, result: Any) -> None:
    """Keep nothing."""


def anything(call: Call, result: Any) -> None:
    """Keep a result of any kind; a workflow's is in the event that ends it."""
    if "StopEvent" in names_of(cast("Any", type(result))):
        inner = getattr(result, "result", None)
        result = result if inner is None else inner
    call.output = keep(result)


def model(call: Call, result: Any) -> None:
    """Keep a model's whole answer; of a stream, what it had come to."""
    keep_response(call, result if _is_answer(result) else call.last)
    call.last = None


def _is_answer(result: Any) -> bool:
    return not names_of(cast("Any", type(result))).isdisjoint({"ChatResponse", "CompletionResponse"})


def keep_response(call: Call, answer: Any) -> None:
    """Keep an answer's message or text, and the provider's own words for it."""
    if answer is None:
        return
    kept: dict[str, Any] = {}
    message = getattr(answer, "message", None)
    if message is not None:
        kept["message"] = keep_message(message)
    else:
        kept["text"] = getattr(answer, "text", None)
    kept["raw"] = snapshot(getattr(answer, "raw", None))
    extra = getattr(answer, "additional_kwargs", None)
    if extra:
        kept["additional_kwargs"] = snapshot(extra)
    call.output = kept


def structured_model(call: Call, result: Any) -> None:
    """Keep the object that a model with a fixed output class made."""
    raw = getattr(result, "raw", None)
    call.output = keep(raw) if raw is not None else keep(getattr(getattr(result, "message", None), "content", None))


def embedding(call: Call, result: Any) -> None:
    """Keep how many vectors there are, and how long they are; never the vectors."""
    vectors: Any = result
    if not isinstance(vectors, (list, tuple)) or not vectors:
        call.output = {"count": 0 if isinstance(vectors, (list, tuple)) else 1}
        return
    first: Any = cast("list[Any]", vectors)[0]
    if isinstance(first, (int, float)):  # one vector
        call.output = {"count": 1, "dimensions": len(cast("list[Any]", vectors))}
    elif isinstance(first, dict):  # sparse
        call.output = {"count": len(cast("list[Any]", vectors))}
    else:
        call.output = {"count": len(cast("list[Any]", vectors)), "dimensions": len(first)}


def documents(call: Call, result: Any) -> None:
    """Keep the nodes that were found."""
    call.output = keep_documents(result)


def count(call: Call, result: Any) -> None:
    """Keep how many nodes came out."""
    if isinstance(result, (list, tuple)):
        call.output = {"nodes": len(cast("list[Any]", result))}


def response(call: Call, result: Any) -> None:
    """Keep an engine's answer; of a stream, the pieces that the program got."""
    if call.pieces is not None:
        return
    inner = getattr(result, "response", result)
    call.output = inner if isinstance(inner, str) else keep(inner)


def tool(call: Call, result: Any) -> None:
    """Keep what a tool gave back: the text that goes to the model."""
    if "ToolOutput" not in names_of(cast("Any", type(result))):
        call.output = keep(result)
        return
    blocks: list[Any] = getattr(result, "blocks", None) or []
    texts = [b.text for b in blocks if getattr(b, "block_type", None) == "text"]
    call.output = "\n".join(texts) if len(texts) == len(blocks) else keep(result)
    if result.is_error:
        call.facts["failed"] = call.output


def tool_step(call: Call, result: Any) -> None:
    """Keep what an agent's tool gave back."""
    output = getattr(result, "tool_output", None)
    if output is not None:
        tool(call, output)
