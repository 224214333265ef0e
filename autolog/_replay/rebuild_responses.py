"""A response of the Responses API back into the events of a stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from autolog._replay.rebuild_pieces import Json, json_list, json_object, pieces, shares, words

__all__ = ["response_events"]

# By the status of the response: the event that ends the stream. With any other status the stream was cut.
_ENDINGS: Final = {
    "completed": "response.completed",
    "incomplete": "response.incomplete",
    "failed": "response.failed",
    "cancelled": "response.cancelled",
}
# Texts of an item itself: its member, the event that brings it in pieces, and what that event's end calls it.
_MEMBERS: Final = {
    "function_call": ("arguments", "response.function_call_arguments", "arguments"),
    "custom_tool_call": ("input", "response.custom_tool_call_input", "input"),
    "mcp_call": ("arguments", "response.mcp_call_arguments", "arguments"),
    "code_interpreter_call": ("code", "response.code_interpreter_call_code", "code"),
}
# Lists of an item that hold texts: the event that announces a part, and the event's member with its place.
_LISTS: Final = {
    "content": ("response.content_part", "content_index"),
    "summary": ("response.reasoning_summary_part", "summary_index"),
}
# By a part's type: the event that brings its text in pieces, and the part's member.
_PARTS: Final = {
    "output_text": ("response.output_text", "text"),
    "refusal": ("response.refusal", "refusal"),
    "reasoning_text": ("response.reasoning_text", "text"),
    "summary_text": ("response.reasoning_summary_text", "text"),
}


def response_events(response: Json, *, count: int | None = None, raised: bool = False) -> list[Json]:
    """Give the events of a response: ``count`` of them, where the texts can be cut so.

    ``raised`` says that the client raised the error in the response rather than giving it as an event.
    """
    status = response.get("status")
    ending = _ENDINGS.get(str(status)) if status else "response.completed"
    error: Any = response.get("error")
    apart = bool(error) and ending != "response.failed"
    if apart:
        ending = None
        response = {k: v for k, v in response.items() if k != "error"}
    texts = list(_texts(response))
    if count is None:
        cuts = [words(text) for text in texts]
    else:
        without = sum(1 for _ in _events(response, iter([list[str]()] * len(texts)), ending)) + apart
        given = shares([len(text) for text in texts], max(count - without, len(texts)))
        cuts = [pieces(text, n) for text, n in zip(texts, given, strict=True)]
    found = list(_events(response, iter(cuts), ending))
    if apart:
        flat = json_object(error)
        found.append({"type": "error", **flat} if flat and not raised else {"type": "error", "error": error})
    if count is not None and len(found) > count:
        found = [event for event in found if event["type"] != "response.in_progress"]  # not every server sends it
    return [{**event, "sequence_number": number} for number, event in enumerate(found)]


def _texts(response: Json) -> Iterator[str]:
    for item in map(json_object, json_list(response.get("output"))):
        for place in _LISTS:
            for part in map(json_object, json_list(item.get(place))):
                text = _text_of(part)
                if text:
                    yield text
        own = item.get(_MEMBERS.get(str(item.get("type")), ("",))[0])
        if isinstance(own, str) and own:
            yield own


def _text_of(part: Json) -> str:
    _, member = _PARTS.get(str(part.get("type")), ("", ""))
    text = part.get(member)
    return text if isinstance(text, str) else ""


def _events(response: Json, cuts: Iterator[list[str]], ending: str | None) -> Iterator[Json]:
    """Give the events; ``cuts`` are the pieces of each text in the order of :func:`_texts`."""
    if not response:
        return
    later: Json = {"usage": None, "error": None, "incomplete_details": None, "output": [], "status": "in_progress"}
    begun = response | {k: v for k, v in later.items() if k in response}
    yield {"type": "response.created", "response": begun}
    yield {"type": "response.in_progress", "response": begun}
    for place, item in enumerate(map(json_object, json_list(response.get("output")))):
        yield from _item_events(item, place, cuts, cut_off=ending in (None, "response.failed"))
    if ending is not None:
        yield {"type": ending, "response": response}


def _item_events(item: Json, place: int, cuts: Iterator[list[str]], *, cut_off: bool) -> Iterator[Json]:
    where: Json = {"output_index": place}
    # A server that leaves an item's id out leaves it out of the events.
    event: Json = where if item.get("id") is None else {"item_id": item["id"], **where}
    # In a stream that was cut, only what says so of itself had come to its end.
    open_item = item.get("status") == "in_progress" or (cut_off and item.get("status") != "completed")
    empty: Json = {k: [] for k in _LISTS if isinstance(item.get(k), list)}
    member, kind, whole = _MEMBERS.get(str(item.get("type")), ("", "", ""))
    if isinstance(item.get(member), str):
        empty[member] = ""
    if not cut_off and item.get("status") == "completed":
        empty["status"] = "in_progress"
    yield {"type": "response.output_item.added", **where, "item": {**item, **empty}}
    for place_name, (part_kind, index_name) in _LISTS.items():
        for index, part in enumerate(map(json_object, json_list(item.get(place_name)))):
            at = {**event, index_name: index}
            yield from _part_events(part, part_kind, at, cuts, open_part=open_item)
    text = item.get(member)
    if isinstance(text, str):
        if text:
            for piece in next(cuts):
                yield {"type": f"{kind}.delta", **event, "delta": piece}
        if not open_item:
            name: Json = {"name": item["name"]} if kind == "response.function_call_arguments" and "name" in item else {}
            yield {"type": f"{kind}.done", **event, **name, whole: text}
    if not open_item:
        yield {"type": "response.output_item.done", **where, "item": item}


def _part_events(part: Json, kind: str, at: Json, cuts: Iterator[list[str]], *, open_part: bool) -> Iterator[Json]:
    text_kind, member = _PARTS.get(str(part.get("type")), ("", ""))
    text = _text_of(part)
    yield {"type": f"{kind}.added", **at, "part": {**part, member: ""} if member else part}
    extra: Json = {"logprobs": []} if text_kind == "response.output_text" else {}
    if text:
        for piece in next(cuts):
            yield {"type": f"{text_kind}.delta", **at, "delta": piece, **extra}
    if not open_part:
        if member:
            yield {"type": f"{text_kind}.done", **at, member: text, **extra}
        yield {"type": f"{kind}.done", **at, "part": part}
