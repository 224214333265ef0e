"""Whether a live answer still has the shape of the recorded one: members, types, ends, tools, roughly its tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from autolog._replay.cassette import Interaction, RecordedRequest, RecordedResponse
from autolog._replay.reply import read_reply
from autolog._replay.session import Exchange

__all__ = ["drift_of"]

TOKENS_WITHIN: Final = 0.2
"""How far token counts may be off before it is told, as a share of the recorded count."""


def drift_of(exchanges: Sequence[Exchange], unused: Sequence[Interaction]) -> list[str]:
    """Tell how live answers differ in shape from the recorded ones; nothing where they do not."""
    lines: list[str] = []
    for exchange in exchanges:
        call, recorded = exchange.call, exchange.interaction
        if call is None or not call.live:
            continue
        if recorded is None:
            lines.append(f"{_name(call.request)}: not in the cassette")
            continue
        place = f"#{recorded.index + 1} {_name(call.request)}"
        if call.response is None:
            lines.append(f"{place}: got no answer")
        else:
            lines += [f"{place}: {line}" for line in _differences(recorded.response, call.response)]
    return lines + [f"#{each.index + 1} {_name(each.request)}: was not asked for" for each in unused]


def _name(request: RecordedRequest) -> str:
    return f"{request.method} {request.path}"


def _differences(old: RecordedResponse, new: RecordedResponse) -> Iterator[str]:
    if old.status != new.status:
        yield f"status {old.status} is now {new.status}"
        return
    if (old.error is None) != (new.error is None):
        yield f"error {old.error and old.error.type} is now {new.error and new.error.type}"
    if (old.events is None) != (new.events is None):
        yield "a stream of events is now a plain body" if new.events is None else "a plain body is now a stream"
        return
    before, now = _shape(old), _shape(new)
    for path in sorted(before.keys() - now.keys()):
        yield f"{path} is gone"
    for path in sorted(now.keys() - before.keys()):
        yield f"{path} is new ({', '.join(sorted(now[path]))})"
    for path in sorted(before.keys() & now.keys()):
        # What is null now and again is no change of a type.
        if (before[path] - {"null"}) and (now[path] - {"null"}) and not before[path] & now[path]:
            yield f"{path} was {', '.join(sorted(before[path]))} and is {', '.join(sorted(now[path]))}"
    yield from _reply_differences(old, new)


def _reply_differences(old: RecordedResponse, new: RecordedResponse) -> Iterator[str]:
    a, b = read_reply(old), read_reply(new)
    if a is None or b is None:
        return
    if a.finish_reasons != b.finish_reasons:
        yield f"finish reason {', '.join(a.finish_reasons)} is now {', '.join(b.finish_reasons)}"
    if _tools(old) != _tools(new):
        yield f"tools called {_tools(old)} are now {_tools(new)}"
    if a.usage is not None and b.usage is not None:
        counts = a.usage.to_dict(), b.usage.to_dict()
        for name, before in counts[0].items():
            now = counts[1].get(name, before)
            if abs(now - before) > TOKENS_WITHIN * max(before, 1):
                yield f"{name} {before} is now {now}"


def _shape(response: RecordedResponse) -> dict[str, set[str]]:
    values = [response.json] if response.events is None else [event.json for event in response.events]
    shape: dict[str, set[str]] = {}
    for value in values:
        if value is not None:
            _collect(value, "", shape)
    return shape


def _collect(value: Any, path: str, shape: dict[str, set[str]]) -> None:
    if isinstance(value, dict):
        for key, item in cast("dict[str, Any]", value).items():
            _collect(item, f"{path}.{key}" if path else key, shape)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            _collect(item, f"{path}[*]", shape)
    shape.setdefault(path or "the body", set()).add(_kind(cast("object", value)))


def _kind(value: object) -> str:
    return _TYPES.get(type(value), "object")


_TYPES: Final[dict[type, str]] = {
    str: "text", bool: "boolean", int: "number", float: "number", type(None): "null", list: "list", dict: "object"
}  # fmt: skip


def _tools(response: RecordedResponse) -> list[str]:
    values = [response.json] if response.events is None else [event.json for event in response.events]
    return sorted(name for value in values for name in _tool_names(value))


def _tool_names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        function = members.get("function")
        if isinstance(function, dict) and isinstance(name := cast("dict[str, Any]", function).get("name"), str):
            yield name
        elif members.get("type") in ("function_call", "tool_use") and isinstance(members.get("name"), str):
            yield members["name"]
        for key, item in members.items():
            if key not in ("tools", "function"):
                yield from _tool_names(item)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from _tool_names(item)
