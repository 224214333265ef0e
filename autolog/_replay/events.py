"""The events of a stream as a cassette shows them: one line each, the members that all of them share written once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, cast

from autolog._replay.bodies import DEFAULT_STYLE, event_of, is_style, parse_json, render_json, style_of
from autolog._replay.cassette import SseEvent
from autolog._replay.yamltext import Line

__all__ = ["events_of", "events_tree"]

_Members = dict[str, Any]
_KNOWN = frozenset(("named", "style", "common", "order", "events"))
_KNOWN_IN_EVENT = frozenset(("after_ms", "event", "data", "whole", "raw"))


def _members(event: SseEvent) -> _Members | None:
    if event.raw is not None or not event.data.startswith("{"):
        return None
    try:
        return cast("_Members", parse_json(event.data))
    except ValueError:
        return None


def events_tree(events: Sequence[SseEvent], storable: Callable[[Any], bool]) -> _Members:
    """Lay out events; ``storable`` tells whether a JSON value can stand in the file as data."""
    parsed = [_members(event) for event in events]
    style = next((found for m, e in zip(parsed, events, strict=True) if m and (found := style_of(m, e.data))), None)
    structured = [
        m if m is not None and storable(m) and render_json(m, style) == e.data else None
        for m, e in zip(parsed, events, strict=True)
    ]
    data = [m for m in structured if m is not None]
    named = bool(data) and all(
        e.event is not None and e.event == m.get("type")
        for m, e in zip(structured, events, strict=True)
        if m is not None
    )
    common = _common(data)
    order = _order(data, common)
    tree: _Members = {}
    if named:
        tree["named"] = True
    if style not in (None, DEFAULT_STYLE):
        tree["style"] = style
    if common:
        tree["common"] = common
    if order:
        tree["order"] = order
    tree["events"] = [
        _line(event, m, common, order, style, named=named) for m, event in zip(structured, events, strict=True)
    ]
    return tree


def _line(
    event: SseEvent, members: _Members | None, common: _Members, order: list[str], style: str | None, *, named: bool
) -> Line:
    line = Line()
    if event.after_ms:
        line["after_ms"] = event.after_ms
    if event.raw is not None:
        line["raw"] = event.raw
        return line
    if event.event is not None and not (named and members is not None):
        line["event"] = event.event
    if members is None:
        line["data"] = event.data
        return line
    rest = {k: v for k, v in members.items() if k not in common}
    if render_json(_joined(rest, common, order), style) == event.data:
        line["data"] = rest
    else:
        line["whole"] = members
    return line


def _common(data: list[_Members]) -> _Members:
    """The members that nearly all events share; an event without them is written whole."""
    if len(data) < 2:
        return {}
    counts = Counter((k, json.dumps(v)) for m in data for k, v in m.items())
    least = max(2, 0.8 * len(data))
    shared = {k: v for k, v in data[0].items() if counts[k, json.dumps(v)] >= least}
    return shared if len(json.dumps(shared)) > 30 else {}


def _order(data: list[_Members], common: _Members) -> list[str]:
    """The order of all members, where the shared ones do not come first."""
    if not common:
        return []
    longest = max(data, key=len)
    rest = {k: v for k, v in longest.items() if k not in common}
    return [] if list(longest) == [*common, *rest] else list(longest)


def _joined(rest: _Members, common: _Members, order: list[str]) -> _Members:
    members = {**common, **rest}
    if not order:
        return members
    known = {k: members[k] for k in order if k in members}
    return {**known, **members}


def events_of(tree: _Members, fail: Callable[[Any, str], Exception]) -> tuple[SseEvent, ...]:
    """Read events back; ``fail`` makes the error for a place and what is wrong there."""
    events = tree.get("events")
    if not isinstance(events, list):
        raise fail(tree, "sse needs a list of events")
    if unknown := set(tree) - _KNOWN:
        raise fail(tree, f"sse has no member {sorted(unknown)[0]!r}")
    style, common = tree.get("style"), cast("Any", tree.get("common") or {})
    order: Any = tree.get("order") or []
    if style is not None and not is_style(style):
        raise fail(tree, f"{style!r} is no style")
    if not isinstance(common, dict) or not isinstance(order, list):
        raise fail(tree, "common is a mapping, order a list")
    shared, sequence = cast("_Members", common), [str(k) for k in cast("list[Any]", order)]
    return tuple(
        _event(line, shared, sequence, style, fail, named=tree.get("named") is True, tree=tree)
        for line in cast("list[Any]", events)
    )


def _event(
    line: Any,
    common: _Members,
    order: list[str],
    style: str | None,
    fail: Callable[[Any, str], Exception],
    *,
    named: bool,
    tree: Any,
) -> SseEvent:
    if not isinstance(line, dict):
        raise fail(tree, f"an event is a mapping, not {line!r}")
    event = cast("_Members", line)
    if unknown := set(event) - _KNOWN_IN_EVENT:
        raise fail(event, f"an event has no member {sorted(unknown)[0]!r}")
    after_ms, name = event.get("after_ms", 0), event.get("event")
    if not isinstance(after_ms, int) or after_ms < 0:
        raise fail(event, f"after_ms is a whole number of milliseconds, not {after_ms!r}")
    if "raw" in event:
        if not isinstance(event["raw"], str):
            raise fail(event, "raw is text")
        return event_of(event["raw"], after_ms)
    if name is not None and not isinstance(name, str):
        raise fail(event, "event is text")
    value = event["whole"] if "whole" in event else event.get("data")
    if isinstance(value, str):
        return SseEvent(after_ms, value, name)
    if not isinstance(value, dict):
        raise fail(event, "the data of an event is a mapping, or text")
    members = cast("_Members", value) if "whole" in event else _joined(cast("_Members", value), common, order)
    if named and name is None and isinstance(members.get("type"), str):
        name = members["type"]
    return SseEvent(after_ms, render_json(members, style), name)
