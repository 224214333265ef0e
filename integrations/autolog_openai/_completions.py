"""The older text completions, whole and streamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from autolog_openai._chat import finish_reasons_of, read_common
from autolog_openai._choices import gather_choices, merge_logprobs
from autolog_openai._json import Json, as_list, as_str, dicts, is_dict, join
from autolog_openai._messages import finish_reason_of
from autolog_openai._parts import text
from autolog_openai._usage import response_usage
from autolog_openai._wire import Wire, read_identity

if TYPE_CHECKING:
    from autolog.integration import Fields
    from autolog_openai._sse import Event

__all__ = ["gather_completion", "read_completion"]


def _prompts(prompt: Any) -> list[Json] | None:
    """Give one message for each prompt: a text, or the ids of its tokens."""
    if prompt is None:
        return None
    several = as_list(prompt)
    if not several or isinstance(several[0], int):
        several = [prompt]
    return [
        {"role": "user", "parts": [text(one) if isinstance(one, str) else {"type": "token_ids", "content": one}]}
        for one in several
    ]


def _output_messages(response: Json) -> list[Json] | None:
    messages: list[Json] = []
    for choice in dicts(response.get("choices")):
        said = choice.get("text")
        found: Json = {"role": "assistant", "parts": [text(said)] if isinstance(said, str) else []}
        reason = as_str(choice.get("finish_reason"))
        if reason is not None:
            found["finish_reason"] = finish_reason_of(reason)
        messages.append(found)
    return messages or None


def read_completion(fields: Fields, wire: Wire) -> None:
    """Read a text completion."""
    read_identity(fields, wire)
    read_common(wire)
    fields.input_messages = _prompts(wire.request.get("prompt"))
    fields.output_messages = _output_messages(wire.response)
    fields.finish_reasons = finish_reasons_of(wire.response)
    fields.usage = response_usage(wire.response)


class _Choice:
    __slots__ = ("logprobs", "rest", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.logprobs: Json | None = None
        self.rest: Json = {}

    def add(self, choice: Json) -> None:
        for key, value in choice.items():
            if key == "text" and isinstance(value, str):
                self.texts.append(value)
            elif key == "logprobs" and is_dict(value):
                self.logprobs = self.logprobs or {}
                merge_logprobs(self.logprobs, value)
            elif value and key != "index":
                self.rest[key] = value

    def whole(self, index: int) -> Json:
        found: Json = {"index": index, "text": join(self.texts), "logprobs": self.logprobs, "finish_reason": None}
        return found | self.rest


def gather_completion(events: list[Event]) -> Json:
    """Put the chunks together; choices are kept apart by their index."""
    return gather_choices(events, _Choice)
