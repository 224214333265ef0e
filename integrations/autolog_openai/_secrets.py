"""Keys whose names do not tell that they are keys: headers in bodies, and members that are keys at some endpoints.

All others are hidden by the core, which does so for every span.
"""

from __future__ import annotations

from typing import Any

from autolog_openai._json import Json, as_dict, as_list, is_dict, is_list

__all__ = ["without_secrets", "without_secrets_deep"]

_HIDDEN = "[REDACTED]"
_NAMES = frozenset({"headers", "key", "value"})
# Gateways take headers for the upstream as members of the request; a realtime session has its secret in an object.
_TOP_LEVEL = ("headers", "extra_headers", "client_secret")
# Azure's "on your data": how the search service is logged in to.
_SOURCES = ("data_sources", "dataSources")
_SUSPECT = frozenset({*_TOP_LEVEL, *_SOURCES, "tools"})


def without_secrets_deep(value: Any) -> Any:
    """Give a value whose members of a telling name hide what they hold, at any depth."""
    if is_dict(value):
        return {k: _hide(v) if k.lower() in _NAMES else without_secrets_deep(v) for k, v in value.items()}
    if is_list(value):
        return [without_secrets_deep(v) for v in value]
    return value


def _hide(value: object) -> Any:
    if value is None or isinstance(value, bool):
        return value
    return _HIDDEN


def _tool(tool: Any) -> Any:
    """Hide the headers that a remote MCP server is sent; no other tool has such a member."""
    found = as_dict(tool)
    return {**found, "headers": _HIDDEN} if found.get("headers") else tool


def without_secrets(body: Any) -> Any:
    """Give the body of an ordinary call without its secrets: the same object where it has none."""
    source = as_dict(body)
    if _SUSPECT.isdisjoint(source):
        return body
    changed: Json = {}
    for key in _TOP_LEVEL:
        if source.get(key):
            changed[key] = _HIDDEN
    for key in _SOURCES:
        if key in source:
            changed[key] = without_secrets_deep(source[key])
    tools = as_list(source.get("tools"))
    if tools:
        hidden = [_tool(tool) for tool in tools]
        if any(new is not old for new, old in zip(hidden, tools, strict=True)):
            changed["tools"] = hidden
    return {**source, **changed} if changed else body
