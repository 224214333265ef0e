"""The events of a streamed response, put together to the response that is not streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autolog_openai._json import Json, as_dict, as_list, as_str, is_dict, join

if TYPE_CHECKING:
    from autolog_openai._sse import Event

__all__ = ["gather_response"]

_FINAL = frozenset({"response.completed", "response.incomplete", "response.failed", "response.cancelled"})

# Texts that come in pieces, by the event's type without ".delta" and ".done": the list of the item that they go to,
# the event's member with the place in it, the part's type, and the part's member.
_PARTS = {
    "response.output_text": ("content", "content_index", "output_text", "text"),
    "response.refusal": ("content", "content_index", "refusal", "refusal"),
    "response.reasoning_text": ("content", "content_index", "reasoning_text", "text"),
    "response.reasoning_summary_text": ("summary", "summary_index", "summary_text", "text"),
}
# The same for texts of the item itself: the item's type, its member, and the member of the ".done" event.
_MEMBERS = {
    "response.function_call_arguments": ("function_call", "arguments", "arguments"),
    "response.custom_tool_call_input": ("custom_tool_call", "input", "input"),
    "response.mcp_call_arguments": ("mcp_call", "arguments", "arguments"),
    "response.code_interpreter_call_code": ("code_interpreter_call", "code", "code"),
}
_WHOLE_PARTS = {
    "response.content_part": ("content", "content_index"),
    "response.reasoning_summary_part": ("summary", "summary_index"),
}


class _Item:
    """One output item while its events come: what was announced, and the texts that came since."""

    __slots__ = ("done", "item", "lists", "pieces")

    def __init__(self) -> None:
        self.item: Json = {}
        self.done = False
        self.lists: dict[str, dict[int, tuple[Json, list[str]]]] = {}
        self.pieces: dict[str, list[str]] = {}

    def announce(self, item: Json, *, done: bool) -> None:
        if item:
            self.item = item
            self.done = self.done or done

    def part(self, place: str, index: int, part: Json) -> None:
        _, texts = self.lists.setdefault(place, {}).get(index, ({}, []))
        self.lists[place][index] = (part, texts)

    def texts(self, place: str, index: int, kind: str) -> list[str]:
        parts = self.lists.setdefault(place, {})
        if index not in parts:
            parts[index] = ({"type": kind}, [])
        return parts[index][1]

    def kind(self, kind: str) -> None:
        if not self.item:
            self.item = {"type": kind, "role": "assistant"} if kind == "message" else {"type": kind}

    def whole(self) -> Json:
        if self.done:
            return self.item
        item = dict(self.item)
        for member, texts in self.pieces.items():
            item[member] = join(texts)
        for place, parts in self.lists.items():
            item[place] = [_with_text(*parts[index]) for index in sorted(parts)]
        return item


def _with_text(part: Json, texts: list[str]) -> Json:
    if not texts:
        return part
    return {**part, ("refusal" if part.get("type") == "refusal" else "text"): join(texts)}


class _Items:
    """The items by their place in the output; by their id where an event has no place."""

    __slots__ = ("_by_id", "items")

    def __init__(self) -> None:
        self.items: dict[int, _Item] = {}
        self._by_id: dict[str, int] = {}

    def of(self, event: Json) -> _Item:
        place = event.get("output_index")
        identifier = as_str(event.get("item_id")) or as_str(as_dict(event.get("item")).get("id"))
        if type(place) is not int:
            place = self._by_id.get(identifier or "", len(self.items) if identifier else max(len(self.items) - 1, 0))
        if identifier is not None:
            self._by_id[identifier] = place
        return self.items.setdefault(place, _Item())

    def take(self, kind: str, event: Json) -> None:
        base, _, stage = kind.rpartition(".")
        if kind in ("response.output_item.added", "response.output_item.done"):
            self.of(event).announce(as_dict(event.get("item")), done=stage == "done")
        elif base in _PARTS:
            place, index, part, member = _PARTS[base]
            item = self.of(event)
            item.kind("message" if place == "content" and part != "reasoning_text" else "reasoning")
            _take_text(item.texts(place, _index(event.get(index)), part), event, stage, member)
        elif base in _MEMBERS:
            part, member, whole = _MEMBERS[base]
            item = self.of(event)
            item.kind(part)
            _take_text(item.pieces.setdefault(member, []), event, stage, whole)
        elif base in _WHOLE_PARTS:
            place, index = _WHOLE_PARTS[base]
            self.of(event).part(place, _index(event.get(index)), as_dict(event.get("part")))


def _index(value: object) -> int:
    return value if type(value) is int else 0


def _take_text(texts: list[str], event: Json, stage: str, member: str) -> None:
    said: Any = event.get("delta" if stage == "delta" else member)
    if isinstance(said, str):
        if stage == "done":
            texts.clear()
        texts.append(said)


def gather_response(events: list[Event]) -> Json:
    """Give the response that the last event holds, or put it together from what came before the stream was cut."""
    response: Json = {}
    items = _Items()
    error: Json | None = None
    final = False
    for name, data in events:
        event = as_dict(data)
        kind = as_str(event.get("type")) or name
        held = event.get("response")
        if is_dict(held):
            if kind in _FINAL or not final:
                response = held
            final = final or kind in _FINAL
        elif kind == "error" or event.get("error"):
            error = as_dict(event.get("error")) or {k: v for k, v in event.items() if k != "type"}
        else:
            items.take(kind, event)
    rebuilt = [items.items[place].whole() for place in sorted(items.items)]
    # Some servers leave the output out of the last event.
    if rebuilt and not (final and as_list(response.get("output"))):
        response = {**response, "output": rebuilt}
    if error is not None and not response.get("error"):
        response = {**response, "error": error}
    return response
