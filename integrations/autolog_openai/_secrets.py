"""Keys and tokens that travel inside bodies: they are never recorded."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from autolog_openai._json import Json, as_dict, as_list, is_dict, is_list

__all__ = ["address_without_secrets", "without_secrets", "without_secrets_deep"]

_HIDDEN = "[REDACTED]"
_NAMES = frozenset(
    {
        "access_token",
        "api_key",
        "apikey",
        "authorization",
        "bearer_token",
        "client_secret",
        "connection_string",
        "encoded_api_key",
        "headers",
        "key",
        "password",
        "refresh_token",
        "secret",
        "signing_secret",
        "token",
        "value",
    }
)
# Gateways take the upstream's key as a member of the request.
_TOP_LEVEL = ("api_key", "apikey", "authorization", "access_token", "client_secret", "headers", "extra_headers")
# Azure's "on your data": how the search service is logged in to.
_SOURCES = ("data_sources", "dataSources")
_SUSPECT = frozenset({*_TOP_LEVEL, *_SOURCES, "tools"})
# What else gateways and signed addresses call a key in a query.
_QUERY_NAMES = _NAMES | {"code", "sig", "signature", "subscription_key"}


def address_without_secrets(url: str) -> str:
    """Give an address without the user and password in it, and with its keys hidden."""
    if "@" not in url and "?" not in url:
        return url
    parts = urlsplit(url)
    pairs = [pair.partition("=") for pair in parts.query.split("&")]
    query = "&".join(f"{name}={_HIDDEN}" if _is_key(name) else f"{name}{sep}{value}" for name, sep, value in pairs)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query))


def _is_key(name: str) -> bool:
    plain = name.lower().replace("-", "_")
    return plain in _QUERY_NAMES or plain.endswith(("_key", "_token", "_secret", "_signature", "_credential"))


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
    """Hide how a remote MCP server is logged in to; no other tool has such members."""
    found = as_dict(tool)
    if not found.get("headers") and not found.get("authorization"):
        return tool
    return {k: _hide(v) if k in ("headers", "authorization") else v for k, v in found.items()}


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
