"""Embedding models, whose calls LangChain tells nobody of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from autolog.integration import Begin, Operation, SpanType, current_span, snapshot
from autolog_langchain._classes import trace_methods
from autolog_langchain._later import read
from autolog_langchain._runs import Kept

if TYPE_CHECKING:
    from autolog.integration import Patcher

__all__ = ["install"]

_METHODS = frozenset({"embed_documents", "embed_query", "aembed_documents", "aembed_query"})
# Where an embedding model says which model it is, by the names that the provider packages use.
_MODEL_NAMES = ("model", "model_name", "model_id", "deployment")


def install(patcher: Patcher) -> None:
    """Trace every embedding model."""
    trace_methods(patcher, "langchain_core.embeddings.embeddings", "Embeddings", _operation)


def _operation(method: str) -> Operation | None:
    if method not in _METHODS:
        return None
    return Operation(target="", start=_start, finish=_finish, read=read)


def _start(instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Begin | None:
    here = current_span()
    if here is not None and here.span_type == SpanType.EMBEDDING and _is_same(here.capture, instance):
        return None  # the model's own detour: embed_query by way of embed_documents
    texts: Any = args[0] if args else next(iter(kwargs.values()), None)
    kept = Kept("embeddings", snapshot(texts if isinstance(texts, (list, tuple)) else [texts]))
    kept.owner = id(instance)
    kept.facts["class"] = f"{type(instance).__module__}.{type(instance).__qualname__}"
    for name in _MODEL_NAMES:
        model: Any = getattr(instance, name, None)
        if isinstance(model, str):
            kept.facts["model"] = model
            break
    return Begin(type(instance).__name__, SpanType.EMBEDDING, capture=kept)


def _is_same(capture: Any, instance: Any) -> bool:
    return isinstance(capture, Kept) and capture.owner == id(instance)


def _finish(capture: Any, result: Any) -> None:
    if not isinstance(result, list) or not result:
        return
    vectors = cast("list[Any]", result)
    several = isinstance(vectors[0], list)
    capture.facts["count"] = len(vectors) if several else 1
    capture.facts["dimensions"] = len(vectors[0]) if several else len(vectors)
