"""Count a call that is answered from a cassette: `replay_calls.py SIZE…`, by autolog, by vcrpy, and by no cassette."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import httpx2
import openai
import vcr
import window

import autolog
from autolog._replay.cassette import Cassette, Interaction, RecordedRequest, RecordedResponse
from autolog._replay.format import save

URL = "http://model.test/v1"
SYSTEM = "You answer in one sentence, and say so where you do not know. " * 20
JSON = {"content-type": ("application/json",)}
COUNTED, WARM = 9, 4


def question(n: int) -> dict[str, Any]:
    """A request like those of an agent: all alike for a long while, and different at their end."""
    messages = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": f"What is the capital of country {n}?"},
    ]
    return {"messages": messages, "model": "gpt-4o-mini"}


def answer(n: int) -> bytes:
    message = {"role": "assistant", "content": f"Its capital is city {n}.", "refusal": None, "annotations": []}
    return json.dumps({
        "id": f"chatcmpl-{n}", "object": "chat.completion", "created": 1_700_000_000, "model": "gpt-4o-mini-2024-07-18",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 300, "completion_tokens": 8, "total_tokens": 308},
    }).encode()  # fmt: skip


def body(n: int) -> bytes:
    return json.dumps(question(n), separators=(",", ":")).encode()


def ours(size: int) -> Path:
    path = Path(f"autolog-{size}.yaml")
    requests = [RecordedRequest("POST", f"{URL}/chat/completions", JSON, body(n)) for n in range(size)]
    responses = [RecordedResponse(200, "OK", JSON, answer(n)) for n in range(size)]
    save(Cassette(path).with_interactions(tuple(map(Interaction, requests, responses))))
    return path


def plain(size: int) -> Path:
    path = Path(f"vcrpy-{size}.json")
    head = {"content-type": ["application/json"]}
    interactions = [
        {
            "request": {"method": "POST", "uri": f"{URL}/chat/completions", "headers": head, "body": body(n).decode()},
            "response": {
                "status": {"code": 200, "message": "OK"},
                "headers": head,
                "body": {"string": answer(n).decode()},
            },
        }
        for n in range(size)
    ]
    path.write_text(json.dumps({"version": 1, "interactions": interactions}))
    return path


def count(label: str, size: int, tape: Callable[[], AbstractContextManager[Any]], client: openai.OpenAI) -> None:
    """Count calls all over the cassette; where it holds only a few, in several tapes of it."""
    some = COUNTED + WARM
    places = [n * size // some for n in range(some)] if size >= some else list(range(size))
    done = 0
    while done < some:
        with tape():
            for n in places:

                def call(n: int = n) -> None:
                    found = client.chat.completions.create(**question(n)).choices[0].message.content
                    if found != f"Its capital is city {n}.":
                        sys.exit(f"{label} answered question {n} with {found!r}")

                if done < WARM:
                    call()
                else:
                    window.count(label, call)
                done += 1


def main() -> None:
    def respond(request: httpx2.Request) -> httpx2.Response:
        n = int(json.loads(request.content)["messages"][1]["content"].split()[-1].rstrip("?"))
        return httpx2.Response(200, headers={"content-type": "application/json"}, content=answer(n))

    options: dict[str, Any] = {"base_url": URL, "api_key": "k", "max_retries": 0}
    alone = openai.OpenAI(http_client=httpx2.Client(transport=httpx2.MockTransport(respond)), **options)
    count("no cassette", 100, nullcontext, alone)
    client = openai.OpenAI(http_client=httpx2.Client(verify=False), **options)
    player = vcr.VCR(record_mode="none", match_on=["method", "path", "query", "body"], serializer="json")
    for size in map(int, sys.argv[1:]):
        mine, theirs = ours(size), plain(size)
        count(f"autolog, {size}", size, lambda path=mine: autolog.replay(path, mode="replay", unused="ignore"), client)
        count(f"vcrpy, {size}", size, lambda path=theirs: player.use_cassette(str(path)), client)
    sys.stdout.flush()
    os._exit(0)


main()
