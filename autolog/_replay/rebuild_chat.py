"""A chat completion or a text completion back into the chunks of a stream.

What the chunks put together is the response that they were made of. Where its texts were cut is not kept in a trace:
they are cut anew, into as many chunks as there were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from autolog._replay.rebuild_pieces import Json, json_list, json_object
from autolog._replay.rebuild_units import Unit, as_many, by_word

__all__ = ["chat_chunks", "completion_chunks"]

# Members of the response that every chunk carries; all others come with the last one.
_COMMON: Final = ("id", "object", "created", "model", "service_tier", "system_fingerprint")
_TEXTS: Final = frozenset({"content", "refusal", "reasoning_content", "reasoning", "thinking"})


def chat_chunks(response: Json, *, count: int | None = None, usage_apart: bool = False) -> list[Json]:
    """Give the chunks of a chat completion: ``count`` of them, where that many can be made.

    ``usage_apart`` says that the usage was asked for, and so comes in a chunk of its own without choices. An error in
    the response becomes the last chunk.
    """
    kind = response.get("object")
    units = [unit for choice in json_list(response.get("choices")) for unit in _chat_units(json_object(choice))]
    return _chunks(
        {**response, "object": "chat.completion.chunk"} if kind == "chat.completion" else response,
        units,
        count=count,
        usage_apart=usage_apart,
        blank={"delta": {}},
    )


def completion_chunks(response: Json, *, count: int | None = None, usage_apart: bool = False) -> list[Json]:
    """Give the chunks of a text completion; the rest is as of :func:`chat_chunks`."""
    units = [unit for choice in json_list(response.get("choices")) for unit in _text_units(json_object(choice))]
    return _chunks(response, units, count=count, usage_apart=usage_apart, blank={"text": ""})


def _chunks(response: Json, units: Sequence[Unit], *, count: int | None, usage_apart: bool, blank: Json) -> list[Json]:
    common: Json = {k: response[k] for k in _COMMON if k in response}
    last = {k: v for k, v in response.items() if k not in _COMMON and k not in ("choices", "error")}
    error: Any = response.get("error")
    apart = bool(usage_apart and last.get("usage"))
    units = by_word(units) if count is None else as_many(units, count - apart - bool(error), blank=blank)
    chunks: list[Json] = [{**common, "choices": [unit.choice()]} for unit in units]
    if apart or (last and not chunks):
        chunks.append({**common, "choices": [], **last})
    elif last:
        chunks[-1].update(last)
    if error:
        chunks.append({"error": error})
    return chunks


def _chat_units(choice: Json) -> list[Unit]:
    index: int = choice.get("index", 0)
    logprobs = json_object(choice.get("logprobs")) or None
    start: Json = {}
    units: list[Unit] = []
    for key, value in json_object(choice.get("message")).items():
        if value is None:
            continue
        if key in _TEXTS and isinstance(value, str) and value:
            units.append(Unit(index, {}, ("delta", key), value, logprobs=logprobs if key == "content" else None))
            logprobs = None if key == "content" else logprobs
        elif key == "tool_calls":
            units += [_called(index, place, json_object(call)) for place, call in enumerate(json_list(value))]
        elif key == "function_call":
            units.append(_function(index, json_object(value)))
        elif key == "role" or value == "":
            start[key] = value
        else:
            units.append(Unit(index, {"delta": {key: value}}))
    if start:
        units.insert(0, Unit(index, {"delta": start}))
    if logprobs is not None:
        units.append(Unit(index, {"delta": {}}, logprobs=logprobs))
    ending = _ending(choice, ("index", "message", "logprobs"))
    return [*units, Unit(index, {"delta": {}, **ending}, last=True)] if ending or not units else units


def _called(index: int, place: int, call: Json) -> Unit:
    known: Json = {"index": place, **{k: v for k, v in call.items() if v is not None}}
    members: Json = {"delta": {"tool_calls": [known]}}
    for kind, member in (("function", "arguments"), ("custom", "input")):
        said = json_object(call.get(kind)).get(member)
        if isinstance(said, str):
            again: Json = {"delta": {"tool_calls": [{"index": place}]}}
            return Unit(index, members, ("delta", "tool_calls", 0, kind, member), said, again)
    return Unit(index, members)


def _function(index: int, called: Json) -> Unit:
    said: Any = called.get("arguments")
    if isinstance(said, str):
        return Unit(index, {"delta": {"function_call": called}}, ("delta", "function_call", "arguments"), said)
    return Unit(index, {"delta": {"function_call": called}})


def _text_units(choice: Json) -> list[Unit]:
    index: int = choice.get("index", 0)
    said: Any = choice.get("text")
    logprobs = json_object(choice.get("logprobs")) or None
    text = Unit(index, {}, ("text",), said if isinstance(said, str) else "", logprobs=logprobs)
    ending = _ending(choice, ("index", "text", "logprobs"))
    if not ending:
        return [text]
    if not text.text:
        return [replace(text, members=ending, last=True)]
    return [text, Unit(index, {"text": "", **ending}, last=True)]


def _ending(choice: Json, taken: tuple[str, ...]) -> Json:
    return {k: v for k, v in choice.items() if k not in taken and v is not None}
