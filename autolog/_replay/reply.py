"""What a recorded response says, read in the simplest way: what the spans of the same call are compared with.

On purpose nothing here is shared with the readers of the integrations, which are what is being checked. Known is the
shape of OpenAI's API: chat completions, completions, responses and embeddings, whole and streamed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from autolog._model import Usage

if TYPE_CHECKING:
    from autolog._replay.cassette import RecordedResponse

__all__ = ["Reply", "read_reply"]

_COUNTS: Final = (
    ("input_tokens", (("prompt_tokens",), ("input_tokens",))),
    ("output_tokens", (("completion_tokens",), ("output_tokens",))),
    ("total_tokens", (("total_tokens",),)),
    (
        "cached_input_tokens",
        (("prompt_tokens_details", "cached_tokens"), ("input_tokens_details", "cached_tokens")),
    ),
    (
        "cache_creation_tokens",
        (("prompt_tokens_details", "cache_write_tokens"), ("input_tokens_details", "cache_write_tokens")),
    ),
    (
        "reasoning_tokens",
        (("completion_tokens_details", "reasoning_tokens"), ("output_tokens_details", "reasoning_tokens")),
    ),
    (
        "audio_input_tokens",
        (("prompt_tokens_details", "audio_tokens"), ("input_token_details", "audio_tokens")),
    ),
    ("audio_output_tokens", (("completion_tokens_details", "audio_tokens"),)),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of a model: ``failed`` is an error inside a good status; ``complete`` that nothing was cut off."""

    model: str | None
    response_id: str | None
    usage: Usage | None
    finish_reasons: tuple[str, ...]
    failed: bool
    complete: bool


def read_reply(response: RecordedResponse) -> Reply | None:
    """Read a response; ``None`` where it is no JSON object and no stream of them."""
    bodies = list(_bodies(response))
    if not bodies:
        return None
    held = [body["response"] for body in bodies if _is_object(body.get("response"))]
    said = held or bodies
    # Some servers leave the model and the id of the first chunks empty.
    models = [m for body in said if isinstance(m := body.get("model"), str) and m]
    ids = [i for body in said if isinstance(i := body.get("id"), str) and i]
    last = -1 if held else 0
    return Reply(
        model=models[last] if models else None,
        response_id=ids[last] if ids else None,
        usage=_usage(said),
        finish_reasons=_finish_reasons(said),
        failed=any(body.get("error") or body.get("type") == "error" for body in [*bodies, *held]),
        complete=not response.truncated and response.error is None,
    )


def _bodies(response: RecordedResponse) -> Iterator[dict[str, Any]]:
    for text in _texts(response):
        try:
            value = json.loads(text)
        except ValueError:
            continue
        if _is_object(value):
            yield cast("dict[str, Any]", value)


def _texts(response: RecordedResponse) -> Iterable[str | bytes]:
    if response.events is not None:
        return [event.data for event in response.events]
    body = response.body
    if body.lstrip()[:1] == b"{":
        return [body]
    return [line[5:] for line in body.splitlines() if line.startswith(b"data:")]


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _usage(said: list[dict[str, Any]]) -> Usage | None:
    found = [body["usage"] for body in said if _is_object(body.get("usage")) and body["usage"]]
    if not found:
        return None
    last = found[-1]
    counts = {name: _count(last, paths) for name, paths in _COUNTS}
    return Usage(**counts) or None


def _count(usage: Mapping[str, Any], paths: Iterable[tuple[str, ...]]) -> int | None:
    for path in paths:
        value: Any = usage
        for name in path:
            value = cast("Mapping[str, Any]", value).get(name) if isinstance(value, Mapping) else None
        if type(value) is int:
            return value
    return None


def _finish_reasons(said: list[dict[str, Any]]) -> tuple[str, ...]:
    by_choice: dict[int, str] = {}
    for body in said:
        choices: Any = body.get("choices")
        for place, choice in enumerate(cast("list[Any]", choices) if isinstance(choices, list) else []):
            reason = choice.get("finish_reason") if _is_object(choice) else None
            if isinstance(reason, str) and reason:
                by_choice[choice.get("index", place)] = reason
    if by_choice:
        return tuple(by_choice[index] for index in sorted(by_choice))
    details: Any = said[-1].get("incomplete_details")
    reason = details.get("reason") if _is_object(details) else None
    return (reason,) if isinstance(reason, str) else ()
