"""An interaction as people read it: who asked what, what came back, by which model, for how many tokens.

Messages are those of OpenTelemetry's conventions: a role, and parts of a type. Known are chat completions,
completions, responses and embeddings; of anything else the body is shown as it is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from autolog._model import Usage
from autolog._replay.cassette import Interaction, RecordedRequest, RecordedResponse
from autolog._replay.dialogue_parts import answer_items, chat_message, input_items, part, put_together
from autolog._replay.rebuild_pieces import Json, json_list, json_object
from autolog._replay.reply import read_reply

__all__ = ["Exchange", "exchange", "text_of"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What an interaction says. ``events`` is how many events the response streamed, ``None`` where it did not.

    ``model`` is the one that answered, else the one that was asked; ``ended`` why the model stopped.
    """

    number: int
    method: str
    host: str
    path: str
    status: int
    model: str | None
    usage: Usage | None
    ended: tuple[str, ...]
    events: int | None
    asked: tuple[Json, ...]
    answered: tuple[Json, ...]
    note: str | None

    @property
    def text(self) -> str:
        """What the model wrote and called, as text to compare."""
        return "\n".join(text_of(message) for message in self.answered)


def exchange(interaction: Interaction) -> Exchange:
    """Read an interaction; one of an unknown kind shows its bodies."""
    request, response = interaction.request, interaction.response
    reply = read_reply(response)
    asked_model = json_object(request.json).get("model")
    model = reply.model if reply is not None and reply.model else asked_model
    return Exchange(
        number=interaction.index + 1,
        method=request.method,
        host=urlsplit(request.uri).netloc,
        path=request.path,
        status=response.status,
        model=model if isinstance(model, str) else None,
        usage=reply.usage if reply is not None else None,
        ended=reply.finish_reasons if reply is not None else (),
        events=None if response.events is None else len(response.events),
        asked=tuple(_asked(request)),
        answered=tuple(_answered(request, response)),
        note=_note(response),
    )


def text_of(message: Json) -> str:
    """Give what a message says as text: its texts, the tools it calls, or its data as JSON."""
    said: list[str] = []
    for one in json_list(message.get("parts")):
        kind = one.get("type")
        if kind in ("text", "reasoning"):
            said.append(str(one.get("content")))
        elif kind == "tool_call":
            arguments = one.get("arguments")
            shown = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
            said.append(f"{one.get('name')}({shown})")
        else:
            said.append(json.dumps(one, ensure_ascii=False, indent=2, sort_keys=True))
    return "\n".join(said)


def _note(response: RecordedResponse) -> str | None:
    if response.error is not None:
        return f"{response.error.type}: {response.error.message}".removesuffix(": ")
    return "left before its end" if response.truncated else None


def _asked(request: RecordedRequest) -> Iterable[Json]:
    body = json_object(request.json)
    if json_list(body.get("messages")):
        return [chat_message(json_object(m)) for m in json_list(body["messages"])]
    if request.path.endswith("/responses"):
        instructions = body.get("instructions")
        first = [{"role": "system", "parts": [part(instructions)]}] if instructions else []
        return [*first, *input_items(body.get("input"))]
    for name in ("prompt", "input"):
        if name in body:
            several = json_list(body[name]) or [body[name]]
            return [{"role": "user", "parts": [part(one) for one in several]}]
    return [{"role": "request", "parts": [part(request.json)]}] if request.body else []


def _answered(request: RecordedRequest, response: RecordedResponse) -> Iterable[Json]:
    body: Any = put_together(response.events) if response.events is not None else response.json
    value = json_object(body)
    error = value.get("error")
    if error:
        failed: Json = {"role": "error", "parts": [part(json_object(error).get("message") or error)]}
        return [*_messages(request, value), failed]
    found = _messages(request, value)
    if found:
        return found
    if body is not None:
        return [{"role": "response", "parts": [part(body)]}]
    if not response.body:
        return []
    kind = (response.header("content-type") or "").partition(";")[0]
    shown = response.text if kind.startswith("text/") else f"[{kind or 'body'}, {len(response.body):,} bytes]"
    return [{"role": "response", "parts": [part(shown)]}]


def _messages(request: RecordedRequest, value: Json) -> list[Json]:
    choices = json_list(value.get("choices"))
    if choices:
        return [chat_message(json_object(choice)) for choice in choices]
    if "output" in value:
        return answer_items(value["output"])
    vectors = [json_object(entry).get("embedding") for entry in json_list(value.get("data"))]
    if request.path.endswith("/embeddings") and vectors:
        count = f"{len(vectors)} vector{'s' * (len(vectors) != 1)}"
        return [{"role": "assistant", "parts": [part(f"[{count}]")]}]
    return []
