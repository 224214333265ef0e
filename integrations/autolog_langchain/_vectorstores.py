"""Searches in vector stores that the program makes itself; those of a retriever are in the retriever's span."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from autolog.integration import Begin, Operation, SpanType, current_span, snapshot
from autolog_langchain._classes import trace_methods
from autolog_langchain._keep import keep_documents
from autolog_langchain._later import read
from autolog_langchain._runs import Kept

if TYPE_CHECKING:
    from autolog.integration import Patcher

__all__ = ["install"]

_SEARCHES = ("similarity_search", "max_marginal_relevance_search")


def install(patcher: Patcher) -> None:
    """Trace every vector store's searches."""
    trace_methods(patcher, "langchain_core.vectorstores.base", "VectorStore", _operation)


def _operation(method: str) -> Operation | None:
    if not method.removeprefix("a").startswith(_SEARCHES):
        return None

    def start(instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Begin | None:
        here = current_span()
        if here is not None and here.span_type == SpanType.RETRIEVER and _shows(here.capture, instance):
            return None
        query: Any = args[0] if args else kwargs.get("query", kwargs.get("embedding"))
        kept = Kept("search", query if isinstance(query, str) else None)
        kept.owner = id(instance)
        kept.facts["class"] = type(instance).__name__
        kept.facts["method"] = method
        kept.facts["k"] = snapshot(args[1] if len(args) > 1 else kwargs.get("k"))
        return Begin(f"{type(instance).__name__}.{method}", SpanType.RETRIEVER, capture=kept)

    return Operation(target="", start=start, finish=_finish, read=read)


def _shows(capture: Any, instance: Any) -> bool:
    """Tell whether the span around is a retriever's, or the same store's on another way to the same search."""
    return isinstance(capture, Kept) and (capture.kind == "retriever" or capture.owner == id(instance))


def _finish(capture: Any, result: Any) -> None:
    if isinstance(result, list):
        capture.outputs = keep_documents(cast("list[Any]", result))
