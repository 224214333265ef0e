"""Items of the Responses API in OpenTelemetry's message schema."""

from __future__ import annotations

from typing import Any

from autolog_openai._json import Json, as_dict, as_list, as_str, dicts, is_list, loads_or_text
from autolog_openai._parts import parts_of, reasoning, tool_call, tool_response, unknown

__all__ = ["input_messages", "instructions_of", "output_parts"]

# Tools that the program runs: which member says what to do.
_CLIENT_TOOLS = {
    "computer_call": ("actions", "action"),
    "local_shell_call": ("action",),
    "shell_call": ("action",),
    "apply_patch_call": ("operation",),
}
# Tools that the provider runs.
_SERVER_TOOLS = frozenset(
    {
        "code_interpreter_call",
        "file_search_call",
        "image_generation_call",
        "mcp_call",
        "mcp_list_tools",
        "program",
        "tool_search_call",
        "web_search_call",
    }
)


def _reasoning(item: Json) -> list[Json]:
    """Give the summary and the text of a reasoning; of an encrypted one there is nothing to read."""
    said = [*dicts(item.get("summary")), *dicts(item.get("content"))]
    return [reasoning(t) for part in said if (t := as_str(part.get("text")))]


def _compaction(item: Json) -> list[Json]:
    part: Json = {"type": "compaction"}
    for key in ("id", "content"):
        known = as_str(item.get(key))
        if known is not None:
            part[key] = known
    return [part]


def _server_tool(item: Json, kind: str) -> list[Json]:
    part: Json = {
        "type": "server_tool_call",
        "name": as_str(item.get("name")) or kind.removesuffix("_call"),
        "server_tool_call": item,
    }
    identifier = as_str(item.get("id"))
    if identifier is not None:
        part["id"] = identifier
    return [part]


def _client_tool(item: Json, kind: str) -> list[Json]:
    members = _CLIENT_TOOLS[kind]
    asked = next((item[key] for key in members if item.get(key) is not None), None)
    return [tool_call(item.get("call_id") or item.get("id"), kind.removesuffix("_call"), asked)]


def _parts(raw: Any) -> list[Json]:
    item = as_dict(raw)
    kind = as_str(item.get("type")) or ("message" if "role" in item else "")
    if kind == "message":
        return parts_of(item.get("content"))
    if kind == "function_call":
        return [tool_call(item.get("call_id"), item.get("name"), loads_or_text(item.get("arguments")))]
    if kind == "custom_tool_call":
        return [tool_call(item.get("call_id"), item.get("name"), item.get("input"))]
    if kind == "reasoning":
        return _reasoning(item)
    if kind == "compaction":
        return _compaction(item)
    if kind in _SERVER_TOOLS:
        return _server_tool(item, kind)
    if kind in _CLIENT_TOOLS:
        return _client_tool(item, kind)
    if kind.endswith("_output") and "output" in item:
        return [tool_response(item.get("call_id") or item.get("id"), item["output"])]
    return [item if kind else unknown(raw)]


def _role(raw: Any) -> str:
    item = as_dict(raw)
    said = as_str(item.get("role"))
    if said is not None:
        return said
    kind = as_str(item.get("type")) or ""
    if kind.endswith("_output"):
        return "tool"
    return "assistant" if kind.endswith("_call") or kind in ("reasoning", "compaction") else "user"


def output_parts(output: Any) -> list[Json]:
    """Give the parts of all output items, in order."""
    return [part for item in as_list(output) for part in _parts(item)]


def input_messages(raw: Any) -> list[Json] | None:
    """Give one message for each input item, or the one that a plain text is."""
    if raw is None:
        return None
    if isinstance(raw, str):
        return [{"role": "user", "parts": parts_of(raw)}]
    items = raw if is_list(raw) else [raw]
    return [{"role": _role(item), "parts": _parts(item)} for item in items]


def instructions_of(raw: Any) -> list[Json] | None:
    """Give the parts of the instructions: a text, or a list of items."""
    if is_list(raw):
        return output_parts(raw) or None
    return parts_of(raw) or None
