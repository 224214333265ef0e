"""What the calling thread keeps of the library's objects: their structure now, their texts shared, nothing computed.

The library's own objects are never kept, never printed and never asked by their methods: a response may be a stream
that its ``str`` consumes, a model holds its key, and a context holds the whole run.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from types import AsyncGeneratorType, CoroutineType, GeneratorType
from typing import Any, Final, cast

from autolog.integration import Walk, snapshot

__all__ = [
    "fields_of",
    "keep",
    "keep_documents",
    "keep_message",
    "keep_messages",
    "keep_query",
    "members_of",
    "names_of",
]

_SCALARS: Final = frozenset({str, int, float, bool, bytes, type(None)})
_LAZY: Final = frozenset({GeneratorType, AsyncGeneratorType, CoroutineType})
_MAX_DEPTH: Final = 20
_MAX_PARTS: Final = 50_000
_MAX_ITEMS: Final = 1_000
# Components hold clients and keys; contexts and streams hold a run.
_OPAQUE: Final = frozenset({"BaseComponent", "Context", "StreamingResponse", "AsyncStreamingResponse", "Workflow"})
_SECRET_WORDS: Final = ("api_key", "apikey", "headers", "token", "password", "secret", "authorization", "credential")
_COUNTS: Final = ("tokens", "max_token", "token_count")


@lru_cache(maxsize=1_024)
def names_of(kind: type) -> frozenset[str]:
    """Give the names of a class and of all that it inherits from."""
    return frozenset(c.__name__ for c in kind.__mro__)


def _is_secret(name: str) -> bool:
    """Tell whether a member of this name may hold a key."""
    plain = name.lower()
    return any(word in plain for word in _SECRET_WORDS) and not any(word in plain for word in _COUNTS)


def keep(value: Any, walk: Walk | None = None) -> Any:
    """Keep any value: plain data, the library's messages, nodes and events, and the program's own models by member."""
    kind: Any = cast("Any", type(value))
    if kind in _SCALARS:
        return value
    if kind in _LAZY or isinstance(value, type):
        return f"<{kind.__name__}>"
    if walk is None:
        walk = Walk(max_depth=_MAX_DEPTH, max_parts=_MAX_PARTS)
    instead = walk.enter(value)
    if instead is not None:
        return instead
    try:
        return _keep_inside(value, kind, walk)
    finally:
        walk.leave(value)


def _keep_inside(value: Any, kind: Any, walk: Walk) -> Any:
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value)
        return {str(k): keep(v, walk) for k, v in list(items.items())[:_MAX_ITEMS] if not _is_secret(str(k))}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [keep(v, walk) for v in list(cast("list[Any]", value))[:_MAX_ITEMS]]
    if isinstance(value, Enum):
        return keep(value.value, walk)
    if isinstance(value, BaseException):
        return f"{kind.__name__}: {value}"
    names = names_of(kind)
    if "ChatMessage" in names:
        return keep_message(value)
    if "NodeWithScore" in names or "BaseNode" in names:
        return keep_documents([value])[0]
    if "QueryBundle" in names:
        return value.query_str
    if "ToolOutput" in names:
        return _keep_tool_output(value, walk)
    if not names.isdisjoint(_OPAQUE):
        return f"<{kind.__name__}>"
    members = fields_of(value)
    if members is None:
        return snapshot(value) if hasattr(kind, "shape") else f"<{kind.__name__}>"
    return {k: keep(v, walk) for k, v in members.items() if not _is_secret(k)}


def members_of(value: Any) -> dict[str, Any]:
    """Give an object's own members, without asking it."""
    return cast("dict[str, Any]", getattr(value, "__dict__", {}))


def fields_of(value: Any) -> dict[str, Any] | None:
    """Give the fields of a model, an event or a dataclass; ``None`` for anything else."""
    if hasattr(value, "__pydantic_fields_set__"):
        members = dict(members_of(value))
        private: dict[str, Any] = getattr(value, "__pydantic_private__", None) or {}
        members.update(private.get("_data") or {})  # a workflow event's members that were not declared
        return members
    declared = cast("dict[str, Any]", getattr(cast("Any", type(value)), "__dataclass_fields__", None))
    return {name: getattr(value, name, None) for name in declared} if declared else None


def _keep_tool_output(output: Any, walk: Walk) -> dict[str, Any]:
    blocks = cast("list[Any]", getattr(output, "blocks", None) or [])
    return {
        "tool_name": output.tool_name,
        "content": [_keep_block(block) for block in blocks],
        "is_error": output.is_error,
        "raw_input": keep(output.raw_input, walk),
    }


def _keep_block(block: Any) -> dict[str, Any]:
    members = members_of(block)
    if members.get("block_type") == "text":
        return {"block_type": "text", "text": members.get("text")}
    kept: dict[str, Any] = {}
    for name, value in members.items():
        if type(value) in _SCALARS:
            kept[name] = value
        elif isinstance(value, (dict, list)):
            kept[name] = snapshot(cast("Any", value))
        elif name in ("url", "path") and value is not None:
            kept[name] = str(value)
        elif value is not None:
            kept[name] = f"<{type(value).__name__}>"  # an open file
    return kept


def keep_message(message: Any) -> dict[str, Any]:
    """Keep one chat message: its role, its blocks, and what a provider's package put beside them."""
    role = message.role
    kept: dict[str, Any] = {"role": role.value if isinstance(role, Enum) else role}
    blocks = getattr(message, "blocks", None)
    if blocks is None:
        kept["blocks"] = [{"block_type": "text", "text": message.content}]
    else:
        kept["blocks"] = [_keep_block(block) for block in blocks]
    if message.additional_kwargs:
        kept["additional_kwargs"] = snapshot(message.additional_kwargs)
    return kept


def keep_messages(messages: Any) -> list[dict[str, Any]]:
    """Keep a conversation."""
    if not isinstance(messages, (list, tuple)):
        return []
    return [
        keep_message(m) if hasattr(m, "role") else {"role": "user", "blocks": [{"block_type": "text", "text": str(m)}]}
        for m in cast("list[Any]", messages)
    ]


def keep_query(query: Any) -> Any:
    """Keep a query: a text, or a bundle that holds one."""
    return query if isinstance(query, str) else getattr(query, "query_str", None)


def keep_documents(nodes: Any) -> list[dict[str, Any]]:
    """Keep nodes, with or without scores; never their vectors."""
    return [_keep_document(node) for node in cast("list[Any]", nodes)] if isinstance(nodes, (list, tuple)) else []


def _keep_document(found: Any) -> dict[str, Any]:
    members = members_of(found)
    inner = members_of(members.get("node", found))
    text = inner.get("text")
    if text is None:
        text = getattr(inner.get("text_resource"), "text", None)
    return {
        "id": inner.get("id_"),
        "score": _number(members.get("score")),
        "content": text,
        "metadata": snapshot(inner.get("metadata") or {}),
    }


def _number(score: Any) -> float | None:
    """A score may be a number of numpy's."""
    try:
        return None if score is None else float(score)
    except (TypeError, ValueError):
        return None
