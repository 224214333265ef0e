"""What a program does with the client: each scenario makes its own client and gives one call of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import fake_api
import openai

MESSAGES = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": "hi"},
]
_LINE = "The quick brown fox jumps over the lazy dog, and nobody minds.\n"
CONCURRENT = 50


def _chat(client: Any, messages: Any) -> Any:
    return client.chat.completions.create(model="gpt-4o-mini", messages=messages, temperature=0.1)


def _drain(client: Any) -> None:
    for _ in client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES, stream=True):
        pass


def _embed(client: Any) -> Any:
    return client.embeddings.create(model="text-embedding-3-small", input=["a short text"] * 100)


def _refused(client: Any) -> None:
    with contextlib.suppress(openai.BadRequestError):
        _chat(client, MESSAGES)


def _one_message(size: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": (_LINE * (size // len(_LINE) + 1))[:size]}]


def _many_messages(size: int) -> list[dict[str, str]]:
    each = min(10_000, size // 10)
    return [{**_one_message(each)[0], "role": ("user", "assistant")[i % 2]} for i in range(size // each)]


def _concurrent() -> Callable[[], object]:
    loop = asyncio.new_event_loop()
    client = fake_api.async_client()

    async def together() -> None:
        await asyncio.gather(*(_chat(client, MESSAGES) for _ in range(CONCURRENT)))

    return lambda: loop.run_until_complete(together())


@dataclass(frozen=True)
class Scenario:
    """``make()`` gives the call, of which ``times`` are counted after ``warm`` others."""

    make: Callable[[], Callable[[], object]]
    times: int = 9
    warm: int = 10


def _sized(messages: Callable[[int], list[dict[str, str]]], size: int) -> Scenario:
    small = size <= 100_000
    return Scenario(
        lambda: partial(_chat, fake_api.client(), messages(size)), times=9 if small else 3, warm=6 if small else 2
    )


SCENARIOS = {
    "chat": Scenario(lambda: partial(_chat, fake_api.client(), MESSAGES)),
    "stream, one body": Scenario(lambda: partial(_drain, fake_api.client("body-200")), times=3, warm=4),
    "stream, 200 pieces": Scenario(lambda: partial(_drain, fake_api.client("pieces-200")), times=3, warm=4),
    "50 at once": Scenario(_concurrent, times=3, warm=2),
    "embeddings": Scenario(lambda: partial(_embed, fake_api.client()), times=3, warm=4),
    "error 400": Scenario(lambda: partial(_refused, fake_api.client("bad"))),
    "10 KB, one message": _sized(_one_message, 10_000),
    "1 MB, one message": _sized(_one_message, 1_000_000),
    "10 MB, one message": _sized(_one_message, 10_000_000),
    "10 KB, many messages": _sized(_many_messages, 10_000),
    "1 MB, many messages": _sized(_many_messages, 1_000_000),
    "10 MB, many messages": _sized(_many_messages, 10_000_000),
}
