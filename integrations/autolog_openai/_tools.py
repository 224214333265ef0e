"""The tools that a request offers, in the schema of ``gen_ai.tool.definitions``: each with ``type`` and ``name``."""

from __future__ import annotations

from autolog_openai._json import Json, as_list, as_str, dicts, is_dict

__all__ = ["tool_definitions"]


def _definition(tool: Json) -> Json:
    kind = as_str(tool.get("type")) or "function"
    # Chat completions nest what a tool is under its type; the Responses API does not.
    inner = tool.get(kind)
    described = inner if is_dict(inner) else tool
    # A tool of the provider has no name of its own; an MCP server has a label.
    name = as_str(described.get("name")) or as_str(tool.get("server_label")) or kind
    return {**described, "type": kind, "name": name}


def tool_definitions(request: Json) -> list[Json] | None:
    """Give what ``tools`` and the older ``functions`` offer; ``None`` where there are none."""
    found = [_definition(tool) for tool in dicts(request.get("tools"))]
    if as_list(request.get("functions")):
        found += [{"type": "function", **function} for function in dicts(request["functions"])]
    return found or None
