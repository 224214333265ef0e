"""Clients that are made in another way than usual."""

from __future__ import annotations

from typing import Any

import openai
from callers import API_KEY, Caller

__all__ = ["aiohttp", "azure", "impatient", "module_client", "overriding", "refused"]


class _Overriding(openai.OpenAI):
    def request(self, *args: Any, **kwargs: Any) -> Any:
        return super().request(*args, **kwargs)


class _AsyncOverriding(openai.AsyncOpenAI):
    async def request(self, *args: Any, **kwargs: Any) -> Any:
        return await super().request(*args, **kwargs)


def overriding(caller: Caller) -> Any:
    kind: Any = _AsyncOverriding if caller.asynchronous else _Overriding
    return caller.own(kind(base_url=caller.api.base_url, **caller.options({})))


def azure(caller: Caller) -> Any:
    return caller.client("AzureOpenAI")


def aiohttp(caller: Caller) -> Any:
    # The transport belongs to the running loop.
    made: Any = openai.DefaultAioHttpClient
    return caller.run(lambda: caller.client(http_client=made()))


def module_client(caller: Caller) -> Any:
    openai.api_key, openai.base_url = API_KEY, f"{caller.api.base_url}/"

    def close() -> None:
        openai._load_client().close()
        openai._reset_client()
        openai.http_client = None  # which the module's client set

    caller.at_end(close)
    return openai


def impatient(caller: Caller) -> Any:
    return caller.client(timeout=0.05)


def refused(caller: Caller) -> Any:
    return caller.client(base_url="http://127.0.0.1:9/v1")
