"""What a run is called and what it is, from what LangChain says when it starts; and what its trace is told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from autolog.integration import SpanType

if TYPE_CHECKING:
    from autolog.integration import LiveSpan
    from autolog_langchain._runs import Kept

__all__ = ["conversation_of", "describe_trace", "name_of", "own_metadata", "own_tags", "type_of_chain"]

_CHAINS: Final[Mapping[str, tuple[str, str]]] = {
    "chain": ("chain", SpanType.CHAIN),
    "prompt": ("prompt", SpanType.CHAIN),
    "parser": ("parser", SpanType.PARSER),
    "tool": ("tool", SpanType.TOOL),
    "retriever": ("chain", SpanType.RETRIEVER),
    "embedding": ("chain", SpanType.EMBEDDING),
    "llm": ("chain", SpanType.CHAIN),
}
_AGENT_INTEGRATION: Final = "langchain_create_agent"
_CONVERSATIONS: Final = ("session_id", "conversation_id", "thread_id")
_TOLD_ELSEWHERE: Final = frozenset({"session_id", "user_id", "revision_id"})
# What LangChain adds to the tags: the place in a chain or a graph.
_PLACES: Final = re.compile(r"(seq|graph):step:\d+|map:key:.*|(branch|condition):\d+")
_FRAMEWORKS: Final = ("ls_", "lc_", "langgraph_", "checkpoint_", "__")


def name_of(serialized: Any, kind: str) -> str:
    """Give a run's name where the call does not say: the name, or the class, of what runs."""
    if isinstance(serialized, dict):
        described = cast("dict[str, Any]", serialized)
        if described.get("name"):
            return str(described["name"])
        path: Any = described.get("id")
        if isinstance(path, list) and path:
            return str(cast("list[Any]", path)[-1])
    return kind


def type_of_chain(
    run_type: str | None, name: str, tags: Sequence[str] | None, metadata: Mapping[str, Any] | None
) -> tuple[str, str]:
    """Tell what a chain run is: our kind for the reader, and the span's type."""
    if run_type is not None and run_type != "chain":
        return _CHAINS.get(run_type, ("unknown", SpanType.UNKNOWN))
    if metadata:
        if tags and metadata.get("langgraph_node") == name and any(t.startswith("graph:step:") for t in tags):
            return "node", SpanType.TASK
        if metadata.get("ls_integration") == _AGENT_INTEGRATION and name == (
            metadata.get("lc_agent_name") or "LangGraph"
        ):
            return "agent", SpanType.AGENT
    if name.endswith("AgentExecutor"):
        return "agent", SpanType.AGENT
    return "chain", SpanType.CHAIN


def conversation_of(metadata: Mapping[str, Any] | None) -> str | None:
    """Give the session that a run's metadata name; LangGraph's thread is one."""
    for key in _CONVERSATIONS:
        value = (metadata or {}).get(key)
        if isinstance(value, (str, int)) and value != "":
            return str(value)
    return None


def own_metadata(kept: Kept) -> dict[str, Any]:
    """Give the metadata that the program set for this run, without the frameworks' own and those of the run around it."""
    around = (kept.around.metadata if kept.around is not None else None) or {}
    return {
        k: v
        for k, v in (kept.metadata or {}).items()
        if not k.startswith(_FRAMEWORKS) and not (k in around and around[k] == v)
    }


def own_tags(kept: Kept) -> list[str]:
    """Give the tags that the program set for this run, without the frameworks' own and those of the run around it."""
    around = (kept.around.tags if kept.around is not None else None) or ()
    # A retriever tags its runs with the classes of its store and its embedding model.
    classes = [(kept.metadata or {}).get(key) for key in ("ls_vector_store_provider", "ls_embedding_provider")]
    return [t for t in kept.tags or () if t not in around and t not in classes and not _PLACES.fullmatch(t)]


def describe_trace(span: LiveSpan, kept: Kept) -> None:
    """Tell the trace what the outermost run's configuration says: session, user, tags, metadata."""
    trace = span.trace
    metadata = kept.metadata
    if metadata:
        if trace.session_id is None:
            trace.session_id = conversation_of(metadata)
        user = metadata.get("user_id")
        if trace.user_id is None and isinstance(user, (str, int)) and user != "":
            trace.user_id = str(user)
        own = {k: v for k, v in own_metadata(kept).items() if k not in _TOLD_ELSEWHERE}
        if own:
            trace.metadata = {**own, **(trace.metadata or {})}
    tags = own_tags(kept)
    if tags:
        trace.tags = {**dict.fromkeys(tags, "true"), **(trace.tags or {})}
