"""Make many calls of all kinds and measure what stays: `memory.py autolog|nothing CALLS…` (ascending)."""

from __future__ import annotations

import contextlib
import json
import sys

import fake_api
import openai
from left import left
from scenarios import MESSAGES


def _stream(client: openai.OpenAI, how: str) -> None:
    stream = client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES, stream=True)
    for count, _ in enumerate(stream):
        if count == 5 and how != "drained":
            break
    if how == "closed":
        stream.close()


def main() -> None:
    tracer, *targets = sys.argv[1:]
    if tracer == "autolog":
        import autolog

        autolog.autolog()
    chat, stream, bad = (fake_api.client(reply) for reply in ("chat", "pieces-20", "bad"))
    done = 0
    for target in map(int, targets):
        while done < target:
            turn = done % 20
            if turn < 14:
                chat.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)
            elif turn < 19:
                _stream(stream, ("drained", "drained", "closed", "abandoned", "abandoned")[turn - 14])
            else:
                with contextlib.suppress(openai.BadRequestError):
                    bad.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES)
            done += 1
        if tracer == "autolog":
            autolog.flush(timeout=300)
        print(json.dumps({"calls": done, **left()}), flush=True)


main()
