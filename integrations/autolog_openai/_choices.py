"""The choices of a streamed completion, gathered apart by their index, chat's and the older text's alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from autolog_openai._json import Json, as_dict, as_list, is_dict, is_list

if TYPE_CHECKING:
    from autolog_openai._sse import Event

__all__ = ["gather_choices", "merge_logprobs"]

_FIRST_COUNTS = frozenset({"id", "object", "created", "model"})
_NOT_KEPT = frozenset({"choices", "obfuscation"})


class _Choice(Protocol):
    def add(self, choice: Json) -> None: ...

    def whole(self, index: int) -> Json: ...


def gather_choices(events: list[Event], make: Callable[[], _Choice]) -> Json:
    """Put the chunks together to one response; ``make`` gives what gathers one choice, whatever gaps indexes have."""
    response: Json = {}
    choices: dict[int, _Choice] = {}
    for _, data in events:
        chunk = as_dict(data)
        _merge_top(response, chunk)
        for position, raw in enumerate(as_list(chunk.get("choices"))):
            choice = as_dict(raw)
            index = choice.get("index")
            if type(index) is not int:
                index = position
            known = choices.get(index)
            if known is None:
                known = choices[index] = make()
            known.add(choice)
    response["choices"] = [choices[index].whole(index) for index in sorted(choices)]
    return response


def _merge_top(response: Json, chunk: Json) -> None:
    """Take over what a chunk says beside its choices.

    The first id, model and time that say something (Azure's first chunk has them empty), the last of all else: the
    usage that some servers send with every chunk counts up, and is never added.
    """
    for key, value in chunk.items():
        if (key in _FIRST_COUNTS and key in response) or key in _NOT_KEPT:
            continue
        known = response.get(key)
        if key == "usage" and is_dict(value) and is_dict(known):
            response[key] = _merge_usage(known, value)
        elif value or (value is not None and key not in response and key not in _FIRST_COUNTS):
            response[key] = value


def _merge_usage(known: Json, more: Json) -> Json:
    """Take the last count of each kind; a zero after a count, and a kind that is left out, take nothing back."""
    found = dict(known)
    for key, value in more.items():
        before = known.get(key)
        if is_dict(value) and is_dict(before):
            found[key] = _merge_usage(before, value)
        elif value or not before:
            found[key] = value
    if not more.get("total_tokens") and any(found[k] != known.get(k) for k in more if k.endswith("_tokens")):
        found.pop("total_tokens", None)  # the total of what was counted then
    return found


def merge_logprobs(known: Json, more: Json) -> None:
    """Append the lists of a chunk's log probabilities."""
    for key, value in more.items():
        if is_list(value):
            values: list[Any] = known.setdefault(key, [])
            values += value
